//! What guardrails give to a workspace's archive.

use std::sync::Arc;

use contracts::{WorkspaceData, archive::Rows};

use crate::{
    Guardrails,
    store::archive::{Decision, Policy},
};

impl Guardrails {
    /// A workspace's policies and what they decided.
    pub fn workspace_data(&self) -> Vec<Arc<dyn WorkspaceData>> {
        vec![Rows::<Policy>::of(&self.0.db), Rows::<Decision>::of(&self.0.db)]
    }
}
