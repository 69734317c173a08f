//! What one can do with a workspace's routes and connections.

mod archive;
pub(crate) mod connections;
mod error;
pub(crate) mod routes;
mod test_connection;

use std::sync::Arc;

pub use self::error::RoutingError;
use crate::{Providers, own::Workspaces};

/// The most routes, and the most connections, of a workspace.
const MOST: i64 = 100;

impl Providers {
    fn workspaces(&self) -> Result<&Arc<Workspaces>, RoutingError> {
        self.workspaces.as_ref().ok_or(RoutingError::NoDatabase)
    }
}
