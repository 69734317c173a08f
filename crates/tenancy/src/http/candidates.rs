//! `/sharing/candidates`: whom one may share with.

use std::collections::HashMap;

use axum::extract::State;
use contracts::{identity::UserSummary, tenancy::can};
use garde::Validate;
use kernel::{GroupId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Allowed, Json, Problem, ProblemBody, Query};

use super::Api;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FindCandidates {
    /// A part of the name; upper and lower case are the same. Absent: the first by name.
    #[garde(length(chars, max = 80))]
    q: Option<String>,
}

/// Somebody in the workspace to share with: what one has to know of them to choose them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CandidatePerson {
    user_id: UserId,
    #[schema(example = "Linh Tran")]
    name: String,
    /// Path of their picture under this server, if there is one.
    #[schema(required)]
    avatar_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CandidateGroup {
    group_id: GroupId,
    #[schema(example = "Research")]
    name: String,
    /// How many are in it.
    members: i64,
}

/// People and groups of the workspace to share with, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShareCandidates {
    people: Vec<CandidatePerson>,
    groups: Vec<CandidateGroup>,
}

/// Find people and groups to share with
///
/// At most 20 of each, by name; the caller is not among them. It tells names and pictures, and no address.
#[utoipa::path(
    get, path = "/sharing/candidates", operation_id = "list_share_candidates", tag = "Sharing",
    security(("bearer" = ["chat.share"])), params(FindCandidates),
    responses(
        (status = 200, description = "Those whose names match.", body = ShareCandidates),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The text is too long.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ShareChat>,
    Query(query): Query<FindCandidates>,
) -> Result<Json<ShareCandidates>, Problem> {
    let found = api.tenancy.candidates(&caller.scope, caller.user, query.q.as_deref().unwrap_or_default()).await?;
    let users = api.identity.users(&found.people).await?;
    let mut users: HashMap<UserId, UserSummary> = users.into_iter().map(|user| (user.id, user)).collect();
    let people = found.people.iter().filter_map(|id| users.remove(id));
    Ok(Json(ShareCandidates {
        people: people
            .map(|user| CandidatePerson { user_id: user.id, name: user.name, avatar_url: user.avatar_url })
            .collect(),
        groups: found
            .groups
            .into_iter()
            .map(|(group_id, name, members)| CandidateGroup { group_id, name, members })
            .collect(),
    }))
}
