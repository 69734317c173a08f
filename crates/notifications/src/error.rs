//! What can go wrong, and how callers see it.

use kernel::Code;
use web::Problem;

#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// A setting, and what is wrong with it. Never holds a password.
    #[error("`{key}`: {message}")]
    Setting { key: &'static str, message: String },
    /// There is no such letter, or letters can't be looked at here.
    #[error("there is no such letter")]
    NoMail,
    #[error("a letter can't be rendered: {0}")]
    Template(#[from] minijinja::Error),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl From<NotificationsError> for Problem {
    fn from(error: NotificationsError) -> Self {
        match error {
            NotificationsError::NoMail => Self::new(Code::NotFound),
            NotificationsError::Database(error) => error.into(),
            other @ (NotificationsError::Setting { .. } | NotificationsError::Template(_)) => Self::internal(&other),
        }
    }
}
