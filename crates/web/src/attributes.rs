//! Attributes: JSON objects whose fields are somebody else's choice.

use serde_json::Value;

/// A JSON object.
pub type Attributes = serde_json::Map<String, Value>;

/// Bytes of JSON that attributes may have.
const MAX_BYTES: usize = 16 * 1024;

/// Checks what every database can keep of them.
pub fn check(attributes: &Attributes) -> garde::Result {
    let size = serde_json::to_vec(attributes).map_or(usize::MAX, |bytes| bytes.len());
    if size > MAX_BYTES {
        return Err(garde::Error::new("must have at most 16 KiB"));
    }
    if attributes.iter().any(|(key, value)| key.contains('\0') || has_nul(value)) {
        return Err(garde::Error::new("must not contain the character U+0000"));
    }
    Ok(())
}

/// The one character that PostgreSQL can't store in a document.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
