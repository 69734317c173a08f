//! Errors in SCIM's shape (RFC 7644, 3.12).

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

use crate::IdentityError;

/// The media type of all answers.
pub(super) const MEDIA_TYPE: &str = "application/scim+json";

#[derive(Debug, thiserror::Error)]
pub enum ScimError {
    #[error("the token is missing or not good")]
    Unauthenticated,
    #[error("the workspace is closed")]
    Closed,
    #[error("there is no such resource")]
    NotFound,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    Taken(&'static str),
    #[error("the filter can't be read: {0}")]
    Filter(String),
    #[error("the filter fits too many")]
    TooMany,
    #[error("the body can't be read: {0}")]
    Syntax(String),
    #[error("the path can't be read: {0}")]
    Path(String),
    #[error("there is nothing at the path")]
    NoTarget,
    #[error("{0}")]
    Value(String),
    #[error("{0}")]
    Mutability(&'static str),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<database::Error> for ScimError {
    fn from(error: database::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl ScimError {
    pub(super) fn value(text: impl Into<String>) -> Self {
        Self::Value(text.into())
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Closed | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Taken(_) => StatusCode::CONFLICT,
            Self::Identity(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The word of RFC 7644, table 9, where there is one.
    const fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Taken(_) => Some("uniqueness"),
            Self::Filter(_) => Some("invalidFilter"),
            Self::TooMany => Some("tooMany"),
            Self::Syntax(_) => Some("invalidSyntax"),
            Self::Path(_) => Some("invalidPath"),
            Self::NoTarget => Some("noTarget"),
            Self::Value(_) => Some("invalidValue"),
            Self::Mutability(_) => Some("mutability"),
            _ => None,
        }
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.as_u16().to_string(),
        });
        let detail = match &self {
            Self::Identity(error) => {
                tracing::error!(%error, "a request of a directory failed");
                "Something failed here.".to_owned()
            }
            other => other.to_string(),
        };
        body["detail"] = detail.into();
        if let Some(kind) = self.kind() {
            body["scimType"] = kind.into();
        }
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body.to_string()).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
        }
        response
    }
}
