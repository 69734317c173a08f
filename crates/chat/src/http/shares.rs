//! `/conversations/{id}/shares`, `/participants` and `/copy`.

use axum::extract::State;
use contracts::tenancy::can;
use http::StatusCode;
use kernel::{ConversationId, Page};
use sharing::Subject;
use web::{Allowed, Json, Path, Problem};

use super::{Invalid, Refused};
use crate::{
    Chat, ShareConversation,
    model::{Conversation, ConversationShare, Participant},
};

/// List with whom a conversation is shared
///
/// For its owner, in the order it was; there are at most 200, on one page.
#[utoipa::path(
    get, path = "/conversations/{id}/shares", operation_id = "list_shares", tag = "Sharing",
    security(("bearer" = ["chat.read"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses((status = 200, description = "All of them.", body = Page<ConversationShare>), Refused)
)]
pub(super) async fn list_shares(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<ConversationId>,
) -> Result<Json<Page<ConversationShare>>, Problem> {
    let data = chat.list_shares((&allowed).into(), id).await?;
    Ok(Json(Page { data, next_cursor: None }))
}

/// Share a conversation
///
/// With a member, a group, or `workspace`: everybody but guests. Who may view it reads it, hears answers as they are
/// written, and may go on in a copy; who may edit it also sends messages, at their own cost. Sharing it with the
/// same again changes how far it is.
#[utoipa::path(
    put, path = "/conversations/{id}/shares/{subject}", operation_id = "share_conversation", tag = "Sharing",
    security(("bearer" = ["chat.share"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("subject" = Subject, Path, description = "With whom: `workspace`, or the id of a member or a group."),
    ),
    request_body(content = ShareConversation, example = json!({"access": "view"})),
    responses((status = 200, description = "It is shared.", body = ConversationShare), Refused, Invalid)
)]
pub(super) async fn share_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::ShareChat>,
    Path((id, subject)): Path<(ConversationId, Subject)>,
    Json(share): Json<ShareConversation>,
) -> Result<Json<ConversationShare>, Problem> {
    Ok(Json(chat.share_conversation((&allowed).into(), id, subject, share.access).await?))
}

/// Stop sharing a conversation with somebody
///
/// Who has no other way to it has lost it at once.
#[utoipa::path(
    delete, path = "/conversations/{id}/shares/{subject}", operation_id = "unshare_conversation", tag = "Sharing",
    security(("bearer" = ["chat.share"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("subject" = Subject, Path, description = "With whom: `workspace`, or the id of a member or a group."),
    ),
    responses((status = 204, description = "It is not shared with them any more."), Refused)
)]
pub(super) async fn unshare_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::ShareChat>,
    Path((id, subject)): Path<(ConversationId, Subject)>,
) -> Result<StatusCode, Problem> {
    chat.unshare_conversation((&allowed).into(), id, subject).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List who takes part in a conversation
///
/// Its owner first, then whoever has written in it: the names that `author_id` of its messages stands for.
#[utoipa::path(
    get, path = "/conversations/{id}/participants", operation_id = "list_participants", tag = "Sharing",
    security(("bearer" = ["chat.read"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses((status = 200, description = "All of them.", body = Page<Participant>), Refused)
)]
pub(super) async fn list_participants(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<ConversationId>,
) -> Result<Json<Page<Participant>>, Problem> {
    let data = chat.list_participants((&allowed).into(), id).await?;
    Ok(Json(Page { data, next_cursor: None }))
}

/// Copy a conversation
///
/// Makes a conversation of one's own with the branch shown, to go on in it alone. An answer that is still being
/// written is left out.
#[utoipa::path(
    post, path = "/conversations/{id}/copy", operation_id = "copy_conversation", tag = "Sharing",
    security(("bearer" = ["chat.write"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("Idempotency-Key" = Option<String>, Header, description = "Repeating it gives the same copy."),
    ),
    responses((status = 201, description = "The copy.", body = Conversation), Refused)
)]
pub(super) async fn copy_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<ConversationId>,
) -> Result<(StatusCode, Json<Conversation>), Problem> {
    Ok((StatusCode::CREATED, Json(chat.copy_conversation((&allowed).into(), id).await?)))
}
