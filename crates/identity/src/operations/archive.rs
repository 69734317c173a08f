//! What identity gives to a workspace's archive.

use std::sync::Arc;

use contracts::{WorkspaceData, archive::Rows};

use crate::{
    Identity,
    store::archive::{DirectoryGroup, DirectoryUser, Domain, Key, Sso},
};

impl Identity {
    /// A workspace's keys, single sign-on and directory.
    pub fn workspace_data(&self) -> Vec<Arc<dyn WorkspaceData>> {
        let db = &self.db;
        vec![
            Rows::<Key>::of(db),
            Rows::<Sso>::of(db),
            Rows::<Domain>::of(db),
            Rows::<DirectoryUser>::of(db),
            Rows::<DirectoryGroup>::of(db),
        ]
    }
}
