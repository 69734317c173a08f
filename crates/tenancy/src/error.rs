//! What can go wrong, and how callers see it.

use contracts::tenancy::{Permission, Permissions};
use kernel::Code;
use web::{FieldError, Problem};

#[derive(Debug, thiserror::Error)]
pub enum TenancyError {
    #[error("there is no such workspace, or the caller is not in it")]
    NoWorkspace,
    #[error("there is no such member in the workspace")]
    NoMember,
    #[error("it needs the permission `{}`", .0.as_str())]
    NotAllowed(Permission),
    #[error("it allows what the caller may not do: {0}")]
    BeyondOwn(Permissions),
    #[error("there is no such role in the workspace")]
    NoRole,
    #[error("a role of this name exists")]
    RoleNameTaken,
    #[error("a workspace can have {0} roles of its own")]
    TooManyRoles(i64),
    #[error("{members} members, {groups} groups and {invitations} invitations have the role")]
    RoleInUse { members: i64, groups: i64, invitations: i64 },
    #[error("a group can't make owners")]
    OwnersAreNoGroup,
    #[error("the workspace would be left without an owner")]
    LastOwner,
    #[error("the workspace is personal")]
    Personal,
    #[error("the workspace is suspended or deleted already")]
    NotOpen,
    #[error("the workspace is not suspended")]
    NotSuspended,
    #[error("the user is a member already")]
    AlreadyMember,
    #[error("this address is invited already")]
    AlreadyInvited,
    #[error("there is no such invitation")]
    NoInvitation,
    #[error("the invitation has ended")]
    InvitationEnded,
    #[error("the invitation is for another address")]
    InvitationForOther,
    #[error("a workspace can have {0} open invitations")]
    TooManyInvitations(i64),
    #[error("there is no such group in the workspace")]
    NoGroup,
    #[error("a group of this name exists")]
    GroupNameTaken,
    #[error("a workspace can have {0} groups")]
    TooManyGroups(i64),
    #[error("the profile schema is not valid: {0}")]
    ProfileSchema(String),
    #[error("the attributes do not follow the workspace's schema")]
    Profile(Vec<FieldError>),
    #[error("the audit log is sent nowhere")]
    NoStream,
    #[error("this installation sends no audit logs")]
    NoStreams,
    #[error("as many archives as this process makes at a time are being made")]
    TooManyArchives,
    #[error("`{0}` {1}")]
    StreamField(&'static str, &'static str),
    #[error("the secret can't be sealed: {0}")]
    Vault(vault::VaultError),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl TenancyError {
    /// What was read can't be written into a file.
    pub(crate) fn unwritable(error: &dyn std::fmt::Display) -> Self {
        database::Error::Encode(error.to_string()).into()
    }

    pub const fn code(&self) -> Code {
        match self {
            Self::NoWorkspace | Self::NoMember | Self::NoGroup | Self::NoRole | Self::NoInvitation | Self::NoStream => {
                Code::NotFound
            }
            Self::NotAllowed(_) | Self::BeyondOwn(_) => Code::Forbidden,
            Self::RoleInUse { .. } => Code::RoleInUse,
            Self::LastOwner => Code::LastOwner,
            Self::Personal => Code::PersonalWorkspace,
            Self::AlreadyMember => Code::AlreadyMember,
            Self::AlreadyInvited
            | Self::TooManyInvitations(_)
            | Self::GroupNameTaken
            | Self::TooManyGroups(_)
            | Self::RoleNameTaken
            | Self::TooManyRoles(_)
            | Self::NotOpen
            | Self::NotSuspended => Code::Conflict,
            Self::ProfileSchema(_) | Self::Profile(_) | Self::OwnersAreNoGroup | Self::StreamField(..) => {
                Code::InvalidBody
            }
            Self::InvitationEnded => Code::InvitationEnded,
            Self::InvitationForOther => Code::InvitationForOther,
            Self::NoStreams => Code::Unavailable,
            Self::TooManyArchives => Code::RateLimited,
            Self::Database(_) | Self::Vault(_) => Code::Internal,
        }
    }
}

impl From<TenancyError> for Problem {
    fn from(error: TenancyError) -> Self {
        let code = error.code();
        match error {
            TenancyError::Database(error) => error.into(),
            TenancyError::Vault(error) => {
                tracing::error!(%error, "a secret can't be sealed");
                Self::new(code)
            }
            TenancyError::TooManyArchives => Self::new(code)
                .detail("Other archives are being made right now. Try again in a minute.")
                .retry_after(std::time::Duration::from_secs(60)),
            TenancyError::NoStream => Self::new(code).detail("The audit log is sent nowhere. Set where first."),
            TenancyError::NoStreams => Self::new(code).detail("This installation sends no audit logs."),
            TenancyError::StreamField(field, why) => Self::field(field, "invalid", why),
            TenancyError::NoWorkspace => Self::new(code).detail("There is no such workspace."),
            TenancyError::NoMember => Self::new(code).detail("There is no such member in this workspace."),
            TenancyError::NotAllowed(permission) => Self::new(code)
                .detail(format!("This needs the permission `{}`, which your role does not have.", permission.as_str())),
            TenancyError::BeyondOwn(missing) => Self::new(code).detail(format!(
                "It allows what you may not do yourself: {missing}. You can neither grant it nor change who has it."
            )),
            TenancyError::NoRole => Self::new(code).detail("There is no such role in this workspace."),
            TenancyError::RoleNameTaken => {
                Self::new(code).detail("There is a role of this name already. Choose another one.")
            }
            TenancyError::TooManyRoles(most) => Self::new(code)
                .detail(format!("A workspace can have {most} roles of its own. Delete one that is not needed.")),
            TenancyError::RoleInUse { members, groups, invitations } => Self::new(code).detail(format!(
                "{members} members, {groups} groups and {invitations} invitations have it. Give them another one first."
            )),
            TenancyError::OwnersAreNoGroup => {
                Self::field("role", "invalid", "can't be owner: owners are made one by one")
            }
            TenancyError::LastOwner => {
                Self::new(code).detail("This is the only owner. Make somebody else an owner first.")
            }
            TenancyError::Personal => {
                Self::new(code).detail("A personal workspace can't be left, handed on or deleted.")
            }
            TenancyError::NotOpen => Self::new(code).detail("This workspace is suspended or deleted already."),
            TenancyError::NotSuspended => Self::new(code).detail("This workspace is not suspended."),
            TenancyError::AlreadyInvited => {
                Self::new(code).detail("This address is invited already. Send that invitation again instead.")
            }
            TenancyError::NoInvitation => Self::new(code).detail("There is no such invitation."),
            TenancyError::InvitationEnded => Self::new(code)
                .detail("It has run out, was taken back or is used up. Ask whoever sent it for another one."),
            TenancyError::InvitationForOther => {
                Self::new(code).detail("Sign in with the address that the invitation was sent to.")
            }
            TenancyError::TooManyInvitations(most) => Self::new(code)
                .detail(format!("A workspace can have {most} open invitations. Take back some that are not needed.")),
            TenancyError::NoGroup => Self::new(code).detail("There is no such group in this workspace."),
            TenancyError::GroupNameTaken => {
                Self::new(code).detail("There is a group of this name already. Choose another one.")
            }
            TenancyError::TooManyGroups(most) => {
                Self::new(code).detail(format!("A workspace can have {most} groups. Delete one that is not needed."))
            }
            TenancyError::ProfileSchema(why) => {
                Self::field("schema", "invalid", format!("is no JSON Schema that can be used: {why}"))
            }
            TenancyError::Profile(faults) => Self::new(code).with_errors(faults),
            TenancyError::AlreadyMember => Self::new(code).detail("This person is a member already."),
        }
    }
}
