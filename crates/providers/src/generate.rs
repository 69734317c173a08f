//! From a request in our own shape to a stream of chunks: timeouts, cancelling, translation.
//!
//! Invariants: every stream ends, with [`Chunk::Finish`] or with an error; dropping a stream
//! or cancelling it closes the provider's connection at once.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use contracts::providers::{Chunk, FinishReason, GenerationRequest, GenerationStream, ProviderError};
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    account::{Account, Api},
    adapter::{self, Decoder},
    client::{Answer, Client, Events, Fault},
    config::Timeouts,
    error, openai,
    registry::Entry,
    surrogates::Mender,
};

/// How many times longer we wait for a model that thinks first, or that answers all at once.
const SILENT: u32 = 5;
/// How long to wait for figures once the answer is complete.
const GRACE: Duration = Duration::from_secs(5);

/// How long each part of an answer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub first_byte: Duration,
    pub between: Duration,
    pub total: Duration,
}

impl Patience {
    /// For an answer of the model, streamed or not.
    pub fn with(timeouts: Timeouts, entry: &Entry, stream: bool) -> Self {
        let silent = if entry.model.capabilities.reasoning || !stream { SILENT } else { 1 };
        Self {
            first_byte: timeouts.first_byte() * silent,
            between: timeouts.between_chunks() * silent,
            total: timeouts.total(),
        }
    }
}

/// Calls the provider and waits for the first chunk of its answer.
pub(crate) async fn open(
    client: &Client,
    entry: &Entry,
    account: &Account,
    request: &GenerationRequest,
) -> Result<Source, Fault> {
    let patience = Patience::with(client.timeouts(), entry, entry.streams);
    let (call, mut decoder) = adapter::prepare(entry, account, request)?;
    let call = call.for_account(account);
    let began = Instant::now();
    let mut out = VecDeque::new();
    let again = (entry.api == Api::Responses).then(|| call.clone());
    let answer = match client.post(call, patience.first_byte).await {
        Err(fault) => match again.and_then(|call| openai::responses::without_summaries(&call, &fault)) {
            Some(call) => client.post(call, patience.first_byte).await,
            None => Err(fault),
        },
        answer => answer,
    };
    let events = match answer? {
        Answer::Events(events) => Some(events),
        Answer::Whole(body) => {
            decoder.whole(&body, &mut out)?;
            None
        }
    };
    let mut source = Source {
        events,
        decoder,
        mender: Mender::default(),
        out,
        patience: patience.between,
        deadline: began + patience.total,
    };
    // The first byte may be an event that says nothing yet.
    let first = tokio::time::timeout_at(began + patience.first_byte + patience.between, source.begin());
    first.await.unwrap_or(Err(Fault::Timeout))?;
    Ok(source)
}

/// What an answer in the shape of an interface says, which came whole.
pub(crate) fn unstreamed(mut decoder: Box<dyn Decoder>, body: &[u8]) -> Result<Source, Fault> {
    let mut out = VecDeque::new();
    decoder.whole(body, &mut out)?;
    let mender = Mender::default();
    Ok(Source { events: None, decoder, mender, out, patience: GRACE, deadline: Instant::now() + GRACE })
}

/// The chunks of an answer that has begun.
pub(crate) fn chunks(source: Source, account: Arc<Account>, cancel: CancellationToken) -> GenerationStream {
    Box::pin(stream::unfold(Reader { source, account, cancel, done: false }, Reader::next))
}

/// Of a generation that nobody waits for any more.
pub(crate) fn cancelled() -> GenerationStream {
    stream::iter([Ok(Chunk::Finish(FinishReason::Cancelled))]).boxed()
}

/// A provider's answer as it is handed out.
struct Reader {
    source: Source,
    account: Arc<Account>,
    cancel: CancellationToken,
    done: bool,
}

/// Where the answer comes from.
pub(crate) struct Source {
    /// None: it came whole, or all of it was read.
    events: Option<Events>,
    decoder: Box<dyn Decoder>,
    mender: Mender,
    /// Read, and not yet handed out.
    out: VecDeque<Chunk>,
    patience: Duration,
    deadline: Instant,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Chunk, ProviderError>, Self)> {
        if self.done {
            return None;
        }
        if self.cancel.is_cancelled() {
            return Some(self.stop());
        }
        match self.cancel.run_until_cancelled(self.source.fill()).await {
            None => return Some(self.stop()),
            Some(Err(fault)) => {
                let error = error::explain(&self.account, fault);
                self.account.breaker.failed_later(&error);
                self.close();
                return Some((Err(error), self));
            }
            Some(Ok(())) => {}
        }
        let chunk = self.source.out.pop_front()?;
        if matches!(chunk, Chunk::Finish(_)) {
            self.close();
        }
        Some((Ok(chunk), self))
    }

    fn stop(mut self) -> (Result<Chunk, ProviderError>, Self) {
        self.close();
        (Ok(Chunk::Finish(FinishReason::Cancelled)), self)
    }

    /// Closes the connection.
    fn close(&mut self) {
        self.source.events = None;
        self.source.out.clear();
        self.done = true;
    }
}

impl Source {
    /// Reads until the answer has begun, so that whoever holds the stream holds an answer.
    async fn begin(&mut self) -> Result<(), Fault> {
        while self.out.iter().all(|chunk| matches!(chunk, Chunk::Usage(_))) {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads until there is something to hand out.
    async fn fill(&mut self) -> Result<(), Fault> {
        while self.out.is_empty() {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let Some(events) = &mut self.events else { return Err(Fault::BrokeOff) };
        let patience = if self.decoder.is_complete() { GRACE.min(self.patience) } else { self.patience };
        let until = self.deadline.min(Instant::now() + patience);
        match tokio::time::timeout_at(until, events.next()).await {
            Ok(Some(Ok(event))) => match event.data {
                Some(data) => self.decoder.event(&self.mender.mend(&data), &mut self.out),
                None => Ok(()),
            },
            Ok(Some(Err(Fault::BrokeOff)) | None) => self.end(),
            Ok(Some(Err(fault))) => Err(fault),
            Err(_) if self.decoder.is_complete() => self.end(),
            Err(_) => Err(Fault::Timeout),
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.events = None;
        self.decoder.end(&mut self.out)
    }
}
