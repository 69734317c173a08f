//! What becomes of a job, attempt by attempt.

use std::time::Duration;

use database::Platform;
use jobs::{JobState, JobsError};
use testkit::{TestDb, db_test};

use crate::support::{Act, Short, World, plain};

#[db_test]
async fn failures_are_tried_again_and_given_up_in_the_end(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(2);
    let id = world.put_one(&plain("it", Act::Fail)).await;
    for attempt in 1..=3 {
        assert_eq!(workers.run_due().await.unwrap(), 1, "attempt {attempt}");
        assert_eq!(workers.run_due().await.unwrap(), 0, "it pauses");
        world.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(workers.run_due().await.unwrap(), 0);
    let job = world.job(id).await;
    assert_eq!((job.state, job.attempts, job.failures.len()), (JobState::Dead, 3, 3));
    assert_eq!(job.failures[2].error, "the letter can't be sent: the server is away");
    let mut tx = db.begin(Platform).await.unwrap();
    assert_eq!(world.queue.requeue_dead(&mut tx, Some("test.other"), 10).await.unwrap(), 0);
    assert_eq!(world.queue.requeue_dead(&mut tx, None, 10).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(workers.run_due().await.unwrap(), 1, "put back, it has its attempts again");
    assert_eq!(world.state(id).await, JobState::Delayed);
}

#[db_test]
async fn what_will_never_work_is_not_repeated(db: TestDb) {
    let world = World::new(&db);
    let id = world.put_one(&plain("it", Act::Discard)).await;
    world.workers(2).run_due().await.unwrap();
    let job = world.job(id).await;
    assert_eq!((job.state, job.attempts), (JobState::Dead, 1));
    let mut tx = db.begin(Platform).await.unwrap();
    world.queue.requeue(&mut tx, id).await.unwrap();
    assert!(matches!(world.queue.requeue(&mut tx, id).await, Err(JobsError::NotFound)), "it waits already");
    tx.commit().await.unwrap();
    assert_eq!(world.job(id).await.attempts, 0);
}

#[db_test]
async fn panics_and_attempts_without_end_are_failures(db: TestDb) {
    let world = World::new(&db);
    let panics = world.put_one(&plain("panics", Act::Panic)).await;
    let hangs = world.put_one(&Short { name: "hangs".to_owned(), act: Act::Hold }).await;
    world.workers(2).run_due().await.unwrap();
    assert_eq!(world.job(panics).await.failures[0].error, "it panicked: a slip");
    assert_eq!(world.job(hangs).await.failures[0].error, "it took longer than 1ms");
    assert_eq!(world.state(hangs).await, JobState::Delayed);
}

#[db_test]
async fn a_snooze_is_no_attempt(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(2);
    let id = world.put_one(&plain("it", Act::Snooze)).await;
    for _ in 0..5 {
        assert_eq!(workers.run_due().await.unwrap(), 1);
        let job = world.job(id).await;
        assert_eq!((job.state, job.attempts), (JobState::Delayed, 0));
        world.clock.advance(Duration::from_secs(60));
    }
}

#[db_test]
async fn effect_and_completion_commit_together(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(2);
    world.put_one(&plain("it", Act::Complete)).await;
    let back = world.put_one(&plain("back", Act::RollBack)).await;
    workers.run_due().await.unwrap();
    assert_eq!(world.count(JobState::Done).await, 1);
    assert_eq!(world.state(back).await, JobState::Delayed, "what was rolled back is not done");
    world.clock.advance(Duration::from_secs(10));
    workers.run_due().await.unwrap();
    assert_eq!(world.state(back).await, JobState::Done);
    let delayed = world.count(JobState::Delayed).await;
    assert_eq!(delayed, 2, "one effect of each");
}

#[db_test]
async fn a_waiting_job_is_cancelled_at_once_and_a_running_one_soon(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(1);
    workers.start().await.unwrap();
    let running = world.put_one(&plain("runs", Act::Progress)).await;
    world.probe.wait(1).await;
    let waiting = world.put_one(&plain("waits", Act::Work)).await;
    let mut tx = db.begin(Platform).await.unwrap();
    for id in [running, waiting] {
        world.queue.cancel(&mut tx, id).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.state(waiting).await, JobState::Cancelled);
    while world.state(running).await != JobState::Cancelled {
        tokio::task::yield_now().await;
    }
    let job = world.job(running).await;
    assert_eq!((job.progress, job.note.as_deref()), (Some(0.5), Some("half of it")));
    workers.drain(Duration::from_secs(10)).await;
    assert_eq!(world.probe.begun(), ["runs"]);
}
