//! What metering gives to a workspace's archive.

use std::sync::Arc;

use contracts::{WorkspaceData, archive::Rows};

use crate::{
    Metering,
    store::archive::{Budget, BudgetPeriod, Saving, Usage},
};

impl Metering {
    /// What a workspace has spent and may spend.
    pub fn workspace_data(&self) -> Vec<Arc<dyn WorkspaceData>> {
        let db = &self.engine.db;
        vec![Rows::<Budget>::of(db), Rows::<BudgetPeriod>::of(db), Rows::<Usage>::of(db), Rows::<Saving>::of(db)]
    }
}
