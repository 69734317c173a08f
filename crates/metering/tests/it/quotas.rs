//! Quotas of plans: what is let in, on one process and on two, after a restart and a new month.

use std::sync::Arc;

use contracts::{
    Metering as _, Plans as _,
    metering::{BudgetPeriod, NewReservation, NewUsage, Reservation, ReserveError},
    plans::{Plan, Quota, QuotaReached, QuotaUnit},
    providers::TokenUsage,
};
use database::params;
use kernel::{NanoUsd, TenantScope};
use metering::{PlanError, QuotaState, Sight};
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::{
    caps::{COST, hard},
    support::{Ledger, at},
};

fn plan(id: &str, quotas: &[(QuotaUnit, BudgetPeriod, i64)]) -> Plan {
    let quota =
        |(unit, period, limit): &(QuotaUnit, BudgetPeriod, i64)| Quota { unit: *unit, period: *period, limit: *limit };
    Plan { id: id.into(), name: id.to_uppercase(), quotas: quotas.iter().map(quota).collect(), models: None }
}

fn messages(limit: i64) -> Plan {
    plan("free", &[(QuotaUnit::Messages, BudgetPeriod::Month, limit)])
}

#[track_caller]
fn refused(outcome: Result<Reservation, ReserveError>) -> QuotaReached {
    match outcome {
        Err(ReserveError::Quota(quota)) => *quota,
        other => panic!("{other:?}"),
    }
}

impl Ledger {
    async fn quotas(&self) -> Vec<QuotaState> {
        self.metering.quota(&self.scope).await.unwrap().quotas
    }

    async fn settle_one(&self) {
        let reservation = self.reserve(COST).await.unwrap();
        let usage = NewUsage { occurred_at: self.env.now(), ..self.usage() };
        self.metering.settle(&self.scope, reservation, usage).await.unwrap();
    }

    /// The warnings of quotas in the outbox: unit and percent.
    async fn quota_warnings(&self) -> Vec<(String, i64)> {
        let sql = "SELECT CAST(payload AS TEXT) FROM outbox WHERE event_type = 'quota.warned' ORDER BY id";
        let rows: Vec<(String,)> = self.db.all(&self.scope, sql, params![]).await.unwrap();
        let read = |text: &str| {
            let payload: serde_json::Value = serde_json::from_str(text).unwrap();
            (payload["unit"].as_str().unwrap().to_owned(), payload["percent"].as_i64().unwrap())
        };
        rows.iter().map(|(payload,)| read(payload)).collect()
    }
}

#[db_test]
async fn acceptance_20_of_parallel_calls_with_a_quota_for_one_one_passes(db: TestDb) {
    let ledger = Arc::new(Ledger::with_plans(&db, testkit::env(), &[messages(1)]).await);
    let other = Arc::new(ledger.another_node_with_plans(&db, &[messages(1)]).await);
    let mut calls = JoinSet::new();
    for number in 0..40 {
        let node = if number % 2 == 0 { ledger.clone() } else { other.clone() };
        calls.spawn(async move { node.reserve(COST).await });
    }
    let (passed, failed): (Vec<_>, Vec<_>) = calls.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((passed.len(), failed.len()), (1, 39));
    for outcome in failed {
        let quota = refused(outcome);
        assert_eq!((quota.plan.as_str(), quota.quota.limit, quota.used), ("FREE", 1, 0));
        let said = quota.to_string();
        assert!(said.contains("“FREE” has 1 messages a month") && said.contains("2026-02-01"), "{said}");
        assert!(quota.wait.is_some());
    }
    let [state] = ledger.quotas().await.try_into().unwrap();
    assert_eq!((state.used.as_str(), state.reserved.as_str(), state.limit.as_str()), ("0", "1", "1"));
    assert_eq!(state.resets_at.unwrap().to_string(), "2026-02-01T00:00:00.000000Z");
}

#[db_test]
async fn acceptance_20_of_200_calls_with_a_quota_for_50_exactly_50_pass_on_two_processes(db: TestDb) {
    let plans = [messages(50)];
    let ledger = Ledger::with_plans(&db, testkit::env(), &plans).await;
    let nodes = Arc::new([ledger.another_node_with_plans(&db, &plans).await, ledger.clone()]);
    let mut calls = JoinSet::new();
    for number in 0..200 {
        let nodes = nodes.clone();
        calls.spawn(async move {
            let node = &nodes[number % 2];
            match node.reserve(COST).await {
                Ok(reservation) => {
                    node.metering.settle(&node.scope, reservation, node.usage()).await.unwrap();
                    true
                }
                Err(ReserveError::Quota(_)) => false,
                Err(other) => panic!("{other}"),
            }
        });
    }
    let passed = calls.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!((passed, ledger.entries().await), (50, 50));
    let [state] = ledger.quotas().await.try_into().unwrap();
    assert_eq!((state.used.as_str(), &state.warned[..]), ("50", &[80, 90, 100][..]));
    let mut percents: Vec<i64> = ledger.quota_warnings().await.into_iter().map(|(_, percent)| percent).collect();
    percents.sort_unstable();
    assert_eq!(percents, [80, 90, 100], "each once");
}

#[db_test]
async fn acceptance_21_a_quota_in_every_unit_is_reserved_settled_and_released(db: TestDb) {
    // A call of the test's uses 1,100 tokens and $0.0035.
    let all = plan(
        "team",
        &[
            (QuotaUnit::Messages, BudgetPeriod::Day, 10),
            (QuotaUnit::Tokens, BudgetPeriod::Month, 4000),
            (QuotaUnit::Usd, BudgetPeriod::Month, 4 * COST),
        ],
    );
    let ledger = Ledger::with_plans(&db, testkit::env(), &[all]).await;
    let wants = |worst: i64, tokens: u64, messages: u32| NewReservation {
        worst: NanoUsd::new(worst),
        tokens,
        messages,
        ..ledger.wants(0)
    };
    let reserve = async |wanted| ledger.metering.reserve(&ledger.scope, wanted).await;
    assert_eq!(refused(reserve(wants(1, 4001, 1)).await).quota.unit, QuotaUnit::Tokens);
    assert_eq!(refused(reserve(wants(4 * COST + 1, 1, 1)).await).quota.unit, QuotaUnit::Usd);
    // A call that costs nothing counts too.
    let free = reserve(wants(0, 4000, 1)).await.unwrap();
    refused(reserve(wants(0, 1, 0)).await);
    let usage = NewUsage { prices: None, ..ledger.usage() };
    ledger.metering.settle(&ledger.scope, free, usage).await.unwrap();
    let shown = |states: Vec<QuotaState>| {
        states.into_iter().map(|state| (state.used, state.reserved)).collect::<Vec<(String, String)>>()
    };
    let pair = |used: &str, reserved: &str| (used.to_owned(), reserved.to_owned());
    assert_eq!(shown(ledger.quotas().await), [pair("1", "0"), pair("1100", "0"), pair("0", "0")]);
    let held = reserve(wants(COST, 2900, 1)).await.unwrap();
    refused(reserve(wants(0, 1, 0)).await);
    assert_eq!(shown(ledger.quotas().await), [pair("1", "1"), pair("1100", "2900"), pair("0", "0.0035")]);
    drop(held);
    // What it left is free at once; what is no message leaves those alone.
    let title = reserve(wants(COST, 2900, 0)).await.unwrap();
    ledger.metering.settle(&ledger.scope, title, NewUsage { messages: 0, ..ledger.usage() }).await.unwrap();
    assert_eq!(shown(ledger.quotas().await), [pair("1", "0"), pair("2200", "0"), pair("0.0035", "0")]);
}

#[db_test]
async fn a_restart_keeps_what_was_used_and_a_new_period_begins_anew(db: TestDb) {
    let (env, clock) = testkit::env_with_clock();
    let daily = plan("free", &[(QuotaUnit::Messages, BudgetPeriod::Day, 2)]);
    let ledger = Ledger::with_plans(&db, env, std::slice::from_ref(&daily)).await;
    ledger.settle_one().await;
    let again = ledger.another_node_with_plans(&db, &[daily]).await;
    again.settle_one().await;
    assert_eq!(refused(again.reserve(COST).await).used, 2);
    assert_eq!(again.quota_warnings().await.len(), 3, "80, 90 and 100 at once");
    clock.advance(at("2026-01-03T00:00:00Z").since(again.env.now()));
    assert_eq!(again.quotas().await[0].used, "0");
    again.settle_one().await;
    // A late entry lands in the day before, and takes no room of today.
    let late = NewUsage { occurred_at: at("2026-01-02T23:59:59Z"), ..ledger.usage() };
    again.record(late).await.unwrap();
    again.settle_one().await;
    refused(again.reserve(COST).await);
}

#[db_test]
async fn another_plan_holds_from_the_next_call_on_every_process(db: TestDb) {
    let plans = [messages(1), plan("pro", &[(QuotaUnit::Messages, BudgetPeriod::Month, 3)])];
    let ledger = Ledger::with_plans(&db, testkit::env(), &plans).await;
    let other = ledger.another_node_with_plans(&db, &plans).await;
    ledger.settle_one().await;
    refused(other.reserve(COST).await);
    ledger.metering.set_plan(&ledger.scope, "pro").await.unwrap();
    other.settle_one().await;
    assert_eq!(other.quotas().await[0].used, "2", "what was used counts on");
    ledger.metering.set_plan(&ledger.scope, "unlimited").await.unwrap();
    other.settle_one().await;
    assert_eq!(other.quotas().await, []);
    ledger.metering.set_plan(&ledger.scope, "pro").await.unwrap();
    assert_eq!(refused(other.reserve(COST).await).used, 3, "also without a limit");

    let unknown = ledger.metering.set_plan(&ledger.scope, "gold").await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no plan `gold`; there are: free, pro, unlimited");
    let nowhere = TenantScope::assume(ledger.env.id());
    assert!(matches!(ledger.metering.set_plan(&nowhere, "pro").await, Err(PlanError::NoWorkspace)));
}

#[db_test]
async fn a_quota_counts_what_the_ledger_holds_already(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    ledger.record(ledger.usage()).await.unwrap();
    ledger.record(NewUsage { messages: 0, ..ledger.usage() }).await.unwrap();
    ledger.record(NewUsage { occurred_at: at("2025-12-31T23:59:59Z"), ..ledger.usage() }).await.unwrap();
    let all = QuotaUnit::ALL.map(|unit| (unit, BudgetPeriod::Month, 100 * COST));
    let limited = ledger.another_node_with_plans(&db, &[plan("free", &all)]).await;
    let used: Vec<String> = limited.quotas().await.into_iter().map(|quota| quota.used).collect();
    assert_eq!(used, ["1", "2200", "0.007"]);
}

#[db_test]
async fn quotas_are_no_budgets_and_workspaces_have_their_own(db: TestDb) {
    let ours = Ledger::with_plans(&db, testkit::env(), &[messages(1)]).await;
    let theirs = ours.another().await;
    ours.settle_one().await;
    assert_eq!(theirs.quotas().await[0].used, "0");
    theirs.settle_one().await;
    assert_eq!(ours.metering.budgets(&ours.scope, Sight::All, None, 10).await.unwrap().data, []);
    // Beside a budget, whichever is full refuses.
    let third = ours.another().await;
    third.budget(hard(COST)).await;
    let held = third.reserve(COST).await.unwrap();
    assert!(matches!(third.reserve(COST).await, Err(ReserveError::Cap(_) | ReserveError::Quota(_))));
    drop(held);
}

#[db_test]
async fn a_plan_names_the_models_that_may_be_asked(db: TestDb) {
    let ledger = Ledger::with_plans(&db, testkit::env(), &[messages(1)]).await;
    assert_eq!(ledger.metering.restricted_to(&ledger.scope).await.unwrap(), None);
    let demo = Plan { models: Some(vec!["demo/*".into()]), ..messages(1) };
    let node = ledger.another_node_with_plans(&db, &[demo]).await;
    let plan = node.metering.restricted_to(&ledger.scope).await.unwrap().unwrap();
    assert!(plan.allows("demo/parlance") && !plan.allows("openai/gpt-5.2"));
    node.metering.set_plan(&ledger.scope, "unlimited").await.unwrap();
    assert_eq!(node.metering.restricted_to(&ledger.scope).await.unwrap(), None);
}

#[db_test]
async fn acceptance_26_random_use_leaves_quotas_equal_to_the_ledger(db: TestDb) {
    let limits = [
        (QuotaUnit::Messages, BudgetPeriod::Month, 300),
        (QuotaUnit::Tokens, BudgetPeriod::Day, 300_000),
        (QuotaUnit::Usd, BudgetPeriod::Month, 250 * COST),
    ];
    let plans = [plan("team", &limits)];
    let ledger = Ledger::with_plans(&db, testkit::env(), &plans).await;
    let nodes = Arc::new([ledger.clone(), ledger.another_node_with_plans(&db, &plans).await]);
    let mut calls = JoinSet::new();
    for number in 0..900_u64 {
        let nodes = nodes.clone();
        calls.spawn(async move {
            let node = &nodes[usize::from(number % 2 == 1)];
            let tokens = TokenUsage { input: number * 7 % 1500, output: number * 13 % 400, ..TokenUsage::default() };
            let wanted = NewReservation { tokens: 1900, ..node.wants(8_000_000) };
            let Ok(reservation) = node.metering.reserve(&node.scope, wanted).await else { return };
            // Some fail, some end in a transaction of their own.
            match number % 5 {
                0 => drop(reservation),
                1 => _ = node.record(NewUsage { tokens, ..node.usage() }).await.unwrap(),
                _ => {
                    let usage = NewUsage { tokens, ..node.usage() };
                    node.metering.settle(&node.scope, reservation, usage).await.unwrap();
                }
            }
        });
        while calls.len() >= 32 {
            calls.join_next().await.unwrap().unwrap();
        }
    }
    calls.join_all().await;
    let sql = "SELECT CAST(sum(messages) AS BIGINT), CAST(sum(input_tokens + output_tokens) AS BIGINT),
                   CAST(sum(cost_nano) AS BIGINT) FROM usage_entries WHERE workspace_id = $1";
    let (messages, tokens, cost): (i64, i64, NanoUsd) =
        ledger.db.one(&ledger.scope, sql, params![ledger.scope.workspace()]).await.unwrap();
    let used: Vec<String> = ledger.quotas().await.into_iter().map(|quota| quota.used).collect();
    assert_eq!(used, [messages.to_string(), tokens.to_string(), cost.to_string()]);
    assert!(messages <= 300 && tokens <= 300_000 && cost.units() <= 250 * COST, "{used:?}");
    assert!(messages > 100, "{used:?}");
}
