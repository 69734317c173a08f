//! What is one person's over all workspaces: for their export, and for its end. In platform scope, as a person's
//! things lie in several tenants; the user id bounds each statement.

use database::{Db, Error, FromRow, Platform, Row, Tx, params};
use kernel::{ConversationId, FileId, MessageId, Timestamp, UserId, WorkspaceId};
use serde_json::Value;

pub(crate) struct Conversation {
    pub id: ConversationId,
    pub workspace: WorkspaceId,
    pub title: Option<String>,
    pub model: Option<String>,
    pub system_prompt: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}
database::from_row!(Conversation { id, workspace, title, model, system_prompt, created_at, updated_at, deleted_at });

/// In the order of their ids, after the given one.
pub(crate) async fn conversations(
    db: &Db,
    user: UserId,
    after: ConversationId,
    limit: i64,
) -> Result<Vec<Conversation>, Error> {
    db.all(
        Platform,
        "SELECT id, workspace_id, title, model, system_prompt, created_at, updated_at, deleted_at
         FROM conversations WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        params![user, after, limit],
    )
    .await
}

pub(crate) struct Message {
    pub id: MessageId,
    pub parent: Option<MessageId>,
    pub author: UserId,
    pub role: String,
    pub parts: Value,
    pub created_at: Timestamp,
}

impl FromRow for Message {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, parent, author, role) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let parts: String = row.next()?;
        // Kept as text; what can't be read is given as it stands.
        let parts = serde_json::from_str(&parts).unwrap_or(Value::String(parts));
        Ok(Self { id, parent, author, role, parts, created_at: row.next()? })
    }
}

/// All branches, the oldest first. Also what others have written in it: it is the person's conversation.
pub(crate) async fn messages(db: &Db, conversation: ConversationId) -> Result<Vec<Message>, Error> {
    db.all(
        Platform,
        "SELECT id, parent_id, user_id, role, parts, created_at FROM messages
         WHERE conversation_id = $1 ORDER BY created_at, id",
        params![conversation],
    )
    .await
}

pub(crate) struct File {
    pub id: FileId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub media_type: String,
    pub content: Vec<u8>,
    pub created_at: Timestamp,
}
database::from_row!(File { id, workspace, name, media_type, content, created_at });

pub(crate) async fn file(db: &Db, user: UserId, after: FileId) -> Result<Option<File>, Error> {
    db.optional(
        Platform,
        "SELECT id, workspace_id, name, media_type, content, created_at
         FROM files WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT 1",
        params![user, after],
    )
    .await
}

/// What the person has written in conversations of others, after the given message.
pub(crate) async fn written_elsewhere(
    db: &Db,
    user: UserId,
    after: MessageId,
    limit: i64,
) -> Result<Vec<(WorkspaceId, ConversationId, Message)>, Error> {
    let rows: Vec<Elsewhere> = db
        .all(
            Platform,
            "SELECT m.workspace_id, m.conversation_id, m.id, m.parent_id, m.user_id, m.role, m.parts, m.created_at
             FROM runs r JOIN messages m ON m.id = r.user_message_id JOIN conversations c ON c.id = m.conversation_id
             WHERE r.user_id = $1 AND m.user_id = $1 AND c.user_id <> $1 AND m.id > $2 ORDER BY m.id LIMIT $3",
            params![user, after, limit],
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.workspace, row.conversation, row.message)).collect())
}

struct Elsewhere {
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: Message,
}

impl FromRow for Elsewhere {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self { workspace: row.next()?, conversation: row.next()?, message: Message::from_row(row)? })
    }
}

/// Deletes the person's conversations, with messages and runs, of whomever; and the words that they have written in
/// conversations of others, whose trees stay whole.
pub(crate) async fn erase_conversations(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM run_journal WHERE run_id IN (
             SELECT r.id FROM runs r JOIN conversations c ON c.id = r.conversation_id WHERE c.user_id = $1)",
        params![user],
    )
    .await?;
    tx.execute("DELETE FROM conversations WHERE user_id = $1", params![user]).await?;
    tx.execute(
        "UPDATE messages SET parts = '[]', token_count = NULL, token_model = NULL
         WHERE user_id = $1 AND id IN (SELECT user_message_id FROM runs WHERE user_id = $1)",
        params![user],
    )
    .await?;
    Ok(())
}

pub(crate) async fn erase_files(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM files WHERE user_id = $1", params![user]).await?;
    Ok(())
}
