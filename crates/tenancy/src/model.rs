//! What the operations take and give.

use contracts::tenancy::Role;
use kernel::{GroupId, TenantScope, Timestamp, UserId, WorkspaceId};
use serde::Serialize;

/// Who changes something, and in which workspace. Their role is read when it matters.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    pub user: UserId,
    pub scope: TenantScope,
}

/// A member as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRow {
    pub user: UserId,
    pub role: Role,
    pub joined_at: Timestamp,
}

/// A workspace as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceRow {
    pub id: WorkspaceId,
    pub name: String,
    pub personal: bool,
    pub members: i64,
    pub created_at: Timestamp,
}

/// A workspace that an owner has deleted: closed, and not yet purged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeletedWorkspace {
    pub id: WorkspaceId,
    #[schema(example = "Acme Research")]
    pub name: String,
    pub deleted_at: Timestamp,
    /// Until then it can be restored; afterwards it is gone for good.
    pub purges_at: Timestamp,
}

/// Some of a workspace's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Group {
    pub id: GroupId,
    #[schema(example = "Research")]
    pub name: String,
    /// How many are in it.
    pub members: i64,
    pub created_at: Timestamp,
}

/// A member of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Member {
    pub user_id: UserId,
    #[schema(example = "ann@example.com")]
    pub email: String,
    #[schema(example = "Ann")]
    pub name: String,
    /// Path of the picture; null: none.
    #[schema(required)]
    pub avatar_url: Option<String>,
    pub role: Role,
    pub joined_at: Timestamp,
}
