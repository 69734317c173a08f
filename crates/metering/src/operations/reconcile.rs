//! What a provider's bill is compared with.

use jiff::civil::Date;
use kernel::{NanoUsd, TenantScope};

use crate::{
    Metering, ReportError,
    model::{Period, date_of},
    store::ledger,
};

/// The cost of one model on one day, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCost {
    pub date: Date,
    /// As `provider/name`.
    pub model: String,
    pub cost: NanoUsd,
}

impl Metering {
    /// Costs by day and model, in order: of a workspace, or of the whole platform, whose bill
    /// a provider sends.
    pub async fn day_costs(
        &self,
        scope: Option<TenantScope>,
        from: Date,
        to: Date,
    ) -> Result<Vec<DayCost>, ReportError> {
        let period = Period::new(Some(from), Some(to), to)?;
        let rows = ledger::by_day_and_model(&self.engine.db, scope, period).await?;
        Ok(rows.into_iter().map(|(day, model, cost)| DayCost { date: date_of(day), model, cost }).collect())
    }
}
