//! Problem responses: `application/problem+json` by RFC 9457.

use std::{borrow::Cow, error::Error, time::Duration};

use axum::response::{IntoResponse, Response};
use contracts::identity::ProofMethod;
use http::{HeaderValue, StatusCode, header};
use kernel::Code;
use serde::Serialize;
use serde_json::value::RawValue;

/// One field of the request that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Dotted path in the body or the query.
    #[schema(example = "parameters.temperature")]
    pub field: String,
    /// `invalid`, or a more telling word such as `taken`.
    #[schema(example = "invalid")]
    pub code: String,
    /// What is wrong and what would be right.
    #[schema(example = "must be at most 2")]
    pub message: String,
}

/// The body of a problem response.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where the code is documented.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#not_found")]
    pub kind: String,
    /// A summary that is the same for each occurrence.
    #[schema(example = "Not found")]
    pub title: &'static str,
    #[schema(example = 404)]
    pub status: u16,
    /// What happened this time, and what to do.
    #[schema(example = "There is no such conversation.")]
    pub detail: Cow<'static, str>,
    pub code: Code,
    /// Name it when you ask for help; it stands in the logs.
    #[schema(required, example = "req_01h455vb4pex5vsknk084sn02q")]
    pub request_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With `step_up_required`: the ways in which the caller can prove that it is them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<ProofMethod>,
    /// With `proof_of_work_needed`: what to solve, an ALTCHA challenge of version 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub challenge: Option<Box<RawValue>>,
}

/// An error on its way out. [`crate::layers`] add the request id.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    methods: Vec<ProofMethod>,
    challenge: Option<Box<RawValue>>,
}

impl Problem {
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), retry_after: None, methods: Vec::new(), challenge: None }
    }

    /// Says what happened this time, for people.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// A problem with one field of the body.
    pub fn field(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Code::InvalidBody).with_errors(vec![FieldError {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }])
    }

    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Tells a person how to prove that it is them.
    #[must_use]
    pub fn with_methods(mut self, methods: Vec<ProofMethod>) -> Self {
        self.methods = methods;
        self
    }

    /// Asks for a proof of work.
    #[must_use]
    pub fn with_challenge(mut self, challenge: &impl Serialize) -> Self {
        self.challenge = serde_json::value::to_raw_value(challenge).ok();
        self
    }

    /// Tells the caller when to try again.
    #[must_use]
    pub const fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// An error that the caller can do nothing about: logged here with its chain of
    /// causes, shown to the caller only as a code.
    pub fn internal(error: &(dyn Error + 'static)) -> Self {
        let mut causes = String::new();
        let mut next = error.source();
        while let Some(cause) = next {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            next = cause.source();
        }
        tracing::error!(error = %format_args!("{error}{causes}"), "request failed");
        Self::new(Code::Internal)
    }

    pub const fn code(&self) -> Code {
        self.code
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What happened, in words: the detail, else the fields that are wrong, else the code's title.
    pub fn message(&self) -> Cow<'static, str> {
        self.detail.clone().unwrap_or_else(|| match self.errors.as_slice() {
            [] => Cow::Borrowed(self.code.title()),
            errors => Cow::Owned(
                errors
                    .iter()
                    .map(|error| match error.field.as_str() {
                        "" => error.message.clone(),
                        field => format!("{field}: {}", error.message),
                    })
                    .collect::<Vec<_>>()
                    .join("; "),
            ),
        })
    }

    /// How long the caller is told to wait.
    pub const fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The body as it is sent, with the request's id.
    pub fn body(&self, request_id: Option<String>) -> ProblemBody {
        ProblemBody {
            kind: format!("/api/docs#{}", self.code),
            title: self.code.title(),
            status: self.code.status(),
            detail: self.message(),
            code: self.code,
            request_id,
            errors: self.errors.clone(),
            methods: self.methods.clone(),
            challenge: self.challenge.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let request_id = crate::client::current_request_id();
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.body(request_id)).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<database::Error> for Problem {
    fn from(error: database::Error) -> Self {
        match error {
            database::Error::Unavailable(_) => {
                tracing::error!(%error, "the database is not available");
                Self::new(Code::Unavailable)
                    .detail("The database can't be reached right now. Try again shortly.")
                    .retry_after(Duration::from_secs(2))
            }
            // Nothing was written; the same request may succeed at once.
            database::Error::Conflict(_) => {
                tracing::warn!(%error, "two transactions met");
                Self::new(Code::Unavailable)
                    .detail("Something else changed the same data at the same moment. Try again.")
                    .retry_after(Duration::from_secs(1))
            }
            other => Self::internal(&other),
        }
    }
}

impl From<contracts::identity::AuthenticationError> for Problem {
    fn from(error: contracts::identity::AuthenticationError) -> Self {
        match error {
            contracts::identity::AuthenticationError::Database(error) => error.into(),
            other => Self::new(other.code()),
        }
    }
}

impl From<contracts::metering::CapReached> for Problem {
    /// Names the cap, its period and when it resets.
    fn from(cap: contracts::metering::CapReached) -> Self {
        Self::new(Code::BudgetExceeded).detail(cap.to_string())
    }
}

impl From<contracts::plans::QuotaReached> for Problem {
    /// Names the plan, the quota, its period and when it resets.
    fn from(quota: contracts::plans::QuotaReached) -> Self {
        let problem = Self::new(Code::QuotaExceeded).detail(quota.to_string());
        match quota.wait {
            Some(wait) => problem.retry_after(wait),
            None => problem,
        }
    }
}

impl From<contracts::metering::ReserveError> for Problem {
    fn from(error: contracts::metering::ReserveError) -> Self {
        match error {
            contracts::metering::ReserveError::Cap(cap) => (*cap).into(),
            contracts::metering::ReserveError::Quota(quota) => (*quota).into(),
            contracts::metering::ReserveError::Database(error) => error.into(),
        }
    }
}
