//! Acceptance 38: a broken connection loses nothing and repeats nothing.

use std::sync::Arc;

use chat::Position;
use contracts::providers::{Chunk, ToolCall};
use serde_json::json;
use testkit::{TestDb, db_test};
use tokio::sync::Semaphore;

use crate::{
    scripted::{Script, Step, done, say, think, used},
    support::{World, all, content, events, parse, until},
};

/// An answer of every kind of part, with letters of one to four bytes.
fn varied() -> Vec<Step> {
    vec![
        think("Let me think. "),
        think("Được."),
        say("Héllo "),
        say("wörld, "),
        say("đây là 🦀"),
        Step::Say(Chunk::ToolCall(ToolCall {
            id: "c1".into(),
            name: "find".into(),
            input: json!({"q": "cà phê", "n": 3}),
        })),
        say("After "),
        say("the call."),
        used(3, 4),
        done(),
    ]
}

/// Resumes after every event of the whole stream and at every byte between.
async fn resumes_everywhere(world: &World, run: kernel::RunId, from_storage: Option<&chat::Chat>) {
    let whole = all(world.follow(run, Position::START).await).await;
    let chat = from_storage.unwrap_or(&world.chat);
    for cut in 0..=whole.len() {
        let seen = &whole[..cut];
        let after = seen.last().map_or(Position::START, |frame| parse(frame).id);
        let rest = all(chat.follow_run(world.caller, run, after).await.unwrap()).await;
        let joined: Vec<_> = seen.iter().chain(&rest).map(parse).collect();
        let expected: Vec<_> = whole.iter().map(parse).collect();
        assert_eq!(content(&joined), content(&expected), "cut after event {cut}");
        if from_storage.is_none() {
            assert_eq!([seen, &rest].concat(), whole, "byte for byte, after event {cut}");
        }
    }
}

#[db_test]
async fn acceptance_38_from_the_log_at_every_event(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(varied()));
    let started = world.send(conversation, "Hi").await;
    world.end(started.run_id()).await;
    resumes_everywhere(&world, started.run_id(), None).await;
}

#[db_test]
async fn acceptance_38_from_storage_at_every_event(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(varied()));
    let started = world.send(conversation, "Hi").await;
    world.end(started.run_id()).await;
    let (other, _) = world.another_node(&db).await;
    resumes_everywhere(&world, started.run_id(), Some(&other)).await;

    // What it opens and closes with is rebuilt too.
    let log = events(world.follow(started.run_id(), Position::START).await).await;
    let rebuilt = events(other.follow_run(world.caller, started.run_id(), Position::START).await.unwrap()).await;
    assert_eq!(rebuilt[..3], log[..3]);
    assert_eq!(rebuilt[rebuilt.len() - 4..], log[log.len() - 4..]);
}

#[db_test]
async fn acceptance_38_two_tabs_see_the_same_stream(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(varied()));
    let started = world.send(conversation, "Hi").await;
    let (one, two) = tokio::join!(
        all(world.chat.follow_started(&started)),
        all(world.follow(started.run_id(), Position::START).await)
    );
    assert_eq!(one, two);
}

/// A tab that changes nodes in mid-answer: from the journal, then from the message.
#[db_test]
async fn acceptance_38_across_nodes_in_mid_answer(db: TestDb) {
    let world = World::new(&db).await;
    let (other, _) = world.another_node(&db).await;
    let conversation = world.conversation().await;
    let gate = Arc::new(Semaphore::new(0));
    let mut steps = vec![say("Trước "), say("cổng, "), Step::Gate(gate.clone())];
    steps.extend([say("sau "), say("cổng."), Step::Gate(gate.clone()), say(" Hết."), used(1, 1), done()]);
    world.provider.next(Script::new(steps));
    let started = world.send(conversation, "Hi").await;
    let run = started.run_id();

    let mut here = world.chat.follow_started(&started);
    let seen_here = until(&mut here, "cổng, ").await;
    drop(here);
    let mut there = other.follow_run(world.caller, run, seen_here.last().unwrap().id).await.unwrap();
    gate.add_permits(1);
    let seen_there = until(&mut there, "cổng.").await;
    drop(there);
    let back = world.follow(run, seen_there.last().unwrap().id).await;
    let elsewhere = other.follow_run(world.caller, run, Position::START).await.unwrap();
    gate.add_permits(1);
    let (back, elsewhere) = tokio::join!(events(back), events(elsewhere));

    let joined: Vec<_> = seen_here.into_iter().chain(seen_there).chain(back).collect();
    let whole = events(world.follow(run, Position::START).await).await;
    assert_eq!(content(&joined), content(&whole));
    assert_eq!(content(&elsewhere), content(&whole));
    assert!(content(&whole).contains("Trước cổng, sau cổng. Hết."));
}

/// A position inside a delta of the log: its rest comes, and no more.
#[db_test]
async fn acceptance_38_a_cut_inside_a_delta(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![say("0123456789"), used(1, 1), done()]));
    let started = world.send(conversation, "Hi").await;
    world.end(started.run_id()).await;
    let (other, _) = world.another_node(&db).await;
    for seen in 0..=10 {
        let after: Position = format!("1.{seen}").parse().unwrap();
        for chat in [&world.chat, &other] {
            let rest = events(chat.follow_run(world.caller, started.run_id(), after).await.unwrap()).await;
            let text: String = rest.iter().filter_map(|event| event.data["delta"].as_str()).collect();
            assert_eq!(text, "0123456789"[seen..], "after {after}");
        }
    }
}

/// What was shown is in the database already.
#[db_test]
async fn durable_before_visible(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let gate = Arc::new(Semaphore::new(0));
    world.provider.next(Script::new(vec![say("Seen"), Step::Gate(gate.clone()), used(1, 1), done()]));
    let started = world.send(conversation, "Hi").await;
    until(&mut world.chat.follow_started(&started), "Seen").await;
    assert_eq!(world.journal().await, 1);
    gate.add_permits(1);
    world.end(started.run_id()).await;
    assert_eq!(world.journal().await, 0);
}
