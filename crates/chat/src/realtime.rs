//! What a person's open tabs are told.

use bytes::Bytes;
use kernel::ConversationId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Conversation, Run};

/// An event for open tabs, as the `data:` of a server-sent event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum ChatEvent<'a> {
    #[serde(rename = "conversation.created")]
    ConversationCreated { conversation: &'a Conversation },
    #[serde(rename = "conversation.updated")]
    ConversationUpdated { conversation: &'a Conversation },
    #[serde(rename = "conversation.deleted")]
    ConversationDeleted { conversation_id: ConversationId },
    #[serde(rename = "run.started")]
    RunStarted { run: &'a Run },
    #[serde(rename = "run.finished")]
    RunFinished { run: &'a Run },
    /// The tab was too slow and missed events: read the state anew.
    #[serde(rename = "resync")]
    Resync,
}

impl ChatEvent<'_> {
    pub(crate) fn frame(&self) -> Bytes {
        // Serialising our own types into memory can't fail.
        web::sse::frame(None, &serde_json::to_string(self).unwrap_or_default())
    }
}
