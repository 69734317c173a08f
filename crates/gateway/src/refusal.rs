//! Why a call came to nothing, before a front puts it into its own shape.

use std::{fmt::Display, time::Duration};

use bytes::Bytes;
use contracts::{
    metering::ReserveError,
    providers::{ProviderError, ProviderErrorKind as Kind},
};
use kernel::Code;
use web::Problem;

/// What callers tell apart. The fronts translate it to a status, a type and a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A field that can't be read.
    Malformed,
    /// A field that must be there.
    Missing,
    /// Something that has no translation for the provider.
    Unsupported,
    /// The provider found the request wrong.
    Refused,
    TooLarge,
    MediaType,
    Unauthenticated,
    Forbidden,
    ModelNotAllowed,
    UnknownModel,
    /// There is the model, but it can't be used: no key, or switched off.
    ModelUnavailable,
    ModelUnpriced,
    ContextTooLong,
    ContentFilter,
    /// A guardrail of ours.
    Blocked,
    /// A spend cap.
    Budget,
    /// A quota of the plan.
    Quota,
    RateLimited,
    NotFound,
    Method,
    ProviderAuth,
    Overloaded,
    Timeout,
    /// Any other failure on the provider's side.
    Failed,
    Unavailable,
    Internal,
}

impl Reason {
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed
            | Self::Missing
            | Self::Unsupported
            | Self::Refused
            | Self::ModelUnpriced
            | Self::ContextTooLong
            | Self::ContentFilter
            | Self::Blocked => 400,
            Self::Unauthenticated => 401,
            Self::Budget => 402,
            Self::Forbidden | Self::ModelNotAllowed => 403,
            // Not 503: nothing but an operator's hand makes the model answer, so clients need not try again.
            Self::UnknownModel | Self::ModelUnavailable | Self::NotFound => 404,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Quota | Self::RateLimited => 429,
            Self::Internal => 500,
            Self::ProviderAuth | Self::Failed => 502,
            Self::Overloaded | Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }

    const fn of(code: Code) -> Self {
        match code {
            Code::Unauthenticated | Code::TokenExpired | Code::InvalidCredentials => Self::Unauthenticated,
            Code::Forbidden | Code::AddressNotAllowed => Self::Forbidden,
            Code::ModelNotAllowed => Self::ModelNotAllowed,
            Code::BudgetExceeded => Self::Budget,
            Code::QuotaExceeded => Self::Quota,
            Code::RateLimited => Self::RateLimited,
            Code::NotFound | Code::InvalidPath => Self::NotFound,
            Code::MethodNotAllowed => Self::Method,
            Code::PayloadTooLarge => Self::TooLarge,
            Code::UnsupportedMediaType => Self::MediaType,
            Code::Unavailable => Self::Unavailable,
            _ => match code.status() {
                401 => Self::Unauthenticated,
                403 => Self::Forbidden,
                404 => Self::NotFound,
                400..=499 => Self::Malformed,
                502 => Self::Failed,
                503 => Self::Unavailable,
                _ => Self::Internal,
            },
        }
    }
}

/// A call that is refused, or that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub reason: Reason,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// The field that it is about: `messages[2].content`.
    pub param: Option<String>,
    pub retry_after: Option<Duration>,
    /// The provider's own error and its status, where it speaks the front's shape.
    pub native: Option<(u16, Bytes)>,
}

impl Refusal {
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), param: None, retry_after: None, native: None }
    }

    pub fn status(&self) -> u16 {
        self.native.as_ref().map_or(self.reason.status(), |(status, _)| *status)
    }

    /// A field that can't be read, and what it should be.
    pub fn malformed(param: impl Into<String>, expected: impl Display) -> Self {
        let param = param.into();
        Self::new(Reason::Malformed, format!("{param}: {expected}")).at(param)
    }

    pub fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        Self::new(Reason::Missing, format!("{param}: this field is required")).at(param)
    }

    /// A field that providers of another format have no counterpart for.
    pub fn unsupported(param: impl Into<String>, why: impl Display) -> Self {
        let param = param.into();
        Self::new(Reason::Unsupported, format!("{param}: {why}")).at(param)
    }

    #[must_use]
    pub fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// As the router knows it, until it comes back.
    pub fn into_provider_error(self) -> ProviderError {
        let kind = match self.reason {
            Reason::Unsupported => Kind::Unsupported,
            Reason::Blocked => Kind::ContentFilter,
            _ => Kind::InvalidRequest,
        };
        ProviderError { retry_after: self.retry_after, ..ProviderError::new(kind, self.message) }
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        let reason = match error.kind {
            Kind::UnknownModel => Reason::UnknownModel,
            Kind::NotAllowed => Reason::ModelNotAllowed,
            Kind::Unavailable => Reason::ModelUnavailable,
            Kind::Auth => Reason::ProviderAuth,
            Kind::RateLimited => Reason::RateLimited,
            Kind::Overloaded | Kind::Resting => Reason::Overloaded,
            Kind::ContextTooLong => Reason::ContextTooLong,
            Kind::InvalidRequest => Reason::Refused,
            Kind::ContentFilter => Reason::ContentFilter,
            Kind::Timeout => Reason::Timeout,
            Kind::Unreachable | Kind::Protocol | Kind::Failed => Reason::Failed,
            Kind::Unsupported => Reason::Unsupported,
        };
        let retry_after = match reason {
            // Clients back off by themselves, but do it better when told.
            Reason::RateLimited | Reason::Overloaded => error.retry_after.or(Some(Duration::from_secs(1))),
            _ => error.retry_after,
        };
        // What the caller did wrong is told in the provider's own words. Its 401 and 403 are
        // about our key, and its 5xx about itself.
        let own = matches!(reason, Reason::Refused | Reason::ContextTooLong | Reason::ContentFilter);
        let native = error.status.filter(|status| own && (400..500).contains(status)).zip(error.body);
        let param = matches!(reason, Reason::UnknownModel | Reason::ModelUnavailable | Reason::ModelNotAllowed)
            .then(|| "model".to_owned());
        Self { reason, message: error.message, param, retry_after, native }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let reason = Reason::of(problem.code());
        let param = problem.errors().first().map(|error| error.field.clone()).filter(|field| !field.is_empty());
        let message = problem.message().into_owned();
        Self { param, retry_after: problem.wait(), ..Self::new(reason, message) }
    }
}

impl From<ReserveError> for Refusal {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Cap(cap) => Self::new(Reason::Budget, cap.to_string()),
            ReserveError::Quota(quota) => {
                Self { retry_after: quota.wait, ..Self::new(Reason::Quota, quota.to_string()) }
            }
            ReserveError::Database(error) => Problem::from(error).into(),
        }
    }
}
