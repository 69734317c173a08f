//! The table `conversations`.

use database::{Db, Error, FromRow, Json, Platform, Row, Statement, Tx, like_containing, params};
use kernel::{ConversationId, MessageId, TenantScope, Timestamp, UserId};

use super::{decode, json};
use crate::{
    Admitted,
    model::{Conversation, ConversationAccess, Run},
};

impl FromRow for Conversation {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            owner_id: row.next()?,
            owner_name: None,
            access: access(row.next()?)?,
            shared: row.next()?,
            title: row.next()?,
            model: row.next()?,
            system_prompt: row.next()?,
            parameters: row.next::<Json<_>>()?.0,
            pinned: row.next()?,
            archived: row.next()?,
            active_message_id: row.next()?,
            active_run_id: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

fn access(level: i64) -> Result<ConversationAccess, Error> {
    ConversationAccess::from_level(level).ok_or_else(|| decode("level", format!("`{level}` is no access")))
}

/// The columns of a [`Conversation`] as $2 sees it. Whoever may not see it at all, as a run's person who has lost
/// their access since, is shown it as one who may view: nothing is told to them by it.
macro_rules! conversation_columns {
    () => {
        "id, user_id,
             CASE WHEN conversations.user_id = $2 THEN 3 ELSE COALESCE((SELECT max(a.level) FROM access_by_share a
                 WHERE a.workspace_id = conversations.workspace_id AND a.resource_type = 'conversation'
                     AND a.resource_id = conversations.id AND a.user_id = $2), 1) END,
             EXISTS (SELECT 1 FROM shares s WHERE s.workspace_id = conversations.workspace_id
                 AND s.resource_type = 'conversation' AND s.resource_id = conversations.id),
             title, model, system_prompt, parameters, pinned, archived, active_message_id,
             (SELECT r.id FROM runs r WHERE r.conversation_id = conversations.id AND r.finished_at IS NULL),
             created_at, updated_at"
    };
}

/// Whether $2 may see the conversation: it is theirs, or shared with them.
macro_rules! may_view {
    () => {
        "(conversations.user_id = $2 OR EXISTS (SELECT 1 FROM access_by_share a
             WHERE a.workspace_id = conversations.workspace_id AND a.resource_type = 'conversation'
                 AND a.resource_id = conversations.id AND a.user_id = $2))"
    };
}

/// Whether $2 may write into it.
macro_rules! may_edit {
    () => {
        "(conversations.user_id = $2 OR EXISTS (SELECT 1 FROM access_by_share a
             WHERE a.workspace_id = conversations.workspace_id AND a.resource_type = 'conversation'
                 AND a.resource_id = conversations.id AND a.user_id = $2 AND a.level = 2))"
    };
}

pub(crate) async fn insert(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    conversation: &Conversation,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO conversations (id, workspace_id, user_id, title, title_folded, model, system_prompt,
             parameters, pinned, archived, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, FALSE, $9, $9)",
        params![
            conversation.id,
            scope.workspace(),
            user,
            conversation.title.as_deref(),
            conversation.title.as_deref().map(str::to_lowercase),
            conversation.model.as_deref(),
            conversation.system_prompt.as_deref(),
            json(&conversation.parameters)?,
            conversation.created_at
        ],
    )
    .await
    .map(drop)
}

/// Somebody's own, or one that is shared with them.
pub(crate) async fn find(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    id: ConversationId,
) -> Result<Option<Conversation>, Error> {
    db.optional(
        scope,
        concat!(
            "SELECT ",
            conversation_columns!(),
            " FROM conversations WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL AND ",
            may_view!()
        ),
        params![scope.workspace(), user, id],
    )
    .await
}

/// The instructions of a conversation that a run belongs to.
pub(crate) async fn system_prompt(db: &Db, scope: &TenantScope, of: Admitted) -> Result<Option<String>, Error> {
    let found: Option<(Option<String>,)> = db
        .optional(
            scope,
            "SELECT system_prompt FROM conversations WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL",
            params![scope.workspace(), of.conversation()],
        )
        .await?;
    Ok(found.and_then(|(text,)| text))
}

/// Which conversations to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub archived: bool,
    pub pinned: Option<bool>,
    /// A part of the title, in lower case.
    pub title: Option<String>,
    pub before: Option<(Timestamp, ConversationId)>,
}

/// Somebody's own, the newest activity first; `limit` rows.
pub(crate) async fn list(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Conversation>, Error> {
    let pattern = filter.title.as_deref().map(like_containing);
    db.all(
        scope,
        concat!(
            "SELECT ",
            conversation_columns!(),
            r" FROM conversations
         WHERE workspace_id = $1 AND user_id = $2 AND deleted_at IS NULL AND archived = $3
             AND (CAST($4 AS BOOLEAN) IS NULL OR pinned = $4)
             AND (CAST($5 AS TEXT) IS NULL OR title_folded LIKE $5 ESCAPE '\')
             AND (CAST($6 AS BIGINT) IS NULL OR (updated_at, id) < ($6, $7))
         ORDER BY conversations.updated_at DESC, conversations.id DESC
         LIMIT $8"
        ),
        params![
            scope.workspace(),
            user,
            filter.archived,
            filter.pinned,
            pattern,
            filter.before.map(|(time, _)| time),
            filter.before.map(|(_, id)| id),
            limit
        ],
    )
    .await
}

/// Those of others that are shared with somebody, in the same order. Whether their owners have pinned or archived
/// them is the owners' own.
pub(crate) async fn shared_with(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Conversation>, Error> {
    let pattern = filter.title.as_deref().map(like_containing);
    db.all(
        scope,
        concat!(
            "SELECT ",
            conversation_columns!(),
            r" FROM conversations
         WHERE workspace_id = $1 AND user_id <> $2 AND deleted_at IS NULL
             AND id IN (SELECT a.resource_id FROM access_by_share a
                 WHERE a.workspace_id = $1 AND a.resource_type = 'conversation' AND a.user_id = $2)
             AND (CAST($3 AS TEXT) IS NULL OR title_folded LIKE $3 ESCAPE '\')
             AND (CAST($4 AS BIGINT) IS NULL OR (updated_at, id) < ($4, $5))
         ORDER BY conversations.updated_at DESC, conversations.id DESC
         LIMIT $6"
        ),
        params![
            scope.workspace(),
            user,
            pattern,
            filter.before.map(|(time, _)| time),
            filter.before.map(|(_, id)| id),
            limit
        ],
    )
    .await
}

/// What to change; a field that is none stays.
#[allow(clippy::option_option, reason = "to set nothing and to leave it differ")]
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    pub title: Option<String>,
    pub pinned: Option<bool>,
    pub archived: Option<bool>,
    pub model: Option<Option<String>>,
    pub system_prompt: Option<Option<String>>,
    pub parameters: Option<contracts::providers::Parameters>,
}

pub(crate) async fn update(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    id: ConversationId,
    changes: Changes,
) -> Result<Option<Conversation>, Error> {
    let folded = changes.title.as_deref().map(str::to_lowercase);
    tx.optional(
        concat!(
            "UPDATE conversations
         SET title = COALESCE($4, title), title_folded = COALESCE($5, title_folded),
             pinned = CASE WHEN user_id = $2 THEN COALESCE($6, pinned) ELSE pinned END,
             archived = CASE WHEN user_id = $2 THEN COALESCE($7, archived) ELSE archived END,
             model = CASE WHEN $8 THEN $9 ELSE model END,
             system_prompt = CASE WHEN $10 THEN $11 ELSE system_prompt END,
             parameters = COALESCE($12, parameters)
         WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL AND ",
            may_edit!(),
            " RETURNING ",
            conversation_columns!()
        ),
        params![
            scope.workspace(),
            user,
            id,
            changes.title,
            folded,
            changes.pinned,
            changes.archived,
            changes.model.is_some(),
            changes.model.flatten(),
            changes.system_prompt.is_some(),
            changes.system_prompt.flatten(),
            changes.parameters.as_ref().map(json).transpose()?
        ],
    )
    .await
}

/// Shows the branch that ends at `leaf`.
pub(crate) async fn show_branch(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    id: ConversationId,
    leaf: MessageId,
) -> Result<Option<Conversation>, Error> {
    tx.optional(
        concat!(
            "UPDATE conversations SET active_message_id = $4
         WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL AND ",
            may_edit!(),
            " RETURNING ",
            conversation_columns!()
        ),
        params![scope.workspace(), user, id, leaf],
    )
    .await
}

/// A run begins: its message is the leaf shown, its model the one to use next. It changes nothing if whoever asks may
/// not write here any more.
pub(crate) fn begin_run(scope: &TenantScope, user: UserId, run: &Run) -> Statement {
    (
        concat!(
            "UPDATE conversations SET active_message_id = $4, model = $5, updated_at = $6
         WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL AND ",
            may_edit!()
        ),
        params![scope.workspace(), user, run.conversation_id, run.message_id, run.model.as_str(), run.started_at],
    )
}

/// A run has ended. None: the conversation was deleted meanwhile.
pub(crate) async fn end_run(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    id: ConversationId,
    now: Timestamp,
) -> Result<Option<Conversation>, Error> {
    tx.optional(
        concat!(
            "UPDATE conversations SET updated_at = $4
         WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL
         RETURNING ",
            conversation_columns!()
        ),
        params![scope.workspace(), user, id, now],
    )
    .await
}

/// Gives a title to a conversation that has none: what a person chose stays.
pub(crate) async fn set_missing_title(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    id: ConversationId,
    title: &str,
) -> Result<Option<Conversation>, Error> {
    tx.optional(
        concat!(
            "UPDATE conversations SET title = $4, title_folded = $5
         WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL AND title IS NULL
         RETURNING ",
            conversation_columns!()
        ),
        params![scope.workspace(), user, id, title, title.to_lowercase()],
    )
    .await
}

/// Moves somebody's own conversation to the bin (`Some`) or back (`None`). False: it is not there.
pub(crate) async fn set_deleted(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    id: ConversationId,
    deleted_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE conversations SET deleted_at = $4
             WHERE workspace_id = $1 AND user_id = $2 AND id = $3
                 AND (CAST($4 AS BIGINT) IS NULL OR deleted_at IS NULL)",
            params![scope.workspace(), user, id, deleted_at],
        )
        .await?;
    Ok(changed == 1)
}

/// Deletes what was put into the bin of any workspace before `horizon`: retention is the platform's.
pub(crate) async fn purge(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM conversations WHERE deleted_at IS NOT NULL AND deleted_at < $1", params![horizon])
        .await
}
