//! `/scim/v2/Groups`

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
        resource::GroupInput,
    },
};

/// List groups
///
/// Counted from one. `filter`, `startIndex`, `count`, `attributes` and `excludedAttributes` are those of RFC 7644, 3.4.2.
#[utoipa::path(
    get, path = "/Groups", operation_id = "list_scim_groups", tag = "Provisioning", security(("scim" = [])),
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
    Ok(Scim(StatusCode::OK, identity.scim_groups(by, &query).await?))
}

/// Create a group
///
/// A group of the workspace, as people make them in the settings.
#[utoipa::path(
    post, path = "/Groups", operation_id = "create_scim_group", tag = "Provisioning", security(("scim" = [])),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Research", "members": []})),
    responses(
        (status = 201, description = "The group.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The body can't be read, or a value is not valid; `scimType` says which.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 409, description = "A group has this name already.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn create(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    body: Bytes,
) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::CREATED, identity.create_scim_group(by, &read(&body)?).await?))
}

/// One group
#[utoipa::path(
    get, path = "/Groups/{id}", operation_id = "get_scim_group", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The group's id.")),
    responses(
        (status = 200, description = "The group.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such group here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn get(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
    shape: Shape,
) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::OK, identity.scim_group(by, id(&name)?, &shape).await?))
}

/// Replace a group
///
/// Members whom the directory does not see stay.
#[utoipa::path(
    put, path = "/Groups/{id}", operation_id = "replace_scim_group", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The group's id.")),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Research", "members": []})),
    responses(
        (status = 200, description = "The group as it is now.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The body can't be read, or a value is not valid; `scimType` says which.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such group here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn replace(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Scim, ScimError> {
    let body = read(&body)?;
    let changed = identity.change_scim_group(by, id(&name)?, |_| GroupInput::read(&body)).await?;
    Ok(Scim(StatusCode::OK, changed))
}

/// Change a group
///
/// `add`, `replace` and `remove` by RFC 7644, 3.5.2.
#[utoipa::path(
    patch, path = "/Groups/{id}", operation_id = "patch_scim_group", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The group's id.")),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": [{"value": "user_01h455vb4pex5vsknk084sn02q"}]}]})),
    responses(
        (status = 200, description = "The group as it is now.", body = Object, content_type = "application/scim+json"),
        (status = 400, description = "The body can't be read, or a value is not valid; `scimType` says which.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such group here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn patch(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Scim, ScimError> {
    let body = read(&body)?;
    let changed = identity.change_scim_group(by, id(&name)?, |before| before.patched(&body)).await?;
    Ok(Scim(StatusCode::OK, changed))
}

/// Delete a group
///
/// Its members stay in the workspace.
#[utoipa::path(
    delete, path = "/Groups/{id}", operation_id = "delete_scim_group", tag = "Provisioning", security(("scim" = [])),
    params(("id" = String, Path, description = "The group's id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
        (status = 404, description = "No such group here.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn delete(
    State(identity): State<Arc<Identity>>,
    by: Provisioner,
    Path(name): Path<String>,
) -> Result<StatusCode, ScimError> {
    identity.delete_scim_group(by, id(&name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
