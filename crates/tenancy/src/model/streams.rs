//! Where an audit log is sent.

use kernel::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What receives an audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditStreamKind {
    /// JSON is posted to it, signed by Standard Webhooks.
    Webhook,
    /// RFC 5424 messages in RFC 5425's frames.
    Syslog,
}

impl AuditStreamKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Syslog => "syslog",
        }
    }

    /// The kind of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Webhook, Self::Syslog].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How a stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditStreamState {
    /// What is written is sent at once.
    Active,
    /// The last attempt failed; another one follows.
    Failing,
    /// Somebody has paused it.
    Paused,
    /// It was paused because nothing got through for long, or the receiver said that it is gone.
    GaveUp,
}

/// Where an audit log is sent, and how that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuditStream {
    pub kind: AuditStreamKind,
    #[schema(example = "https://siem.example.com/parlance")]
    pub address: String,
    /// The certificates (PEM) that a log server's must be from; null: what the server trusts anyway.
    #[schema(required)]
    pub authority: Option<String>,
    pub state: AuditStreamState,
    /// Every entry up to this one has arrived.
    #[schema(example = 1204)]
    pub position: i64,
    /// How many entries wait.
    #[schema(example = 0)]
    pub behind: i64,
    #[schema(required)]
    pub last_delivered_at: Option<Timestamp>,
    /// Attempts since the last one that worked.
    pub failures: i64,
    #[schema(required)]
    pub failing_since: Option<Timestamp>,
    #[schema(required, example = "it answered 503")]
    pub last_error: Option<String>,
    /// When the next attempt is made; null: nothing waits, or it is paused.
    #[schema(required)]
    pub next_attempt_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Where to send it.
#[derive(Debug, Clone)]
pub struct NewAuditStream {
    pub kind: AuditStreamKind,
    pub address: String,
    pub authority: Option<String>,
    /// All that was ever written; else what is written from now on, or, of a stream that is there, what has not
    /// arrived yet.
    pub from_start: bool,
}

/// A stream that was set.
#[derive(Debug)]
pub struct SetAuditStream {
    pub stream: AuditStream,
    /// What a new webhook verifies deliveries with. Never shown again.
    pub secret: Option<SecretString>,
}

/// What came of one round of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamRound {
    /// Entries that arrived.
    pub entries: usize,
    pub delivered: usize,
    /// Tried without success.
    pub failed: usize,
}
