//! Extractors that answer bad input with a problem that names the field.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use garde::Validate;
use http::{StatusCode, header, request::Parts};
use kernel::Code;
use serde::{Serialize, de::DeserializeOwned};

use crate::{FieldError, Problem};

/// A JSON body, checked by type and by rule; also a JSON response.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|media_type| {
                let media_type = media_type.trim().to_ascii_lowercase();
                media_type == "application/json" || media_type.ends_with("+json")
            });
        if !is_json {
            return Err(Problem::new(Code::UnsupportedMediaType)
                .detail("Send the body as JSON, with the header `Content-Type: application/json`."));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| body_problem(&rejection))?;
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| json_problem(&error))?;
        deserializer.end().map_err(|error| Problem::new(Code::InvalidJson).detail(error.to_string()))?;
        check(&value)?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// Says why a body could not be read: too large, or broken off.
fn body_problem(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Code::PayloadTooLarge)
    } else {
        Problem::new(Code::InvalidJson).detail("The body broke off before its end.")
    }
}

fn json_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    if !inner.is_data() {
        return Problem::new(Code::InvalidJson).detail(format!("The body is not valid JSON: {inner}."));
    }
    let path = error.path().to_string();
    let message = inner.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    // serde reports a missing or an unknown field at its parent; put the name into the path.
    let named = message.split('`').nth(1);
    let (code, field) = match named {
        Some(name) if message.starts_with("missing field") => ("required", join(&path, name)),
        Some(name) if message.starts_with("unknown field") => ("unknown", join(&path, name)),
        _ if path == "." => ("invalid", String::new()),
        _ => ("invalid", path),
    };
    Problem::field(field, code, message)
}

fn join(path: &str, name: &str) -> String {
    match path {
        "." | "" => name.to_owned(),
        _ if path.ends_with(name) => path.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

fn check<T: Validate<Context = ()>>(value: &T) -> Result<(), Problem> {
    value.validate().map_err(|report| {
        Problem::new(Code::InvalidBody).with_errors(
            report
                .iter()
                .map(|(path, error)| FieldError {
                    field: path.to_string(),
                    code: "invalid".to_owned(),
                    message: error.message().to_owned(),
                })
                .collect(),
        )
    })
}

/// Path parameters. An id that is not one is an address where nothing is.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|rejection| Problem::new(Code::InvalidPath).detail(rejection.body_text()))
    }
}

/// Query parameters, checked by type and by rule.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(value) =
            axum::extract::Query::<T>::from_request_parts(parts, state).await.map_err(|rejection| {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text).to_owned();
                Problem::new(Code::InvalidQuery).detail(text)
            })?;
        check(&value).map_err(|problem| {
            let errors = problem.errors().to_vec();
            Problem::new(Code::InvalidQuery).with_errors(errors)
        })?;
        Ok(Self(value))
    }
}
