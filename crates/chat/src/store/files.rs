//! The tables `files` and `message_files`.

use database::{Db, Error, Platform, Statement, from_row, params};
use kernel::{FileId, MessageId, TenantScope, Timestamp, UserId};

use crate::model::File;

from_row!(File { id, name, media_type, size, width, height, created_at });

pub(crate) async fn insert(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    file: &File,
    content: Vec<u8>,
) -> Result<(), Error> {
    db.execute(
        scope,
        "INSERT INTO files (id, workspace_id, user_id, name, media_type, size, width, height, content, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            file.id,
            scope.workspace(),
            user,
            file.name.as_str(),
            file.media_type.as_str(),
            file.size,
            file.width,
            file.height,
            content,
            file.created_at
        ],
    )
    .await
    .map(drop)
}

/// Which files somebody ($2) may see: their own, and those shown in conversations that they may see.
macro_rules! of_theirs {
    () => {
        " FROM files WHERE workspace_id = $1 AND id = $3 AND (user_id = $2 OR EXISTS (
             SELECT 1 FROM message_files x JOIN messages m ON m.id = x.message_id
                 JOIN conversations c ON c.id = m.conversation_id
             WHERE x.file_id = files.id AND c.deleted_at IS NULL
                 AND (c.user_id = $2 OR EXISTS (SELECT 1 FROM access_by_share a
                     WHERE a.workspace_id = c.workspace_id AND a.resource_type = 'conversation'
                         AND a.resource_id = c.id AND a.user_id = $2))))"
    };
}

pub(crate) async fn find(db: &Db, scope: &TenantScope, user: UserId, id: FileId) -> Result<Option<File>, Error> {
    db.optional(
        scope,
        concat!("SELECT id, name, media_type, size, width, height, created_at", of_theirs!()),
        params![scope.workspace(), user, id],
    )
    .await
}

/// A file's name, media type and bytes.
pub(crate) async fn content(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    id: FileId,
) -> Result<Option<(String, String, Vec<u8>)>, Error> {
    db.optional(scope, concat!("SELECT name, media_type, content", of_theirs!()), params![scope.workspace(), user, id])
        .await
}

/// Ties a file to a message that shows it.
pub(crate) fn attach(scope: &TenantScope, message: MessageId, file: FileId) -> Statement {
    (
        "INSERT INTO message_files (message_id, file_id, workspace_id) VALUES ($1, $2, $3)",
        params![message, file, scope.workspace()],
    )
}

/// Deletes files of any workspace, uploaded before `horizon`, that no message shows:
/// retention is the platform's.
pub(crate) async fn purge_unused(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(
        Platform,
        "DELETE FROM files WHERE created_at < $1 AND NOT EXISTS (
             SELECT 1 FROM message_files m WHERE m.file_id = files.id)",
        params![horizon],
    )
    .await
}
