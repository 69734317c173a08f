//! Quotas of a plan as the API shows them.

use contracts::{metering::BudgetPeriod, plans::QuotaUnit};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// The workspace's plan, and what of its quotas is used in their current periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "plan": {"id": "free", "name": "Free", "models": ["demo/*", "openai/*-mini"]},
    "quotas": [{
        "unit": "messages", "period": "month", "limit": "500", "used": "412", "reserved": "1",
        "resets_at": "2026-12-01T00:00:00.000000Z", "warned": [80]
    }]
}))]
pub struct QuotaReport {
    pub plan: PlanView,
    /// Empty: the plan limits nothing.
    pub quotas: Vec<QuotaState>,
}

/// A workspace's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Plan)]
pub struct PlanView {
    #[schema(example = "free")]
    pub id: String,
    #[schema(example = "Free")]
    pub name: String,
    /// Ids of models that may be asked, `*` standing for any text; null: all.
    #[schema(required)]
    pub models: Option<Vec<String>>,
}

/// One quota in its current period. Amounts are exact decimals: US dollars, or whole numbers of
/// messages or tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Quota)]
pub struct QuotaState {
    pub unit: QuotaUnit,
    pub period: BudgetPeriod,
    #[schema(example = "500")]
    pub limit: String,
    #[schema(example = "412")]
    pub used: String,
    /// Kept for calls under way.
    #[schema(example = "1")]
    pub reserved: String,
    /// When the current period ends; null: never.
    #[schema(required)]
    pub resets_at: Option<Timestamp>,
    /// The warnings given in the current period, in percent of the limit.
    #[schema(example = json!([80]))]
    pub warned: Vec<i64>,
}
