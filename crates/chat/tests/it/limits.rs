//! Acceptance 48: what one person may use.

use chat::{ChatError, Config, StartRun};
use contracts::providers::Parameters;
use kernel::Code;
use testkit::{TestDb, db_test};

use crate::{
    scripted::{Script, Step, done, say, used},
    support::{World, ask, config, person},
};

#[db_test]
async fn acceptance_48_output_is_capped_per_run(db: TestDb) {
    let world = World::with(&db, Config { max_output_tokens: 500, ..config() }).await;
    let conversation = world.conversation().await;
    for asked in [None, Some(20), Some(9_000)] {
        let parameters = Parameters { max_output_tokens: asked, ..Parameters::default() };
        let ask = StartRun { parameters: Some(parameters), ..ask("Hi") };
        let started = world.chat.start_run(world.caller, conversation, ask, None).await.unwrap();
        world.end(started.run_id()).await;
        let expected = asked.unwrap_or(500).min(500);
        assert_eq!(world.provider.asked().parameters.max_output_tokens, Some(expected));
    }
    // A model of which nothing is known has the same cap.
    let ask = StartRun { model: Some("test/free".into()), ..ask("Hi") };
    let started = world.chat.start_run(world.caller, conversation, ask, None).await.unwrap();
    world.end(started.run_id()).await;
    assert_eq!(world.provider.asked().parameters.max_output_tokens, Some(500));
}

#[db_test]
async fn acceptance_48_output_is_capped_per_day(db: TestDb) {
    let world = World::with(&db, Config { max_output_tokens_per_day: 100, ..config() }).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![say("Much."), used(1, 100), done()]));
    world.say(conversation, "Hi").await;
    let refused = world.chat.start_run(world.caller, conversation, ask("More"), None).await.err().unwrap();
    assert!(matches!(refused, ChatError::DailyLimit(100)));
    assert_eq!(refused.code(), Code::RateLimited);
    world.clock.advance(std::time::Duration::from_hours(24));
    world.say(conversation, "A new day").await;
}

#[db_test]
async fn acceptance_48_runs_at_once_are_capped_per_person(db: TestDb) {
    let world = World::with(&db, Config { max_concurrent_runs: 2, ..config() }).await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        world.provider.next(Script::new(vec![Step::Hang]));
        runs.push(world.send(world.conversation().await, "Hi").await.run_id());
    }
    let third = world.conversation().await;
    let refused = world.chat.start_run(world.caller, third, ask("Hi"), None).await.err().unwrap();
    assert!(matches!(refused, ChatError::TooManyRuns(2)));

    let other = person(&world.db, &world.env).await;
    let conversation = world.chat.create_conversation(other, chat::NewConversation::default()).await.unwrap().id;
    world.chat.start_run(other, conversation, ask("Hi"), None).await.unwrap();

    world.chat.cancel_run(world.caller, runs[0]).await.unwrap();
    world.say(third, "Now").await;
    world.chat.cancel_run(world.caller, runs[1]).await.unwrap();
}
