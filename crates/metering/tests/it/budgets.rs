//! What budgets count, and when they warn.

use std::sync::Arc;

use contracts::{
    Metering as _,
    metering::{BudgetPeriod, NewUsage, Reservation},
};
use database::params;
use kernel::NanoUsd;
use metering::{Budget, BudgetChange, BudgetSubject, NewBudget};
use serde_json::Value;
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::{
    caps::{COST, hard},
    support::{Ledger, at},
};

fn soft(units: i64) -> NewBudget {
    NewBudget { hard: false, ..hard(units) }
}

impl Ledger {
    /// The percentages of the warnings in the outbox, in order.
    async fn warnings(&self, budget: &Budget) -> Vec<i64> {
        let sql =
            "SELECT payload FROM outbox WHERE workspace_id = $1 AND subject_id = $2 AND event_type = $3 ORDER BY id";
        let event = params![self.scope.workspace(), budget.id, "budget.warned"];
        let rows: Vec<(String,)> = self.db.all(&self.scope, sql, event).await.unwrap();
        let payload = |(text,): &(String,)| {
            let payload: Value = serde_json::from_str(text).unwrap();
            assert_eq!(payload["budget_id"], budget.id.to_string());
            payload["percent"].as_i64().unwrap()
        };
        let mut percents: Vec<i64> = rows.iter().map(payload).collect();
        percents.sort_unstable();
        percents
    }

    async fn settle(&self, usage: NewUsage) {
        self.metering.settle(&self.scope, Reservation::none(), usage).await.unwrap();
    }
}

#[db_test]
async fn acceptance_24_warnings_come_once_each(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let budget = ledger.budget(soft(10 * COST)).await;
    for uses in 1..=12 {
        if uses % 2 == 0 {
            ledger.settle(ledger.usage()).await;
        } else {
            ledger.record(ledger.usage()).await.unwrap();
        }
        let expected: &[i64] = match uses {
            ..8 => &[],
            8 => &[80],
            9 => &[80, 90],
            _ => &[80, 90, 100],
        };
        assert_eq!(ledger.warnings(&budget).await, expected, "after {uses}");
        assert_eq!(ledger.look(&budget).await.warned, expected);
    }
}

#[db_test]
async fn acceptance_24_a_call_that_jumps_past_several_warns_for_each(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let recorded = ledger.budget(soft(COST)).await;
    ledger.record(ledger.usage()).await.unwrap();
    assert_eq!(ledger.warnings(&recorded).await, [80, 90, 100]);
    let settled = ledger.budget(soft(COST + 3 * COST / 2)).await;
    ledger.settle(ledger.usage()).await;
    assert_eq!(ledger.warnings(&settled).await, [80]);
    ledger.settle(ledger.usage()).await;
    assert_eq!(ledger.warnings(&settled).await, [80, 90, 100]);
    assert_eq!(ledger.warnings(&recorded).await, [80, 90, 100], "not again");
}

#[db_test]
async fn acceptance_24_calls_that_end_together_warn_once(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let budget = ledger.budget(soft(20 * COST)).await;
    let nodes = Arc::new([ledger.another_node(&db).await, ledger.another_node(&db).await]);
    let mut calls = JoinSet::new();
    for number in 0..60 {
        let nodes = nodes.clone();
        calls.spawn(async move {
            let node = &nodes[number % 2];
            if number % 3 == 0 {
                node.record(node.usage()).await.map(drop).unwrap();
            } else {
                node.settle(node.usage()).await;
            }
        });
    }
    calls.join_all().await;
    assert_eq!(ledger.warnings(&budget).await, [80, 90, 100]);
    assert_eq!(ledger.look(&budget).await.spent_usd.units(), 60 * COST);
}

#[db_test]
async fn acceptance_24_a_new_period_warns_anew(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let daily = ledger.budget(NewBudget { period: BudgetPeriod::Day, ..soft(COST) }).await;
    let monthly = ledger.budget(soft(COST)).await;
    for day in ["2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z"] {
        for _ in 0..2 {
            ledger.settle(NewUsage { occurred_at: at(day), ..ledger.usage() }).await;
        }
    }
    assert_eq!(ledger.warnings(&daily).await, [80, 80, 90, 90, 100, 100]);
    assert_eq!(ledger.warnings(&monthly).await, [80, 90, 100]);
}

#[db_test]
async fn acceptance_24_a_budget_that_is_spent_when_it_is_made_warns(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    ledger.record(ledger.usage()).await.unwrap();
    let budget = ledger.budget(soft(COST)).await;
    assert_eq!(ledger.warnings(&budget).await, [80, 90, 100]);
    let roomy = ledger.budget(soft(100 * COST)).await;
    assert_eq!(ledger.warnings(&roomy).await, [0_i64; 0]);
    let lower = BudgetChange { limit: Some(NanoUsd::new(COST + COST / 5)), ..BudgetChange::default() };
    ledger.metering.update_budget(&ledger.scope, roomy.id, lower).await.unwrap();
    assert_eq!(ledger.warnings(&roomy).await, [80]);
}

#[db_test]
async fn acceptance_23_late_entries_count_in_their_period(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let late = |time| NewUsage { occurred_at: at(time), ..ledger.usage() };
    // The test's clock says the 2nd of January.
    ledger.record(late("2025-12-31T23:59:59.999999Z")).await.unwrap();
    ledger.record(late("2026-01-01T00:00:00Z")).await.unwrap();
    ledger.record(late("2026-01-02T00:00:00Z")).await.unwrap();
    let day = ledger.budget(NewBudget { period: BudgetPeriod::Day, ..soft(100 * COST) }).await;
    let month = ledger.budget(soft(100 * COST)).await;
    let total = ledger.budget(NewBudget { period: BudgetPeriod::Total, ..soft(100 * COST) }).await;
    let spent = async || {
        let mut spent = Vec::new();
        for budget in [&day, &month, &total] {
            spent.push(ledger.look(budget).await.spent_usd.units() / COST);
        }
        spent
    };
    assert_eq!(spent().await, [1, 2, 3], "what the ledger held already");
    for time in
        ["2025-12-31T23:59:59.999999Z", "2026-01-01T10:00:00Z", "2026-01-02T23:59:59.999999Z", "2026-01-03T00:00:00Z"]
    {
        ledger.record(late(time)).await.unwrap();
        ledger.settle(late(time)).await;
    }
    assert_eq!(spent().await, [3, 8, 11]);
}

#[db_test]
async fn a_budget_counts_its_subject_alone(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let (user, key) = (ledger.env.id(), ledger.env.id());
    let mine = || NewUsage { user, ..ledger.usage() };
    let keyed = || NewUsage { key: Some(key), ..ledger.usage() };
    ledger.record(mine()).await.unwrap();
    ledger.record(keyed()).await.unwrap();
    let own = ledger.budget(NewBudget { subject: BudgetSubject::User { id: user }, ..soft(100 * COST) }).await;
    let of_key = ledger.budget(NewBudget { subject: BudgetSubject::Key { id: key }, ..soft(100 * COST) }).await;
    let all = ledger.budget(soft(100 * COST)).await;
    for _ in 0..2 {
        ledger.settle(mine()).await;
        ledger.record(NewUsage { key: Some(key), ..mine() }).await.unwrap();
        ledger.settle(keyed()).await;
        ledger.record(ledger.usage()).await.unwrap();
    }
    for (budget, uses) in [(&own, 5), (&of_key, 5), (&all, 10)] {
        assert_eq!(ledger.look(budget).await.spent_usd.units(), uses * COST);
    }
}

#[db_test]
async fn a_budget_made_while_calls_end_counts_each_once(db: TestDb) {
    let ledger = Arc::new(Ledger::new(&db).await);
    let mut calls = JoinSet::new();
    for number in 0..120 {
        let ledger = ledger.clone();
        calls.spawn(async move {
            match number % 12 {
                0 => drop(ledger.budget(soft(COST)).await),
                at if at % 2 == 0 => drop(ledger.record(ledger.usage()).await.unwrap()),
                _ => ledger.settle(ledger.usage()).await,
            }
        });
    }
    calls.join_all().await;
    let entries = ledger.entries().await;
    let page = ledger.metering.budgets(&ledger.scope, metering::Sight::All, None, 100).await.unwrap();
    assert_eq!((entries, page.data.len()), (110, 10));
    for budget in page.data {
        assert_eq!(budget.spent_usd.units(), entries * COST);
        assert_eq!(ledger.warnings(&budget).await, [80, 90, 100]);
    }
}
