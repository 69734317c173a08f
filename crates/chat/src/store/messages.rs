//! The table `messages`: a tree walked from a leaf towards the root, never read whole.

use database::{Db, Error, FromRow, Json, Row, Statement, Tx, params};
use kernel::{ConversationId, MessageId, RunId, TenantScope, Timestamp, UserId};
use uuid::Uuid;

use super::{decode, json, runs};
use crate::{
    Admitted,
    model::{Message, Part, Role},
};

/// A message before it is written.
pub(crate) struct NewMessage<'a> {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub parent: Option<MessageId>,
    pub role: Role,
    pub parts: &'a [Part],
    pub created_at: Timestamp,
}

/// What siblings share.
fn fork(conversation: ConversationId, parent: Option<MessageId>) -> Uuid {
    parent.map_or(conversation.uuid(), MessageId::uuid)
}

/// Writes an answer to come, with the message it answers before it if that is new.
pub(crate) fn insert(
    scope: &TenantScope,
    user: UserId,
    question: Option<&NewMessage<'_>>,
    answer: &NewMessage<'_>,
) -> Result<Statement, Error> {
    let mut values = params![scope.workspace(), answer.conversation, user];
    for message in question.into_iter().chain([answer]) {
        values.extend(params![
            message.id,
            message.parent,
            fork(message.conversation, message.parent),
            message.role.as_str(),
            json(&message.parts)?,
            message.created_at
        ]);
    }
    let sql = if question.is_some() {
        "INSERT INTO messages (workspace_id, conversation_id, user_id, id, parent_id, fork_id, role, parts, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9), ($1, $2, $3, $10, $11, $12, $13, $14, $15)"
    } else {
        "INSERT INTO messages (workspace_id, conversation_id, user_id, id, parent_id, fork_id, role, parts, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    };
    Ok((sql, values))
}

impl FromRow for Message {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            conversation_id: row.next()?,
            parent_id: row.next()?,
            author_id: row.next()?,
            role: role(row)?,
            parts: row.next::<Json<_>>()?.0,
            created_at: row.next()?,
            sibling_ids: Vec::new(),
            run: runs::read_optional(row)?,
        })
    }
}

fn role(row: &mut Row<'_>) -> Result<Role, Error> {
    match row.next::<String>()?.as_str() {
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        other => Err(decode("role", format!("`{other}` is no role"))),
    }
}

/// The messages from `from` towards the root, `from` first, `limit` at the most, with their
/// siblings. Empty: there is no such message in the conversation.
pub(crate) async fn branch(
    db: &Db,
    scope: &TenantScope,
    conversation: Admitted,
    from: MessageId,
    limit: u32,
) -> Result<Vec<Message>, Error> {
    let mut messages: Vec<Message> = db
        .all(
            scope,
            "WITH RECURSIVE branch (id, parent_id, depth) AS (
                 SELECT m.id, m.parent_id, 1 FROM messages m
                 WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.id = $3
                 UNION ALL
                 SELECT m.id, m.parent_id, branch.depth + 1 FROM branch JOIN messages m ON m.id = branch.parent_id
                 WHERE branch.depth < $4
             )
             SELECT m.id, m.conversation_id, m.parent_id, m.user_id, m.role, m.parts, m.created_at,
                 r.id, r.conversation_id, r.message_id, r.status, r.model, r.finish_reason, r.error_code,
                 r.error_message, r.input_tokens, r.cached_input_tokens, r.cache_write_tokens, r.output_tokens,
                 r.reasoning_tokens, r.cost_nano, r.estimated, r.price_version, r.started_at, r.finished_at,
                 r.first_token_ms, r.guardrails
             FROM branch JOIN messages m ON m.id = branch.id LEFT JOIN runs r ON r.message_id = m.id
             ORDER BY branch.depth",
            params![scope.workspace(), conversation.conversation(), from, limit],
        )
        .await?;
    let siblings: Vec<(Option<MessageId>, MessageId)> = db
        .all(
            scope,
            "WITH RECURSIVE branch (id, parent_id, fork_id, depth) AS (
                 SELECT m.id, m.parent_id, m.fork_id, 1 FROM messages m
                 WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.id = $3
                 UNION ALL
                 SELECT m.id, m.parent_id, m.fork_id, branch.depth + 1
                 FROM branch JOIN messages m ON m.id = branch.parent_id
                 WHERE branch.depth < $4
             )
             SELECT s.parent_id, s.id FROM branch JOIN messages s ON s.fork_id = branch.fork_id
             ORDER BY s.created_at, s.id",
            params![scope.workspace(), conversation.conversation(), from, limit],
        )
        .await?;
    // A branch has one message per fork, so the parent tells whose siblings they are.
    let mut by_parent = std::collections::HashMap::<Option<MessageId>, Vec<MessageId>>::new();
    for (parent, id) in siblings {
        by_parent.entry(parent).or_default().push(id);
    }
    for message in &mut messages {
        message.sibling_ids = by_parent.remove(&message.parent_id).unwrap_or_default();
    }
    Ok(messages)
}

/// The messages that share a parent, oldest first.
pub(crate) async fn siblings(
    db: &Db,
    scope: &TenantScope,
    conversation: Admitted,
    parent: Option<MessageId>,
) -> Result<Vec<MessageId>, Error> {
    let rows: Vec<(MessageId,)> = db
        .all(
            scope,
            "SELECT id FROM messages WHERE workspace_id = $1 AND conversation_id = $2 AND fork_id = $3
             ORDER BY created_at, id",
            params![scope.workspace(), conversation.conversation(), fork(conversation.conversation(), parent)],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The newest message of the branches through `id`: a leaf, as children are younger than parents.
pub(crate) async fn newest_leaf(
    tx: &mut Tx,
    scope: &TenantScope,
    conversation: Admitted,
    id: MessageId,
) -> Result<Option<MessageId>, Error> {
    let leaf: Option<(MessageId,)> = tx
        .optional(
            "WITH RECURSIVE below (id, created_at) AS (
                 SELECT m.id, m.created_at FROM messages m
                 WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.id = $3
                 UNION ALL
                 SELECT m.id, m.created_at FROM below JOIN messages m ON m.fork_id = below.id
             )
             SELECT id FROM below ORDER BY created_at DESC, id DESC LIMIT 1",
            params![scope.workspace(), conversation.conversation(), id],
        )
        .await?;
    Ok(leaf.map(|(id,)| id))
}

/// A message as context for a model.
pub(crate) struct ContextMessage {
    pub id: MessageId,
    pub parent: Option<MessageId>,
    pub role: Role,
    pub parts: Vec<Part>,
    pub token_count: Option<u64>,
    pub token_model: Option<String>,
}

impl FromRow for ContextMessage {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            parent: row.next()?,
            role: role(row)?,
            parts: row.next::<Json<_>>()?.0,
            token_count: row.next()?,
            token_model: row.next()?,
        })
    }
}

/// The messages from `from` towards the root, `limit` at the most, for a model to read.
pub(crate) async fn context(
    db: &Db,
    scope: &TenantScope,
    conversation: Admitted,
    from: MessageId,
    limit: u32,
) -> Result<Vec<ContextMessage>, Error> {
    db.all(
        scope,
        "WITH RECURSIVE branch (id, parent_id, depth) AS (
             SELECT m.id, m.parent_id, 1 FROM messages m
             WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.id = $3
             UNION ALL
             SELECT m.id, m.parent_id, branch.depth + 1 FROM branch JOIN messages m ON m.id = branch.parent_id
             WHERE branch.depth < $4
         )
         SELECT m.id, m.parent_id, m.role, m.parts, m.token_count, m.token_model
         FROM branch JOIN messages m ON m.id = branch.id
         ORDER BY branch.depth",
        params![scope.workspace(), conversation.conversation(), from, limit],
    )
    .await
}

/// How many messages there are from `from` to the root, both included.
pub(crate) async fn depth(db: &Db, scope: &TenantScope, conversation: Admitted, from: MessageId) -> Result<u64, Error> {
    let (depth,): (u64,) = db
        .one(
            scope,
            "WITH RECURSIVE branch (id, parent_id) AS (
                 SELECT m.id, m.parent_id FROM messages m
                 WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND m.id = $3
                 UNION ALL
                 SELECT m.id, m.parent_id FROM branch JOIN messages m ON m.id = branch.parent_id
             )
             SELECT count(*) FROM branch",
            params![scope.workspace(), conversation.conversation(), from],
        )
        .await?;
    Ok(depth)
}

/// Keeps the tokens counted for a model, so that they are not counted again.
pub(crate) async fn set_token_count(
    tx: &mut Tx,
    scope: &TenantScope,
    id: MessageId,
    model: &str,
    tokens: u64,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE messages SET token_count = $3, token_model = $4 WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id, i64::try_from(tokens).unwrap_or(i64::MAX), model],
    )
    .await
    .map(drop)
}

pub(crate) fn set_parts(scope: &TenantScope, id: MessageId, parts: &[Part]) -> Result<Statement, Error> {
    Ok((
        "UPDATE messages SET parts = $3 WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id, json(&parts)?],
    ))
}

/// A message by its id, with the siblings that it had when it was made.
pub(crate) async fn as_made(
    db: &Db,
    scope: &TenantScope,
    conversation: Admitted,
    id: MessageId,
) -> Result<Option<Message>, Error> {
    let Some(mut message) = branch(db, scope, conversation, id, 1).await?.pop() else {
        return Ok(None);
    };
    if let Some(own) = message.sibling_ids.iter().position(|sibling| *sibling == id) {
        message.sibling_ids.truncate(own + 1);
    }
    Ok(Some(message))
}

/// Parts of the message that a run writes, before they are folded: its notices.
pub(crate) async fn parts(db: &Db, scope: &TenantScope, run: RunId) -> Result<Vec<Part>, Error> {
    let row: Option<(Json<Vec<Part>>,)> = db
        .optional(
            scope,
            "SELECT m.parts FROM runs r JOIN messages m ON m.id = r.message_id
             WHERE r.workspace_id = $1 AND r.id = $2",
            params![scope.workspace(), run],
        )
        .await?;
    Ok(row.map(|(Json(parts),)| parts).unwrap_or_default())
}

/// Shows the files of a message in its copy too.
pub(crate) fn copy_files(scope: &TenantScope, from: MessageId, to: MessageId) -> Statement {
    (
        "INSERT INTO message_files (message_id, file_id, workspace_id)
         SELECT $3, f.file_id, f.workspace_id FROM message_files f WHERE f.workspace_id = $1 AND f.message_id = $2",
        params![scope.workspace(), from, to],
    )
}

/// Who has written in a conversation, or asked for an answer.
pub(crate) async fn authors(db: &Db, scope: &TenantScope, conversation: Admitted) -> Result<Vec<UserId>, Error> {
    let rows: Vec<(UserId,)> = db
        .all(
            scope,
            "SELECT DISTINCT user_id FROM messages WHERE workspace_id = $1 AND conversation_id = $2",
            params![scope.workspace(), conversation.conversation()],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
