//! The task that works on one run: asks the provider, puts what it says on its way, settles.

use std::{sync::Arc, time::Duration};

use contracts::guardrails::{Guard, Vault, restore};
use contracts::metering::Reservation;
use contracts::providers::{Chunk, FinishReason, GenerationRequest, Model, ProviderError, TokenUsage};
use futures_util::StreamExt;
use kernel::Code;
use tokio_util::sync::CancellationToken;

use super::{
    Engine,
    live::{Live, Stop},
    settle::{Settlement, millis},
};
use crate::{
    model::{RunError, RunStatus},
    store::{self, runs::RunRecord},
    stream::{Closing, Fold, Piece},
};

/// Bytes of an answer that are kept; a provider that sends more is cut off.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// How a generation came to its end.
enum End {
    /// The provider was done.
    Done(FinishReason),
    /// We cut it off: the answer is as long as it may be.
    Full,
    Stopped(Stop),
    Failed(RunError),
}

/// What is known of a generation.
pub(super) struct Generated {
    end: End,
    /// The model that spoke, or was asked to.
    model: Arc<Model>,
    /// The provider took the request, so it may cost something.
    accepted: bool,
    fold: Fold,
    first_token_ms: Option<i64>,
}

/// Removes the run from the living however its task ends, a panic included. A log without
/// its end is forgotten: whoever listened finds the run in the database.
pub(super) struct Alive<'a> {
    engine: &'a Engine,
    record: &'a RunRecord,
    told: bool,
}

impl Alive<'_> {
    /// The log holds the end, and is kept for a while.
    fn told(mut self) {
        self.told = true;
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        let log = self.record.hub_id();
        if self.told {
            self.engine.hub.end(log);
        } else {
            self.engine.hub.discard(log);
        }
        self.engine.lives.remove(self.record.run.id);
    }
}

impl Engine {
    pub(super) fn alive<'a>(&'a self, record: &'a RunRecord) -> Alive<'a> {
        Alive { engine: self, record, told: false }
    }

    /// Writes a run's end and tells everybody who must know.
    pub(super) async fn finish(
        &self,
        record: &RunRecord,
        live: &Arc<Live>,
        generated: Generated,
        alive: Alive<'_>,
        (reservation, guard): (Reservation, Option<Arc<dyn Guard>>),
    ) {
        let unwritten = live.close().await;
        if !live.begun().await || matches!(generated.end, End::Stopped(Stop::Lost)) {
            // It is not in the database, or whoever has taken it over writes its end.
            return;
        }
        let settlement = match self.settlement(record, generated).await {
            Ok(settlement) => settlement,
            Err(error) => {
                tracing::error!(run = %record.run.id, %error, "a run's usage can't be counted");
                return;
            }
        };
        let settled = match self.settle(record, &settlement).await {
            Ok(Some(settled)) => settled,
            Ok(None) => return,
            // It stays ours and unfinished in the database: the next sweep closes it.
            Err(error) => {
                tracing::error!(run = %record.run.id, %error, "a run's end can't be written");
                return;
            }
        };
        // It is spent now, no longer reserved.
        drop(reservation);
        let entries = live.encode(|encoder| {
            for piece in &unwritten {
                encoder.piece(piece);
            }
            encoder.closing(&Closing { run: &settled.run });
            encoder.take()
        });
        live.log.append(entries);
        alive.told();
        self.tell_run_finished(record, &settled.run, settled.conversation.as_ref()).await;
        if let Some(conversation) = settled.conversation.filter(|conversation| conversation.title.is_none()) {
            self.make_title(record, &conversation, settled.run.status, guard.as_deref()).await;
        }
    }

    /// Asks the provider and puts what it says on its way, until one of them ends.
    pub(super) async fn generate(
        &self,
        record: &RunRecord,
        live: &Arc<Live>,
        model: Arc<Model>,
        request: (GenerationRequest, Arc<Vault>),
        fold: Fold,
    ) -> Generated {
        let mut generated = Generated { end: End::Full, model, accepted: false, fold, first_token_ms: None };
        let upstream = CancellationToken::new();
        // However this ends, the provider's connection is closed with it.
        let _closes_upstream = upstream.clone().drop_guard();
        let shutdown = self.tasks.shutdown();
        generated.end = tokio::select! {
            biased;
            stop = live.stopped() => End::Stopped(stop),
            () = shutdown.cancelled() => End::Stopped(Stop::Interrupted),
            () = tokio::time::sleep(self.config.run_timeout) => too_long(self.config.run_timeout),
            end = self.listen(record, live, request, upstream, &mut generated) => end,
        };
        generated
    }

    async fn listen(
        &self,
        record: &RunRecord,
        live: &Arc<Live>,
        (request, vault): (GenerationRequest, Arc<Vault>),
        upstream: CancellationToken,
        generated: &mut Generated,
    ) -> End {
        let scope = record.scope();
        let idle = self.config.idle_timeout;
        let generation = tokio::time::timeout(idle, self.providers.stream(&scope, request, upstream)).await;
        // The beginning is stored before anything is shown, and before any end is written.
        if !live.begun().await {
            return End::Stopped(Stop::Lost);
        }
        let generation = match generation {
            Ok(Ok(generation)) => generation,
            Ok(Err(error)) => return failed(&error),
            Err(_) => return silent(idle),
        };
        generated.accepted = true;
        if generation.model.id != generated.model.id {
            let model = &generation.model;
            let written = store::runs::set_model(&self.db, &scope, record.run.id, &model.id, model.prices.as_ref());
            if let Err(error) = written.await {
                tracing::warn!(run = %record.run.id, %error, "the fallback's name is written at the end");
            }
        }
        generated.model = generation.model;
        let mut chunks = restore(vault, generation.chunks);
        let mut bytes = 0;
        loop {
            live.room().await;
            let piece = match tokio::time::timeout(idle, chunks.next()).await {
                Err(_) => return silent(idle),
                Ok(None) => return broke_off(),
                Ok(Some(Err(error))) => return failed(&error),
                Ok(Some(Ok(chunk))) => match chunk {
                    Chunk::Finish(reason) => return End::Done(reason),
                    Chunk::Text(text) => Piece::Text(text),
                    Chunk::Reasoning(text) => Piece::Reasoning(text),
                    Chunk::ToolCall(call) => Piece::tool_call(call),
                    Chunk::Usage(usage) => Piece::Usage(usage),
                    // The whole call follows.
                    Chunk::ToolStart { .. } | Chunk::ToolInput { .. } => continue,
                },
            };
            if !matches!(piece, Piece::Usage(_)) {
                if piece.len() == 0 {
                    continue;
                }
                let now = self.env.now();
                generated.first_token_ms.get_or_insert_with(|| millis(now.since(record.run.started_at)));
            }
            bytes += piece.len();
            if bytes > MAX_ANSWER {
                return End::Full;
            }
            generated.fold.add(piece.clone());
            self.journal(live, piece);
        }
    }

    async fn settlement(&self, record: &RunRecord, generated: Generated) -> Result<Settlement, database::Error> {
        let Generated { end, model, accepted, fold, first_token_ms } = generated;
        let done = matches!(end, End::Done(_));
        let (status, finish_reason, error) = match end {
            End::Done(FinishReason::Error) => {
                let error = RunError::new(Code::ProviderFailed, "The provider ended the answer with an error.");
                (RunStatus::Failed, FinishReason::Error, Some(error))
            }
            End::Done(reason) => (RunStatus::Completed, reason, None),
            End::Full => (RunStatus::Completed, FinishReason::Length, None),
            End::Stopped(Stop::Cancelled) => (RunStatus::Cancelled, FinishReason::Cancelled, None),
            End::Stopped(_) => (RunStatus::Interrupted, FinishReason::Error, None),
            End::Failed(error) => (RunStatus::Failed, FinishReason::Error, Some(error)),
        };
        let (tokens, estimated) = match fold.usage {
            // A provider that has said its last word is believed, a zero included.
            Some(usage) if done => (usage, false),
            None if !accepted => (TokenUsage::default(), false),
            _ => self.tokens_when_cut_off(record, &model, &fold).await?,
        };
        Ok(Settlement {
            status,
            finish_reason,
            error,
            prices: model.prices.clone(),
            model: model.id.clone(),
            tokens,
            estimated,
            parts: fold.parts,
            first_token_ms,
        })
    }
}

fn failed(error: &ProviderError) -> End {
    End::Failed(RunError::new(error.kind.code(), error.message.clone()))
}

fn broke_off() -> End {
    End::Failed(RunError::new(Code::ProviderProtocol, "The provider's answer broke off before its end."))
}

fn silent(idle: Duration) -> End {
    let message = format!("The provider was silent for {} seconds.", idle.as_secs());
    End::Failed(RunError::new(Code::ProviderTimeout, message))
}

fn too_long(limit: Duration) -> End {
    let message = format!("The answer took longer than {} minutes.", limit.as_secs() / 60);
    End::Failed(RunError::new(Code::ProviderTimeout, message))
}
