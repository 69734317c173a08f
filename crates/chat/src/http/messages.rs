//! `/conversations/{id}/messages` and `/branch`.

use axum::extract::State;
use contracts::tenancy::can;
use garde::Validate;
use kernel::{ConversationId, MessageId, Page};
use serde::Deserialize;
use web::{Allowed, Json, Path, Problem, Query, cursor};

use super::{Invalid, Refused};
use crate::{
    Chat, SelectBranch,
    model::{Conversation, Message},
};

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListMessages {
    /// The newest message of the branch; absent: the one shown.
    #[garde(skip)]
    leaf: Option<MessageId>,
    /// Rows on a page, 1 to 100; 50 unless told.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 1024))]
    cursor: Option<String>,
}

/// List the messages of a branch
///
/// From the leaf towards the root, the newest first. `sibling_ids` tells where other
/// branches begin.
#[utoipa::path(
    get, path = "/conversations/{id}/messages", operation_id = "list_messages", tag = "Conversations",
    security(("bearer" = ["chat.read"])),
    params(("id" = ConversationId, Path, description = "The conversation."), ListMessages),
    responses((status = 200, description = "A page of them.", body = Page<Message>), Refused, Invalid)
)]
pub(super) async fn list_messages(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<ConversationId>,
    Query(query): Query<ListMessages>,
) -> Result<Json<Page<Message>>, Problem> {
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = query.limit.unwrap_or(50);
    Ok(Json(chat.list_messages((&allowed).into(), id, query.leaf, after, limit).await?))
}

/// Show another branch
///
/// Shows the branch through a message, down to its newest leaf.
#[utoipa::path(
    post, path = "/conversations/{id}/branch", operation_id = "select_branch", tag = "Conversations",
    security(("bearer" = ["chat.write"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body(content = SelectBranch, example = json!({"message_id": "msg_01h455vb4pex5vsknk084sn02q"})),
    responses((status = 200, description = "As it is now.", body = Conversation), Refused, Invalid)
)]
pub(super) async fn select_branch(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<ConversationId>,
    Json(branch): Json<SelectBranch>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(chat.select_branch((&allowed).into(), id, branch.message_id).await?))
}
