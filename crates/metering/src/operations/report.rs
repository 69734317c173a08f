//! Summing the ledger for people.

use std::collections::HashMap;

use contracts::Identity;
use jiff::civil::Date;
use kernel::{TenantScope, UserId};

use crate::{
    Metering, ReportError,
    model::{Period, Sums, UsageGroup, UsageReport, UsageRow, date_of},
    store::{ledger, savings},
};

/// What to report on.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportRequest {
    /// One user's use; none: the whole workspace's.
    pub only: Option<UserId>,
    /// The ends of the period, as [`Period::new`] takes them.
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub group_by: UsageGroup,
}

impl Metering {
    /// Sums usage over a period. The total is the sum of the rows, so it can't disagree
    /// with them while others write.
    pub async fn report(
        &self,
        identity: &dyn Identity,
        scope: &TenantScope,
        request: ReportRequest,
    ) -> Result<UsageReport, ReportError> {
        let ReportRequest { only, from, to, group_by } = request;
        let period = Period::new(from, to, self.engine.env.now().date())?;
        let data = match group_by {
            UsageGroup::Day => {
                let days = ledger::by_day(&self.engine.db, scope, only, period).await?;
                rows(days, |day| date_of(*day).to_string())
            }
            UsageGroup::Model => rows(ledger::by_model(&self.engine.db, scope, only, period).await?, String::clone),
            UsageGroup::Key => {
                let keys = ledger::by_key(&self.engine.db, scope, only, period).await?;
                rows(keys, |key| key.map_or_else(|| "none".to_owned(), |key| key.to_string()))
            }
            UsageGroup::User => {
                let users = ledger::by_user(&self.engine.db, scope, only, period).await?;
                let ids: Vec<UserId> = users.iter().map(|(user, _)| *user).collect();
                let names = names(identity, &ids).await?;
                let mut rows = rows(users, UserId::to_string);
                for (row, id) in rows.iter_mut().zip(&ids) {
                    if let Some(name) = names.get(id) {
                        row.label.clone_from(name);
                    }
                }
                rows
            }
        };
        let (cached_answers, saved_usd) = savings::sum(&self.engine.db, scope, only, period).await?;
        Ok(UsageReport {
            total: total(&data),
            data,
            from: period.from(),
            to: period.to(),
            group_by,
            cached_answers,
            saved_usd,
        })
    }
}

/// Rows whose labels are their keys.
fn rows<K>(sums: Vec<(K, Sums)>, key: impl Fn(&K) -> String) -> Vec<UsageRow> {
    sums.into_iter()
        .map(|(group, sums)| {
            let key = key(&group);
            UsageRow::new(key.clone(), key, sums)
        })
        .collect()
}

/// What to call these users; those who are gone are left out.
async fn names(identity: &dyn Identity, users: &[UserId]) -> Result<HashMap<UserId, String>, database::Error> {
    let users = identity.users(users).await?;
    Ok(users
        .into_iter()
        .map(|user| {
            let label = if user.name.is_empty() { user.email } else { user.name };
            (user.id, label)
        })
        .collect())
}

fn total(rows: &[UsageRow]) -> UsageRow {
    let sum = |field: fn(&UsageRow) -> i64| rows.iter().map(field).fold(0, i64::saturating_add);
    let sums = Sums {
        runs: sum(|row| row.runs),
        input_tokens: sum(|row| row.input_tokens),
        cached_input_tokens: sum(|row| row.cached_input_tokens),
        cache_write_tokens: sum(|row| row.cache_write_tokens),
        output_tokens: sum(|row| row.output_tokens),
        reasoning_tokens: sum(|row| row.reasoning_tokens),
        cost: rows.iter().map(|row| row.cost_usd).sum(),
    };
    UsageRow::new("total".into(), "total".into(), sums)
}
