//! One transaction for many calls: entries, spending, warnings, and the room that is asked for
//! and given back. Usually all of its statements go in one flight, and another one commits.

use std::collections::BTreeMap;

use contracts::metering::{Reservation, ReserveError};
use database::{Error, Platform, Statement, Tx};
use kernel::TenantScope;

use super::{
    Engine, LEASE,
    holds::Written,
    plan::{Batch, Change, Ending, Plan, Wanted},
};
use crate::{
    model::{Amount, budget::Account},
    store::{accounts, ledger},
};

/// What became of an attempt.
pub enum Outcome {
    /// It is committed, and everybody was answered.
    Done,
    /// A budget has changed since it was read.
    Stale,
    /// The ids of these entries stand in the ledger already; nothing was written.
    Repeated(Vec<Ending>),
}

/// The statements of a transaction, and where those stand whose counts matter.
struct Flight {
    statements: Vec<Statement>,
    moved: usize,
    fits: Vec<(Account, usize)>,
    warned: Vec<(Account, usize)>,
    /// Somebody asks for more than could ever fit, so that nobody needs to try.
    tight: bool,
}

impl Engine {
    /// Tries to do all of it. Only [`Outcome::Done`] empties the batch.
    pub async fn attempt(&self, batch: &mut Batch) -> Result<Outcome, Error> {
        let now = self.env.now();
        let due = self.holds.due(now, batch.renew);
        let mut scopes: Vec<TenantScope> = batch.scopes().collect();
        scopes.extend(due.iter().map(|(_, workspace)| TenantScope::assume(*workspace)));
        scopes.sort_unstable_by_key(TenantScope::workspace);
        scopes.dedup();
        let (epoch, budgets) = self.caps.together(&self.db, &scopes).await?;
        // The same order everywhere, so that nobody waits in a circle.
        batch.endings.sort_unstable_by_key(|ending| (ending.scope.workspace(), ending.entry.id));
        let mut plan = Plan::new(batch, &due, &budgets, &self.holds, now);
        let flight = self.flight(batch, &plan, epoch);

        // Entries and accounts of many workspaces: each row says whose it is.
        let tx = self.db.begin(Platform).await?;
        let endings = batch.endings.len();
        let Flight { statements, moved, fits, warned, tight } = flight;
        let (fitting, warning): (Vec<usize>, Vec<usize>) =
            (fits.iter().map(|(_, at)| *at).collect(), warned.iter().map(|(_, at)| *at).collect());
        // As it nearly always is: everything is new, everybody fits, nobody is warned.
        let plain = move |counts: &[u64]| {
            let all = |places: &[usize], want: bool| places.iter().all(|at| (counts.get(*at) > Some(&0)) == want);
            let entered = counts.iter().take(endings).all(|count| *count > 0);
            !tight && entered && all(&[moved], false) && all(&fitting, true) && all(&warning, false)
        };
        let (counts, tx) = tx.finish_batch(statements, plain).await?;
        let Some(mut tx) = tx else {
            plan.admit_all();
            let verdicts = batch.wanted.iter().map(|_| Ok(())).collect();
            self.settle_up(std::mem::take(batch), plan, verdicts);
            return Ok(Outcome::Done);
        };
        let count = |at: usize| counts.get(at).copied().unwrap_or_default();
        if count(moved) > 0 {
            tx.rollback().await?;
            self.caps.forget();
            return Ok(Outcome::Stale);
        }
        let mut place = 0..;
        let repeated: Vec<Ending> =
            batch.endings.extract_if(.., |_| place.next().is_some_and(|place| count(place) == 0)).collect();
        if !repeated.is_empty() {
            tx.rollback().await?;
            return Ok(Outcome::Repeated(repeated));
        }
        let fitted = fits.iter().filter(|(_, at)| count(*at) > 0).map(|(account, _)| *account);
        let fitted: Vec<Account> = fitted.collect();
        let verdicts = if tight || fitted.len() < fits.len() {
            self.admit(&mut tx, &mut plan, &fitted).await?
        } else {
            plan.admit_all();
            batch.wanted.iter().map(|_| Ok(())).collect()
        };
        for (account, at) in warned {
            if count(at) > 0
                && let Some(change) = plan.accounts.get(&account)
            {
                let scope = TenantScope::assume(change.workspace);
                self.tell(&mut tx, &scope, account, &change.rules).await?;
            }
        }
        tx.commit().await?;
        self.settle_up(std::mem::take(batch), plan, verdicts);
        Ok(Outcome::Done)
    }

    fn flight(&self, batch: &Batch, plan: &Plan, epoch: i64) -> Flight {
        let now = plan.now;
        let mut statements = Vec::with_capacity(batch.endings.len() + 1 + 3 * plan.accounts.len());
        statements.extend(batch.endings.iter().map(|ending| ledger::insert(&ending.scope, &ending.entry, now)));
        // Asked after the inserts, which wait for whoever makes a budget.
        let moved = statements.len();
        statements.push(self.caps.moved_from(epoch));
        let mut flight = Flight { statements, moved, fits: Vec::new(), warned: Vec::new(), tight: false };
        for (account, change) in &plan.accounts {
            let asked = change.wanted > Amount::ZERO;
            if asked || change.spent > Amount::ZERO {
                flight.statements.push(accounts::spend(*account, change.workspace, change.spent));
            }
            if asked {
                let hold = self.hold(*account, change, change.wanted, plan);
                if hold.held <= change.rules.limit {
                    flight.fits.push((*account, flight.statements.len()));
                    flight.statements.push(accounts::hold_if_it_fits(&hold, change.rules.limit, now));
                } else {
                    flight.tight = true;
                }
            } else if change.rewrite {
                let hold = self.hold(*account, change, Amount::ZERO, plan);
                flight.statements.push(accounts::hold(&hold));
            }
            if change.spent > Amount::ZERO {
                flight.warned.push((*account, flight.statements.len()));
                flight.statements.push(accounts::warn(*account, &change.rules, now));
            }
        }
        flight
    }

    /// Not everybody fits: reads what is taken on the accounts, which are locked, and lets in
    /// those who do. On those that have `fitted`, the row holds what everybody asked for.
    async fn admit(
        &self,
        tx: &mut Tx,
        plan: &mut Plan,
        fitted: &[Account],
    ) -> Result<Vec<Result<(), ReserveError>>, Error> {
        let mut taken = BTreeMap::new();
        for (account, _) in plan.accounts.iter().filter(|(_, change)| change.wanted > Amount::ZERO) {
            taken.insert(*account, accounts::taken(tx, *account, self.node, plan.now).await?);
        }
        let verdicts = plan.admit(&taken);
        let writes = taken.keys().filter_map(|account| {
            let change = plan.accounts.get(account)?;
            let stale = change.rewrite || change.admitted > Amount::ZERO || fitted.contains(account);
            stale.then(|| accounts::hold(&self.hold(*account, change, change.admitted, plan)))
        });
        tx.execute_batch(writes.collect()).await?;
        Ok(verdicts)
    }

    fn hold(&self, account: Account, change: &Change, more: Amount, plan: &Plan) -> accounts::Hold {
        accounts::Hold {
            account,
            workspace: change.workspace,
            node: self.node,
            held: change.held(more),
            expires_at: plan.now + LEASE,
        }
    }

    /// After the commit: counts in memory what was written, and answers everybody.
    fn settle_up(&self, batch: Batch, plan: Plan, verdicts: Vec<Result<(), ReserveError>>) {
        plan.gone.iter().for_each(|account| self.holds.forget(*account));
        let written = plan.accounts.iter().filter(|(_, change)| change.rewrite || change.wanted > Amount::ZERO).map(
            |(account, change)| Written {
                account: *account,
                workspace: change.workspace,
                held: change.held(change.admitted),
                expires_at: plan.now + LEASE,
                admitted: change.admitted,
                settled: change.settled,
            },
        );
        self.holds.written(&written.collect::<Vec<_>>());
        for Ending { entry, held, reply, .. } in batch.endings {
            if let Some(held) = held {
                held.settled();
            }
            // Whoever asked may have left.
            let _ = reply.send(Ok(entry.into()));
        }
        for ((Wanted { reply, .. }, claim), verdict) in batch.wanted.into_iter().zip(plan.claims).zip(verdicts) {
            let answer = match verdict {
                Ok(()) if claim.is_empty() => Ok(Reservation::none()),
                Ok(()) => Ok(Reservation::of(self.holds.held(claim))),
                Err(refused) => Err(refused),
            };
            // A reservation that nobody takes is given back as it is dropped.
            let _ = reply.send(answer);
        }
    }
}
