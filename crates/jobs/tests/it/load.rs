//! Acceptance 36: eight workers and ten thousand jobs.

use std::time::Duration;

use jobs::{JobState, Queue, Settings, Workers};
use kernel::Env;
use testkit::{TestDb, db_test};

use crate::support::{Act, Gone, World, registry};

const JOBS: usize = 10_000;

/// Each of eight has connections of its own, as a process has. No job is begun twice, none is left, none has failed, as
/// it would for “database is locked”.
#[db_test]
async fn nothing_is_claimed_twice(db: TestDb) {
    let world = World::new(&db);
    let jobs: Vec<_> = (0..JOBS).map(|number| Gone { name: number.to_string(), act: Act::Work }).collect();
    for some in jobs.chunks(1000) {
        world.put(some).await;
    }
    let mut all = Vec::new();
    for _ in 0..8 {
        let queue = Queue::new(db.reconnect().await, Env::system());
        let settings = Settings { slots: 32, ..Settings::default() };
        all.push(Workers::new(queue, world.tasks.clone(), registry(&world.probe), settings));
    }
    for workers in &all {
        workers.register().await.unwrap();
    }
    let done =
        futures_util::future::join_all(all.iter().map(|workers| async { workers.run_due().await.unwrap() })).await;
    assert_eq!(done.iter().sum::<usize>(), JOBS);
    let counts = world.probe.counts();
    assert_eq!(counts.len(), JOBS);
    assert!(counts.values().all(|count| *count == 1));
    assert_eq!(world.queue.counts().await.unwrap().len(), 0, "no row is left");
}

/// The same with the tasks that a server runs.
#[db_test]
async fn started_workers_do_all(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(8);
    workers.start().await.unwrap();
    for some in (0..JOBS).collect::<Vec<_>>().chunks(1000) {
        let jobs: Vec<_> = some.iter().map(|number| Gone { name: number.to_string(), act: Act::Work }).collect();
        world.put(&jobs).await;
    }
    world.probe.wait(JOBS).await;
    workers.drain(Duration::from_secs(30)).await;
    assert!(world.probe.counts().values().all(|count| *count == 1));
    assert_eq!(world.probe.begun().len(), JOBS);
    assert_eq!(world.count(JobState::Running).await, 0);
}
