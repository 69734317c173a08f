//! `/me`

use std::sync::Arc;

use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use web::{Json, Member, Person, Problem, ProblemBody};

use crate::{Attributes, Identity, Locale, Me, ProfileChanges, Theme, User, name};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateMeRequest {
    #[garde(inner(custom(|name: &str, (): &()| check_name(name))))]
    #[schema(min_length = 1, max_length = 80, example = "Ann")]
    name: Option<String>,
    #[garde(skip)]
    locale: Option<Locale>,
    #[garde(skip)]
    theme: Option<Theme>,
    /// Replaces all attributes; at most 16 KiB of JSON.
    #[garde(inner(custom(|attributes: &Attributes, (): &()| web::attributes::check(attributes))))]
    #[schema(value_type = Option<BTreeMap<String, Value>>, example = json!({"composer": {"send_on_enter": true}}))]
    attributes: Option<Attributes>,
}

fn check_name(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    name::check(value).map_err(garde::Error::new)
}

/// The caller
///
/// Who they are, the workspace of their token, what they may do there, and their workspaces.
#[utoipa::path(
    get, path = "/me", operation_id = "get_me", tag = "Profile",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller.", body = Me),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(State(identity): State<Arc<Identity>>, caller: Member) -> Result<Json<Me>, Problem> {
    let mut me = identity.me(caller.user, caller.scope.workspace()).await?;
    if caller.key.is_some() {
        // A key belongs to one workspace, and tells of no other.
        me.workspaces.retain(|workspace| workspace.id == me.workspace.id);
    }
    if caller.impersonator.is_some() {
        me.permissions.retain(|permission| web::is_for_impersonators(*permission));
    }
    Ok(Json(me))
}

/// Change the caller's profile
///
/// Fields that are left out stay as they are.
#[utoipa::path(
    patch, path = "/me", operation_id = "update_me", tag = "Profile",
    security(("bearer" = [])), request_body = UpdateMeRequest,
    responses(
        (status = 200, description = "The caller as they are now.", body = User),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Json(body): Json<UpdateMeRequest>,
) -> Result<Json<User>, Problem> {
    let changes =
        ProfileChanges { name: body.name, locale: body.locale, theme: body.theme, attributes: body.attributes };
    Ok(Json(identity.update_profile(caller.user, changes).await?))
}
