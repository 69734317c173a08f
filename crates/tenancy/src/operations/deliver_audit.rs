//! Sends audit logs to where they go.
//!
//! A stream is a place in the log: everything up to it has arrived. What follows is sent in order, a batch at a time,
//! and the place moves when the receiver has taken it, so that an entry may arrive twice but none is left out. What
//! fails is tried again, later each time; other streams don't wait for it.

use std::time::Duration;

use contracts::{Audit as _, Identity, audit::Action};
use futures_util::{StreamExt as _, stream};
use kernel::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::stream_audit::entry;
use crate::{
    Chain, StreamRound, Tenancy, TenancyError,
    entry::{AuditEntry, present},
    store::{
        audit,
        streams::{self, Failed, Taken},
    },
    streams::{Batch, Document, Unsent},
};

/// Entries of a batch.
const BATCH: i64 = 100;
/// Characters of a batch, unless one entry has more.
const MOST: usize = 512 * 1024;
/// Streams that are taken up at a time, and how many of them go out at once.
const TAKEN: i64 = 32;
const PARALLEL: usize = 8;
/// How long an attempt may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// After this another process may take the stream up: all that are taken at once have had their turn by then.
const LEASE: Duration = Duration::from_secs(4 * 30 + 30);
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Longer than this nobody can ask to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// Without any success for so long, the stream is paused.
const GIVE_UP: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// The pause before the next attempt: doubling, and between a half and the whole of it, so that streams that failed
/// together don't come back together.
fn pause(failures: i64, chance: f64) -> Duration {
    let doublings = u32::try_from(failures.max(0)).unwrap_or(u32::MAX);
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
    whole.mul_f64(0.5 + chance / 2.0)
}

impl Tenancy {
    /// When something is to be sent next, as far as is known.
    pub(crate) async fn next_stream_due(&self) -> Result<Option<Timestamp>, TenancyError> {
        Ok(streams::next_due(&self.db).await?)
    }

    /// Takes up some of the streams that are due and sends the next batch of each.
    pub async fn deliver_audit(&self, identity: &dyn Identity) -> Result<StreamRound, TenancyError> {
        let now = self.env.now();
        // Most of the time there is nothing, and a look costs no writer.
        if self.streams.is_none() || self.next_stream_due().await?.is_none_or(|due| due > now) {
            return Ok(StreamRound::default());
        }
        let lease = self.env.uuid();
        let taken = streams::take(&self.db, lease, now, now + LEASE, TAKEN).await?;
        let came: Vec<Result<Option<usize>, TenancyError>> = stream::iter(taken)
            .map(|taken| self.deliver_batch(identity, lease, taken))
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        let mut round = StreamRound::default();
        for came in came {
            match came? {
                Some(entries) => {
                    round.delivered += 1;
                    round.entries += entries;
                }
                None => round.failed += 1,
            }
        }
        Ok(round)
    }

    /// How many entries have arrived; none: it failed.
    async fn deliver_batch(
        &self,
        identity: &dyn Identity,
        lease: Uuid,
        taken: Taken,
    ) -> Result<Option<usize>, TenancyError> {
        let (chain, kind) = (taken.chain, taken.target.kind.as_str());
        let rows = audit::following(&self.db, chain.scope(), chain, taken.position, BATCH).await?;
        let entries = cut(present(identity, rows).await?);
        let Some(last) = entries.last().map(|entry| entry.position) else {
            streams::delivered(&self.db, chain.scope(), chain, lease, taken.position, self.env.now()).await?;
            return Ok(Some(0));
        };
        let data = Batch { workspace_id: chain.0, entries: &entries };
        let document = Document { kind: "audit.entries", timestamp: self.env.now(), data };
        let sent = self.streams()?.send(chain, &taken.target, &document, PATIENCE).await;
        let state = if sent.is_ok() { "delivered" } else { "failed" };
        metrics::counter!("parlance_audit_stream_batches_total", "kind" => kind, "state" => state).increment(1);
        match sent {
            Ok(()) => {
                if !streams::delivered(&self.db, chain.scope(), chain, lease, last, self.env.now()).await? {
                    tracing::warn!(kind, "a batch of the audit log took longer than its lease; it is sent again");
                }
                Ok(Some(entries.len()))
            }
            Err(unsent) => {
                self.put_back(chain, lease, &taken, &unsent).await?;
                Ok(None)
            }
        }
    }

    async fn put_back(&self, chain: Chain, lease: Uuid, taken: &Taken, unsent: &Unsent) -> Result<(), TenancyError> {
        let now = self.env.now();
        let since = taken.failing_since.unwrap_or(now);
        let gives_up = unsent.is_gone() || now.since(since) >= GIVE_UP;
        let wait = unsent.wait().map_or(Duration::ZERO, |wait| wait.min(LONGEST_WAIT));
        let due_at = now + pause(taken.failures, self.env.unit()).max(wait);
        let error = unsent.to_string();
        tracing::warn!(workspace = chain.0.map(tracing::field::display), error, gives_up, "the audit log was not sent");
        let mut tx = self.db.begin(chain.scope()).await?;
        let failed = Failed { error: &error, now, due_at, gives_up };
        if streams::failed(&mut tx, chain, lease, failed).await? && gives_up {
            let reason = json!({ "reason": error, "failing_since": since });
            self.record(&mut tx, entry(chain, Action::AuditStreamPaused).after(reason)).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// As many of the entries as one delivery holds; at least one.
fn cut(mut entries: Vec<AuditEntry>) -> Vec<AuditEntry> {
    let mut size = 0;
    let fits = entries.iter().take_while(|entry| {
        size += entry.size();
        size <= MOST
    });
    let most = fits.count().max(1);
    entries.truncate(most);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_with_chance() {
        let seconds: Vec<u64> = [0, 1, 2, 7, 8, 90].map(|failures| pause(failures, 1.0).as_secs()).into();
        assert_eq!(seconds, [5, 10, 20, 640, 900, 900]);
        assert_eq!(pause(0, 0.0), Duration::from_millis(2500));
    }
}
