//! `/roles`: the built-in ones, and those that the workspace has made.

use axum::{extract::State, response::IntoResponse};
use contracts::tenancy::{Permission, Role, can};
use garde::Validate;
use http::StatusCode;
use kernel::{Page, RoleId};
use serde::{Deserialize, Deserializer};
use web::{Allowed, Json, Path, Problem, ProblemBody, Recent};

use super::{Api, check_name};
use crate::{Actor, NewRole, RoleChanges, WorkspaceRole};

/// Owners are made by an owner, and by nothing else.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "garde passes references")]
fn check_base(base: &Role) -> garde::Result {
    if *base > Role::Admin {
        return Err(garde::Error::new("must be guest, member or admin"));
    }
    Ok(())
}

fn check_permissions(permissions: &[Permission]) -> garde::Result {
    match permissions.iter().find(|permission| !permission.is_grantable()) {
        Some(permission) => Err(garde::Error::new(format!("{} is the owners' alone", permission.as_str()))),
        None => Ok(()),
    }
}

fn check_description(text: &str) -> garde::Result {
    if text.chars().count() > 300 {
        return Err(garde::Error::new("must be at most 300 characters"));
    }
    Ok(())
}

/// Tells null, which takes the base away, from an absent field, which leaves it.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Budget keeper", "description": "Sees what everybody spends, and sets budgets.", "base": "member",
    "permissions": ["usage.read_all", "budgets.manage"],
}))]
pub(super) struct CreateRoleRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Budget keeper")]
    name: String,
    #[garde(inner(custom(|text: &str, (): &()| check_description(text))))]
    #[schema(max_length = 300)]
    description: Option<String>,
    /// The built-in role whose permissions it has, at most `admin`; absent or null: none.
    #[garde(inner(custom(|base: &Role, (): &()| check_base(base))))]
    base: Option<Role>,
    /// What it allows beyond those. Each must be the caller's own, and none may be the owners' alone.
    #[garde(custom(|permissions: &[Permission], (): &()| check_permissions(permissions)))]
    permissions: Vec<Permission>,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "permissions": ["usage.read_all"] }))]
pub(super) struct UpdateRoleRequest {
    #[garde(inner(custom(|name: &str, (): &()| check_name(name))))]
    #[schema(min_length = 1, max_length = 80, example = "Budget keeper")]
    name: Option<String>,
    #[garde(inner(custom(|text: &str, (): &()| check_description(text))))]
    #[schema(max_length = 300)]
    description: Option<String>,
    /// Null: it has those permissions alone that it lists.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(custom(|base: &Role, (): &()| check_base(base)))))]
    #[allow(clippy::option_option, reason = "absent, null and a value are three things")]
    base: Option<Option<Role>>,
    /// Take the place of those that it has listed.
    #[garde(inner(custom(|permissions: &[Permission], (): &()| check_permissions(permissions))))]
    permissions: Option<Vec<Permission>>,
}

fn actor(caller: &Allowed<can::ManageRoles>) -> Actor {
    Actor { user: caller.user, scope: caller.scope }
}

/// List roles
///
/// The built-in ones, the highest first, then the workspace's own by name. The list is always whole.
#[utoipa::path(
    get, path = "/roles", operation_id = "list_roles", tag = "Workspaces",
    security(("bearer" = ["roles.read"])),
    responses(
        (status = 200, description = "All roles.", body = Page<WorkspaceRole>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ReadRoles>,
) -> Result<Json<Page<WorkspaceRole>>, Problem> {
    Ok(Json(Page { data: api.tenancy.roles(&caller.scope).await?, next_cursor: None }))
}

/// Create a role
///
/// It can allow nothing that the caller may not do.
#[utoipa::path(
    post, path = "/roles", operation_id = "create_role", tag = "Workspaces",
    security(("bearer" = ["roles.manage"])), request_body = CreateRoleRequest,
    responses(
        (status = 201, description = "The new role.", body = WorkspaceRole),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or a permission is not the caller's own, or a proof of lately is missing.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A role has this name, or there are as many as there can be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Allowed<can::ManageRoles>,
    _: Recent,
    Json(body): Json<CreateRoleRequest>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewRole {
        name: body.name.trim().to_owned(),
        description: body.description.unwrap_or_default().trim().to_owned(),
        base: body.base,
        permissions: body.permissions.into_iter().collect(),
    };
    Ok((StatusCode::CREATED, Json(api.tenancy.create_role(&actor(&caller), new).await?)))
}

/// One role
///
/// Of the workspace's own.
#[utoipa::path(
    get, path = "/roles/{id}", operation_id = "get_role", tag = "Workspaces",
    security(("bearer" = ["roles.read"])), params(("id" = RoleId, Path, description = "The role's id.")),
    responses(
        (status = 200, description = "The role.", body = WorkspaceRole),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Allowed<can::ReadRoles>,
    Path(id): Path<RoleId>,
) -> Result<Json<WorkspaceRole>, Problem> {
    Ok(Json(api.tenancy.role(&caller.scope, id).await?))
}

/// Change a role
///
/// For everybody who has it, from their next request on. It must allow nothing that the caller may not do, neither
/// before nor after.
#[utoipa::path(
    patch, path = "/roles/{id}", operation_id = "update_role", tag = "Workspaces",
    security(("bearer" = ["roles.manage"])), params(("id" = RoleId, Path, description = "The role's id.")),
    request_body = UpdateRoleRequest,
    responses(
        (status = 200, description = "The role as it is now.", body = WorkspaceRole),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or a permission is not the caller's own, or a proof of lately is missing.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another role has this name.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(api): State<Api>,
    caller: Allowed<can::ManageRoles>,
    _: Recent,
    Path(id): Path<RoleId>,
    Json(body): Json<UpdateRoleRequest>,
) -> Result<Json<WorkspaceRole>, Problem> {
    let changes = RoleChanges {
        name: body.name.map(|name| name.trim().to_owned()),
        description: body.description.map(|text| text.trim().to_owned()),
        base: body.base,
        permissions: body.permissions.map(|permissions| permissions.into_iter().collect()),
    };
    Ok(Json(api.tenancy.update_role(&actor(&caller), id, changes).await?))
}

/// Delete a role
///
/// While a member, a group or an invitation has it, it is refused: give them another one first.
#[utoipa::path(
    delete, path = "/roles/{id}", operation_id = "delete_role", tag = "Workspaces",
    security(("bearer" = ["roles.manage"])), params(("id" = RoleId, Path, description = "The role's id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or a permission is not the caller's own, or a proof of lately is missing.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Somebody has it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Api>,
    caller: Allowed<can::ManageRoles>,
    _: Recent,
    Path(id): Path<RoleId>,
) -> Result<StatusCode, Problem> {
    api.tenancy.delete_role(&actor(&caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
