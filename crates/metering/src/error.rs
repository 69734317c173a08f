//! What can go wrong when usage is reported and budgets are set. Recording has its errors in
//! the contract.

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

#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    #[error("there is no such budget")]
    NotFound,
    #[error("there is no such group")]
    NoGroup,
    #[error("a workspace can have {0} budgets")]
    TooMany(i64),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl BudgetError {
    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::NoGroup => Code::InvalidBody,
            Self::TooMany(_) => Code::Conflict,
            Self::Database(_) => Code::Internal,
        }
    }
}

/// A plan can't be given.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("there is no plan `{asked}`; there are: {}", known.join(", "))]
    NoPlan { asked: String, known: Vec<String> },
    #[error("there is no such workspace")]
    NoWorkspace,
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Database(error) => error.into(),
            PlanError::NoWorkspace => Self::new(Code::NotFound).detail("There is no such workspace."),
            PlanError::NoPlan { .. } => Self::field("plan", "unknown", error.to_string()),
        }
    }
}

impl From<BudgetError> for Problem {
    fn from(error: BudgetError) -> Self {
        let code = error.code();
        match error {
            BudgetError::Database(error) => error.into(),
            BudgetError::NotFound => Self::new(code).detail("There is no such budget."),
            BudgetError::NoGroup => Self::new(code).with_errors(vec![FieldError {
                field: "subject.id".into(),
                code: "unknown_group".into(),
                message: "There is no such group in this workspace.".into(),
            }]),
            BudgetError::TooMany(most) => {
                Self::new(code).detail(format!("A workspace can have {most} budgets. Delete one that is not needed."))
            }
        }
    }
}
