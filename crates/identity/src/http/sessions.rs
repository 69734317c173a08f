//! `/auth/sessions`

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use kernel::{Page, SessionId};
use web::{Json, PageQuery, Path, Person, Problem, ProblemBody, Query};

use crate::{Identity, SessionInfo};

/// List the caller's sessions
///
/// The newest first.
#[utoipa::path(
    get, path = "/auth/sessions", operation_id = "list_sessions", tag = "Authentication",
    security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page of live sessions.", body = Page<SessionInfo>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<SessionInfo>>, Problem> {
    let before: Option<SessionId> = page.after()?;
    let rows = identity.sessions(caller.user, caller.session, before, page.limit() + 1).await?;
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    Ok(Json(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id))))
}

/// Revoke a session
///
/// Its access tokens are refused from the next request on.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", operation_id = "revoke_session", tag = "Authentication",
    security(("bearer" = [])), params(("id" = SessionId, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "It has ended."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such session.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Path(session): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    identity.revoke_session(caller.user, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out every other session
#[utoipa::path(
    delete, path = "/auth/sessions", operation_id = "revoke_other_sessions", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Only the caller's session is left."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke_others(
    State(identity): State<Arc<Identity>>,
    caller: Person,
) -> Result<StatusCode, Problem> {
    identity.revoke_other_sessions(caller.user, caller.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
