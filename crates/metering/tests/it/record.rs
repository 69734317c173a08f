//! One use, one entry.

use std::sync::Arc;

use contracts::{
    Metering as _,
    metering::{MeteringError, NewUsage},
    providers::{Prices, TokenUsage},
};
use database::{Platform, params};
use kernel::{NanoUsd, PicoUsd};
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::support::{Ledger, at, prices};

#[db_test]
async fn acceptance_22_an_entry_costs_what_its_tokens_cost(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let tokens = TokenUsage {
        input: 1_000_000,
        cached_input: 400_000,
        cache_write: 0,
        output: 50_000,
        reasoning: 30_000,
        extra: contracts::providers::ExtraUsage::default(),
    };
    let entry = ledger.record(NewUsage { tokens, ..ledger.usage() }).await.unwrap();
    // 0.6 × $2.50 + 0.4 × $0.25 + 0.05 × $10: cached at its own price, reasoning once.
    assert_eq!(entry.cost.to_string(), "2.1");
    assert_eq!(entry.tokens, tokens);
    assert_eq!(entry.price_version.as_deref(), Some("2026-01-01"));
}

#[db_test]
async fn acceptance_22_explicit_zero_stays_zero(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let nothing = NewUsage { tokens: TokenUsage::default(), ..ledger.usage() };
    let entry = ledger.record(nothing.clone()).await.unwrap();
    assert_eq!((entry.tokens, entry.cost), (TokenUsage::default(), NanoUsd::ZERO));
    let free = Prices { cached_input: Some(PicoUsd::ZERO), ..prices() };
    let cached = TokenUsage { input: 10, cached_input: 10, ..TokenUsage::default() };
    let entry = ledger.record(NewUsage { tokens: cached, prices: Some(free), ..ledger.usage() }).await.unwrap();
    assert_eq!(entry.cost, NanoUsd::ZERO);
    assert_eq!(ledger.entries().await, 2, "a use that cost nothing was still a use");
}

#[db_test]
async fn unpriced_use_is_recorded_at_zero_and_says_so(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let entry = ledger.record(NewUsage { prices: None, ..ledger.usage() }).await.unwrap();
    assert_eq!((entry.cost, entry.price_version), (NanoUsd::ZERO, None));
    assert_eq!(entry.tokens.input, 1000);
}

#[db_test]
async fn acceptance_23_the_same_use_twice_counts_once(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let usage = ledger.usage();
    let first = ledger.record(usage.clone()).await.unwrap();
    let second = ledger.record(usage.clone()).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(ledger.entries().await, 1);

    // Twice within one transaction, too.
    let mut tx = db.begin(&ledger.scope).await.unwrap();
    for _ in 0..2 {
        let again = ledger.metering.record(&mut tx, &ledger.scope, usage.clone()).await.unwrap();
        assert_eq!(again, first);
    }
    tx.commit().await.unwrap();
    assert_eq!(ledger.entries().await, 1);
}

#[db_test]
async fn acceptance_23_another_payload_is_a_conflict(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let usage = ledger.usage();
    let first = ledger.record(usage.clone()).await.unwrap();
    let dearer = Prices { output: PicoUsd::new(11_000_000), ..prices() };
    let newer = Prices { version: "2026-02-01".into(), ..prices() };
    let others = [
        NewUsage { user: ledger.env.id(), ..usage.clone() },
        NewUsage { conversation: None, ..usage.clone() },
        NewUsage { run: Some(ledger.env.id()), ..usage.clone() },
        NewUsage { model: "openai/gpt-5.2-mini".into(), ..usage.clone() },
        NewUsage { tokens: TokenUsage { output: 101, ..usage.tokens }, ..usage.clone() },
        NewUsage { tokens: TokenUsage { reasoning: 1, ..usage.tokens }, ..usage.clone() },
        NewUsage { estimated: true, ..usage.clone() },
        NewUsage { prices: Some(dearer), ..usage.clone() },
        NewUsage { prices: Some(newer), ..usage.clone() },
        NewUsage { prices: None, ..usage.clone() },
        NewUsage { occurred_at: at("2026-01-02T03:04:05.000001Z"), ..usage.clone() },
    ];
    for other in others {
        let error = ledger.record(other.clone()).await.unwrap_err();
        assert!(matches!(error, MeteringError::Conflict(id) if id == usage.id), "{other:?}");
        assert_eq!(error.code().status(), 409);
    }
    assert_eq!(ledger.record(usage).await.unwrap(), first, "what stands is untouched");
    assert_eq!(ledger.entries().await, 1);
}

#[db_test]
async fn acceptance_23_concurrent_repeats_count_once(db: TestDb) {
    let ledger = Arc::new(Ledger::new(&db).await);
    let usage = ledger.usage();
    let mut writers = JoinSet::new();
    for number in 0..16 {
        let (ledger, mut usage) = (ledger.clone(), usage.clone());
        // Two payloads race for one id.
        usage.tokens.output += number % 2;
        writers.spawn(async move { (number % 2, ledger.record(usage).await) });
    }
    let outcomes = writers.join_all().await;
    let winner = outcomes.iter().find(|(_, outcome)| outcome.is_ok()).map(|(payload, _)| *payload).unwrap();
    for (payload, outcome) in outcomes {
        match outcome {
            Ok(entry) => assert_eq!((payload, entry.tokens.output), (winner, 100 + winner)),
            Err(MeteringError::Conflict(id)) => assert_eq!((payload, id), (1 - winner, usage.id)),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(ledger.entries().await, 1);
}

#[db_test]
async fn a_workspace_has_ids_of_its_own(db: TestDb) {
    let ours = Ledger::new(&db).await;
    let theirs = ours.another().await;
    let usage = ours.usage();
    ours.record(usage.clone()).await.unwrap();
    let dearer = NewUsage { tokens: TokenUsage { output: 7, ..usage.tokens }, ..usage };
    theirs.record(dearer).await.expect("another workspace's entry neither shows nor clashes");
    assert_eq!((ours.entries().await, theirs.entries().await), (1, 1));
}

#[db_test]
async fn what_rolls_back_was_not_used(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let mut tx = db.begin(&ledger.scope).await.unwrap();
    ledger.metering.record(&mut tx, &ledger.scope, ledger.usage()).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(ledger.entries().await, 0);
}

#[db_test]
async fn more_tokens_than_the_ledger_holds_are_refused(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let tokens = TokenUsage { output: u64::MAX, ..TokenUsage::default() };
    let error = ledger.record(NewUsage { tokens, ..ledger.usage() }).await.unwrap_err();
    assert!(matches!(error, MeteringError::OutOfRange(u64::MAX)));
    assert_eq!(ledger.entries().await, 0);
}

#[db_test]
async fn entries_are_immutable_until_their_workspace_goes(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    ledger.record(ledger.usage()).await.unwrap();
    let workspace = ledger.scope.workspace();
    for sql in [
        "UPDATE usage_entries SET cost_nano = 0 WHERE workspace_id = $1",
        "DELETE FROM usage_entries WHERE workspace_id = $1",
    ] {
        // With and without the workspace's own scope.
        assert!(db.execute(&ledger.scope, sql, params![workspace]).await.is_err(), "{sql}");
        assert!(db.execute(Platform, sql, params![workspace]).await.is_err(), "{sql}");
    }
    assert_eq!(ledger.entries().await, 1);
    let deleted = db.execute(Platform, "DELETE FROM workspaces WHERE id = $1", params![workspace]).await;
    assert_eq!(deleted.unwrap(), 1);
    assert_eq!(ledger.entries().await, 0);
}
