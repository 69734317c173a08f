//! Limits, shares and priorities, over all processes.

use std::time::Duration;

use database::{Platform, params};
use jobs::{JobState, Queue};
use testkit::{TestDb, db_test};

use crate::support::{Act, Idle, OneEach, Two, Urgent, World, plain};

fn many<J>(count: usize, job: impl Fn(String) -> J) -> Vec<J> {
    (0..count).map(|number| job(number.to_string())).collect()
}

#[db_test]
async fn limits_of_a_kind_hold_over_all_processes(db: TestDb) {
    let world = World::new(&db);
    let other = Queue::new(db.reconnect().await, world.env.clone());
    let (first, second) = (world.workers(8), world.workers_on(&other, 8));
    first.start().await.unwrap();
    second.start().await.unwrap();
    world.put(&many(10, |name| Two { name, act: Act::Hold })).await;
    for ended in 0..10 {
        world.probe.wait((ended + 2).min(10)).await;
        assert!(world.count(JobState::Running).await <= 2);
        world.probe.open(1);
    }
    first.drain(Duration::from_secs(10)).await;
    second.drain(Duration::from_secs(10)).await;
    assert_eq!(world.count(JobState::Done).await, 10);
}

#[db_test]
async fn limits_per_workspace_are_each_ones_own(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(8);
    for number in 1..=3 {
        let scope = world.workspace(number).await;
        world.put_for(scope, &many(3, |name| OneEach { name, act: Act::Hold })).await;
    }
    workers.start().await.unwrap();
    world.probe.wait(3).await;
    assert_eq!(world.count(JobState::Running).await, 3);
    world.probe.open(9);
    world.probe.wait(9).await;
    workers.drain(Duration::from_secs(10)).await;
    assert_eq!(world.count(JobState::Done).await, 9);
}

/// Acceptance 37: one workspace with a thousand long jobs leaves room for the one job of another.
#[db_test]
async fn one_tenant_cannot_take_all_workers(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(4);
    let (flood, small) = (world.workspace(1).await, world.workspace(2).await);
    world.put_for(flood, &many(1000, |_| plain("flood", Act::Hold))).await;
    workers.start().await.unwrap();
    world.probe.wait(3).await;
    world.put_for(small, &[plain("small", Act::Work)]).await;
    world.probe.wait(4).await;
    assert_eq!(world.probe.counts(), [("flood".to_owned(), 3), ("small".to_owned(), 1)].into());
    workers.drain(Duration::ZERO).await;
}

/// Those who came with a thousand jobs and those with a few take turns.
#[db_test]
async fn workspaces_take_turns(db: TestDb) {
    let world = World::new(&db);
    let (flood, small) = (world.workspace(1).await, world.workspace(2).await);
    world.put_for(flood, &many(100, |_| plain("flood", Act::Work))).await;
    world.clock.advance(Duration::from_secs(60));
    world.put_for(small, &many(3, |_| plain("small", Act::Work))).await;
    world.workers(2).run_due().await.unwrap();
    let begun = world.probe.begun();
    assert_eq!(begun.len(), 103);
    assert_eq!(begun[..6].iter().filter(|name| *name == "small").count(), 3, "{:?}", &begun[..6]);
}

/// Acceptance 37: priority doesn't starve.
#[db_test]
async fn what_has_waited_long_goes_before_what_is_urgent(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(1);
    world.put_one(&Idle { name: "idle".to_owned(), act: Act::Work }).await;
    world.put_one(&plain("plain", Act::Work)).await;
    world.put_one(&Urgent { name: "urgent".to_owned(), act: Act::Work }).await;
    workers.run_due().await.unwrap();
    assert_eq!(world.probe.begun(), ["urgent", "plain", "idle"]);
    world.put_one(&Idle { name: "patient".to_owned(), act: Act::Work }).await;
    world.clock.advance(Duration::from_secs(601));
    world.put(&many(3, |_| Urgent { name: "urgent".to_owned(), act: Act::Work })).await;
    workers.run_due().await.unwrap();
    assert_eq!(world.probe.begun()[3..], ["patient", "urgent", "urgent", "urgent"]);
}

#[db_test]
async fn jobs_of_a_suspended_workspace_wait(db: TestDb) {
    let world = World::new(&db);
    let workers = world.workers(2);
    let scope = world.workspace(1).await;
    world.put_for(scope, &[plain("it", Act::Work)]).await;
    let suspend = "UPDATE workspaces SET suspended_at = $1";
    db.execute(Platform, suspend, params![world.now()]).await.unwrap();
    assert_eq!(workers.run_due().await.unwrap(), 0);
    db.execute(Platform, suspend, params![None::<i64>]).await.unwrap();
    assert_eq!(workers.run_due().await.unwrap(), 1);
}

/// More lanes than one claim looks at: all get their turn.
#[db_test]
async fn many_workspaces_all_get_their_turn(db: TestDb) {
    let world = World::new(&db);
    for number in 1..=600 {
        let scope = world.workspace(number).await;
        world.put_for(scope, &[plain("it", Act::Work)]).await;
    }
    assert_eq!(world.workers(16).run_due().await.unwrap(), 600);
}
