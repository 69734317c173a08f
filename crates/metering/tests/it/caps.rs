//! Hard budgets: what is let in, on one process and on two, and what a crash leaves.

use std::{sync::Arc, time::Duration};

use contracts::{
    Metering as _,
    metering::{BudgetPeriod, MeteringError, NewReservation, NewUsage, Reservation, ReserveError},
    providers::TokenUsage,
};
use database::params;
use kernel::{NanoUsd, TenantScope};
use metering::{Budget, BudgetChange, BudgetSubject, NewBudget, Sight};
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::support::{Ledger, prices};

/// What [`Ledger::usage`] costs: $0.0035.
pub const COST: i64 = 3_500_000;

pub fn hard(units: i64) -> NewBudget {
    NewBudget {
        name: "Team".into(),
        subject: BudgetSubject::Workspace {},
        period: BudgetPeriod::Month,
        limit: NanoUsd::new(units),
        hard: true,
    }
}

impl Ledger {
    pub async fn budget(&self, new: NewBudget) -> Budget {
        self.metering.create_budget(&self.scope, new).await.unwrap()
    }

    pub async fn look(&self, budget: &Budget) -> Budget {
        self.metering.budget(&self.scope, Sight::All, budget.id).await.unwrap()
    }

    pub fn wants(&self, units: i64) -> NewReservation {
        NewReservation { user: self.env.id(), key: None, worst: NanoUsd::new(units), tokens: 1100, messages: 1 }
    }

    pub async fn reserve(&self, units: i64) -> Result<Reservation, ReserveError> {
        self.metering.reserve(&self.scope, self.wants(units)).await
    }

    /// Room of all processes, as the rows say.
    async fn rows(&self) -> i64 {
        let sql = "SELECT COALESCE(CAST(sum(held_nano) AS BIGINT), 0) FROM budget_holds WHERE workspace_id = $1";
        let (held,): (i64,) = self.db.one(&self.scope, sql, params![self.scope.workspace()]).await.unwrap();
        held
    }

    /// Waits until the rows hold so much.
    pub async fn until_rows_hold(&self, units: i64) {
        tokio::time::timeout(Duration::from_secs(10), async {
            while self.rows().await != units {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the rows follow");
    }
}

#[track_caller]
pub fn refused(outcome: Result<Reservation, ReserveError>) -> contracts::metering::CapReached {
    match outcome {
        Err(ReserveError::Cap(cap)) => *cap,
        other => panic!("{other:?}"),
    }
}

#[db_test]
async fn without_a_hard_budget_nothing_is_kept(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    assert!(ledger.reserve(COST).await.unwrap().is_none());
    ledger.budget(NewBudget { hard: false, ..hard(1) }).await;
    ledger.budget(NewBudget { subject: BudgetSubject::User { id: ledger.env.id() }, ..hard(1) }).await;
    ledger.budget(NewBudget { subject: BudgetSubject::Key { id: ledger.env.id() }, ..hard(1) }).await;
    assert!(ledger.reserve(COST).await.unwrap().is_none(), "soft, or somebody else's");
    assert_eq!(ledger.rows().await, 0);
}

#[db_test]
async fn acceptance_20_of_parallel_calls_with_room_for_one_one_passes(db: TestDb) {
    let ledger = Arc::new(Ledger::new(&db).await);
    let budget = ledger.budget(hard(COST + COST / 2)).await;
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        let ledger = ledger.clone();
        calls.spawn(async move { ledger.reserve(COST).await });
    }
    let (passed, failed): (Vec<_>, Vec<_>) = calls.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((passed.len(), failed.len()), (1, 39));
    for outcome in failed {
        let cap = refused(outcome);
        assert_eq!((cap.budget, cap.name.as_str(), cap.period), (budget.id, "Team", BudgetPeriod::Month));
        assert_eq!((cap.limit.units(), cap.spent), (COST + COST / 2, NanoUsd::ZERO));
        assert_eq!(cap.resets_at.unwrap().to_string(), "2026-02-01T00:00:00.000000Z");
        let said = cap.to_string();
        assert!(said.contains("monthly") && said.contains("Team") && said.contains("2026-02-01"), "{said}");
    }
    assert_eq!(ledger.look(&budget).await.reserved_usd.units(), COST);
}

/// Two processes; each with half of `calls`. Gives what passed.
async fn on_two_nodes(db: &TestDb, ledger: Ledger, calls: usize) -> (usize, Arc<[Ledger; 2]>) {
    let other = ledger.another_node(db).await;
    let nodes = Arc::new([ledger, other]);
    let mut running = JoinSet::new();
    for number in 0..calls {
        let nodes = nodes.clone();
        running.spawn(async move {
            let node = &nodes[number % 2];
            let reservation = match node.reserve(COST).await {
                Ok(reservation) => reservation,
                Err(ReserveError::Cap(_)) => return false,
                Err(other) => panic!("{other}"),
            };
            node.metering.settle(&node.scope, reservation, node.usage()).await.unwrap();
            true
        });
    }
    let passed = running.join_all().await.into_iter().filter(|passed| *passed).count();
    (passed, nodes)
}

#[db_test]
async fn acceptance_20_of_200_calls_with_room_for_50_exactly_50_pass_on_two_processes(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    // And not one more for what is left over.
    let budget = ledger.budget(hard(50 * COST + COST - 1)).await;
    let (passed, nodes) = on_two_nodes(&db, ledger, 200).await;
    assert_eq!(passed, 50);
    assert_eq!(nodes[0].entries().await, 50);
    nodes[0].until_rows_hold(0).await;
    let budget = nodes[1].look(&budget).await;
    assert_eq!((budget.spent_usd.units(), budget.reserved_usd), (50 * COST, NanoUsd::ZERO));
    assert_eq!(budget.warned, [80, 90], "the limit itself was not reached");
}

#[db_test]
async fn acceptance_20_each_budget_must_have_room(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let (user, key) = (ledger.env.id(), ledger.env.id());
    let wants = |key| NewReservation { user, key, ..ledger.wants(COST) };
    let reserve = async |key| ledger.metering.reserve(&ledger.scope, wants(key)).await;
    let everybody = ledger.budget(hard(3 * COST)).await;
    let own = NewBudget { subject: BudgetSubject::User { id: user }, period: BudgetPeriod::Day, ..hard(2 * COST) };
    let own = ledger.budget(NewBudget { name: "Mai".into(), ..own }).await;
    let keyed = NewBudget { subject: BudgetSubject::Key { id: key }, period: BudgetPeriod::Total, ..hard(COST) };
    let keyed = ledger.budget(NewBudget { name: "Key".into(), ..keyed }).await;

    let first = reserve(Some(key)).await.unwrap();
    let cap = refused(reserve(Some(key)).await);
    assert_eq!((cap.budget, cap.resets_at), (keyed.id, None));
    let second = reserve(None).await.unwrap();
    let cap = refused(reserve(None).await);
    assert_eq!(
        (cap.name.as_str(), cap.resets_at.unwrap().to_string().as_str()),
        ("Mai", "2026-01-03T00:00:00.000000Z")
    );
    let third = ledger.reserve(COST).await.unwrap();
    assert_eq!(refused(ledger.reserve(1).await).budget, everybody.id);

    // A refusal has taken nothing from the budgets that had room.
    drop((first, second, third));
    for budget in [&everybody, &own, &keyed] {
        ledger.until_rows_hold(0).await;
        assert_eq!(ledger.look(budget).await.reserved_usd, NanoUsd::ZERO);
    }
}

#[db_test]
async fn acceptance_21_the_maximum_is_reserved_the_actual_settled_the_rest_released(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let budget = ledger.budget(hard(10 * COST)).await;
    let reservation = ledger.reserve(10 * COST).await.unwrap();
    assert_eq!(ledger.look(&budget).await.reserved_usd.units(), 10 * COST);
    refused(ledger.reserve(1).await);

    let entry = ledger.metering.settle(&ledger.scope, reservation, ledger.usage()).await.unwrap();
    assert_eq!(entry.cost.units(), COST);
    let now = ledger.look(&budget).await;
    assert_eq!((now.spent_usd.units(), now.reserved_usd), (COST, NanoUsd::ZERO), "in one transaction");

    let rest = ledger.reserve(9 * COST).await.unwrap();
    assert_eq!(refused(ledger.reserve(1).await).spent.units(), COST);
    drop(rest);
    // Free at once, without waiting for the row.
    let again = ledger.reserve(9 * COST).await.unwrap();
    drop(again);
    ledger.until_rows_hold(0).await;
    assert_eq!(ledger.entries().await, 1);
}

#[db_test]
async fn acceptance_21_reservations_survive_a_crash_and_expire(db: TestDb) {
    let (env, clock) = testkit::env_with_clock();
    let ledger = Ledger::in_world(&db, env).await;
    let budget = ledger.budget(hard(2 * COST)).await;
    // A process that is gone: nothing is given back and nothing renewed.
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (doomed, url) = (ledger.env.clone(), db.url().to_owned());
    let wants = ledger.wants(2 * COST);
    let scope = ledger.scope;
    let kept = process.spawn(async move {
        let db = database::Db::connect(&database::Options::new(url)).await.unwrap();
        let doomed = metering::Metering::new(db, doomed, kernel::Tasks::new());
        std::mem::forget(doomed.reserve(&scope, wants).await.unwrap());
    });
    kept.await.unwrap();
    process.shutdown_background();

    let other = ledger.another_node(&db).await;
    refused(other.reserve(COST).await);
    assert_eq!(other.look(&budget).await.reserved_usd.units(), 2 * COST);
    clock.advance(metering::LEASE.checked_sub(Duration::from_micros(1)).unwrap());
    refused(other.reserve(COST).await);
    clock.advance(Duration::from_micros(1));
    let reservation = other.reserve(2 * COST).await.unwrap();
    assert_eq!(other.look(&budget).await.reserved_usd.units(), 2 * COST);
    drop(reservation);

    clock.advance(Duration::from_hours(2));
    assert!(other.metering.sweep().await.unwrap() > 0, "rows of the dead are forgotten");
}

#[db_test]
async fn acceptance_21_a_call_that_takes_long_keeps_its_room(db: TestDb) {
    let (env, clock) = testkit::env_with_clock();
    let ledger = Ledger::in_world(&db, env).await;
    ledger.budget(hard(COST)).await;
    let kept = ledger.reserve(COST).await.unwrap();
    let other = ledger.another_node(&db).await;
    let renewed = "SELECT CAST(min(expires_at) AS BIGINT) FROM budget_holds WHERE workspace_id = $1 AND held_nano > 0";
    for _ in 0..3 {
        clock.advance(Duration::from_secs(30));
        // The attendance looks once a second, by the real clock.
        tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                let scope = params![ledger.scope.workspace()];
                let (until,): (i64,) = ledger.db.one(&ledger.scope, renewed, scope).await.unwrap();
                if until == (ledger.env.now() + metering::LEASE).micros() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the lease is renewed");
        refused(other.reserve(COST).await);
    }
    drop(kept);
}

#[db_test]
async fn acceptance_23_settling_the_same_use_twice_counts_once(db: TestDb) {
    let ledger = Arc::new(Ledger::new(&db).await);
    let budget = ledger.budget(hard(100 * COST)).await;
    let usage = ledger.usage();
    let mut calls = JoinSet::new();
    for number in 0..30_u64 {
        let ledger = ledger.clone();
        let mut usage = if number % 3 == 2 { ledger.usage() } else { usage.clone() };
        usage.tokens.output += u64::from(number % 3 == 1);
        calls.spawn(async move {
            let reservation = ledger.reserve(2 * COST).await.unwrap();
            (number % 3, ledger.metering.settle(&ledger.scope, reservation, usage).await)
        });
    }
    let outcomes = calls.join_all().await;
    let passed = |kind| outcomes.iter().filter(|(of, outcome)| *of == kind && outcome.is_ok()).count();
    assert_eq!(passed(2), 10, "a conflict is nobody else's");
    assert!((passed(0), passed(1)) == (10, 0) || (passed(0), passed(1)) == (0, 10), "one payload won");
    for (_, outcome) in &outcomes {
        assert!(matches!(outcome, Ok(_) | Err(MeteringError::Conflict(_))), "{outcome:?}");
    }
    assert_eq!(ledger.entries().await, 11);
    ledger.until_rows_hold(0).await;
    let sum = 10 * COST + if passed(0) == 10 { COST } else { COST + 10_000 };
    assert_eq!(ledger.look(&budget).await.spent_usd.units(), sum);
}

#[db_test]
async fn a_bad_entry_holds_nobody_up(db: TestDb) {
    let ledger = Arc::new(Ledger::new(&db).await);
    let budget = ledger.budget(NewBudget { hard: false, ..hard(COST) }).await;
    // A workspace that is not there: its entry can't be written.
    let nowhere = TenantScope::assume(ledger.env.id());
    let mut calls = JoinSet::new();
    for number in 0..20 {
        let ledger = ledger.clone();
        let scope = if number == 7 { nowhere } else { ledger.scope };
        calls.spawn(async move {
            let settled = ledger.metering.settle(&scope, Reservation::none(), ledger.usage()).await;
            (number, settled)
        });
    }
    for (number, settled) in calls.join_all().await {
        assert_eq!(settled.is_err(), number == 7, "{number}: {settled:?}");
    }
    assert_eq!(ledger.entries().await, 19);
    assert_eq!(ledger.look(&budget).await.spent_usd.units(), 19 * COST);
}

#[db_test]
async fn a_change_of_a_budget_holds_at_once_on_every_process(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let other = ledger.another_node(&db).await;
    assert!(other.reserve(COST).await.unwrap().is_none());
    let budget = ledger.budget(hard(COST)).await;
    let kept = other.reserve(COST).await.unwrap();
    refused(ledger.reserve(COST).await);
    let more = BudgetChange { limit: Some(NanoUsd::new(2 * COST)), ..BudgetChange::default() };
    other.metering.update_budget(&ledger.scope, budget.id, more).await.unwrap();
    let second = ledger.reserve(COST).await.unwrap();
    refused(other.reserve(1).await);
    let soft = BudgetChange { hard: Some(false), ..BudgetChange::default() };
    ledger.metering.update_budget(&ledger.scope, budget.id, soft).await.unwrap();
    assert!(other.reserve(COST).await.unwrap().is_none());
    ledger.metering.delete_budget(&ledger.scope, budget.id).await.unwrap();

    // Their budget is gone; the use is not.
    for (node, reservation) in [(&other, kept), (&ledger, second)] {
        node.metering.settle(&node.scope, reservation, node.usage()).await.unwrap();
    }
    assert_eq!(ledger.entries().await, 2);
}

#[db_test]
async fn a_workspace_never_waits_for_the_cap_of_another(db: TestDb) {
    let ours = Ledger::new(&db).await;
    let theirs = ours.another().await;
    ours.budget(hard(COST)).await;
    let kept = ours.reserve(COST).await.unwrap();
    assert!(theirs.reserve(100 * COST).await.unwrap().is_none());
    let budget = theirs.budget(hard(COST)).await;
    let reservation = theirs.reserve(COST).await.unwrap();
    ours.metering.settle(&ours.scope, kept, ours.usage()).await.unwrap();
    assert_eq!(theirs.look(&budget).await.spent_usd, NanoUsd::ZERO);
    drop(reservation);
}

#[db_test]
async fn acceptance_22_what_was_used_beyond_its_reservation_is_still_billed(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let budget = ledger.budget(hard(2 * COST)).await;
    let reservation = ledger.reserve(COST).await.unwrap();
    let tokens = TokenUsage { input: 1_000_000, ..TokenUsage::default() };
    let usage = NewUsage { tokens, prices: Some(prices()), ..ledger.usage() };
    ledger.metering.settle(&ledger.scope, reservation, usage).await.unwrap();
    assert_eq!(ledger.look(&budget).await.spent_usd.to_string(), "2.5");
    assert_eq!(refused(ledger.reserve(1).await).spent.to_string(), "2.5");
}
