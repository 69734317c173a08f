//! Several processes on one database.

use std::time::Duration;

use chat::{Position, model::RunStatus};
use database::Engine;
use testkit::{TestDb, db_test};

use crate::{
    scripted::{Script, Step},
    support::{World, content, events, text, until},
};

/// Acceptance 42: the request to stop may reach any node.
#[db_test]
async fn acceptance_42_a_run_is_stopped_through_another_node(db: TestDb) {
    if db.engine() == Engine::Sqlite {
        // A file has one process: nobody else could be asked.
        return;
    }
    let world = World::new(&db).await;
    let (other, _) = world.another_node(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![Step::Words("one two "), Step::Hang]));
    let started = world.send(conversation, "Count").await;
    until(&mut world.chat.follow_started(&started), "two ").await;
    let run = other.cancel_run(world.caller, started.run_id()).await.unwrap();
    assert_eq!(run.status, RunStatus::Cancelled);
    assert_eq!(world.provider.open(), 0);
    assert_eq!(text(&world.branch(conversation).await[1]), "one two ");
}

/// A follower on another node sees the end that a sweeper wrote.
#[db_test]
async fn a_follower_elsewhere_sees_an_interruption(db: TestDb) {
    let world = World::new(&db).await;
    let (other, _) = world.another_node(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![Step::Words("before the fall "), Step::Hang]));
    let started = world.send(conversation, "Hi").await;
    let mut frames = other.follow_run(world.caller, started.run_id(), Position::START).await.unwrap();
    let seen = until(&mut frames, "fall ").await;
    world.clock.advance(Duration::from_secs(21));
    let (third, _) = world.another_node(&db).await;
    assert_eq!(third.sweep().await.unwrap(), 1);
    let rest = events(frames).await;
    assert!(content(&rest).ends_with("<error><[DONE]>"), "{}", content(&rest));
    let whole = events(third.follow_run(world.caller, started.run_id(), Position::START).await.unwrap()).await;
    assert_eq!(content(&seen) + &content(&rest), content(&whole));
}
