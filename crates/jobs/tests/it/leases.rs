//! Processes that die, that are paused, and that are asked to stop.

use std::time::Duration;

use database::Platform;
use jobs::{JobState, Queue};
use testkit::{TestDb, db_test};

use crate::support::{Act, World, plain};

/// The lease, and a little.
const LEASE: Duration = Duration::from_secs(21);

/// Acceptance 35: the process is gone in mid-job; another has the job when the lease has run out. The first one, which
/// was only paused, is fenced: its effect is rolled back.
#[db_test]
async fn a_job_of_a_dead_process_runs_again_and_the_dead_one_is_fenced(db: TestDb) {
    let world = World::new(&db);
    let other = Queue::new(db.reconnect().await, world.env.clone());
    let (first, second) = (world.workers(2), world.workers_on(&other, 2));
    first.register().await.unwrap();
    second.register().await.unwrap();
    let id = world.put_one(&plain("it", Act::HoldAndComplete)).await;
    let rest = async {
        world.probe.wait(1).await;
        second.look_after().await.unwrap();
        assert_eq!(second.run_due().await.unwrap(), 0, "the first one lives");
        world.clock.advance(LEASE);
        second.look_after().await.unwrap();
        let job = world.job(id).await;
        assert_eq!((job.state, job.failures.len()), (JobState::Waiting, 1));
        assert_eq!(job.failures[0].error, "its process was gone before it was done");
        // Both have it now, and go on at the same time.
        let both = async {
            world.probe.wait(2).await;
            world.probe.open(2);
        };
        tokio::join!(second.run_due(), both).0.unwrap()
    };
    let (first_attempts, second_attempts) = tokio::join!(first.run_due(), rest);
    assert_eq!((first_attempts.unwrap(), second_attempts), (1, 1));
    let job = world.job(id).await;
    assert_eq!((job.state, job.attempts), (JobState::Done, 2));
    assert_eq!(world.count(JobState::Delayed).await, 1, "one effect, although both went to their end");
}

/// Acceptance 35: a long job of a process that lives is left to it.
#[db_test]
async fn a_long_live_job_is_never_run_twice(db: TestDb) {
    let world = World::new(&db);
    let other = Queue::new(db.reconnect().await, world.env.clone());
    let (first, second) = (world.workers(2), world.workers_on(&other, 2));
    first.register().await.unwrap();
    second.register().await.unwrap();
    let id = world.put_one(&plain("it", Act::Hold)).await;
    let attempt = first.run_due();
    let rest = async {
        world.probe.wait(1).await;
        for _ in 0..10 {
            world.clock.advance(LEASE / 2);
            first.look_after().await.unwrap();
            second.look_after().await.unwrap();
            assert_eq!(second.run_due().await.unwrap(), 0);
        }
        world.probe.open(1);
    };
    let (attempted, ()) = tokio::join!(attempt, rest);
    assert_eq!(attempted.unwrap(), 1);
    assert_eq!(world.state(id).await, JobState::Done);
    assert_eq!(world.probe.begun().len(), 1);
}

/// A job that kills its process does not do so for ever.
#[db_test]
async fn what_outlives_its_processes_is_given_up(db: TestDb) {
    let world = World::new(&db);
    let id = world.put_one(&plain("it", Act::Hold)).await;
    for _ in 0..3 {
        let workers = world.workers(1);
        workers.register().await.unwrap();
        let begun = world.probe.begun().len();
        tokio::select! {
            _ = workers.run_due() => panic!("it holds"),
            () = world.probe.wait(begun + 1) => {}
        }
        world.clock.advance(LEASE);
        let other = world.workers(1);
        other.register().await.unwrap();
        other.look_after().await.unwrap();
    }
    let job = world.job(id).await;
    assert_eq!((job.state, job.failures.len()), (JobState::Dead, 3));
}

/// Acceptance 37: asked to stop, a process lets what runs finish, begins nothing, and gives the rest back.
#[db_test]
async fn a_shutdown_drains(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(2);
    workers.start().await.unwrap();
    let running = world.put(&[plain("a", Act::Hold), plain("b", Act::Hold)]).await;
    let waiting = world.put_one(&plain("c", Act::Work)).await;
    // Of one owner one of two slots.
    world.probe.wait(1).await;
    let open = async { world.probe.open(2) };
    tokio::join!(workers.drain(Duration::from_secs(60)), open);
    assert_eq!(world.probe.begun(), ["a"]);
    assert_eq!(world.state(running[0].unwrap()).await, JobState::Done);
    assert_eq!(world.state(running[1].unwrap()).await, JobState::Waiting);
    assert_eq!(world.state(waiting).await, JobState::Waiting);
    assert!(world.queue.workers().await.unwrap().is_empty(), "it has left");
}

/// What doesn't end in time goes back into the queue, and its attempt is not counted.
#[db_test]
async fn a_shutdown_gives_back_what_does_not_end(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(1);
    workers.start().await.unwrap();
    let id = world.put_one(&plain("it", Act::Hold)).await;
    world.probe.wait(1).await;
    workers.drain(Duration::ZERO).await;
    let job = world.job(id).await;
    assert_eq!((job.state, job.attempts), (JobState::Waiting, 0));
    let next = world.workers(1);
    world.probe.open(1);
    assert_eq!(next.run_due().await.unwrap(), 1);
}

/// A second process hears of a job without polling, which the tests' clock would never let it do in time.
#[db_test]
async fn another_process_is_woken(db: TestDb) {
    let world = World::new(&db);
    if db.engine() == database::Engine::Sqlite {
        return;
    }
    let other = Queue::new(db.reconnect().await, world.env.clone());
    let workers = world.workers_on(&other, 1);
    workers.start().await.unwrap();
    // Rings are carried by whoever works; a process that only enqueues has workers without slots.
    let sender = world.workers(0);
    sender.start().await.unwrap();
    let mut tx = db.begin(Platform).await.unwrap();
    world.queue.enqueue(&mut tx, jobs::NewJob::of(&plain("it", Act::Work))).await.unwrap();
    tx.commit().await.unwrap();
    world.probe.wait(1).await;
    workers.drain(Duration::from_secs(10)).await;
}
