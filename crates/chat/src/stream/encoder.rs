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
            run: opening.run,
            user_message: opening.user_message,
            assistant_message: Some(opening.assistant_message),
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
        let data = RunData { run: closing.run, user_message: None, assistant_message: None };
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
    #[serde(tag = "type", rename_all_fields = "camelCase")]
    enum Delta {
        #[serde(rename = "text-delta")]
        Text { id: String, delta: String },
        #[serde(rename = "reasoning-delta")]
        Reasoning { id: String, delta: String },
        #[serde(rename = "tool-input-delta")]
        ToolInput { tool_call_id: String, input_text_delta: String },
    }
    let end = Position::from_key(entry.key);
    if end.part() != after.part() {
        return None;
    }
    let text = std::str::from_utf8(&entry.frame).ok()?;
    let (_, data) = text.split_once("\ndata: ")?;
    let mut delta: Delta = serde_json::from_str(data.trim_end()).ok()?;
    let unseen = usize::try_from(end.offset().checked_sub(after.offset())?).ok()?;
    let (Delta::Text { delta: text, .. }
    | Delta::Reasoning { delta: text, .. }
    | Delta::ToolInput { input_text_delta: text, .. }) = &mut delta;
    let cut = text.ceil_char_boundary(text.len().checked_sub(unseen)?);
    text.drain(..cut);
    let event = match delta {
        Delta::Text { id, delta } => UiEvent::TextDelta { id: id.into(), delta: delta.into() },
        Delta::Reasoning { id, delta } => UiEvent::ReasoningDelta { id: id.into(), delta: delta.into() },
        Delta::ToolInput { tool_call_id, input_text_delta } => {
            UiEvent::ToolInputDelta { tool_call_id: tool_call_id.into(), input_text_delta: input_text_delta.into() }
        }
    };
    let mut encoder = Encoder::default();
    encoder.emit(end, &event);
    encoder.take().pop().map(|entry| entry.frame)
}

#[cfg(test)]
mod tests {
    use contracts::providers::FinishReason;
    use kernel::{Id, Timestamp};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        model::{Role, RunError, ToolCallPart},
        stream::{Fold, push},
    };

    fn id<P>(number: u128) -> Id<P> {
        Id::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn run(status: RunStatus) -> Run {
        Run {
            id: id(1),
            conversation_id: id(2),
            message_id: id(3),
            status,
            model: "test/plain".into(),
            finish_reason: (!status.is_active()).then_some(FinishReason::Stop),
            error: None,
            usage: None,
            started_at: Timestamp::EPOCH,
            finished_at: None,
            first_token_ms: None,
            guardrails: Vec::new(),
        }
    }

    fn message() -> Message {
        Message {
            id: id(3),
            conversation_id: id(2),
            parent_id: None,
            author_id: kernel::UserId::from_uuid(uuid::Uuid::nil()),
            role: Role::Assistant,
            parts: Vec::new(),
            sibling_ids: vec![id(3)],
            run: None,
            created_at: Timestamp::EPOCH,
        }
    }

    /// The stream of an answer after a position.
    fn encode(pieces: &[Piece], after: Position) -> Vec<Entry> {
        let mut encoder = Encoder::after(after);
        encoder.opening(&Opening {
            run: &run(RunStatus::Running),
            user_message: None,
            assistant_message: &message(),
            notice: Some(Notice::ContextTrimmed { dropped_messages: 2, kept_messages: 3 }),
        });
        for piece in pieces {
            encoder.piece(piece);
        }
        encoder.closing(&Closing { run: &run(RunStatus::Completed) });
        encoder.take()
    }

    fn data(entry: &Entry) -> Value {
        let text = std::str::from_utf8(&entry.frame).unwrap();
        let (id, data) = text.strip_prefix("id: ").unwrap().split_once("\ndata: ").unwrap();
        assert_eq!(id.parse::<Position>().unwrap().key(), entry.key);
        serde_json::from_str(data.strip_suffix("\n\n").unwrap()).unwrap_or(Value::Null)
    }

    /// What a client has after these events, however they are cut.
    fn joined(entries: &[Entry]) -> Vec<Value> {
        let mut joined: Vec<Value> = Vec::new();
        for event in entries.iter().map(data) {
            for key in ["delta", "inputTextDelta"] {
                let more = event[key].as_str().unwrap_or_default();
                if let Some(last) = joined.last_mut().filter(|last| last["type"] == event["type"] && !more.is_empty()) {
                    let text = last[key].as_str().unwrap_or_default().to_owned() + more;
                    last[key] = text.into();
                }
            }
            if joined.last().is_none_or(|last| last["type"] != event["type"]) {
                joined.push(event);
            }
        }
        joined
    }

    #[test]
    fn speaks_the_protocol() {
        let call = ToolCallPart { tool_call_id: "c1".into(), name: "find".into(), input: json!({"q": 1}) };
        let pieces = [
            Piece::Reasoning("Hm".into()),
            Piece::Text("Hello".into()),
            Piece::Text("!".into()),
            Piece::Usage(contracts::providers::TokenUsage::default()),
            Piece::ToolCall(call),
            Piece::Text("More".into()),
        ];
        let events: Vec<Value> = encode(&pieces, Position::START).iter().map(data).collect();
        assert_eq!(events[0], json!({"type": "start", "messageId": message().id}));
        assert_eq!(events[1]["type"], "data-run");
        assert_eq!(events[1]["transient"], true);
        let expected = json!([
            {"type": "data-notice", "data": {"code": "context_trimmed", "dropped_messages": 2, "kept_messages": 3}},
            {"type": "start-step"},
            {"type": "reasoning-start", "id": "r0"},
            {"type": "reasoning-delta", "id": "r0", "delta": "Hm"},
            {"type": "reasoning-end", "id": "r0"},
            {"type": "text-start", "id": "t0"},
            {"type": "text-delta", "id": "t0", "delta": "Hello"},
            {"type": "text-delta", "id": "t0", "delta": "!"},
            {"type": "text-end", "id": "t0"},
            {"type": "tool-input-start", "toolCallId": "c1", "toolName": "find"},
            {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": "{\"q\":1}"},
            {"type": "tool-input-available", "toolCallId": "c1", "toolName": "find", "input": {"q": 1}},
            {"type": "text-start", "id": "t1"},
            {"type": "text-delta", "id": "t1", "delta": "More"},
            {"type": "text-end", "id": "t1"},
            {"type": "finish-step"},
        ]);
        assert_eq!(Value::from(events[2..18].to_vec()), expected);
        assert_eq!(events[19..], [json!({"type": "finish"}), Value::Null]);
    }

    #[test]
    fn says_how_it_ended() {
        let mut failed = run(RunStatus::Failed);
        failed.error = Some(RunError::new(kernel::Code::ProviderFailed, "It failed."));
        for (run, last) in [
            (run(RunStatus::Completed), json!({"type": "finish"})),
            (run(RunStatus::Cancelled), json!({"type": "abort"})),
            (run(RunStatus::Interrupted), json!({"type": "error", "errorText": INTERRUPTED})),
            (failed, json!({"type": "error", "errorText": "It failed."})),
        ] {
            let mut encoder = Encoder::default();
            encoder.closing(&Closing { run: &run });
            assert_eq!(data(&encoder.take()[2]), last);
        }
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let text = "[a-z é🦀\n\"]{1,12}";
        let piece = prop_oneof![
            4 => text.prop_map(Piece::Text),
            2 => text.prop_map(Piece::Reasoning),
            1 => "[a-zé]{0,4}".prop_map(|input| Piece::ToolCall(ToolCallPart {
                tool_call_id: "c".into(),
                name: "n".into(),
                input: json!({ "input": input }),
            })),
        ];
        prop::collection::vec(piece, 0..12)
    }

    proptest! {
        /// Acceptance 38: after any event, a stream rebuilt from storage goes on where the log's broke.
        #[test]
        fn a_rebuilt_stream_continues_at_the_same_byte(pieces in pieces()) {
            let live = encode(&pieces, Position::START);
            let mut fold = Fold::default();
            pieces.iter().cloned().for_each(|piece| fold.add(piece));
            let stored: Vec<Piece> = fold.parts.iter().filter_map(Piece::of_part).collect();
            for cut in 0..=live.len() {
                let after = cut.checked_sub(1).map_or(Position::START, |last| Position::from_key(live[last].key));
                let rebuilt = encode(&stored, after);
                let both: Vec<Entry> = live[..cut].iter().chain(&rebuilt).cloned().collect();
                prop_assert_eq!(joined(&both), joined(&live), "after {}", after);
            }
        }

        /// The same where the listener was cut elsewhere than the log: in coarser deltas.
        #[test]
        fn a_log_continues_where_a_rebuilt_stream_broke(pieces in pieces()) {
            let mut coarse = Vec::new();
            pieces.iter().cloned().for_each(|piece| push(&mut coarse, piece));
            let (log, seen) = (encode(&coarse, Position::START), encode(&pieces, Position::START));
            for cut in 1..=seen.len() {
                let after = Position::from_key(seen[cut - 1].key);
                let mut rest: Vec<Entry> = log.iter().filter(|entry| entry.key > after.key()).cloned().collect();
                if let Some(first) = rest.first_mut()
                    && let Some(frame) = tail_of_delta(first, after)
                {
                    first.frame = frame;
                }
                let both: Vec<Entry> = seen[..cut].iter().chain(&rest).cloned().collect();
                prop_assert_eq!(joined(&both), joined(&log), "after {}", after);
            }
        }
    }
}
