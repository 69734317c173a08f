//! The branch shown: its messages, and which one it is.

use garde::Validate;
use kernel::{ConversationId, MessageId, Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Caller;
use crate::{
    Chat,
    error::ChatError,
    model::{Conversation, ConversationAccess, Message},
    realtime::ChatEvent,
    store,
};

/// The branch to show.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectBranch {
    /// Any message on the branch; its newest continuation is shown.
    #[garde(skip)]
    pub message_id: MessageId,
}

/// Where the next page of a branch begins: its newest message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageKey(pub MessageId);

impl Chat {
    /// The branch from `leaf` (the active one unless given) towards the root, the newest
    /// message first. Reads no more of the tree than it shows.
    pub async fn list_messages(
        &self,
        caller: Caller,
        id: ConversationId,
        leaf: Option<MessageId>,
        after: Option<MessageKey>,
        limit: u32,
    ) -> Result<Page<Message>, ChatError> {
        let conversation = self.admit(caller, id, ConversationAccess::View).await?;
        let from = after.map(|MessageKey(id)| id).or(leaf).or(conversation.active_message_id);
        let Some(from) = from else {
            return Ok(Page { data: Vec::new(), next_cursor: None });
        };
        let messages =
            store::messages::branch(&self.engine().db, &caller.scope, conversation.admitted(), from, limit).await?;
        let Some(oldest) = messages.last() else {
            return Err(ChatError::NotFound("message"));
        };
        let next_cursor = oldest.parent_id.map(|parent| web::cursor::encode(&MessageKey(parent)));
        Ok(Page { data: messages, next_cursor })
    }

    /// Shows the branch through a message, down to its newest leaf.
    pub async fn select_branch(
        &self,
        caller: Caller,
        id: ConversationId,
        through: MessageId,
    ) -> Result<Conversation, ChatError> {
        let Caller { scope, user, .. } = caller;
        let admitted = self.admit(caller, id, ConversationAccess::Edit).await?.admitted();
        let mut tx = self.engine().db.begin(scope).await?;
        let leaf = store::messages::newest_leaf(&mut tx, &scope, admitted, through)
            .await?
            .ok_or(ChatError::NotFound("message"))?;
        let conversation = store::conversations::show_branch(&mut tx, &scope, user, id, leaf)
            .await?
            .ok_or(ChatError::NotFound("conversation"))?;
        tx.commit().await?;
        let engine = self.engine();
        engine.tell(&scope, &conversation, |seen| ChatEvent::ConversationUpdated { conversation: seen }.frame()).await;
        self.shown_one(caller, conversation).await
    }
}
