//! The table `shares`, and the relation `access_by_share` over it.

use database::{Db, Error, FromRow, Row, Tx, params};
use kernel::{GroupId, TenantScope, Timestamp, UserId};

use crate::{Access, MOST, Resource, Share, ShareError, Subject};

fn access(name: &str) -> Result<Access, Error> {
    Access::from_name(name)
        .ok_or_else(|| Error::Decode { column: "access".to_owned(), message: format!("`{name}` is no access") })
}

impl FromRow for Share {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (user, group): (Option<UserId>, Option<GroupId>) = (row.next()?, row.next()?);
        Ok(Self {
            subject: match (user, group) {
                (Some(user), _) => Subject::User(user),
                (None, Some(group)) => Subject::Group(group),
                (None, None) => Subject::Workspace,
            },
            access: access(&row.next::<String>()?)?,
            shared_by: row.next()?,
            created_at: row.next()?,
        })
    }
}

/// Shares a resource, or changes how far it is shared with somebody. Returns what they had by this share before.
/// The caller has made sure that whoever shares may do so.
pub async fn set(
    tx: &mut Tx,
    scope: &TenantScope,
    resource: Resource,
    subject: Subject,
    access: Access,
    by: UserId,
    now: Timestamp,
) -> Result<Option<Access>, ShareError> {
    let shares: Vec<Share> = within(tx, scope, resource).await?;
    let before = shares.iter().find(|share| share.subject == subject).map(|share| share.access);
    if before.is_none() && shares.len() >= MOST {
        return Err(ShareError::TooMany);
    }
    let written = tx
        .execute(
            "INSERT INTO shares (workspace_id, resource_type, resource_id, subject_id, user_id, group_id, access,
                 shared_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (workspace_id, resource_type, resource_id, subject_id) DO UPDATE SET access = excluded.access",
            params![
                scope.workspace(),
                resource.kind(),
                resource.uuid(),
                subject.uuid(scope),
                subject.user(),
                subject.group(),
                access.as_str(),
                by,
                now
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(before),
        // Neither a member nor a group of this workspace: the keys say so, whatever the caller asked.
        Err(Error::ForeignKeyViolation) => Err(ShareError::NoSubject),
        Err(error) => Err(error.into()),
    }
}

/// Takes a share away. Returns what it gave; none: there was none.
pub async fn remove(
    tx: &mut Tx,
    scope: &TenantScope,
    resource: Resource,
    subject: Subject,
) -> Result<Option<Access>, Error> {
    let removed: Option<(String,)> = tx
        .optional(
            "DELETE FROM shares
             WHERE workspace_id = $1 AND resource_type = $2 AND resource_id = $3 AND subject_id = $4
             RETURNING access",
            params![scope.workspace(), resource.kind(), resource.uuid(), subject.uuid(scope)],
        )
        .await?;
    removed.map(|(name,)| access(&name)).transpose()
}

macro_rules! shares {
    () => {
        "SELECT user_id, group_id, access, shared_by, created_at FROM shares
         WHERE workspace_id = $1 AND resource_type = $2 AND resource_id = $3
         ORDER BY created_at, subject_id"
    };
}

/// With whom a resource is shared, in the order it was. There are [`MOST`] at the most.
pub async fn list(db: &Db, scope: &TenantScope, resource: Resource) -> Result<Vec<Share>, Error> {
    db.all(scope, shares!(), params![scope.workspace(), resource.kind(), resource.uuid()]).await
}

async fn within(tx: &mut Tx, scope: &TenantScope, resource: Resource) -> Result<Vec<Share>, Error> {
    tx.all(shares!(), params![scope.workspace(), resource.kind(), resource.uuid()]).await
}

/// What somebody may do with a resource by its shares, by whichever of them is greatest; none: nothing.
pub async fn access_of(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    resource: Resource,
) -> Result<Option<Access>, Error> {
    let (level,): (i64,) = db
        .one(
            scope,
            "SELECT CAST(COALESCE(max(level), 0) AS BIGINT) FROM access_by_share
             WHERE workspace_id = $1 AND resource_type = $2 AND resource_id = $3 AND user_id = $4",
            params![scope.workspace(), resource.kind(), resource.uuid(), user],
        )
        .await?;
    Ok(Access::from_level(level))
}

/// Everybody whom a resource is shared with, and how far: to tell them of it.
pub async fn audience(db: &Db, scope: &TenantScope, resource: Resource) -> Result<Vec<(UserId, Access)>, Error> {
    let rows: Vec<(UserId, i64)> = db
        .all(
            scope,
            "SELECT user_id, CAST(max(level) AS BIGINT) FROM access_by_share
             WHERE workspace_id = $1 AND resource_type = $2 AND resource_id = $3 GROUP BY user_id",
            params![scope.workspace(), resource.kind(), resource.uuid()],
        )
        .await?;
    Ok(rows.into_iter().filter_map(|(user, level)| Some((user, Access::from_level(level)?))).collect())
}

/// What is shared with a person, or by them.
pub(crate) struct Personal {
    pub workspace: kernel::WorkspaceId,
    pub kind: String,
    pub resource: uuid::Uuid,
    pub share: Share,
}

impl FromRow for Personal {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self { workspace: row.next()?, kind: row.next()?, resource: row.next()?, share: Share::from_row(row)? })
    }
}

/// Where a page of them begins: the keys of the last row shown.
pub(crate) type After = (kernel::WorkspaceId, String, uuid::Uuid, uuid::Uuid);

/// Those after `after`, over all workspaces: it is the person's own, so it runs in platform scope and the user id
/// bounds it.
pub(crate) async fn personal(db: &Db, user: UserId, after: &After, limit: i64) -> Result<Vec<Personal>, Error> {
    let (workspace, kind, resource, subject) = after;
    db.all(
        database::Platform,
        "SELECT workspace_id, resource_type, resource_id, user_id, group_id, access, shared_by, created_at FROM shares
         WHERE (user_id = $1 OR shared_by = $1)
             AND (workspace_id, resource_type, resource_id, subject_id) > ($2, $3, $4, $5)
         ORDER BY workspace_id, resource_type, resource_id, subject_id LIMIT $6",
        params![user, *workspace, kind.as_str(), *resource, *subject, limit],
    )
    .await
}

/// Deletes what is shared with a person by name, and what they have shared, in all workspaces.
pub(crate) async fn erase(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM shares WHERE user_id = $1 OR shared_by = $1", params![user]).await.map(drop)
}
