//! What can go wrong, and how callers see it.

use std::time::Duration;

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
    /// For operators only: a stranger is never told.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Unknown address, wrong password or disabled user: which, is nobody's business.
    #[error("wrong e-mail or password")]
    InvalidCredentials,
    #[error("too many attempts; the next one counts in {0:?}")]
    TooManyAttempts(Duration),
    /// Unknown, expired or revoked.
    #[error("the refresh token is of no live session")]
    RefreshInvalid,
    /// The session has been revoked for it.
    #[error("the refresh token was used after its successor")]
    RefreshReused,
    /// Used, expired, replaced, or never made.
    #[error("the link is good for nothing any more")]
    LinkInvalid,
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
    #[error("there is no such picture")]
    NoAvatar,
    #[error("the picture is larger than {0} bytes")]
    AvatarTooLarge(usize),
    #[error("the bytes are not of a picture that is shown")]
    AvatarType,
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
            Self::EmailTaken | Self::KeyRevoked => Code::Conflict,
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::TooManyAttempts(_) => Code::RateLimited,
            Self::RefreshInvalid => Code::RefreshInvalid,
            Self::RefreshReused => Code::RefreshReused,
            Self::LinkInvalid => Code::LinkInvalid,
            Self::NoKey | Self::NoWorkspace | Self::NoSession | Self::NoUser | Self::NoAvatar => Code::NotFound,
            Self::Homeless | Self::KeyBroader(_) | Self::KeyNotYours(_) => Code::Forbidden,
            Self::AvatarTooLarge(_) => Code::PayloadTooLarge,
            Self::AvatarType => Code::UnsupportedMediaType,
            Self::Password(PasswordError::Busy) => Code::Unavailable,
            Self::Password(_) | Self::Keys(_) | Self::Signing(_) | Self::Database(_) => Code::Internal,
        }
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let problem = Self::new(error.code());
        match error {
            IdentityError::Database(error) => error.into(),
            IdentityError::Invalid { field, code, message } => Self::field(field, code, message),
            IdentityError::SignUpClosed => problem.detail("Ask an administrator for an account."),
            IdentityError::EmailTaken => problem.detail("There is a user with this e-mail address."),
            IdentityError::InvalidCredentials => problem.detail("The e-mail address or the password is wrong."),
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
            IdentityError::NoWorkspace => problem.detail("There is no such workspace."),
            IdentityError::Homeless => {
                problem.detail("You are not in any workspace. Ask an administrator to add you to one.")
            }
            IdentityError::NoSession => problem.detail("There is no such session."),
            IdentityError::NoKey => problem.detail("There is no such API key."),
            IdentityError::KeyRevoked => problem.detail("This API key has been revoked. Make a new one."),
            IdentityError::KeyBroader(what) => problem.detail(format!(
                "An API key can't make or change a key that may do more than itself: `{what}` would be broader."
            )),
            IdentityError::KeyNotYours(why) => problem.detail(why),
            IdentityError::NoUser => problem.detail("There is no such user."),
            IdentityError::NoAvatar => problem.detail("There is no such picture."),
            IdentityError::AvatarTooLarge(limit) => {
                problem.detail(format!("A picture may have at most {} KiB.", limit / 1024))
            }
            IdentityError::AvatarType => problem.detail("Send a PNG, JPEG, WebP or GIF image."),
            IdentityError::Password(PasswordError::Busy) => problem
                .detail("Too many people are signing in right now. Try again in a moment.")
                .retry_after(Duration::from_secs(2)),
            other @ (IdentityError::Password(_) | IdentityError::Keys(_) | IdentityError::Signing(_)) => {
                Self::internal(&other)
            }
        }
    }
}
