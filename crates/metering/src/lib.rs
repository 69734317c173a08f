//! What was used, and what it cost: an immutable ledger of usage entries, and sums over it.
//!
//! Invariants: an entry is written once, in the transaction of whatever it accounts for, and
//! its id makes it idempotent. Its cost is computed when it is written, from the prices in
//! force, exactly and with one rounding; no later change of a price moves it. It belongs to
//! the UTC day on which the use happened. All sums are sums of integers over the ledger, so
//! every grouping adds up to the same nano-dollar.
//!
//! Deliberately absent: counting tokens (providers do), floating point, and any way to
//! change or remove an entry. A correction would be a further entry.

mod cost;
mod error;
mod http;
mod model;
mod operations;
mod store;

use database::Db;
use kernel::Env;

pub use cost::cost;
pub use error::ReportError;
pub use http::routes;
pub use model::{Period, UsageGroup, UsageReport, UsageRow};
pub use operations::report::ReportRequest;

/// The ledger. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Metering {
    db: Db,
    env: Env,
}

impl Metering {
    pub fn new(db: Db, env: Env) -> Self {
        Self { db, env }
    }
}
