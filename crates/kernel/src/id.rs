//! Typed ids: UUIDv7 inside, shown as [TypeID](https://github.com/jetify-com/typeid/tree/main/spec) 0.3
//! (`conv_01h455vb4pex5vsknk084sn02q`): a prefix and 26 digits of Crockford's base 32.

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in digits of 5 bits.
const DIGITS: usize = 26;

/// What an id is the id of. Its `PREFIX` stands before the underscore.
pub trait Prefix: 'static {
    const PREFIX: &'static str;
}

/// An id of one kind of thing. Ids of different kinds are different types.
pub struct Id<P>(Uuid, PhantomData<fn() -> P>);

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with `{expected}_` and has 26 characters after it")]
pub struct IdError {
    pub expected: &'static str,
}

impl<P> Id<P> {
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<P> Clone for Id<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Id<P> {}
impl<P> PartialEq for Id<P> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<P> Eq for Id<P> {}
impl<P> PartialOrd for Id<P> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<P> Ord for Id<P> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<P> Hash for Id<P> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<P: Prefix> fmt::Debug for Id<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<P: Prefix> fmt::Display for Id<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.as_u128();
        let mut digits = [0_u8; DIGITS];
        for (index, digit) in digits.iter_mut().enumerate() {
            let value = (bits >> (5 * (DIGITS - 1 - index))) & 0x1f;
            *digit = ALPHABET[usize::try_from(value).unwrap_or(0)];
        }
        write!(f, "{}_", P::PREFIX)?;
        digits.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl<P: Prefix> FromStr for Id<P> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { expected: P::PREFIX };
        let digits = text
            .strip_prefix(P::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .filter(|digits| digits.len() == DIGITS)
            .ok_or(error.clone())?;
        let mut bits = 0_u128;
        for (index, digit) in digits.bytes().enumerate() {
            let value = ALPHABET.iter().position(|candidate| *candidate == digit).ok_or(error.clone())?;
            // 26 digits hold 130 bits; an id has 128, so the first digit is at most 7.
            if index == 0 && value > 7 {
                return Err(error);
            }
            bits = (bits << 5) | value as u128;
        }
        Ok(Self::from_uuid(Uuid::from_u128(bits)))
    }
}

impl<P: Prefix> Serialize for Id<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, P: Prefix> Deserialize<'de> for Id<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<P: Prefix> utoipa::PartialSchema for Id<P> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", P::PREFIX)))
            .examples([format!("{}_01h455vb4pex5vsknk084sn02q", P::PREFIX)])
            .into()
    }
}

impl<P: Prefix> utoipa::ToSchema for Id<P> {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Owned(format!("{}_id", P::PREFIX))
    }
}

/// Declares kinds of ids: `UserId = User ("user")` makes the kind `kind::User` and the alias `UserId`.
macro_rules! ids {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident ($prefix:literal);)*) => {
        /// The kinds of things that have an id.
        pub mod kind {
            $(pub enum $kind {}
            impl super::Prefix for $kind { const PREFIX: &'static str = $prefix; })*
        }
        $($(#[$doc])* pub type $alias = Id<kind::$kind>;)*
    };
}

ids! {
    UserId = User("user");
    WorkspaceId = Workspace("ws");
    SessionId = Session("sess");
    /// An account elsewhere that a user signs in with.
    IdentityId = Identity("ident");
    ConversationId = Conversation("conv");
    MessageId = Message("msg");
    RunId = Run("run");
    FileId = File("file");
    /// Names a usage entry. Recording the same one twice counts once.
    UsageId = Usage("use");
    /// An event in the outbox.
    EventId = Event("evt");
    /// An API key; not its secret.
    ApiKeyId = ApiKey("key");
    BudgetId = Budget("budget");
    /// Some of a workspace's members.
    GroupId = Group("grp");
    /// A role that a workspace has made for itself.
    RoleId = Role("role");
    /// A way into a workspace; not its secret.
    InvitationId = Invitation("inv");
    /// What a guardrail did in one call.
    DecisionId = Decision("gd");
    /// A model name of a workspace's own.
    RouteId = Route("route");
    /// A provider's key and address that a workspace has brought.
    ConnectionId = Connection("pc");
    /// A public key of a person's authenticator.
    PasskeyId = Passkey("passkey");
    /// An entry of the audit log.
    AuditId = Audit("aud");
    /// Work that is done later.
    JobId = Job("job");
    /// A letter on its way out.
    MailId = Mail("mail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_the_specification() {
        let uuid: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let id = ConversationId::from_uuid(uuid);
        assert_eq!(id.to_string(), "conv_01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in [
            "",
            "conv_",
            "conv_01h455vb4pex5vsknk084sn02",
            "user_01h455vb4pex5vsknk084sn02q",
            "conv_81h455vb4pex5vsknk084sn02q",
            "conv_01H455VB4PEX5VSKNK084SN02Q",
            "conv_01h455vb4pex5vsknk084sn02é",
        ] {
            assert!(text.parse::<ConversationId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(bits: u128) {
            let id = MessageId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<MessageId>().unwrap(), id);
        }
    }
}
