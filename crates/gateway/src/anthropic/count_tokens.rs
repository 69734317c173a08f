//! `POST /v1/messages/count_tokens`.

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::json;
use web::Caller;

use super::{error, messages::request};
use crate::{Gateway, body, gateway::may_use, tokens};

/// Count the tokens of a message
///
/// As Anthropic's [count_tokens](https://docs.anthropic.com/en/api/messages-count-tokens): by the model's own
/// tokenizer where that is public, else a careful estimate. Costs nothing.
#[utoipa::path(
    post,
    path = "/messages/count_tokens",
    operation_id = "count_message_tokens",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    request_body(content = Value, example = json!({
        "model": "demo/parlance",
        "messages": [{ "role": "user", "content": "Hello" }],
    })),
    responses(
        (status = 200, description = "The count", body = Value, example = json!({ "input_tokens": 8 })),
        (status = "4XX", description = "`{type: \"error\", error: {type, message}, request_id}`", body = Value),
    )
)]
pub(crate) async fn count_message_tokens(State(gateway): State<Gateway>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let counted = async {
        let caller = Caller::of(&mut parts).await?;
        let body = body::read(&parts, body).await?;
        let head = request::head(&body, false)?;
        let (model, _) = gateway.candidates(&caller.scope, &head.model).await?;
        may_use(&caller, &head.model, &model)?;
        Ok(tokens::of_request(&gateway, &model, &head).await)
    };
    match counted.await {
        Ok(count) => {
            let body = json!({ "input_tokens": count }).to_string();
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
        }
        Err(refusal) => error::respond(&refusal, &body::request_id(&parts.extensions)),
    }
}
