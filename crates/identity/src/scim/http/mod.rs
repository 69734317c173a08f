//! `/scim/v2`, and `/sso/scim`, where a workspace lets its directory in.

mod discovery;
mod groups;
mod settings;
mod users;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use contracts::audit::Origin;
use http::{StatusCode, header, request::Parts};
use serde_json::Value;
use url::form_urlencoded;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    MOST_RESULTS, ScimError,
    error::MEDIA_TYPE,
    operations::{ListQuery, Provisioner, Shape},
};
use crate::Identity;

/// An answer in SCIM's media type.
struct Scim(StatusCode, Value);

impl IntoResponse for Scim {
    fn into_response(self) -> Response {
        let location = self.1["meta"]["location"].as_str().filter(|_| self.0 == StatusCode::CREATED);
        let location = location.and_then(|text| text.parse().ok());
        let mut response = (self.0, [(header::CONTENT_TYPE, MEDIA_TYPE)], self.1.to_string()).into_response();
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// What the middleware has found out of the token.
impl<S: Send + Sync> FromRequestParts<S> for Provisioner {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScimError> {
        parts.extensions.get().copied().ok_or(ScimError::Unauthenticated)
    }
}

/// The query of a list, or of one resource. What it does not know it leaves alone.
impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScimError> {
        let mut query = Self { count: MOST_RESULTS, start: 1, ..Self::default() };
        let names = |text: &str| -> Vec<String> {
            let name = |name: &str| name.trim().rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
            text.split(',').map(name).filter(|name| !name.is_empty()).take(100).collect()
        };
        let number = |text: &str| text.parse().map_err(|_| ScimError::value("startIndex and count are numbers"));
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match name.to_ascii_lowercase().as_str() {
                "filter" if !value.trim().is_empty() => query.filter = Some(value.into_owned()),
                "startindex" => query.start = number(&value)?,
                "count" => query.count = number(&value)?,
                "attributes" => query.shape.only = names(&value),
                "excludedattributes" => query.shape.without = names(&value),
                _ => {}
            }
        }
        Ok(query)
    }
}

/// Which attributes one resource is to show.
impl<S: Send + Sync> FromRequestParts<S> for Shape {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ScimError> {
        Ok(ListQuery::from_request_parts(parts, state).await?.shape)
    }
}

/// A body, whatever JSON type it says to be.
fn read(body: &Bytes) -> Result<Value, ScimError> {
    serde_json::from_slice(body).map_err(|error| ScimError::Syntax(error.to_string()))
}

/// An id of ours; anything else names nothing.
fn id<T: std::str::FromStr>(text: &str) -> Result<T, ScimError> {
    text.parse().map_err(|_| ScimError::NotFound)
}

/// Lets in whoever has a workspace's token. What they do stands in the audit log as the directory's.
async fn authenticate(State(identity): State<Arc<Identity>>, mut request: Request, next: Next) -> Response {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return ScimError::Unauthenticated.into_response() };
    match identity.provisioner(token.trim()).await {
        Ok(provisioner) => {
            request.extensions_mut().insert(provisioner);
            Origin::here().of_system("scim").around(next.run(request)).await
        }
        Err(error) => error.into_response(),
    }
}

/// The endpoints for directories, without the `/scim/v2` before their paths.
pub fn routes(identity: Arc<Identity>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::replace, users::patch, users::delete))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::replace, groups::patch, groups::delete))
        .routes(routes!(discovery::service_provider_config))
        .routes(routes!(discovery::resource_types))
        .routes(routes!(discovery::schemas))
        .route("/{*rest}", axum::routing::any(async || ScimError::NotFound))
        .layer(from_fn_with_state(identity.clone(), authenticate))
        .with_state(identity)
}

/// Where a workspace lets its directory in.
pub(crate) fn settings_routes() -> OpenApiRouter<Arc<Identity>> {
    OpenApiRouter::default().routes(routes!(settings::get, settings::delete)).routes(routes!(settings::create_token))
}
