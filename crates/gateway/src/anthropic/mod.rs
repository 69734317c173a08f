//! Anthropic's API, as its SDKs call it.
//!
//! Source: <https://docs.anthropic.com/en/api/messages>, and the types of anthropic-sdk-python.

pub(crate) mod count_tokens;
pub(crate) mod error;
pub(crate) mod messages;
