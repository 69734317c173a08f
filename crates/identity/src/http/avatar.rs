//! `/me/avatar` and `/users/{id}/avatar`

use std::sync::Arc;

use axum::{
    extract::{State, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Code, UserId};
use web::{Json, Member, Path, Person, Problem, ProblemBody};

use crate::{Identity, IdentityError, MAX_AVATAR, User};

/// Set the avatar
///
/// The body is the picture: PNG, JPEG, WebP or GIF, at most 1 MiB. Its type is read from its bytes.
#[utoipa::path(
    put, path = "/me/avatar", operation_id = "set_avatar", tag = "Profile",
    security(("bearer" = [])),
    request_body(content(
        (web::Binary = "image/png"), (web::Binary = "image/jpeg"), (web::Binary = "image/webp"), (web::Binary = "image/gif"),
    ), description = "The bytes of the picture."),
    responses(
        (status = 200, description = "The caller as they are now.", body = User),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The picture is larger than 1 MiB.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The bytes are no picture of these types.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<User>, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => IdentityError::AvatarTooLarge(MAX_AVATAR).into(),
        _ => Problem::new(Code::UnsupportedMediaType).detail("The body broke off before its end."),
    })?;
    Ok(Json(identity.set_avatar(caller.user, body).await?))
}

/// Remove the avatar
#[utoipa::path(
    delete, path = "/me/avatar", operation_id = "delete_avatar", tag = "Profile",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller as they are now.", body = User),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(State(identity): State<Arc<Identity>>, caller: Person) -> Result<Json<User>, Problem> {
    Ok(Json(identity.delete_avatar(caller.user).await?))
}

/// A person's avatar
///
/// For members of the workspace of the caller's token.
#[utoipa::path(
    get, path = "/users/{id}/avatar", operation_id = "get_avatar", tag = "Profile",
    security(("bearer" = [])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The picture.", content(
            (web::Binary = "image/png"), (web::Binary = "image/jpeg"), (web::Binary = "image/webp"), (web::Binary = "image/gif"),
        )),
        (status = 304, description = "It is the one that `If-None-Match` names."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member here, or no picture.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(identity): State<Arc<Identity>>,
    caller: Member,
    Path(user): Path<UserId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let avatar = identity.avatar(caller.user, &caller.scope, user).await?;
    let etag = format!("\"{}\"", avatar.digest);
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let extension = avatar.media_type.rsplit('/').next().unwrap_or_default();
    let disposition = format!("inline; filename=\"avatar.{extension}\"");
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let type_and_name = [(header::CONTENT_TYPE, avatar.media_type), (header::CONTENT_DISPOSITION, disposition)];
        (type_and_name, avatar.data).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    // Only the caller's own browser may keep it; it asks again when the path's version changes.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}
