//! Routes in the database.

use database::{Db, Error, FromRow, Json, Row, Tx, params};
use kernel::{RouteId, TenantScope};

use crate::model::{Route, Strategy};

impl FromRow for Route {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, name, description) = (row.next()?, row.next()?, row.next()?);
        let strategy: String = row.next()?;
        let Json(targets) = row.next()?;
        let unknown =
            || Error::Decode { column: "strategy".to_owned(), message: format!("{strategy:?} is no strategy") };
        Ok(Self {
            id,
            name,
            description,
            strategy: Strategy::from_name(&strategy).ok_or_else(unknown)?,
            targets,
            abort_on_disconnect: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

/// All of a workspace, by name.
pub(crate) async fn all(db: &Db, scope: &TenantScope) -> Result<Vec<Route>, Error> {
    db.all(
        scope,
        "SELECT id, name, description, strategy, targets, abort_on_disconnect, created_at, updated_at
         FROM routes WHERE workspace_id = $1 ORDER BY name",
        params![scope.workspace()],
    )
    .await
}

/// Those after a name, one more than a page holds.
pub(crate) async fn page(db: &Db, scope: &TenantScope, after: &str, limit: i64) -> Result<Vec<Route>, Error> {
    db.all(
        scope,
        "SELECT id, name, description, strategy, targets, abort_on_disconnect, created_at, updated_at
         FROM routes WHERE workspace_id = $1 AND name > $2 ORDER BY name LIMIT $3",
        params![scope.workspace(), after, limit],
    )
    .await
}

pub(crate) async fn find(tx: &mut Tx, scope: &TenantScope, id: RouteId) -> Result<Option<Route>, Error> {
    tx.optional(
        "SELECT id, name, description, strategy, targets, abort_on_disconnect, created_at, updated_at
         FROM routes WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id],
    )
    .await
}

/// How many the workspace has, and how many of them have the name, other than the given one.
pub(crate) async fn count(tx: &mut Tx, scope: &TenantScope, name: &str, but: RouteId) -> Result<(i64, i64), Error> {
    tx.one(
        "SELECT count(*), count(CASE WHEN name = $2 AND id <> $3 THEN 1 END) FROM routes WHERE workspace_id = $1",
        params![scope.workspace(), name, but],
    )
    .await
}

/// Writes the route, new or changed.
pub(crate) async fn put(tx: &mut Tx, scope: &TenantScope, route: &Route) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO routes (id, workspace_id, name, description, strategy, targets, abort_on_disconnect,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
             strategy = excluded.strategy, targets = excluded.targets,
             abort_on_disconnect = excluded.abort_on_disconnect, updated_at = excluded.updated_at
         WHERE routes.workspace_id = excluded.workspace_id",
        params![
            route.id,
            scope.workspace(),
            route.name.as_str(),
            route.description.as_str(),
            route.strategy.as_str(),
            Json(&route.targets),
            route.abort_on_disconnect,
            route.created_at,
            route.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Whether there was one.
pub(crate) async fn delete(tx: &mut Tx, scope: &TenantScope, id: RouteId) -> Result<bool, Error> {
    let gone =
        tx.execute("DELETE FROM routes WHERE workspace_id = $1 AND id = $2", params![scope.workspace(), id]).await?;
    Ok(gone > 0)
}
