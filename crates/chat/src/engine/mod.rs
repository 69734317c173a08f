//! What keeps answers going: the live runs of this process, the journal they are written to
//! before anybody sees them, leases, recovery, settlement and titles.

mod begin;
mod context;
mod follow;
mod guard;
mod journal;
mod leases;
mod live;
mod room;
mod runner;
mod settle;
mod title;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use bytes::Bytes;
use contracts::{Audit, Groups, Guardrails, Identity, Metering, Providers};
use database::Db;
use events::{Hub, Outbox, Realtime};
use kernel::{Env, Tasks, TenantScope, UserId};
use uuid::Uuid;

pub(crate) use begin::Beginning;
pub(crate) use context::{Context, Question};
pub use follow::Frames;
pub(crate) use guard::Held;
pub(crate) use live::Stop;

use crate::{
    Config,
    error::ChatError,
    model::{Conversation, ConversationAccess, Run},
    realtime::ChatEvent,
    store::runs::{Claim, RunRecord},
};

/// How long runs may take to write down that they were interrupted.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The parts that operations work with.
pub(crate) struct Engine {
    pub db: Db,
    pub env: Env,
    pub tasks: Tasks,
    pub providers: Arc<dyn Providers>,
    pub metering: Arc<dyn Metering>,
    pub guardrails: Arc<dyn Guardrails>,
    pub audit: Arc<dyn Audit>,
    /// Knows people's names.
    pub people: Arc<dyn Identity>,
    /// Knows the names of groups.
    pub groups: Arc<dyn Groups>,
    pub hub: Hub,
    pub realtime: Realtime,
    pub outbox: Outbox,
    pub config: Config,
    /// Names this process in the rows of its runs.
    pub node: Uuid,
    pub lives: live::Lives,
    journal: journal::Journal,
    draining: AtomicBool,
}

/// Who is told of a conversation besides its owner.
#[derive(Default)]
struct Audience {
    others: Vec<(UserId, sharing::Access)>,
    /// The owner's name.
    owner: Option<String>,
}

fn updated(conversation: &Conversation) -> Bytes {
    ChatEvent::ConversationUpdated { conversation }.frame()
}

/// Whether the same work may succeed again: the database is away, or was in the way of itself.
fn is_passing(error: &database::Error) -> bool {
    matches!(error, database::Error::Unavailable(_) | database::Error::Conflict(_))
}

impl Engine {
    pub fn new(parts: crate::Parts) -> Self {
        let crate::Parts { db, env, tasks, providers, metering, guardrails, audit, people, groups, config } = parts;
        Self {
            node: env.uuid(),
            hub: Hub::new(env.clone()),
            realtime: Realtime::new(),
            outbox: Outbox::new(env.clone()),
            lives: live::Lives::default(),
            journal: journal::Journal::default(),
            draining: AtomicBool::new(false),
            db,
            env,
            tasks,
            providers,
            metering,
            guardrails,
            audit,
            people,
            groups,
            config,
        }
    }

    /// Starts the loops that stop with the process. With `all`, it is the only process.
    pub fn start(self: &Arc<Self>, all: bool) {
        self.tasks.spawn("chat journal", self.clone().write_journal());
        self.tasks.spawn("chat leases", self.clone().keep_leases(all));
        // Another node may be asked to stop a run of ours, and a workspace may be closed under it.
        self.tasks.spawn("chat cancellations", self.clone().watch_cancellations());
    }

    /// A claim on a run, from now on.
    pub fn claim(&self) -> Claim {
        Claim { node: self.node, lease_expires_at: self.env.now() + self.config.lease }
    }

    /// Refuses new runs while the process shuts down.
    pub fn admit(&self) -> Result<(), ChatError> {
        if self.draining.load(Ordering::Acquire) || self.tasks.shutdown().is_cancelled() {
            Err(ChatError::Draining)
        } else {
            Ok(())
        }
    }

    /// Takes no new runs, lets those under way finish within `limit`, and interrupts the
    /// rest: their text is kept and their usage settled. Returns whether all ended by themselves.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.draining.store(true, Ordering::Release);
        if tokio::time::timeout(limit, self.lives.all_ended()).await.is_ok() {
            return true;
        }
        for live in self.lives.all() {
            live.stop(Stop::Interrupted);
        }
        if tokio::time::timeout(LAST_WORDS, self.lives.all_ended()).await.is_err() {
            tracing::error!(runs = self.lives.len(), "runs did not end in time; the next start recovers them");
        }
        false
    }

    /// Tells the tabs of everybody who may see the conversation, each with what they may do with it.
    pub async fn tell(&self, scope: &TenantScope, conversation: &Conversation, frame: impl Fn(&Conversation) -> Bytes) {
        self.tell_audience(scope, conversation, &self.audience(scope, conversation).await, frame);
    }

    /// Whom besides its owner a conversation is shared with, and the owner's name for them. One that is not shared
    /// costs nothing.
    async fn audience(&self, scope: &TenantScope, conversation: &Conversation) -> Audience {
        if !conversation.shared {
            return Audience::default();
        }
        let found = async {
            let mut others = sharing::audience(&self.db, scope, conversation.id.into()).await?;
            others.retain(|(user, _)| *user != conversation.owner_id);
            let owner = self.people.users(&[conversation.owner_id]).await?.pop().map(|user| user.name);
            Ok::<_, database::Error>(Audience { others, owner })
        };
        found.await.unwrap_or_else(|error| {
            tracing::warn!(conversation = %conversation.id, %error, "those it is shared with are not told of a change");
            Audience::default()
        })
    }

    fn tell_audience(
        &self,
        scope: &TenantScope,
        conversation: &Conversation,
        audience: &Audience,
        frame: impl Fn(&Conversation) -> Bytes,
    ) {
        let tell = |user, access| {
            let seen = || conversation.seen_with(access, audience.owner.as_deref());
            self.realtime.publish(scope.workspace(), user, || frame(&seen()));
        };
        tell(conversation.owner_id, ConversationAccess::Owner);
        for (user, access) in &audience.others {
            tell(*user, (*access).into());
        }
    }

    pub async fn tell_run_started(&self, record: &RunRecord, conversation: &Conversation) {
        let (scope, audience) = (record.scope(), self.audience(&record.scope(), conversation).await);
        self.tell_audience(&scope, conversation, &audience, |_| ChatEvent::RunStarted { run: &record.run }.frame());
        self.tell_audience(&scope, conversation, &audience, updated);
    }

    pub async fn tell_run_finished(&self, record: &RunRecord, run: &Run, conversation: Option<&Conversation>) {
        let scope = record.scope();
        let Some(conversation) = conversation else {
            // It was deleted meanwhile: only whoever asked may still wait for its end.
            self.realtime.publish(record.workspace, record.user, || ChatEvent::RunFinished { run }.frame());
            return;
        };
        let audience = self.audience(&scope, conversation).await;
        self.tell_audience(&scope, conversation, &audience, |_| ChatEvent::RunFinished { run }.frame());
        self.tell_audience(&scope, conversation, &audience, updated);
    }
}
