//! `/members`: who is in the workspace of the caller's token.

use std::collections::HashMap;

use axum::extract::State;
use contracts::{
    identity::UserSummary,
    tenancy::{RoleChoice, can},
};
use garde::Validate;
use http::StatusCode;
use kernel::{Page, Timestamp, UserId};
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Problem, ProblemBody, Query, Recent};

use super::Api;
use crate::{Actor, Member, MemberPermissions, MemberRow};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateMemberRequest {
    /// It may allow nothing that the caller may not do.
    #[garde(skip)]
    role: RoleChoice,
}

/// Adds what identity knows of the members.
async fn describe(api: &Api, rows: Vec<MemberRow>) -> Result<Vec<Member>, Problem> {
    let ids: Vec<UserId> = rows.iter().map(|row| row.user).collect();
    let users = api.identity.users(&ids).await?;
    let mut users: HashMap<UserId, UserSummary> = users.into_iter().map(|user| (user.id, user)).collect();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let user = users.remove(&row.user)?;
            Some(Member {
                user_id: row.user,
                email: user.email,
                name: user.name,
                avatar_url: user.avatar_url,
                role: row.role,
                custom_role: row.custom_role,
                joined_at: row.joined_at,
            })
        })
        .collect())
}

/// A page of members from one row more than it holds.
pub(super) async fn page(api: &Api, rows: Vec<MemberRow>, page: &PageQuery) -> Result<Json<Page<Member>>, Problem> {
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let rows = Page::from_overfetch(rows, limit, |last| web::cursor::encode(&(last.joined_at, last.user)));
    Ok(Json(Page { data: describe(api, rows.data).await?, next_cursor: rows.next_cursor }))
}

/// List members
///
/// In the order they joined.
#[utoipa::path(
    get, path = "/members", operation_id = "list_members", tag = "Workspaces",
    security(("bearer" = ["members.read"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of members.", body = Page<Member>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ReadMembers>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Member>>, Problem> {
    let after: Option<(Timestamp, UserId)> = page.after()?;
    let rows = api.tenancy.members(&caller.scope, after, page.limit() + 1).await?;
    self::page(&api, rows, &page).await
}

/// Change a member's role
///
/// The new role counts from the member's next request. The last owner stays an owner.
#[utoipa::path(
    patch, path = "/members/{user_id}", operation_id = "update_member", tag = "Workspaces",
    security(("bearer" = ["members.manage"])),
    params(("user_id" = UserId, Path, description = "The member's user id.")),
    request_body = UpdateMemberRequest,
    responses(
        (status = 200, description = "The member as they are now.", body = Member),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role, granted or changed, allows what the caller may not do, or a proof of lately is missing.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member, or no such role, here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The workspace would have no owner.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "No such role.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    _: Recent,
    Path(user): Path<UserId>,
    Json(body): Json<UpdateMemberRequest>,
) -> Result<Json<Member>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    let row = api.tenancy.update_member(&actor, user, body.role).await?;
    describe(&api, vec![row]).await?.pop().map(Json).ok_or_else(|| crate::TenancyError::NoMember.into())
}

/// Why a member may do what they may
///
/// Each permission that they have, with every role that gives it: their own, and those of their groups.
#[utoipa::path(
    get, path = "/members/{user_id}/permissions", operation_id = "explain_member", tag = "Workspaces",
    security(("bearer" = ["members.read"])),
    params(("user_id" = UserId, Path, description = "The member's user id.")),
    responses(
        (status = 200, description = "What they may do, and why.", body = MemberPermissions),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn explain(
    State(api): State<Api>,
    caller: Allowed<can::ReadMembers>,
    Path(user): Path<UserId>,
) -> Result<Json<MemberPermissions>, Problem> {
    Ok(Json(api.tenancy.explain(&caller.scope, user).await?))
}

/// Remove a member
///
/// Their access to the workspace ends with their next request. The last owner can't be removed.
#[utoipa::path(
    delete, path = "/members/{user_id}", operation_id = "remove_member", tag = "Workspaces",
    security(("bearer" = ["members.manage"])),
    params(("user_id" = UserId, Path, description = "The member's user id.")),
    responses(
        (status = 204, description = "They are no member any more."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The member may do what the caller may not.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The workspace would have no owner.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Path(user): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    api.tenancy.remove_member(&actor, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
