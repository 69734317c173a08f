//! `/scim/v2/Users`

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
};
use http::StatusCode;

use super::{Scim, id, read};
use crate::{
    Identity,
    scim::{
        ScimError,
        operations::{ListQuery, Provisioner, Shape},
    },
};

/// List users
///
/// Counted from one. `filter`, `startIndex`, `count`, `attributes` and `excludedAttributes` are those of RFC 7644, 3.4.2.
#[utoipa::path(
    get, path = "/Users", operation_id = "list_scim_users", tag = "Provisioning", security(("scim" = [])),
    params(
        ("filter" = Option<String>, Query, description = "A filter by RFC 7644, 3.4.2.2."),
        ("startIndex" = Option<i64>, Query, description = "The first to show, counted from 1."),
        ("count" = Option<i64>, Query, description = "How many to show, 200 at the most."),
        ("attributes" = Option<String>, Query, description = "What alone to show, with commas between."),
        ("excludedAttributes" = Option<String>, Query, description = "What not to show, with commas between."),
    ),
    responses(
        (status = 200, description = "A ListResponse.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The filter can't be read.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn list(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    query: ListQuery,
) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::OK, identity.scim_users(by, &query).await?))
}

/// Create a user
///
/// Makes them a member of the workspace. Their address must be of a verified domain.
#[utoipa::path(
    post, path = "/Users", operation_id = "create_scim_user", tag = "Provisioning", security(("scim" = [])),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@example.com", "name": {"givenName": "Ann", "familyName": "Lee"}, "active": true})),
    responses(
        (status = 201, description = "The user.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The body can't be read, or a value is not valid; `scimType` says which.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 409, description = "Somebody with this name or address is here already.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn create(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    body: Bytes,
) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::CREATED, identity.create_scim_user(by, &read(&body)?).await?))
}

/// One user
#[utoipa::path(
    get, path = "/Users/{id}", operation_id = "get_scim_user", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such user here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn get(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
    shape: Shape,
) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::OK, identity.scim_user(by, id(&name)?, &shape).await?))
}

/// Replace a user
///
/// With `active` false the membership ends, with its sessions and API keys.
#[utoipa::path(
    put, path = "/Users/{id}", operation_id = "replace_scim_user", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The user's id.")),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@example.com", "name": {"givenName": "Ann", "familyName": "Lee"}, "active": true})),
    responses(
        (status = 200, description = "The user as it is now.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The body can't be read, or a value is not valid; `scimType` says which.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such user here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn replace(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Scim, ScimError> {
    let body = read(&body)?;
    let changed = identity.change_scim_user(by, id(&name)?, |user| user.replaced(&body)).await?;
    Ok(Scim(StatusCode::OK, changed))
}

/// Change a user
///
/// `add`, `replace` and `remove` by RFC 7644, 3.5.2.
#[utoipa::path(
    patch, path = "/Users/{id}", operation_id = "patch_scim_user", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The user's id.")),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "active", "value": false}]})),
    responses(
        (status = 200, description = "The user as it is now.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The body can't be read, or a value is not valid; `scimType` says which.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such user here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn patch(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Scim, ScimError> {
    let body = read(&body)?;
    let changed = identity.change_scim_user(by, id(&name)?, |before| before.patched(&body)).await?;
    Ok(Scim(StatusCode::OK, changed))
}

/// Delete a user
///
/// The membership ends, with its sessions and API keys. The account stays its person's.
#[utoipa::path(
    delete, path = "/Users/{id}", operation_id = "delete_scim_user", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The user's id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such user here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn delete(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
) -> Result<StatusCode, ScimError> {
    identity.delete_scim_user(by, id(&name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
