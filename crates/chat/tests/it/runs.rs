//! A run from its beginning to each of its ends.

use std::{sync::Arc, time::Duration};

use chat::{
    ChatError, Position, StartRun,
    model::{Part, RunStatus},
};
use contracts::providers::{Chunk, FinishReason, Parameters, ProviderErrorKind, TokenUsage, ToolCall};
use kernel::Code;
use serde_json::json;
use testkit::{TestDb, db_test};
use tokio::sync::Semaphore;

use crate::{
    scripted::{Script, Step, done, say, think, used},
    support::{World, ask, config, content, events, kinds, text, until},
};

#[db_test]
async fn an_answer_is_streamed_kept_and_settled(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![think("Hm. "), say("Hello "), say("there"), used(12, 7), done()]));
    let started = world.send(conversation, "Hi!").await;
    let stream = events(world.chat.follow_started(&started)).await;

    let mut shape = kinds(&stream);
    shape.dedup();
    assert_eq!(
        shape,
        [
            "start",
            "data-run",
            "start-step",
            "reasoning-start",
            "reasoning-delta",
            "reasoning-end",
            "text-start",
            "text-delta",
            "text-end",
            "finish-step",
            "data-run",
            "finish",
            "[DONE]"
        ]
    );
    assert!(stream.is_sorted_by(|a, b| a.id < b.id), "ids grow");
    let first = &stream[1].data["data"];
    assert_eq!(first["user_message"]["parts"], json!([{"type": "text", "text": "Hi!"}]));
    assert_eq!(first["run"]["status"], "running");
    let last = &stream[stream.len() - 3].data["data"]["run"];
    assert_eq!(last["status"], "completed");
    assert_eq!(last["usage"]["cost_usd"], "0.000026", "12 at a micro-dollar and 7 at two");

    let branch = world.branch(conversation).await;
    assert_eq!(branch.len(), 2);
    assert_eq!(branch[1].parts, [Part::Reasoning { text: "Hm. ".into() }, Part::Text { text: "Hello there".into() }]);
    let run = branch[1].run.clone().unwrap();
    assert_eq!((run.status, run.finish_reason), (RunStatus::Completed, Some(FinishReason::Stop)));
    assert!(run.first_token_ms.is_some());
    let read = world.read(conversation).await;
    assert_eq!((read.active_message_id, read.active_run_id), (Some(branch[1].id), None));
    assert_eq!((world.ledger().await, world.journal().await), (1, 0));
    // Acceptance 34: the event stands beside the change.
    let told = "SELECT count(*) FROM outbox WHERE workspace_id = $1 AND event_type = 'run.finished'";
    assert_eq!(world.count(told).await, 1);
}

#[db_test]
async fn a_tool_call_is_carried_through(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let call = ToolCall { id: "call_1".into(), name: "weather".into(), input: json!({"city": "Huế"}) };
    world.provider.next(Script::new(vec![
        Step::Say(Chunk::ToolStart { id: "call_1".into(), name: "weather".into() }),
        Step::Say(Chunk::ToolInput { id: "call_1".into(), delta: "{\"city\":".into() }),
        Step::Say(Chunk::ToolCall(call)),
        used(1, 1),
        Step::Say(Chunk::Finish(FinishReason::ToolCalls)),
    ]));
    let started = world.send(conversation, "Will it rain?").await;
    let stream = events(world.chat.follow_started(&started)).await;
    let available = stream.iter().find(|event| event.kind() == "tool-input-available").unwrap();
    assert_eq!(available.data["input"], json!({"city": "Huế"}));
    let run = world.end(started.run_id()).await;
    assert_eq!(run.finish_reason, Some(FinishReason::ToolCalls));
    // It is not repeated to the model without a result.
    world.say(conversation, "And now?").await;
    assert_eq!(world.provider.asked().messages.len(), 1, "both questions are one message of the person");
}

/// Acceptance 40: each way to fail ends the run with an error, its text kept and settled.
#[db_test]
async fn acceptance_40_every_failure_ends_the_run(db: TestDb) {
    let world = World::new(&db).await;
    for kind in [
        ProviderErrorKind::Auth,
        ProviderErrorKind::RateLimited,
        ProviderErrorKind::Overloaded,
        ProviderErrorKind::InvalidRequest,
        ProviderErrorKind::ContentFilter,
        ProviderErrorKind::Timeout,
        ProviderErrorKind::Unreachable,
        ProviderErrorKind::Protocol,
        ProviderErrorKind::Failed,
    ] {
        let conversation = world.conversation().await;
        world.provider.next(Script::new(vec![say("Half an "), Step::Fail(kind)]));
        let started = world.send(conversation, "one two three").await;
        let stream = events(world.chat.follow_started(&started)).await;
        assert_eq!(kinds(&stream)[stream.len() - 2..], ["error", "[DONE]"], "{kind:?}");
        let run = world.end(started.run_id()).await;
        assert_eq!(run.status, RunStatus::Failed);
        assert_eq!(run.error.unwrap().code, kind.code().as_str());
        let usage = run.usage.unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (11, 2), "three words, eight around them; two words out");
        assert!(usage.estimated);
        assert_eq!(text(&world.branch(conversation).await[1]), "Half an ");

        // A retry is a sibling.
        let again = world.regenerate(conversation, run.message_id).await;
        assert_eq!(again.status, RunStatus::Completed);
        assert_eq!(world.branch(conversation).await[1].sibling_ids, [run.message_id, again.message_id]);
    }
    assert_eq!(world.ledger().await, 18);
}

/// Acceptance 40: a refusal costs nothing, a stream that breaks off is an error.
#[db_test]
async fn acceptance_40_refused_and_broken_off(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script { refuses: Some(ProviderErrorKind::Overloaded), ..Script::new(Vec::new()) });
    let run = world.say(conversation, "Hi").await;
    assert_eq!(run.error.unwrap().code, "provider_overloaded");
    let usage = run.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated), (0, 0, false));

    world.provider.next(Script::new(vec![say("I was sa")]));
    let run = world.regenerate(conversation, run.message_id).await;
    assert_eq!(run.error.unwrap().code, Code::ProviderProtocol.as_str());
    assert_eq!(text(&world.branch(conversation).await[1]), "I was sa");
}

/// Acceptance 40: a provider that hangs is given up, before and after its first word.
#[db_test]
async fn acceptance_40_a_provider_that_hangs_is_given_up(db: TestDb) {
    let config = chat::Config { idle_timeout: Duration::from_millis(200), ..config() };
    let world = World::with(&db, config).await;
    for steps in [vec![Step::Hang], vec![say("And then "), Step::Hang]] {
        let conversation = world.conversation().await;
        world.provider.next(Script::new(steps));
        let run = world.say(conversation, "Hi").await;
        assert_eq!((run.status, run.error.unwrap().code.as_str()), (RunStatus::Failed, "provider_timeout"));
        assert_eq!(world.provider.open(), 0, "its connection is closed");
    }
}

/// Acceptance 40: an endless answer is cut where it is long enough.
#[db_test]
async fn acceptance_40_ten_megabytes_are_cut(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![say("Short. "), say(&"x".repeat(10 * 1024 * 1024)), Step::Hang]));
    let run = world.say(conversation, "Hi").await;
    assert_eq!((run.status, run.finish_reason), (RunStatus::Completed, Some(FinishReason::Length)));
    assert_eq!(text(&world.branch(conversation).await[1]), "Short. ");
}

/// Acceptance 41: the answer says which model spoke, and is paid at its prices.
#[db_test]
async fn acceptance_41_the_model_that_spoke_is_named(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script { speaker: Some("test/free"), ..Script::answer("It was me.") });
    let run = world.say(conversation, "Who is it?").await;
    assert_eq!(run.model, "test/free");
    let usage = run.usage.unwrap();
    assert_eq!((usage.cost_usd.units(), usage.price_version), (0, None));
    assert_eq!(world.branch(conversation).await[1].run.as_ref().unwrap().model, "test/free");
}

/// Acceptance 42: a stop closes the provider's stream and keeps and settles what came.
#[db_test]
async fn acceptance_42_stop_closes_the_provider_and_keeps_the_text(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![Step::Words("one two three"), Step::Hang]));
    let started = world.send(conversation, "Count").await;
    let mut frames = world.chat.follow_started(&started);
    until(&mut frames, "three").await;
    assert_eq!(world.provider.open(), 1);

    let stopped = tokio::time::timeout(Duration::from_secs(5), world.chat.cancel_run(world.caller, started.run_id()));
    let run = stopped.await.expect("it stops").unwrap();
    assert_eq!(world.provider.open(), 0);
    assert_eq!((run.status, run.finish_reason), (RunStatus::Cancelled, Some(FinishReason::Cancelled)));
    let usage = run.usage.clone().unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated), (9, 3, true));
    assert_eq!(text(&world.branch(conversation).await[1]), "one two three");
    assert!(content(&events(frames).await).ends_with("<abort><[DONE]>"));

    let again = world.chat.cancel_run(world.caller, started.run_id()).await.unwrap();
    assert_eq!(again, run, "stopping what has ended changes nothing");
    assert_eq!(world.ledger().await, 1);
}

#[db_test]
async fn a_stop_before_the_first_word_is_a_stop(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![Step::Hang]));
    let started = world.send(conversation, "Hi").await;
    let run = world.chat.cancel_run(world.caller, started.run_id()).await.unwrap();
    assert_eq!(run.status, RunStatus::Cancelled);
    assert!(world.branch(conversation).await[1].parts.is_empty());
}

/// Acceptance 22: nobody listens, and it is billed from the provider's figures all the same.
#[db_test]
async fn acceptance_22_a_disconnected_client_is_billed_by_the_provider(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let gate = Arc::new(Semaphore::new(0));
    world.provider.next(Script::new(vec![say("a "), Step::Gate(gate.clone()), say("b"), used(40, 30), done()]));
    let started = world.send(conversation, "Hi").await;
    let mut frames = world.chat.follow_started(&started);
    until(&mut frames, "a ").await;
    drop(frames);
    gate.add_permits(1);
    let run = world.end(started.run_id()).await;
    let usage = run.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated), (40, 30, false));
    assert_eq!(text(&world.branch(conversation).await[1]), "a b");
}

/// Acceptance 22: a zero that the provider said stays a zero; the last figures count, once.
#[db_test]
async fn acceptance_22_an_explicit_zero_stays_zero(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let last = TokenUsage {
        input: 9,
        cached_input: 4,
        cache_write: 0,
        output: 0,
        reasoning: 0,
        extra: contracts::providers::ExtraUsage::default(),
    };
    world.provider.next(Script::new(vec![used(5, 1), say("words"), Step::Say(Chunk::Usage(last)), done()]));
    let usage = world.say(conversation, "Hi").await.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens), (9, 4, 0));
    assert!(!usage.estimated);
}

#[db_test]
async fn one_answer_at_a_time_in_a_conversation(db: TestDb) {
    let world = World::new(&db).await;
    let (conversation, other) = (world.conversation().await, world.conversation().await);
    world.provider.next(Script::new(vec![Step::Hang]));
    let started = world.send(conversation, "Hi").await;
    assert_eq!(world.read(conversation).await.active_run_id, Some(started.run_id()));
    let refused = world.chat.start_run(world.caller, conversation, ask("Me too"), None).await.err().unwrap();
    assert!(matches!(refused, ChatError::RunActive));
    assert_eq!(world.say(other, "Elsewhere").await.status, RunStatus::Completed);
    assert_eq!(world.branch(conversation).await.len(), 2, "nothing was written");
    world.chat.cancel_run(world.caller, started.run_id()).await.unwrap();
    assert_eq!(world.say(conversation, "Me too").await.status, RunStatus::Completed);
}

#[db_test]
async fn of_many_sends_at_once_one_begins(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    for _ in 0..8 {
        world.provider.next(Script::new(vec![Step::Hang]));
    }
    let sends = (0..8).map(|_| world.chat.start_run(world.caller, conversation, ask("Hi"), None));
    let outcomes = futures_util::future::join_all(sends).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(ChatError::RunActive))));
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE workspace_id = $1").await, 2);
}

/// A client may leave at any moment, also while its message is being written.
#[db_test]
async fn a_client_that_leaves_in_the_beginning_leaves_nothing_half_done(db: TestDb) {
    let world = World::new(&db).await;
    let conversations = futures_util::future::join_all((0..24).map(|_| world.conversation())).await;
    for (patience, conversation) in conversations.iter().enumerate() {
        let patience = Duration::from_micros(300 * patience as u64);
        let send = world.chat.start_run(world.caller, *conversation, ask("Hi"), None);
        let _ = tokio::time::timeout(patience, send).await;
    }
    while world.chat.live_runs() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for conversation in conversations {
        let branch = world.branch(conversation).await;
        assert!(branch.is_empty() || text(&branch[1]) == "A usual answer.", "all of it or nothing: {branch:?}");
    }
    let unfinished = "SELECT count(*) FROM runs WHERE workspace_id = $1 AND finished_at IS NULL";
    assert_eq!(world.count(unfinished).await, 0);
}

#[db_test]
async fn a_repeated_key_re_attaches(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let send = |text: &'static str| world.chat.start_run(world.caller, conversation, ask(text), Some("key-1"));
    let (one, two) = tokio::join!(send("Hi"), send("Hi"));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.run_id(), two.run_id());
    assert_eq!(one.started.user_message, two.started.user_message);
    assert!(one.replayed != two.replayed);
    world.end(one.run_id()).await;
    assert_eq!(send("Hi").await.unwrap().run_id(), one.run_id());
    assert_eq!(world.provider.requests(), 1);
    assert!(matches!(send("Something else").await.err().unwrap(), ChatError::IdempotencyConflict));
}

#[db_test]
async fn parameters_that_a_model_does_not_take_are_left_out(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let parameters = Parameters {
        temperature: Some(0.5),
        max_output_tokens: Some(50_000),
        reasoning_effort: Some("enormous".into()),
    };
    let ask = StartRun { parameters: Some(parameters), model: Some("test/other".into()), ..ask("Hi") };
    let started = world.chat.start_run(world.caller, conversation, ask, None).await.unwrap();
    world.end(started.run_id()).await;
    let asked = world.provider.asked();
    assert_eq!(asked.model, "test/other");
    assert_eq!(asked.parameters.temperature, Some(0.5));
    assert_eq!(asked.parameters.reasoning_effort, None);
    assert_eq!(asked.parameters.max_output_tokens, Some(10_000), "no more than the model can");
    assert_eq!(world.read(conversation).await.model.as_deref(), Some("test/other"), "the model to use next");
}

#[db_test]
async fn a_finished_run_can_be_followed_from_the_start(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let started = world.send(conversation, "Hi").await;
    let live = events(world.chat.follow_started(&started)).await;
    let again = events(world.follow(started.run_id(), Position::START).await).await;
    assert_eq!(live, again);
}

#[db_test]
async fn a_shutdown_lets_runs_end_and_interrupts_the_rest(db: TestDb) {
    let world = World::new(&db).await;
    let (slow, stuck) = (world.conversation().await, world.conversation().await);
    world.provider.next(Script::new(vec![
        say("I "),
        Step::Wait(Duration::from_millis(100)),
        say("end."),
        used(1, 2),
        done(),
    ]));
    let slow_run = world.send(slow, "Hi").await;
    world.provider.next(Script::new(vec![Step::Words("I never "), Step::Hang]));
    let stuck_run = world.send(stuck, "Hi").await;
    until(&mut world.chat.follow_started(&stuck_run), "never").await;

    let by_themselves = world.chat.drain(Duration::from_millis(600)).await;
    assert!(!by_themselves);
    assert_eq!(world.end(slow_run.run_id()).await.status, RunStatus::Completed);
    let stuck_run = world.end(stuck_run.run_id()).await;
    assert_eq!(stuck_run.status, RunStatus::Interrupted);
    assert_eq!(stuck_run.usage.unwrap().output_tokens, 2);
    assert_eq!(text(&world.branch(stuck).await[1]), "I never ");
    let refused = world.chat.start_run(world.caller, slow, ask("More"), None).await.err().unwrap();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(world.tasks.drain(Duration::from_secs(10)).await, "every loop ends");
}
