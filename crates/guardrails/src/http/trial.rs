//! `/guardrails/test`.

use axum::extract::State;
use contracts::tenancy::can;
use garde::Validate;
use kernel::ApiKeyId;
use serde::Deserialize;
use web::{Allowed, Json, Problem, ProblemBody};

use super::Service;
use crate::{Policy, Trial, Tried};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "Write to ann@example.com.", "policy": { "redact": ["email"] } }))]
pub(super) struct TestGuardrailsRequest {
    #[garde(length(chars, max = 20_000))]
    #[schema(max_length = 20_000)]
    text: String,
    /// As if a call came with this key.
    #[garde(skip)]
    key_id: Option<ApiKeyId>,
    /// A policy to try before it is set, in place of the one of the key or of the workspace.
    #[garde(dive)]
    policy: Option<Policy>,
}

/// Try guardrails out
///
/// What would become of a text that somebody says. Nothing is sent, and nothing is kept.
#[utoipa::path(
    post, path = "/guardrails/test", operation_id = "test_guardrails", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])), request_body = TestGuardrailsRequest,
    responses(
        (status = 200, description = "What would happen.", body = Tried),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn test(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
    Json(body): Json<TestGuardrailsRequest>,
) -> Result<Json<Tried>, Problem> {
    let trial = Trial { text: body.text, key: body.key_id, policy: body.policy };
    Ok(Json(service.guardrails.try_out(&*service.providers, &caller.scope, trial).await?))
}
