//! What the operations take and give.

use contracts::tenancy::{Role, Workspace};
use kernel::{GroupId, InvitationId, TenantScope, Timestamp, UserId, WorkspaceId};
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

/// A way into a workspace: for an address, or for whoever has the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Invitation {
    pub id: InvitationId,
    /// Whom alone it lets in; null: whoever has the link.
    #[schema(required, example = "mai@example.com")]
    pub email: Option<String>,
    pub role: Role,
    /// Whose rights it rests on: it ends with them.
    pub invited_by: UserId,
    /// How many may come in by it, and how many have.
    pub max_uses: i64,
    pub uses: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Whom to invite.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// None: whoever has the link.
    pub email: Option<String>,
    pub role: Role,
    pub days: u32,
    /// Of a link.
    pub max_uses: u32,
    /// The letter's language.
    pub locale: String,
}

/// An invitation and its secret, which is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MadeInvitation {
    pub invitation: Invitation,
    /// The link, as a path of the web app.
    #[schema(example = "/invite/4Xb1c0yqU3yWcJm0dQXn4xkG0b9oQm2r7m0m3a8u5fE")]
    pub path: String,
    /// Whether a letter with it is on its way.
    pub mailed: bool,
}

/// What an invitation's link tells whoever has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct InvitationView {
    #[schema(example = "Acme Research")]
    pub workspace_name: String,
    #[schema(example = "Ann")]
    pub inviter_name: String,
    /// For whom alone it is; null: for whoever has the link.
    #[schema(required, example = "mai@example.com")]
    pub email: Option<String>,
    pub role: Role,
    pub expires_at: Timestamp,
}

/// What has become of an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AcceptedInvitation {
    pub workspace: Workspace,
    /// False: the caller was a member before.
    pub joined: bool,
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
