//! A copy of one's own of a conversation that one may see.

use std::time::Duration;

use kernel::{ConversationId, MessageId};

use super::Caller;
use crate::{
    Chat,
    error::ChatError,
    model::{Conversation, ConversationAccess},
    realtime::ChatEvent,
    store::{self, messages::NewMessage},
};

/// Messages that are read at once, and that a copy may have: the newest of a longer branch are taken.
const PAGE: u32 = 100;
const MOST: usize = 2000;

impl Chat {
    /// Copies the branch shown into a new conversation of the caller's, who may go on in it alone. An answer that is
    /// still being written is left out. Pictures are the same files: they go when whoever uploaded them goes.
    pub async fn copy_conversation(&self, caller: Caller, id: ConversationId) -> Result<Conversation, ChatError> {
        let engine = self.engine();
        let source = self.admit(caller, id, ConversationAccess::View).await?;
        let mut messages = Vec::new();
        let mut next = source.active_message_id;
        while let Some(from) = next.filter(|_| messages.len() < MOST) {
            let page = store::messages::branch(&engine.db, &caller.scope, source.admitted(), from, PAGE).await?;
            next = page.last().and_then(|oldest| oldest.parent_id);
            messages.extend(page);
        }
        messages.retain(|message| message.run.as_ref().is_none_or(|run| !run.status.is_active()));
        messages.reverse();

        let now = engine.env.now();
        let mut copy = Conversation {
            id: engine.env.id(),
            owner_id: caller.user,
            owner_name: None,
            access: ConversationAccess::Owner,
            shared: false,
            pinned: false,
            archived: false,
            active_message_id: None,
            active_run_id: None,
            created_at: now,
            updated_at: now,
            ..source
        };
        let mut writes = Vec::with_capacity(messages.len() * 2);
        let (mut parent, mut at): (Option<MessageId>, _) = (None, now);
        for message in &messages {
            let new = NewMessage {
                id: engine.env.id(),
                conversation: copy.id,
                parent,
                role: message.role,
                parts: &message.parts,
                // One after the other, so that time tells which is the leaf.
                created_at: at,
            };
            writes.push(store::messages::insert(&caller.scope, caller.user, None, &new)?);
            writes.push(store::messages::copy_files(&caller.scope, message.id, new.id));
            (parent, at) = (Some(new.id), at + Duration::from_micros(1));
        }
        copy.active_message_id = parent;
        let mut tx = engine.db.begin(caller.scope).await?;
        store::conversations::insert(&mut tx, &caller.scope, caller.user, &copy).await?;
        if !writes.is_empty() {
            tx.execute_batch(writes).await?;
        }
        if let Some(leaf) = parent {
            store::conversations::show_branch(&mut tx, &caller.scope, caller.user, copy.id, leaf).await?;
        }
        self.append_event(&mut tx, caller, "conversation.created", copy.id, &copy).await?;
        tx.commit().await?;
        engine.tell(&caller.scope, &copy, |seen| ChatEvent::ConversationCreated { conversation: seen }.frame()).await;
        Ok(copy)
    }
}
