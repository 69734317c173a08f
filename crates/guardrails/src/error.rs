//! What can go wrong when policies are set and looked at.

use kernel::Code;
use web::Problem;

#[derive(Debug, thiserror::Error)]
pub enum GuardrailsError {
    /// The operator's configuration.
    #[error("gateway.guardrails: {0}")]
    Setting(String),
    #[error("there is no such API key")]
    NoKey,
    /// A policy that can't be compiled, although each of its fields can be read.
    #[error("{0}")]
    Rules(String),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl GuardrailsError {
    pub const fn code(&self) -> Code {
        match self {
            Self::NoKey => Code::NotFound,
            Self::Rules(_) => Code::InvalidBody,
            Self::Setting(_) | Self::Database(_) => Code::Internal,
        }
    }
}

impl From<GuardrailsError> for Problem {
    fn from(error: GuardrailsError) -> Self {
        match error {
            GuardrailsError::Database(error) => error.into(),
            GuardrailsError::NoKey => Self::new(Code::NotFound).detail("There is no such API key."),
            GuardrailsError::Rules(message) => Self::field("blocked_terms", "too_large", message),
            GuardrailsError::Setting(_) => Self::internal(&error),
        }
    }
}
