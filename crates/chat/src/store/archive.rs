//! A workspace's conversations and files, for its archive: the owner's own, or, where the operator lets it,
//! everybody's.

use contracts::{archive::Archived, archived};
use database::{Db, Error, Json, params};
use kernel::{ConversationId, FileId, MessageId, RunId, TenantScope, Timestamp, UsageId, UserId};
use serde_json::Value;

archived! {
    somebodys Conversation in "conversations" of ["conversations"] after [id: ConversationId] {
        id: ConversationId, user_id: UserId, title: Option<String>, model: Option<String>,
        system_prompt: Option<String>, parameters: Json<Value>, pinned: bool, archived: bool,
        active_message_id: Option<MessageId>, created_at: Timestamp, updated_at: Timestamp,
        deleted_at: Option<Timestamp>,
    }
    "SELECT id, user_id, title, model, system_prompt, parameters, pinned, archived, active_message_id, created_at,
            updated_at, deleted_at
     FROM conversations
     WHERE workspace_id = $1 AND id > $2 AND (user_id = $4 OR CAST($5 AS BOOLEAN)) ORDER BY id LIMIT $3"
}

archived! {
    somebodys Message in "messages" of ["messages"] after [id: MessageId] {
        id: MessageId, conversation_id: ConversationId, parent_id: Option<MessageId>, role: String,
        parts: Json<Value>, created_at: Timestamp,
    }
    "SELECT m.id, m.conversation_id, m.parent_id, m.role, m.parts, m.created_at
     FROM messages m JOIN conversations c ON c.id = m.conversation_id
     WHERE m.workspace_id = $1 AND m.id > $2 AND (c.user_id = $4 OR CAST($5 AS BOOLEAN)) ORDER BY m.id LIMIT $3"
}

archived! {
    somebodys Run in "runs" of ["runs"] after [id: RunId] {
        id: RunId, conversation_id: ConversationId, message_id: MessageId, user_message_id: Option<MessageId>,
        status: String, requested_model: String, model: String, prices: Option<Json<Value>>,
        finish_reason: Option<String>, error_code: Option<String>, error_message: Option<String>, usage_id: UsageId,
        input_tokens: Option<i64>, cached_input_tokens: Option<i64>, cache_write_tokens: Option<i64>,
        output_tokens: Option<i64>, reasoning_tokens: Option<i64>, cost_nano: Option<i64>, estimated: Option<bool>,
        price_version: Option<String>, guardrails: Option<Json<Value>>, started_at: Timestamp,
        finished_at: Option<Timestamp>, first_token_ms: Option<i64>,
    }
    "SELECT r.id, r.conversation_id, r.message_id, r.user_message_id, r.status, r.requested_model, r.model, r.prices,
            r.finish_reason, r.error_code, r.error_message, r.usage_id, r.input_tokens, r.cached_input_tokens,
            r.cache_write_tokens, r.output_tokens, r.reasoning_tokens, r.cost_nano, r.estimated, r.price_version,
            r.guardrails, r.started_at, r.finished_at, r.first_token_ms
     FROM runs r JOIN conversations c ON c.id = r.conversation_id
     WHERE r.workspace_id = $1 AND r.id > $2 AND (c.user_id = $4 OR CAST($5 AS BOOLEAN)) ORDER BY r.id LIMIT $3"
}

archived! {
    somebodys Attachment in "attachments" of ["message_files"] after [message_id: MessageId, file_id: FileId] {
        message_id: MessageId, file_id: FileId,
    }
    "SELECT a.message_id, a.file_id FROM message_files a JOIN files f ON f.id = a.file_id
     WHERE a.workspace_id = $1 AND (a.message_id, a.file_id) > ($2, $3)
       AND (f.user_id = $5 OR CAST($6 AS BOOLEAN)) ORDER BY a.message_id, a.file_id LIMIT $4"
}

archived! {
    somebodys File in "files" of ["files"] after [id: FileId] {
        id: FileId, user_id: UserId, name: String, media_type: String, size: i64, width: Option<i64>,
        height: Option<i64>, created_at: Timestamp,
    }
    "SELECT id, user_id, name, media_type, size, width, height, created_at FROM files
     WHERE workspace_id = $1 AND id > $2 AND (user_id = $4 OR CAST($5 AS BOOLEAN)) ORDER BY id LIMIT $3"
}

/// The file after `after`, with its name and its bytes.
pub(crate) async fn content(
    db: &Db,
    scope: &TenantScope,
    of: &Archived,
    after: FileId,
) -> Result<Option<(FileId, String, Vec<u8>)>, Error> {
    db.optional(
        scope,
        "SELECT id, name, content FROM files
         WHERE workspace_id = $1 AND id > $2 AND (user_id = $3 OR CAST($4 AS BOOLEAN)) ORDER BY id LIMIT 1",
        params![scope.workspace(), after, of.owner, of.everybodys],
    )
    .await
}
