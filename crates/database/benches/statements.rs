//! What a statement costs through the layer: `cargo bench -p database`.
//!
//! Plain timing on one connection's worth of work, medians and 99th percentiles in microseconds.
//! PostgreSQL is measured if `PARLANCE_BENCH_POSTGRES_URL` names a database to write into.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time and prints it"
)]

use std::{
    future::Future,
    time::{Duration, Instant},
};

use database::{Db, Options, Platform, Scope, params};
use kernel::{TenantScope, WorkspaceId};
use uuid::Uuid;

const ROUNDS: u32 = 20_000;
const POINT: &str = "SELECT user_id, key, expires_at FROM idempotency_keys
                     WHERE workspace_id = $1 AND user_id = $2 AND key = $3";
const LIST: &str = "SELECT user_id, key, expires_at FROM idempotency_keys WHERE workspace_id = $1 LIMIT 50";
const INSERT: &str = "INSERT INTO idempotency_keys (workspace_id, user_id, key, request_hash, created_at, expires_at)
                      VALUES ($1, $2, $3, $4, 0, 0)";
const UPDATE: &str = "UPDATE idempotency_keys SET body = $4
                      WHERE workspace_id = $1 AND user_id = $2 AND key = $3";

type Row = (Uuid, String, i64);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut urls = vec![format!("sqlite:{}", folder.path().join("bench.db").display())];
    urls.extend(std::env::var("PARLANCE_BENCH_POSTGRES_URL").ok());
    for url in urls {
        let db = Db::connect(&Options::new(url)).await.unwrap();
        db.migrate().await.unwrap();
        db.execute(Platform, "DELETE FROM idempotency_keys", params![]).await.unwrap();
        measure(&db).await;
    }
}

async fn measure(db: &Db) {
    let workspace = WorkspaceId::from_uuid(Uuid::from_u128(1));
    let scope: Scope = TenantScope::assume(workspace).into();
    let user = Uuid::from_u128(2);
    let key = |round: u32| format!("{:06}", round % 1_000);
    let text = vec![7_u8; 4_096];
    println!("{:?}", db.engine());

    for round in 0..1_000 {
        db.execute(scope, INSERT, params![workspace, user, key(round), vec![1]]).await.unwrap();
    }
    time("point select", ROUNDS, async |round| {
        db.one::<Row>(scope, POINT, params![workspace, user, key(round)]).await.unwrap();
    })
    .await;
    time("list of 50", ROUNDS / 4, async |_| {
        db.all::<Row>(scope, LIST, params![workspace]).await.unwrap();
    })
    .await;
    time("single write of 4 KiB", ROUNDS, async |round| {
        db.execute(scope, UPDATE, params![workspace, user, key(round), text.clone()]).await.unwrap();
    })
    .await;
    time("the same, relaxed", ROUNDS, async |round| {
        db.execute_relaxed(scope, UPDATE, params![workspace, user, key(round), text.clone()]).await.unwrap();
    })
    .await;
    time("transaction of 3 statements", ROUNDS / 4, async |round| {
        let mut tx = db.begin(scope).await.unwrap();
        tx.one::<Row>(POINT, params![workspace, user, key(round)]).await.unwrap();
        for _ in 0..2 {
            tx.execute(UPDATE, params![workspace, user, key(round), text.clone()]).await.unwrap();
        }
        tx.commit().await.unwrap();
    })
    .await;
}

async fn time<F: Future<Output = ()>>(what: &str, rounds: u32, mut work: impl FnMut(u32) -> F) {
    for round in 0..rounds / 20 {
        work(round).await;
    }
    let mut times: Vec<Duration> = Vec::with_capacity(rounds as usize);
    for round in 0..rounds {
        let start = Instant::now();
        work(round).await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 1_000].as_secs_f64() * 1e6;
    println!("  {what:28} p50 {:7.1}  p99 {:8.1}  p99.9 {:8.1}", at(500), at(990), at(999));
}
