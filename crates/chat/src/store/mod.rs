//! The tables of the chat. Every query names the workspace. One that finds a conversation, or a file, names the
//! person too, who owns it or whom it is shared with; one that reads messages takes the proof that somebody was let
//! into their conversation.

pub(crate) mod conversations;
pub(crate) mod files;
pub(crate) mod journal;
pub(crate) mod messages;
pub(crate) mod personal;
pub(crate) mod runs;

use database::Error;
use serde::Serialize;

/// A document as it stands in a TEXT column.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Encode(error.to_string()))
}

fn decode(column: &str, message: impl Into<String>) -> Error {
    Error::Decode { column: column.to_owned(), message: message.into() }
}
