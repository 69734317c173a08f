//! What gets into the queue, and for whom.

use std::time::Duration;

use database::Platform;
use jobs::{JobQuery, JobState, JobsError, NewJob};
use testkit::{TestDb, db_test};

use crate::support::{Act, Gone, World, plain};

fn all() -> JobQuery {
    JobQuery { state: None, kind: None, before: None, limit: 100 }
}

#[db_test]
async fn a_job_is_there_if_its_transaction_commits(db: TestDb) {
    let world = World::new(&db);
    let mut tx = db.begin(Platform).await.unwrap();
    world.queue.enqueue(&mut tx, NewJob::of(&plain("never", Act::Work))).await.unwrap().unwrap();
    tx.rollback().await.unwrap();
    let id = world.put_one(&plain("once", Act::Work)).await;
    assert_eq!(world.workers(2).run_due().await.unwrap(), 1);
    assert_eq!(world.probe.begun(), ["once"]);
    assert_eq!(world.state(id).await, JobState::Done);
    assert_eq!(world.job(id).await.attempts, 1);
}

#[db_test]
async fn a_kind_that_keeps_nothing_leaves_no_row(db: TestDb) {
    let world = World::new(&db);
    let id = world.put_one(&Gone { name: "it".to_owned(), act: Act::Work }).await;
    world.workers(2).run_due().await.unwrap();
    assert!(matches!(world.queue.get(Platform, id).await, Err(JobsError::NotFound)));
    assert_eq!(world.probe.begun(), ["it"]);
}

#[db_test]
async fn a_delayed_job_waits_for_its_time(db: TestDb) {
    let world = World::new(&db);
    let mut tx = db.begin(Platform).await.unwrap();
    let later = NewJob::of(&plain("later", Act::Work)).after(Duration::from_secs(60));
    let id = world.queue.enqueue(&mut tx, later).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let workers = world.workers(2);
    assert_eq!(workers.run_due().await.unwrap(), 0);
    assert_eq!(world.state(id).await, JobState::Delayed);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(workers.run_due().await.unwrap(), 1);
}

#[db_test]
async fn of_a_unique_key_one_is_under_way(db: TestDb) {
    let world = World::new(&db);
    let (a, b) = (world.workspace(1).await, world.workspace(2).await);
    let put = async |scope| {
        let mut tx = db.begin(scope).await.unwrap();
        let job = NewJob::of(&plain("it", Act::Work)).unique("key");
        let id = world.queue.enqueue(&mut tx, job).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    assert!(put(a).await.is_some());
    assert!(put(a).await.is_none());
    assert!(put(b).await.is_some(), "keys of workspaces are their own");
    assert_eq!(world.workers(4).run_due().await.unwrap(), 2);
    assert!(put(a).await.is_some(), "the one before is done");
}

/// Acceptance 15: a workspace sees its own jobs.
#[db_test]
async fn workspaces_see_their_own(db: TestDb) {
    let world = World::new(&db);
    let (a, b) = (world.workspace(1).await, world.workspace(2).await);
    let of_a = world.put_for(a, &[plain("a", Act::Work)]).await[0].unwrap();
    let of_b = world.put_for(b, &[plain("b", Act::Work)]).await[0].unwrap();
    world.put_one(&plain("platform", Act::Work)).await;
    let seen: Vec<_> = world.queue.list(a, &all()).await.unwrap().into_iter().map(|job| job.id).collect();
    assert_eq!(seen, [of_a]);
    assert!(matches!(world.queue.get(a, of_b).await, Err(JobsError::NotFound)));
    assert_eq!(world.queue.list(Platform, &all()).await.unwrap().len(), 3);
}

/// On PostgreSQL the policies alone hold; a tenant's transaction reaches no other's job.
#[db_test]
async fn a_workspace_cannot_cancel_anothers(db: TestDb) {
    let world = World::new(&db);
    let (a, b) = (world.workspace(1).await, world.workspace(2).await);
    let of_b = world.put_for(b, &[plain("b", Act::Work)]).await[0].unwrap();
    let mut tx = db.begin(a).await.unwrap();
    assert!(matches!(world.queue.cancel(&mut tx, of_b).await, Err(JobsError::NotFound)));
    drop(tx);
    assert_eq!(world.state(of_b).await, JobState::Waiting);
}
