//! The plans of workspaces and what of their quotas is used.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{
    audit::{Action, Entry},
    metering::BudgetPeriod,
    plans::{Plan, Quota},
};
use database::Engine;
use kernel::{Env, TenantScope};
use serde_json::json;

use crate::{
    Metering, PlanError, PlanView, QuotaReport, QuotaState,
    model::{
        Amount,
        budget::{BudgetSubject, Budgets, Rules, WARNINGS},
        day_of,
    },
    store::{postgres, quotas},
};

#[async_trait]
impl contracts::Plans for Metering {
    async fn restricted_to(&self, scope: &TenantScope) -> Result<Option<Arc<Plan>>, database::Error> {
        let engine = &self.engine;
        if !engine.caps.plans.restrict() {
            return Ok(None);
        }
        let budgets = engine.caps.current(&engine.db, scope).await?;
        Ok(Some(Arc::clone(&budgets.plan)).filter(|plan| plan.models.is_some()))
    }
}

impl Metering {
    /// The workspace's plan and its quotas in their current periods.
    pub async fn quota(&self, scope: &TenantScope) -> Result<QuotaReport, database::Error> {
        let engine = &self.engine;
        let now = engine.env.now();
        let budgets = self.limits(scope).await?;
        let states = quotas::states(&engine.db, scope, now).await?;
        let state = |rules: &Arc<Rules>| {
            let (_, used, reserved, warned) = *states.iter().find(|(id, ..)| *id == rules.id)?;
            Some(QuotaState {
                unit: rules.unit,
                period: rules.period,
                limit: rules.unit.show(rules.limit.get()),
                used: rules.unit.show(used),
                reserved: rules.unit.show(reserved),
                resets_at: rules.period.end(now),
                warned: WARNINGS.into_iter().filter(|percent| *percent <= warned).collect(),
            })
        };
        let mut shown: Vec<QuotaState> = budgets.quotas().filter_map(state).collect();
        shown.sort_by_key(|quota| (quota.unit, quota.period == BudgetPeriod::Month));
        let Plan { id, name, models, .. } = Plan::clone(&budgets.plan);
        Ok(QuotaReport { plan: PlanView { id, name, models }, quotas: shown })
    }

    /// The same for an administrator of the platform, who may ask for a workspace that is not there.
    pub async fn platform_quota(&self, scope: &TenantScope) -> Result<QuotaReport, PlanError> {
        if !quotas::has_workspace(&self.engine.db, scope).await? {
            return Err(PlanError::NoWorkspace);
        }
        Ok(self.quota(scope).await?)
    }

    /// All plans by id, and the id of the default one.
    pub fn plans(&self) -> (Vec<PlanView>, String) {
        let plans = &self.engine.caps.plans;
        let view = |plan: &Arc<Plan>| {
            let Plan { id, name, models, .. } = Plan::clone(plan);
            PlanView { id, name, models }
        };
        (plans.all().map(view).collect(), plans.default_plan().id.clone())
    }

    /// Gives a workspace another plan, from the next call on. What it has used counts on.
    pub async fn set_plan(&self, scope: &TenantScope, plan: &str) -> Result<Arc<Plan>, PlanError> {
        let engine = &self.engine;
        let plan = engine.caps.plans.get(plan).cloned().ok_or_else(|| PlanError::NoPlan {
            asked: plan.to_owned(),
            known: engine.caps.plans.all().map(|plan| plan.id.clone()).collect(),
        })?;
        let mut tx = engine.db.begin(scope).await?;
        quotas::set_plan(&mut tx, scope, &plan.id, engine.env.now()).await.map_err(|error| match error {
            database::Error::ForeignKeyViolation => PlanError::NoWorkspace,
            error => error.into(),
        })?;
        quotas::forget_warnings(&mut tx, scope).await?;
        engine.caps.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::WorkspacePlanChanged, scope).about(scope.workspace());
        self.audit.record(&mut tx, entry.after(json!({ "plan": plan.id }))).await?;
        tx.commit().await?;
        Ok(plan)
    }

    /// The workspace's budgets and the quotas of its plan as of this call, each with an account.
    pub(crate) async fn limits(&self, scope: &TenantScope) -> Result<Arc<Budgets>, database::Error> {
        let engine = &self.engine;
        let budgets = engine.caps.current(&engine.db, scope).await?;
        if budgets.missing.is_empty() {
            return Ok(budgets);
        }
        // Calls that come together wait for the one that makes them.
        let _opening = engine.caps.opening.lock().await;
        if let Some(known) = engine.caps.known(scope).filter(|known| known.missing.is_empty()) {
            return Ok(known);
        }
        self.open_quotas(scope, &budgets.missing).await?;
        // A request knows the epoch of its beginning, which is older than these.
        let mut tx = engine.db.begin(scope).await?;
        let budgets = engine.caps.within(&mut tx, scope).await?;
        tx.rollback().await?;
        Ok(budgets)
    }

    /// Makes the accounts of quotas. They count from the beginning of the current period: what
    /// the ledger holds of it already is used.
    async fn open_quotas(&self, scope: &TenantScope, missing: &[Quota]) -> Result<(), database::Error> {
        let engine = &self.engine;
        let mut tx = engine.db.begin(scope).await?;
        if engine.db.engine() == Engine::Postgres {
            postgres::hold_back_entries(&mut tx, scope).await?;
        }
        let mut opened = false;
        for quota in missing {
            let rules = rules(&engine.env, *quota);
            if !quotas::insert(&mut tx, scope, &rules).await? {
                // Another process was faster.
                continue;
            }
            // An entry may be of a later moment than ours; it is counted if it is of the period.
            let last = quota.period.end(rules.created_at).map_or(i64::MAX, |end| day_of(end) - 1);
            let days = (day_of(rules.counts_from), last);
            quotas::open(&mut tx, scope, quota.unit, rules.account(rules.created_at), days).await?;
            opened = true;
        }
        if opened {
            // Last, as processes that find it moved wait for us.
            engine.caps.epochs.bump(&mut tx).await?;
        }
        tx.commit().await
    }
}

/// A new account for a quota.
fn rules(env: &Env, quota: Quota) -> Rules {
    let now = env.now();
    Rules {
        id: env.id(),
        name: String::new(),
        subject: BudgetSubject::Workspace {},
        period: quota.period,
        unit: quota.unit,
        quota: true,
        limit: Amount::new(quota.limit),
        hard: true,
        counts_from: quota.period.start(now),
        created_at: now,
    }
}
