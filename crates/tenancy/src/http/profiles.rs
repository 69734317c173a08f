//! `/profile`, `/members/{user_id}/profile`, `/profiles`: what the workspace knows of its members, in fields of its
//! own choice; `/workspace/profile-schema`: what those must follow.

use axum::extract::State;
use contracts::tenancy::can;
use garde::Validate;
use kernel::{Page, UserId};
use serde::{Deserialize, Serialize};
use web::{
    Allowed, Json, PageQuery, Path, Person, Problem, ProblemBody, Query,
    attributes::{self, Attributes},
};

use super::Api;
use crate::{Actor, MemberProfile};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetProfileRequest {
    /// All of them, in place of those before; at most 16 KiB of JSON.
    #[garde(custom(|attributes: &Attributes, (): &()| attributes::check(attributes)))]
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"department": "Research", "languages": ["vi", "en"]}))]
    attributes: Attributes,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetProfileSchemaRequest {
    /// JSON Schema, draft 2020-12, that refers to nothing outside of it; at most 16 KiB. Null: anything goes.
    #[garde(inner(custom(|schema: &Attributes, (): &()| attributes::check(schema))))]
    #[schema(required, value_type = Option<BTreeMap<String, Value>>,
             example = json!({"type": "object", "properties": {"department": {"enum": ["Sales", "Research"]}}}))]
    schema: Option<Attributes>,
}

/// What members' attributes must follow.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProfileSchema {
    /// JSON Schema, draft 2020-12; null: anything goes.
    #[schema(required, value_type = Option<BTreeMap<String, Value>>,
             example = json!({"type": "object", "properties": {"department": {"enum": ["Sales", "Research"]}}}))]
    schema: Option<Attributes>,
}

/// The schema as it is now, and what it means for the attributes that are there.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProfileSchemaSet {
    #[schema(required, value_type = Option<BTreeMap<String, Value>>,
             example = json!({"type": "object", "properties": {"department": {"enum": ["Sales", "Research"]}}}))]
    schema: Option<Attributes>,
    /// Members whose attributes do not follow it. They stay as they are until they are written again.
    #[schema(example = 2)]
    not_following: u64,
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ProfilesQuery {
    /// Part of a value, in any case.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200, example = "rese")]
    q: Option<String>,
    /// Names of the fields on the way to the value, with dots between them; absent: any field.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200, example = "department")]
    field: Option<String>,
    /// Items on a page, 1 to 100; 50 if absent.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[garde(length(max = 500))]
    cursor: Option<String>,
}

/// The caller's own attributes
///
/// What the current workspace knows of the caller, in fields of its own choice.
#[utoipa::path(
    get, path = "/profile", operation_id = "get_own_profile", tag = "Profile",
    security(("bearer" = ["workspace.read"])),
    responses(
        (status = 200, description = "The caller's attributes.", body = MemberProfile),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_own(
    State(api): State<Api>,
    caller: Allowed<can::ReadWorkspace>,
) -> Result<Json<MemberProfile>, Problem> {
    Ok(Json(api.tenancy.member_profile(&*api.identity, &caller.scope, caller.user).await?))
}

/// Set the caller's own attributes
///
/// They must follow the workspace's schema.
#[utoipa::path(
    put, path = "/profile", operation_id = "set_own_profile", tag = "Profile",
    security(("bearer" = [])), request_body = SetProfileRequest,
    responses(
        (status = 200, description = "The attributes as they are now.", body = MemberProfile),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "They do not follow the schema.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set_own(
    State(api): State<Api>,
    caller: Person,
    Json(body): Json<SetProfileRequest>,
) -> Result<Json<MemberProfile>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    api.tenancy.set_member_profile(&actor, caller.user, body.attributes).await?;
    Ok(Json(api.tenancy.member_profile(&*api.identity, &actor.scope, caller.user).await?))
}

/// A member's attributes
#[utoipa::path(
    get, path = "/members/{user_id}/profile", operation_id = "get_member_profile", tag = "Workspaces",
    security(("bearer" = ["members.read"])),
    params(("user_id" = UserId, Path, description = "The member's user id.")),
    responses(
        (status = 200, description = "The member's attributes.", body = MemberProfile),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Allowed<can::ReadMembers>,
    Path(user): Path<UserId>,
) -> Result<Json<MemberProfile>, Problem> {
    Ok(Json(api.tenancy.member_profile(&*api.identity, &caller.scope, user).await?))
}

/// Set a member's attributes
///
/// They must follow the workspace's schema.
#[utoipa::path(
    put, path = "/members/{user_id}/profile", operation_id = "set_member_profile", tag = "Workspaces",
    security(("bearer" = ["members.manage"])),
    params(("user_id" = UserId, Path, description = "The member's user id.")),
    request_body = SetProfileRequest,
    responses(
        (status = 200, description = "The attributes as they are now.", body = MemberProfile),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "They do not follow the schema.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Path(user): Path<UserId>,
    Json(body): Json<SetProfileRequest>,
) -> Result<Json<MemberProfile>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    api.tenancy.set_member_profile(&actor, user, body.attributes).await?;
    Ok(Json(api.tenancy.member_profile(&*api.identity, &actor.scope, user).await?))
}

/// Search members by their attributes
///
/// Those who have any, by user; with `q` and `field` those alone of whom a value is like that.
#[utoipa::path(
    get, path = "/profiles", operation_id = "list_profiles", tag = "Workspaces",
    security(("bearer" = ["members.manage"])), params(ProfilesQuery),
    responses(
        (status = 200, description = "A page of members.", body = Page<MemberProfile>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Query(query): Query<ProfilesQuery>,
) -> Result<Json<Page<MemberProfile>>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let after: Option<UserId> = page.after()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (field, text) = (given(query.field), given(query.q));
    let (field, text) = (field.as_deref(), text.as_deref());
    Ok(Json(api.tenancy.search_profiles(&*api.identity, &caller.scope, field, text, after, page.limit()).await?))
}

/// What members' attributes must follow
#[utoipa::path(
    get, path = "/workspace/profile-schema", operation_id = "get_profile_schema", tag = "Workspaces",
    security(("bearer" = ["workspace.read"])),
    responses(
        (status = 200, description = "The schema.", body = ProfileSchema),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_schema(
    State(api): State<Api>,
    caller: Allowed<can::ReadWorkspace>,
) -> Result<Json<ProfileSchema>, Problem> {
    Ok(Json(ProfileSchema { schema: api.tenancy.profile_schema(&caller.scope).await? }))
}

/// Set what members' attributes must follow
///
/// It counts for whatever is written from now on; what is there stays.
#[utoipa::path(
    put, path = "/workspace/profile-schema", operation_id = "set_profile_schema", tag = "Workspaces",
    security(("bearer" = ["workspace.manage"])), request_body = SetProfileSchemaRequest,
    responses(
        (status = 200, description = "The schema as it is now.", body = ProfileSchemaSet),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "It is no valid JSON Schema, or refers to another document.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set_schema(
    State(api): State<Api>,
    caller: Allowed<can::ManageWorkspace>,
    Json(body): Json<SetProfileSchemaRequest>,
) -> Result<Json<ProfileSchemaSet>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    let not_following = api.tenancy.set_profile_schema(&actor, body.schema.as_ref()).await?;
    Ok(Json(ProfileSchemaSet { schema: body.schema, not_following }))
}
