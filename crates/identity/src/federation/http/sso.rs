//! `/sso`: a workspace's own identity provider.

use std::sync::Arc;

use axum::extract::State;
use contracts::tenancy::{Role, can};
use garde::Validate;
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use web::{Allowed, Json, Path, Problem, ProblemBody, Recent};

use crate::{
    Identity,
    federation::{ClaimNames, RoleMapping, SsoChange, SsoDomain, SsoSettings, SsoTest},
    name,
};

fn check_line(text: &str, most: usize) -> garde::Result {
    let length = text.trim().chars().count();
    if length == 0 || length > most || text.chars().any(char::is_control) {
        return Err(garde::Error::new(format!("must be 1 to {most} characters without control characters")));
    }
    Ok(())
}

fn check_secret(secret: &SecretString) -> garde::Result {
    check_line(secret.expose_secret(), 2048)
}

pub(super) fn check_name(text: &str) -> garde::Result {
    check_line(text, 80)?;
    name::check(text).map_err(garde::Error::new)
}

fn check_scopes(scopes: &[String]) -> garde::Result {
    // RFC 6749, 3.3.
    let token = |scope: &String| {
        (1..=100).contains(&scope.len())
            && scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    };
    if scopes.len() > 20 || !scopes.iter().all(token) {
        return Err(garde::Error::new("must be at most 20 names without spaces"));
    }
    Ok(())
}

pub(super) fn check_mapping(mapping: &[RoleMapping]) -> garde::Result {
    if mapping.len() > 100 {
        return Err(garde::Error::new("must be at most 100 groups"));
    }
    for (index, one) in mapping.iter().enumerate() {
        check_line(&one.group, 200)?;
        if mapping.iter().take(index).any(|other| other.group == one.group) {
            return Err(garde::Error::new(format!("`{}` stands twice", one.group)));
        }
    }
    Ok(())
}

pub(super) fn check_claims(claims: &ClaimNames) -> garde::Result {
    [&claims.email, &claims.name, &claims.groups].into_iter().try_for_each(|claim| check_line(claim, 200))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Acme", "issuer": "https://login.example.com", "client_id": "parlance", "client_secret": "…", "enabled": true}))]
pub(super) struct SetSsoRequest {
    /// What people read on the button.
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Acme")]
    name: String,
    /// The provider's address, to the letter as its configuration has it.
    #[garde(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "https://login.example.com")]
    issuer: String,
    #[garde(custom(|id: &str, (): &()| check_line(id, 500)))]
    #[schema(min_length = 1, max_length = 500, example = "parlance")]
    client_id: String,
    /// Kept sealed, and never shown again. Left out, it stays as it is; a new issuer needs it again.
    #[garde(inner(custom(|secret: &SecretString, (): &()| check_secret(secret))))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2048, format = Password, write_only)]
    client_secret: Option<SecretString>,
    /// Besides `openid`; `email` and `profile` unless told.
    #[garde(inner(custom(|scopes: &[String], (): &()| check_scopes(scopes))))]
    #[schema(max_items = 20, example = json!(["email", "profile"]))]
    scopes: Option<Vec<String>>,
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

/// Get single sign-on
///
/// The workspace's own identity provider, and the domains that it speaks for. Its secret is never shown.
#[utoipa::path(
    get, path = "/sso", operation_id = "get_sso", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    responses(
        (status = 200, description = "What is set.", body = SsoSettings),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
) -> Result<Json<SsoSettings>, Problem> {
    Ok(Json(identity.sso_settings(&caller.scope).await?))
}

/// Set single sign-on
///
/// Any `OpenID` provider. Register `redirect_uri` there first. People find it by the domain of their address, once that is
/// verified; who has no account yet gets one, and becomes a member.
#[utoipa::path(
    put, path = "/sso", operation_id = "set_sso", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])), request_body = SetSsoRequest,
    responses(
        (status = 200, description = "Set.", body = SsoSettings),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
    Json(body): Json<SetSsoRequest>,
) -> Result<Json<SsoSettings>, Problem> {
    let change = SsoChange {
        name: body.name,
        issuer: body.issuer,
        client_id: body.client_id,
        client_secret: body.client_secret,
        scopes: body.scopes.unwrap_or_else(|| vec!["email".to_owned(), "profile".to_owned()]),
        claims: body.claims,
        default_role: body.default_role.unwrap_or(Role::Member),
        role_mapping: body.role_mapping,
        enabled: body.enabled,
        enforced: body.enforced,
        second_factor: body.second_factor,
    };
    Ok(Json(identity.set_sso(&caller.scope, caller.permissions, change).await?))
}

/// Delete single sign-on
///
/// Nobody signs in with the provider any more. Members stay members.
#[utoipa::path(
    delete, path = "/sso", operation_id = "delete_sso", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    responses(
        (status = 204, description = "Deleted."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing is set.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
) -> Result<StatusCode, Problem> {
    identity.delete_sso(&caller.scope).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test single sign-on
///
/// Fetches what the provider publishes, now.
#[utoipa::path(
    post, path = "/sso/test", operation_id = "test_sso", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    responses(
        (status = 200, description = "It is there, and publishes what it must.", body = SsoTest),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing is set.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "`identity_provider_failed`; the detail says why.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn test(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
) -> Result<Json<SsoTest>, Problem> {
    Ok(Json(identity.test_sso(&caller.scope).await.map_err(crate::federation::FederationError::told)?))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainRequest {
    #[garde(length(min = 1, max = 253))]
    #[schema(min_length = 1, max_length = 253, example = "example.com")]
    domain: String,
}

/// Add a domain
///
/// Publish the record that the answer names, then verify it.
#[utoipa::path(
    post, path = "/sso/domains", operation_id = "add_sso_domain", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])), request_body = DomainRequest,
    responses(
        (status = 201, description = "Added; it waits for its record.", body = SsoDomain),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The domain is not valid, or in the list already.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add_domain(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    Json(body): Json<DomainRequest>,
) -> Result<(StatusCode, Json<SsoDomain>), Problem> {
    Ok((StatusCode::CREATED, Json(identity.add_sso_domain(&caller.scope, &body.domain).await?)))
}

/// Verify a domain
///
/// Asks DNS for the record. From then on people with an address of the domain are sent to the workspace's provider.
#[utoipa::path(
    post, path = "/sso/domains/{domain}/verify", operation_id = "verify_sso_domain", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    params(("domain" = String, Path, description = "The domain.", example = "example.com")),
    responses(
        (status = 200, description = "Verified.", body = SsoDomain),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such domain.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`domain_unverified`: the record was not found, or another workspace speaks for the domain.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "DNS can't be asked.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn verify_domain(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
    Path(domain): Path<String>,
) -> Result<Json<SsoDomain>, Problem> {
    Ok(Json(identity.verify_sso_domain(&caller.scope, &domain).await?))
}

/// Delete a domain
///
/// Without a verified one, single sign-on can't be enforced.
#[utoipa::path(
    delete, path = "/sso/domains/{domain}", operation_id = "delete_sso_domain", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    params(("domain" = String, Path, description = "The domain.", example = "example.com")),
    responses(
        (status = 204, description = "Deleted."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such domain.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete_domain(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
    Path(domain): Path<String>,
) -> Result<StatusCode, Problem> {
    identity.delete_sso_domain(&caller.scope, &domain).await?;
    Ok(StatusCode::NO_CONTENT)
}
