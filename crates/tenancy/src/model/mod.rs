//! What the operations take and give.

mod rights;
mod streams;

use contracts::tenancy::{CustomRole, Role, RoleChoice, Workspace};
use kernel::{GroupId, InvitationId, TenantScope, Timestamp, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use web::{FieldError, attributes::Attributes};

pub use rights::*;
pub use streams::*;

/// Who changes something, and in which workspace. Their role is read when it matters.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    pub user: UserId,
    pub scope: TenantScope,
}

/// What has become of a chain of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    /// How many entries it has.
    pub entries: i64,
    /// Of the last one, and so over all of them.
    pub hash: Vec<u8>,
    /// The position of the first entry that is not what was written; none: all are.
    pub broken_at: Option<i64>,
}

/// A member as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    pub user: UserId,
    pub role: Role,
    pub custom_role: Option<CustomRole>,
    pub joined_at: Timestamp,
}

/// What a workspace knows of a member.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct MemberProfile {
    pub user_id: UserId,
    #[schema(example = "mai@example.com")]
    pub email: String,
    #[schema(example = "Mai")]
    pub name: String,
    /// Path of the picture; null: none.
    #[schema(required)]
    pub avatar_url: Option<String>,
    /// JSON in fields of the workspace's choice.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"department": "Research", "languages": ["vi", "en"]}))]
    pub attributes: Attributes,
    /// What does not follow the schema: it may have changed since.
    pub faults: Vec<FieldError>,
    /// Null: nobody has set any.
    #[schema(required)]
    pub updated_at: Option<Timestamp>,
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

/// What has become of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceStatus {
    Active,
    Suspended,
    /// Closed, and not yet purged.
    Deleted,
}

impl WorkspaceStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

/// Who has owned a workspace the longest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WorkspaceOwner {
    pub id: UserId,
    #[schema(example = "ann@example.com")]
    pub email: String,
    #[schema(example = "Ann")]
    pub name: String,
}

/// A workspace as administrators of the platform see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PlatformWorkspace {
    pub id: WorkspaceId,
    #[schema(example = "Acme Research")]
    pub name: String,
    /// Made at sign-up for one person.
    pub personal: bool,
    pub status: WorkspaceStatus,
    /// Null: its owners are gone.
    #[schema(required)]
    pub owner: Option<WorkspaceOwner>,
    #[schema(example = 12)]
    pub members: i64,
    /// The id of its plan.
    #[schema(example = "free")]
    pub plan: String,
    pub created_at: Timestamp,
    #[schema(required)]
    pub suspended_at: Option<Timestamp>,
    #[schema(required, example = "The last two invoices are unpaid.")]
    pub suspended_reason: Option<String>,
    #[schema(required)]
    pub deleted_at: Option<Timestamp>,
    /// When a deleted one goes for good.
    #[schema(required)]
    pub purges_at: Option<Timestamp>,
}

/// Which workspaces of the platform to list; what is none passes all.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceFilter {
    /// Part of the name or of an owner's address, or the id.
    pub search: Option<String>,
    pub status: Option<WorkspaceStatus>,
    /// The id of a plan.
    pub plan: Option<String>,
    /// Somebody who is in it.
    pub member: Option<UserId>,
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
    /// The built-in role, or the one that the workspace's own is based on.
    pub role: Role,
    /// The role, if it is one that the workspace has made.
    #[schema(required)]
    pub custom_role: Option<CustomRole>,
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
    pub role: RoleChoice,
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
    #[schema(required)]
    pub custom_role: Option<CustomRole>,
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
    /// The role that it gives to whoever is in it, beside their own: the built-in one, or the one that the
    /// workspace's own is based on; null: none.
    #[schema(required)]
    pub role: Option<Role>,
    /// That role, if it is one that the workspace has made.
    #[schema(required)]
    pub custom_role: Option<CustomRole>,
    pub created_at: Timestamp,
}

impl Group {
    /// One that nobody is in yet, and that allows nothing.
    pub(crate) fn empty(id: GroupId, name: &str, created_at: Timestamp) -> Self {
        Self { id, name: name.to_owned(), members: 0, role: None, custom_role: None, created_at }
    }
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
    /// The built-in role, or the one that their own role is based on.
    pub role: Role,
    /// Their role, if it is one that the workspace has made.
    #[schema(required)]
    pub custom_role: Option<CustomRole>,
    pub joined_at: Timestamp,
}
