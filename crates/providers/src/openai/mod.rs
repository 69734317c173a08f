//! OpenAI: Responses for models that reason, Chat Completions ([`crate::compatible`]) else.

mod events;
pub(crate) mod responses;

pub(crate) use self::events::{Usage, decoder};
