//! An example of a JSON schema: the smallest value that the schema's plain parts allow.

use serde_json::{Map, Value, json};

/// How deep an example goes; a schema may refer to itself.
const DEPTH: usize = 12;

/// A value of the schema, with `text` where it wants words.
pub(super) fn of(schema: &Value, text: &str) -> Value {
    value(schema, schema, text, DEPTH)
}

fn value(schema: &Value, root: &Value, text: &str, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    let inner = |schema: &Value| value(schema, root, text, depth - 1);
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#')) {
        return root.pointer(target).map_or(Value::Null, inner);
    }
    if let Some(fixed) = schema.get("const").or_else(|| schema.get("default")) {
        return fixed.clone();
    }
    for choices in ["enum", "examples"] {
        if let Some(first) = schema.get(choices).and_then(Value::as_array).and_then(|values| values.first()) {
            return first.clone();
        }
    }
    for choices in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(choices).and_then(Value::as_array).and_then(|values| values.first()) {
            return inner(first);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    };
    let least = |name: &str| schema.get(name).and_then(Value::as_i64).unwrap_or(0);
    match kind {
        "object" => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let members = properties.into_iter().flatten().map(|(name, schema)| (name.clone(), inner(schema)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        "array" => {
            let count = usize::try_from(least("minItems")).unwrap_or(0).clamp(1, 100);
            let item = schema.get("items").map_or(json!(text), inner);
            vec![item; count].into()
        }
        "integer" => least("minimum").max(1).into(),
        "number" => schema.get("minimum").cloned().unwrap_or(json!(1.5)),
        "boolean" => true.into(),
        "null" => Value::Null,
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_have_the_shape_of_their_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string" },
                "kind": { "enum": ["a", "b"] },
                "steps": { "type": "array", "minItems": 2, "items": { "$ref": "#/$defs/step" } },
                "age": { "anyOf": [{ "type": "integer", "minimum": 18 }, { "type": "null" }] },
            },
            "$defs": { "step": { "type": "object", "properties": { "done": { "type": "boolean" } } } },
        });
        let expected =
            json!({ "name": "words", "kind": "a", "steps": [{ "done": true }, { "done": true }], "age": 18 });
        assert_eq!(of(&schema, "words"), expected);
        of(&json!({ "$ref": "#" }), "a circle ends");
    }
}
