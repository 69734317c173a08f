//! The plans of an installation, as its operator has set them.

use std::{collections::BTreeMap, sync::Arc};

use contracts::plans::Plan;

/// A setting of plans can't be used; says which and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlansError(String);

/// All plans, and the one of workspaces that nobody has given another.
#[derive(Debug, Clone)]
pub struct Plans {
    by_id: BTreeMap<String, Arc<Plan>>,
    default: Arc<Plan>,
}

impl Default for Plans {
    /// One plan, without limits.
    fn default() -> Self {
        let unlimited = Arc::new(Plan::unlimited());
        Self { by_id: BTreeMap::from([(unlimited.id.clone(), Arc::clone(&unlimited))]), default: unlimited }
    }
}

impl Plans {
    /// These plans, and `unlimited` unless it is among them. Without a `default` it is that.
    pub fn new(plans: Vec<Plan>, default: Option<&str>) -> Result<Self, PlansError> {
        let mut by_id = Self::default().by_id;
        for plan in plans {
            let mut seen = Vec::new();
            for quota in &plan.quotas {
                if quota.limit <= 0 {
                    let message = format!("the plan `{}`: a limit is at least 1; leave it out for none", plan.id);
                    return Err(PlansError(message));
                }
                if seen.contains(&(quota.unit, quota.period)) {
                    return Err(PlansError(format!("the plan `{}` has two limits on the same", plan.id)));
                }
                seen.push((quota.unit, quota.period));
            }
            by_id.insert(plan.id.clone(), Arc::new(plan));
        }
        let default = default.unwrap_or("unlimited");
        let default = by_id.get(default).cloned().ok_or_else(|| PlansError(format!("there is no plan `{default}`")))?;
        Ok(Self { by_id, default })
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Plan>> {
        self.by_id.get(id)
    }

    /// In the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Plan>> {
        self.by_id.values()
    }

    pub const fn default_plan(&self) -> &Arc<Plan> {
        &self.default
    }

    /// The plan of a workspace that was given `id`. One that the operator has taken away since
    /// is the default one.
    pub(crate) fn of(&self, id: Option<&str>) -> Arc<Plan> {
        let Some(id) = id else { return Arc::clone(&self.default) };
        let found = self.by_id.get(id).cloned();
        found.unwrap_or_else(|| {
            tracing::warn!(plan = id, "a workspace has a plan that is not configured; the default one holds");
            Arc::clone(&self.default)
        })
    }

    /// Whether any of them leaves out a model.
    pub(crate) fn restrict(&self) -> bool {
        self.all().any(|plan| plan.models.is_some())
    }

    /// Whether any of them has a quota.
    pub(crate) fn limit(&self) -> bool {
        self.all().any(|plan| !plan.quotas.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use contracts::{
        metering::BudgetPeriod,
        plans::{Quota, QuotaUnit},
    };

    use super::*;

    fn plan(limit: i64) -> Plan {
        let quota = Quota { unit: QuotaUnit::Tokens, period: BudgetPeriod::Day, limit };
        Plan { id: "free".into(), name: "Free".into(), quotas: vec![quota], models: None }
    }

    #[test]
    fn plans_are_checked() {
        assert!(Plans::new(vec![plan(0)], None).is_err());
        assert!(Plans::new(vec![Plan { quotas: [plan(1).quotas, plan(2).quotas].concat(), ..plan(1) }], None).is_err());
        assert!(Plans::new(vec![plan(1)], Some("gone")).is_err());
        let plans = Plans::new(vec![plan(1)], Some("free")).unwrap();
        assert_eq!(plans.of(None).id, "free");
        assert_eq!(plans.of(Some("unlimited")).id, "unlimited");
        assert_eq!(plans.of(Some("gone")).id, "free");
        assert!(plans.limit() && !plans.restrict());
    }
}
