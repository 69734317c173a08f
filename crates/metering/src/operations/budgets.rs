//! Making, changing and showing budgets.

use contracts::{
    audit::{Action, Entry},
    metering::BudgetPeriod,
    plans::QuotaUnit,
};
use database::{Engine, Tx};
use kernel::{BudgetId, NanoUsd, Page, TenantScope, Timestamp, UserId};
use serde_json::{Value, json};

use crate::{
    BudgetError, Metering,
    model::{
        Amount,
        budget::{Budget, BudgetSubject, Rules},
        day_of,
    },
    store::{accounts, budgets, ledger, postgres},
};

/// Budgets of a workspace: each is looked at with every call that it counts.
const MOST_BUDGETS: i64 = 1000;

/// A budget to make.
#[derive(Debug, Clone)]
pub struct NewBudget {
    pub name: String,
    pub subject: BudgetSubject,
    pub period: BudgetPeriod,
    /// More than nothing.
    pub limit: NanoUsd,
    pub hard: bool,
}

/// What of a budget to change. Its subject and its period stay: another one is another budget.
#[derive(Debug, Clone, Default)]
pub struct BudgetChange {
    pub name: Option<String>,
    pub limit: Option<NanoUsd>,
    pub hard: Option<bool>,
}

/// Whose budgets a caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of the workspace.
    All,
    /// Those over the whole workspace, over this user, and over groups that they are in.
    Own(UserId),
}

impl Metering {
    /// Makes a budget. It counts from the beginning of the current period: what the ledger
    /// holds of it already is spent.
    pub async fn create_budget(&self, scope: &TenantScope, new: NewBudget) -> Result<Budget, BudgetError> {
        let now = self.engine.env.now();
        let rules = Rules {
            id: self.engine.env.id(),
            name: new.name,
            subject: new.subject,
            period: new.period,
            unit: QuotaUnit::Usd,
            quota: false,
            limit: new.limit.into(),
            hard: new.hard,
            counts_from: new.period.start(now),
            created_at: now,
        };
        let mut tx = self.engine.db.begin(scope).await?;
        if self.engine.db.engine() == Engine::Postgres {
            postgres::hold_back_entries(&mut tx, scope).await?;
        }
        if budgets::count(&mut tx, scope).await? >= MOST_BUDGETS {
            return Err(BudgetError::TooMany(MOST_BUDGETS));
        }
        budgets::insert(&mut tx, scope, &rules).await?;
        // An entry may be of a later moment than ours; it is counted if it is of the period.
        let last = new.period.end(now).map_or(i64::MAX, |end| day_of(end) - 1);
        let spent = self.spent_by(&mut tx, scope, rules.subject, (day_of(rules.counts_from), last)).await?;
        budgets::open(&mut tx, scope, rules.account(now), spent).await?;
        self.changed(&mut tx, scope, &rules, now).await?;
        let entry = Entry::of(Action::BudgetCreated, scope).about(rules.id).after(state(&rules));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        self.budget(scope, Sight::All, rules.id).await
    }

    /// What the ledger holds of a subject's use on these days. Of a group's, that of its members
    /// of today.
    async fn spent_by(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        subject: BudgetSubject,
        days: (i64, i64),
    ) -> Result<NanoUsd, BudgetError> {
        let (user, key) = match subject {
            BudgetSubject::Workspace {} => (None, None),
            BudgetSubject::User { id } => (Some(id), None),
            BudgetSubject::Key { id } => (None, Some(id)),
            BudgetSubject::Group { id } => {
                let groups = self.engine.caps.groups.groups_within(tx, scope).await?;
                let group = groups.into_iter().find(|group| group.id == id).ok_or(BudgetError::NoGroup)?;
                let costs = ledger::costs_by_user(tx, scope, days).await?;
                return Ok(costs
                    .into_iter()
                    .filter(|(user, _)| group.members.contains(user))
                    .map(|(_, cost)| cost)
                    .sum());
            }
        };
        Ok(ledger::cost_of(tx, scope, days, user, key).await?)
    }

    pub async fn update_budget(
        &self,
        scope: &TenantScope,
        id: BudgetId,
        change: BudgetChange,
    ) -> Result<Budget, BudgetError> {
        let now = self.engine.env.now();
        let mut tx = self.engine.db.begin(scope).await?;
        let mut rules = budgets::find(&mut tx, scope, id).await?.ok_or(BudgetError::NotFound)?;
        let before = state(&rules);
        rules.name = change.name.unwrap_or(rules.name);
        rules.limit = change.limit.map_or(rules.limit, Amount::from);
        rules.hard = change.hard.unwrap_or(rules.hard);
        if !budgets::update(&mut tx, scope, &rules, now).await? {
            return Err(BudgetError::NotFound);
        }
        self.changed(&mut tx, scope, &rules, now).await?;
        let entry = Entry::of(Action::BudgetUpdated, scope).about(id).before(before).after(state(&rules));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        self.budget(scope, Sight::All, id).await
    }

    pub async fn delete_budget(&self, scope: &TenantScope, id: BudgetId) -> Result<(), BudgetError> {
        let mut tx = self.engine.db.begin(scope).await?;
        let rules = budgets::find(&mut tx, scope, id).await?.ok_or(BudgetError::NotFound)?;
        if !budgets::delete(&mut tx, scope, id).await? {
            return Err(BudgetError::NotFound);
        }
        self.engine.caps.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::BudgetDeleted, scope).about(id).before(state(&rules));
        self.audit.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    pub async fn budget(&self, scope: &TenantScope, sight: Sight, id: BudgetId) -> Result<Budget, BudgetError> {
        let filter = budgets::Filter { user: sight.user(), after: None, id: Some(id), limit: 1 };
        self.seen(scope, sight, filter).await?.pop().ok_or(BudgetError::NotFound)
    }

    /// The oldest first.
    pub async fn budgets(
        &self,
        scope: &TenantScope,
        sight: Sight,
        after: Option<BudgetId>,
        limit: u32,
    ) -> Result<Page<Budget>, BudgetError> {
        let wanted = limit.saturating_add(1);
        // Which of the groups' are the person's is known only afterwards.
        let read = if sight == Sight::All { wanted } else { u32::try_from(MOST_BUDGETS).unwrap_or(u32::MAX) };
        let filter = budgets::Filter { user: sight.user(), after, id: None, limit: read };
        let mut rows = self.seen(scope, sight, filter).await?;
        rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id)))
    }

    /// Those of the filter that the caller may see.
    async fn seen(
        &self,
        scope: &TenantScope,
        sight: Sight,
        filter: budgets::Filter,
    ) -> Result<Vec<Budget>, BudgetError> {
        let mut rows = budgets::page(&self.engine.db, scope, filter, self.engine.env.now()).await?;
        if let Sight::Own(user) = sight
            && rows.iter().any(|budget| budget.subject.group().is_some())
        {
            let known = self.engine.caps.current(&self.engine.db, scope).await?;
            rows.retain(|budget| budget.subject.group().is_none() || known.concerns(budget.id, user));
        }
        Ok(rows)
    }

    /// Forgets the holds of processes that died long ago.
    pub async fn sweep(&self) -> Result<u64, database::Error> {
        accounts::forget_holds(&self.engine.db, self.engine.env.now() - crate::engine::LEASE * 60).await
    }

    /// The rules are new: warns if spending has come to a threshold already, and tells every
    /// process that what it knows is stale.
    async fn changed(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), database::Error> {
        let account = rules.account(now);
        if tx.execute_batch(vec![accounts::warn(account, rules, now)]).await? != [0] {
            self.engine.tell(tx, scope, account, rules).await?;
        }
        // Last, as processes that find it moved wait for us.
        self.engine.caps.epochs.bump(tx).await
    }
}

/// A budget's rules, for the audit log.
fn state(rules: &Rules) -> Value {
    // Of dollars: a quota's account is not anybody's to change.
    let limit = NanoUsd::new(rules.limit.get());
    json!({
        "name": rules.name,
        "subject": rules.subject,
        "period": rules.period,
        "limit_usd": limit,
        "hard": rules.hard,
    })
}

impl Sight {
    const fn user(self) -> Option<UserId> {
        match self {
            Self::All => None,
            Self::Own(user) => Some(user),
        }
    }
}
