//! `/groups`: some of the members, by a name.

use axum::{extract::State, response::IntoResponse};
use contracts::tenancy::{RoleChoice, can};
use garde::Validate;
use http::StatusCode;
use kernel::{GroupId, Page, Timestamp, UserId};
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Problem, ProblemBody, Query, Recent};

use super::{Api, check_name, members};
use crate::{Actor, Group, Member};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateGroupRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Research")]
    name: String,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateGroupRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Research")]
    name: String,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "admin" }))]
pub(super) struct GiveGroupRoleRequest {
    /// Any but `owner`, which may allow nothing that the caller may not do; null: none.
    #[garde(skip)]
    #[schema(required)]
    role: Option<RoleChoice>,
}

fn actor(caller: &Allowed<can::ManageGroups>) -> Actor {
    Actor { user: caller.user, scope: caller.scope }
}

/// List groups
///
/// By name.
#[utoipa::path(
    get, path = "/groups", operation_id = "list_groups", tag = "Workspaces",
    security(("bearer" = ["groups.read"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of groups.", body = Page<Group>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ReadGroups>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Group>>, Problem> {
    Ok(Json(api.tenancy.groups(&caller.scope, page.after()?, page.limit()).await?))
}

/// Create a group
///
/// It begins without members. Budgets may be over what its members spend.
#[utoipa::path(
    post, path = "/groups", operation_id = "create_group", tag = "Workspaces",
    security(("bearer" = ["groups.manage"])), request_body = CreateGroupRequest,
    responses(
        (status = 201, description = "The new group.", body = Group),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A group has this name, or there are as many as there can be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The name is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Allowed<can::ManageGroups>,
    Json(body): Json<CreateGroupRequest>,
) -> Result<impl IntoResponse, Problem> {
    let group = api.tenancy.create_group(&actor(&caller), body.name.trim()).await?;
    Ok((StatusCode::CREATED, Json(group)))
}

/// One group
#[utoipa::path(
    get, path = "/groups/{id}", operation_id = "get_group", tag = "Workspaces",
    security(("bearer" = ["groups.read"])), params(("id" = GroupId, Path, description = "The group's id.")),
    responses(
        (status = 200, description = "The group.", body = Group),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Allowed<can::ReadGroups>,
    Path(id): Path<GroupId>,
) -> Result<Json<Group>, Problem> {
    Ok(Json(api.tenancy.group(&caller.scope, id).await?))
}

/// Rename a group
#[utoipa::path(
    patch, path = "/groups/{id}", operation_id = "update_group", tag = "Workspaces",
    security(("bearer" = ["groups.manage"])), params(("id" = GroupId, Path, description = "The group's id.")),
    request_body = UpdateGroupRequest,
    responses(
        (status = 200, description = "The group as it is now.", body = Group),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another group has this name.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The name is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(api): State<Api>,
    caller: Allowed<can::ManageGroups>,
    Path(id): Path<GroupId>,
    Json(body): Json<UpdateGroupRequest>,
) -> Result<Json<Group>, Problem> {
    Ok(Json(api.tenancy.rename_group(&actor(&caller), id, body.name.trim()).await?))
}

/// Delete a group
///
/// Its members stay in the workspace. A budget over it counts nothing more.
#[utoipa::path(
    delete, path = "/groups/{id}", operation_id = "delete_group", tag = "Workspaces",
    security(("bearer" = ["groups.manage"])), params(("id" = GroupId, Path, description = "The group's id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the group's role allows what the caller may not do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Api>,
    caller: Allowed<can::ManageGroups>,
    Path(id): Path<GroupId>,
) -> Result<StatusCode, Problem> {
    api.tenancy.delete_group(&actor(&caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a group a role
///
/// Whoever is in the group has it beside their own from their next request on: they may do what either allows. Null
/// takes it away.
#[utoipa::path(
    put, path = "/groups/{id}/role", operation_id = "give_group_role", tag = "Workspaces",
    security(("bearer" = ["roles.manage"])), params(("id" = GroupId, Path, description = "The group's id.")),
    request_body = GiveGroupRoleRequest,
    responses(
        (status = 200, description = "The group as it is now.", body = Group),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role, given or taken away, allows what the caller may not do, or a proof of lately is missing.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group, or no such role, here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "No role that a group can have.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn give_role(
    State(api): State<Api>,
    caller: Allowed<can::ManageRoles>,
    _: Recent,
    Path(id): Path<GroupId>,
    Json(body): Json<GiveGroupRoleRequest>,
) -> Result<Json<Group>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    Ok(Json(api.tenancy.give_group_role(&actor, id, body.role).await?))
}

/// List a group's members
///
/// In the order they joined the workspace.
#[utoipa::path(
    get, path = "/groups/{id}/members", operation_id = "list_group_members", tag = "Workspaces",
    security(("bearer" = ["groups.read"])), params(("id" = GroupId, Path, description = "The group's id."), PageQuery),
    responses(
        (status = 200, description = "A page of members.", body = Page<Member>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_members(
    State(api): State<Api>,
    caller: Allowed<can::ReadGroups>,
    Path(id): Path<GroupId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Member>>, Problem> {
    let after: Option<(Timestamp, UserId)> = page.after()?;
    let rows = api.tenancy.group_members(&caller.scope, id, after, page.limit() + 1).await?;
    members::page(&api, rows, &page).await
}

/// Put a member into a group
///
/// What they spend from now on counts on the group's budgets. Doing it twice changes nothing.
#[utoipa::path(
    put, path = "/groups/{id}/members/{user_id}", operation_id = "add_group_member", tag = "Workspaces",
    security(("bearer" = ["groups.manage"])),
    params(
        ("id" = GroupId, Path, description = "The group's id."),
        ("user_id" = UserId, Path, description = "The member's user id."),
    ),
    responses(
        (status = 204, description = "They are in the group."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the group's role allows what the caller may not do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group or member here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add_member(
    State(api): State<Api>,
    caller: Allowed<can::ManageGroups>,
    Path((id, user)): Path<(GroupId, UserId)>,
) -> Result<StatusCode, Problem> {
    api.tenancy.add_to_group(&actor(&caller), id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a member out of a group
///
/// They stay in the workspace. What they have spent stays counted on the group's budgets.
#[utoipa::path(
    delete, path = "/groups/{id}/members/{user_id}", operation_id = "remove_group_member", tag = "Workspaces",
    security(("bearer" = ["groups.manage"])),
    params(
        ("id" = GroupId, Path, description = "The group's id."),
        ("user_id" = UserId, Path, description = "The member's user id."),
    ),
    responses(
        (status = 204, description = "They are not in the group."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or the group's role allows what the caller may not do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such group or member here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove_member(
    State(api): State<Api>,
    caller: Allowed<can::ManageGroups>,
    Path((id, user)): Path<(GroupId, UserId)>,
) -> Result<StatusCode, Problem> {
    api.tenancy.remove_from_group(&actor(&caller), id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
