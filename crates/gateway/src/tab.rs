//! What one call has used so far, and its one entry in the ledger.
//!
//! Invariants: it is settled at most once, with what the provider said, an explicit zero
//! included; where it said nothing, with what was counted, marked so. Dropped unsettled, the
//! room that was kept for it is given back.

use std::{sync::Arc, time::Duration};

use contracts::{
    metering::{NewUsage, Reservation, UsageEntry},
    providers::{Model, TokenUsage},
};
use kernel::{ApiKeyId, NanoUsd, TenantScope, Timestamp, UsageId, UserId};

use crate::{Gateway, minute::Taken, refusal::Refusal, telemetry::Timer, tokens};

/// Pauses before the ledger is tried again.
const AGAIN: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

pub(crate) struct Tab {
    pub gateway: Gateway,
    pub scope: TenantScope,
    pub user: UserId,
    pub key: Option<ApiKeyId>,
    pub reservation: Reservation,
    pub taken: Taken,
    pub id: UsageId,
    /// Those that it counts as in the plan's quotas.
    pub messages: u32,
    /// The model that speaks.
    pub model: Arc<Model>,
    pub occurred_at: Timestamp,
    /// Input as it was counted before the call.
    pub input: u64,
    /// What the provider said so far.
    pub usage: Option<TokenUsage>,
    /// Bytes of text that came.
    pub output_bytes: usize,
    pub timer: Timer,
}

/// What stands in the ledger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
}

impl Tab {
    /// The tokens to charge. `whole`: the answer came to its end, so that the provider's
    /// figures are the last ones.
    fn figures(&self, whole: bool) -> (TokenUsage, bool) {
        let counted = tokens::of_bytes(self.output_bytes);
        match self.usage {
            Some(usage) if whole => (usage, false),
            // Told at the start, and counted since.
            Some(usage) if usage.output < counted => (TokenUsage { output: counted, ..usage }, true),
            Some(usage) => (usage, true),
            None => (TokenUsage { input: self.input, output: counted, ..TokenUsage::default() }, true),
        }
    }

    /// The first piece of the answer is there, or another.
    pub fn begun(&mut self) {
        self.timer.begun(self.gateway.meters(), &self.model);
    }

    /// Writes the entry; returns when it is durable. An answer that failed before anything
    /// of it came makes no entry.
    pub async fn settle(self, whole: bool) -> Result<Settled, Refusal> {
        if !whole && self.usage.is_none() && self.output_bytes == 0 {
            return Ok(Settled { tokens: TokenUsage::default(), cost: NanoUsd::ZERO });
        }
        let (tokens, estimated) = self.figures(whole);
        let Self { gateway, scope, model, taken, .. } = self;
        if let Some(usage) = self.usage.filter(|_| whole) {
            gateway.meters().counted(&model, self.input, usage.input);
        }
        let usage = NewUsage {
            id: self.id,
            user: self.user,
            conversation: None,
            run: None,
            key: self.key,
            model: model.id.clone(),
            messages: self.messages,
            tokens,
            estimated,
            prices: model.prices.clone(),
            occurred_at: self.occurred_at,
        };
        taken.settle(tokens.input.saturating_add(tokens.output));
        let mut reservation = Some(self.reservation);
        let mut pauses = AGAIN.iter();
        let entry: UsageEntry = loop {
            let held = reservation.take().unwrap_or_else(Reservation::none);
            match gateway.metering().settle(&scope, held, usage.clone()).await {
                Ok(entry) => break entry,
                Err(error) => {
                    let Some(pause) = pauses.next() else {
                        tracing::error!(%error, usage = %usage.id, tokens = ?usage.tokens, model = usage.model,
                            "usage could not be written to the ledger");
                        metrics::counter!("parlance_gateway_unsettled_total").increment(1);
                        return Err(Refusal::new(
                            crate::refusal::Reason::Unavailable,
                            "The answer could not be accounted for. Try again shortly.",
                        ));
                    };
                    tracing::warn!(%error, usage = %usage.id, "the ledger is tried again");
                    tokio::time::sleep(*pause).await;
                }
            }
        };
        gateway.meters().settled(&model, &tokens, entry.cost);
        Ok(Settled { tokens, cost: entry.cost })
    }
}
