//! OpenAI's API, as its SDKs call it.
//!
//! Source: <https://platform.openai.com/docs/api-reference>, and the types of openai-python.

pub(crate) mod chat;
pub(crate) mod embeddings;
pub(crate) mod error;
pub(crate) mod models;
pub(crate) mod responses;
mod shared;

pub(crate) use shared::{head, push};
