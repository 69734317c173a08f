//! What can go wrong with routes and connections, and how callers see it.

use kernel::Code;
use outbound::Refused;
use vault::VaultError;
use web::Problem;

#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("a workspace can have {1} {0}")]
    TooMany(&'static str, i64),
    #[error("the name is taken")]
    NameTaken,
    /// A field of the request is wrong.
    #[error("{field}: {message}")]
    Field { field: String, code: &'static str, message: String },
    #[error(transparent)]
    MasterKey(#[from] VaultError),
    #[error("these providers have no database")]
    NoDatabase,
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl RoutingError {
    pub(crate) fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), code, message: message.into() }
    }

    pub(crate) fn address(refused: &Refused) -> Self {
        Self::field("base_url", "address_refused", refused.to_string())
    }

    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound(_) => Code::NotFound,
            Self::TooMany(..) | Self::NameTaken => Code::Conflict,
            Self::Field { .. } => Code::InvalidBody,
            Self::MasterKey(_) | Self::NoDatabase | Self::Database(_) => Code::Internal,
        }
    }
}

impl From<RoutingError> for Problem {
    fn from(error: RoutingError) -> Self {
        let code = error.code();
        match error {
            RoutingError::Database(error) => error.into(),
            RoutingError::MasterKey(_) | RoutingError::NoDatabase => Self::internal(&error),
            RoutingError::NotFound(what) => Self::new(code).detail(format!("There is no such {what} here.")),
            RoutingError::TooMany(what, most) => {
                Self::new(code).detail(format!("A workspace can have {most} {what}. Delete one that is not needed."))
            }
            RoutingError::NameTaken => Self::new(code).detail("Another route has this name."),
            RoutingError::Field { field, code, message } => Self::field(field, code, message),
        }
    }
}
