//! Acceptance 35 with real processes: workers that are killed in mid-job, again and again. Nothing is lost, and no effect
//! is there twice.

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    time::Duration,
};

use database::{Db, Options, Platform};
use jobs::{JobQuery, Queue, Settings, Workers};
use kernel::{Env, Tasks};
use testkit::{TestDb, db_test};

use crate::support::{Act, Gone, Probe, World, registry};

/// Where the child finds the database.
const URL: &str = "JOBS_TEST_CHAOS_URL";
const JOBS: usize = 400;
const KILLS: usize = 4;

fn spawn(url: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["chaos::child", "--exact", "--ignored", "--nocapture"])
        .env(URL, url)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The process that is killed. It works until then.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::connect(&Options::new(url)).await.unwrap();
        let queue = Queue::new(db.clone(), Env::system());
        let settings = Settings {
            slots: 4,
            lease: Duration::from_secs(1),
            poll: Duration::from_millis(100),
            ..Settings::default()
        };
        let workers = Workers::new(queue, Tasks::new(), registry(&Probe::new(db)), settings);
        workers.start().await.unwrap();
        std::future::pending::<()>().await;
    });
}

/// How often each effect is there.
async fn effects(world: &World) -> HashMap<String, usize> {
    let query = JobQuery { state: None, kind: Some("test.plain".to_owned()), before: None, limit: 100_000 };
    let found = world.queue.list(Platform, &query).await.unwrap();
    found.into_iter().fold(HashMap::new(), |mut counts, job| {
        *counts.entry(job.payload["name"].to_string()).or_default() += 1;
        counts
    })
}

#[db_test]
async fn killed_in_mid_job_nothing_is_lost_or_done_twice(db: TestDb) {
    let mut world = World::new(&db);
    // The processes go by the machine's clock, and so do the jobs for them.
    world.queue = Queue::new(db.reconnect().await, Env::system());
    let jobs: Vec<_> = (0..JOBS).map(|number| Gone { name: number.to_string(), act: Act::Complete }).collect();
    world.put(&jobs).await;
    let mut kills = 0;
    let mut process = spawn(db.url());
    loop {
        // Nothing tells this process how far the other one is.
        tokio::time::sleep(Duration::from_millis(10)).await;
        let effects = effects(&world).await;
        if kills < KILLS && effects.len() > kills * JOBS / (2 * KILLS) {
            process.kill().unwrap();
            process.wait().unwrap();
            kills += 1;
            process = spawn(db.url());
        }
        let under_way = world.queue.counts().await.unwrap().keys().any(|(kind, _)| kind == "test.gone");
        if !under_way {
            break;
        }
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let effects = effects(&world).await;
    assert_eq!(effects.len(), JOBS, "none is lost");
    assert!(effects.values().all(|count| *count == 1), "none is there twice");
    assert!(kills > 0, "it was never in mid-job");
}
