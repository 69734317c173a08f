//! What can be set about letters, and the times that nobody needs to set.

use std::time::Duration;

use secrecy::SecretString;

/// A letter that could not be delivered by then is given up.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Letters that nothing delivers can be looked at for this long.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// That a letter was delivered or given up is known for this long; what it said is not.
pub(crate) const REMEMBERED_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Nobody else takes a letter up for this long after a process has. Longer than a whole batch takes.
pub(crate) const LEASE: Duration = Duration::from_secs(600);
/// One attempt takes this long at the most.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(60);
/// Letters that a process takes up at a time, and those that it delivers in parallel.
pub(crate) const BATCH: i64 = 16;
pub(crate) const PARALLEL: usize = 4;
/// How often a process looks for letters that nothing woke it for.
pub(crate) const POLL: Duration = Duration::from_secs(30);

/// What `app` decides about letters.
#[derive(Debug, Clone)]
pub struct Config {
    /// What links begin with: the address that people use, such as `https://chat.example.com`.
    pub base_url: String,
    /// None: letters are kept, and not delivered.
    pub server: Option<MailServer>,
    pub preview: Preview,
}

impl Default for Config {
    /// Links to this machine, and nothing goes out.
    fn default() -> Self {
        Self { base_url: "http://localhost:4000".to_owned(), server: None, preview: Preview::Off }
    }
}

/// A mail server, and who writes.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// `smtps://user:password@host:port`: encrypted from the start. `smtp://…`: it must offer STARTTLS, unless
    /// it is on this machine or `?tls=none` says otherwise.
    pub url: SecretString,
    /// `Parlance <parlance@example.com>`, or an address alone.
    pub from: String,
}

/// Who may look at letters that nothing delivers, at `/dev/mail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    /// Nobody: the address is not there.
    Off,
    /// Whoever calls this server by a name of this machine, such as `localhost`. Another name in `Host` could
    /// be a website that leads its own name here (DNS rebinding).
    ByLocalName,
    /// Whoever reaches this server.
    On,
}
