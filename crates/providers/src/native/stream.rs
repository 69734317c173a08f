//! The events of an answer, as they are passed on.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use contracts::providers::{NativeEvent, Shape};
use reqwest::Response;
use tokio::time::Instant;

use super::{
    events::{self, Cutter},
    read::Reader,
};
use crate::{
    client::{self, Fault},
    generate::Patience,
};

/// How long to wait for figures once the answer is complete.
const GRACE: Duration = Duration::from_secs(5);
/// How long the connection may take to end after the last event, to be used again.
const CLOSING: Duration = Duration::from_millis(100);
/// Most events that are held back because the answer has not begun.
const PREAMBLE: usize = 64;
/// How Chat Completions and Messages end.
const DONE: &[u8] = b"data: [DONE]\n\n";
const STOP: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// A stream whose answer has begun.
pub(crate) struct Opened {
    /// None: it was read to its end.
    response: Option<Response>,
    cutter: Cutter,
    reader: Reader,
    shape: Shape,
    usage_was_asked: bool,
    /// Read, and not yet handed out.
    ready: VecDeque<NativeEvent>,
    complete: bool,
    last: bool,
    between: Duration,
    deadline: Instant,
}

impl Opened {
    pub fn new(response: Response, shape: Shape, usage_was_asked: bool, patience: Patience, began: Instant) -> Self {
        Self {
            response: Some(response),
            cutter: Cutter::default(),
            reader: Reader::new(shape),
            shape,
            usage_was_asked,
            ready: VecDeque::new(),
            complete: false,
            last: false,
            between: patience.between,
            deadline: began + patience.total,
        }
    }

    /// Reads until something of the answer itself is there.
    pub async fn begin(&mut self) -> Result<(), Fault> {
        loop {
            if !self.cut()? || self.ready.len() >= PREAMBLE || self.last {
                return Ok(());
            }
            if !self.receive().await? {
                self.end()?;
                return Ok(());
            }
        }
    }

    /// The next event; none: the answer was whole.
    pub async fn next(&mut self) -> Result<Option<NativeEvent>, Fault> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.last {
                self.close().await;
                return Ok(None);
            }
            self.cut()?;
            if self.ready.is_empty() && !self.last && !self.receive().await? {
                self.end()?;
            }
        }
    }

    /// Makes events of what has come; false once one of them is part of the answer.
    fn cut(&mut self) -> Result<bool, Fault> {
        let mut preamble = true;
        while !self.last
            && let Some(bytes) = self.cutter.next()?
        {
            preamble &= self.take(bytes)?;
        }
        Ok(preamble)
    }

    /// Reads an event; whether the answer has not begun with it.
    fn take(&mut self, bytes: Bytes) -> Result<bool, Fault> {
        if std::str::from_utf8(&bytes).is_err() {
            return Err(Fault::Protocol("its stream is not UTF-8"));
        }
        let Some(data) = events::data(&bytes) else {
            self.ready.push_back(NativeEvent { bytes, usage: None, only_usage: false });
            return Ok(true);
        };
        let seen = self.reader.event(&data)?;
        drop(data);
        // Some tell it beside the last words, whether they were asked or not.
        let told = seen.usage.is_some() && !seen.only_usage && self.shape == Shape::OpenAiChat;
        let bytes = if told && !self.usage_was_asked { events::without_usage(bytes) } else { bytes };
        self.complete |= seen.complete;
        self.last = seen.last;
        let only_usage = seen.only_usage && !self.usage_was_asked;
        self.ready.push_back(NativeEvent { bytes, usage: seen.usage, only_usage });
        Ok(seen.preamble)
    }

    /// Waits for more; false at the end of the stream.
    async fn receive(&mut self) -> Result<bool, Fault> {
        let Some(response) = &mut self.response else { return Ok(false) };
        let patience = if self.complete { GRACE.min(self.between) } else { self.between };
        let until = self.deadline.min(Instant::now() + patience);
        match tokio::time::timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(piece))) => {
                self.cutter.push(piece);
                Ok(true)
            }
            Ok(Ok(None)) => Ok(false),
            Ok(Err(error)) if self.complete => {
                tracing::debug!(%error, "a stream broke off after its answer was whole");
                Ok(false)
            }
            Ok(Err(error)) => Err(client::fault(&error)),
            Err(_) if self.complete => Ok(false),
            Err(_) => Err(Fault::Timeout),
        }
    }

    /// The stream ended without saying so.
    fn end(&mut self) -> Result<(), Fault> {
        self.response = None;
        if !self.complete {
            return Err(Fault::BrokeOff);
        }
        self.last = true;
        // Clients wait for it, and not every server says it.
        let last = match self.shape {
            Shape::OpenAiChat => Some(DONE),
            Shape::AnthropicMessages => Some(STOP),
            Shape::OpenAiResponses | Shape::OpenAiEmbeddings => None,
        };
        if let Some(bytes) = last.map(Bytes::from_static) {
            self.ready.push_back(NativeEvent { bytes, usage: None, only_usage: false });
        }
        Ok(())
    }

    /// Sees the end of the body, so that the connection can be used again.
    async fn close(&mut self) {
        if let Some(mut response) = self.response.take() {
            _ = tokio::time::timeout(CLOSING, response.chunk()).await;
        }
    }
}
