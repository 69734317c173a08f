//! What the chat keeps of a person.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::{PersonalData, personal::PersonalPage};
use database::{Db, Tx};
use kernel::{ConversationId, FileId, MessageId, UserId};
use serde_json::json;
use uuid::Uuid;

use crate::{Chat, store::personal};

/// Conversations of a page: each may be long.
const CONVERSATIONS: i64 = 5;
/// Messages of a page.
const MESSAGES: i64 = 50;

struct Conversations(Db);
struct Elsewhere(Db);
struct Files(Db);

impl Chat {
    /// A person's conversations, what they wrote in those of others, files and shares.
    pub fn personal_data(&self) -> Vec<std::sync::Arc<dyn PersonalData>> {
        let db = &self.engine().db;
        vec![
            std::sync::Arc::new(Conversations(db.clone())),
            std::sync::Arc::new(Elsewhere(db.clone())),
            std::sync::Arc::new(Files(db.clone())),
            std::sync::Arc::new(sharing::Shares::new(db.clone())),
        ]
    }
}

#[async_trait]
impl PersonalData for Conversations {
    fn name(&self) -> &'static str {
        "conversations"
    }

    async fn page(&self, user: UserId, after: Option<&str>) -> Result<PersonalPage, database::Error> {
        let after = after.and_then(|id| id.parse().ok()).unwrap_or(ConversationId::from_uuid(Uuid::nil()));
        let found = personal::conversations(&self.0, user, after, CONVERSATIONS).await?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count == CONVERSATIONS);
        let next = found.last().filter(|_| more).map(|last| last.id.to_string());
        let mut items = Vec::with_capacity(found.len());
        for conversation in found {
            let messages: Vec<_> = personal::messages(&self.0, conversation.id)
                .await?
                .into_iter()
                .map(|message| {
                    json!({
                        "id": message.id, "parent_id": message.parent, "author_id": message.author,
                        "role": message.role, "parts": message.parts, "created_at": message.created_at,
                    })
                })
                .collect();
            items.push(json!({
                "id": conversation.id, "workspace_id": conversation.workspace, "title": conversation.title,
                "model": conversation.model, "system_prompt": conversation.system_prompt,
                "created_at": conversation.created_at, "updated_at": conversation.updated_at,
                "deleted_at": conversation.deleted_at, "messages": messages,
            }));
        }
        Ok(PersonalPage { items, next })
    }

    async fn erase(&self, tx: &mut Tx, user: UserId) -> Result<(), database::Error> {
        personal::erase_conversations(tx, user).await
    }
}

#[async_trait]
impl PersonalData for Elsewhere {
    fn name(&self) -> &'static str {
        "messages_in_shared_conversations"
    }

    async fn page(&self, user: UserId, after: Option<&str>) -> Result<PersonalPage, database::Error> {
        let after = after.and_then(|id| id.parse().ok()).unwrap_or(MessageId::from_uuid(Uuid::nil()));
        let found = personal::written_elsewhere(&self.0, user, after, MESSAGES).await?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count == MESSAGES);
        let next = found.last().filter(|_| more).map(|(_, _, last)| last.id.to_string());
        let items = found
            .into_iter()
            .map(|(workspace, conversation, message)| {
                json!({
                    "id": message.id, "workspace_id": workspace, "conversation_id": conversation,
                    "parts": message.parts, "created_at": message.created_at,
                })
            })
            .collect();
        Ok(PersonalPage { items, next })
    }

    async fn erase(&self, _: &mut Tx, _: UserId) -> Result<(), database::Error> {
        // Their words go with their conversations.
        Ok(())
    }
}

#[async_trait]
impl PersonalData for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    async fn page(&self, user: UserId, after: Option<&str>) -> Result<PersonalPage, database::Error> {
        let after = after.and_then(|id| id.parse().ok()).unwrap_or(FileId::from_uuid(Uuid::nil()));
        let Some(file) = personal::file(&self.0, user, after).await? else { return Ok(PersonalPage::default()) };
        let item = json!({
            "id": file.id, "workspace_id": file.workspace, "name": file.name, "media_type": file.media_type,
            "created_at": file.created_at, "content_base64": STANDARD.encode(&file.content),
        });
        Ok(PersonalPage { items: vec![item], next: Some(file.id.to_string()) })
    }

    async fn erase(&self, tx: &mut Tx, user: UserId) -> Result<(), database::Error> {
        personal::erase_files(tx, user).await
    }
}
