//! Connections in the database, their keys sealed.

use database::{Db, Error, FromRow, Json, Row, Tx, params};
use kernel::{ConnectionId, TenantScope, Timestamp};

use crate::model::{Connection, StoredConnection};

impl FromRow for StoredConnection {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, provider, name, base_url) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let (sealed_key, key_hint, enabled) = (row.next()?, row.next()?, row.next()?);
        let Json(models) = row.next()?;
        let created_at = row.next()?;
        let shown = Connection { id, provider, name, base_url, key_hint, enabled, models, created_at };
        Ok(Self { shown, sealed_key })
    }
}

/// All of a workspace, the oldest first.
pub(crate) async fn all(db: &Db, scope: &TenantScope) -> Result<Vec<StoredConnection>, Error> {
    db.all(
        scope,
        "SELECT id, provider, name, base_url, sealed_key, key_hint, enabled, models, created_at
         FROM provider_connections WHERE workspace_id = $1 ORDER BY id",
        params![scope.workspace()],
    )
    .await
}

/// Those after one, one more than a page holds.
pub(crate) async fn page(
    db: &Db,
    scope: &TenantScope,
    after: ConnectionId,
    limit: i64,
) -> Result<Vec<StoredConnection>, Error> {
    db.all(
        scope,
        "SELECT id, provider, name, base_url, sealed_key, key_hint, enabled, models, created_at
         FROM provider_connections WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        params![scope.workspace(), after, limit],
    )
    .await
}

pub(crate) async fn find(
    tx: &mut Tx,
    scope: &TenantScope,
    id: ConnectionId,
) -> Result<Option<StoredConnection>, Error> {
    tx.optional(
        "SELECT id, provider, name, base_url, sealed_key, key_hint, enabled, models, created_at
         FROM provider_connections WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id],
    )
    .await
}

pub(crate) async fn count(tx: &mut Tx, scope: &TenantScope) -> Result<i64, Error> {
    let (count,) =
        tx.one("SELECT count(*) FROM provider_connections WHERE workspace_id = $1", params![scope.workspace()]).await?;
    Ok(count)
}

/// Writes the connection, new or changed.
pub(crate) async fn put(
    tx: &mut Tx,
    scope: &TenantScope,
    connection: &StoredConnection,
    now: Timestamp,
) -> Result<(), Error> {
    let shown = &connection.shown;
    tx.execute(
        "INSERT INTO provider_connections (id, workspace_id, provider, name, base_url, sealed_key, key_hint, enabled,
             models, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, base_url = excluded.base_url,
             sealed_key = excluded.sealed_key, key_hint = excluded.key_hint, enabled = excluded.enabled,
             models = excluded.models, updated_at = excluded.updated_at
         WHERE provider_connections.workspace_id = excluded.workspace_id",
        params![
            shown.id,
            scope.workspace(),
            shown.provider.as_str(),
            shown.name.as_str(),
            shown.base_url.clone(),
            connection.sealed_key.clone(),
            shown.key_hint.clone(),
            shown.enabled,
            Json(&shown.models),
            shown.created_at,
            now,
        ],
    )
    .await?;
    Ok(())
}

/// Whether there was one.
pub(crate) async fn delete(tx: &mut Tx, scope: &TenantScope, id: ConnectionId) -> Result<bool, Error> {
    let gone = tx
        .execute("DELETE FROM provider_connections WHERE workspace_id = $1 AND id = $2", params![scope.workspace(), id])
        .await?;
    Ok(gone > 0)
}
