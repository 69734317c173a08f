//! Along the models that may answer: retries, breakers, fallbacks.
//!
//! Invariants: a retry or a fallback happens only before the first token of the answer has
//! been handed out; what is said to have failed is what failed first, a provider's rest
//! excepted; cancelling ends every wait at once.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use contracts::providers::{
    Attempt, GenerationRequest, GenerationStream, Inference, NativeStream, ProviderError, ProviderErrorKind as Kind,
    Shape, TokenUsage,
};
use futures_util::stream;
use kernel::Env;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    account::Account,
    anthropic,
    client::{Client, Fault},
    compatible,
    config::Demo,
    demo, embed, error,
    generate::{self, Patience},
    native, openai,
    registry::Entry,
};

/// Calls that are made again at the most.
const RETRIES: u32 = 2;
/// The longest pause before the first retry; it doubles. The pause is anything up to it
/// ("full jitter": callers who failed together do not come back together).
const PAUSE: Duration = Duration::from_millis(400);
/// A provider that wants us to wait longer than this is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The same where another model may answer instead.
const LONGEST_PAUSE_OF_SEVERAL: Duration = Duration::from_secs(1);

/// What a call needs besides the request.
pub(crate) struct Context<'a> {
    pub client: &'a Client,
    pub env: &'a Env,
    pub demo: &'a Demo,
    pub cancel: CancellationToken,
}

/// The request in our own shape, once it was needed.
pub(crate) type Translated = Box<OnceLock<Result<GenerationRequest, ProviderError>>>;

/// What is asked.
pub(crate) enum Ask<'a> {
    /// In our own shape.
    Generation(&'a GenerationRequest),
    /// In a developer's, which is passed on where it is understood.
    Inference(&'a Inference, Translated),
}

/// An answer that has begun.
pub(crate) enum Begun {
    Chunks(GenerationStream),
    Whole { body: Bytes, usage: Option<TokenUsage> },
    Events(NativeStream),
}

/// Who answers, and after what.
pub(crate) struct Walked {
    pub entry: Arc<Entry>,
    pub attempts: Vec<Attempt>,
    pub begun: Begun,
}

/// Tries the entries in order, until one begins to answer.
pub(crate) async fn walk(
    context: &Context<'_>,
    entries: &[Arc<Entry>],
    ask: &Ask<'_>,
) -> Result<Walked, ProviderError> {
    let mut attempts = Vec::new();
    let mut failed: Option<ProviderError> = None;
    for (index, entry) in entries.iter().enumerate() {
        let several = index + 1 < entries.len();
        match try_entry(context, entry, ask, several, &mut attempts).await {
            Ok(begun) => return Ok(Walked { entry: Arc::clone(entry), attempts, begun }),
            Err(error) => {
                tracing::warn!(model = entry.model.id, kind = ?error.kind, "a generation did not begin");
                let kind = error.kind;
                if failed.as_ref().is_none_or(|first| first.kind == Kind::Resting) {
                    failed = Some(error);
                }
                if !kind.is_transient() && !matches!(kind, Kind::Auth | Kind::Unavailable | Kind::Unsupported) {
                    break;
                }
            }
        }
    }
    Err(failed.unwrap_or_else(|| error::unavailable("No model can answer this.")))
}

/// One model, with retries.
async fn try_entry(
    context: &Context<'_>,
    entry: &Arc<Entry>,
    ask: &Ask<'_>,
    several: bool,
    attempts: &mut Vec<Attempt>,
) -> Result<Begun, ProviderError> {
    let mut note = |failed| attempts.push(Attempt { model: entry.model.id.clone(), failed });
    if let Some(reason) = &entry.model.unavailable {
        note(Some(Kind::Unavailable));
        return Err(error::unavailable(reason));
    }
    let Some(account) = &entry.account else {
        let begun = ask_demo(context, entry, ask).await;
        note(begun.as_ref().err().map(|error| error.kind));
        return begun;
    };
    let longest = if several { LONGEST_PAUSE_OF_SEVERAL } else { LONGEST_PAUSE };
    let mut tries = 0;
    loop {
        let permit = match account.breaker.admit(Instant::now()) {
            Ok(permit) => permit,
            Err(wait) => {
                note(Some(Kind::Resting));
                return Err(error::resting(account, wait));
            }
        };
        let Some(opened) = context.cancel.run_until_cancelled(open(context, entry, account, ask)).await else {
            return Ok(Begun::Chunks(generate::cancelled()));
        };
        let error = match opened {
            Ok(begun) => {
                permit.succeeded(Instant::now());
                note(None);
                return Ok(begun);
            }
            Err(error) => error,
        };
        permit.failed(&error, Instant::now());
        note(Some(error.kind));
        let jittered = (PAUSE * 2_u32.pow(tries)).mul_f64(context.env.unit());
        let pause = error.retry_after.map_or(jittered, |asked| asked + jittered.min(asked / 4));
        // One that let us wait for nothing would let us wait again.
        let again = error.kind.is_transient() && error.kind != Kind::Timeout;
        if !again || tries >= RETRIES || error.retry_after.unwrap_or(pause) > longest {
            return Err(error);
        }
        tries += 1;
        if context.cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(Begun::Chunks(generate::cancelled()));
        }
    }
}

/// One call, until its answer has begun.
async fn open(
    context: &Context<'_>,
    entry: &Entry,
    account: &Arc<Account>,
    ask: &Ask<'_>,
) -> Result<Begun, ProviderError> {
    let inference = match ask {
        Ask::Inference(inference, _)
            if inference.native.shape == Shape::OpenAiEmbeddings && !native::speaks(entry, Shape::OpenAiEmbeddings) =>
        {
            return vectors(context, entry, Some(account.as_ref()), inference).await;
        }
        Ask::Inference(inference, _)
            if native::speaks(entry, inference.native.shape) && (entry.streams || !inference.stream) =>
        {
            inference
        }
        _ => {
            let source = generate::open(context.client, entry, account, own(ask)?).await;
            let source = source.map_err(|fault| error::explain(account, fault))?;
            return Ok(Begun::Chunks(generate::chunks(source, Arc::clone(account), context.cancel.clone())));
        }
    };
    let patience = Patience::with(context.client.timeouts(), entry, inference.stream);
    let request = &inference.native;
    let answer = native::open(context.client, entry, account, request, inference.stream, patience).await;
    match answer.map_err(|fault| error::explain_native(account, fault))? {
        native::Answer::Whole { body, usage } => Ok(Begun::Whole { body, usage }),
        native::Answer::Events(opened) => {
            let state = Passing { opened, account: Arc::clone(account), cancel: context.cancel.clone(), done: false };
            Ok(Begun::Events(Box::pin(stream::unfold(state, Passing::next))))
        }
        native::Answer::Unstreamed(body) => {
            let decoder = match request.shape {
                Shape::OpenAiResponses => openai::decoder(),
                Shape::AnthropicMessages => anthropic::decoder(),
                Shape::OpenAiChat | Shape::OpenAiEmbeddings => compatible::decoder(),
            };
            let source = generate::unstreamed(decoder, &body).map_err(|fault| error::explain_native(account, fault))?;
            Ok(Begun::Chunks(generate::chunks(source, Arc::clone(account), context.cancel.clone())))
        }
    }
}

/// The request in our own shape; it is translated once, however often it is tried.
fn own<'a>(ask: &'a Ask<'_>) -> Result<&'a GenerationRequest, ProviderError> {
    match ask {
        Ask::Generation(request) => Ok(request),
        Ask::Inference(inference, translated) => {
            translated.get_or_init(|| (inference.translated)()).as_ref().map_err(Clone::clone)
        }
    }
}

async fn ask_demo(context: &Context<'_>, entry: &Entry, ask: &Ask<'_>) -> Result<Begun, ProviderError> {
    if let Ask::Inference(inference, _) = ask
        && inference.native.shape == Shape::OpenAiEmbeddings
    {
        return vectors(context, entry, None, inference).await;
    }
    let delay = Duration::from_millis(context.demo.chunk_delay_ms);
    let patience = context.client.timeouts().first_byte();
    let chunks = demo::generate(&entry.name, own(ask)?, delay, patience, context.cancel.clone())?;
    Ok(Begun::Chunks(Box::pin(chunks)))
}

/// Vectors from who does not speak OpenAI's embeddings.
async fn vectors(
    context: &Context<'_>,
    entry: &Entry,
    account: Option<&Account>,
    inference: &Inference,
) -> Result<Begun, ProviderError> {
    let patience = Patience::with(context.client.timeouts(), entry, false);
    let body = &inference.native.body;
    let (body, usage) = embed::answer(context.client, entry, account, body, patience).await?;
    Ok(Begun::Whole { body, usage: Some(usage) })
}

/// A stream that is passed on.
struct Passing {
    opened: Box<native::Opened>,
    account: Arc<Account>,
    cancel: CancellationToken,
    done: bool,
}

impl Passing {
    async fn next(mut self) -> Option<(Result<contracts::providers::NativeEvent, ProviderError>, Self)> {
        if self.done {
            return None;
        }
        let event: Result<_, Fault> = self.cancel.run_until_cancelled(self.opened.next()).await?;
        match event {
            Ok(event) => event.map(|event| (Ok(event), self)),
            Err(fault) => {
                let error = error::explain_native(&self.account, fault);
                self.account.breaker.failed_later(&error);
                self.done = true;
                Some((Err(error), self))
            }
        }
    }
}
