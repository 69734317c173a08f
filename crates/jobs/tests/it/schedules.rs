//! Ticks, and who fires them.

use std::time::Duration;

use jobs::{CatchUp, JobState, Queue, Schedule, Settings, Workers};
use testkit::{TestDb, db_test};

use crate::support::{Act, Plain, World, registry};

fn scheduler(world: &World, queue: &Queue, catch_up: CatchUp) -> Workers {
    let mut registry = registry(&world.probe);
    let hourly = Schedule::new("test.hourly", "0 * * * *", |tick| Plain { name: tick.to_string(), act: Act::Work });
    registry.schedule(hourly.catch_up(catch_up));
    Workers::new(queue.clone(), world.tasks.clone(), registry, Settings::default())
}

/// Acceptance 37: of two schedulers one was paused past its lease, and both fire; each tick runs once.
#[db_test]
async fn each_tick_runs_once(db: TestDb) {
    let world = World::new(&db);
    let other = Queue::new(db.reconnect().await, world.env.clone());
    let first = scheduler(&world, &world.queue, CatchUp::Each);
    let second = scheduler(&world, &other, CatchUp::Each);
    first.register().await.unwrap();
    second.register().await.unwrap();
    first.look_after().await.unwrap();
    second.look_after().await.unwrap();
    assert!(world.queue.workers().await.unwrap().iter().filter(|worker| worker.leads).count() == 1);
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(3600));
        // Both believe to lead.
        let (a, b) = tokio::join!(first.fire_schedules(), second.fire_schedules());
        assert_eq!(a.unwrap() + b.unwrap(), 1);
        first.run_due().await.unwrap();
    }
    let begun = world.probe.begun();
    assert_eq!(begun.len(), 10);
    assert_eq!(begun[0], "2026-01-02T04:00:00.000000Z");
    let schedule = &world.queue.schedules().await.unwrap()[0];
    assert_eq!(schedule.next_at.to_string(), "2026-01-02T14:00:00.000000Z");
    assert_eq!(schedule.last_at.unwrap().to_string(), "2026-01-02T13:00:00.000000Z");
}

#[db_test]
async fn the_lead_passes_on_when_its_lease_runs_out(db: TestDb) {
    let world = World::new(&db);
    let other = Queue::new(db.reconnect().await, world.env.clone());
    let first = scheduler(&world, &world.queue, CatchUp::Once);
    let second = scheduler(&world, &other, CatchUp::Once);
    first.register().await.unwrap();
    second.register().await.unwrap();
    first.look_after().await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    second.look_after().await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    second.look_after().await.unwrap();
    assert_eq!(world.count(JobState::Waiting).await, 1, "the second leads by now, and has fired");
}

/// While the job of the last tick is under way there is no second one, and missed ticks become one.
#[db_test]
async fn ticks_do_not_pile_up(db: TestDb) {
    let world = World::new(&db);
    let workers = scheduler(&world, &world.queue, CatchUp::Once);
    workers.register().await.unwrap();
    workers.look_after().await.unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(3 * 3600));
        workers.look_after().await.unwrap();
    }
    assert_eq!(world.count(JobState::Waiting).await, 1);
    assert_eq!(workers.run_due().await.unwrap(), 1);
    assert_eq!(world.probe.begun(), ["2026-01-02T06:00:00.000000Z"]);
}
