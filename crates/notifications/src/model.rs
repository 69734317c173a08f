//! Letters on their way.

use contracts::mail::Letter;
use kernel::{MailId, Timestamp};

/// A letter, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The same for each attempt.
    pub id: MailId,
    pub to: String,
    pub subject: String,
    pub html: String,
    pub text: String,
}

impl std::fmt::Debug for Outgoing {
    /// Without what it says: that may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({})", self.id)
    }
}

/// A letter that was kept, with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    pub letter: Outgoing,
    pub created_at: Timestamp,
}

/// A letter as the outbox has it.
pub(crate) struct Stored {
    pub id: MailId,
    pub recipient: String,
    pub locale: String,
    /// None: a version of this program wrote it that knows more kinds.
    pub letter: Option<Letter>,
    pub created_at: Timestamp,
}
