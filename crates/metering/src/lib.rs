//! What was used, what it cost, and what may still be spent: an immutable ledger of usage
//! entries, sums over it, and budgets that bound it.
//!
//! Invariants: an entry is written once, in the transaction of whatever it accounts for, and
//! its id makes it idempotent. Its cost is computed when it is written, from the prices in
//! force, exactly and with one rounding; no later change of a price moves it. It belongs to
//! the UTC day on which the use happened. All sums are sums of integers over the ledger, so
//! every grouping adds up to the same nano-dollar, and what a budget says is spent is such a
//! sum, kept in the entry's own transaction. A budget over a group counts what its members spend
//! while they are in it: who comes later brings nothing along, who leaves takes nothing away. A
//! hard budget is never passed: calls reserve the dearest that they can become before they are
//! made ([`engine`]), on whatever process. The quotas of a workspace's plan ([`plans`]) are
//! counted and held by the same machinery.
//!
//! Deliberately absent: counting tokens (providers do), floating point, and any way to
//! change or remove an entry. A correction would be a further entry.

mod cost;
mod engine;
mod error;
mod http;
mod model;
mod operations;
mod plans;
mod store;

use std::sync::Arc;

use contracts::{Audit, Groups, audit::NoAudit, tenancy::NoGroups};
use database::Db;
use kernel::{Env, Tasks};

pub use cost::cost;
pub use engine::LEASE;
pub use error::{BudgetError, PlanError, ReportError};
pub use http::routes;
pub use model::{
    Period, UsageGroup, UsageReport, UsageRow,
    budget::{Budget, BudgetSubject},
    quota::{PlanView, QuotaReport, QuotaState},
};
pub use operations::{
    budgets::{BudgetChange, NewBudget, Sight},
    reconcile::DayCost,
    report::ReportRequest,
};
pub use plans::{Plans, PlansError};

use engine::Engine;

/// The ledger and its budgets. A clone is another handle to the same ones.
#[derive(Clone)]
pub struct Metering {
    engine: Arc<Engine>,
    audit: Arc<dyn Audit>,
}

impl Metering {
    /// Nothing runs in the background before there is something to write. Every workspace may
    /// use all there is.
    pub fn new(db: Db, env: Env, tasks: Tasks) -> Self {
        Self::with_plans(db, env, tasks, Plans::default())
    }

    /// The same where workspaces have plans.
    pub fn with_plans(db: Db, env: Env, tasks: Tasks, plans: Plans) -> Self {
        Self::with_groups(db, env, tasks, plans, Arc::new(NoGroups))
    }

    /// The same where members form groups, which budgets may be over.
    pub fn with_groups(db: Db, env: Env, tasks: Tasks, plans: Plans, groups: Arc<dyn Groups>) -> Self {
        Self { engine: Arc::new(Engine::new(db, env, tasks, plans, groups)), audit: Arc::new(NoAudit) }
    }

    /// The same where changes of budgets and plans are written down.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn Audit>) -> Self {
        Self { audit, ..self }
    }
}
