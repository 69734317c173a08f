//! The audit log in the database: chains of entries, of a workspace each, and one of the platform.

use contracts::audit::ActorKind;
use database::{Db, Error, Scope, Tx, from_row, params};
use kernel::{ApiKeyId, AuditId, Timestamp, UserId, WorkspaceId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Which chain: a workspace's, or the platform's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(pub Option<WorkspaceId>);

impl Chain {
    /// What its entries are found by.
    pub(crate) fn id(self) -> Uuid {
        self.0.map_or(Uuid::nil(), WorkspaceId::uuid)
    }

    /// Whose rows it has: those of the platform are nobody else's.
    pub fn scope(self) -> Scope {
        self.0.map_or(Scope::Platform, |workspace| Scope::Tenant(kernel::TenantScope::assume(workspace)))
    }
}

/// What stands before the first entry of a chain.
pub const GENESIS: [u8; 32] = [0; 32];

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub position: i64,
    pub id: AuditId,
    pub workspace: Option<WorkspaceId>,
    pub occurred_at: Timestamp,
    pub action: String,
    pub actor_kind: String,
    pub actor: Option<UserId>,
    pub actor_name: Option<String>,
    pub impersonator: Option<UserId>,
    pub api_key: Option<ApiKeyId>,
    pub subject_kind: Option<String>,
    pub subject_id: Option<String>,
    /// JSON.
    pub before: Option<String>,
    pub after: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub hash: Vec<u8>,
}
from_row!(Row {
    position,
    id,
    workspace,
    occurred_at,
    action,
    actor_kind,
    actor,
    actor_name,
    impersonator,
    api_key,
    subject_kind,
    subject_id,
    before,
    after,
    ip,
    user_agent,
    request_id,
    hash
});

impl Row {
    pub fn actor_kind(&self) -> ActorKind {
        // One that a newer version added is not a person of this one.
        ActorKind::from_name(&self.actor_kind).unwrap_or(ActorKind::System)
    }

    /// SHA-256 over the hash of the entry before and everything in this one, in the order of the
    /// columns: numbers as 8 bytes, big-endian, ids as 16; each other value as its length and its
    /// bytes; a 0 before what is missing, and a 1 before what is there.
    pub fn chained(&self, previous: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(b"parlance audit 1\0");
        hash.update(previous);
        hash.update(self.workspace.map_or(Uuid::nil(), WorkspaceId::uuid).as_bytes());
        hash.update(self.position.to_be_bytes());
        hash.update(self.id.uuid().as_bytes());
        hash.update(self.occurred_at.micros().to_be_bytes());
        let ids = [self.actor.map(UserId::uuid), self.impersonator.map(UserId::uuid), self.api_key.map(ApiKeyId::uuid)];
        for id in ids {
            hash.update([u8::from(id.is_some())]);
            if let Some(id) = id {
                hash.update(id.as_bytes());
            }
        }
        for text in [
            Some(&self.action),
            Some(&self.actor_kind),
            self.actor_name.as_ref(),
            self.subject_kind.as_ref(),
            self.subject_id.as_ref(),
            self.before.as_ref(),
            self.after.as_ref(),
            self.ip.as_ref(),
            self.user_agent.as_ref(),
            self.request_id.as_ref(),
        ] {
            hash.update([u8::from(text.is_some())]);
            if let Some(text) = text {
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
        hash.finalize().to_vec()
    }
}

/// Writes the entry at the end of its chain: `row` comes without position and hash. Waits for whoever
/// else is writing to the chain.
pub async fn append(tx: &mut Tx, mut row: Row) -> Result<(), Error> {
    let chain = Chain(row.workspace).id();
    let (position, previous): (i64, Vec<u8>) = tx
        .one(
            "INSERT INTO audit_heads (chain, workspace_id, position, hash) VALUES ($1, $2, 1, $3)
             ON CONFLICT (chain) DO UPDATE SET position = audit_heads.position + 1
             RETURNING position, hash",
            params![chain, row.workspace, GENESIS.to_vec()],
        )
        .await?;
    row.position = position;
    row.hash = row.chained(&previous);
    let head = params![chain, row.hash.clone()];
    tx.execute_batch(vec![
        (
            "INSERT INTO audit_entries (chain, position, id, workspace_id, occurred_at, action, actor_kind, actor_id,
                actor_name, impersonator_id, api_key_id, subject_kind, subject_id, before_state, after_state, ip,
                user_agent, request_id, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
            params![
                chain,
                row.position,
                row.id,
                row.workspace,
                row.occurred_at,
                row.action,
                row.actor_kind,
                row.actor,
                row.actor_name,
                row.impersonator,
                row.api_key,
                row.subject_kind,
                row.subject_id,
                row.before,
                row.after,
                row.ip,
                row.user_agent,
                row.request_id,
                row.hash,
            ],
        ),
        ("UPDATE audit_heads SET hash = $2 WHERE chain = $1", head),
    ])
    .await?;
    Ok(())
}

macro_rules! columns {
    () => {
        "position, id, workspace_id, occurred_at, action, actor_kind, actor_id, actor_name, impersonator_id,
         api_key_id, subject_kind, subject_id, before_state, after_state, ip, user_agent, request_id, hash"
    };
}

macro_rules! newest_first {
    () => {
        " AND position < $2
          AND (CAST($3 AS BIGINT) IS NULL OR occurred_at >= $3) AND (CAST($4 AS BIGINT) IS NULL OR occurred_at < $4)
          AND (CAST($5 AS TEXT) IS NULL OR action BETWEEN $5 AND $6)
          ORDER BY position DESC LIMIT $7"
    };
}

/// What is looked for. Absent: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// The first and the last name of an action.
    pub actions: Option<(String, String)>,
    pub actor: Option<UserId>,
    /// As the API shows its id.
    pub subject: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Entries before `before`, the newest first.
pub async fn page(
    db: &Db,
    scope: Scope,
    chain: Chain,
    search: &Search,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let (first, last) = search.actions.clone().unzip();
    let mut params = params![chain.id(), before.unwrap_or(i64::MAX), search.from, search.until, first, last, limit,];
    // A statement for each way that has an index.
    let sql = match (search.subject.clone(), search.actor) {
        (None, None) => concat!("SELECT ", columns!(), " FROM audit_entries WHERE chain = $1", newest_first!()),
        (None, Some(actor)) => {
            params.push(actor.into());
            concat!("SELECT ", columns!(), " FROM audit_entries WHERE chain = $1 AND actor_id = $8", newest_first!())
        }
        (Some(subject), None) => {
            params.push(subject.into());
            concat!("SELECT ", columns!(), " FROM audit_entries WHERE chain = $1 AND subject_id = $8", newest_first!())
        }
        (Some(subject), Some(actor)) => {
            params.push(subject.into());
            params.push(actor.into());
            concat!(
                "SELECT ",
                columns!(),
                " FROM audit_entries WHERE chain = $1 AND subject_id = $8 AND actor_id = $9",
                newest_first!()
            )
        }
    };
    db.all(scope, sql, params).await
}

/// Entries after `after` in the order in which they were written.
pub async fn following(db: &Db, scope: Scope, chain: Chain, after: i64, limit: i64) -> Result<Vec<Row>, Error> {
    db.all(
        scope,
        concat!(
            "SELECT ",
            columns!(),
            " FROM audit_entries WHERE chain = $1 AND position > $2 ORDER BY position LIMIT $3"
        ),
        params![chain.id(), after, limit],
    )
    .await
}

/// Where the chain ends: its last position, and the hash there.
pub async fn head(db: &Db, scope: Scope, chain: Chain) -> Result<Option<(i64, Vec<u8>)>, Error> {
    db.optional(scope, "SELECT position, hash FROM audit_heads WHERE chain = $1", params![chain.id()]).await
}

/// The last position of the chain as the transaction sees it, which writes to it before it ends.
pub async fn end(tx: &mut Tx, chain: Chain) -> Result<i64, Error> {
    let found: Option<(i64,)> =
        tx.optional("SELECT position FROM audit_heads WHERE chain = $1", params![chain.id()]).await?;
    Ok(found.map_or(0, |(position,)| position))
}

/// All chains of the platform: its own, and each workspace's.
pub async fn chains(db: &Db) -> Result<Vec<Chain>, Error> {
    // For the operator's command line, which checks all of them.
    let scope = Scope::Platform;
    let found: Vec<(Option<WorkspaceId>,)> =
        db.all(scope, "SELECT workspace_id FROM audit_heads ORDER BY chain", params![]).await?;
    Ok(found.into_iter().map(|(workspace,)| Chain(workspace)).collect())
}
