//! The compatible APIs: what the official OpenAI and Anthropic SDKs call, under `/v1`.
//!
//! A front per wire format ([`openai`], [`anthropic`]) reads requests and writes answers;
//! [`call`] is the one way behind all of them, with the same keys, limits, budgets, routes and
//! ledger as the web chat. Where the provider speaks the front's format, its bytes pass
//! through unread.
//!
//! Invariants: no call is made for which there is no room; each call that was answered has
//! exactly one entry in the ledger, durable before its last byte goes out, whether the client
//! is still there or not; every stream ends; every error has the front's own shape and names
//! the field that it is about; nothing of a request is dropped in silence.
//!
//! Deliberately absent: which provider answers, retries and fallbacks (routing knows), prices
//! and caps (metering knows), and who a key belongs to (identity knows).

mod anthropic;
mod body;
mod cache;
mod call;
mod collect;
mod config;
mod fields;
mod front;
mod gateway;
mod guard;
mod minute;
mod openai;
mod outlive;
mod recall;
mod refusal;
mod relay;
mod reshape;
mod tab;
mod telemetry;
mod tokens;
mod worst;

use axum::{extract::DefaultBodyLimit, routing::get};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    cache::SharedAnswers,
    config::{Config, SemanticCache},
    gateway::{Error, Gateway, Parts},
    reshape::reshape,
};

/// Requests may hold pictures.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// Everything under `/v1`.
pub fn routes(gateway: Gateway) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(openai::chat::create_chat_completion))
        .routes(routes!(openai::responses::create_response))
        .routes(routes!(openai::embeddings::create_embeddings))
        .routes(routes!(openai::models::list_compatible_models))
        .routes(routes!(openai::models::get_compatible_model))
        .routes(routes!(anthropic::messages::create_message))
        .routes(routes!(anthropic::count_tokens::count_message_tokens))
        // Ids of models hold a slash, which not every client escapes.
        .route("/models/{id}/{*rest}", get(openai::models::get_model_with_slash))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(gateway)
}
