//! `/platform/audit/stream`: the same of the platform's own log.

use axum::extract::State;
use http::StatusCode;
use web::{Json, PlatformAdmin, PlatformRefusals, Problem, ProblemBody, Recent};

use super::{
    Api,
    audit_stream::{
        AuditStreamSettings, AuditStreamTest, SetAuditStreamAnswer, SetAuditStreamRequest, settings, try_out,
    },
};
use crate::{AuditStream, Chain};

/// Get where the audit log of the platform is sent
///
/// To a webhook, to a log server, or nowhere; and how that goes.
#[utoipa::path(
    get, path = "/platform/audit/stream", operation_id = "get_platform_audit_stream", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 200, description = "What is set.", body = AuditStreamSettings),
        PlatformRefusals,
    )
)]
pub(super) async fn get(State(api): State<Api>, _: PlatformAdmin) -> Result<Json<AuditStreamSettings>, Problem> {
    settings(&api, Chain(None)).await
}

/// Set where the audit log of the platform is sent
///
/// What is written from now on is sent there in order and at least once: to a webhook as JSON, signed by Standard
/// Webhooks, or to a log server by RFC 5424. A new webhook's secret is shown this once.
#[utoipa::path(
    put, path = "/platform/audit/stream", operation_id = "set_platform_audit_stream", tag = "Platform",
    security(("bearer" = ["platform"])), request_body = SetAuditStreamRequest,
    responses(
        (status = 200, description = "Set.", body = SetAuditStreamAnswer),
        PlatformRefusals,
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(api): State<Api>,
    _: PlatformAdmin,
    _: Recent,
    Json(body): Json<SetAuditStreamRequest>,
) -> Result<Json<SetAuditStreamAnswer>, Problem> {
    Ok(Json(api.tenancy.set_audit_stream(Chain(None), body.read()).await?.into()))
}

/// Send the audit log of the platform nowhere
///
/// How far it had been sent is forgotten.
#[utoipa::path(
    delete, path = "/platform/audit/stream", operation_id = "delete_platform_audit_stream", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 204, description = "Deleted."),
        PlatformRefusals,
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(State(api): State<Api>, _: PlatformAdmin, _: Recent) -> Result<StatusCode, Problem> {
    api.tenancy.delete_audit_stream(Chain(None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Renew the secret of the platform log's webhook
///
/// The one before is void at once. The new one is shown this once.
#[utoipa::path(
    post, path = "/platform/audit/stream/secret", operation_id = "renew_platform_audit_stream_secret", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 200, description = "Renewed.", body = SetAuditStreamAnswer),
        PlatformRefusals,
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn renew_secret(
    State(api): State<Api>,
    _: PlatformAdmin,
    _: Recent,
) -> Result<Json<SetAuditStreamAnswer>, Problem> {
    Ok(Json(api.tenancy.renew_audit_stream_secret(Chain(None)).await?.into()))
}

/// Pause sending the audit log of the platform
///
/// What is written meanwhile is sent when it goes on.
#[utoipa::path(
    post, path = "/platform/audit/stream/pause", operation_id = "pause_platform_audit_stream", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 200, description = "As it is now.", body = AuditStream),
        PlatformRefusals,
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn pause(State(api): State<Api>, _: PlatformAdmin, _: Recent) -> Result<Json<AuditStream>, Problem> {
    Ok(Json(api.tenancy.pause_audit_stream(Chain(None)).await?))
}

/// Go on sending the audit log of the platform
///
/// From where it was, without a gap; also after it was given up.
#[utoipa::path(
    post, path = "/platform/audit/stream/resume", operation_id = "resume_platform_audit_stream", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 200, description = "As it is now.", body = AuditStream),
        PlatformRefusals,
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resume(State(api): State<Api>, _: PlatformAdmin, _: Recent) -> Result<Json<AuditStream>, Problem> {
    Ok(Json(api.tenancy.resume_audit_stream(Chain(None)).await?))
}

/// Send a test entry of the platform
///
/// An entry that stands in no log, with position 0, to where the log is sent.
#[utoipa::path(
    post, path = "/platform/audit/stream/test", operation_id = "test_platform_audit_stream", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 200, description = "What came of it.", body = AuditStreamTest),
        PlatformRefusals,
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn test(State(api): State<Api>, _: PlatformAdmin) -> Result<Json<AuditStreamTest>, Problem> {
    try_out(&api, Chain(None)).await
}
