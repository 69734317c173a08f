//! The table `usage_entries`: one insert, one look-up, and sums.

use database::{Db, Error, Platform, Scope, Statement, Tx, Value, params};
use kernel::{ApiKeyId, NanoUsd, TenantScope, Timestamp, UsageId, UserId};

use crate::model::{Entry, Period, Sums};

/// A key, the number of runs, five token counts, the cost: in the order of [`Sums`].
type Group<K> = (K, i64, i64, i64, i64, i64, i64, NanoUsd);

/// Writes the entry. Counts no row if its id stands in the ledger already.
pub(crate) fn insert(scope: &TenantScope, entry: &Entry, now: Timestamp) -> Statement {
    (
        "INSERT INTO usage_entries (workspace_id, id, user_id, conversation_id, run_id, api_key_id, model,
             input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
             reasoning_tokens, estimated, price_version, cost_nano, occurred_at, day, recorded_at, messages,
             extra)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         ON CONFLICT (workspace_id, id) DO NOTHING",
        params![
            scope.workspace(),
            entry.id,
            entry.user,
            entry.conversation,
            entry.run,
            entry.key,
            entry.model.as_str(),
            entry.input_tokens,
            entry.cached_input_tokens,
            entry.cache_write_tokens,
            entry.output_tokens,
            entry.reasoning_tokens,
            entry.estimated,
            entry.price_version.as_deref(),
            entry.cost,
            entry.occurred_at,
            entry.day(),
            now,
            entry.messages,
            entry.extra.as_deref()
        ],
    )
}

pub(crate) async fn find(tx: &mut Tx, scope: &TenantScope, id: UsageId) -> Result<Option<Entry>, Error> {
    tx.optional(
        "SELECT id, user_id, conversation_id, run_id, api_key_id, model, messages, input_tokens, cached_input_tokens,
             cache_write_tokens, output_tokens, reasoning_tokens, extra, estimated, price_version,
             cost_nano, occurred_at
         FROM usage_entries
         WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id],
    )
    .await
}

/// The cost of all use on these days, or of one user's or one key's.
pub(crate) async fn cost_of(
    tx: &mut Tx,
    scope: &TenantScope,
    days: (i64, i64),
    user: Option<UserId>,
    key: Option<ApiKeyId>,
) -> Result<NanoUsd, Error> {
    let (cost,) = tx
        .one(
            "SELECT COALESCE(CAST(sum(cost_nano) AS BIGINT), 0) FROM usage_entries
             WHERE workspace_id = $1 AND day >= $2 AND day <= $3
               AND (CAST($4 AS UUID) IS NULL OR user_id = $4) AND (CAST($5 AS UUID) IS NULL OR api_key_id = $5)",
            params![scope.workspace(), days.0, days.1, user, key],
        )
        .await?;
    Ok(cost)
}

/// The cost of each user's use on these days.
pub(crate) async fn costs_by_user(
    tx: &mut Tx,
    scope: &TenantScope,
    days: (i64, i64),
) -> Result<Vec<(UserId, NanoUsd)>, Error> {
    tx.all(
        "SELECT user_id, CAST(sum(cost_nano) AS BIGINT) FROM usage_entries
         WHERE workspace_id = $1 AND day >= $2 AND day <= $3 GROUP BY user_id",
        params![scope.workspace(), days.0, days.1],
    )
    .await
}

/// The sums over a group, in the order of [`Group`].
macro_rules! sums {
    () => {
        "count(run_id), CAST(sum(input_tokens) AS BIGINT), CAST(sum(cached_input_tokens) AS BIGINT),
             CAST(sum(cache_write_tokens) AS BIGINT), CAST(sum(output_tokens) AS BIGINT),
             CAST(sum(reasoning_tokens) AS BIGINT), CAST(sum(cost_nano) AS BIGINT)"
    };
}

/// The entries of a period, of everybody or of one user.
macro_rules! entries {
    () => {
        "usage_entries WHERE workspace_id = $1 AND day >= $2 AND day <= $3
             AND (CAST($4 AS UUID) IS NULL OR user_id = $4)"
    };
}

fn entries(scope: &TenantScope, only: Option<UserId>, period: Period) -> Vec<Value> {
    params![scope.workspace(), period.first_day(), period.last_day(), only]
}

/// By days since 1970-01-01 UTC, oldest first.
pub(crate) async fn by_day(
    db: &Db,
    scope: &TenantScope,
    only: Option<UserId>,
    period: Period,
) -> Result<Vec<(i64, Sums)>, Error> {
    let sql = concat!("SELECT day, ", sums!(), " FROM ", entries!(), " GROUP BY day ORDER BY day");
    Ok(sums(db.all(scope, sql, entries(scope, only, period)).await?))
}

/// By model, the dearest first.
pub(crate) async fn by_model(
    db: &Db,
    scope: &TenantScope,
    only: Option<UserId>,
    period: Period,
) -> Result<Vec<(String, Sums)>, Error> {
    let sql =
        concat!("SELECT model, ", sums!(), " FROM ", entries!(), " GROUP BY model ORDER BY sum(cost_nano) DESC, model");
    Ok(sums(db.all(scope, sql, entries(scope, only, period)).await?))
}

/// By user, the dearest first.
pub(crate) async fn by_user(
    db: &Db,
    scope: &TenantScope,
    only: Option<UserId>,
    period: Period,
) -> Result<Vec<(UserId, Sums)>, Error> {
    let sql = concat!(
        "SELECT user_id, ",
        sums!(),
        " FROM ",
        entries!(),
        " GROUP BY user_id ORDER BY sum(cost_nano) DESC, user_id"
    );
    Ok(sums(db.all(scope, sql, entries(scope, only, period)).await?))
}

/// By API key, the dearest first. None: a person asked, in the app.
pub(crate) async fn by_key(
    db: &Db,
    scope: &TenantScope,
    only: Option<UserId>,
    period: Period,
) -> Result<Vec<(Option<ApiKeyId>, Sums)>, Error> {
    let sql = concat!(
        "SELECT api_key_id, ",
        sums!(),
        " FROM ",
        entries!(),
        " GROUP BY api_key_id ORDER BY sum(cost_nano) DESC, api_key_id NULLS FIRST"
    );
    Ok(sums(db.all(scope, sql, entries(scope, only, period)).await?))
}

/// Days since 1970-01-01 UTC, models and their costs, in order: of one workspace, or of the
/// whole platform, whose bill a provider sends.
pub(crate) async fn by_day_and_model(
    db: &Db,
    scope: Option<TenantScope>,
    period: Period,
) -> Result<Vec<(i64, String, NanoUsd)>, Error> {
    let workspace = scope.map(|scope| scope.workspace());
    db.all(
        scope.map_or(Scope::from(Platform), Scope::from),
        "SELECT day, model, CAST(sum(cost_nano) AS BIGINT) FROM usage_entries
         WHERE (CAST($1 AS UUID) IS NULL OR workspace_id = $1) AND day >= $2 AND day <= $3
         GROUP BY day, model ORDER BY day, model",
        params![workspace, period.first_day(), period.last_day()],
    )
    .await
}

fn sums<K>(groups: Vec<Group<K>>) -> Vec<(K, Sums)> {
    groups
        .into_iter()
        .map(|(key, runs, input, cached_input, cache_write, output, reasoning, cost)| {
            let sums = Sums {
                runs,
                input_tokens: input,
                cached_input_tokens: cached_input,
                cache_write_tokens: cache_write,
                output_tokens: output,
                reasoning_tokens: reasoning,
                cost,
            };
            (key, sums)
        })
        .collect()
}
