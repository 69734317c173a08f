//! What providers give to a workspace's archive.

use std::sync::Arc;

use contracts::{WorkspaceData, archive::Rows};

use crate::{
    Providers,
    store::archive::{Connection, Route},
};

impl Providers {
    /// A workspace's routes and connections; nothing where workspaces have none.
    pub fn workspace_data(&self) -> Vec<Arc<dyn WorkspaceData>> {
        let Some(workspaces) = &self.workspaces else { return Vec::new() };
        vec![Rows::<Route>::of(&workspaces.db), Rows::<Connection>::of(&workspaces.db)]
    }
}
