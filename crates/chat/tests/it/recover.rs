//! Acceptance 39: what a killed process was writing.

use std::time::Duration;

use chat::{
    Position,
    model::{Part, RunStatus},
};
use contracts::providers::{Chunk, TokenUsage};
use database::Engine;
use testkit::{TestDb, db_test};

use crate::{
    scripted::{Script, Step, think},
    support::{Process, World, ask, content, events, text, until},
};

#[db_test]
async fn acceptance_39_a_killed_process_loses_nothing_that_was_seen(db: TestDb) {
    let world = World::new(&db).await;
    let process = Process::start(&world, &db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![think("Hm. "), Step::Words("one two three "), Step::Hang]));
    let (chat, caller) = (process.chat.clone(), world.caller);
    let (run, seen) = process
        .run(async move {
            let started = chat.start_run(caller, conversation, ask("Count for me"), None).await.unwrap();
            let seen = until(&mut chat.follow_started(&started), "three ").await;
            (started.run_id(), seen)
        })
        .await;
    process.kill();

    if db.engine() == Engine::Postgres {
        // Its lease still holds: it may be alive.
        assert_eq!(world.chat.sweep().await.unwrap(), 0);
        world.clock.advance(Duration::from_secs(21));
        assert_eq!(world.chat.sweep().await.unwrap(), 1);
    } else {
        // One process only: the next start closes it.
        let next = Process::start(&world, &db).await;
        drop(next);
    }
    let closed = world.chat.get_run(world.caller, run).await.unwrap();
    assert_eq!(closed.status, RunStatus::Interrupted);
    let usage = closed.usage.unwrap();
    // Three words and eight tokens around; "Hm." and three words.
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.reasoning_tokens), (11, 4, 1));
    assert!(usage.estimated);
    assert_eq!(usage.cost_usd.to_string(), "0.000019");
    assert!(closed.first_token_ms.is_some());
    let branch = world.branch(conversation).await;
    assert_eq!(branch[1].parts[0], Part::Reasoning { text: "Hm. ".into() });
    assert_eq!(text(&branch[1]), "one two three ");
    assert_eq!((world.ledger().await, world.journal().await), (1, 0));
    assert_eq!(world.read(conversation).await.active_run_id, None);

    // Whoever was listening goes on where it broke.
    let rest = events(world.follow(run, seen.last().unwrap().id).await).await;
    assert!(content(&rest).ends_with("<finish-step><data-run><error><[DONE]>"), "{}", content(&rest));
    let whole = events(world.follow(run, Position::START).await).await;
    assert_eq!(content(&seen) + &content(&rest), content(&whole));

    let again = world.regenerate(conversation, closed.message_id).await;
    assert_eq!(again.status, RunStatus::Completed);
    assert_eq!(world.ledger().await, 2);
    assert_eq!(world.chat.sweep().await.unwrap(), 0, "it is closed once");
}

#[db_test]
async fn acceptance_39_figures_that_the_provider_gave_are_used(db: TestDb) {
    let world = World::new(&db).await;
    let process = Process::start(&world, &db).await;
    let conversation = world.conversation().await;
    let early = TokenUsage { input: 500, cached_input: 400, output: 1, ..TokenUsage::default() };
    world.provider.next(Script::new(vec![Step::Say(Chunk::Usage(early)), Step::Words("a b c "), Step::Hang]));
    let (chat, caller) = (process.chat.clone(), world.caller);
    let run = process
        .run(async move {
            let started = chat.start_run(caller, conversation, ask("Hi"), None).await.unwrap();
            until(&mut chat.follow_started(&started), "c ").await;
            started.run_id()
        })
        .await;
    process.kill();
    world.clock.advance(Duration::from_secs(21));
    world.chat.sweep().await.unwrap();
    let usage = world.chat.get_run(world.caller, run).await.unwrap().usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens), (500, 400, 3));
}

/// A process that slept past its lease finds its run closed, and writes nothing more.
#[db_test]
async fn a_run_that_was_taken_over_is_left_alone(db: TestDb) {
    let world = World::new(&db).await;
    let (other, _) = world.another_node(&db).await;
    let conversation = world.conversation().await;
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    world.provider.next(Script::new(vec![
        Step::Words("before "),
        Step::Gate(gate.clone()),
        Step::Words("after"),
        crate::scripted::used(1, 1),
        crate::scripted::done(),
    ]));
    let started = world.send(conversation, "Hi").await;
    until(&mut world.chat.follow_started(&started), "before ").await;
    world.clock.advance(Duration::from_secs(21));
    assert_eq!(other.sweep().await.unwrap(), 1);
    gate.add_permits(1);
    let run = world.end(started.run_id()).await;
    assert_eq!(run.status, RunStatus::Interrupted);
    while world.chat.live_runs() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(text(&world.branch(conversation).await[1]), "before ");
    assert_eq!(world.ledger().await, 1, "settled once");
    world.clock.advance(Duration::from_secs(60));
    world.chat.sweep().await.unwrap();
    assert_eq!(world.journal().await, 0, "what came too late is deleted");
}

/// A bug that ends a run's task does not leave the run stuck.
#[db_test]
async fn a_run_whose_task_panicked_is_closed(db: TestDb) {
    let config = chat::Config { lease: Duration::from_millis(400), ..crate::support::config() };
    let world = World::with(&db, config).await;
    let conversation = world.conversation().await;
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    world.provider.next(Script::new(vec![Step::Words("kept "), Step::Gate(gate.clone()), Step::Panic]));
    let started = world.send(conversation, "Hi").await;
    let mut frames = world.chat.follow_started(&started);
    let seen = until(&mut frames, "kept ").await;
    gate.add_permits(1);
    assert!(events(frames).await.is_empty(), "the stream breaks off");
    let rest = events(world.follow(started.run_id(), seen.last().unwrap().id).await).await;
    assert!(content(&rest).ends_with("<error><[DONE]>"), "{}", content(&rest));
    let run = world.chat.get_run(world.caller, started.run_id()).await.unwrap();
    assert_eq!(run.status, RunStatus::Interrupted);
    assert_eq!(text(&world.branch(conversation).await[1]), "kept ");
    assert_eq!(world.ledger().await, 1);
}
