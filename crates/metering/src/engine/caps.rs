//! The budgets and quotas of workspaces, kept in memory as long as nobody changes one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use contracts::{Groups, metering::BUDGETS_EPOCH, tenancy::GroupMembers};
use database::{Db, Epochs, Error, Statement, Tx};
use kernel::{TenantScope, WorkspaceId};

use crate::{
    model::budget::{Budgets, Rules},
    plans::Plans,
    store,
};

pub struct Caps {
    pub epochs: Epochs,
    pub plans: Plans,
    pub groups: Arc<dyn Groups>,
    /// Held while accounts of quotas are made.
    pub opening: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    epoch: i64,
    by_workspace: HashMap<WorkspaceId, Arc<Budgets>>,
}

impl Caps {
    pub fn new(db: &Db, plans: Plans, groups: Arc<dyn Groups>) -> Self {
        Self {
            epochs: Epochs::new(db.clone(), BUDGETS_EPOCH),
            plans,
            groups,
            opening: tokio::sync::Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// The workspace's budgets as of this call.
    pub async fn current(&self, db: &Db, scope: &TenantScope) -> Result<Arc<Budgets>, Error> {
        let epoch = self.epochs.current().await?;
        if let Some(budgets) = self.known(scope).filter(|budgets| budgets.epoch == epoch) {
            return Ok(budgets);
        }
        // Read after the epoch: if they are younger than it says, they are read once more.
        let plan = store::quotas::plan(db, scope).await?;
        let rules = store::budgets::all(db, scope).await?;
        let groups = if about_groups(&rules) { self.groups.groups(scope).await? } else { Vec::new() };
        let budgets = self.budgets(epoch, plan.as_deref(), rules, &groups);
        self.keep(scope, &budgets);
        Ok(budgets)
    }

    /// What is in memory, and maybe stale; [`Caps::moved_from`] tells within a transaction.
    pub fn known(&self, scope: &TenantScope) -> Option<Arc<Budgets>> {
        self.lock().by_workspace.get(&scope.workspace()).cloned()
    }

    /// The workspace's budgets as a transaction sees them.
    pub async fn within(&self, tx: &mut Tx, scope: &TenantScope) -> Result<Arc<Budgets>, Error> {
        let epoch = self.epochs.within(tx).await?;
        let plan = store::quotas::plan_within(tx, scope).await?;
        let rules = store::budgets::all_within(tx, scope).await?;
        let groups = if about_groups(&rules) { self.groups.groups_within(tx, scope).await? } else { Vec::new() };
        let budgets = self.budgets(epoch, plan.as_deref(), rules, &groups);
        self.keep(scope, &budgets);
        Ok(budgets)
    }

    /// The budgets of several workspaces, all as of one epoch, which may be stale.
    pub async fn together(
        &self,
        db: &Db,
        scopes: &[TenantScope],
    ) -> Result<(i64, HashMap<WorkspaceId, Arc<Budgets>>), Error> {
        loop {
            let missing = {
                let known = self.lock();
                let missing = scopes.iter().find(|scope| !known.by_workspace.contains_key(&scope.workspace()));
                let Some(missing) = missing else {
                    let one = |scope: &TenantScope| {
                        let workspace = scope.workspace();
                        Some((workspace, known.by_workspace.get(&workspace)?.clone()))
                    };
                    return Ok((known.epoch, scopes.iter().filter_map(one).collect()));
                };
                *missing
            };
            self.current(db, &missing).await?;
        }
    }

    /// Counts one row if a budget has changed since `epoch`.
    pub fn moved_from(&self, epoch: i64) -> Statement {
        self.epochs.moved_from(epoch)
    }

    /// What is known is stale.
    pub fn forget(&self) {
        self.lock().by_workspace.clear();
    }

    fn budgets(&self, epoch: i64, plan: Option<&str>, rules: Vec<Rules>, groups: &[GroupMembers]) -> Arc<Budgets> {
        Arc::new(Budgets::new(epoch, self.plans.of(plan), rules, groups))
    }

    fn keep(&self, scope: &TenantScope, budgets: &Arc<Budgets>) {
        let mut known = self.lock();
        if budgets.epoch > known.epoch {
            *known = Known { epoch: budgets.epoch, by_workspace: HashMap::new() };
        }
        if budgets.epoch == known.epoch {
            known.by_workspace.insert(scope.workspace(), budgets.clone());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Few workspaces have such budgets; the others are spared the question.
fn about_groups(rules: &[Rules]) -> bool {
    rules.iter().any(|rules| rules.subject.group().is_some())
}
