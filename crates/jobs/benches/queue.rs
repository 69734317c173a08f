//! What the queue does in a second: jobs enqueued, and jobs claimed, attempted and ended, by 1 and by 8 slots, with
//! 100,000 waiting; and how long an idle process takes to begin a job. On SQLite, and on PostgreSQL where
//! `PARLANCE_TEST_POSTGRES_URL` says; next to it, on the same server, the peers that `scripts/peers.sh` has set up.
//!
//! Each part is bounded by its count of jobs, and each line is printed when it is there, and all again as a table. The job does nothing: what is measured is the queue.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measurement, run by hand"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use database::{Db, Options, Platform};
use jobs::{Context, Failure, Job, NewJob, Queue, Registry, Settings, Workers};
use kernel::{Env, Tasks};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

const JOBS: usize = 100_000;

/// So many unless a number is given: `cargo bench --package jobs --bench queue -- 20000`.
fn jobs() -> usize {
    std::env::args().find_map(|it| it.parse().ok()).unwrap_or(JOBS)
}
/// Enqueued in one transaction each, as business transactions do.
const SINGLY: usize = 2_000;
const IDLE: usize = 300;
const BATCH: usize = 1_000;

#[derive(Clone, Default)]
struct Done(Arc<Counter>);

#[derive(Default)]
struct Counter {
    done: AtomicUsize,
    begun_at: Mutex<Option<Instant>>,
    changed: Notify,
}

impl Done {
    async fn wait(&self, count: usize) {
        loop {
            let changed = self.0.changed.notified();
            if self.0.done.load(Relaxed) >= count {
                return;
            }
            changed.await;
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Nothing {
    number: usize,
}

impl Job for Nothing {
    type Service = Done;
    const KIND: &'static str = "bench.nothing";

    async fn run(self, done: Done, _: Context) -> Result<(), Failure> {
        *done.0.begun_at.lock().unwrap() = Some(Instant::now());
        done.0.done.fetch_add(1, Relaxed);
        done.0.changed.notify_waiters();
        Ok(())
    }
}

struct Figures {
    name: String,
    singly: Option<f64>,
    bulk: f64,
    one: f64,
    eight: f64,
    idle: (f64, f64),
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("bench.db").display());
    let mut all = vec![runtime.block_on(measure("Parlance, SQLite", &sqlite))];
    if let Ok(admin) = std::env::var("PARLANCE_TEST_POSTGRES_URL") {
        let name = format!("parlance_bench_jobs_{}", std::process::id());
        let url = admin.rsplit_once('/').map(|(server, _)| format!("{server}/{name}")).unwrap();
        let psql = |sql: String| assert!(Command::new("psql").args([&admin, "-qc", &sql]).status().unwrap().success());
        psql(format!("CREATE DATABASE {name}"));
        all.push(runtime.block_on(measure("Parlance, PostgreSQL", &url)));
        if let Some(peers) = std::env::var_os("PARLANCE_BENCH_PEERS").map(PathBuf::from) {
            all.extend(["graphile-worker", "pg-boss"].iter().filter_map(|peer| run_peer(&peers, peer, &url)));
        }
        psql(format!("DROP DATABASE {name} WITH (FORCE)"));
    }
    println!(
        "| | enqueued singly, per s | in bulk, per s | done by 1 worker, per s | by 8, per s | idle to begun, ms (p50 / p99) |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for it in all {
        println!("{}", it.row());
    }
}

impl Figures {
    fn row(&self) -> String {
        let singly = self.singly.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.0}"));
        let Self { name, bulk, one, eight, idle: (p50, p99), .. } = self;
        format!("| {name} | {singly} | {bulk:.0} | {one:.0} | {eight:.0} | {p50:.2} / {p99:.2} |")
    }
}

async fn measure(name: &str, url: &str) -> Figures {
    let db = Db::connect(&Options::new(url)).await.unwrap();
    db.migrate().await.unwrap();
    let queue = Queue::new(db.clone(), Env::system());
    let singly = enqueue(&db, &queue, SINGLY, 1).await;
    work(&queue, 8, SINGLY).await;
    let mut bulk = 0.0;
    let mut rates = [0.0; 2];
    for (rate, slots) in rates.iter_mut().zip([1, 8]) {
        bulk = enqueue(&db, &queue, jobs(), BATCH).await;
        *rate = work(&queue, slots, jobs()).await;
    }
    let idle = idle(&db, &queue).await;
    let figures = Figures { name: name.to_owned(), singly: Some(singly), bulk, one: rates[0], eight: rates[1], idle };
    println!("{}", figures.row());
    figures
}

async fn enqueue(db: &Db, queue: &Queue, count: usize, batch: usize) -> f64 {
    let began = Instant::now();
    for first in (0..count).step_by(batch) {
        let jobs = (first..first + batch).map(|number| NewJob::of(&Nothing { number })).collect();
        let mut tx = db.begin(Platform).await.unwrap();
        queue.enqueue_all(&mut tx, jobs).await.unwrap();
        tx.commit().await.unwrap();
    }
    count as f64 / began.elapsed().as_secs_f64()
}

fn workers(queue: &Queue, slots: u32, done: &Done) -> Workers {
    let mut registry = Registry::new();
    registry.add::<Nothing>(done.clone());
    Workers::new(queue.clone(), Tasks::new(), registry, Settings { slots, ..Settings::default() })
}

/// Until all are done, and that is written down.
async fn work(queue: &Queue, slots: u32, count: usize) -> f64 {
    let done = Done::default();
    let workers = workers(queue, slots, &done);
    let began = Instant::now();
    workers.start().await.unwrap();
    done.wait(count).await;
    workers.drain(Duration::from_secs(30)).await;
    let rate = count as f64 / began.elapsed().as_secs_f64();
    assert!(queue.counts().await.unwrap().is_empty(), "all are done");
    rate
}

/// From the commit that enqueues to the first line of the job.
async fn idle(db: &Db, queue: &Queue) -> (f64, f64) {
    let done = Done::default();
    let workers = workers(queue, 8, &done);
    workers.start().await.unwrap();
    let mut times = Vec::new();
    for number in 0..IDLE {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut tx = db.begin(Platform).await.unwrap();
        queue.enqueue(&mut tx, NewJob::of(&Nothing { number })).await.unwrap();
        let committed = Instant::now();
        tx.commit().await.unwrap();
        done.wait(number + 1).await;
        let begun = done.0.begun_at.lock().unwrap().unwrap();
        times.push(begun.duration_since(committed).as_secs_f64() * 1e3);
    }
    workers.drain(Duration::from_secs(10)).await;
    times.sort_by(f64::total_cmp);
    (times[IDLE / 2], times[IDLE * 99 / 100])
}

/// A peer's own script prints five numbers: bulk, by one, by eight, p50, p99.
fn run_peer(peers: &Path, peer: &str, url: &str) -> Option<Figures> {
    let folder = peers.join(peer);
    let version = std::fs::read_to_string(folder.join("version")).ok()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/peers").join(format!("{peer}.mjs"));
    let output = Command::new(folder.join("node_modules/.bin/node"))
        .arg(script)
        .args([url, &jobs().to_string(), &IDLE.to_string()])
        .current_dir(&folder)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.lines().last()?.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let [bulk, one, eight, p50, p99] = numbers[..] else {
        println!("{peer}: {text}{}", String::from_utf8_lossy(&output.stderr));
        return None;
    };
    let figures =
        Figures { name: format!("{peer} {}", version.trim()), singly: None, bulk, one, eight, idle: (p50, p99) };
    println!("{}", figures.row());
    Some(figures)
}
