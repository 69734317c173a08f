//! `/platform/users`: everybody, for the administrators of the platform.

use std::sync::Arc;

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use kernel::{Page, UserId};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Json, PageQuery, Path, PlatformAdmin, Problem, ProblemBody, Query, Recent};

use super::Accepted;
use crate::{Identity, PlatformUser, PlatformUserDetail, UserStatus};

/// The endpoints, to be given their state.
pub(super) fn routes() -> OpenApiRouter<Arc<Identity>> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(revoke_sessions))
        .routes(routes!(reset_password))
        .routes(routes!(promote))
        .routes(routes!(demote))
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// Part of a name or of an e-mail address, or an id.
    #[garde(length(max = 200))]
    q: Option<String>,
    #[garde(skip)]
    #[param(inline)]
    status: Option<UserStatus>,
    /// Rows on a page, 1 to 100; 50 unless told.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 1024))]
    cursor: Option<String>,
}

/// List all users
///
/// The newest first. For administrators of the platform; each call is noted for the audit.
#[utoipa::path(
    get, path = "/platform/users", operation_id = "list_platform_users", tag = "Platform",
    security(("bearer" = ["platform"])), params(UsersQuery),
    responses(
        (status = 200, description = "A page of users.", body = Page<PlatformUser>),
        web::PlatformRefusals,
    )
)]
async fn list(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    Query(query): Query<UsersQuery>,
) -> Result<Json<Page<PlatformUser>>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let before: Option<UserId> = page.after()?;
    let rows = identity.platform_users(query.q.as_deref(), query.status, before, page.limit() + 1).await?;
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    Ok(Json(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id))))
}

/// One user
///
/// Where they are, and where they are signed in. For administrators of the platform.
#[utoipa::path(
    get, path = "/platform/users/{id}", operation_id = "get_platform_user", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user.", body = PlatformUserDetail),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    Path(user): Path<UserId>,
) -> Result<Json<PlatformUserDetail>, Problem> {
    Ok(Json(identity.platform_user(user).await?))
}

/// Disable a user
///
/// They can't sign in any more, their sessions have ended, and their API keys are refused. For administrators of the
/// platform.
#[utoipa::path(
    post, path = "/platform/users/{id}/disable", operation_id = "disable_platform_user", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user as they are now.", body = PlatformUserDetail),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "They are the last administrator.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn disable(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    _: Recent,
    Path(user): Path<UserId>,
) -> Result<Json<PlatformUserDetail>, Problem> {
    identity.set_user_disabled(user, true).await?;
    Ok(Json(identity.platform_user(user).await?))
}

/// Enable a user
///
/// They may sign in again. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/users/{id}/enable", operation_id = "enable_platform_user", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user as they are now.", body = PlatformUserDetail),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn enable(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    Path(user): Path<UserId>,
) -> Result<Json<PlatformUserDetail>, Problem> {
    identity.set_user_disabled(user, false).await?;
    Ok(Json(identity.platform_user(user).await?))
}

/// Sign a user out
///
/// Ends all their sessions at once. For administrators of the platform.
#[utoipa::path(
    delete, path = "/platform/users/{id}/sessions", operation_id = "revoke_platform_user_sessions", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 204, description = "They are signed out."),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn revoke_sessions(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    Path(user): Path<UserId>,
) -> Result<StatusCode, Problem> {
    identity.revoke_sessions_of(user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a user set a new password
///
/// The old one is good for nothing at once, their sessions have ended, and a letter with a link to set another goes to
/// their address. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/users/{id}/reset-password", operation_id = "reset_platform_user_password", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 202, description = "The letter is on its way.", body = Accepted),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The user is disabled.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn reset_password(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    _: Recent,
    Path(user): Path<UserId>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    identity.force_password_reset(user).await?;
    Ok(Accepted::answer())
}

/// Make a user an administrator of the platform
///
/// They may do all that the caller may. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/users/{id}/promote", operation_id = "promote_platform_user", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user as they are now.", body = PlatformUserDetail),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn promote(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    _: Recent,
    Path(user): Path<UserId>,
) -> Result<Json<PlatformUserDetail>, Problem> {
    identity.set_platform_admin(user, true).await?;
    Ok(Json(identity.platform_user(user).await?))
}

/// Make an administrator of the platform an ordinary user
///
/// What they do as somebody else ends too. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/users/{id}/demote", operation_id = "demote_platform_user", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = UserId, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user as they are now.", body = PlatformUserDetail),
        web::PlatformRefusals,
        (status = 404, description = "No such user.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "They are the last administrator.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn demote(
    State(identity): State<Arc<Identity>>,
    _: PlatformAdmin,
    _: Recent,
    Path(user): Path<UserId>,
) -> Result<Json<PlatformUserDetail>, Problem> {
    identity.set_platform_admin(user, false).await?;
    Ok(Json(identity.platform_user(user).await?))
}
