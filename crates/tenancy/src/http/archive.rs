//! `/workspace/archive`: all that is kept of the workspace, as one file.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use contracts::tenancy::can;
use http::{HeaderValue, header};
use web::{Allowed, Person, Problem, ProblemBody, Recent};

use super::Api;
use crate::Actor;

/// Take the workspace along
///
/// A ZIP file of `manifest.json` and a file of JSON lines for each kind of thing: settings, members, roles, groups,
/// invitations, keys, single sign-on, routes, connections, guardrails, budgets, usage, the audit log; and the
/// conversations and files of the caller, not of other members unless the operator has set that. No secret is in it.
/// It is written while it is read, and it is an entry in the audit log.
#[utoipa::path(
    get, path = "/workspace/archive", operation_id = "export_workspace", tag = "Workspaces",
    security(("bearer" = ["workspace.export"])),
    responses(
        (status = 200, description = "The archive.", content((web::Binary = "application/zip"))),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, the proof is too old, or an API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Others are being made; `Retry-After` says how long to wait.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(api): State<Api>,
    caller: Allowed<can::ExportWorkspace>,
    _: Person,
    _: Recent,
) -> Result<Response, Problem> {
    let archive = api.tenancy.archive(&Actor { user: caller.user, scope: caller.scope }).await?;
    let mut response = Body::from_stream(archive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"workspace.zip\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
