//! The proof that somebody was let into a conversation. Whatever reads its messages asks for one, and there are
//! two ways to get it: [`Conversation::admitted`], of one that the store found for somebody who may see it, and
//! [`Admitted::for_run`], for the server's own work on a run that has begun.

use kernel::ConversationId;

use crate::{
    error::ChatError,
    model::{Conversation, ConversationAccess},
    store::runs::RunRecord,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Admitted(ConversationId);

impl Admitted {
    pub const fn for_run(record: &RunRecord) -> Self {
        Self(record.run.conversation_id)
    }

    pub const fn conversation(self) -> ConversationId {
        self.0
    }
}

impl Conversation {
    pub(crate) const fn admitted(&self) -> Admitted {
        Admitted(self.id)
    }

    /// Refuses whoever may do less with it. They see it, so they are told.
    pub(crate) fn require(&self, access: ConversationAccess) -> Result<(), ChatError> {
        if self.access >= access { Ok(()) } else { Err(ChatError::NotAllowed(access)) }
    }

    /// The conversation as somebody with this access sees it: what its owner has pinned or archived is the owner's.
    pub(crate) fn seen_with(&self, access: ConversationAccess, owner_name: Option<&str>) -> Self {
        let own = access == ConversationAccess::Owner;
        Self {
            access,
            owner_name: owner_name.filter(|_| !own).map(str::to_owned),
            pinned: self.pinned && own,
            archived: self.archived && own,
            ..self.clone()
        }
    }
}
