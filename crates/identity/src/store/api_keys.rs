//! API keys. They are found by the hash of their secret before their workspace is known;
//! everything else is scoped to it.

use contracts::identity::{ApiKey, KeyScope};
use database::{Db, Error, FromRow, Json, Platform, Row, Tx, params};
use ipnet::IpNet;
use kernel::{ApiKeyId, TenantScope, Timestamp, UserId, WorkspaceId};

use crate::{
    model::{ApiKeyInfo, KeyOwner, ListedKey},
    secret::SecretHash,
};

/// A live key of an enabled user, as a secret led to it. Whether the user is still a member
/// is tenancy's to say.
#[derive(Debug)]
pub(crate) struct Found {
    pub id: ApiKeyId,
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub scopes: Vec<KeyScope>,
    pub models: Option<Vec<String>>,
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u32>,
    pub expires_at: Option<Timestamp>,
    pub allowed_ips: Option<Vec<IpNet>>,
    pub last_used_at: Option<Timestamp>,
    /// When the secret itself ends: it is the one before the last rotation.
    pub secret_ends: Option<Timestamp>,
}

impl FromRow for Found {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            workspace: row.next()?,
            user: row.next()?,
            scopes: json(row)?,
            models: optional_json(row)?,
            requests_per_minute: row.next()?,
            tokens_per_minute: row.next()?,
            expires_at: row.next()?,
            allowed_ips: optional_json(row)?,
            last_used_at: row.next()?,
            secret_ends: row.next()?,
        })
    }
}

fn json<T: serde::de::DeserializeOwned>(row: &mut Row<'_>) -> Result<T, Error> {
    let Json(value) = row.next()?;
    Ok(value)
}

fn optional_json<T: serde::de::DeserializeOwned>(row: &mut Row<'_>) -> Result<Option<T>, Error> {
    let value: Option<Json<T>> = row.next()?;
    Ok(value.map(|Json(value)| value))
}

/// Finds a key by either of its secrets: two indexed look-ups, however many keys there are.
pub(crate) const BY_SECRET: &str =
    "SELECT k.id, k.workspace_id, k.user_id, k.scopes, k.models, k.requests_per_minute, k.tokens_per_minute,
            k.expires_at, k.allowed_ips, k.last_used_at,
            CASE WHEN k.secret_hash = $1 THEN NULL ELSE k.previous_expires_at END
     FROM api_keys k JOIN users u ON u.id = k.user_id
     WHERE (k.secret_hash = $1 OR k.previous_hash = $1) AND k.revoked_at IS NULL AND u.disabled_at IS NULL
       AND u.erases_at IS NULL";

pub(crate) async fn by_secret(db: &Db, hash: SecretHash) -> Result<Option<Found>, Error> {
    // The key says in which workspace its caller is, so none is known before it.
    db.optional(Platform, BY_SECRET, params![hash.bytes()]).await
}

/// Notes a use, unless one was noted after `unless_after`.
pub(crate) async fn note_use(
    db: &Db,
    scope: &TenantScope,
    id: ApiKeyId,
    now: Timestamp,
    unless_after: Timestamp,
) -> Result<(), Error> {
    db.execute_relaxed(
        scope,
        "UPDATE api_keys SET last_used_at = $3
         WHERE workspace_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4)",
        params![scope.workspace(), id, now, unless_after],
    )
    .await?;
    Ok(())
}

/// What a key may do, as stored. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant<'a> {
    pub scopes: &'a [KeyScope],
    pub models: Option<&'a [String]>,
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u32>,
    pub allowed_ips: Option<&'a [IpNet]>,
    pub expires_at: Option<Timestamp>,
}

pub(crate) struct NewKey<'a> {
    pub id: ApiKeyId,
    pub user: UserId,
    pub name: &'a str,
    pub prefix: &'a str,
    pub hash: SecretHash,
    pub grant: Grant<'a>,
    pub now: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, scope: &TenantScope, key: NewKey<'_>) -> Result<(), Error> {
    let grant = key.grant;
    tx.execute(
        "INSERT INTO api_keys (id, workspace_id, user_id, name, prefix, secret_hash, scopes, models,
                               requests_per_minute, tokens_per_minute, allowed_ips, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
        params![
            key.id,
            scope.workspace(),
            key.user,
            key.name,
            key.prefix,
            key.hash.bytes(),
            Json(grant.scopes),
            grant.models.map(Json),
            grant.requests_per_minute,
            grant.tokens_per_minute,
            grant.allowed_ips.map(Json),
            grant.expires_at,
            key.now
        ],
    )
    .await?;
    Ok(())
}

impl FromRow for ApiKeyInfo {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            name: row.next()?,
            prefix: row.next()?,
            scopes: json(row)?,
            models: optional_json(row)?,
            requests_per_minute: row.next()?,
            tokens_per_minute: row.next()?,
            allowed_ips: optional_json(row)?,
            expires_at: row.next()?,
            created_at: row.next()?,
            last_used_at: row.next()?,
            revoked_at: row.next()?,
            user: KeyOwner { id: row.next()?, name: row.next()?, email: row.next()? },
        })
    }
}

/// Keys of the workspace, or of one user in it, the newest first, below the given id. Those that
/// were revoked before `revoked_since` are left out.
pub(crate) async fn list(
    db: &Db,
    scope: &TenantScope,
    user: Option<UserId>,
    before: Option<ApiKeyId>,
    limit: i64,
    revoked_since: Timestamp,
) -> Result<Vec<ApiKeyInfo>, Error> {
    let before = before.unwrap_or(ApiKeyId::from_uuid(uuid::Uuid::max()));
    db.all(
        scope,
        "SELECT k.id, k.name, k.prefix, k.scopes, k.models, k.requests_per_minute, k.tokens_per_minute,
                k.allowed_ips, k.expires_at, k.created_at, k.last_used_at, k.revoked_at, u.id, u.name, u.email
         FROM api_keys k JOIN users u ON u.id = k.user_id
         WHERE k.workspace_id = $1 AND k.user_id = COALESCE($2, k.user_id) AND k.id < $3
           AND (k.revoked_at IS NULL OR k.revoked_at > $4)
         ORDER BY k.id DESC LIMIT $5",
        params![scope.workspace(), user, before, revoked_since, limit],
    )
    .await
}

const FIND: &str = "SELECT k.id, k.name, k.prefix, k.scopes, k.models, k.requests_per_minute, k.tokens_per_minute,
            k.allowed_ips, k.expires_at, k.created_at, k.last_used_at, k.revoked_at, u.id, u.name, u.email
     FROM api_keys k JOIN users u ON u.id = k.user_id
     WHERE k.workspace_id = $1 AND k.id = $2";

/// The key, revoked or not.
pub(crate) async fn find(db: &Db, scope: &TenantScope, id: ApiKeyId) -> Result<Option<ApiKeyInfo>, Error> {
    db.optional(scope, FIND, params![scope.workspace(), id]).await
}

/// [`find`], with the key locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, scope: &TenantScope, id: ApiKeyId) -> Result<Option<ApiKeyInfo>, Error> {
    tx.execute(
        "UPDATE api_keys SET updated_at = updated_at WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id],
    )
    .await?;
    tx.optional(FIND, params![scope.workspace(), id]).await
}

/// Replaces all that can be changed.
pub(crate) async fn update(
    tx: &mut Tx,
    scope: &TenantScope,
    id: ApiKeyId,
    name: &str,
    grant: Grant<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys
         SET name = $3, scopes = $4, models = $5, requests_per_minute = $6, tokens_per_minute = $7,
             allowed_ips = $8, expires_at = $9, updated_at = $10
         WHERE workspace_id = $1 AND id = $2",
        params![
            scope.workspace(),
            id,
            name,
            Json(grant.scopes),
            grant.models.map(Json),
            grant.requests_per_minute,
            grant.tokens_per_minute,
            grant.allowed_ips.map(Json),
            grant.expires_at,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Gives the key another secret. The one until now is good until `previous_until`; null: no longer.
pub(crate) async fn rotate(
    tx: &mut Tx,
    scope: &TenantScope,
    id: ApiKeyId,
    (prefix, hash): (&str, SecretHash),
    previous_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys
         SET previous_hash = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN NULL ELSE secret_hash END,
             previous_expires_at = $5, secret_hash = $4, prefix = $3, updated_at = $6
         WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id, prefix, hash.bytes(), previous_until, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn revoke(tx: &mut Tx, scope: &TenantScope, id: ApiKeyId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys SET revoked_at = $3, previous_hash = NULL, previous_expires_at = NULL, updated_at = $3
         WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL",
        params![scope.workspace(), id, now],
    )
    .await?;
    Ok(())
}

/// Ends all keys of a user, in all workspaces.
pub(crate) async fn revoke_all_of(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "UPDATE api_keys SET revoked_at = $2, previous_hash = NULL, previous_expires_at = NULL, updated_at = $2
         WHERE user_id = $1 AND revoked_at IS NULL",
        params![user, now],
    )
    .await
}

/// Deletes keys that were revoked before `before`, in all workspaces.
pub(crate) async fn delete_revoked(db: &Db, before: Timestamp) -> Result<u64, Error> {
    // Retention of the whole platform.
    db.execute(Platform, "DELETE FROM api_keys WHERE revoked_at < $1", params![before]).await
}

impl FromRow for ListedKey {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self { workspace: row.next()?, key: ApiKeyInfo::from_row(row)? })
    }
}

/// Keys of all workspaces that are not revoked, in the order they were made.
pub(crate) async fn all(db: &Db) -> Result<Vec<ListedKey>, Error> {
    // For the operator's command line, which looks over all tenants.
    db.all(
        Platform,
        "SELECT k.workspace_id, k.id, k.name, k.prefix, k.scopes, k.models, k.requests_per_minute,
                k.tokens_per_minute, k.allowed_ips, k.expires_at, k.created_at, k.last_used_at, k.revoked_at,
                u.id, u.name, u.email
         FROM api_keys k JOIN users u ON u.id = k.user_id
         WHERE k.revoked_at IS NULL
         ORDER BY k.id",
        params![],
    )
    .await
}

/// A user's keys in all workspaces, revoked ones included, in the order they were made.
pub(crate) async fn of_user(db: &Db, user: UserId) -> Result<Vec<ListedKey>, Error> {
    // A person's keys lie in several tenants; the user id bounds the answer.
    db.all(
        Platform,
        "SELECT k.workspace_id, k.id, k.name, k.prefix, k.scopes, k.models, k.requests_per_minute,
                k.tokens_per_minute, k.allowed_ips, k.expires_at, k.created_at, k.last_used_at, k.revoked_at,
                u.id, u.name, u.email
         FROM api_keys k JOIN users u ON u.id = k.user_id
         WHERE k.user_id = $1
         ORDER BY k.id",
        params![user],
    )
    .await
}

/// The workspace of a key, for the operator's command line, which knows only its id.
pub(crate) async fn workspace_of(db: &Db, id: ApiKeyId) -> Result<Option<WorkspaceId>, Error> {
    let found: Option<(WorkspaceId,)> =
        // The operator works for the whole platform.
        db.optional(Platform, "SELECT workspace_id FROM api_keys WHERE id = $1", params![id]).await?;
    Ok(found.map(|(workspace,)| workspace))
}

impl Found {
    /// The key as other contexts see it, read when the keys' epoch was that.
    pub fn key(self, permissions: contracts::tenancy::Permissions, epoch: i64) -> ApiKey {
        ApiKey {
            id: self.id,
            epoch,
            workspace: self.workspace,
            user: self.user,
            permissions,
            scopes: self.scopes,
            models: self.models,
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            expires_at: self.expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use database::Engine;
    use testkit::{TestDb, db_test};

    use super::*;

    const USER: &str = "INSERT INTO users (id, email, email_lower, name, password_hash, locale, theme, attributes,
                                           platform_admin, created_at, updated_at)
        VALUES ($1, 'a@b', 'a@b', 'a', '-', 'en', 'system', $2, FALSE, 1, 1)";
    const WORKSPACE: &str =
        "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, 'w', TRUE, 1, 1)";
    /// A hundred thousand keys, half of them with a former secret; the engine makes the bytes.
    const SQLITE: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        INSERT INTO api_keys (id, workspace_id, user_id, name, prefix, secret_hash, previous_hash,
                              previous_expires_at, scopes, created_at, updated_at)
        SELECT randomblob(16), $1, $2, 'key', 'sk-parl-', randomblob(32),
               CASE WHEN i % 2 = 0 THEN randomblob(32) END, 9, '[\"read\"]', 1, 1 FROM n";
    const POSTGRES: &str = "INSERT INTO api_keys (id, workspace_id, user_id, name, prefix, secret_hash, previous_hash,
                              previous_expires_at, scopes, created_at, updated_at)
        SELECT gen_random_uuid(), $1, $2, 'key', 'sk-parl-', sha256(('a' || i)::bytea),
               CASE WHEN i % 2 = 0 THEN sha256(('b' || i)::bytea) END, 9, '[\"read\"]', 1, 1
        FROM generate_series(1, 100000) AS i";

    /// The plan of [`BY_SECRET`], as the engine tells it.
    async fn plan(db: &TestDb, hash: Vec<u8>) -> String {
        let explain = match db.engine() {
            Engine::Sqlite => format!("EXPLAIN QUERY PLAN {BY_SECRET}"),
            Engine::Postgres => format!("EXPLAIN {BY_SECRET}"),
        };
        let explain: &'static str = explain.leak();
        match db.engine() {
            Engine::Sqlite => {
                let rows: Vec<(i64, i64, i64, String)> = db.all(Platform, explain, params![hash]).await.unwrap();
                rows.into_iter().map(|(.., line)| line + "\n").collect()
            }
            Engine::Postgres => {
                let rows: Vec<(String,)> = db.all(Platform, explain, params![hash]).await.unwrap();
                rows.into_iter().map(|(line,)| line + "\n").collect()
            }
        }
    }

    #[db_test]
    async fn acceptance_18_a_key_is_found_by_index_among_a_hundred_thousand(db: TestDb) {
        let env = testkit::env();
        let (user, workspace): (UserId, WorkspaceId) = (env.id(), env.id());
        db.execute(Platform, USER, params![user, Json(serde_json::Map::new())]).await.unwrap();
        db.execute(Platform, WORKSPACE, params![workspace]).await.unwrap();
        let many = if db.engine() == Engine::Sqlite { SQLITE } else { POSTGRES };
        assert_eq!(db.execute(Platform, many, params![workspace, user]).await.unwrap(), 100_000);

        let secret = crate::secret::Secret::new(&env);
        let scope = TenantScope::assume(workspace);
        let mut tx = db.begin(scope).await.unwrap();
        let grant = Grant {
            scopes: &[KeyScope::Read],
            models: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            allowed_ips: None,
            expires_at: None,
        };
        let now = env.now();
        let key = NewKey { id: env.id(), user, name: "one", prefix: "sk-parl-", hash: secret.hash(), grant, now };
        let id = key.id;
        insert(&mut tx, &scope, key).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(by_secret(&db, secret.hash()).await.unwrap().unwrap().id, id);

        let plan = plan(&db, secret.hash().bytes()).await;
        for index in ["api_keys_secret", "api_keys_previous"] {
            assert!(plan.contains(index), "{index} is not used:\n{plan}");
        }
        assert!(!plan.contains("Seq Scan on api_keys") && !plan.contains("SCAN k"), "{plan}");
    }
}
