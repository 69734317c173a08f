//! What others may do with a conversation that is shared with them: each operation by each access.

use std::sync::Arc;

use chat::{
    Caller, ChatError, ConversationQuery, NewConversation, Position, Shared, StartRun, UpdateConversation,
    model::{Conversation, ConversationAccess, Role},
};
use database::{Db, Platform, params};
use futures_util::StreamExt;
use kernel::{Code, ConversationId, FileId, MessageId, RunId, UserId};
use sharing::{Access, Subject};
use testkit::{TestDb, db_test};
use tokio::sync::Semaphore;

use crate::{
    files::png,
    scripted::{Script, Step, done, say, used},
    support::{World, all, ask, person, text, until},
};

/// Somebody else in the workspace.
async fn colleague(world: &World) -> Caller {
    let user: UserId = world.env.id();
    let email = user.to_string();
    let (workspace, now) = (world.caller.scope.workspace(), world.env.now());
    for (sql, values) in [
        (
            "INSERT INTO users (id, email, email_lower, name, password_hash, locale, theme, attributes,
                 platform_admin, created_at, updated_at)
             VALUES ($1, $2, $2, 'Somebody', 'none', 'en', 'system', '{}', FALSE, 0, 0)",
            params![user, email.as_str()],
        ),
        (
            "INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, 'member', $3)",
            params![workspace, user, now],
        ),
    ] {
        world.db.execute(Platform, sql, values).await.unwrap();
    }
    Caller { user, ..world.caller }
}

async fn share(world: &World, it: ConversationId, with: Caller, access: Access) {
    world.chat.share_conversation(world.caller, it, Subject::User(with.user), access).await.unwrap();
}

/// What is tried on.
#[derive(Clone, Copy)]
struct Target {
    it: ConversationId,
    question: MessageId,
    answer: MessageId,
    run: RunId,
    file: FileId,
    friend: UserId,
}

/// A conversation with a picture in it, and an answer.
async fn target(world: &World) -> Target {
    let it = world.conversation().await;
    let file = world.chat.upload_file(world.caller, "plan.png", png(64, 48)).await.unwrap().id;
    world.provider.next(Script::answer("Blue."));
    let mut message = ask("Which colour?");
    message.message.as_mut().unwrap().file_ids = vec![file];
    message.model = Some("test/vision".into());
    let started = world.chat.start_run(world.caller, it, message, None).await.unwrap();
    let run = started.run_id();
    world.end(run).await;
    let branch = world.branch(it).await;
    let friend = colleague(world).await.user;
    Target { it, question: branch[0].id, answer: branch[1].id, run, file, friend }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Get,
    List,
    Messages,
    GetRun,
    Follow,
    File,
    Content,
    Participants,
    MakeCopy,
    Send,
    Regenerate,
    Cancel,
    Rename,
    Instruct,
    Branch,
    Pin,
    Archive,
    Shares,
    Share,
    Unshare,
    Delete,
    Restore,
}

use Operation::{
    Archive, Branch, Cancel, Content, Delete, File, Follow, Get, GetRun, Instruct, List, MakeCopy, Messages,
    Participants, Pin, Regenerate, Rename, Restore, Send, Shares, Unshare,
};

/// Each with the least that it takes.
const OPERATIONS: &[(Operation, ConversationAccess)] = &[
    (Get, ConversationAccess::View),
    (List, ConversationAccess::View),
    (Messages, ConversationAccess::View),
    (GetRun, ConversationAccess::View),
    (Follow, ConversationAccess::View),
    (File, ConversationAccess::View),
    (Content, ConversationAccess::View),
    (Participants, ConversationAccess::View),
    (MakeCopy, ConversationAccess::View),
    (Send, ConversationAccess::Edit),
    (Regenerate, ConversationAccess::Edit),
    (Cancel, ConversationAccess::Edit),
    (Rename, ConversationAccess::Edit),
    (Instruct, ConversationAccess::Edit),
    (Branch, ConversationAccess::Edit),
    (Pin, ConversationAccess::Owner),
    (Archive, ConversationAccess::Owner),
    (Shares, ConversationAccess::Owner),
    (Operation::Share, ConversationAccess::Owner),
    (Unshare, ConversationAccess::Owner),
    (Delete, ConversationAccess::Owner),
];

async fn attempt(world: &World, who: Caller, operation: Operation, target: Target) -> Result<(), ChatError> {
    let Target { it, question, answer, run, file, friend } = target;
    let (chat, with) = (&world.chat, Subject::User(friend));
    let update = |update: UpdateConversation| chat.update_conversation(who, it, update);
    match operation {
        Get => chat.get_conversation(who, it).await.map(drop),
        List => {
            let own = chat.list_conversations(who, ConversationQuery { limit: 50, ..Default::default() }).await?;
            let query = ConversationQuery { limit: 50, shared: Some(Shared::WithMe), ..Default::default() };
            let shared = chat.list_conversations(who, query).await?;
            let found = own.data.iter().chain(&shared.data).any(|found| found.id == it);
            if found { Ok(()) } else { Err(ChatError::NotFound("conversation")) }
        }
        Messages => chat.list_messages(who, it, None, None, 10).await.map(drop),
        GetRun => chat.get_run(who, run).await.map(drop),
        Follow => {
            all(chat.follow_run(who, run, Position::START).await?).await;
            Ok(())
        }
        File => chat.get_file(who, file).await.map(drop),
        Content => chat.get_file_content(who, file).await.map(drop),
        Participants => chat.list_participants(who, it).await.map(drop),
        MakeCopy => chat.copy_conversation(who, it).await.map(drop),
        Send | Regenerate => {
            world.provider.next(Script::answer("Green."));
            let regenerate = StartRun { regenerate: Some(answer), ..StartRun::default() };
            let ask = if operation == Send { ask("And now?") } else { regenerate };
            let started = chat.start_run(who, it, ask, None).await;
            world.end(started?.run_id()).await;
            Ok(())
        }
        Cancel => chat.cancel_run(who, run).await.map(drop),
        Rename => update(UpdateConversation { title: Some("Mine".into()), ..Default::default() }).await.map(drop),
        Instruct => {
            let told = Some(Some("Be brief.".into()));
            update(UpdateConversation { system_prompt: told, ..Default::default() }).await.map(drop)
        }
        Branch => chat.select_branch(who, it, question).await.map(drop),
        Pin => update(UpdateConversation { pinned: Some(true), ..Default::default() }).await.map(drop),
        Archive => update(UpdateConversation { archived: Some(false), ..Default::default() }).await.map(drop),
        Shares => chat.list_shares(who, it).await.map(drop),
        Operation::Share => chat.share_conversation(who, it, with, Access::View).await.map(drop),
        Unshare => chat.unshare_conversation(who, it, with).await,
        Delete => chat.delete_conversation(who, it).await,
        Restore => chat.restore_conversation(who, it).await.map(drop),
    }
}

/// All that could have been changed.
async fn state(db: &Db) -> Vec<i64> {
    let mut counts = Vec::new();
    for sql in [
        "SELECT count(*) FROM messages",
        "SELECT count(*) FROM runs",
        "SELECT count(*) FROM shares",
        "SELECT count(*) FROM conversations",
        "SELECT count(*) FROM conversations WHERE pinned OR archived OR deleted_at IS NOT NULL OR title = 'Mine'
             OR system_prompt IS NOT NULL",
    ] {
        let (count,): (i64,) = db.one(Platform, sql, vec![]).await.unwrap();
        counts.push(count);
    }
    counts
}

#[db_test]
async fn each_access_does_what_it_says_and_no_more(db: TestDb) {
    let world = World::new(&db).await;
    let target = target(&world).await;
    let (viewer, editor, other) = (colleague(&world).await, colleague(&world).await, colleague(&world).await);
    let stranger = person(&world.db, &world.env).await;
    share(&world, target.it, viewer, Access::View).await;
    share(&world, target.it, editor, Access::Edit).await;
    let before = state(&world.db).await;
    let people = [
        ("a viewer", viewer, Some(ConversationAccess::View)),
        ("an editor", editor, Some(ConversationAccess::Edit)),
        ("a colleague", other, None),
        ("somebody elsewhere", stranger, None),
        ("somebody elsewhere in the scope of here", Caller { user: stranger.user, ..world.caller }, None),
    ];
    // First all that is refused, and nothing has changed; then all that is granted.
    for granted in [false, true] {
        for (name, who, access) in people {
            for &(operation, needed) in OPERATIONS {
                let expected = match access {
                    None => Some(Code::NotFound),
                    Some(access) if access < needed => Some(Code::Forbidden),
                    Some(_) => None,
                };
                if expected.is_none() != granted {
                    continue;
                }
                let outcome = attempt(&world, who, operation, target).await.map_err(|error| error.code());
                assert_eq!(outcome.err(), expected, "{name}: {operation:?}");
            }
            let restored = attempt(&world, who, Restore, target).await.map_err(|error| error.code());
            assert_eq!(restored, Err(Code::NotFound), "{name}: only its owner knows the bin");
        }
        if !granted {
            assert_eq!(state(&world.db).await, before, "what is refused changes nothing");
        }
    }
    // Its owner does it all.
    for &(operation, _) in OPERATIONS {
        attempt(&world, world.caller, operation, target).await.unwrap_or_else(|error| panic!("{operation:?}: {error}"));
    }
    // In the bin it is nobody's but the owner's.
    for who in [viewer, editor] {
        for &(operation, needed) in OPERATIONS {
            // The picture is in the copies that they have made.
            if needed < ConversationAccess::Owner && !matches!(operation, File | Content) {
                let outcome = attempt(&world, who, operation, target).await.map_err(|error| error.code());
                assert_eq!(outcome, Err(Code::NotFound), "{operation:?} in the bin");
            }
        }
    }
    world.chat.restore_conversation(world.caller, target.it).await.unwrap();
    assert!(world.chat.get_conversation(viewer, target.it).await.is_ok(), "restored, it is shared as it was");
}

#[db_test]
async fn a_conversation_shows_each_what_is_theirs(db: TestDb) {
    let world = World::new(&db).await;
    let it = world.conversation().await;
    let friend = colleague(&world).await;
    let update = UpdateConversation { pinned: Some(true), archived: Some(true), ..UpdateConversation::default() };
    world.chat.update_conversation(world.caller, it, update).await.unwrap();
    assert!(!world.read(it).await.shared);
    share(&world, it, friend, Access::Edit).await;
    let own = world.read(it).await;
    assert_eq!((own.access, own.shared, own.pinned, &own.owner_name), (ConversationAccess::Owner, true, true, &None));
    let query = ConversationQuery { limit: 50, shared: Some(Shared::WithMe), ..ConversationQuery::default() };
    let seen = world.chat.list_conversations(friend, query.clone()).await.unwrap().data;
    let expected = Conversation {
        access: ConversationAccess::Edit,
        owner_name: Some(world.caller.user.to_string()),
        pinned: false,
        archived: false,
        ..own
    };
    assert_eq!(seen, std::slice::from_ref(&expected), "whether it is pinned or archived is the owner's own");
    assert_eq!(world.chat.get_conversation(friend, it).await.unwrap(), expected);
    let renamed = UpdateConversation { title: Some("Ours".into()), ..UpdateConversation::default() };
    let renamed = world.chat.update_conversation(friend, it, renamed).await.unwrap();
    assert_eq!((renamed.title.as_deref(), renamed.pinned), (Some("Ours"), false));
    assert!(world.read(it).await.pinned, "an editor changes nothing of that");
    assert!(world.chat.list_conversations(world.caller, query).await.unwrap().data.is_empty());
}

#[db_test]
async fn shared_conversations_come_in_pages(db: TestDb) {
    let world = World::new(&db).await;
    let friend = colleague(&world).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let it = world.conversation().await;
        share(&world, it, friend, Access::View).await;
        // By two ways at once it is there once.
        world.chat.share_conversation(world.caller, it, Subject::Workspace, Access::View).await.unwrap();
        ids.insert(0, it);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let query = ConversationQuery { limit: 2, shared: Some(Shared::WithMe), after, ..ConversationQuery::default() };
        let page = world.chat.list_conversations(friend, query).await.unwrap();
        assert!(page.data.len() <= 2);
        seen.extend(page.data.iter().map(|found| found.id));
        let Some(cursor) = page.next_cursor else { break };
        after = Some(web::cursor::decode(&cursor).unwrap());
    }
    assert_eq!(seen, ids);
}

#[db_test]
async fn whoever_sends_is_the_author_and_pays(db: TestDb) {
    let world = World::new(&db).await;
    let target = target(&world).await;
    let editor = colleague(&world).await;
    share(&world, target.it, editor, Access::Edit).await;
    attempt(&world, editor, Send, target).await.unwrap();
    let authors: Vec<(Role, UserId)> =
        world.branch(target.it).await.iter().map(|message| (message.role, message.author_id)).collect();
    let (mine, theirs) = (world.caller.user, editor.user);
    assert_eq!(authors, [(Role::User, mine), (Role::Assistant, mine), (Role::User, theirs), (Role::Assistant, theirs)]);
    let spent: Vec<(UserId, i64)> = world
        .db
        .all(Platform, "SELECT user_id, count(*) FROM usage_entries GROUP BY user_id ORDER BY user_id", vec![])
        .await
        .unwrap();
    assert_eq!(spent.len(), 2);
    assert!(spent.contains(&(mine, 1)) && spent.contains(&(theirs, 1)), "each their own: {spent:?}");
    let names: Vec<UserId> =
        world.chat.list_participants(world.caller, target.it).await.unwrap().iter().map(|one| one.user_id).collect();
    assert_eq!(names, [mine, theirs], "the owner first");
}

#[db_test]
async fn an_answer_goes_on_when_its_sender_loses_the_conversation(db: TestDb) {
    let world = World::new(&db).await;
    let it = world.conversation().await;
    let editor = colleague(&world).await;
    share(&world, it, editor, Access::Edit).await;
    let gate = Arc::new(Semaphore::new(0));
    let steps = vec![say("One "), Step::Gate(gate.clone()), say("two."), used(3, 2), done()];
    world.provider.next(Script::new(steps));
    let started = world.chat.start_run(editor, it, ask("Count"), Some("key")).await.unwrap();
    let mut frames = world.follow(started.run_id(), Position::START).await;
    until(&mut frames, "One ").await;
    world.chat.unshare_conversation(world.caller, it, Subject::User(editor.user)).await.unwrap();
    assert_eq!(world.chat.get_run(editor, started.run_id()).await.unwrap_err().code(), Code::NotFound);
    let again = world.chat.start_run(editor, it, ask("Count"), Some("key")).await.map(drop);
    assert_eq!(again.unwrap_err().code(), Code::NotFound, "nor by the key of before");
    gate.add_permits(1);
    all(frames).await;
    assert_eq!(text(&world.branch(it).await[1]), "One two.");
}

#[db_test]
async fn a_copy_is_ones_own(db: TestDb) {
    let world = World::new(&db).await;
    let target = target(&world).await;
    let viewer = colleague(&world).await;
    share(&world, target.it, viewer, Access::View).await;
    // An answer under way is left out, its question is not.
    let script = Script::new(vec![say("Slow"), Step::Hang]);
    world.provider.next(script);
    let running = world.send(target.it, "And?").await;
    let copy = world.chat.copy_conversation(viewer, target.it).await.unwrap();
    world.chat.cancel_run(world.caller, running.run_id()).await.unwrap();
    assert_eq!((copy.access, copy.owner_id, copy.shared), (ConversationAccess::Owner, viewer.user, false));
    let page = world.chat.list_messages(viewer, copy.id, None, None, 10).await.unwrap().data;
    let said: Vec<String> = page.iter().rev().map(text).collect();
    assert_eq!(said, ["Which colour?", "Blue.", "And?"]);
    assert!(page.iter().all(|message| message.author_id == viewer.user && message.run.is_none()));
    // It stays when the other is shared no more, with its pictures.
    world.chat.unshare_conversation(world.caller, target.it, Subject::User(viewer.user)).await.unwrap();
    assert!(world.chat.get_file_content(viewer, target.file).await.is_ok());
    world.provider.next(Script::answer("Red."));
    let started = world.chat.start_run(viewer, copy.id, ask("And now?"), None).await.unwrap();
    all(world.chat.follow_started(&started)).await;
    assert_eq!(world.branch(target.it).await.len(), 4, "the other one is as it was");
    assert_eq!(
        world.chat.get_conversation(world.caller, copy.id).await.unwrap_err().code(),
        Code::NotFound,
        "and whoever shared it sees nothing of the copy"
    );
}

#[db_test]
async fn those_it_is_shared_with_hear_of_it_and_nobody_else(db: TestDb) {
    let world = World::new(&db).await;
    // With a title, so that none is made while others listen.
    let new = NewConversation { title: Some("Ours".into()), ..NewConversation::default() };
    let it = world.chat.create_conversation(world.caller, new).await.unwrap().id;
    let (friend, other) = (colleague(&world).await, colleague(&world).await);
    let (mut hears, mut deaf) = (Box::pin(world.chat.listen(friend)), Box::pin(world.chat.listen(other)));
    let mut next = async || {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(20), hears.next()).await.unwrap().unwrap();
        let frame = std::str::from_utf8(&frame).unwrap().trim_start_matches("data: ").trim().to_owned();
        serde_json::from_str::<serde_json::Value>(&frame).unwrap()
    };
    world.say(it, "Nobody hears this").await;
    share(&world, it, friend, Access::View).await;
    let told = next().await;
    assert_eq!((&told["type"], &told["conversation"]["access"]), (&"conversation.updated".into(), &"view".into()));
    assert_eq!(told["conversation"]["owner_name"], world.caller.user.to_string());
    world.say(it, "This they do").await;
    for kind in ["run.started", "conversation.updated", "run.finished", "conversation.updated"] {
        assert_eq!(next().await["type"], kind);
    }
    world.chat.unshare_conversation(world.caller, it, Subject::User(friend.user)).await.unwrap();
    let gone = next().await;
    assert_eq!((&gone["type"], &gone["conversation_id"]), (&"conversation.deleted".into(), &it.to_string().into()));
    world.say(it, "Nobody hears this again").await;
    share(&world, it, other, Access::Edit).await;
    let first = deaf.next().await.unwrap();
    assert!(std::str::from_utf8(&first).unwrap().contains("\"access\":\"edit\""), "the first that the other hears");
}

#[db_test]
async fn it_is_not_shared_with_its_owner_nor_with_nobody(db: TestDb) {
    let world = World::new(&db).await;
    let it = world.conversation().await;
    let stranger = person(&world.db, &world.env).await;
    for (subject, code) in [
        (Subject::User(world.caller.user), Code::InvalidBody),
        (Subject::User(stranger.user), Code::NotFound),
        (Subject::Group(world.env.id()), Code::NotFound),
    ] {
        let refused = world.chat.share_conversation(world.caller, it, subject, Access::View).await;
        assert_eq!(refused.unwrap_err().code(), code, "{subject}");
    }
    let refused = world.chat.unshare_conversation(world.caller, it, Subject::Workspace).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound);
}
