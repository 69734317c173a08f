//! What administrators of the platform see of all workspaces, and do to one.

use database::{Db, Error, FromRow, Platform, Row, Tx, like_containing, params};
use kernel::{TenantScope, Timestamp, UserId, WorkspaceId};
use uuid::Uuid;

use crate::model::{PlatformWorkspace, WorkspaceFilter, WorkspaceOwner, WorkspaceStatus};

// The owner is whoever owned it first. The plan is that of metering's table, for an administrator looks for
// both at once; $1 is the plan of whoever has been given none.
macro_rules! workspace {
    () => {
        "w.id, w.name, w.personal, w.created_at, w.suspended_at, w.suspended_reason, w.deleted_at, w.purges_at,
         (SELECT count(*) FROM memberships m WHERE m.workspace_id = w.id),
         COALESCE((SELECT p.plan FROM workspace_plans p WHERE p.workspace_id = w.id), $1),
         u.id, u.email, u.name
         FROM workspaces w LEFT JOIN users u ON u.id = (
             SELECT m.user_id FROM memberships m WHERE m.workspace_id = w.id AND m.role = 'owner'
             ORDER BY m.created_at, m.user_id LIMIT 1)"
    };
}

impl FromRow for PlatformWorkspace {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, name, personal, created_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let suspended_at: Option<Timestamp> = row.next()?;
        let suspended_reason = row.next()?;
        let deleted_at: Option<Timestamp> = row.next()?;
        let (purges_at, members, plan) = (row.next()?, row.next()?, row.next()?);
        let owner: (Option<UserId>, Option<String>, Option<String>) = (row.next()?, row.next()?, row.next()?);
        let owner = match owner {
            (Some(id), Some(email), Some(name)) => Some(WorkspaceOwner { id, email, name }),
            _ => None,
        };
        Ok(Self {
            id,
            name,
            personal,
            status: match (deleted_at, suspended_at) {
                (Some(_), _) => WorkspaceStatus::Deleted,
                (None, Some(_)) => WorkspaceStatus::Suspended,
                (None, None) => WorkspaceStatus::Active,
            },
            owner,
            members,
            plan,
            created_at,
            suspended_at,
            suspended_reason,
            deleted_at,
            purges_at,
        })
    }
}

/// Workspaces that pass the filter, the newest first, below the given id.
pub async fn page(
    db: &Db,
    filter: &WorkspaceFilter,
    default_plan: &str,
    before: Option<WorkspaceId>,
    limit: i64,
) -> Result<Vec<PlatformWorkspace>, Error> {
    let search = filter.search.as_deref().map(str::trim).filter(|search| !search.is_empty());
    let id = search.and_then(|search| search.parse::<WorkspaceId>().ok());
    let before = before.unwrap_or(WorkspaceId::from_uuid(Uuid::max()));
    // Over all tenants: the list is for those who operate the platform.
    db.all(
        Platform,
        concat!(
            "SELECT ",
            workspace!(),
            " WHERE w.id < $2
               AND (CAST($3 AS TEXT) IS NULL OR w.id = $4 OR lower(w.name) LIKE $3 ESCAPE '\\'
                   OR EXISTS (
                       SELECT 1 FROM memberships o JOIN users ou ON ou.id = o.user_id
                       WHERE o.workspace_id = w.id AND o.role = 'owner' AND ou.email_lower LIKE $3 ESCAPE '\\'))
               AND (CAST($5 AS TEXT) IS NULL
                   OR ($5 = 'deleted' AND w.deleted_at IS NOT NULL)
                   OR ($5 = 'suspended' AND w.deleted_at IS NULL AND w.suspended_at IS NOT NULL)
                   OR ($5 = 'active' AND w.deleted_at IS NULL AND w.suspended_at IS NULL))
               AND (CAST($6 AS TEXT) IS NULL
                   OR COALESCE((SELECT p.plan FROM workspace_plans p WHERE p.workspace_id = w.id), $1) = $6)
               AND (CAST($7 AS UUID) IS NULL
                   OR EXISTS (SELECT 1 FROM memberships b WHERE b.workspace_id = w.id AND b.user_id = $7))
             ORDER BY w.id DESC LIMIT $8"
        ),
        params![
            default_plan,
            before,
            search.map(|search| like_containing(&search.to_lowercase())),
            id,
            filter.status.map(WorkspaceStatus::as_str),
            filter.plan.as_deref(),
            filter.member,
            limit
        ],
    )
    .await
}

/// One workspace, whatever has become of it.
pub async fn find(db: &Db, id: WorkspaceId, default_plan: &str) -> Result<Option<PlatformWorkspace>, Error> {
    // The scope is the workspace that an administrator of the platform asks for.
    let scope = TenantScope::assume(id);
    db.optional(scope, concat!("SELECT ", workspace!(), " WHERE w.id = $2"), params![default_plan, id]).await
}

/// Closes the workspace until it is resumed. False: it is deleted, or suspended already.
pub async fn suspend(tx: &mut Tx, scope: &TenantScope, reason: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE workspaces SET suspended_at = $2, suspended_reason = $3, updated_at = $2
             WHERE id = $1 AND deleted_at IS NULL AND suspended_at IS NULL",
            params![scope.workspace(), now, reason],
        )
        .await?;
    Ok(changed == 1)
}

/// Opens it again. False: it was not suspended.
pub async fn resume(tx: &mut Tx, scope: &TenantScope, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE workspaces SET suspended_at = NULL, suspended_reason = NULL, updated_at = $2
             WHERE id = $1 AND suspended_at IS NOT NULL",
            params![scope.workspace(), now],
        )
        .await?;
    Ok(changed == 1)
}
