//! The workspace on whose behalf something happens.

use crate::id::WorkspaceId;

/// A proof that work is done for one workspace. Every query of tenant data takes one,
/// and on PostgreSQL the row-level security policies see the same workspace.
///
/// A request gets its scope from the authorization extractor; a background task makes one
/// with [`TenantScope::assume`] from the row it was handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TenantScope {
    workspace: WorkspaceId,
}

impl TenantScope {
    /// Assumes that the caller was already found to act for `workspace`.
    /// Never pass a workspace that came from a request's body or path.
    pub const fn assume(workspace: WorkspaceId) -> Self {
        Self { workspace }
    }

    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}
