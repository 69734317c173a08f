//! Roles, who holds them, and why somebody may do something.

use contracts::tenancy::{CustomRole, Permission, Permissions, Role, RoleChoice};
use kernel::{GroupId, RoleId, Timestamp, UserId};
use serde::Serialize;
use serde_json::{Value, json};

/// A role as somebody holds it: built in, or of the workspace's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The built-in role, or the one that a custom one is based on; guest for none.
    pub role: Role,
    pub custom: Option<CustomRole>,
    /// Whose permissions it has; none: those alone that it lists.
    pub base: Option<Role>,
    /// All that it allows, inherited ones included.
    pub permissions: Permissions,
}

impl HeldRole {
    pub fn built_in(role: Role) -> Self {
        Self { role, custom: None, base: Some(role), permissions: role.permissions() }
    }

    /// What is the owners' alone is in none.
    pub fn custom(custom: CustomRole, base: Option<Role>, listed: Permissions) -> Self {
        let base = base.map(|base| base.min(Role::Admin));
        let inherited = base.map(Role::permissions).unwrap_or_default();
        let permissions = inherited.union(listed).iter().filter(|permission| permission.is_grantable()).collect();
        Self { role: base.unwrap_or(Role::Guest), custom: Some(custom), base, permissions }
    }

    pub fn custom_id(&self) -> Option<RoleId> {
        self.custom.as_ref().map(|custom| custom.id)
    }

    pub fn choice(&self) -> RoleChoice {
        self.custom_id().map_or(RoleChoice::BuiltIn(self.role), RoleChoice::Custom)
    }

    pub fn name(&self) -> &str {
        self.custom.as_ref().map_or(self.role.as_str(), |custom| &custom.name)
    }

    /// For the audit log.
    pub fn told(&self) -> Value {
        match &self.custom {
            None => json!({ "role": self.role }),
            Some(custom) => json!({ "role": custom.id, "role_name": custom.name }),
        }
    }

    /// The built-in role that a permission of it comes from; none: the role has it by itself.
    fn inherited_from(&self, permission: Permission) -> Option<Role> {
        let lowest = permission.lowest_role();
        let inherits = self.base.is_some_and(|base| base.grants(permission));
        (inherits && (self.custom.is_some() || lowest != self.role)).then_some(lowest)
    }
}

/// A role that a group gives to whoever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupGrant {
    pub group: GroupId,
    pub name: String,
    pub role: HeldRole,
}

/// What a member may do, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub own: HeldRole,
    /// By the groups' names.
    pub grants: Vec<GroupGrant>,
}

impl Standing {
    /// By the own role and by the groups'.
    pub fn permissions(&self) -> Permissions {
        self.grants.iter().fold(self.own.permissions, |all, grant| all.union(grant.role.permissions))
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions().contains(permission)
    }

    /// Each permission with all that grants it.
    pub(crate) fn explain(&self) -> Vec<ExplainedPermission> {
        let source = |role: &HeldRole, group: Option<&GroupGrant>, permission| PermissionSource {
            role: role.choice(),
            role_name: role.name().to_owned(),
            inherited_from: role.inherited_from(permission),
            group: group.map(|grant| SourceGroup { id: grant.group, name: grant.name.clone() }),
        };
        let explained = |permission| {
            let own = self.own.permissions.contains(permission).then(|| source(&self.own, None, permission));
            let grants = self.grants.iter().filter(|grant| grant.role.permissions.contains(permission));
            let grants = grants.map(|grant| source(&grant.role, Some(grant), permission));
            ExplainedPermission { permission, sources: own.into_iter().chain(grants).collect() }
        };
        self.permissions().iter().map(explained).collect()
    }
}

/// A role of a workspace's own as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRole {
    pub id: RoleId,
    pub name: String,
    pub description: String,
    pub base: Option<Role>,
    /// Beyond what the base has.
    pub listed: Permissions,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl StoredRole {
    pub fn held(&self) -> HeldRole {
        HeldRole::custom(CustomRole { id: self.id, name: self.name.clone() }, self.base, self.listed)
    }

    /// For the audit log.
    pub fn told(&self) -> Value {
        json!({ "name": self.name, "description": self.description, "base": self.base, "permissions": self.listed })
    }
}

/// How many have a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleUse {
    pub role: RoleChoice,
    pub members: i64,
    pub groups: i64,
}

/// A role to make.
#[derive(Debug, Clone)]
pub struct NewRole {
    pub name: String,
    pub description: String,
    /// At most an administrator.
    pub base: Option<Role>,
    pub permissions: Permissions,
}

/// What to change of a role; absent fields stay as they are.
#[derive(Debug, Clone, Default)]
#[allow(clippy::option_option, reason = "absent, none and a role are three things")]
pub struct RoleChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    pub base: Option<Option<Role>>,
    pub permissions: Option<Permissions>,
}

/// A role that members and groups can be given: built in, or made by the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WorkspaceRole {
    pub id: RoleChoice,
    #[schema(example = "Budget keeper")]
    pub name: String,
    #[schema(example = "Sees what everybody spends, and sets budgets.")]
    pub description: String,
    /// Built-in ones can be neither changed nor deleted.
    pub built_in: bool,
    /// The built-in role whose permissions it has; null: none.
    #[schema(required)]
    pub base: Option<Role>,
    /// All that it allows, those of `base` included.
    #[schema(example = json!(["members.read", "budgets.read", "budgets.manage", "usage.read_all"]), value_type = Vec<Permission>)]
    pub permissions: Permissions,
    /// How many have it as their own.
    #[schema(example = 3)]
    pub members: i64,
    /// How many give it to whoever is in them.
    #[schema(example = 1)]
    pub groups: i64,
    /// Null: it is built in.
    #[schema(required)]
    pub created_at: Option<Timestamp>,
    #[schema(required)]
    pub updated_at: Option<Timestamp>,
}

/// What a member may do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MemberPermissions {
    pub user_id: UserId,
    /// In the order of the catalogue.
    pub permissions: Vec<ExplainedPermission>,
}

/// Something that a member may do, with all that grants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExplainedPermission {
    pub permission: Permission,
    /// The member's own role first, then groups by name. To take one away is not enough while there is another.
    pub sources: Vec<PermissionSource>,
}

/// What grants a permission: a role, by which way it came, and where the role has it from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PermissionSource {
    pub role: RoleChoice,
    #[schema(example = "Budget keeper")]
    pub role_name: String,
    /// The lowest built-in role that has it, from which the role has inherited it; null: the role has it by itself.
    #[schema(required)]
    pub inherited_from: Option<Role>,
    /// The group that gives the role; null: it is the member's own.
    #[schema(required)]
    pub group: Option<SourceGroup>,
}

/// A group that gives a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SourceGroup {
    pub id: GroupId,
    #[schema(example = "Research")]
    pub name: String,
}
