//! Jobs that do what a test tells them, and workers for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use database::{Db, Platform, params};
use jobs::{Context, Failure, Job, JobState, JobView, NewJob, Policy, Priority, Queue, Registry, Settings, Workers};
use kernel::{Env, Id, JobId, ManualClock, Tasks, TenantScope, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

/// What happened, and what holds jobs up.
#[derive(Clone)]
pub struct Probe(Arc<Inner>);

struct Inner {
    db: Db,
    /// Names of attempts in the order in which they began.
    begun: Mutex<Vec<String>>,
    changed: Notify,
    /// Attempts of [`Act::Hold`] go on with a permit.
    gate: Semaphore,
}

impl Probe {
    pub fn new(db: Db) -> Self {
        Self(Arc::new(Inner { db, begun: Mutex::default(), changed: Notify::new(), gate: Semaphore::new(0) }))
    }

    pub fn begun(&self) -> Vec<String> {
        self.0.begun.lock().unwrap().clone()
    }

    pub fn counts(&self) -> HashMap<String, usize> {
        self.begun().into_iter().fold(HashMap::new(), |mut counts, name| {
            *counts.entry(name).or_default() += 1;
            counts
        })
    }

    /// Waits until so many attempts have begun.
    pub async fn wait(&self, count: usize) {
        loop {
            let changed = self.0.changed.notified();
            if self.0.begun.lock().unwrap().len() >= count {
                return;
            }
            changed.await;
        }
    }

    pub fn open(&self, count: usize) {
        self.0.gate.add_permits(count);
    }

    fn note(&self, name: &str) {
        self.0.begun.lock().unwrap().push(name.to_owned());
        self.0.changed.notify_waiters();
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub enum Act {
    Work,
    Fail,
    Discard,
    Snooze,
    Panic,
    Hold,
    /// Enqueues another job and completes in one transaction.
    Complete,
    /// Goes on with a permit, and then does the same.
    HoldAndComplete,
    /// Completes, and then rolls back.
    RollBack,
    Progress,
}

macro_rules! jobs {
    ($($name:ident = $kind:literal, $policy:expr;)*) => {
        $(#[derive(Clone, Serialize, Deserialize)]
        pub struct $name {
            pub name: String,
            pub act: Act,
        }

        impl Job for $name {
            type Service = Probe;
            const KIND: &'static str = $kind;
            const POLICY: Policy = $policy;

            async fn run(self, probe: Probe, context: Context) -> Result<(), Failure> {
                act(&self.name, &self.act, &probe, &context).await
            }
        })*

        pub fn registry(probe: &Probe) -> Registry {
            let mut registry = Registry::new();
            $(registry.add::<$name>(probe.clone());)*
            registry
        }
    };
}

const TEST: Policy = Policy { attempts: 3, keep: Duration::from_secs(3600), ..Policy::DEFAULT };

jobs! {
    Plain = "test.plain", TEST;
    Gone = "test.gone", Policy::DEFAULT;
    Urgent = "test.urgent", Policy { priority: Priority::High, ..TEST };
    Idle = "test.idle", Policy { priority: Priority::Low, ..TEST };
    Two = "test.two", Policy { at_once: Some(2), ..TEST };
    OneEach = "test.one_each", Policy { at_once_per_workspace: Some(1), ..TEST };
    Short = "test.short", Policy { timeout: Duration::from_millis(1), ..TEST };
}

pub fn plain(name: &str, act: Act) -> Plain {
    Plain { name: name.to_owned(), act }
}

#[derive(Debug, thiserror::Error)]
#[error("the letter can't be sent")]
struct Outer(#[source] std::io::Error);

async fn act(name: &str, act: &Act, probe: &Probe, context: &Context) -> Result<(), Failure> {
    probe.note(name);
    match act {
        Act::Fail => Err(Outer(std::io::Error::other("the server is away")).into()),
        Act::Discard => Err(Failure::discard(Outer(std::io::Error::other("no such address")))),
        Act::Snooze if context.attempt() == 1 => Err(Failure::Snooze(Duration::from_secs(60))),
        Act::Work | Act::Snooze => Ok(()),
        Act::Panic => panic!("a slip"),
        Act::Hold => {
            probe.0.gate.acquire().await.unwrap().forget();
            Ok(())
        }
        Act::Complete | Act::RollBack | Act::HoldAndComplete => {
            if matches!(act, Act::HoldAndComplete) {
                probe.0.gate.acquire().await.unwrap().forget();
            }
            let queue = context.queue();
            let mut tx = probe.0.db.begin(Platform).await?;
            let next = Plain { name: format!("after {name}"), act: Act::Work };
            queue.enqueue(&mut tx, NewJob::of(&next).after(Duration::from_secs(3600))).await?;
            context.complete_in(&mut tx).await?;
            if matches!(act, Act::RollBack) && context.attempt() == 1 {
                tx.rollback().await?;
                return Err(Failure::Retry("it could not be committed".to_owned()));
            }
            tx.commit().await?;
            Ok(())
        }
        Act::Progress => {
            context.progress(Some(0.5), Some("half of it")).await?;
            probe.0.gate.acquire().await.unwrap().forget();
            Ok(())
        }
    }
}

/// A queue, workers and a clock on one database.
pub struct World {
    pub db: Db,
    pub clock: Arc<ManualClock>,
    pub env: Env,
    pub probe: Probe,
    pub queue: Queue,
    pub tasks: Tasks,
}

impl World {
    pub fn new(db: &Db) -> Self {
        let (env, clock) = testkit::env_with_clock();
        let queue = Queue::new(db.clone(), env.clone());
        Self { db: db.clone(), clock, env, probe: Probe::new(db.clone()), queue, tasks: Tasks::new() }
    }

    pub fn workers(&self, slots: u32) -> Workers {
        self.workers_on(&self.queue, slots)
    }

    /// Workers of another process.
    pub fn workers_on(&self, queue: &Queue, slots: u32) -> Workers {
        let settings = Settings { slots, ..Settings::default() };
        Workers::new(queue.clone(), self.tasks.clone(), registry(&self.probe), settings)
    }

    /// Puts jobs of the platform into the queue.
    pub async fn put<J: Job>(&self, jobs: &[J]) -> Vec<Option<JobId>> {
        let mut tx = self.db.begin(Platform).await.unwrap();
        let ids = self.queue.enqueue_all(&mut tx, jobs.iter().map(NewJob::of).collect()).await.unwrap();
        tx.commit().await.unwrap();
        ids
    }

    pub async fn put_one<J: Job>(&self, job: &J) -> JobId {
        self.put(std::slice::from_ref(job)).await[0].unwrap()
    }

    /// Puts jobs of a workspace into the queue.
    pub async fn put_for<J: Job>(&self, scope: TenantScope, jobs: &[J]) -> Vec<Option<JobId>> {
        let mut tx = self.db.begin(scope).await.unwrap();
        let ids = self.queue.enqueue_all(&mut tx, jobs.iter().map(NewJob::of).collect()).await.unwrap();
        tx.commit().await.unwrap();
        ids
    }

    pub async fn job(&self, id: JobId) -> JobView {
        self.queue.get(Platform, id).await.unwrap()
    }

    pub async fn state(&self, id: JobId) -> JobState {
        self.job(id).await.state
    }

    pub async fn count(&self, state: JobState) -> u64 {
        self.queue.counts().await.unwrap().into_iter().filter(|((_, it), _)| *it == state).map(|(_, count)| count).sum()
    }

    /// A workspace to have jobs for.
    pub async fn workspace(&self, number: u128) -> TenantScope {
        let scope = TenantScope::assume(Id::from_uuid(Uuid::from_u128(number)));
        self.db
            .execute(
                Platform,
                "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, 'W', FALSE, 0, 0)",
                params![scope.workspace()],
            )
            .await
            .unwrap();
        scope
    }

    pub fn now(&self) -> Timestamp {
        self.env.now()
    }
}
