//! `GET /v1/models` and `GET /v1/models/{id}`.
//!
//! OpenAI and Anthropic have this address in common. The answer holds the fields of both, so
//! that either SDK reads it.

use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use contracts::providers::Model;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use web::Caller;

use super::error;
use crate::{Gateway, anthropic, body, gateway::may_use, refusal::Refusal};

/// Models for the compatible APIs
///
/// As OpenAI's [list of models](https://platform.openai.com/docs/api-reference/models/list), with the fields of
/// [Anthropic's](https://docs.anthropic.com/en/api/models-list) too. Only models that can be used now, and that the
/// key may use.
#[utoipa::path(
    get,
    path = "/models",
    operation_id = "list_compatible_models",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    responses(
        (status = 200, description = "The models", body = Value, example = json!({
            "object": "list",
            "data": [{ "id": "demo/parlance", "object": "model", "created": 0, "owned_by": "demo" }],
        })),
        (status = "4XX", description = "`{error: {message, type, param, code}}`", body = Value),
    )
)]
pub(crate) async fn list_compatible_models(State(gateway): State<Gateway>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let caller = match Caller::of(&mut parts).await {
        Ok(caller) => caller,
        Err(problem) => return refuse(&parts, &problem.into()),
    };
    let models = gateway.providers().models(&caller.scope).await;
    let data: Vec<Value> = models
        .iter()
        .filter(|model| model.unavailable.is_none() && may_use(&caller, &model.id, model).is_ok())
        .map(|model| view(model))
        .collect();
    let id = |model: Option<&Value>| model.map_or(Value::Null, |model| model["id"].clone());
    let (first, last) = (id(data.first()), id(data.last()));
    json(&json!({ "object": "list", "data": data, "has_more": false, "first_id": first, "last_id": last }))
}

/// A model for the compatible APIs
///
/// By its id, which may hold a slash, or by its bare name where only one provider has it.
#[utoipa::path(
    get,
    path = "/models/{id}",
    operation_id = "get_compatible_model",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    params(("id" = String, Path, description = "The model's id", example = "demo/parlance")),
    responses(
        (status = 200, description = "The model", body = Value),
        (status = "4XX", description = "`{error: {message, type, param, code}}`", body = Value),
    )
)]
pub(crate) async fn get_compatible_model(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    let found = async {
        let caller = Caller::of(&mut parts).await?;
        let (model, _) = gateway.candidates(&caller.scope, &id).await?;
        may_use(&caller, &id, &model)?;
        Ok(view(&model))
    };
    match found.await {
        Ok(model) => json(&model),
        Err(refusal) => refuse(&parts, &refusal),
    }
}

/// The same, where the slash of an id was not escaped.
pub(crate) async fn get_model_with_slash(
    state: State<Gateway>,
    Path((provider, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    get_compatible_model(state, Path(format!("{provider}/{name}")), request).await
}

fn view(model: &Model) -> Value {
    json!({
        "id": model.id,
        "object": "model",
        // When models were made is not known here, and the field must be there.
        "created": 0,
        "owned_by": model.provider,
        "type": "model",
        "display_name": model.name,
        "created_at": "1970-01-01T00:00:00Z",
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
    })
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], value.to_string()).into_response()
}

fn refuse(parts: &http::request::Parts, refusal: &Refusal) -> Response {
    let request_id = body::request_id(&parts.extensions);
    if parts.headers.contains_key("anthropic-version") {
        anthropic::error::respond(refusal, &request_id)
    } else {
        error::respond(refusal, &request_id)
    }
}
