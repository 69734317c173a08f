//! From a request to a stream of chunks: retries, fallbacks, timeouts, cancelling.
//!
//! Invariants: a retry or a fallback happens only before the first chunk of the answer has
//! been handed out; every stream ends, with [`Chunk::Finish`] or with an error; dropping a
//! stream or cancelling it closes the provider's connection at once.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use contracts::providers::{
    Chunk, FinishReason, Generation, GenerationRequest, GenerationStream, ProviderError, ProviderErrorKind as Kind,
};
use futures_util::{StreamExt as _, stream};
use kernel::Env;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    account::{Account, Api},
    adapter::{self, Decoder},
    client::{Answer, Client, Events, Fault},
    config::Demo,
    demo, error, openai,
    registry::Entry,
    surrogates::Mender,
};

/// Calls that are made again at the most.
const RETRIES: u32 = 2;
/// The pause before the first retry; it doubles.
const PAUSE: Duration = Duration::from_millis(400);
/// A provider that wants us to wait longer than this is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// How many times longer we wait for a model that thinks first, or that answers all at once.
const SILENT: u32 = 5;
/// How long to wait for figures once the answer is complete.
const GRACE: Duration = Duration::from_secs(5);

/// What a generation needs besides the request.
pub(crate) struct Context<'a> {
    pub client: &'a Client,
    pub env: &'a Env,
    pub demo: &'a Demo,
    pub cancel: CancellationToken,
}

/// Tries the entries in order, until one begins to answer. The error is that of the first.
pub(crate) async fn start(
    context: &Context<'_>,
    entries: &[Arc<Entry>],
    request: &GenerationRequest,
) -> Result<Generation, ProviderError> {
    let mut first_error = None;
    for entry in entries {
        match attempt(context, entry, request).await {
            Ok(chunks) => return Ok(Generation { model: Arc::clone(&entry.model), chunks }),
            Err(error) => {
                tracing::warn!(model = entry.model.id, kind = ?error.kind, "a generation did not begin");
                let elsewhere = error.kind.is_transient() || matches!(error.kind, Kind::Auth | Kind::Unavailable);
                let error = first_error.get_or_insert(error).clone();
                if !elsewhere {
                    return Err(error);
                }
            }
        }
    }
    Err(first_error.unwrap_or_else(|| error::unknown(&request.model)))
}

/// One model, with retries.
async fn attempt(
    context: &Context<'_>,
    entry: &Entry,
    request: &GenerationRequest,
) -> Result<GenerationStream, ProviderError> {
    if let Some(reason) = &entry.model.unavailable {
        return Err(error::unavailable(reason));
    }
    let Some(account) = &entry.account else {
        let delay = Duration::from_millis(context.demo.chunk_delay_ms);
        let patience = context.client.timeouts().first_byte();
        return Ok(Box::pin(demo::generate(&entry.name, request, delay, patience, context.cancel.clone())?));
    };
    debug_assert!(entry.api != Api::Demo, "only the demo has no account");
    let mut tries = 0;
    loop {
        let Some(opened) = context.cancel.run_until_cancelled(open(context, entry, account, request)).await else {
            return Ok(cancelled());
        };
        let error = match opened {
            Ok(chunks) => return Ok(chunks),
            Err(error) => error,
        };
        let pause = error.retry_after.unwrap_or_else(|| PAUSE * 2_u32.pow(tries));
        // One that let us wait for nothing would let us wait again.
        let again = error.kind.is_transient() && error.kind != Kind::Timeout;
        if !again || tries >= RETRIES || pause > LONGEST_PAUSE {
            return Err(error);
        }
        tries += 1;
        let jittered = pause.mul_f64(1.0 + context.env.unit() / 2.0);
        if context.cancel.run_until_cancelled(tokio::time::sleep(jittered)).await.is_none() {
            return Ok(cancelled());
        }
    }
}

/// Calls the provider and waits for the first chunk of its answer.
async fn open(
    context: &Context<'_>,
    entry: &Entry,
    account: &Arc<Account>,
    request: &GenerationRequest,
) -> Result<GenerationStream, ProviderError> {
    let explain = |fault| error::explain(account, fault);
    let timeouts = context.client.timeouts();
    let silent = if entry.model.capabilities.reasoning || !entry.streams { SILENT } else { 1 };
    let (first_byte, between_chunks) = (timeouts.first_byte() * silent, timeouts.between_chunks() * silent);
    let (call, mut decoder) = adapter::prepare(entry, account, request).map_err(explain)?;
    let began = Instant::now();
    let mut out = VecDeque::new();
    let again = (entry.api == Api::Responses).then(|| call.clone());
    let answer = match context.client.post(call, first_byte).await {
        Err(fault) => match again.and_then(|call| openai::responses::without_summaries(&call, &fault)) {
            Some(call) => context.client.post(call, first_byte).await,
            None => Err(fault),
        },
        answer => answer,
    };
    let events = match answer.map_err(explain)? {
        Answer::Events(events) => Some(events),
        Answer::Whole(body) => {
            decoder.whole(&body, &mut out).map_err(explain)?;
            None
        }
    };
    let mut source = Source {
        events,
        decoder,
        mender: Mender::default(),
        out,
        patience: between_chunks,
        deadline: began + timeouts.total(),
    };
    // The first byte may be an event that says nothing yet.
    let first = tokio::time::timeout_at(began + first_byte + between_chunks, source.begin());
    first.await.unwrap_or(Err(Fault::Timeout)).map_err(explain)?;
    let reader = Reader { source, account: Arc::clone(account), cancel: context.cancel.clone(), done: false };
    Ok(Box::pin(stream::unfold(reader, Reader::next)))
}

fn cancelled() -> GenerationStream {
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
struct Source {
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
