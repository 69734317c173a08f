//! A chat with one person in one workspace.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chat::{
    Caller, Chat, Config, Frames, NewConversation, NewMessage, Parts, Position, StartRun, Started, Titles,
    model::{Conversation, Message, Part, Run},
};
use contracts::{
    guardrails::Floor,
    identity::{Authenticated, AuthenticationError, Claimed, UserSummary},
};
use database::{Db, Platform, params};
use futures_util::StreamExt;
use guardrails::Guardrails;
use kernel::{
    Clock, ConversationId, Env, MessageId, RunId, Tasks, TenantScope, Timestamp, UserId, WorkspaceId, env::SystemRng,
};
use metering::Metering;
use serde_json::Value;
use testkit::TestDb;

use crate::scripted::Scripted;

/// Moves on a little with each look, so that what happens later is later.
pub struct TickingClock(AtomicI64);

impl TickingClock {
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(10, Ordering::SeqCst))
    }
}

pub struct World {
    pub db: Db,
    pub env: Env,
    pub clock: Arc<TickingClock>,
    pub provider: Scripted,
    pub tasks: Tasks,
    pub chat: Chat,
    pub caller: Caller,
}

pub fn config() -> Config {
    Config { titles: Titles::Derived, ..Config::default() }
}

impl World {
    pub async fn new(db: &TestDb) -> Self {
        Self::with(db, config()).await
    }

    pub async fn with(db: &TestDb, config: Config) -> Self {
        let clock = Arc::new(TickingClock(AtomicI64::new(testkit::START.micros())));
        let env = Env::new(clock.clone(), Arc::new(SystemRng));
        let caller = person(db, &env).await;
        let provider = Scripted::default();
        let (chat, tasks) = node(Db::clone(db), env.clone(), provider.clone(), config);
        chat.start().await.unwrap();
        Self { db: Db::clone(db), env, clock, provider, tasks, chat, caller }
    }

    /// Another process on the same database, with the same provider.
    pub async fn another_node(&self, db: &TestDb) -> (Chat, Tasks) {
        let (chat, tasks) = node(db.reconnect().await, self.env.clone(), self.provider.clone(), config());
        // Not recovering: on SQLite a start takes everything for abandoned.
        (chat, tasks)
    }

    pub async fn conversation(&self) -> ConversationId {
        self.chat.create_conversation(self.caller, NewConversation::default()).await.unwrap().id
    }

    pub async fn read(&self, id: ConversationId) -> Conversation {
        self.chat.get_conversation(self.caller, id).await.unwrap()
    }

    pub async fn send(&self, conversation: ConversationId, text: &str) -> Started {
        self.chat.start_run(self.caller, conversation, ask(text), None).await.unwrap()
    }

    /// Sends and waits for the end.
    pub async fn say(&self, conversation: ConversationId, text: &str) -> Run {
        let started = self.send(conversation, text).await;
        self.end(started.run_id()).await
    }

    /// Waits for a run's end.
    pub async fn end(&self, run: RunId) -> Run {
        all(self.follow(run, Position::START).await).await;
        self.chat.get_run(self.caller, run).await.unwrap()
    }

    pub async fn follow(&self, run: RunId, after: Position) -> Frames {
        self.chat.follow_run(self.caller, run, after).await.unwrap()
    }

    /// The branch shown, the oldest first.
    pub async fn branch(&self, conversation: ConversationId) -> Vec<Message> {
        let page = self.chat.list_messages(self.caller, conversation, None, None, 100).await.unwrap();
        page.data.into_iter().rev().collect()
    }

    pub async fn regenerate(&self, conversation: ConversationId, message: MessageId) -> Run {
        let ask = StartRun { regenerate: Some(message), ..StartRun::default() };
        let started = self.chat.start_run(self.caller, conversation, ask, None).await.unwrap();
        self.end(started.run_id()).await
    }

    /// Rows of a table of the workspace.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let (count,): (i64,) = self.db.one(Platform, sql, params![self.caller.scope.workspace()]).await.unwrap();
        count
    }

    pub async fn ledger(&self) -> i64 {
        self.count("SELECT count(*) FROM usage_entries WHERE workspace_id = $1").await
    }

    pub async fn journal(&self) -> i64 {
        self.count("SELECT count(*) FROM run_journal WHERE workspace_id = $1").await
    }
}

fn node(db: Db, env: Env, provider: Scripted, config: Config) -> (Chat, Tasks) {
    let tasks = Tasks::new();
    let metering = Arc::new(Metering::new(db.clone(), env.clone(), tasks.clone()));
    let guardrails = Guardrails::new(db.clone(), env.clone(), &Floor::default()).unwrap();
    let chat = Chat::new(Parts {
        db,
        env,
        tasks: tasks.clone(),
        providers: Arc::new(provider),
        metering,
        guardrails: Arc::new(guardrails),
        audit: Arc::new(contracts::audit::NoAudit),
        people: Arc::new(Names),
        groups: Arc::new(contracts::tenancy::NoGroups),
        config,
    });
    (chat, tasks)
}

/// Everybody is called by their id.
struct Names;

#[async_trait]
impl contracts::Identity for Names {
    async fn verify(&self, _: &str) -> Result<Claimed, AuthenticationError> {
        Err(AuthenticationError::Invalid)
    }

    async fn live(&self, _: &Claimed) -> Result<Authenticated, AuthenticationError> {
        Err(AuthenticationError::Invalid)
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserSummary>, database::Error> {
        let named = |id: &UserId| UserSummary { id: *id, email: String::new(), name: id.to_string(), avatar_url: None };
        Ok(ids.iter().map(named).collect())
    }
}

/// A process of its own: its tasks die with it, in the middle of whatever they do.
pub struct Process {
    runtime: Option<tokio::runtime::Runtime>,
    pub chat: Chat,
}

impl Process {
    pub async fn start(world: &World, db: &TestDb) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (url, env, provider) = (db.url().to_owned(), world.env.clone(), world.provider.clone());
        let started = runtime.spawn(async move {
            let db = Db::connect(&database::Options::new(url)).await.unwrap();
            let (chat, _) = node(db, env, provider, config());
            chat.start().await.unwrap();
            chat
        });
        let chat = started.await.unwrap();
        Self { runtime: Some(runtime), chat }
    }

    /// Runs something in the process.
    pub async fn run<F>(&self, future: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.runtime.as_ref().unwrap().spawn(future).await.unwrap()
    }

    /// As `kill -9` does: nothing is written any more.
    pub fn kill(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A person in a workspace of their own.
pub async fn person(db: &Db, env: &Env) -> Caller {
    let workspace: WorkspaceId = env.id();
    let now = env.now();
    // A new workspace: nobody's rows yet.
    db.execute(
        Platform,
        "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
        params![workspace, "Test", true, now, now],
    )
    .await
    .unwrap();
    Caller { scope: TenantScope::assume(workspace), user: env.id(), key: None }
}

pub fn ask(text: &str) -> StartRun {
    StartRun { message: Some(NewMessage { text: text.to_owned(), file_ids: Vec::new() }), ..StartRun::default() }
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Position,
    pub data: Value,
}

impl Event {
    pub fn kind(&self) -> &str {
        self.data["type"].as_str().unwrap_or("[DONE]")
    }
}

pub fn parse(frame: &Bytes) -> Event {
    let text = std::str::from_utf8(frame).unwrap();
    let (id, data) = text.strip_prefix("id: ").unwrap().split_once("\ndata: ").unwrap();
    let data = data.strip_suffix("\n\n").unwrap();
    let data = if data == "[DONE]" { Value::Null } else { serde_json::from_str(data).unwrap() };
    Event { id: id.parse().unwrap(), data }
}

/// Every frame to the end. A stream that does not end fails the test.
pub async fn all(frames: Frames) -> Vec<Bytes> {
    tokio::time::timeout(Duration::from_secs(20), frames.collect()).await.expect("the stream ends")
}

pub async fn events(frames: Frames) -> Vec<Event> {
    all(frames).await.iter().map(parse).collect()
}

/// Reads until the events hold `text`, at the least.
pub async fn until(frames: &mut Frames, text: &str) -> Vec<Event> {
    let mut seen = Vec::new();
    while !content(&seen).contains(text) {
        let frame = tokio::time::timeout(Duration::from_secs(20), frames.next()).await.expect("it comes in time");
        seen.push(parse(&frame.expect("the stream goes on")));
    }
    seen
}

/// All that a stream says, in one string: what must be equal however it was cut.
pub fn content(events: &[Event]) -> String {
    let mut content = String::new();
    for event in events {
        match event.kind() {
            kind @ ("text-delta" | "reasoning-delta" | "tool-input-delta") => {
                let key = if kind == "tool-input-delta" { "inputTextDelta" } else { "delta" };
                content.push_str(event.data[key].as_str().unwrap());
            }
            // How it began and ended; the run in it is compared where it matters.
            kind => content.extend(["<", kind, ">"]),
        }
    }
    content
}

pub fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::kind).collect()
}

pub fn text(message: &Message) -> String {
    message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
