//! On whose behalf a statement runs.

use kernel::TenantScope;

/// Work on rows that belong to no tenant, or to all of them. Each use says why in a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform;

/// What the policies of PostgreSQL let a statement see. SQLite relies on the `WHERE` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Rows of one workspace.
    Tenant(TenantScope),
    /// Every row.
    Platform,
}

impl From<Platform> for Scope {
    fn from(_: Platform) -> Self {
        Self::Platform
    }
}

impl From<TenantScope> for Scope {
    fn from(scope: TenantScope) -> Self {
        Self::Tenant(scope)
    }
}

impl From<&TenantScope> for Scope {
    fn from(scope: &TenantScope) -> Self {
        Self::Tenant(*scope)
    }
}
