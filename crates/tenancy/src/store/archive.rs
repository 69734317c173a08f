//! A workspace's own rows, for its archive. What opens a door, or its hash, stays out.

use contracts::archived;
use database::Json;
use kernel::{GroupId, InvitationId, RoleId, Timestamp, UserId, WorkspaceId};
use serde_json::Value;

archived! {
    Settings in "settings" of ["workspaces", "workspace_plans"] after [id: WorkspaceId] {
        id: WorkspaceId, name: String, personal: bool, profile_schema: Option<Json<Value>>, plan: Option<String>,
        created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT w.id, w.name, w.personal, w.profile_schema, p.plan, w.created_at, w.updated_at
     FROM workspaces w LEFT JOIN workspace_plans p ON p.workspace_id = w.id
     WHERE w.id = $1 AND w.id > $2 ORDER BY w.id LIMIT $3"
}

archived! {
    Role in "roles" of ["roles"] after [id: RoleId] {
        id: RoleId, name: String, description: String, base: Option<String>, permissions: Json<Value>,
        created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT id, name, description, base, permissions, created_at, updated_at FROM roles
     WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    Group in "groups" of ["groups"] after [id: GroupId] {
        id: GroupId, name: String, role: Option<String>, role_id: Option<RoleId>, created_at: Timestamp,
        updated_at: Timestamp,
    }
    "SELECT id, name, role, role_id, created_at, updated_at FROM groups
     WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    GroupMember in "group_members" of ["group_members"] after [group_id: GroupId, user_id: UserId] {
        group_id: GroupId, user_id: UserId, created_at: Timestamp,
    }
    "SELECT group_id, user_id, created_at FROM group_members
     WHERE workspace_id = $1 AND (group_id, user_id) > ($2, $3) ORDER BY group_id, user_id LIMIT $4"
}

archived! {
    Invitation in "invitations" of ["invitations"] after [id: InvitationId] {
        id: InvitationId, email: Option<String>, role: String, role_id: Option<RoleId>, invited_by: UserId,
        max_uses: i64, uses: i64, created_at: Timestamp, expires_at: Timestamp, revoked_at: Option<Timestamp>,
    }
    "SELECT id, email, role, role_id, invited_by, max_uses, uses, created_at, expires_at, revoked_at FROM invitations
     WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    InvitationUse in "invitation_uses" of ["invitation_uses"] after [invitation_id: InvitationId, user_id: UserId] {
        invitation_id: InvitationId, user_id: UserId, used_at: Timestamp,
    }
    "SELECT invitation_id, user_id, used_at FROM invitation_uses
     WHERE workspace_id = $1 AND (invitation_id, user_id) > ($2, $3) ORDER BY invitation_id, user_id LIMIT $4"
}

archived! {
    AuditStreamRow in "audit_streams" of ["audit_streams"] after [id: WorkspaceId] {
        id: WorkspaceId, kind: String, address: String, authority: Option<String>, position: i64,
        paused_at: Option<Timestamp>, created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT workspace_id, kind, address, authority, position, paused_at, created_at, updated_at FROM audit_streams
     WHERE workspace_id = $1 AND workspace_id > $2 ORDER BY workspace_id LIMIT $3"
}

/// A member, still without a name.
pub struct Member {
    pub user_id: UserId,
    pub role: String,
    pub role_id: Option<RoleId>,
    pub attributes: Option<Json<Value>>,
    pub joined_at: Timestamp,
}
database::from_row!(Member { user_id, role, role_id, attributes, joined_at });

pub async fn members(
    db: &database::Db,
    scope: &kernel::TenantScope,
    after: UserId,
    limit: i64,
) -> Result<Vec<Member>, database::Error> {
    db.all(
        scope,
        "SELECT m.user_id, m.role, m.role_id, p.attributes, m.created_at
         FROM memberships m LEFT JOIN member_profiles p ON p.workspace_id = m.workspace_id AND p.user_id = m.user_id
         WHERE m.workspace_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3",
        database::params![scope.workspace(), after, limit],
    )
    .await
}
