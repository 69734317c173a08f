//! An outbox, and a mail server that does as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use contracts::{
    Mailer,
    mail::{Letter, Mail},
};
use database::{Db, Platform};
use kernel::{Env, ManualClock, Tasks};
use notifications::{Carrier, Config, Failure, Notifications, Outgoing, Preview};
use tokio::sync::Semaphore;

pub const ANN: &str = "ann@example.com";
pub const BASE: &str = "https://chat.example.com";

/// Stands for the way to a mail server: the outside world.
pub struct FakeCarrier {
    pub sent: Mutex<Vec<Outgoing>>,
    /// What the next attempts come to; without a word they work.
    pub plan: Mutex<VecDeque<Result<(), Failure>>>,
    /// Attempts may begin only with a permit.
    pub gate: Semaphore,
}

impl FakeCarrier {
    pub fn new() -> Arc<Self> {
        let gate = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Self { sent: Mutex::default(), plan: Mutex::default(), gate })
    }

    pub fn plan(&self, results: impl IntoIterator<Item = Result<(), Failure>>) {
        self.plan.lock().unwrap().extend(results);
    }

    pub fn sent(&self) -> Vec<Outgoing> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl Carrier for FakeCarrier {
    async fn send(&self, letter: &Outgoing) -> Result<(), Failure> {
        let _permit = self.gate.acquire().await.unwrap();
        self.sent.lock().unwrap().push(letter.clone());
        self.plan.lock().unwrap().pop_front().unwrap_or(Ok(()))
    }
}

pub struct World {
    pub letters: Notifications,
    pub carrier: Arc<FakeCarrier>,
    pub clock: Arc<ManualClock>,
    pub env: Env,
    pub tasks: Tasks,
}

impl World {
    /// With a mail server.
    pub fn new(db: &Db) -> Self {
        let (env, clock) = testkit::env_with_clock();
        Self::with(db, env, clock, Some(FakeCarrier::new()), Preview::Off)
    }

    /// Without one.
    pub fn keeping(db: &Db, preview: Preview) -> Self {
        let (env, clock) = testkit::env_with_clock();
        Self::with(db, env, clock, None, preview)
    }

    pub fn with(
        db: &Db,
        env: Env,
        clock: Arc<ManualClock>,
        carrier: Option<Arc<FakeCarrier>>,
        preview: Preview,
    ) -> Self {
        let tasks = Tasks::new();
        let config = Config { base_url: BASE.to_owned(), server: None, preview };
        let as_carrier = carrier.clone().map(|carrier| carrier as Arc<dyn Carrier>);
        let letters = Notifications::with_carrier(db.clone(), env.clone(), tasks.clone(), config, as_carrier).unwrap();
        Self { letters, carrier: carrier.unwrap_or_else(FakeCarrier::new), clock, env, tasks }
    }

    /// Posts a letter whose link holds a secret.
    pub async fn post(&self, db: &Db, to: &str) {
        let mut tx = db.begin(Platform).await.unwrap();
        self.letters.post(&mut tx, self.reset_for(to)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn reset_for(&self, to: &str) -> Mail {
        let expires_at = self.env.now() + std::time::Duration::from_secs(3600);
        let letter = Letter::ResetPassword { name: "Ann".into(), path: "/reset-password#s3cr3t".into(), expires_at };
        Mail { to: to.to_owned(), locale: "en".into(), letter }
    }

    pub fn notice_for(&self, to: &str) -> Mail {
        let letter = Letter::PasswordChanged { name: "Ann".into(), at: self.env.now() };
        Mail { to: to.to_owned(), locale: "en".into(), letter }
    }
}

/// State, attempts and what is left of the words of all letters.
pub async fn rows(db: &Db) -> Vec<(String, i64, Option<String>)> {
    db.all(Platform, "SELECT state, attempts, letter FROM mails ORDER BY created_at, id", vec![]).await.unwrap()
}
