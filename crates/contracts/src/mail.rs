//! Letters that Parlance writes to people: who writes one names what it says, not its words.

use async_trait::async_trait;
use database::Tx;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// Sends e-mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Puts a letter into the outbox, in the caller's transaction: it goes out if that commits, and
    /// once.
    async fn post(&self, tx: &mut Tx, mail: Mail) -> Result<(), database::Error>;

    /// Deletes what is kept of letters to this address, in the caller's transaction: its owner is erased.
    async fn forget(&self, tx: &mut Tx, address: &str) -> Result<(), database::Error>;
}

/// A letter and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address, as its owner gave it.
    pub to: String,
    /// The language, `en` or `vi`; any other is written in English.
    pub locale: String,
    pub letter: Letter,
}

/// What a letter says. Links are paths of the web app: the address before them is configured, and
/// never a request's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Letter {
    /// Welcome, and prove that the address is yours.
    VerifyEmail {
        name: String,
        path: String,
        expires_at: Timestamp,
    },
    /// Prove that a new address is yours.
    ChangeEmail {
        name: String,
        path: String,
        expires_at: Timestamp,
    },
    /// To the old address: it was changed.
    EmailChanged {
        name: String,
        new_address: String,
    },
    /// Somebody signed up with an address that has an account already.
    AlreadySignedUp {
        name: String,
        path: String,
    },
    ResetPassword {
        name: String,
        path: String,
        expires_at: Timestamp,
    },
    PasswordChanged {
        name: String,
        at: Timestamp,
    },
    /// A sign-in from a device that was not seen before.
    NewDevice {
        name: String,
        /// Such as `Firefox, Linux`; empty: nobody knows.
        device: String,
        ip: String,
        at: Timestamp,
    },
    /// A refresh token was used twice, so its sessions were ended.
    SessionStolen {
        name: String,
        device: String,
        at: Timestamp,
    },
    /// An account elsewhere signs in from now on.
    IdentityLinked {
        name: String,
        /// `google` or `github`, or what a workspace calls its own provider.
        provider: String,
        at: Timestamp,
    },
    /// It does not any more.
    IdentityUnlinked {
        name: String,
        provider: String,
        at: Timestamp,
    },
    /// A second factor was added or removed: `totp` or `passkey`.
    SecondFactorChanged {
        name: String,
        factor: String,
        added: bool,
        at: Timestamp,
    },
    /// A recovery code stood in for a second factor.
    RecoveryCodeUsed {
        name: String,
        /// How many codes are left.
        left: i64,
        ip: String,
        at: Timestamp,
    },
    /// The account is closed, and erased if that is not taken back.
    AccountDeleted {
        name: String,
        /// Where it can be taken back.
        path: String,
        erases_at: Timestamp,
    },
    /// That was taken back.
    AccountRestored {
        name: String,
        at: Timestamp,
    },
    /// Come into a workspace.
    Invitation {
        workspace: String,
        inviter: String,
        role: String,
        path: String,
        expires_at: Timestamp,
    },
}

impl Letter {
    /// The name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::ChangeEmail { .. } => "change_email",
            Self::EmailChanged { .. } => "email_changed",
            Self::AlreadySignedUp { .. } => "already_signed_up",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::NewDevice { .. } => "new_device",
            Self::SessionStolen { .. } => "session_stolen",
            Self::IdentityLinked { .. } => "identity_linked",
            Self::IdentityUnlinked { .. } => "identity_unlinked",
            Self::SecondFactorChanged { .. } => "second_factor_changed",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::AccountDeleted { .. } => "account_deleted",
            Self::AccountRestored { .. } => "account_restored",
            Self::Invitation { .. } => "invitation",
        }
    }

    /// When it has lost its use, if ever.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::VerifyEmail { expires_at, .. }
            | Self::ChangeEmail { expires_at, .. }
            | Self::ResetPassword { expires_at, .. }
            | Self::Invitation { expires_at, .. } => Some(*expires_at),
            Self::EmailChanged { .. }
            | Self::AlreadySignedUp { .. }
            | Self::PasswordChanged { .. }
            | Self::NewDevice { .. }
            | Self::SessionStolen { .. }
            | Self::IdentityLinked { .. }
            | Self::IdentityUnlinked { .. }
            | Self::SecondFactorChanged { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::AccountDeleted { .. }
            | Self::AccountRestored { .. } => None,
        }
    }
}
