//! What somebody may do, as a set, and the roles that grant it.

use std::{fmt, str::FromStr};

use kernel::RoleId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::tenancy::{Permission, Role};

/// A set of permissions: as cheap to copy and to ask as a number.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Permissions(u64);

// Each permission has a bit.
const _: () = assert!(Permission::ALL.len() <= 64);

impl Permissions {
    pub const NONE: Self = Self(0);

    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Whether it has everything that `other` has.
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u64)
    }

    /// In the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }

    /// Those of these names; one that this version doesn't know grants nothing.
    pub fn from_names(names: &[String]) -> Self {
        names.iter().filter_map(|name| Permission::from_name(name)).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, permission) in self.iter().enumerate() {
            write!(f, "{}`{}`", if index == 0 { "" } else { ", " }, permission.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// A role by its name, if it is built in, or by its id, if the workspace has made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleChoice {
    BuiltIn(Role),
    Custom(RoleId),
}

impl From<Role> for RoleChoice {
    fn from(role: Role) -> Self {
        Self::BuiltIn(role)
    }
}

impl fmt::Display for RoleChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(role) => f.write_str(role.as_str()),
            Self::Custom(id) => fmt::Display::fmt(id, f),
        }
    }
}

impl FromStr for RoleChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Role::from_name(text) {
            Some(role) => Ok(Self::BuiltIn(role)),
            None => text.parse().map(Self::Custom).map_err(|_| "must be guest, member, admin, owner or a role's id"),
        }
    }
}

impl Serialize for RoleChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RoleChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for RoleChoice {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("`guest`, `member`, `admin` or `owner`, or the id of a role of the workspace's own"))
            .pattern(Some("^(guest|member|admin|owner|role_[0-7][0-9a-hjkmnp-tv-z]{25})$"))
            .examples(["member", "role_01h455vb4pex5vsknk084sn02q"])
            .into()
    }
}
impl utoipa::ToSchema for RoleChoice {}

/// A role that the workspace has made, as it stands beside whoever has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CustomRole {
    pub id: RoleId,
    #[schema(example = "Budget keeper")]
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let all: Permissions = Permission::ALL.iter().copied().collect();
        assert_eq!(all, Role::Owner.permissions());
        for permission in Permission::ALL {
            let alone = Permissions::NONE.with(*permission);
            assert!(alone.contains(*permission) && all.covers(alone) && !Permissions::NONE.covers(alone));
            assert_eq!(alone.iter().collect::<Vec<_>>(), [*permission]);
            assert!(!all.without(alone).contains(*permission));
            assert!(!all.without(alone).covers(all));
            assert_eq!(
                Permissions::from_names(&[permission.as_str().to_owned(), "of a later version".to_owned()]),
                alone
            );
        }
    }

    #[test]
    fn a_role_is_chosen_by_name_or_by_id() {
        for text in ["guest", "member", "admin", "owner", "role_01h455vb4pex5vsknk084sn02q"] {
            assert_eq!(text.parse::<RoleChoice>().unwrap().to_string(), text);
        }
        for text in ["", "Owner", "root", "grp_01h455vb4pex5vsknk084sn02q"] {
            assert!(text.parse::<RoleChoice>().is_err(), "{text}");
        }
    }
}
