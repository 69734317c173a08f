//! `/invitations`: ways into a workspace for those who are not in it yet.

use axum::{extract::State, response::IntoResponse};
use contracts::tenancy::{RoleChoice, can};
use garde::Validate;
use http::StatusCode;
use kernel::{InvitationId, Page};
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Person, Problem, ProblemBody, Query};

use super::Api;
use crate::{AcceptedInvitation, Actor, Invitation, InvitationView, MadeInvitation, NewInvitation};

/// Characters that an address may have (RFC 5321, 4.5.3.1.3).
const MAX_EMAIL: usize = 254;

fn check_email(email: &str) -> garde::Result {
    let email = email.trim();
    if email.len() > MAX_EMAIL {
        return Err(garde::Error::new("must have at most 254 characters"));
    }
    garde::rules::email::parse_email(email).map_err(|_| garde::Error::new("is not an e-mail address"))
}

/// With an address it is for that person alone, once. Without one, whoever has the link comes in.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "mai@example.com", "role": "member"}))]
pub(super) struct CreateInvitationRequest {
    #[garde(inner(custom(|email: &str, (): &()| check_email(email))))]
    #[schema(example = "mai@example.com")]
    email: Option<String>,
    /// It may allow nothing that the caller may not do.
    #[garde(skip)]
    role: RoleChoice,
    /// 7 without it.
    #[garde(range(min = 1, max = 30))]
    #[schema(minimum = 1, maximum = 30, example = 7)]
    expires_in_days: Option<u32>,
    /// How many people may come in by a link; 10 without it.
    #[garde(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, example = 10)]
    max_uses: Option<u32>,
    /// The letter's language; English without it.
    #[garde(length(max = 20))]
    #[schema(example = "en")]
    locale: Option<String>,
}

#[derive(Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResendInvitationRequest {
    /// The letter's language; English without it.
    #[garde(length(max = 20))]
    #[schema(example = "en")]
    locale: Option<String>,
}

/// The last part of the invitation's link.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationTokenRequest {
    #[garde(length(max = 200))]
    token: String,
}

fn actor(caller: &Allowed<can::ManageMembers>) -> Actor {
    Actor { user: caller.user, scope: caller.scope }
}

fn locale(asked: Option<String>) -> String {
    asked.unwrap_or_else(|| "en".to_owned())
}

/// List invitations
///
/// Those that were neither taken back nor used up, the oldest first. One that has run out can be
/// sent again.
#[utoipa::path(
    get, path = "/invitations", operation_id = "list_invitations", tag = "Workspaces",
    security(("bearer" = ["members.manage"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of invitations.", body = Page<Invitation>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Invitation>>, Problem> {
    Ok(Json(api.tenancy.invitations(&caller.scope, page.after()?, page.limit()).await?))
}

/// Invite somebody
///
/// Its link is shown once. Where the installation sends e-mail, an invited address gets a letter.
#[utoipa::path(
    post, path = "/invitations", operation_id = "create_invitation", tag = "Workspaces",
    security(("bearer" = ["members.manage"])), request_body = CreateInvitationRequest,
    responses(
        (status = 201, description = "The invitation and its link.", body = MadeInvitation),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role allows what the caller may not do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "This person is a member or invited already, or there are as many invitations as there can be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Json(body): Json<CreateInvitationRequest>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewInvitation {
        email: body.email.map(|email| email.trim().to_owned()),
        role: body.role,
        days: body.expires_in_days.unwrap_or(7),
        max_uses: body.max_uses.unwrap_or(10),
        locale: locale(body.locale),
    };
    let made = api.tenancy.invite(&actor(&caller), &*api.identity, new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Send an invitation again
///
/// It gets another link and seven more days; the link of before leads nowhere.
#[utoipa::path(
    post, path = "/invitations/{id}/resend", operation_id = "resend_invitation", tag = "Workspaces",
    security(("bearer" = ["members.manage"])),
    params(("id" = InvitationId, Path, description = "The invitation's id.")), request_body = ResendInvitationRequest,
    responses(
        (status = 200, description = "The invitation and its new link.", body = MadeInvitation),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Its role allows what the caller may not do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invitation here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resend(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Path(id): Path<InvitationId>,
    Json(body): Json<ResendInvitationRequest>,
) -> Result<Json<MadeInvitation>, Problem> {
    let made = api.tenancy.resend_invitation(&actor(&caller), &*api.identity, id, locale(body.locale)).await?;
    Ok(Json(made))
}

/// Take an invitation back
///
/// Its link leads nowhere from now on. Who came in by it stays.
#[utoipa::path(
    delete, path = "/invitations/{id}", operation_id = "revoke_invitation", tag = "Workspaces",
    security(("bearer" = ["members.manage"])),
    params(("id" = InvitationId, Path, description = "The invitation's id.")),
    responses(
        (status = 204, description = "It is taken back."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Its role allows what the caller may not do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invitation here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    caller: Allowed<can::ManageMembers>,
    Path(id): Path<InvitationId>,
) -> Result<StatusCode, Problem> {
    api.tenancy.revoke_invitation(&actor(&caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Look at an invitation
///
/// For whoever has its link; needs no token.
#[utoipa::path(
    post, path = "/invitations/view", operation_id = "view_invitation", tag = "Workspaces",
    request_body = InvitationTokenRequest,
    responses(
        (status = 200, description = "Into which workspace, and by whom.", body = InvitationView),
        (status = 404, description = "No such invitation.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It has run out, was taken back or is used up.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The token is too long.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn view(
    State(api): State<Api>,
    Json(body): Json<InvitationTokenRequest>,
) -> Result<Json<InvitationView>, Problem> {
    Ok(Json(api.tenancy.view_invitation(&*api.identity, &body.token).await?))
}

/// Accept an invitation
///
/// The caller becomes a member; who is one already stays what they are. To work in the workspace, renew
/// the session for it.
#[utoipa::path(
    post, path = "/invitations/accept", operation_id = "accept_invitation", tag = "Workspaces",
    security(("bearer" = [])), request_body = InvitationTokenRequest,
    responses(
        (status = 200, description = "The workspace, and whether the caller has just come in.", body = AcceptedInvitation),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "It is for another address, or an API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invitation.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It has run out, was taken back or is used up.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The token is too long.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn accept(
    State(api): State<Api>,
    caller: Person,
    Json(body): Json<InvitationTokenRequest>,
) -> Result<Json<AcceptedInvitation>, Problem> {
    Ok(Json(api.tenancy.accept_invitation(caller.user, &*api.identity, &body.token).await?))
}
