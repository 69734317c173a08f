//! `/audit/stream`: where the workspace's audit log is sent as it grows.

use axum::extract::State;
use contracts::tenancy::can;
use garde::Validate;
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use web::{Allowed, Json, Problem, ProblemBody, Recent};

use super::Api;
use crate::{AuditStream, AuditStreamKind, Chain, NewAuditStream, SetAuditStream};

/// Where the audit log is sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditStreamSettings {
    /// Null: nowhere.
    #[schema(required)]
    stream: Option<AuditStream>,
    /// Whether the operator allows addresses in networks of their own, and there such without TLS.
    plain_allowed: bool,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "webhook", "address": "https://siem.example.com/parlance"}))]
pub(super) struct SetAuditStreamRequest {
    #[garde(skip)]
    kind: AuditStreamKind,
    /// `https://…` of a webhook; `tls://host:port` of a log server, or `tcp://host:port` where the operator allows it.
    #[garde(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000, example = "https://siem.example.com/parlance")]
    address: String,
    /// The certificates (PEM) that a log server's must be from; left out, those that the server trusts anyway.
    #[garde(length(max = 65_536))]
    #[schema(max_length = 65_536)]
    authority: Option<String>,
    /// All that was ever written. Else a new stream begins now, and one that is there goes on where it was.
    #[serde(default)]
    #[garde(skip)]
    from_start: bool,
}

/// A stream that was set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SetAuditStreamAnswer {
    stream: AuditStream,
    /// What the receiver verifies deliveries with; null: as before, or a log server's, which has none. Never shown again.
    #[schema(required, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=")]
    secret: Option<String>,
}

impl From<SetAuditStream> for SetAuditStreamAnswer {
    fn from(set: SetAuditStream) -> Self {
        Self { stream: set.stream, secret: set.secret.map(|secret| secret.expose_secret().to_owned()) }
    }
}

/// What came of a test.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditStreamTest {
    delivered: bool,
    /// Why not.
    #[schema(required, example = "it answered 404")]
    error: Option<String>,
}

impl SetAuditStreamRequest {
    pub(super) fn read(self) -> NewAuditStream {
        let Self { kind, address, authority, from_start } = self;
        NewAuditStream { kind, address, authority, from_start }
    }
}

pub(super) async fn settings(api: &Api, chain: Chain) -> Result<Json<AuditStreamSettings>, Problem> {
    let stream = api.tenancy.audit_stream(chain).await?;
    Ok(Json(AuditStreamSettings { stream, plain_allowed: api.tenancy.streams_inside() }))
}

pub(super) async fn try_out(api: &Api, chain: Chain) -> Result<Json<AuditStreamTest>, Problem> {
    let tried = api.tenancy.test_audit_stream(chain, &*api.identity).await?;
    Ok(Json(AuditStreamTest { delivered: tried.is_ok(), error: tried.err() }))
}

/// Get where the audit log is sent
///
/// To a webhook, to a log server, or nowhere; and how that goes.
#[utoipa::path(
    get, path = "/audit/stream", operation_id = "get_audit_stream", tag = "Audit log",
    security(("bearer" = ["audit.stream"])),
    responses(
        (status = 200, description = "What is set.", body = AuditStreamSettings),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
) -> Result<Json<AuditStreamSettings>, Problem> {
    settings(&api, Chain(Some(caller.scope.workspace()))).await
}

/// Set where the audit log is sent
///
/// What is written from now on is sent there in order and at least once: to a webhook as JSON, signed by Standard
/// Webhooks, or to a log server by RFC 5424. A new webhook's secret is shown this once.
#[utoipa::path(
    put, path = "/audit/stream", operation_id = "set_audit_stream", tag = "Audit log",
    security(("bearer" = ["audit.stream"])), request_body = SetAuditStreamRequest,
    responses(
        (status = 200, description = "Set.", body = SetAuditStreamAnswer),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the proof is too old.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
    _: Recent,
    Json(body): Json<SetAuditStreamRequest>,
) -> Result<Json<SetAuditStreamAnswer>, Problem> {
    Ok(Json(api.tenancy.set_audit_stream(Chain(Some(caller.scope.workspace())), body.read()).await?.into()))
}

/// Send the audit log nowhere
///
/// How far it had been sent is forgotten.
#[utoipa::path(
    delete, path = "/audit/stream", operation_id = "delete_audit_stream", tag = "Audit log",
    security(("bearer" = ["audit.stream"])),
    responses(
        (status = 204, description = "Deleted."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the proof is too old.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
    _: Recent,
) -> Result<StatusCode, Problem> {
    api.tenancy.delete_audit_stream(Chain(Some(caller.scope.workspace()))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Renew the secret of the audit log's webhook
///
/// The one before is void at once. The new one is shown this once.
#[utoipa::path(
    post, path = "/audit/stream/secret", operation_id = "renew_audit_stream_secret", tag = "Audit log",
    security(("bearer" = ["audit.stream"])),
    responses(
        (status = 200, description = "Renewed.", body = SetAuditStreamAnswer),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the proof is too old.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn renew_secret(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
    _: Recent,
) -> Result<Json<SetAuditStreamAnswer>, Problem> {
    Ok(Json(api.tenancy.renew_audit_stream_secret(Chain(Some(caller.scope.workspace()))).await?.into()))
}

/// Pause sending the audit log
///
/// What is written meanwhile is sent when it goes on.
#[utoipa::path(
    post, path = "/audit/stream/pause", operation_id = "pause_audit_stream", tag = "Audit log",
    security(("bearer" = ["audit.stream"])),
    responses(
        (status = 200, description = "As it is now.", body = AuditStream),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the proof is too old.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn pause(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
    _: Recent,
) -> Result<Json<AuditStream>, Problem> {
    Ok(Json(api.tenancy.pause_audit_stream(Chain(Some(caller.scope.workspace()))).await?))
}

/// Go on sending the audit log
///
/// From where it was, without a gap; also after it was given up.
#[utoipa::path(
    post, path = "/audit/stream/resume", operation_id = "resume_audit_stream", tag = "Audit log",
    security(("bearer" = ["audit.stream"])),
    responses(
        (status = 200, description = "As it is now.", body = AuditStream),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the proof is too old.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resume(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
    _: Recent,
) -> Result<Json<AuditStream>, Problem> {
    Ok(Json(api.tenancy.resume_audit_stream(Chain(Some(caller.scope.workspace()))).await?))
}

/// Send a test entry
///
/// An entry that stands in no log, with position 0, to where the log is sent.
#[utoipa::path(
    post, path = "/audit/stream/test", operation_id = "test_audit_stream", tag = "Audit log",
    security(("bearer" = ["audit.stream"])),
    responses(
        (status = 200, description = "What came of it.", body = AuditStreamTest),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "It is sent nowhere.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn test(
    State(api): State<Api>,
    caller: Allowed<can::StreamAudit>,
) -> Result<Json<AuditStreamTest>, Problem> {
    try_out(&api, Chain(Some(caller.scope.workspace()))).await
}
