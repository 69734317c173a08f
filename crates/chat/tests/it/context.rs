//! What a model is given to read.

use chat::{
    ChatError, NewConversation, NewMessage, StartRun,
    model::{Notice, Part},
};
use contracts::providers::{ChatPart, ChatRole};
use database::{Platform, params};
use kernel::Code;
use testkit::{TestDb, db_test};

use crate::{
    files::png,
    scripted::{Script, done, say, think, used},
    support::{World, ask, events},
};

fn words(number: usize) -> String {
    vec!["word"; number].join(" ")
}

fn small(text: &str) -> StartRun {
    StartRun { model: Some("test/small".into()), ..ask(text) }
}

/// A window of 400 less 100 for the answer holds 300: turns of 98 words and eight around each message.
#[db_test]
async fn the_oldest_turns_are_dropped_and_the_person_is_told(db: TestDb) {
    let world = World::new(&db).await;
    let new = NewConversation { system_prompt: Some("be brief please".into()), ..NewConversation::default() };
    let conversation = world.chat.create_conversation(world.caller, new).await.unwrap().id;
    for _ in 0..4 {
        world.provider.next(Script::answer("two words"));
        let started = world.chat.start_run(world.caller, conversation, ask(&words(98)), None).await.unwrap();
        world.end(started.run_id()).await;
    }
    let started = world.chat.start_run(world.caller, conversation, small(&words(40)), None).await.unwrap();
    let stream = events(world.chat.follow_started(&started)).await;
    // 3 + 48, and 116 a turn: two turns of the four fit.
    let notice = stream.iter().find(|event| event.kind() == "data-notice").expect("the person is told");
    assert_eq!(notice.data["data"]["code"], "context_trimmed");
    assert_eq!(
        (&notice.data["data"]["dropped_messages"], &notice.data["data"]["kept_messages"]),
        (&4.into(), &5.into())
    );
    let asked = world.provider.asked();
    assert_eq!(asked.messages.len(), 5);
    assert_eq!(asked.messages[0].role, ChatRole::User);
    assert_eq!(asked.system.as_deref(), Some("be brief please"));
    let branch = world.branch(conversation).await;
    let kept = Notice::ContextTrimmed { dropped_messages: 4, kept_messages: 5 };
    assert_eq!(branch.last().unwrap().parts[0], Part::Notice(kept), "it stays with the answer");

    // Counted once: the rows know now, for this model.
    let sql = "SELECT count(*) FROM messages WHERE workspace_id = $1 AND token_model = 'test/small'";
    for _ in 0..200 {
        let (counted,): (i64,) = world.db.one(Platform, sql, params![world.caller.scope.workspace()]).await.unwrap();
        if counted >= 4 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the counts are not kept");
}

#[db_test]
async fn what_is_too_long_by_itself_is_refused(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let refused = world.chat.start_run(world.caller, conversation, small(&words(300)), None).await.err().unwrap();
    assert!(matches!(refused, ChatError::ContextTooLong { tokens: 308, limit: 300 }), "{refused}");
    assert_eq!(refused.code(), Code::ContextTooLong);
    assert!(world.branch(conversation).await.is_empty(), "nothing is written");
    let started = world.chat.start_run(world.caller, conversation, small(&words(292)), None).await.unwrap();
    world.end(started.run_id()).await;
    assert!(world.provider.asked().parameters.max_output_tokens.unwrap() < 100, "what is left of the window");
}

#[db_test]
async fn reasoning_is_not_repeated(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![think("secret thoughts"), say("Said."), used(1, 1), done()]));
    world.say(conversation, "One").await;
    world.say(conversation, "Two").await;
    let asked = world.provider.asked();
    let roles: Vec<_> = asked.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [ChatRole::User, ChatRole::Assistant, ChatRole::User]);
    assert!(matches!(asked.messages[1].parts.as_slice(), [ChatPart::Text(text)] if text == "Said."));
}

#[db_test]
async fn images_go_to_models_that_see(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let file = world.chat.upload_file(world.caller, "cat.png", png(2, 3)).await.unwrap();
    let message = NewMessage { text: "What is it?".into(), file_ids: vec![file.id, file.id] };
    let ask =
        |model: &str| StartRun { message: Some(message.clone()), model: Some(model.to_owned()), ..StartRun::default() };
    let refused = world.chat.start_run(world.caller, conversation, ask("test/plain"), None).await.err().unwrap();
    assert!(matches!(refused, ChatError::Field { field: "message.file_ids", code: "unsupported", .. }), "{refused}");

    let started = world.chat.start_run(world.caller, conversation, ask("test/vision"), None).await.unwrap();
    world.end(started.run_id()).await;
    let parts = world.provider.asked().messages[0].parts.clone();
    assert!(
        matches!(&parts[0], ChatPart::Image { media_type, data } if media_type == "image/png" && data == &png(2, 3))
    );
    assert_eq!(parts.len(), 2, "a file counts once");

    // A model that can't see reads its name.
    let blind = StartRun { model: Some("test/plain".into()), ..crate::support::ask("And now?") };
    let started = world.chat.start_run(world.caller, conversation, blind, None).await.unwrap();
    world.end(started.run_id()).await;
    let parts = world.provider.asked().messages[0].parts.clone();
    assert!(matches!(&parts[0], ChatPart::Text(text) if text == "[image: cat.png]"));

    let unknown = NewMessage { text: String::new(), file_ids: vec![world.env.id()] };
    let ask = StartRun { message: Some(unknown), model: Some("test/vision".into()), ..StartRun::default() };
    let refused = world.chat.start_run(world.caller, conversation, ask, None).await.err().unwrap();
    assert!(matches!(refused, ChatError::Field { field: "message.file_ids", code: "not_found", .. }));
}
