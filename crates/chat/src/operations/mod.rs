//! What a person can do, one file per thing and verb.

mod access;
mod cancel_run;
mod conversations;
mod copy_conversation;
mod files;
mod listen;
mod messages;
mod personal;
mod share_conversation;
mod start_run;

use kernel::{ApiKeyId, TenantScope, UserId};

pub use conversations::{
    ConversationKey, ConversationQuery, ListConversations, NewConversation, Shared, UpdateConversation,
};
pub use files::{MAX_FILE, StoredFile};
pub use messages::{MessageKey, SelectBranch};
pub use share_conversation::ShareConversation;
pub use start_run::{NewMessage, StartRun, Started};

/// On whose behalf an operation works: on what is the caller's own, or shared with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub scope: TenantScope,
    pub user: UserId,
    /// The API key that they call with; none: a session.
    pub key: Option<ApiKeyId>,
}

impl<P> From<&web::Allowed<P>> for Caller {
    fn from(allowed: &web::Allowed<P>) -> Self {
        Self { scope: allowed.scope, user: allowed.user, key: allowed.key.as_ref().map(|key| key.id) }
    }
}

/// Tells `null` from an absent field: `Some(None)` and `None`.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A rule for texts that are shown on one line and kept in a TEXT column.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn one_line(text: &str, (): &()) -> garde::Result {
    if text.chars().any(char::is_control) {
        return Err(garde::Error::new("must not have control characters"));
    }
    if text.trim().is_empty() {
        return Err(garde::Error::new("must not be blank"));
    }
    Ok(())
}

/// The same where there may be none.
#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn optional_line(text: &Option<String>, context: &()) -> garde::Result {
    text.as_deref().map_or(Ok(()), |text| one_line(text, context))
}
