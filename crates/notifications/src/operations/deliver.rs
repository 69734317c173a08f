//! Delivers letters that are due.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use kernel::Timestamp;
use uuid::Uuid;

use crate::{
    Carrier, Failure, Notifications, NotificationsError, Outgoing,
    config::{ATTEMPT, BATCH, LEASE, PARALLEL},
    store::{self, Outcome, Taken},
};

const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What one round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    pub delivered: usize,
    pub failed: usize,
    /// Tried without success, to be tried again.
    pub later: usize,
}

impl Round {
    /// Letters that were tried.
    pub const fn tried(&self) -> usize {
        self.delivered + self.failed + self.later
    }
}

enum Came {
    Delivered,
    Failed,
    Later,
}

/// The pause before the next attempt: doubling, and between a half and the whole of it, so that letters that
/// failed together don't come back together.
fn pause(attempts: i64, chance: f64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
    whole.mul_f64(0.5 + chance / 2.0)
}

impl Notifications {
    /// Takes up some of the letters that are due and tries each once.
    pub async fn deliver_due(&self) -> Result<Round, NotificationsError> {
        let Some(carrier) = &self.0.carrier else { return Ok(Round::default()) };
        let (now, lease) = (self.0.env.now(), self.0.env.uuid());
        let taken = store::take(&self.0.db, lease, now, now + LEASE, BATCH).await?;
        let came: Vec<Result<Came, NotificationsError>> = stream::iter(taken)
            .map(|taken| self.deliver(carrier, lease, taken))
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        let mut round = Round::default();
        for came in came {
            match came? {
                Came::Delivered => round.delivered += 1,
                Came::Failed => round.failed += 1,
                Came::Later => round.later += 1,
            }
        }
        Ok(round)
    }

    /// When a letter is due next, as far as is known.
    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>, NotificationsError> {
        Ok(store::next_due(&self.0.db).await?)
    }

    async fn deliver(&self, carrier: &Arc<dyn Carrier>, lease: Uuid, taken: Taken) -> Result<Came, NotificationsError> {
        let id = taken.mail.id;
        let kind = taken.mail.letter.as_ref().map_or("unknown", |letter| letter.kind());
        let sent = if taken.expires_at <= self.0.env.now() {
            Err(Failure::Refused("it has lost its use before it could be delivered".to_owned()))
        } else {
            match self.outgoing(&taken) {
                Ok(letter) => attempt(carrier, &letter).await,
                Err(failure) => Err(failure),
            }
        };
        let now = self.0.env.now();
        let outcome = match sent {
            Ok(()) => Outcome::Delivered,
            Err(Failure::Later(reason)) => {
                let due_at = now + pause(taken.attempts, self.0.env.unit());
                if due_at < taken.expires_at {
                    tracing::warn!(mail = %id, kind, reason, attempts = taken.attempts, "a letter has to wait");
                    store::put_back(&self.0.db, id, lease, due_at).await?;
                    return Ok(Came::Later);
                }
                tracing::error!(mail = %id, kind, reason, attempts = taken.attempts, "a letter was given up");
                Outcome::Failed
            }
            Err(Failure::Refused(reason)) => {
                tracing::error!(mail = %id, kind, reason, attempts = taken.attempts, "a letter was given up");
                Outcome::Failed
            }
        };
        if !store::settle(&self.0.db, id, lease, outcome, now).await? {
            tracing::warn!(mail = %id, kind, "a letter took longer than its lease; it may arrive twice");
        }
        let (came, state) = match outcome {
            Outcome::Delivered => (Came::Delivered, "delivered"),
            Outcome::Failed => (Came::Failed, "failed"),
        };
        metrics::counter!("parlance_mails_total", "kind" => kind, "state" => state).increment(1);
        if outcome == Outcome::Delivered {
            tracing::info!(mail = %id, kind, "a letter was delivered");
        }
        Ok(came)
    }

    fn outgoing(&self, taken: &Taken) -> Result<Outgoing, Failure> {
        self.render(&taken.mail).map_err(|error| Failure::Refused(error.to_string()))
    }
}

async fn attempt(carrier: &Arc<dyn Carrier>, letter: &Outgoing) -> Result<(), Failure> {
    match tokio::time::timeout(ATTEMPT, carrier.send(letter)).await {
        Ok(sent) => sent,
        Err(_) => Err(Failure::Later("the mail server took too long".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_with_chance() {
        let seconds: Vec<u64> = [1, 2, 3, 7, 8, 80].map(|attempts| pause(attempts, 1.0).as_secs()).into();
        assert_eq!(seconds, [10, 20, 40, 640, 900, 900]);
        assert_eq!(pause(1, 0.0), Duration::from_secs(5));
    }
}
