//! What goes into a statement ([`Value`]) and what comes out of a column ([`Cell`], [`Field`]).
//!
//! Invariants: a value that was bound reads back equal on both engines, except that U+0000, which
//! PostgreSQL can't store, becomes U+FFFD. Numbers are checked when they are narrowed, never truncated.

use std::fmt;

use kernel::{Id, NanoUsd, PicoUsd, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A parameter of a statement. Made by [`params!`](crate::params), from any [`From`] below.
#[derive(Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    /// JSON as text: JSONB on PostgreSQL, TEXT on SQLite.
    Json(String),
    /// A value that could not be turned into JSON; the statement that gets it fails with this message.
    Invalid(String),
}

impl Value {
    /// What it is, without its content.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "a uuid",
            Self::Json(_) => "JSON",
            Self::Invalid(_) => "an invalid value",
        }
    }
}

impl fmt::Debug for Value {
    /// Without the content: it may be a secret or somebody's letter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// A document in a JSON column. Binds what serialises, reads what deserialises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

macro_rules! into_value {
    ($($type:ty => |$name:ident| $value:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($name: $type) -> Self {
                $value
            }
        })*
    };
}

into_value! {
    bool => |it| Self::Bool(it);
    u8 => |it| Self::Int(it.into());
    u16 => |it| Self::Int(it.into());
    u32 => |it| Self::Int(it.into());
    i32 => |it| Self::Int(it.into());
    i64 => |it| Self::Int(it);
    // SQLite would make NULL of a NaN.
    f64 => |it| if it.is_finite() { Self::Float(it) } else { Self::Invalid(format!("{it} is not a number")) };
    String => |it| Self::Text(without_nul(it));
    &str => |it| Self::Text(without_nul(it.to_owned()));
    &String => |it| Self::Text(without_nul(it.clone()));
    Vec<u8> => |it| Self::Bytes(it);
    &[u8] => |it| Self::Bytes(it.to_vec());
    Uuid => |it| Self::Uuid(it);
    Timestamp => |it| Self::Int(it.micros());
    NanoUsd => |it| Self::Int(it.units());
    PicoUsd => |it| Self::Int(it.units());
}

impl<P> From<Id<P>> for Value {
    fn from(id: Id<P>) -> Self {
        Self::Uuid(id.uuid())
    }
}

impl<T: Serialize> From<Json<T>> for Value {
    fn from(Json(document): Json<T>) -> Self {
        match serde_json::to_string(&document) {
            Ok(text) => Self::Json(without_escaped_nul(text)),
            Err(error) => Self::Invalid(error.to_string()),
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The same for JSON, where U+0000 is written `\u0000` (and `\\u0000` is something else).
fn without_escaped_nul(json: String) -> String {
    if !json.contains("\\u0000") {
        return json;
    }
    let mut clean = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean.push_str(before);
        // An escape is a backslash and an ASCII character, or `\uXXXX`, of which only NUL matters here.
        let length = if escape.starts_with("\\u0000") { 6 } else { 2 };
        clean.push_str(if length == 6 { "\\ufffd" } else { &escape[..2] });
        rest = &escape[length..];
    }
    clean.push_str(rest);
    clean
}

/// One column of a row as the driver hands it out, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
}

impl Cell<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "a uuid",
        }
    }

    fn mismatch(self, expected: &str) -> String {
        format!("expected {expected}, found {}", self.kind())
    }
}

/// A type that can be read from one column.
pub trait Field: Sized {
    /// Reads it, or says what was found instead.
    fn read(cell: Cell<'_>) -> Result<Self, String>;
}

impl<T: Field> Field for Option<T> {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Null => Ok(None),
            cell => T::read(cell).map(Some),
        }
    }
}

impl Field for bool {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Bool(it) => Ok(it),
            // SQLite has no booleans of its own.
            Cell::Int(0) => Ok(false),
            Cell::Int(1) => Ok(true),
            other => Err(other.mismatch("a boolean")),
        }
    }
}

impl Field for i64 {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Int(it) => Ok(it),
            other => Err(other.mismatch("an integer")),
        }
    }
}

macro_rules! narrow_field {
    ($($type:ty),*) => {
        $(impl Field for $type {
            fn read(cell: Cell<'_>) -> Result<Self, String> {
                let wide = i64::read(cell)?;
                Self::try_from(wide).map_err(|_| format!("{wide} does not fit {}", stringify!($type)))
            }
        })*
    };
}
narrow_field!(u8, u16, u32, i32, u64, usize);

impl Field for f64 {
    #[allow(clippy::cast_precision_loss, reason = "SQLite stores a whole float as an integer")]
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Float(it) => Ok(it),
            Cell::Int(it) => Ok(it as Self),
            other => Err(other.mismatch("a float")),
        }
    }
}

impl Field for String {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Text(it) => Ok(it.to_owned()),
            other => Err(other.mismatch("text")),
        }
    }
}

impl Field for Vec<u8> {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Bytes(it) => Ok(it.to_vec()),
            other => Err(other.mismatch("bytes")),
        }
    }
}

impl Field for Uuid {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Uuid(it) => Ok(it),
            // A blob on SQLite.
            Cell::Bytes(it) => Self::from_slice(it).map_err(|_| format!("{} bytes are not a uuid", it.len())),
            other => Err(other.mismatch("a uuid")),
        }
    }
}

impl<P> Field for Id<P> {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        Uuid::read(cell).map(Self::from_uuid)
    }
}

impl Field for Timestamp {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        i64::read(cell).map(Self::from_micros)
    }
}

impl Field for NanoUsd {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        i64::read(cell).map(Self::new)
    }
}

impl Field for PicoUsd {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        i64::read(cell).map(Self::new)
    }
}

impl<T: DeserializeOwned> Field for Json<T> {
    fn read(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Text(it) => serde_json::from_str(it).map(Self).map_err(|error| error.to_string()),
            other => Err(other.mismatch("JSON")),
        }
    }
}
