//! An entry and what it adds to budgets, in somebody else's transaction.

use std::sync::Arc;

use contracts::{
    metering::{BudgetPeriod, MeteringError, UsageEntry},
    plans::QuotaUnit,
};
use database::{Error, Tx};
use events::outbox::NewEvent;
use kernel::{BudgetId, NanoUsd, TenantScope, Timestamp};
use serde::Serialize;

use super::{Engine, plan::Ending};
use crate::{
    model::{
        Amount, Entry,
        budget::{Account, BudgetSubject, Rules},
    },
    store::{accounts, ledger},
};

/// Tells that a budget's spending has come to a part of its limit.
#[derive(Serialize)]
struct BudgetWarned<'a> {
    budget_id: BudgetId,
    name: &'a str,
    subject: BudgetSubject,
    period: BudgetPeriod,
    period_starts_at: Timestamp,
    limit_usd: NanoUsd,
    hard: bool,
    /// Of the limit.
    percent: i64,
}

/// Tells that the use of a plan's quota has come to a part of it.
#[derive(Serialize)]
struct QuotaWarned<'a> {
    /// The plan's name.
    plan: &'a str,
    unit: QuotaUnit,
    period: BudgetPeriod,
    period_starts_at: Timestamp,
    /// In the unit, dollars as an exact decimal.
    limit: String,
    /// Of the limit.
    percent: i64,
}

impl Engine {
    /// Writes the entry unless it stands there already, and counts it on every budget.
    pub async fn record(&self, tx: &mut Tx, scope: &TenantScope, entry: &Entry) -> Result<UsageEntry, MeteringError> {
        let now = self.env.now();
        let known = self.caps.known(scope);
        let mut writes = vec![ledger::insert(scope, entry, now)];
        // Asked after the insert, which waits for whoever makes a budget.
        writes.extend(known.iter().map(|budgets| self.caps.moved_from(budgets.epoch)));
        // A concurrent writer of the same id makes the insert wait until it has committed,
        // so that what stands is then there to compare with.
        let counts = tx.execute_batch(writes).await?;
        if counts.first() != Some(&1) {
            return match ledger::find(tx, scope, entry.id).await? {
                Some(standing) if standing == *entry => Ok(standing.into()),
                _ => Err(MeteringError::Conflict(entry.id)),
            };
        }
        let budgets = match known {
            Some(budgets) if counts.get(1) == Some(&0) => budgets,
            _ => self.caps.within(tx, scope).await?,
        };
        let mut charged: Vec<(Account, &Arc<Rules>, Amount)> = budgets.charged(entry).collect();
        charged.sort_unstable_by_key(|(account, ..)| *account);
        let writes = charged
            .iter()
            .flat_map(|(account, rules, charge)| {
                [accounts::spend(*account, scope.workspace(), *charge), accounts::warn(*account, rules, now)]
            })
            .collect::<Vec<_>>();
        if !writes.is_empty() {
            let counts = tx.execute_batch(writes).await.map_err(deleted_meanwhile)?;
            for ((account, rules, _), counts) in charged.iter().zip(counts.as_chunks::<2>().0) {
                if counts[1] > 0 {
                    self.tell(tx, scope, *account, rules).await?;
                }
            }
        }
        Ok(entry.clone().into())
    }

    /// An ending whose id stands in the ledger already: answers with what stands, or that it is
    /// something else. Its room is free at once, its row with the next batch.
    pub async fn settle_repeated(&self, ending: Ending) {
        let compared = async {
            let mut tx = self.db.begin(ending.scope).await?;
            let entry = self.record(&mut tx, &ending.scope, &ending.entry).await?;
            tx.commit().await?;
            Ok(entry)
        };
        let compared = compared.await;
        drop(ending.held);
        let _ = ending.reply.send(compared);
    }

    /// Puts the warnings that the transaction has written down into the outbox.
    pub async fn tell(&self, tx: &mut Tx, scope: &TenantScope, account: Account, rules: &Rules) -> Result<(), Error> {
        for percent in accounts::tell(tx, account).await? {
            let (event_type, payload) = if rules.quota {
                let warned = QuotaWarned {
                    plan: &rules.name,
                    unit: rules.unit,
                    period: rules.period,
                    period_starts_at: account.starts_at,
                    limit: rules.unit.show(rules.limit.get()),
                    percent,
                };
                ("quota.warned", serde_json::to_string(&warned))
            } else {
                let warned = BudgetWarned {
                    budget_id: rules.id,
                    name: &rules.name,
                    subject: rules.subject,
                    period: rules.period,
                    period_starts_at: account.starts_at,
                    limit_usd: NanoUsd::new(rules.limit.get()),
                    hard: rules.hard,
                    percent,
                };
                ("budget.warned", serde_json::to_string(&warned))
            };
            let payload = payload.map_err(|error| Error::Encode(error.to_string()))?;
            let event = NewEvent { event_type, subject: rules.id.uuid(), payload };
            self.outbox.append(tx, scope, event).await?;
        }
        Ok(())
    }
}

/// A budget that was deleted since it was looked up is no reason to lose the entry: the same
/// work succeeds when it is done again.
fn deleted_meanwhile(error: Error) -> Error {
    match error {
        Error::ForeignKeyViolation => Error::Conflict("a budget was deleted meanwhile".to_owned()),
        error => error,
    }
}
