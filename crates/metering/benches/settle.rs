//! What it costs to account for a call: `cargo bench -p metering`.
//!
//! Calls come at a steady rate, as from many clients at once; each reserves and settles. Prints
//! the time that a call waits and the processor time of the whole process per call, which
//! includes the driver of the load. PostgreSQL is measured if `PARLANCE_BENCH_POSTGRES_URL`
//! names a database to write into.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time and prints it"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use contracts::{
    Metering as _,
    metering::{BudgetPeriod, NewReservation, NewUsage},
    providers::{Prices, TokenUsage},
};
use database::{Db, Options, Platform, params};
use kernel::{Env, NanoUsd, PicoUsd, Tasks, TenantScope, WorkspaceId};
use metering::{BudgetSubject, Metering, NewBudget};
use tokio::task::JoinSet;

const CALLS: u32 = 20_000;
/// Between two bursts of the load.
const TICK: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut urls = vec![format!("sqlite:{}", folder.path().join("bench.db").display())];
    urls.extend(std::env::var("PARLANCE_BENCH_POSTGRES_URL").ok());
    println!("engine, budgets, calls/s: wait p50 µs, p99 µs, processor µs a call");
    for url in urls {
        let db = Db::connect(&Options::new(url)).await.unwrap();
        db.migrate().await.unwrap();
        for (budgets, hard) in [("none", None), ("soft", Some(false)), ("hard", Some(true))] {
            for per_tick in [1, 5, 8] {
                measure(&db, budgets, hard, per_tick).await;
            }
        }
    }
}

async fn measure(db: &Db, budgets: &str, hard: Option<bool>, per_tick: u32) {
    let env = Env::system();
    let scope = workspace(db, &env).await;
    let metering = Arc::new(Metering::new(db.clone(), env.clone(), Tasks::new()));
    if let Some(hard) = hard {
        let limit = NanoUsd::new(1_000_000_000_000_000);
        let (subject, period) = (BudgetSubject::Workspace {}, BudgetPeriod::Month);
        metering.create_budget(&scope, NewBudget { name: "Bench".into(), subject, period, limit, hard }).await.unwrap();
    }
    let (before, mut calls, mut waits) = (processor(), JoinSet::new(), Vec::new());
    let mut clock = tokio::time::interval(TICK);
    let started = Instant::now();
    for number in 0..CALLS {
        if number % per_tick == 0 {
            clock.tick().await;
        }
        let (metering, env) = (metering.clone(), env.clone());
        calls.spawn(async move {
            let asked = Instant::now();
            let user = env.id();
            let wanted = NewReservation { user, key: None, worst: NanoUsd::new(1_000_000), tokens: 1100, messages: 1 };
            let reservation = metering.reserve(&scope, wanted).await.unwrap();
            metering.settle(&scope, reservation, usage(&env)).await.unwrap();
            asked.elapsed()
        });
        while let Some(ended) = calls.try_join_next() {
            waits.push(ended.unwrap());
        }
    }
    waits.extend(calls.join_all().await);
    let rate = f64::from(CALLS) / started.elapsed().as_secs_f64();
    let used = processor().saturating_sub(before).as_secs_f64() * 1e6 / f64::from(CALLS);
    waits.sort_unstable();
    let at = |share: usize| waits[waits.len() * share / 100].as_micros();
    println!("{:?}, {budgets}, {rate:.0}: {}, {}, {used:.1}", db.engine(), at(50), at(99));
}

fn usage(env: &Env) -> NewUsage {
    NewUsage {
        id: env.id(),
        user: env.id(),
        conversation: None,
        run: None,
        key: Some(env.id()),
        model: "openai/gpt-5.2".into(),
        messages: 1,
        tokens: TokenUsage { input: 1000, output: 100, ..TokenUsage::default() },
        estimated: false,
        prices: Some(Prices {
            extra: contracts::providers::ExtraPrices::default(),
            version: "2026-01-01".into(),
            input: PicoUsd::new(2_500),
            output: PicoUsd::new(10_000),
            cached_input: None,
            cache_write: None,
            reasoning: None,
            tiers: Vec::new(),
        }),
        occurred_at: env.now(),
    }
}

async fn workspace(db: &Db, env: &Env) -> TenantScope {
    let id: WorkspaceId = env.id();
    let mut tx = db.begin(Platform).await.unwrap();
    tx.execute(
        "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
        params![id, "Bench", false, env.now(), env.now()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    TenantScope::assume(id)
}

/// Processor time of this process so far, user and system.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // After the name, which may hold anything: state is field 3, utime 14, stime 15, in ticks of 10 ms.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}
