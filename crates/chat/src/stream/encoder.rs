//! Pieces into frames.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use events::Entry;
use serde::Deserialize;

use super::{
    Piece, Position,
    event::{RunData, UiEvent},
};
use crate::model::{Message, Notice, Run, RunStatus};

/// What stands before the answer.
pub(crate) struct Opening<'a> {
    /// As it was when it began.
    pub run: &'a Run,
    pub user_message: Option<&'a Message>,
    pub assistant_message: &'a Message,
    pub notice: Option<Notice>,
}

/// How the answer ended.
pub(crate) struct Closing<'a> {
    pub run: &'a Run,
}

/// What an interrupted run's listeners are told.
const INTERRUPTED: &str = "The server stopped while this answer was written. What had arrived is kept.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Reasoning,
}

/// Encodes one run's stream, from its first event on or after a [`Position`].
#[derive(Debug)]
pub(crate) struct Encoder {
    /// Events up to here are left out, and a delta that reaches beyond it is cut.
    after: Position,
    part: u32,
    open: Option<Open>,
    /// Bytes of the open part so far.
    offset: u32,
    texts: u32,
    reasonings: u32,
    buffer: BytesMut,
    entries: Vec<Entry>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::after(Position::START)
    }
}

impl Encoder {
    pub fn after(after: Position) -> Self {
        Self {
            after,
            part: 0,
            open: None,
            offset: 0,
            texts: 0,
            reasonings: 0,
            buffer: BytesMut::new(),
            entries: Vec::new(),
        }
    }

    pub fn opening(&mut self, opening: &Opening<'_>) {
        let start = UiEvent::Start { message_id: opening.assistant_message.id };
        self.emit(Position::opening(1), &start);
        let data = RunData {
            run: Cow::Borrowed(opening.run),
            user_message: opening.user_message.map(Cow::Borrowed),
            assistant_message: Some(Cow::Borrowed(opening.assistant_message)),
        };
        self.emit(Position::opening(2), &UiEvent::DataRun { data, transient: true });
        if let Some(notice) = opening.notice {
            self.emit(Position::opening(3), &UiEvent::DataNotice { data: notice });
        }
        self.emit(Position::opening(4), &UiEvent::StartStep);
    }

    pub fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => self.delta(Open::Text, text),
            Piece::Reasoning(text) => self.delta(Open::Reasoning, text),
            Piece::ToolCall(call) => {
                self.end_part();
                self.part += 1;
                let (id, name) = (call.tool_call_id.as_str(), call.name.as_str());
                let input = call.input.to_string();
                let start = UiEvent::ToolInputStart { tool_call_id: id.into(), tool_name: name.into() };
                self.emit(Position::within(self.part, 0), &start);
                if let Some(rest) = self.rest(0, &input) {
                    let delta = UiEvent::ToolInputDelta { tool_call_id: id.into(), input_text_delta: rest.into() };
                    self.emit(Position::within(self.part, length(&input)), &delta);
                }
                let available = UiEvent::ToolInputAvailable {
                    tool_call_id: id.into(),
                    tool_name: name.into(),
                    input: Cow::Borrowed(&call.input),
                };
                self.emit(Position::end_of(self.part), &available);
            }
            Piece::Usage(_) => {}
        }
    }

    pub fn closing(&mut self, closing: &Closing<'_>) {
        self.end_part();
        self.emit(Position::closing(1), &UiEvent::FinishStep);
        let data = RunData { run: Cow::Borrowed(closing.run), user_message: None, assistant_message: None };
        self.emit(Position::closing(2), &UiEvent::DataRun { data, transient: true });
        let last = match (closing.run.status, &closing.run.error) {
            (RunStatus::Cancelled, _) => UiEvent::Abort,
            (RunStatus::Interrupted, _) => UiEvent::Error { error_text: INTERRUPTED.into() },
            (_, Some(error)) => UiEvent::Error { error_text: error.message.as_str().into() },
            _ => UiEvent::Finish,
        };
        self.emit(Position::closing(3), &last);
        self.push(Position::closing(4), |buffer| buffer.put_slice(b"[DONE]"));
    }

    /// The events encoded since the last call.
    pub fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    fn delta(&mut self, kind: Open, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.open != Some(kind) {
            self.end_part();
            self.part += 1;
            self.open = Some(kind);
            self.offset = 0;
            let count = match kind {
                Open::Text => &mut self.texts,
                Open::Reasoning => &mut self.reasonings,
            };
            *count += 1;
            let id = self.id(kind).into();
            let start = match kind {
                Open::Text => UiEvent::TextStart { id },
                Open::Reasoning => UiEvent::ReasoningStart { id },
            };
            self.emit(Position::within(self.part, 0), &start);
        }
        let before = self.offset;
        self.offset = before.saturating_add(length(text));
        if let Some(rest) = self.rest(before, text) {
            let (id, delta) = (self.id(kind).into(), rest.into());
            let event = match kind {
                Open::Text => UiEvent::TextDelta { id, delta },
                Open::Reasoning => UiEvent::ReasoningDelta { id, delta },
            };
            self.emit(Position::within(self.part, self.offset), &event);
        }
    }

    fn end_part(&mut self) {
        let Some(kind) = self.open.take() else { return };
        let id = self.id(kind).into();
        let end = match kind {
            Open::Text => UiEvent::TextEnd { id },
            Open::Reasoning => UiEvent::ReasoningEnd { id },
        };
        self.emit(Position::end_of(self.part), &end);
    }

    fn id(&self, kind: Open) -> String {
        match kind {
            Open::Text => format!("t{}", self.texts.saturating_sub(1)),
            Open::Reasoning => format!("r{}", self.reasonings.saturating_sub(1)),
        }
    }

    /// What of a delta, which begins at `before`, the listener has not seen.
    fn rest<'t>(&self, before: u32, text: &'t str) -> Option<&'t str> {
        if self.after.part() != self.part || self.after.offset() <= before {
            return Some(text);
        }
        let seen = usize::try_from(self.after.offset() - before).unwrap_or(usize::MAX);
        (seen < text.len()).then(|| &text[text.ceil_char_boundary(seen)..]).filter(|rest| !rest.is_empty())
    }

    fn emit(&mut self, position: Position, event: &UiEvent<'_>) {
        self.push(position, |buffer| {
            // Writing JSON of our own types into memory can't fail.
            let _ = serde_json::to_writer(buffer.writer(), event);
        });
    }

    fn push(&mut self, position: Position, data: impl FnOnce(&mut BytesMut)) {
        if position <= self.after {
            return;
        }
        let id = position.to_string();
        self.buffer.reserve(id.len() + 96);
        self.buffer.put_slice(b"id: ");
        self.buffer.put_slice(id.as_bytes());
        self.buffer.put_slice(b"\ndata: ");
        data(&mut self.buffer);
        self.buffer.put_slice(b"\n\n");
        let frame = self.buffer.split().freeze();
        self.entries.push(Entry { key: position.key(), frame });
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX - 1)
}

/// The first event after `after` of a log that was cut elsewhere than the listener's: if it
/// is a delta that begins before `after`, its rest. None: send it as it is.
pub(crate) fn tail_of_delta(entry: &Entry, after: Position) -> Option<Bytes> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
    enum Delta {
        TextDelta { id: String, delta: String },
        ReasoningDelta { id: String, delta: String },
        ToolInputDelta { tool_call_id: String, input_text_delta: String },
    }
    let end = Position::from_key(entry.key);
    if end.part() != after.part() {
        return None;
    }
    let text = std::str::from_utf8(&entry.frame).ok()?;
    let (_, data) = text.split_once("\ndata: ")?;
    let mut delta: Delta = serde_json::from_str(data.trim_end()).ok()?;
    let unseen = usize::try_from(end.offset().checked_sub(after.offset())?).ok()?;
    let (Delta::TextDelta { delta: text, .. }
    | Delta::ReasoningDelta { delta: text, .. }
    | Delta::ToolInputDelta { input_text_delta: text, .. }) = &mut delta;
    let cut = text.ceil_char_boundary(text.len().checked_sub(unseen)?);
    text.drain(..cut);
    let event = match delta {
        Delta::TextDelta { id, delta } => UiEvent::TextDelta { id: id.into(), delta: delta.into() },
        Delta::ReasoningDelta { id, delta } => UiEvent::ReasoningDelta { id: id.into(), delta: delta.into() },
        Delta::ToolInputDelta { tool_call_id, input_text_delta } => {
            UiEvent::ToolInputDelta { tool_call_id: tool_call_id.into(), input_text_delta: input_text_delta.into() }
        }
    };
    let mut encoder = Encoder::default();
    encoder.emit(end, &event);
    encoder.take().pop().map(|entry| entry.frame)
}
