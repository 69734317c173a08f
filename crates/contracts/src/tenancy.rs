//! Workspaces, and what a member may do in them.

use async_trait::async_trait;
use database::Tx;
use kernel::{GroupId, TenantScope, UserId, WorkspaceId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use crate::rights::{CustomRole, Permissions, RoleChoice};

/// A built-in role. Each holds all permissions of the one below it: guest < member < admin < owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Guest,
    Member,
    Admin,
    Owner,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Guest, Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.as_str() == name)
    }

    /// Whether the role, or one that it inherits from, grants `permission`.
    pub fn grants(self, permission: Permission) -> bool {
        self >= permission.lowest_role()
    }

    /// Everything the role grants, inherited permissions included.
    pub fn permissions(self) -> Permissions {
        Permission::ALL.iter().copied().filter(|permission| self.grants(*permission)).collect()
    }
}

/// Declares the permissions, and for each a marker type in [`can`] for the
/// authorization extractor: `Name = "text", LowestRole, "meaning";`
macro_rules! permissions {
    ($($name:ident = $text:literal, $role:ident, $meaning:literal;)*) => {
        /// One thing that a role may allow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $(#[doc = $meaning] $name,)* }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The lowest built-in role that has it.
            pub const fn lowest_role(self) -> Role {
                match self { $(Self::$name => Role::$role),* }
            }

            /// The permission of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|permission| permission.as_str() == name)
            }

            /// Whether a role of a workspace's own may have it, or a group's: what makes an owner is the owners' alone.
            pub fn is_grantable(self) -> bool {
                self.lowest_role() < Role::Owner
            }
        }

        /// Permissions as types, for handlers: `Allowed<can::ReadChat>`.
        pub mod can {
            use super::{Grant, Permission};
            $(#[doc = $meaning] #[derive(Debug)] pub struct $name;
            impl Grant for $name { const PERMISSION: Permission = Permission::$name; })*
        }
    };
}

/// A permission as a type.
pub trait Grant: Send + Sync + 'static {
    const PERMISSION: Permission;
}

permissions! {
    ReadWorkspace = "workspace.read", Guest, "See the workspace and its name";
    ManageWorkspace = "workspace.manage", Admin, "Rename the workspace and change its settings";
    TransferWorkspace = "workspace.transfer", Owner, "Hand the workspace on to another member";
    DeleteWorkspace = "workspace.delete", Owner, "Delete the workspace and restore it";
    ReadAudit = "audit.read", Admin, "See who changed what, and export it";
    ReadMembers = "members.read", Member, "See who else is in the workspace";
    ManageMembers = "members.manage", Admin, "Invite people, change roles and remove members";
    ReadRoles = "roles.read", Member, "See the roles and what they allow";
    ManageRoles = "roles.manage", Admin, "Make roles, and give them to groups";
    ReadGroups = "groups.read", Member, "See the groups and who is in them";
    ManageGroups = "groups.manage", Admin, "Make groups and choose who is in them";
    ReadChat = "chat.read", Guest, "Read one's own conversations";
    WriteChat = "chat.write", Member, "Start conversations and send messages";
    ShareChat = "chat.share", Member, "Share one's own conversations with others in the workspace";
    ReadModels = "models.read", Guest, "See the models that can be chosen";
    ReadUsage = "usage.read", Guest, "See one's own usage and cost";
    ReadAllUsage = "usage.read_all", Admin, "See everybody's usage and cost";
    ReadBudgets = "budgets.read", Member, "See the workspace's budgets and one's own";
    ManageBudgets = "budgets.manage", Admin, "See and set everybody's budgets";
    CreateKeys = "keys.create", Member, "Make API keys of one's own";
    ReadRoutes = "routes.read", Member, "See the workspace's routes and how the providers do";
    ManageRoutes = "routes.manage", Admin, "Make and change the workspace's routes";
    ManageSso = "sso.manage", Admin, "Set the workspace's own identity provider and its domains";
    ManageConnections = "connections.manage", Admin, "Set the workspace's own provider keys and deployments";
    ManageGuardrails = "guardrails.manage", Admin, "See and set what providers must not see, and what was decided";
    ManageKeys = "keys.manage", Admin, "See, change and revoke everybody's API keys";
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| de::Error::custom("there is no such permission"))
    }
}

impl utoipa::PartialSchema for Permission {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("One thing that a role may allow"))
            .enum_values(Some(Self::ALL.iter().map(|permission| permission.as_str())))
            .into()
    }
}
impl utoipa::ToSchema for Permission {}

/// A user's place in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub personal: bool,
    /// The built-in role, or the one that their own role is based on.
    pub role: Role,
    /// A role that the workspace has made, if they have one.
    pub custom_role: Option<CustomRole>,
    /// All that they may do, by their role and by their groups'. Nothing else says whether something is allowed.
    pub permissions: Permissions,
    /// When the workspace was made.
    pub created_at: kernel::Timestamp,
    /// Whether an administrator of the platform has closed it for now.
    pub suspended: bool,
}

impl Membership {
    /// With a built-in role, and no group that grants more.
    pub fn new(workspace: WorkspaceId, role: Role) -> Self {
        Self {
            workspace,
            workspace_name: String::new(),
            personal: false,
            role,
            custom_role: None,
            permissions: role.permissions(),
            created_at: kernel::Timestamp::EPOCH,
            suspended: false,
        }
    }
}

/// Why a workspace is closed to somebody who is a member of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// An owner has deleted it.
    Deleted,
    /// An administrator of the platform has suspended it.
    Suspended {
        /// In the administrator's words; told to owners alone.
        reason: Option<String>,
    },
}

/// A workspace as the API shows it to one of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Workspace {
    pub id: WorkspaceId,
    #[schema(example = "Acme Research")]
    pub name: String,
    /// Made at sign-up for one person.
    pub personal: bool,
    /// The caller's role in it: the built-in one, or the one that their own role is based on.
    pub role: Role,
    /// The caller's role, if it is one that the workspace has made.
    #[schema(required)]
    pub custom_role: Option<CustomRole>,
    pub created_at: kernel::Timestamp,
    /// Whether it is closed for now: an administrator of the platform has suspended it.
    pub suspended: bool,
}

impl From<Membership> for Workspace {
    fn from(membership: Membership) -> Self {
        Self {
            id: membership.workspace,
            name: membership.workspace_name,
            personal: membership.personal,
            role: membership.role,
            custom_role: membership.custom_role,
            created_at: membership.created_at,
            suspended: membership.suspended,
        }
    }
}

#[async_trait]
pub trait Tenancy: Send + Sync {
    /// The user's membership in the workspace, as of now; none if there is none, or if the workspace is
    /// closed to everybody: deleted, or suspended.
    async fn membership(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, database::Error>;

    /// The same, as it was [at most three seconds ago](database::RECENT), and newer than every change of this process.
    /// For the way of every request: it asks the database nothing while nothing has changed. The workspace's name in it
    /// may be older.
    async fn recent_membership(
        &self,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<Option<Membership>, database::Error> {
        self.membership(workspace, user).await
    }

    /// Whether that is why: the user is a member, but the workspace is closed.
    async fn closed(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Closed>, database::Error> {
        let _ = (workspace, user);
        Ok(None)
    }

    /// All memberships of the user in workspaces that are not deleted, the personal one first, then by name.
    /// Those that are suspended say so.
    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, database::Error>;

    /// Makes the user a member on the word of the workspace's own identity provider, in the caller's transaction; who
    /// is one already gets the role, unless they are to keep theirs. An owner stays one. False: the workspace is
    /// deleted, or personal.
    async fn admit(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        user: UserId,
        role: Role,
        keeps_role: bool,
    ) -> Result<bool, database::Error> {
        let _ = (tx, scope, user, role, keeps_role);
        Ok(false)
    }

    /// Whether the secret of an invitation's link is good now, and for this address.
    async fn invites(&self, link: &str, email: &str) -> Result<bool, database::Error> {
        let _ = (link, email);
        Ok(false)
    }

    /// Workspaces with other members in them whose one owner the user is, with their names: they have to hand those
    /// on before they go.
    async fn owned_alone(&self, user: UserId) -> Result<Vec<(WorkspaceId, String)>, database::Error> {
        let _ = user;
        Ok(Vec::new())
    }

    /// Makes the personal workspace of a new user, who owns it, inside the sign-up's transaction.
    async fn create_personal(&self, tx: &mut Tx, user: UserId, name: &str) -> Result<WorkspaceId, database::Error>;
}

/// A group, and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMembers {
    pub id: GroupId,
    pub members: Vec<UserId>,
}

/// Who belongs together. A change moves [`BUDGETS_EPOCH`](crate::metering::BUDGETS_EPOCH), so that
/// what is cached of it is found stale.
#[async_trait]
pub trait Groups: Send + Sync {
    /// All groups of the workspace, empty ones included.
    async fn groups(&self, scope: &TenantScope) -> Result<Vec<GroupMembers>, database::Error>;

    /// The same as a transaction sees them.
    async fn groups_within(&self, tx: &mut Tx, scope: &TenantScope) -> Result<Vec<GroupMembers>, database::Error>;

    /// The names of these groups, in no particular order; unknown ids are left out.
    async fn names(&self, scope: &TenantScope, ids: &[GroupId]) -> Result<Vec<(GroupId, String)>, database::Error> {
        let _ = (scope, ids);
        Ok(Vec::new())
    }
}

/// Where nobody makes groups.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGroups;

#[async_trait]
impl Groups for NoGroups {
    async fn groups(&self, _: &TenantScope) -> Result<Vec<GroupMembers>, database::Error> {
        Ok(Vec::new())
    }

    async fn groups_within(&self, _: &mut Tx, _: &TenantScope) -> Result<Vec<GroupMembers>, database::Error> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_inherit() {
        for (lower, higher) in [(Role::Guest, Role::Member), (Role::Member, Role::Admin), (Role::Admin, Role::Owner)] {
            assert!(higher.permissions().covers(lower.permissions()));
        }
        assert!(!Role::Guest.grants(Permission::WriteChat));
        assert!(!Role::Member.grants(Permission::ManageMembers));
    }
}
