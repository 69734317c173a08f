//! Conversations: create, find, change, delete, restore; whose they are; what tabs hear.

use std::time::Duration;

use chat::{
    ChatError, Config, ConversationKey, ConversationQuery, NewConversation, Titles, UpdateConversation,
    model::Conversation,
};
use futures_util::StreamExt;
use kernel::Code;
use serde_json::Value;
use testkit::{TestDb, db_test};

use crate::{
    scripted::{Script, Step, done, say, used},
    support::{World, ask, config, person},
};

async fn titled(world: &World, title: &str) -> Conversation {
    let new = NewConversation { title: Some(title.to_owned()), ..NewConversation::default() };
    world.chat.create_conversation(world.caller, new).await.unwrap()
}

async fn titles(world: &World, query: ConversationQuery) -> Vec<String> {
    let page = world.chat.list_conversations(world.caller, ConversationQuery { limit: 50, ..query }).await.unwrap();
    page.data.into_iter().map(|conversation| conversation.title.unwrap_or_default()).collect()
}

#[db_test]
async fn a_conversation_from_its_beginning_to_its_end(db: TestDb) {
    let world = World::new(&db).await;
    let new = NewConversation {
        title: Some("  Trip  ".into()),
        model: Some("test/other".into()),
        system_prompt: Some("Be brief.".into()),
        parameters: None,
    };
    let made = world.chat.create_conversation(world.caller, new).await.unwrap();
    assert_eq!(made.title.as_deref(), Some("Trip"));
    assert_eq!(world.read(made.id).await, made);

    let update = UpdateConversation { pinned: Some(true), system_prompt: Some(None), ..UpdateConversation::default() };
    let updated = world.chat.update_conversation(world.caller, made.id, update).await.unwrap();
    assert_eq!(updated, Conversation { pinned: true, system_prompt: None, ..made.clone() }, "the rest stays");

    world.chat.delete_conversation(world.caller, made.id).await.unwrap();
    assert!(titles(&world, ConversationQuery::default()).await.is_empty());
    let gone = world.chat.get_conversation(world.caller, made.id).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    assert!(world.chat.delete_conversation(world.caller, made.id).await.is_err());
    let back = world.chat.restore_conversation(world.caller, made.id).await.unwrap();
    assert_eq!(back, updated);

    world.chat.delete_conversation(world.caller, made.id).await.unwrap();
    world.clock.advance(Duration::from_hours(24 * 29));
    world.chat.sweep().await.unwrap();
    world.chat.restore_conversation(world.caller, made.id).await.unwrap();
    world.chat.delete_conversation(world.caller, made.id).await.unwrap();
    world.clock.advance(Duration::from_hours(24 * 31));
    world.chat.sweep().await.unwrap();
    assert!(world.chat.restore_conversation(world.caller, made.id).await.is_err(), "after 30 days it is gone");
}

#[db_test]
async fn deleting_stops_the_answer_under_way(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::new(vec![Step::Hang]));
    world.send(conversation, "Hi").await;
    world.chat.delete_conversation(world.caller, conversation).await.unwrap();
    assert_eq!((world.provider.open(), world.chat.live_runs()), (0, 0));
    assert_eq!(world.ledger().await, 1);
}

#[db_test]
async fn search_takes_texts_literally_and_folds_case(db: TestDb) {
    let world = World::new(&db).await;
    for title in ["100% sure", "100 things", "snake_case", "snakeXcase", r"back\slash", "ĐÀ NẴNG in May"] {
        titled(&world, title).await;
    }
    for (text, found) in [
        ("100%", vec!["100% sure"]),
        ("snake_", vec!["snake_case"]),
        (r"k\s", vec![r"back\slash"]),
        ("đà nẵng", vec!["ĐÀ NẴNG in May"]),
        ("IN MAY", vec!["ĐÀ NẴNG in May"]),
        ("' OR 1=1 --", vec![]),
        ("\0", vec![]),
    ] {
        let query = ConversationQuery { title: Some(text.to_owned()), ..ConversationQuery::default() };
        assert_eq!(titles(&world, query).await, found, "{text}");
    }
}

#[db_test]
async fn lists_page_by_activity(db: TestDb) {
    let world = World::new(&db).await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(titled(&world, &number.to_string()).await.id);
    }
    world.say(made[1], "Hi").await;
    let archive = UpdateConversation { archived: Some(true), ..UpdateConversation::default() };
    world.chat.update_conversation(world.caller, made[3], archive).await.unwrap();
    let pin = UpdateConversation { pinned: Some(true), ..UpdateConversation::default() };
    world.chat.update_conversation(world.caller, made[0], pin).await.unwrap();

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let query = ConversationQuery { limit: 2, after, ..ConversationQuery::default() };
        let page = world.chat.list_conversations(world.caller, query).await.unwrap();
        paged.extend(page.data.into_iter().map(|conversation| conversation.title.unwrap()));
        match page.next_cursor {
            Some(cursor) => after = Some(web::cursor::decode::<ConversationKey>(&cursor).unwrap()),
            None => break,
        }
    }
    assert_eq!(paged, ["1", "4", "2", "0"]);
    let archived = ConversationQuery { archived: true, ..ConversationQuery::default() };
    assert_eq!(titles(&world, archived).await, ["3"]);
    let pinned = ConversationQuery { pinned: Some(true), ..ConversationQuery::default() };
    assert_eq!(titles(&world, pinned).await, ["0"]);
}

/// Acceptance 15: another workspace, and another person in the same one, find nothing.
#[db_test]
async fn acceptance_15_nobody_reaches_anothers_things(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let started = world.send(conversation, "A secret").await;
    world.end(started.run_id()).await;
    let message = world.branch(conversation).await[0].id;
    let stranger = person(&world.db, &world.env).await;
    let colleague = chat::Caller { user: world.env.id(), ..world.caller };
    let mut heard = Box::pin(world.chat.listen(colleague));

    for other in [stranger, colleague] {
        let chat = &world.chat;
        let missing = |error: ChatError| assert_eq!(error.code(), Code::NotFound, "{error}");
        missing(chat.get_conversation(other, conversation).await.unwrap_err());
        let update = UpdateConversation { title: Some("Mine".into()), ..UpdateConversation::default() };
        missing(chat.update_conversation(other, conversation, update).await.unwrap_err());
        missing(chat.delete_conversation(other, conversation).await.unwrap_err());
        missing(chat.restore_conversation(other, conversation).await.unwrap_err());
        missing(chat.list_messages(other, conversation, None, None, 10).await.unwrap_err());
        missing(chat.select_branch(other, conversation, message).await.unwrap_err());
        missing(chat.start_run(other, conversation, ask("Hi"), None).await.err().unwrap());
        missing(chat.get_run(other, started.run_id()).await.unwrap_err());
        missing(chat.cancel_run(other, started.run_id()).await.unwrap_err());
        missing(chat.follow_run(other, started.run_id(), chat::Position::START).await.err().unwrap());
        let query = ConversationQuery { limit: 50, ..ConversationQuery::default() };
        assert!(chat.list_conversations(other, query).await.unwrap().data.is_empty());
    }
    assert_ne!(world.read(conversation).await.title.as_deref(), Some("Mine"));
    world.say(conversation, "Another secret").await;
    let silence = tokio::time::timeout(Duration::from_millis(50), heard.next()).await;
    assert!(silence.is_err(), "a colleague hears nothing");
}

#[db_test]
async fn open_tabs_hear_of_everything(db: TestDb) {
    let world = World::new(&db).await;
    let mut heard = Box::pin(world.chat.listen(world.caller));
    let conversation = world.conversation().await;
    world.say(conversation, "Hi there").await;
    world.chat.delete_conversation(world.caller, conversation).await.unwrap();
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "conversation.deleted") {
        let frame = tokio::time::timeout(Duration::from_secs(5), heard.next()).await.unwrap().unwrap();
        let data = std::str::from_utf8(&frame).unwrap().strip_prefix("data: ").unwrap().to_owned();
        let event: Value = serde_json::from_str(data.trim_end()).unwrap();
        kinds.push(event["type"].as_str().unwrap().to_owned());
    }
    // The title may come before or after the deletion.
    kinds.retain(|kind| kind != "conversation.updated");
    assert_eq!(kinds, ["conversation.created", "run.started", "run.finished", "conversation.deleted"]);
}

async fn title_of(world: &World, conversation: kernel::ConversationId) -> String {
    for _ in 0..500 {
        if let Some(title) = world.read(conversation).await.title {
            return title;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no title came");
}

#[db_test]
async fn a_title_is_derived_from_the_first_message(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.say(conversation, "# How do **bridges** work?\nI wonder.").await;
    assert_eq!(title_of(&world, conversation).await, "How do bridges work?");
    world.say(conversation, "Something else").await;
    assert_eq!(title_of(&world, conversation).await, "How do bridges work?");
    assert_eq!(world.provider.requests(), 2, "no model was asked");
}

#[db_test]
async fn a_title_made_by_the_model_is_metered(db: TestDb) {
    let world = World::with(&db, Config { titles: Titles::Model, ..config() }).await;
    let conversation = world.conversation().await;
    world.provider.next(Script::answer("They hang."));
    world.provider.next(Script::new(vec![say("\"Bridges that hang.\""), used(20, 4), done()]));
    world.say(conversation, "How do bridges work?").await;
    assert_eq!(title_of(&world, conversation).await, "Bridges that hang");
    assert_eq!(world.ledger().await, 2);
}

#[db_test]
async fn a_title_that_a_person_gave_stays(db: TestDb) {
    let world = World::with(&db, Config { titles: Titles::Model, ..config() }).await;
    let mine = titled(&world, "Mine").await.id;
    world.say(mine, "How do bridges work?").await;
    assert_eq!(world.provider.requests(), 1);

    // Given while the model still thinks about one.
    let conversation = world.conversation().await;
    world.provider.next(Script::answer("They hang."));
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    world.provider.next(Script::new(vec![Step::Gate(gate.clone()), say("Bridges"), used(1, 1), done()]));
    world.say(conversation, "How do bridges work?").await;
    let rename = UpdateConversation { title: Some("My own".into()), ..UpdateConversation::default() };
    world.chat.update_conversation(world.caller, conversation, rename).await.unwrap();
    gate.add_permits(1);
    while world.ledger().await < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(title_of(&world, conversation).await, "My own");
}

#[db_test]
async fn an_unknown_model_is_refused_by_name(db: TestDb) {
    let world = World::new(&db).await;
    let new = NewConversation { model: Some("test/absent".into()), ..NewConversation::default() };
    let refused = world.chat.create_conversation(world.caller, new).await.unwrap_err();
    assert_eq!(refused.code(), Code::UnknownModel);
    let conversation = world.conversation().await;
    let ask = chat::StartRun { model: Some("test/absent".into()), ..ask("Hi") };
    let refused = world.chat.start_run(world.caller, conversation, ask, None).await.err().unwrap();
    assert_eq!(refused.code(), Code::UnknownModel);
    assert!(world.branch(conversation).await.is_empty());
}
