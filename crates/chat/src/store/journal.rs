//! The table `run_journal`: appended in batches over all runs of the process.

use database::{Db, Error, Json, Platform, Statement, params};
use kernel::{RunId, TenantScope, Timestamp, WorkspaceId};

use crate::stream::Piece;

/// Pieces of one run, as they stand in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JournalRow {
    pub run: RunId,
    pub seq: i64,
    pub workspace: WorkspaceId,
    pub pieces: String,
}

/// Appends rows in one transaction. They belong to many workspaces, so the scope is the
/// platform's; each row carries its own. Durable against a crash of this process; PostgreSQL
/// does not wait for its disk.
pub(crate) async fn append(db: &Db, rows: &[JournalRow], now: Timestamp) -> Result<(), Error> {
    if let [row] = rows {
        let inserted = db.execute_relaxed(Platform, INSERT_ONE, one(row, now)).await;
        return inserted.map(drop);
    }
    let mut tx = db.begin_relaxed(Platform).await?;
    let (eights, rest) = rows.as_chunks::<8>();
    for rows in eights {
        tx.execute(INSERT_EIGHT, many(rows, now)).await?;
    }
    let (twos, rest) = rest.as_chunks::<2>();
    for rows in twos {
        tx.execute(INSERT_TWO, many(rows, now)).await?;
    }
    for row in rest {
        tx.execute(INSERT_ONE, one(row, now)).await?;
    }
    tx.commit().await
}

const INSERT_ONE: &str = "INSERT INTO run_journal (created_at, run_id, seq, workspace_id, pieces)
     VALUES ($1, $2, $3, $4, $5)";

const INSERT_TWO: &str = "INSERT INTO run_journal (created_at, run_id, seq, workspace_id, pieces)
     VALUES ($1, $2, $3, $4, $5), ($1, $6, $7, $8, $9)";

const INSERT_EIGHT: &str = "INSERT INTO run_journal (created_at, run_id, seq, workspace_id, pieces)
     VALUES ($1, $2, $3, $4, $5), ($1, $6, $7, $8, $9), ($1, $10, $11, $12, $13), ($1, $14, $15, $16, $17),
         ($1, $18, $19, $20, $21), ($1, $22, $23, $24, $25), ($1, $26, $27, $28, $29), ($1, $30, $31, $32, $33)";

fn one(row: &JournalRow, now: Timestamp) -> Vec<database::Value> {
    many(std::slice::from_ref(row), now)
}

fn many(rows: &[JournalRow], now: Timestamp) -> Vec<database::Value> {
    let mut values = Vec::with_capacity(1 + 4 * rows.len());
    values.push(now.into());
    for row in rows {
        values.extend(params![row.run, row.seq, row.workspace, row.pieces.as_str()]);
    }
    values
}

/// Entries of a run after `seq`, in order: sequence number, pieces, when written.
pub(crate) async fn after(
    db: &Db,
    scope: &TenantScope,
    run: RunId,
    seq: i64,
) -> Result<Vec<(i64, Vec<Piece>, Timestamp)>, Error> {
    let rows: Vec<(i64, Json<Vec<Piece>>, Timestamp)> = db
        .all(
            scope,
            "SELECT seq, pieces, created_at FROM run_journal
             WHERE workspace_id = $1 AND run_id = $2 AND seq > $3 ORDER BY seq",
            params![scope.workspace(), run, seq],
        )
        .await?;
    Ok(rows.into_iter().map(|(seq, Json(pieces), at)| (seq, pieces, at)).collect())
}

/// Deletes a run's entries: they are folded into its message.
pub(crate) fn delete(scope: &TenantScope, run: RunId) -> Statement {
    ("DELETE FROM run_journal WHERE workspace_id = $1 AND run_id = $2", params![scope.workspace(), run])
}

/// Deletes entries whose run is gone or has ended: a process that was thought dead wrote them.
/// Of all workspaces: the sweeper is the platform's.
pub(crate) async fn delete_orphans(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(
        Platform,
        "DELETE FROM run_journal WHERE created_at < $1 AND NOT EXISTS (
             SELECT 1 FROM runs r WHERE r.id = run_journal.run_id AND r.finished_at IS NULL)",
        params![horizon],
    )
    .await
}
