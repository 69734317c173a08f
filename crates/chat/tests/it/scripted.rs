//! A provider that follows a script.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use contracts::{
    Providers,
    providers::{
        Capabilities, Chunk, FinishReason, Generation, GenerationRequest, GenerationStream, Model, Prices,
        ProviderError, ProviderErrorKind, TokenUsage,
    },
};
use futures_util::{Stream, StreamExt, stream};
use kernel::{PicoUsd, TenantScope};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What the provider does next.
pub enum Step {
    Say(Chunk),
    /// Says each word as a chunk of its own.
    Words(&'static str),
    Wait(Duration),
    /// Waits until the test adds a permit.
    Gate(Arc<Semaphore>),
    Fail(ProviderErrorKind),
    Hang,
    /// A bug in our own code.
    Panic,
}

/// One answer.
pub struct Script {
    /// Refuses the request.
    pub refuses: Option<ProviderErrorKind>,
    /// Another model than the one asked speaks.
    pub speaker: Option<&'static str>,
    pub steps: Vec<Step>,
}

impl Script {
    pub fn new(steps: Vec<Step>) -> Self {
        Self { refuses: None, speaker: None, steps }
    }

    /// Says it, tells the usage, and is done.
    pub fn answer(text: &'static str) -> Self {
        Self::new(vec![Step::Words(text), used(10, 5), done()])
    }
}

pub fn say(text: &str) -> Step {
    Step::Say(Chunk::Text(text.to_owned()))
}

pub fn think(text: &str) -> Step {
    Step::Say(Chunk::Reasoning(text.to_owned()))
}

pub fn used(input: u64, output: u64) -> Step {
    Step::Say(Chunk::Usage(TokenUsage { input, output, ..TokenUsage::default() }))
}

pub fn done() -> Step {
    Step::Say(Chunk::Finish(FinishReason::Stop))
}

#[derive(Default)]
struct State {
    scripts: VecDeque<Script>,
    requests: Vec<GenerationRequest>,
}

/// A clone is another handle.
#[derive(Clone, Default)]
pub struct Scripted {
    state: Arc<Mutex<State>>,
    open: Arc<AtomicUsize>,
}

impl Scripted {
    pub fn next(&self, script: Script) {
        self.state.lock().unwrap().scripts.push_back(script);
    }

    /// What the last request was.
    pub fn asked(&self) -> GenerationRequest {
        self.state.lock().unwrap().requests.last().cloned().expect("somebody asked")
    }

    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }

    /// Streams that are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

pub fn prices() -> Prices {
    Prices {
        extra: contracts::providers::ExtraPrices::default(),
        version: "test-1".into(),
        input: PicoUsd::new(1_000_000),
        output: PicoUsd::new(2_000_000),
        cached_input: None,
        cache_write: None,
        reasoning: None,
        tiers: Vec::new(),
    }
}

pub fn model(id: &str) -> Option<Arc<Model>> {
    let model = Model {
        id: id.to_owned(),
        name: id.to_owned(),
        provider: "test".into(),
        provider_name: "Test".into(),
        unavailable: None,
        context_window: Some(100_000),
        max_output_tokens: Some(10_000),
        capabilities: Capabilities::default(),
        reasoning_efforts: vec!["low".into(), "high".into()],
        prices: Some(prices()),
        retires_on: None,
        default: id == "test/plain",
    };
    let model = match id {
        "test/plain" | "test/other" => model,
        "test/vision" => Model { capabilities: Capabilities { vision: true, ..Capabilities::default() }, ..model },
        "test/small" => Model { context_window: Some(400), max_output_tokens: Some(100), ..model },
        "test/free" => Model { prices: None, max_output_tokens: None, context_window: None, ..model },
        _ => return None,
    };
    Some(Arc::new(model))
}

fn error(kind: ProviderErrorKind) -> ProviderError {
    ProviderError::new(kind, format!("Test: {kind:?}"))
}

#[async_trait]
impl Providers for Scripted {
    async fn models(&self, _: &TenantScope) -> Arc<[Arc<Model>]> {
        ["test/plain", "test/other", "test/vision", "test/small", "test/free"].into_iter().filter_map(model).collect()
    }

    async fn model(&self, _: &TenantScope, id: &str) -> Result<Arc<Model>, ProviderError> {
        model(id).ok_or_else(|| error(ProviderErrorKind::UnknownModel))
    }

    async fn default_model(&self, scope: &TenantScope) -> Result<Arc<Model>, ProviderError> {
        self.model(scope, "test/plain").await
    }

    /// One token a word.
    fn count_tokens(&self, _: &Model, text: &str) -> u64 {
        text.split_whitespace().count() as u64
    }

    async fn stream(
        &self,
        scope: &TenantScope,
        request: GenerationRequest,
        _: CancellationToken,
    ) -> Result<Generation, ProviderError> {
        let script = {
            let mut state = self.state.lock().unwrap();
            state.requests.push(request.clone());
            state.scripts.pop_front().unwrap_or_else(|| Script::answer("A usual answer."))
        };
        if let Some(kind) = script.refuses {
            return Err(error(kind));
        }
        let model = self.model(scope, script.speaker.unwrap_or(&request.model)).await?;
        self.open.fetch_add(1, Ordering::SeqCst);
        let chunks = stream::iter(script.steps).then(perform).flat_map(stream::iter);
        Ok(Generation { model, chunks: Box::pin(Open { chunks: Box::pin(chunks), count: self.open.clone() }) })
    }
}

async fn perform(step: Step) -> Vec<Result<Chunk, ProviderError>> {
    match step {
        Step::Say(chunk) => vec![Ok(chunk)],
        Step::Words(text) => text.split_inclusive(' ').map(|word| Ok(Chunk::Text(word.to_owned()))).collect(),
        Step::Wait(time) => {
            tokio::time::sleep(time).await;
            Vec::new()
        }
        Step::Gate(gate) => {
            gate.acquire().await.unwrap().forget();
            Vec::new()
        }
        Step::Fail(kind) => vec![Err(error(kind))],
        Step::Hang => std::future::pending().await,
        Step::Panic => panic!("told to"),
    }
}

/// Counts itself while it lives.
struct Open {
    chunks: GenerationStream,
    count: Arc<AtomicUsize>,
}

impl Stream for Open {
    type Item = Result<Chunk, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_next_unpin(context)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}
