//! What is shared, with whom, and how far.

use std::{borrow::Cow, fmt, str::FromStr};

use kernel::{ConversationId, GroupId, TenantScope, Timestamp, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;
use uuid::Uuid;

/// Shares that one resource may have. Whoever needs more makes a group.
pub const MOST: usize = 200;

/// What somebody may do with what is shared with them. To edit includes to view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ShareAccess)]
pub enum Access {
    View,
    Edit,
}

impl Access {
    pub const ALL: [Self; 2] = [Self::View, Self::Edit];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Edit => "edit",
        }
    }

    /// The access of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.as_str() == name)
    }

    /// What the column `level` of `access_by_share` says; none: no access.
    pub const fn from_level(level: i64) -> Option<Self> {
        match level {
            2 => Some(Self::Edit),
            1 => Some(Self::View),
            _ => None,
        }
    }
}

/// Something that can be shared. A kind of its own is a line here and one in each match below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    Conversation(ConversationId),
}

impl Resource {
    /// Its kind, as it stands in `resource_type`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Conversation(_) => "conversation",
        }
    }

    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Conversation(id) => id.uuid(),
        }
    }

    /// The one of this kind, as stored.
    pub(crate) fn named(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "conversation" => Some(Self::Conversation(ConversationId::from_uuid(id))),
            _ => None,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversation(id) => id.fmt(f),
        }
    }
}

impl From<ConversationId> for Resource {
    fn from(id: ConversationId) -> Self {
        Self::Conversation(id)
    }
}

/// With whom something is shared. As text: `workspace`, or the id of a user or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Everybody in the workspace but its guests.
    Workspace,
    User(UserId),
    Group(GroupId),
}

impl Subject {
    /// What stands in `subject_id`: unique in a resource, whatever it is.
    pub(crate) fn uuid(self, scope: &TenantScope) -> Uuid {
        match self {
            Self::Workspace => scope.workspace().uuid(),
            Self::User(id) => id.uuid(),
            Self::Group(id) => id.uuid(),
        }
    }

    pub(crate) const fn user(self) -> Option<UserId> {
        if let Self::User(id) = self { Some(id) } else { None }
    }

    pub(crate) const fn group(self) -> Option<GroupId> {
        if let Self::Group(id) = self { Some(id) } else { None }
    }
}

const WORKSPACE: &str = "workspace";

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace => f.write_str(WORKSPACE),
            Self::User(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
        }
    }
}

/// A text that names nobody something could be shared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `workspace`, or the id of a user or a group")]
pub struct SubjectError;

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        if text == WORKSPACE {
            return Ok(Self::Workspace);
        }
        let user = text.parse().map(Self::User);
        user.or_else(|_| text.parse().map(Self::Group)).map_err(|_| SubjectError)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for Subject {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("`workspace`, or the id of a user or a group"))
            .pattern(Some("^(workspace|(user|grp)_[0-7][0-9a-hjkmnp-tv-z]{25})$"))
            .examples(["user_01h455vb4pex5vsknk084sn02q"])
            .into()
    }
}
impl ToSchema for Subject {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ShareSubject")
    }
}

/// One of those that something is shared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub subject: Subject,
    pub access: Access,
    pub shared_by: UserId,
    pub created_at: Timestamp,
}

/// Why something was not shared.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// No such member or group is in the workspace.
    #[error("there is no such member or group in this workspace")]
    NoSubject,
    #[error("it is shared with {MOST} people and groups already; make a group instead")]
    TooMany,
    #[error(transparent)]
    Database(#[from] database::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_edit_is_more_than_to_view() {
        assert!(Access::Edit > Access::View);
        for access in Access::ALL {
            assert_eq!(Access::from_name(access.as_str()), Some(access));
        }
        assert_eq!(Access::from_level(0), None);
    }

    #[test]
    fn a_subject_is_its_text() {
        let user = UserId::from_uuid(Uuid::from_u128(7));
        let group = GroupId::from_uuid(Uuid::from_u128(7));
        for subject in [Subject::Workspace, Subject::User(user), Subject::Group(group)] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        for text in ["", "everybody", "conv_01h455vb4pex5vsknk084sn02q", "user_1"] {
            assert_eq!(text.parse::<Subject>(), Err(SubjectError), "{text}");
        }
    }
}
