//! The tables of the chat. Every query of a person's things names the workspace and the person.

pub(crate) mod archive;
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
