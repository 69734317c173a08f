//! The end of a run, in one transaction: text, status, ledger entry, outbox event, journal.

use std::time::Duration;

use contracts::{
    metering::{MeteringError, NewUsage, UsageEntry},
    providers::{FinishReason, Model, Prices, TokenUsage},
};
use events::outbox::NewEvent;
use kernel::NanoUsd;

use super::{Engine, is_passing};
use crate::{
    model::{Conversation, Part, Run, RunError, RunStatus, Usage},
    store::{self, runs::RunRecord},
    stream::Fold,
};

/// Between two attempts while the database is away.
const RETRY: Duration = Duration::from_millis(500);

/// How a run ended.
pub(super) struct Settlement {
    pub status: RunStatus,
    pub finish_reason: FinishReason,
    pub error: Option<RunError>,
    /// The model that spoke, and its prices when the run began.
    pub model: String,
    pub prices: Option<Prices>,
    pub tokens: TokenUsage,
    pub estimated: bool,
    pub parts: Vec<Part>,
    pub first_token_ms: Option<i64>,
}

/// What stands in the database after a run.
pub(super) struct Settled {
    pub run: Run,
    /// None: it was deleted meanwhile.
    pub conversation: Option<Conversation>,
}

impl Engine {
    /// Settles and retries while the database is away, but not beyond the shutdown: the next
    /// start recovers the run then. None: the run is not ours any more.
    pub(super) async fn settle(
        &self,
        record: &RunRecord,
        settlement: &Settlement,
    ) -> Result<Option<Settled>, database::Error> {
        loop {
            match self.try_settle(record, settlement).await {
                Err(error) if is_passing(&error) && !self.tasks.shutdown().is_cancelled() => {
                    tracing::warn!(run = %record.run.id, %error, "a run's end waits for the database");
                    tokio::time::sleep(RETRY).await;
                }
                result => return result,
            }
        }
    }

    async fn try_settle(
        &self,
        record: &RunRecord,
        settlement: &Settlement,
    ) -> Result<Option<Settled>, database::Error> {
        let scope = record.scope();
        let now = self.env.now();
        let mut tx = self.db.begin(scope).await?;
        let usage = NewUsage {
            id: record.usage_id,
            user: record.user,
            conversation: Some(record.run.conversation_id),
            run: Some(record.run.id),
            key: None,
            model: settlement.model.clone(),
            // One that failed before it said anything is none.
            messages: u32::from(settlement.status == RunStatus::Completed || settlement.tokens.output > 0),
            tokens: settlement.tokens,
            estimated: settlement.estimated,
            prices: settlement.prices.clone(),
            occurred_at: record.run.started_at,
        };
        let entry = match self.metering.record(&mut tx, &scope, usage).await {
            Ok(entry) => entry,
            Err(MeteringError::Database(error)) => return Err(error),
            // A provider that claims impossible figures must not leave the run stuck.
            Err(error) => {
                tracing::error!(run = %record.run.id, %error, "a run's usage can't be recorded");
                UsageEntry {
                    id: record.usage_id,
                    tokens: TokenUsage::default(),
                    estimated: true,
                    cost: NanoUsd::ZERO,
                    price_version: None,
                }
            }
        };
        let run = Run {
            status: settlement.status,
            model: settlement.model.clone(),
            finish_reason: Some(settlement.finish_reason),
            error: settlement.error.clone(),
            usage: Some(usage_of(&entry)),
            finished_at: Some(now),
            first_token_ms: settlement.first_token_ms,
            ..record.run.clone()
        };
        if !store::runs::finish(&mut tx, &scope, self.node, &run, &entry).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        tx.execute_batch(vec![
            store::messages::set_parts(&scope, run.message_id, &settlement.parts)?,
            store::journal::delete(&scope, run.id),
        ])
        .await?;
        let conversation =
            store::conversations::end_run(&mut tx, &scope, record.user, run.conversation_id, now).await?;
        let event = NewEvent { event_type: "run.finished", subject: run.id.uuid(), payload: store::json(&run)? };
        self.outbox.append(&mut tx, &scope, event).await?;
        tx.commit().await?;
        metrics::counter!("parlance_runs_total", "status" => run.status.as_str()).increment(1);
        Ok(Some(Settled { run, conversation }))
    }

    /// Closes a run that nobody works on: what its journal holds is its answer. False: it is
    /// somebody else's.
    pub(super) async fn settle_interrupted(&self, record: &RunRecord) -> Result<bool, database::Error> {
        let scope = record.scope();
        let mut fold = Fold::new(store::messages::parts(&self.db, &scope, record.run.id).await?);
        let mut first = None;
        for (_, pieces, at) in store::journal::after(&self.db, &scope, record.run.id, 0).await? {
            first.get_or_insert(at);
            for piece in pieces {
                fold.add(piece);
            }
        }
        let (tokens, estimated) = match self.model_for_counting(record).await {
            Some(model) => self.tokens_when_cut_off(record, &model, &fold).await?,
            // No model of the catalogue to count with: what the provider said is all there is.
            None => (fold.usage.unwrap_or_default(), true),
        };
        let settlement = Settlement {
            status: RunStatus::Interrupted,
            finish_reason: FinishReason::Error,
            error: None,
            model: record.run.model.clone(),
            prices: record.prices.clone(),
            tokens,
            estimated,
            parts: fold.parts,
            first_token_ms: first.map(|at| millis(at.since(record.run.started_at))),
        };
        let Some(settled) = self.settle(record, &settlement).await? else {
            return Ok(false);
        };
        self.tell_run_finished(record, &settled.run, settled.conversation.as_ref()).await;
        Ok(true)
    }

    /// The run's model if the catalogue still has it, else the default one: counts are
    /// estimates anyway.
    async fn model_for_counting(&self, record: &RunRecord) -> Option<std::sync::Arc<Model>> {
        let scope = record.scope();
        let models = self.providers.models(&scope).await;
        models
            .iter()
            .find(|model| model.id == record.run.model)
            .or_else(|| models.iter().find(|model| model.default))
            .or_else(|| models.first())
            .cloned()
    }

    /// The tokens of a run that did not come to its end: the provider's figures as far as
    /// they reach, our count where they don't. The flag says whether we counted.
    pub(super) async fn tokens_when_cut_off(
        &self,
        record: &RunRecord,
        model: &Model,
        fold: &Fold,
    ) -> Result<(TokenUsage, bool), database::Error> {
        let said = fold.usage.unwrap_or_default();
        if fold.usage.is_some() && fold.usage_is_last && said.output > 0 {
            return Ok((said, false));
        }
        let counted: u64 = fold.output_texts().map(|text| self.providers.count_tokens(model, &text)).sum();
        let reasoning: u64 = fold
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Reasoning { text } => Some(self.providers.count_tokens(model, text)),
                _ => None,
            })
            .sum();
        let input = if said.input > 0 { said.input } else { self.input_tokens(record, model).await? };
        let tokens = TokenUsage {
            input,
            output: said.output.max(counted),
            reasoning: said.reasoning.max(reasoning).min(said.output.max(counted)),
            ..said
        };
        Ok((tokens, true))
    }
}

fn usage_of(entry: &UsageEntry) -> Usage {
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    Usage {
        input_tokens: count(entry.tokens.input),
        cached_input_tokens: count(entry.tokens.cached_input),
        cache_write_tokens: count(entry.tokens.cache_write),
        output_tokens: count(entry.tokens.output),
        reasoning_tokens: count(entry.tokens.reasoning),
        cost_usd: entry.cost,
        estimated: entry.estimated,
        price_version: entry.price_version.clone(),
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
