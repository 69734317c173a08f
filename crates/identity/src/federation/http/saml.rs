//! `/auth/saml/{provider}` and `/sso/saml`: a workspace's SAML provider.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use contracts::tenancy::{Role, can};
use garde::Validate;
use http::header;
use serde::Deserialize;
use url::form_urlencoded;
use web::{Allowed, Json, Path, Problem, ProblemBody, Recent};

use super::{
    sign_in::{onward, problem_page},
    sso::{check_claims, check_mapping, check_name},
};
use crate::{
    Identity,
    federation::{ClaimNames, FederationError, RoleMapping, SamlChange, SsoSettings},
};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Acme", "metadata_url": "https://login.example.com/saml/metadata", "enabled": true}))]
pub(super) struct SetSamlRequest {
    /// What people read on the button.
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Acme")]
    name: String,
    /// The provider's metadata, as XML. Left out, it is fetched from `metadata_url`, or stays as it is.
    #[garde(inner(length(min = 1, max = 500_000)))]
    #[schema(min_length = 1, max_length = 500_000)]
    metadata: Option<String>,
    /// Where the provider's metadata is fetched, now.
    #[garde(inner(length(min = 1, max = 1000)))]
    #[schema(min_length = 1, max_length = 1000, example = "https://login.example.com/saml/metadata")]
    metadata_url: Option<String>,
    /// The names of attributes. Without the one for the address, a NameID that is an address does.
    #[serde(default)]
    #[garde(custom(|claims: &ClaimNames, (): &()| check_claims(claims)))]
    claims: ClaimNames,
    /// Of new members whom no group gives another one; `member` unless told, never `owner`.
    #[garde(skip)]
    default_role: Option<Role>,
    #[serde(default)]
    #[garde(custom(|mapping: &[RoleMapping], (): &()| check_mapping(mapping)))]
    #[schema(max_items = 100)]
    role_mapping: Vec<RoleMapping>,
    #[serde(default)]
    #[garde(skip)]
    enabled: bool,
    /// Needs a verified domain.
    #[serde(default)]
    #[garde(skip)]
    enforced: bool,
    #[serde(default)]
    #[garde(skip)]
    second_factor: bool,
}

/// Set single sign-on by SAML
///
/// A SAML 2.0 provider, by its metadata. It takes the place of the provider before. Tell it of `saml` in the answer first.
#[utoipa::path(
    put, path = "/sso/saml", operation_id = "set_saml", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])), request_body = SetSamlRequest,
    responses(
        (status = 200, description = "Set.", body = SsoSettings),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "`identity_provider_failed`; the detail says what is wrong with its metadata.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
    Json(body): Json<SetSamlRequest>,
) -> Result<Json<SsoSettings>, Problem> {
    let change = SamlChange {
        name: body.name,
        metadata: body.metadata,
        metadata_url: body.metadata_url,
        claims: body.claims,
        default_role: body.default_role.unwrap_or(Role::Member),
        role_mapping: body.role_mapping,
        enabled: body.enabled,
        enforced: body.enforced,
        second_factor: body.second_factor,
    };
    Ok(Json(identity.set_saml(&caller.scope, caller.permissions, change).await.map_err(FederationError::told)?))
}

/// Metadata of the service provider
///
/// What a workspace's SAML provider is told. The same for every id: it says nothing of whether there is such a workspace.
#[utoipa::path(
    get, path = "/auth/saml/{provider}/metadata", operation_id = "get_saml_metadata", tag = "Authentication",
    security(()),
    params(("provider" = String, Path, description = "The workspace's id.", example = "ws_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "An EntityDescriptor.", body = String, content_type = "application/samlmetadata+xml"),
        (status = 404, description = "The address is none.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn metadata(
    State(identity): State<Arc<Identity>>,
    Path(provider): Path<kernel::WorkspaceId>,
) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/samlmetadata+xml")];
    (headers, identity.saml_metadata(&provider.to_string()))
}

/// Receive a SAML answer
///
/// Where SAML providers have browsers post their answers (Assertion Consumer Service). The browser is sent on to
/// `/auth/callback/{provider}`, where its cookie says whether it is the one that began.
#[utoipa::path(
    post, path = "/auth/saml/{provider}", operation_id = "receive_saml_response", tag = "Authentication",
    security(()),
    params(("provider" = String, Path, description = "The workspace's id.", example = "ws_01h455vb4pex5vsknk084sn02q")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded", description = "`SAMLResponse` and `RelayState`."),
    responses(
        (status = 303, description = "On to the callback, or to a page that says what went wrong."),
        (status = 404, description = "The address is none.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn receive(
    State(identity): State<Arc<Identity>>,
    Path(provider): Path<kernel::WorkspaceId>,
    body: Bytes,
) -> Result<Response, Problem> {
    let provider = provider.to_string();
    let (mut state, mut response) = (String::new(), String::new());
    for (name, value) in form_urlencoded::parse(&body) {
        match name.as_ref() {
            "RelayState" => state = value.into_owned(),
            "SAMLResponse" => response = value.into_owned(),
            _ => {}
        }
    }
    match identity.keep_saml_response(&provider, &state, &response).await {
        Ok(()) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("state", &state).finish();
            Ok(onward(&format!("/api/v1/auth/callback/{provider}?{query}")).into_response())
        }
        Err(FederationError::Refused { refusal, why }) => {
            tracing::warn!(provider, refusal = refusal.as_str(), why, "a SAML answer was refused");
            Ok(onward(&problem_page(refusal.as_str(), &provider)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
