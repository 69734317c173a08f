//! What can go wrong, and how callers see it.

use std::time::Duration;

use contracts::identity::ProofMethod;
use kernel::Code;
use web::Problem;

use crate::{password::PasswordError, token::KeyError};

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A field that its own rule or another field forbids.
    #[error("{field} {message}")]
    Invalid { field: &'static str, code: &'static str, message: &'static str },
    #[error("sign-up is closed")]
    SignUpClosed,
    #[error("sign-up needs an invitation")]
    InvitationNeeded,
    #[error("a role allows what the caller may not do")]
    BeyondOwn,
    /// For operators only: a stranger is never told.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Unknown address, wrong password or disabled user: which, is nobody's business.
    #[error("wrong e-mail or password")]
    InvalidCredentials,
    /// With the challenge.
    #[error("some work has to be proved first")]
    WorkNeeded(Box<altcha::Challenge>),
    #[error("proof of work: {0}")]
    Work(#[from] altcha::Error),
    #[error("too many attempts; the next one counts in {0:?}")]
    TooManyAttempts(Duration),
    /// Their workspace wants them to sign in with its own provider. Told only to whoever knows the password.
    #[error("the workspace has single sign-on")]
    SsoRequired,
    /// Unknown, expired or revoked.
    #[error("the refresh token is of no live session")]
    RefreshInvalid,
    /// The session has been revoked for it.
    #[error("the refresh token was used after its successor")]
    RefreshReused,
    /// Used, expired, replaced, or never made.
    #[error("the link is good for nothing any more")]
    LinkInvalid,
    /// The session's person has not proved lately that it is them.
    #[error("a proof of who the session's person is is missing or too old")]
    StepUpRequired(Vec<ProofMethod>),
    /// Used, expired, of another browser, tried too often, or never made.
    #[error("the login or the ceremony has ended")]
    ChallengeEnded,
    /// Who signed, what, where or how: which, is nobody's business.
    #[error("the passkey was not accepted")]
    PasskeyRefused,
    #[error("passkeys need a name in `server.public_url`, and HTTPS")]
    PasskeysUnavailable,
    /// Their names: others are in them, and nobody else owns them.
    #[error("workspaces would be left without an owner")]
    OwnsWorkspaces(Vec<String>),
    #[error("the account is to be deleted already")]
    DeletionAsked,
    #[error("nobody has asked to delete the account")]
    DeletionNotAsked,
    #[error("there is no such passkey")]
    NoPasskey,
    #[error("the account has {0} passkeys already")]
    TooManyPasskeys(i64),
    #[error("an authenticator app is set up already")]
    TotpExists,
    #[error("no authenticator app waits for its first code, or none is set up")]
    NoTotp,
    #[error("recovery codes stand in for a second factor, and there is none")]
    NoFactor,
    #[error("there is no such workspace, or the user is not in it")]
    NoWorkspace,
    #[error("the user is in no workspace")]
    Homeless,
    #[error("there is no such session")]
    NoSession,
    #[error("there is no such API key")]
    NoKey,
    #[error("the API key has been revoked")]
    KeyRevoked,
    /// A key would make or hold one that may do more than itself.
    #[error("the API key may not give {0} that it does not have")]
    KeyBroader(&'static str),
    #[error("{0}")]
    KeyNotYours(&'static str),
    #[error("there is no such user")]
    NoUser,
    #[error("the user is disabled")]
    Disabled,
    #[error("there would be no administrator of the platform left")]
    LastAdministrator,
    /// Disabled, or an administrator themselves.
    #[error("nobody may act as this user")]
    NotImpersonable,
    #[error("the session is the user's own")]
    NotImpersonating,
    #[error("there is no such picture")]
    NoAvatar,
    #[error("the picture is larger than {0} bytes")]
    AvatarTooLarge(usize),
    #[error("the bytes are not of a picture that is shown")]
    AvatarType,
    #[error(transparent)]
    Vault(#[from] vault::VaultError),
    #[error("authenticator app: {0}")]
    Totp(#[from] totp_rs::TotpError),
    #[error("passkeys: {0}")]
    Webauthn(#[from] webauthn_rs::prelude::WebauthnError),
    #[error("passkeys: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("signing: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl IdentityError {
    pub const fn code(&self) -> Code {
        match self {
            Self::Invalid { .. } => Code::InvalidBody,
            Self::SignUpClosed => Code::SignUpClosed,
            Self::SsoRequired => Code::SsoRequired,
            Self::InvitationNeeded => Code::InvitationNeeded,
            Self::EmailTaken | Self::KeyRevoked | Self::Disabled | Self::NotImpersonable | Self::NotImpersonating => {
                Code::Conflict
            }
            Self::LastAdministrator => Code::LastAdministrator,
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::WorkNeeded(_) => Code::ProofOfWorkNeeded,
            Self::TooManyAttempts(_) => Code::RateLimited,
            Self::RefreshInvalid => Code::RefreshInvalid,
            Self::RefreshReused => Code::RefreshReused,
            Self::LinkInvalid => Code::LinkInvalid,
            Self::StepUpRequired(_) => Code::StepUpRequired,
            Self::ChallengeEnded => Code::ChallengeEnded,
            Self::PasskeyRefused => Code::PasskeyRefused,
            Self::OwnsWorkspaces(_) => Code::LastOwner,
            Self::TotpExists
            | Self::NoFactor
            | Self::TooManyPasskeys(_)
            | Self::DeletionAsked
            | Self::DeletionNotAsked => Code::Conflict,
            Self::NoTotp
            | Self::NoPasskey
            | Self::PasskeysUnavailable
            | Self::NoKey
            | Self::NoWorkspace
            | Self::NoSession
            | Self::NoUser
            | Self::NoAvatar => Code::NotFound,
            Self::Homeless | Self::BeyondOwn | Self::KeyBroader(_) | Self::KeyNotYours(_) => Code::Forbidden,
            Self::AvatarTooLarge(_) => Code::PayloadTooLarge,
            Self::AvatarType => Code::UnsupportedMediaType,
            Self::Password(PasswordError::Busy) => Code::Unavailable,
            Self::Work(_)
            | Self::Password(_)
            | Self::Keys(_)
            | Self::Signing(_)
            | Self::Vault(_)
            | Self::Totp(_)
            | Self::Webauthn(_)
            | Self::Json(_)
            | Self::Database(_) => Code::Internal,
        }
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let problem = Self::new(error.code());
        match error {
            IdentityError::Database(error) => error.into(),
            IdentityError::Invalid { field, code, message } => Self::field(field, code, message),
            IdentityError::SsoRequired => {
                problem.detail("Your workspace wants you to sign in with its single sign-on.")
            }
            IdentityError::SignUpClosed => problem.detail("Ask an administrator for an account."),
            IdentityError::InvitationNeeded => {
                problem.detail("Accounts are made by invitation here. Open the link of an invitation to this address.")
            }
            IdentityError::EmailTaken => problem.detail("There is a user with this e-mail address."),
            IdentityError::InvalidCredentials => problem.detail("The e-mail address or the password is wrong."),
            IdentityError::WorkNeeded(challenge) => problem
                .detail("Very many requests are coming in. Send this one again with the solution of the challenge as `proof_of_work`.")
                .with_challenge(&*challenge),
            IdentityError::TooManyAttempts(wait) => problem
                .detail(format!("Too many attempts. Try again in {} seconds.", wait.as_secs().max(1)))
                .retry_after(wait.max(Duration::from_secs(1))),
            IdentityError::RefreshInvalid => problem.detail("Sign in again."),
            IdentityError::RefreshReused => {
                problem.detail("Somebody used an old token of this session, so it was ended. Sign in again.")
            }
            IdentityError::LinkInvalid => {
                problem.detail("This link was used, has expired, or was replaced. Ask for a new one.")
            }
            IdentityError::StepUpRequired(methods) => problem
                .detail("Send the current password, or prove at /api/v1/auth/step-up that it is you.")
                .with_methods(methods),
            IdentityError::ChallengeEnded => {
                problem.detail("This took too long, was tried too often, or was finished already. Begin again.")
            }
            IdentityError::PasskeyRefused => {
                problem.detail("This passkey is not known here, or what it signed is not what it was asked to.")
            }
            IdentityError::PasskeysUnavailable => problem.detail(
                "Passkeys need a domain name and HTTPS. Set `server.public_url` to this installation's address.",
            ),
            IdentityError::OwnsWorkspaces(names) => problem.detail(format!(
                "Hand these workspaces on to another owner first, or delete them: {}.",
                names.join(", ")
            )),
            IdentityError::DeletionAsked => problem.detail("This account is going to be deleted already."),
            IdentityError::DeletionNotAsked => problem.detail("This account is not going to be deleted."),
            IdentityError::NoPasskey => problem.detail("There is no such passkey."),
            IdentityError::TooManyPasskeys(limit) => {
                problem.detail(format!("An account may have {limit} passkeys. Remove one first."))
            }
            IdentityError::TotpExists => problem.detail("An authenticator app is set up already. Remove it first."),
            IdentityError::NoTotp => problem.detail("No authenticator app is being set up. Begin again."),
            IdentityError::NoFactor => {
                problem.detail("Recovery codes come with a second factor. Set up an authenticator app or a passkey.")
            }
            IdentityError::NoWorkspace => problem.detail("There is no such workspace."),
            IdentityError::Homeless => {
                problem.detail("You are not in any workspace. Ask an administrator to add you to one.")
            }
            IdentityError::Disabled => problem.detail("This user is disabled. Enable them first."),
            IdentityError::LastAdministrator => {
                problem.detail("This is the only administrator. Make somebody else an administrator first.")
            }
            IdentityError::NotImpersonable => {
                problem.detail("Nobody may act as a user who is disabled, or who is an administrator.")
            }
            IdentityError::NotImpersonating => problem.detail("You act as nobody else."),
            IdentityError::NoSession => problem.detail("There is no such session."),
            IdentityError::NoKey => problem.detail("There is no such API key."),
            IdentityError::KeyRevoked => problem.detail("This API key has been revoked. Make a new one."),
            IdentityError::KeyBroader(what) => problem.detail(format!(
                "An API key can't make or change a key that may do more than itself: `{what}` would be broader."
            )),
            IdentityError::KeyNotYours(why) => problem.detail(why),
            IdentityError::BeyondOwn => problem.detail("It could give rights that you do not have yourself."),
            IdentityError::NoUser => problem.detail("There is no such user."),
            IdentityError::NoAvatar => problem.detail("There is no such picture."),
            IdentityError::AvatarTooLarge(limit) => {
                problem.detail(format!("A picture may have at most {} KiB.", limit / 1024))
            }
            IdentityError::AvatarType => problem.detail("Send a PNG, JPEG, WebP or GIF image."),
            IdentityError::Password(PasswordError::Busy) => problem
                .detail("Too many people are signing in right now. Try again in a moment.")
                .retry_after(Duration::from_secs(2)),
            other @ (IdentityError::Work(_)
            | IdentityError::Password(_)
            | IdentityError::Keys(_)
            | IdentityError::Signing(_)
            | IdentityError::Vault(_)
            | IdentityError::Totp(_)
            | IdentityError::Webauthn(_)
            | IdentityError::Json(_)) => Self::internal(&other),
        }
    }
}
