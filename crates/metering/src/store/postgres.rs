//! What only PostgreSQL needs.

use database::{Error, Tx, params};
use kernel::TenantScope;

/// Waits for every transaction that has written an entry of the workspace, and lets none
/// write another one until this transaction ends: their foreign key holds the workspace's row.
/// Entries written before are then there to be summed, and those after find the new budget.
pub(crate) async fn hold_back_entries(tx: &mut Tx, scope: &TenantScope) -> Result<(), Error> {
    let _: Vec<(i64,)> =
        tx.all("SELECT 1::BIGINT FROM workspaces WHERE id = $1 FOR UPDATE", params![scope.workspace()]).await?;
    Ok(())
}
