//! The provider that needs no key: believable Markdown, the same for the same prompt.
//!
//! It lets a person try everything, and tests and the UI reach every state: a prompt may
//! hold commands (`/slow`, `/fail mid`, …), which `docs/guides/demo-provider.md` lists.
//! Its prices are small and made up, so that costs show; nothing is ever charged for it.
//!
//! Deliberately absent: any network, any randomness, any understanding.

mod image;
mod prompt;
mod sample;
mod script;
mod texts;

use std::{collections::VecDeque, time::Duration};

use contracts::providers::{
    Capabilities, Chunk, FinishReason, GenerationRequest, Model, Prices, ProviderError, ProviderErrorKind, TokenUsage,
};
use futures_util::{Stream, stream};
use kernel::PicoUsd;
use tokio_util::sync::CancellationToken;

use self::prompt::Failure;

/// The pause of `/slow`: three words or so a second.
const SLOW: Duration = Duration::from_millis(300);

/// Its models.
pub(crate) fn models() -> Vec<Model> {
    let model = |name: &str, title: &str, input: i64, output: i64, can: Capabilities| Model {
        id: format!("demo/{name}"),
        name: title.to_owned(),
        provider: "demo".to_owned(),
        provider_name: "Demo".to_owned(),
        unavailable: None,
        context_window: Some(128_000),
        max_output_tokens: Some(16_384),
        capabilities: can,
        reasoning_efforts: if can.reasoning {
            ["low", "medium", "high"].map(str::to_owned).to_vec()
        } else {
            Vec::new()
        },
        prices: Some(Prices {
            extra: contracts::providers::ExtraPrices::default(),
            version: "demo".to_owned(),
            input: PicoUsd::new(input),
            output: PicoUsd::new(output),
            cached_input: Some(PicoUsd::new(input / 4)),
            cache_write: None,
            reasoning: None,
            tiers: Vec::new(),
        }),
        retires_on: None,
        default: false,
    };
    let plain = Capabilities { tools: true, ..Capabilities::default() };
    let reasoning = Capabilities { reasoning: true, ..plain };
    let vision = Capabilities { vision: true, ..plain };
    vec![
        model("parlance", "Parlance Demo", 100_000, 400_000, plain),
        model("parlance-reasoner", "Parlance Demo Reasoner", 200_000, 800_000, reasoning),
        model("parlance-vision", "Parlance Demo Vision", 150_000, 600_000, vision),
    ]
}

/// Starts an answer, or fails as the prompt asks.
pub(crate) fn generate(
    model: &str,
    request: &GenerationRequest,
    chunk_delay: Duration,
    hang: Duration,
    cancel: CancellationToken,
) -> Result<impl Stream<Item = Result<Chunk, ProviderError>> + Send + use<>, ProviderError> {
    let script = script::write(model, request);
    if let Some(failure) = script.prompt.failure
        && failure != Failure::Mid
    {
        return Err(error(failure));
    }
    let delay = if script.prompt.slow { SLOW } else { chunk_delay };
    let state = State {
        fails: script.prompt.failure == Some(Failure::Mid),
        hangs: script.prompt.hang.then_some(hang),
        chunks: script.chunks.into(),
        ending: None,
        finish: script.finish,
        usage: script.usage,
        first: true,
        delay,
        cancel,
    };
    Ok(stream::unfold(state, State::next))
}

struct State {
    chunks: VecDeque<Chunk>,
    /// Set once the last chunk went out; what still follows.
    ending: Option<VecDeque<Result<Chunk, ProviderError>>>,
    finish: FinishReason,
    fails: bool,
    hangs: Option<Duration>,
    usage: TokenUsage,
    first: bool,
    delay: Duration,
    cancel: CancellationToken,
}

impl State {
    async fn next(mut self) -> Option<(Result<Chunk, ProviderError>, Self)> {
        if let Some(ending) = &mut self.ending {
            return ending.pop_front().map(|item| (item, self));
        }
        let pause = match self.hangs {
            Some(patience) => patience,
            None if std::mem::take(&mut self.first) => Duration::ZERO,
            None => self.delay,
        };
        if !pause.is_zero() && self.cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none()
            || self.cancel.is_cancelled()
        {
            return Some(self.end(vec![Ok(Chunk::Finish(FinishReason::Cancelled))]));
        }
        if self.hangs.is_some() {
            return Some(self.end(vec![Err(ProviderError::new(
                ProviderErrorKind::Timeout,
                "Demo did not answer in time, because the prompt asked it to hang.",
            ))]));
        }
        match self.chunks.pop_front() {
            Some(chunk) => {
                self.usage.output += 1;
                self.usage.reasoning += u64::from(matches!(chunk, Chunk::Reasoning(_)));
                Some((Ok(chunk), self))
            }
            None if self.fails => Some(self.end(vec![Err(error(Failure::Mid))])),
            None => {
                let finish = self.finish;
                Some(self.end(vec![Ok(Chunk::Finish(finish))]))
            }
        }
    }

    /// Tells the usage, then `last`, then nothing.
    fn end(mut self, last: Vec<Result<Chunk, ProviderError>>) -> (Result<Chunk, ProviderError>, Self) {
        self.ending = Some(last.into());
        self.chunks.clear();
        (Ok(Chunk::Usage(self.usage)), self)
    }
}

fn error(failure: Failure) -> ProviderError {
    let (kind, message, retry_after) = match failure {
        Failure::Auth => (
            ProviderErrorKind::Auth,
            "Demo refused the key, because the prompt asked it to. A real provider would want another key.",
            None,
        ),
        Failure::Rate => (
            ProviderErrorKind::RateLimited,
            "Demo is limiting requests, because the prompt asked it to. Try again in 7 seconds.",
            Some(Duration::from_secs(7)),
        ),
        Failure::Overloaded => {
            (ProviderErrorKind::Overloaded, "Demo is overloaded, because the prompt asked it to be. Try again.", None)
        }
        Failure::Failed => {
            (ProviderErrorKind::Failed, "Demo failed, because the prompt asked it to. Try again without /fail.", None)
        }
        Failure::Mid => (
            ProviderErrorKind::Failed,
            "Demo broke off in the middle of its answer, because the prompt asked it to.",
            None,
        ),
    };
    ProviderError { retry_after, ..ProviderError::new(kind, message) }
}
