//! What one transaction of the writer does to each account, worked out before it begins.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use contracts::metering::{MeteringError, NewReservation, Reservation, ReserveError, UsageEntry};
use kernel::{TenantScope, Timestamp, WorkspaceId};
use tokio::sync::oneshot;

use super::holds::{Held, Holds};
use crate::model::{
    Amount, Entry,
    budget::{Account, Budgets, Rules},
};

/// A call that asks for room.
pub struct Wanted {
    pub scope: TenantScope,
    pub wanted: NewReservation,
    pub reply: oneshot::Sender<Result<Reservation, ReserveError>>,
}

/// A call that has ended: its entry, and the room that it no longer needs.
pub struct Ending {
    pub scope: TenantScope,
    pub entry: Entry,
    pub held: Option<Box<Held>>,
    pub reply: oneshot::Sender<Result<UsageEntry, MeteringError>>,
}

/// What one transaction is to do.
#[derive(Default)]
pub struct Batch {
    pub endings: Vec<Ending>,
    pub wanted: Vec<Wanted>,
    /// Also renew leases.
    pub renew: bool,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.endings.len() + self.wanted.len()
    }

    /// The workspaces that it is about.
    pub fn scopes(&self) -> impl Iterator<Item = TenantScope> {
        self.endings.iter().map(|ending| ending.scope).chain(self.wanted.iter().map(|wanted| wanted.scope))
    }
}

/// What happens on one account.
pub struct Change {
    pub workspace: WorkspaceId,
    pub rules: Arc<Rules>,
    /// What entries add.
    pub spent: Amount,
    /// What this process held before.
    pub live: Amount,
    /// What the reservations of those entries held.
    pub settled: Amount,
    /// What calls ask for.
    pub wanted: Amount,
    /// Of that, what is let in.
    pub admitted: Amount,
    /// The row of the hold has to be written.
    pub rewrite: bool,
}

impl Change {
    /// What is held afterwards, `more` being let in.
    pub fn held(&self, more: Amount) -> Amount {
        self.live - self.settled + more
    }
}

/// The work of one transaction, by account in the order of locking.
pub struct Plan {
    pub now: Timestamp,
    pub accounts: BTreeMap<Account, Change>,
    /// The accounts that each call asks for room on, and how much, in the order of the batch.
    pub claims: Vec<Vec<(Account, Amount)>>,
    /// Accounts of budgets that are gone.
    pub gone: Vec<Account>,
}

impl Plan {
    pub fn new(
        batch: &Batch,
        due: &[(Account, WorkspaceId)],
        budgets: &HashMap<WorkspaceId, Arc<Budgets>>,
        holds: &Holds,
        now: Timestamp,
    ) -> Self {
        let mut plan =
            Self { now, accounts: BTreeMap::new(), claims: Vec::with_capacity(batch.wanted.len()), gone: Vec::new() };
        for ending in &batch.endings {
            let workspace = ending.scope.workspace();
            let Some(budgets) = budgets.get(&workspace) else { continue };
            for (account, rules, charge) in budgets.charged(&ending.entry) {
                plan.change(account, workspace, rules).spent += charge;
            }
            if let Some(held) = &ending.held {
                for (account, amount) in held.accounts() {
                    plan.row(*account, workspace, budgets, |change| change.settled += *amount);
                }
            }
        }
        for Wanted { scope, wanted, .. } in &batch.wanted {
            let workspace = scope.workspace();
            let claimed = budgets.get(&workspace).into_iter().flat_map(|all| all.claimed(wanted));
            let mut claim = Vec::new();
            for (rules, amount) in claimed {
                let account = rules.account(now);
                plan.change(account, workspace, rules).wanted += amount;
                claim.push((account, amount));
            }
            plan.claims.push(claim);
        }
        for (account, workspace) in due {
            if let Some(budgets) = budgets.get(workspace) {
                plan.row(*account, *workspace, budgets, |_| {});
            }
        }
        for (account, change) in &mut plan.accounts {
            change.live = holds.live(*account);
        }
        plan
    }

    fn change(&mut self, account: Account, workspace: WorkspaceId, rules: &Arc<Rules>) -> &mut Change {
        self.accounts.entry(account).or_insert_with(|| Change {
            workspace,
            rules: rules.clone(),
            spent: Amount::ZERO,
            live: Amount::ZERO,
            settled: Amount::ZERO,
            wanted: Amount::ZERO,
            admitted: Amount::ZERO,
            rewrite: false,
        })
    }

    /// The hold's row is to be written, if its budget still exists.
    fn row(&mut self, account: Account, workspace: WorkspaceId, budgets: &Budgets, with: impl FnOnce(&mut Change)) {
        match budgets.get(account.budget) {
            Some(rules) => {
                let change = self.change(account, workspace, rules);
                change.rewrite = true;
                with(change);
            }
            None => self.gone.push(account),
        }
    }

    /// Lets everybody in.
    pub fn admit_all(&mut self) {
        for change in self.accounts.values_mut() {
            change.admitted = change.wanted;
        }
    }

    /// Lets in, in order, those who fit on all of their accounts, given what was spent on each
    /// and what other processes hold. Says which limit stands in the way of each of the others.
    pub fn admit(&mut self, taken: &BTreeMap<Account, (Amount, Amount)>) -> Vec<Result<(), ReserveError>> {
        let mut verdicts = Vec::with_capacity(self.claims.len());
        for claim in &self.claims {
            let full = claim.iter().find_map(|(account, amount)| {
                let (change, (spent, others)) = (self.accounts.get(account)?, taken.get(account)?);
                let room = change.rules.limit - *spent - *others - change.held(change.admitted);
                (room < *amount).then(|| change.rules.reached(*spent, self.now))
            });
            if full.is_none() {
                for (account, amount) in claim {
                    if let Some(change) = self.accounts.get_mut(account) {
                        change.admitted += *amount;
                    }
                }
            }
            verdicts.push(full.map_or(Ok(()), Err));
        }
        verdicts
    }
}
