//! `/conversations`.

use axum::extract::State;
use contracts::tenancy::can;
use http::StatusCode;
use kernel::{ConversationId, Page};
use web::{Allowed, Json, Path, Problem, Query, cursor};

use super::{Invalid, Refused};
use crate::{Chat, ConversationQuery, ListConversations, NewConversation, UpdateConversation, model::Conversation};

/// List conversations
///
/// One's own, or with `shared=with_me` those of others that are shared with one; the newest activity first.
#[utoipa::path(
    get, path = "/conversations", operation_id = "list_conversations", tag = "Conversations",
    security(("bearer" = ["chat.read"])),
    params(ListConversations),
    responses((status = 200, description = "A page of them.", body = Page<Conversation>), Refused, Invalid)
)]
pub(super) async fn list_conversations(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Query(query): Query<ListConversations>,
) -> Result<Json<Page<Conversation>>, Problem> {
    let query = ConversationQuery {
        title: query.q,
        shared: query.shared,
        archived: query.archived,
        pinned: query.pinned,
        limit: query.limit.unwrap_or(50),
        after: query.cursor.as_deref().map(cursor::decode).transpose()?,
    };
    Ok(Json(chat.list_conversations((&allowed).into(), query).await?))
}

/// Begin a conversation
#[utoipa::path(
    post, path = "/conversations", operation_id = "create_conversation", tag = "Conversations",
    security(("bearer" = ["chat.write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeating it gives the same conversation.")),
    request_body(content = NewConversation, example = json!({"model": "openai/gpt-5.2"})),
    responses((status = 201, description = "It is there.", body = Conversation), Refused, Invalid)
)]
pub(super) async fn create_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Json(new): Json<NewConversation>,
) -> Result<(StatusCode, Json<Conversation>), Problem> {
    Ok((StatusCode::CREATED, Json(chat.create_conversation((&allowed).into(), new).await?)))
}

/// Read a conversation
#[utoipa::path(
    get, path = "/conversations/{id}", operation_id = "get_conversation", tag = "Conversations",
    security(("bearer" = ["chat.read"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses((status = 200, description = "The conversation.", body = Conversation), Refused)
)]
pub(super) async fn get_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(chat.get_conversation((&allowed).into(), id).await?))
}

/// Change a conversation
///
/// An absent field stays as it is. A title that a person gave is never replaced.
#[utoipa::path(
    patch, path = "/conversations/{id}", operation_id = "update_conversation", tag = "Conversations",
    security(("bearer" = ["chat.write"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body(content = UpdateConversation, example = json!({"pinned": true})),
    responses((status = 200, description = "As it is now.", body = Conversation), Refused, Invalid)
)]
pub(super) async fn update_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<ConversationId>,
    Json(update): Json<UpdateConversation>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(chat.update_conversation((&allowed).into(), id, update).await?))
}

/// Delete a conversation
///
/// It can be restored for 30 days. An answer under way is stopped.
#[utoipa::path(
    delete, path = "/conversations/{id}", operation_id = "delete_conversation", tag = "Conversations",
    security(("bearer" = ["chat.write"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses((status = 204, description = "It is in the bin."), Refused)
)]
pub(super) async fn delete_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode, Problem> {
    chat.delete_conversation((&allowed).into(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted conversation
#[utoipa::path(
    post, path = "/conversations/{id}/restore", operation_id = "restore_conversation", tag = "Conversations",
    security(("bearer" = ["chat.write"])),
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses((status = 200, description = "It is back.", body = Conversation), Refused)
)]
pub(super) async fn restore_conversation(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(chat.restore_conversation((&allowed).into(), id).await?))
}
