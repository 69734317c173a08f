//! The one place that answers what the caller may do with a conversation.
//!
//! What somebody may not see is not found; what they see and may not do is refused. To view is to read, to listen
//! and to make a copy of one's own; to edit, also to send, to stop, to rename and to choose the branch shown. The
//! rest is the owner's: to delete, to restore, to pin, to archive and to share.

use std::{collections::HashMap, time::Duration};

use futures_util::StreamExt;
use kernel::{ConversationId, RunId, UserId};

use super::Caller;
use crate::{
    Chat,
    engine::Frames,
    error::ChatError,
    model::{Conversation, ConversationAccess},
    store::{self, runs::RunRecord},
};

/// How long somebody who listens to an answer may go on after they have lost their access.
const RECHECK: Duration = Duration::from_secs(3);

impl Chat {
    /// The conversation, if the caller may do so much with it.
    pub(crate) async fn admit(
        &self,
        caller: Caller,
        id: ConversationId,
        access: ConversationAccess,
    ) -> Result<Conversation, ChatError> {
        let found = store::conversations::find(&self.engine().db, &caller.scope, caller.user, id).await?;
        let conversation = found.ok_or(ChatError::NotFound("conversation"))?;
        conversation.require(access)?;
        Ok(conversation)
    }

    /// A run, if the caller may do so much with its conversation.
    pub(crate) async fn admit_to_run(
        &self,
        caller: Caller,
        id: RunId,
        access: ConversationAccess,
    ) -> Result<(RunRecord, Conversation), ChatError> {
        let found = store::runs::find(&self.engine().db, &caller.scope, id).await?;
        let record = found.ok_or(ChatError::NotFound("run"))?;
        let conversation = self.admit(caller, record.run.conversation_id, access).await;
        let conversation = conversation.map_err(|error| match error {
            ChatError::NotFound(_) => ChatError::NotFound("run"),
            error => error,
        })?;
        Ok((record, conversation))
    }

    /// Ends the frames for a listener who is not the owner and whose access is taken away meanwhile.
    pub(crate) fn while_admitted(&self, caller: Caller, conversation: &Conversation, frames: Frames) -> Frames {
        if conversation.access == ConversationAccess::Owner {
            return frames;
        }
        let (engine, id) = (self.engine().clone(), conversation.id);
        let lost = async move {
            loop {
                tokio::time::sleep(RECHECK).await;
                let access = sharing::access_of(&engine.db, &caller.scope, caller.user, id.into()).await;
                if matches!(access, Ok(None)) {
                    return;
                }
            }
        };
        Box::pin(frames.take_until(Box::pin(lost)))
    }

    /// Conversations as the caller sees them, with the names of those whose they are.
    pub(crate) async fn shown(
        &self,
        caller: Caller,
        conversations: Vec<Conversation>,
    ) -> Result<Vec<Conversation>, ChatError> {
        let mut others: Vec<UserId> = conversations.iter().map(|conversation| conversation.owner_id).collect();
        others.retain(|owner| *owner != caller.user);
        others.sort_unstable();
        others.dedup();
        let names = self.names(&others).await?;
        Ok(conversations
            .into_iter()
            .map(|found| found.seen_with(found.access, names.get(&found.owner_id).map(String::as_str)))
            .collect())
    }

    /// The same of one.
    pub(crate) async fn shown_one(
        &self,
        caller: Caller,
        conversation: Conversation,
    ) -> Result<Conversation, ChatError> {
        let shown = self.shown(caller, vec![conversation]).await?.pop();
        shown.ok_or(ChatError::NotFound("conversation"))
    }

    async fn names(&self, ids: &[UserId]) -> Result<HashMap<UserId, String>, ChatError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let users = self.engine().people.users(ids).await?;
        Ok(users.into_iter().map(|user| (user.id, user.name)).collect())
    }
}
