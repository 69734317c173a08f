//! Messages as a tree: editing, answering again, switching, paging.

use std::collections::HashMap;

use chat::{ChatError, MessageKey, StartRun, model::Role};
use database::{Tx, params};
use kernel::{ConversationId, MessageId};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use testkit::{TestDb, db_test};

use crate::{
    scripted::Script,
    support::{World, ask, text},
};

#[db_test]
async fn editing_and_answering_again_make_siblings(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.say(conversation, "first").await;
    world.say(conversation, "second").await;
    let before = world.branch(conversation).await;
    assert_eq!(before.len(), 4);
    assert!(before.iter().all(|message| message.sibling_ids == [message.id]));

    // The second message, edited.
    let edit = StartRun { parent_id: Some(before[2].parent_id), ..ask("second, edited") };
    let started = world.chat.start_run(world.caller, conversation, edit, None).await.unwrap();
    world.end(started.run_id()).await;
    let edited = world.branch(conversation).await;
    assert_eq!(text(&edited[2]), "second, edited");
    assert_eq!(edited[2].sibling_ids, [before[2].id, edited[2].id]);
    assert_eq!(edited[1].id, before[1].id);
    let context = world.provider.asked().messages;
    assert_eq!(context.len(), 3, "the model reads the branch and nothing else");

    // Its answer, again: by the answer, and by the question.
    let again = world.regenerate(conversation, edited[3].id).await;
    let third = world.regenerate(conversation, edited[2].id).await;
    let answers = world.branch(conversation).await[3].sibling_ids.clone();
    assert_eq!(answers, [edited[3].id, again.message_id, third.message_id]);

    // Back to the first branch, by a message in its middle.
    let shown = world.chat.select_branch(world.caller, conversation, before[2].id).await.unwrap();
    assert_eq!(shown.active_message_id, Some(before[3].id), "down to its leaf");
    assert_eq!(world.branch(conversation).await.iter().map(|message| message.id).collect::<Vec<_>>(), ids(&before));
}

#[db_test]
async fn a_first_message_can_be_edited_too(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    world.say(conversation, "first").await;
    let root = StartRun { parent_id: Some(None), ..ask("first, edited") };
    let started = world.chat.start_run(world.caller, conversation, root, None).await.unwrap();
    world.end(started.run_id()).await;
    let branch = world.branch(conversation).await;
    assert_eq!((branch.len(), branch[0].parent_id, branch[0].sibling_ids.len()), (2, None, 2));
}

#[db_test]
async fn a_parent_must_be_in_the_conversation(db: TestDb) {
    let world = World::new(&db).await;
    let (conversation, other) = (world.conversation().await, world.conversation().await);
    world.say(other, "elsewhere").await;
    let elsewhere = world.branch(other).await[1].id;
    for (ask, field) in [
        (StartRun { parent_id: Some(Some(elsewhere)), ..ask("Hi") }, "parent_id"),
        (StartRun { regenerate: Some(elsewhere), ..StartRun::default() }, "regenerate"),
        (StartRun::default(), "message"),
        (StartRun { regenerate: Some(elsewhere), ..ask("both") }, "message"),
        (ask(" \n"), "message.text"),
    ] {
        let refused = world.chat.start_run(world.caller, conversation, ask, None).await.err().unwrap();
        assert!(matches!(refused, ChatError::Field { field: named, .. } if named == field), "{refused}");
    }
    assert!(world.branch(conversation).await.is_empty());
    assert!(world.chat.select_branch(world.caller, conversation, elsewhere).await.is_err());
    assert!(world.chat.list_messages(world.caller, conversation, Some(elsewhere), None, 10).await.is_err());
}

#[db_test]
async fn ten_thousand_messages_are_paged(db: TestDb) {
    let world = World::new(&db).await;
    let conversation = world.conversation().await;
    let mut tx = world.db.begin(world.caller.scope).await.unwrap();
    let mut all: Vec<MessageId> = Vec::new();
    for number in 0..10_000 {
        let id = world.env.id();
        write(&mut tx, &world, conversation, id, all.last().copied(), number).await;
        all.push(id);
    }
    show(&mut tx, conversation, *all.last().unwrap()).await;
    tx.commit().await.unwrap();
    all.reverse();

    let mut seen = Vec::new();
    let mut after = None;
    for _ in 0..3 {
        let page = world.chat.list_messages(world.caller, conversation, None, after, 100).await.unwrap();
        assert_eq!(page.data.len(), 100);
        seen.extend(page.data.iter().map(|message| message.id));
        after = Some(web::cursor::decode::<MessageKey>(&page.next_cursor.unwrap()).unwrap());
    }
    assert_eq!(seen, all[..300]);
    let last = world.chat.list_messages(world.caller, conversation, Some(all[9_950]), None, 100).await.unwrap();
    assert_eq!((last.data.len(), last.next_cursor), (50, None), "the root ends it");

    // A model reads as much as fits, and the person is told.
    world.provider.next(Script::answer("Long."));
    let ask = StartRun { model: Some("test/small".into()), ..ask("and now?") };
    let started = world.chat.start_run(world.caller, conversation, ask, None).await.unwrap();
    world.end(started.run_id()).await;
    assert!(world.provider.asked().messages.len() < 60);
}

#[derive(Debug, Clone)]
enum Act {
    /// A message below the one of this index, or a root.
    Grow(Option<prop::sample::Index>),
    /// Show the branch through one.
    Select(prop::sample::Index),
}

/// Whatever is done, branch, siblings and leaf are those of a plain model of the tree.
#[db_test]
async fn the_tree_behaves_as_its_model(db: TestDb) {
    let world = World::new(&db).await;
    let act = prop_oneof![
        3 => any::<prop::sample::Index>().prop_map(|index| Act::Grow(Some(index))),
        1 => Just(Act::Grow(None)),
        2 => any::<prop::sample::Index>().prop_map(Act::Select),
    ];
    let acts = prop::collection::vec(act, 1..25);
    let mut runner = TestRunner::deterministic();
    for _ in 0..12 {
        let acts = acts.new_tree(&mut runner).unwrap().current();
        let conversation = world.conversation().await;
        let mut parents: HashMap<MessageId, Option<MessageId>> = HashMap::new();
        let mut order: Vec<MessageId> = Vec::new();
        for act in acts {
            let leaf = match act {
                Act::Grow(below) => {
                    let parent = below.filter(|_| !order.is_empty()).map(|index| *index.get(&order));
                    let id = world.env.id();
                    let mut tx = world.db.begin(world.caller.scope).await.unwrap();
                    write(&mut tx, &world, conversation, id, parent, i64::try_from(order.len()).unwrap()).await;
                    show(&mut tx, conversation, id).await;
                    tx.commit().await.unwrap();
                    parents.insert(id, parent);
                    order.push(id);
                    id
                }
                Act::Select(through) if !order.is_empty() => {
                    let through = *through.get(&order);
                    let shown = world.chat.select_branch(world.caller, conversation, through).await.unwrap();
                    let below = |id: &&MessageId| path(&parents, **id).contains(&through);
                    let newest = order.iter().rev().find(below).copied();
                    assert_eq!(shown.active_message_id, newest);
                    newest.unwrap()
                }
                Act::Select(_) => continue,
            };
            let branch = world.branch(conversation).await;
            let mut expected = path(&parents, leaf);
            expected.reverse();
            assert_eq!(ids(&branch), expected);
            for message in branch {
                let siblings: Vec<_> = order.iter().copied().filter(|id| parents[id] == parents[&message.id]).collect();
                assert_eq!(message.sibling_ids, siblings);
            }
        }
    }
}

/// From a message to its root.
fn path(parents: &HashMap<MessageId, Option<MessageId>>, leaf: MessageId) -> Vec<MessageId> {
    std::iter::successors(Some(leaf), |id| parents[id]).collect()
}

fn ids(messages: &[chat::model::Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

/// A message as a run writes it; roles take turns.
async fn write(
    tx: &mut Tx,
    world: &World,
    conversation: ConversationId,
    id: MessageId,
    parent: Option<MessageId>,
    number: i64,
) {
    let role = if number % 2 == 0 { Role::User } else { Role::Assistant };
    tx.execute(
        "INSERT INTO messages (id, workspace_id, conversation_id, user_id, parent_id, fork_id, role, parts, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            id,
            world.caller.scope.workspace(),
            conversation,
            world.caller.user,
            parent,
            parent.map_or(conversation.uuid(), MessageId::uuid),
            if role == Role::User { "user" } else { "assistant" },
            format!(r#"[{{"type":"text","text":"message number {number}"}}]"#),
            world.env.now()
        ],
    )
    .await
    .unwrap();
}

async fn show(tx: &mut Tx, conversation: ConversationId, leaf: MessageId) {
    let sql = "UPDATE conversations SET active_message_id = $2 WHERE id = $1";
    tx.execute(sql, params![conversation, leaf]).await.unwrap();
}
