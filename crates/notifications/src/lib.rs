//! Letters to people: written into an outbox with the change that they tell of, rendered in the
//! person's language, delivered by SMTP in the background.
//!
//! Invariants:
//! - A letter goes out if the transaction that posted it commits, and not otherwise.
//! - Links begin with the configured address of this server, never with one from a request.
//! - A letter may hold a secret link. It is read by nobody but this context, never logged, and
//!   deleted from the database once it was delivered or given up.
//! - Two processes don't deliver one letter at the same time: each attempt has a lease. A process that
//!   is killed between the mail server's word and the database may cause a second copy, under the same
//!   `Message-ID`.
//!
//! Without a mail server letters stay here for some days, where an operator may look at them
//! (`/dev/mail`). Deliberately absent: who gets which letter (the contexts' matter), mass mail,
//! incoming mail.

mod carrier;
mod config;
mod error;
mod http;
mod jobs;
mod letters;
mod model;
mod operations;
mod smtp;
mod store;

use std::sync::Arc;

use database::Db;
use kernel::{Env, Tasks};
use tokio::sync::Notify;

pub use carrier::{Carrier, Failure};
pub use config::{Config, MailServer, Preview};
pub use error::NotificationsError;
pub use http::routes;
pub use model::{KeptMail, Outgoing};
pub use operations::Round;
pub use smtp::Smtp;

use letters::Letters;

/// The outbox of letters. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Notifications(Arc<Inner>);

struct Inner {
    db: Db,
    env: Env,
    tasks: Tasks,
    letters: Letters,
    /// Who takes letters to the mail server; none: they are kept here.
    carrier: Option<Arc<dyn Carrier>>,
    preview: Preview,
    /// Wakes the delivery when a letter was posted.
    posted: Arc<Notify>,
}

/// Says what is wrong with the settings of a mail server, without connecting to it.
pub fn check(server: &MailServer) -> Result<(), NotificationsError> {
    smtp::read(server, "").map(drop)
}

/// Connects to a mail server, signs in, and leaves.
pub async fn greet(server: &MailServer, base_url: &str) -> Result<(), Failure> {
    let smtp = Smtp::new(server, base_url).map_err(|error| Failure::Refused(error.to_string()))?;
    smtp.greet().await
}

impl Notifications {
    /// An error says which setting of the operator's can't be used. Connects to nothing.
    pub fn new(db: Db, env: Env, tasks: Tasks, config: Config) -> Result<Self, NotificationsError> {
        let carrier = match &config.server {
            Some(server) => Some(Arc::new(Smtp::new(server, &config.base_url)?) as Arc<dyn Carrier>),
            None => None,
        };
        Self::with_carrier(db, env, tasks, config, carrier)
    }

    /// With another way to the mail server than SMTP.
    pub fn with_carrier(
        db: Db,
        env: Env,
        tasks: Tasks,
        config: Config,
        carrier: Option<Arc<dyn Carrier>>,
    ) -> Result<Self, NotificationsError> {
        let letters = Letters::new(&config.base_url)?;
        let inner = Inner { db, env, tasks, letters, carrier, preview: config.preview, posted: Arc::default() };
        Ok(Self(Arc::new(inner)))
    }
}
