//! What a directory asks before it begins.

use axum::extract::State;
use http::StatusCode;
use std::sync::Arc;

use super::Scim;
use crate::{
    Identity,
    scim::{ScimError, discovery, operations::Provisioner},
};

/// What this service can do
#[utoipa::path(
    get, path = "/ServiceProviderConfig", operation_id = "get_scim_config", tag = "Provisioning", security(("scim" = [])),
    responses(
        (status = 200, description = "By RFC 7643, 5.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn service_provider_config(
    State(identity): State<Arc<Identity>>,
    _: Provisioner,
) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::OK, discovery::config(&identity.scim_base())))
}

/// The kinds of resources
#[utoipa::path(
    get, path = "/ResourceTypes", operation_id = "list_scim_resource_types", tag = "Provisioning", security(("scim" = [])),
    responses(
        (status = 200, description = "By RFC 7643, 6.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn resource_types(State(identity): State<Arc<Identity>>, _: Provisioner) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::OK, discovery::resource_types(&identity.scim_base())))
}

/// What resources are made of
#[utoipa::path(
    get, path = "/Schemas", operation_id = "list_scim_schemas", tag = "Provisioning", security(("scim" = [])),
    responses(
        (status = 200, description = "By RFC 7643, 7.", body = Object, content_type = "application/scim+json"),
        (status = 401, description = "The token is missing or void.", body = Object, content_type = "application/scim+json"),
    )
)]
pub(super) async fn schemas(State(identity): State<Arc<Identity>>, _: Provisioner) -> Result<Scim, ScimError> {
    Ok(Scim(StatusCode::OK, discovery::schemas(&identity.scim_base())))
}
