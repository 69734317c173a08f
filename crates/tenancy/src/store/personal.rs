//! What becomes of a person's memberships. In platform scope, as they lie in several tenants; the user id bounds
//! each statement.

use contracts::tenancy::Role;
use database::{Db, Error, FromRow, Json, Platform, Row, Tx, params};
use kernel::{Timestamp, UserId, WorkspaceId};
use web::attributes::Attributes;

/// Workspaces with other members in them whose one owner is this person.
pub async fn owned_alone(db: &Db, user: UserId) -> Result<Vec<(WorkspaceId, String)>, Error> {
    db.all(
        Platform,
        "SELECT w.id, w.name FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.user_id = $1 AND m.role = $2 AND w.deleted_at IS NULL
           AND EXISTS (SELECT 1 FROM memberships o WHERE o.workspace_id = w.id AND o.user_id <> $1)
           AND NOT EXISTS
               (SELECT 1 FROM memberships o WHERE o.workspace_id = w.id AND o.user_id <> $1 AND o.role = $2)
         ORDER BY lower(w.name), w.id",
        params![user, Role::Owner.as_str()],
    )
    .await
}

/// A workspace that somebody is in, and what it knows of them.
pub struct Joined {
    pub id: WorkspaceId,
    pub name: String,
    pub personal: bool,
    pub role: String,
    pub joined_at: Timestamp,
    pub attributes: Option<Attributes>,
}

impl FromRow for Joined {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, name, personal, role) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let joined_at = row.next()?;
        let attributes: Option<Json<Attributes>> = row.next()?;
        Ok(Self { id, name, personal, role, joined_at, attributes: attributes.map(|Json(attributes)| attributes) })
    }
}

pub async fn joined(db: &Db, user: UserId) -> Result<Vec<Joined>, Error> {
    db.all(
        Platform,
        "SELECT w.id, w.name, w.personal, m.role, m.created_at, p.attributes
         FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
         LEFT JOIN member_profiles p ON p.workspace_id = m.workspace_id AND p.user_id = m.user_id
         WHERE m.user_id = $1 ORDER BY m.created_at, w.id",
        params![user],
    )
    .await
}

/// Ends the workspaces that nobody but the person is in, with all that is theirs.
pub async fn end_own(tx: &mut Tx, user: UserId) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM workspaces WHERE id IN
             (SELECT m.workspace_id FROM memberships m WHERE m.user_id = $1
              AND NOT EXISTS
                  (SELECT 1 FROM memberships o WHERE o.workspace_id = m.workspace_id AND o.user_id <> $1))",
        params![user],
    )
    .await
}

/// Makes somebody else an owner wherever the person is the last one: whoever has the highest role, and among those
/// has been there longest.
pub async fn hand_on(tx: &mut Tx, user: UserId) -> Result<u64, Error> {
    tx.execute(
        "UPDATE memberships SET role = 'owner', role_id = NULL
         WHERE (workspace_id, user_id) IN
             (SELECT h.workspace_id, h.user_id FROM
                 (SELECT o.workspace_id, o.user_id, row_number() OVER
                      (PARTITION BY o.workspace_id
                       ORDER BY CASE o.role WHEN 'admin' THEN 0 WHEN 'member' THEN 1 ELSE 2 END,
                                o.created_at, o.user_id) AS place
                  FROM memberships o
                  WHERE o.user_id <> $1
                    AND o.workspace_id IN (SELECT workspace_id FROM memberships WHERE user_id = $1 AND role = 'owner')
                    AND NOT EXISTS
                        (SELECT 1 FROM memberships p
                         WHERE p.workspace_id = o.workspace_id AND p.user_id <> $1 AND p.role = 'owner')) h
              WHERE h.place = 1)",
        params![user],
    )
    .await
}

pub async fn leave_all(tx: &mut Tx, user: UserId) -> Result<u64, Error> {
    tx.execute("DELETE FROM memberships WHERE user_id = $1", params![user]).await
}
