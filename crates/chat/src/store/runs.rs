//! The table `runs`.

use contracts::{
    metering::UsageEntry,
    providers::{FinishReason, Prices},
};
use database::{Db, Error, FromRow, Json, Platform, Row, Statement, Tx, params};
use kernel::{ConversationId, Id, MessageId, NanoUsd, RunId, TenantScope, Timestamp, UsageId, UserId, WorkspaceId};
use serde::Deserialize;
use uuid::Uuid;

use super::{decode, json};
use crate::{
    Admitted,
    model::{Run, RunError, RunStatus, Usage},
};

/// Reads the 20 columns of a run; none if the join found no run.
pub(super) fn read_optional(row: &mut Row<'_>) -> Result<Option<Run>, Error> {
    let id: Option<RunId> = row.next()?;
    let conversation_id: Option<ConversationId> = row.next()?;
    let message_id: Option<MessageId> = row.next()?;
    let status: Option<String> = row.next()?;
    let model: Option<String> = row.next()?;
    let finish_reason: Option<String> = row.next()?;
    let error_code: Option<String> = row.next()?;
    let error_message: Option<String> = row.next()?;
    let usage = read_usage(row)?;
    let started_at: Option<Timestamp> = row.next()?;
    let finished_at: Option<Timestamp> = row.next()?;
    let first_token_ms: Option<i64> = row.next()?;
    let guardrails: Option<Json<Vec<_>>> = row.next()?;
    let (Some(id), Some(conversation_id), Some(message_id), Some(status), Some(model), Some(started_at)) =
        (id, conversation_id, message_id, status, model, started_at)
    else {
        return Ok(None);
    };
    Ok(Some(Run {
        id,
        conversation_id,
        message_id,
        status: RunStatus::from_name(&status).ok_or_else(|| decode("status", format!("`{status}` is no status")))?,
        model,
        finish_reason: finish_reason.as_deref().map(read_finish_reason).transpose()?,
        error: error_code.map(|code| RunError { code, message: error_message.unwrap_or_default() }),
        usage,
        started_at,
        finished_at,
        first_token_ms,
        guardrails: guardrails.map(|Json(decisions)| decisions).unwrap_or_default(),
    }))
}

fn read_usage(row: &mut Row<'_>) -> Result<Option<Usage>, Error> {
    let input_tokens: Option<i64> = row.next()?;
    let cached_input_tokens: Option<i64> = row.next()?;
    let cache_write_tokens: Option<i64> = row.next()?;
    let output_tokens: Option<i64> = row.next()?;
    let reasoning_tokens: Option<i64> = row.next()?;
    let cost_usd: Option<NanoUsd> = row.next()?;
    let estimated: Option<bool> = row.next()?;
    let price_version: Option<String> = row.next()?;
    Ok(input_tokens.map(|input_tokens| Usage {
        input_tokens,
        cached_input_tokens: cached_input_tokens.unwrap_or(0),
        cache_write_tokens: cache_write_tokens.unwrap_or(0),
        output_tokens: output_tokens.unwrap_or(0),
        reasoning_tokens: reasoning_tokens.unwrap_or(0),
        cost_usd: cost_usd.unwrap_or(NanoUsd::ZERO),
        estimated: estimated.unwrap_or(true),
        price_version,
    }))
}

fn read_finish_reason(name: &str) -> Result<FinishReason, Error> {
    FinishReason::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name))
        .map_err(|error| decode("finish_reason", error.to_string()))
}

fn finish_reason_name(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Cancelled => "cancelled",
        FinishReason::Error => "error",
    }
}

/// A run with what the server needs to know to work on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunRecord {
    pub run: Run,
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub user_message: Option<MessageId>,
    pub requested_model: String,
    pub prices: Option<Prices>,
    pub usage_id: UsageId,
    pub request_hash: Option<Vec<u8>>,
}

impl FromRow for RunRecord {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            run: read_optional(row)?.ok_or(Error::NotFound)?,
            workspace: row.next()?,
            user: row.next()?,
            user_message: row.next()?,
            requested_model: row.next()?,
            prices: row.next::<Option<Json<_>>>()?.map(|Json(prices)| prices),
            usage_id: row.next()?,
            request_hash: row.next()?,
        })
    }
}

/// Whose claim a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub node: Uuid,
    pub lease_expires_at: Timestamp,
}

/// The columns of a [`RunRecord`].
macro_rules! run_columns {
    () => {
        "id, conversation_id, message_id, status, model, finish_reason, error_code, error_message,
             input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano,
             estimated, price_version, started_at, finished_at, first_token_ms,
             guardrails,
             workspace_id, user_id, user_message_id, requested_model, prices, usage_id, request_hash"
    };
}

pub(crate) fn insert(
    scope: &TenantScope,
    record: &RunRecord,
    claim: Claim,
    idempotency_key: Option<&str>,
) -> Result<Statement, Error> {
    let run = &record.run;
    Ok((
        "INSERT INTO runs (id, workspace_id, conversation_id, message_id, user_message_id, user_id, status,
             requested_model, model, prices, usage_id, idempotency_key, request_hash, node, lease_expires_at,
             started_at, guardrails)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        params![
            run.id,
            scope.workspace(),
            run.conversation_id,
            run.message_id,
            record.user_message,
            record.user,
            run.status.as_str(),
            record.requested_model.as_str(),
            run.model.as_str(),
            record.prices.as_ref().map(json).transpose()?,
            record.usage_id,
            idempotency_key,
            record.request_hash.clone(),
            claim.node,
            claim.lease_expires_at,
            run.started_at,
            (!run.guardrails.is_empty()).then(|| json(&run.guardrails)).transpose()?
        ],
    ))
}

/// A run of the workspace, of whomever: whether the caller may see it, its conversation says.
pub(crate) async fn find(db: &Db, scope: &TenantScope, id: RunId) -> Result<Option<RunRecord>, Error> {
    db.optional(
        scope,
        concat!("SELECT ", run_columns!(), " FROM runs WHERE workspace_id = $1 AND id = $2"),
        params![scope.workspace(), id],
    )
    .await
}

/// The run that was started with this idempotency key.
pub(crate) async fn find_by_key(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    key: &str,
) -> Result<Option<RunRecord>, Error> {
    db.optional(
        scope,
        concat!(
            "SELECT ",
            run_columns!(),
            " FROM runs WHERE workspace_id = $1 AND user_id = $2 AND idempotency_key = $3"
        ),
        params![scope.workspace(), user, key],
    )
    .await
}

/// What a person has under way, and has used since `midnight`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub active: u64,
    pub output_tokens: u64,
}

database::from_row!(Load { active, output_tokens });

pub(crate) async fn load(db: &Db, scope: &TenantScope, user: UserId, midnight: Timestamp) -> Result<Load, Error> {
    db.one(
        scope,
        "SELECT (SELECT count(*) FROM runs
                 WHERE workspace_id = $1 AND user_id = $2 AND finished_at IS NULL),
             CAST(COALESCE(sum(output_tokens), 0) AS BIGINT)
         FROM runs WHERE workspace_id = $1 AND user_id = $2 AND started_at >= $3",
        params![scope.workspace(), user, midnight],
    )
    .await
}

/// Another model than the requested one speaks. Written before its first word is shown.
pub(crate) async fn set_model(
    db: &Db,
    scope: &TenantScope,
    id: RunId,
    model: &str,
    prices: Option<&Prices>,
) -> Result<(), Error> {
    db.execute(
        scope,
        "UPDATE runs SET model = $3, prices = $4 WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id, model, prices.map(json).transpose()?],
    )
    .await
    .map(drop)
}

/// Writes how a run ended. False: it is not this node's any more, or has ended.
pub(crate) async fn finish(
    tx: &mut Tx,
    scope: &TenantScope,
    node: Uuid,
    run: &Run,
    entry: &UsageEntry,
) -> Result<bool, Error> {
    let tokens = entry.tokens;
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    let finished = tx
        .execute(
            "UPDATE runs SET status = $4, model = $5, finish_reason = $6, error_code = $7, error_message = $8,
                 input_tokens = $9, cached_input_tokens = $10, cache_write_tokens = $11, output_tokens = $12,
                 reasoning_tokens = $13, cost_nano = $14, estimated = $15, price_version = $16,
                 finished_at = $17, first_token_ms = $18
             WHERE workspace_id = $1 AND id = $2 AND node = $3 AND finished_at IS NULL",
            params![
                scope.workspace(),
                run.id,
                node,
                run.status.as_str(),
                run.model.as_str(),
                run.finish_reason.map(finish_reason_name),
                run.error.as_ref().map(|error| error.code.as_str()),
                run.error.as_ref().map(|error| error.message.replace('\0', "")),
                count(tokens.input),
                count(tokens.cached_input),
                count(tokens.cache_write),
                count(tokens.output),
                count(tokens.reasoning),
                entry.cost,
                entry.estimated,
                entry.price_version.as_deref(),
                run.finished_at,
                run.first_token_ms
            ],
        )
        .await?;
    Ok(finished == 1)
}

/// Asks the node that works on a run to stop it. False: it has ended.
pub(crate) async fn request_cancel(db: &Db, scope: &TenantScope, id: RunId, now: Timestamp) -> Result<bool, Error> {
    let asked = db
        .execute(
            scope,
            "UPDATE runs SET cancel_requested_at = COALESCE(cancel_requested_at, $3)
             WHERE workspace_id = $1 AND id = $2 AND finished_at IS NULL",
            params![scope.workspace(), id, now],
        )
        .await?;
    Ok(asked == 1)
}

/// The runs of a node that are to stop: somebody asked for it, or their workspace was closed under them, however
/// late they began. A node works for all workspaces.
pub(crate) async fn cancel_requests(db: &Db, node: Uuid) -> Result<Vec<RunId>, Error> {
    let rows: Vec<(RunId,)> = db
        .all(
            Platform,
            "SELECT r.id FROM runs r JOIN workspaces w ON w.id = r.workspace_id
             WHERE r.node = $1 AND r.finished_at IS NULL
               AND (r.cancel_requested_at IS NOT NULL OR w.suspended_at IS NOT NULL OR w.deleted_at IS NOT NULL)",
            params![node],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Renews the claims of a node, which works for all workspaces; returns the runs that are still its own.
pub(crate) async fn renew(db: &Db, node: Uuid, until: Timestamp) -> Result<Vec<RunId>, Error> {
    let mut tx = db.begin_relaxed(Platform).await?;
    let rows: Vec<(RunId,)> = tx
        .all(
            "UPDATE runs SET lease_expires_at = $2 WHERE node = $1 AND finished_at IS NULL RETURNING id",
            params![node, until],
        )
        .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Runs of other nodes that nobody renews, the oldest first. Of all workspaces: the sweeper
/// is the platform's. With `all`, every unfinished run of another node: it is a process that
/// is no more.
pub(crate) async fn unattended(
    db: &Db,
    node: Uuid,
    now: Timestamp,
    all: bool,
    limit: u32,
) -> Result<Vec<RunRecord>, Error> {
    db.all(
        Platform,
        concat!(
            "SELECT ",
            run_columns!(),
            " FROM runs WHERE finished_at IS NULL AND node <> $1 AND (lease_expires_at < $2 OR $3)
         ORDER BY started_at LIMIT $4"
        ),
        params![node, now, all, limit],
    )
    .await
}

/// A run by its id alone, of whatever workspace, if it has not ended: the sweeper is the platform's.
pub(crate) async fn unfinished(db: &Db, id: RunId) -> Result<Option<RunRecord>, Error> {
    db.optional(
        Platform,
        concat!("SELECT ", run_columns!(), " FROM runs WHERE id = $1 AND finished_at IS NULL"),
        params![id],
    )
    .await
}

/// Takes a run over whose claim has run out (or any, with `all`). False: somebody was faster.
pub(crate) async fn take_over(
    db: &Db,
    scope: &TenantScope,
    id: RunId,
    claim: Claim,
    now: Timestamp,
    all: bool,
) -> Result<bool, Error> {
    let taken = db
        .execute(
            scope,
            "UPDATE runs SET node = $3, lease_expires_at = $4
             WHERE workspace_id = $1 AND id = $2 AND finished_at IS NULL
                 AND (node = $3 OR lease_expires_at < $5 OR $6)",
            params![scope.workspace(), id, claim.node, claim.lease_expires_at, now, all],
        )
        .await?;
    Ok(taken == 1)
}

/// Forgets idempotency keys of runs, of any workspace, that began before `horizon`.
pub(crate) async fn forget_keys(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(
        Platform,
        "UPDATE runs SET idempotency_key = NULL, request_hash = NULL
         WHERE idempotency_key IS NOT NULL AND started_at < $1",
        params![horizon],
    )
    .await
}

impl RunRecord {
    pub fn scope(&self) -> TenantScope {
        TenantScope::assume(self.workspace)
    }

    /// The server itself works on the run's conversation.
    pub fn admitted(&self) -> Admitted {
        Admitted::for_run(self)
    }

    /// The run as it was when it began: what a stream opens with.
    pub fn as_begun(&self) -> Run {
        Run {
            status: RunStatus::Running,
            model: self.requested_model.clone(),
            finish_reason: None,
            error: None,
            usage: None,
            finished_at: None,
            first_token_ms: None,
            ..self.run.clone()
        }
    }

    pub fn hub_id(&self) -> Uuid {
        Id::uuid(self.run.id)
    }
}
