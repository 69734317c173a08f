//! What can go wrong when usage is reported. Recording has its errors in the contract.

use kernel::Code;
use web::{FieldError, Problem};

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("`from` is later than `to`")]
    Backwards,
    #[error("the range has more than {0} days")]
    TooLong(i64),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl ReportError {
    pub const fn code(&self) -> Code {
        match self {
            Self::Backwards | Self::TooLong(_) => Code::InvalidQuery,
            Self::Database(_) => Code::Internal,
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        let (field, reason) = match error {
            ReportError::Backwards => ("from", "after_to"),
            ReportError::TooLong(_) => ("to", "range_too_long"),
            ReportError::Database(error) => return error.into(),
        };
        Self::new(error.code()).with_errors(vec![FieldError {
            field: field.into(),
            code: reason.into(),
            message: error.to_string(),
        }])
    }
}
