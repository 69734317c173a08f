//! Members' attributes against the workspace's JSON Schema (draft 2020-12).

use std::collections::BTreeSet;

use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use web::{FieldError, attributes::Attributes};

use crate::TenancyError;

/// Characters of a value that can be searched for.
const SEARCHED: usize = 200;
/// Mistakes that are told at once.
const MOST_TOLD: usize = 20;

/// What attributes must follow.
pub(crate) struct Rules(Option<Validator>);

impl Rules {
    /// None: anything goes. Nothing is fetched: a schema that refers to another document is refused. Patterns
    /// take time in proportion to the text, whatever they are.
    pub fn new(schema: Option<&Attributes>) -> Result<Self, TenancyError> {
        let Some(schema) = schema else { return Ok(Self(None)) };
        let schema = Value::Object(schema.clone());
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .should_validate_formats(true)
            .build(&schema)
            .map_err(|error| TenancyError::ProfileSchema(error.to_string()))?;
        Ok(Self(Some(validator)))
    }

    /// What is wrong, each with the way to it.
    pub fn faults(&self, attributes: &Attributes) -> Vec<FieldError> {
        let Some(validator) = &self.0 else { return Vec::new() };
        let instance = Value::Object(attributes.clone());
        validator.iter_errors(&instance).take(MOST_TOLD).map(|error| fault(&error)).collect()
    }

    pub fn check(&self, attributes: &Attributes) -> Result<(), TenancyError> {
        let faults = self.faults(attributes);
        if faults.is_empty() { Ok(()) } else { Err(TenancyError::Profile(faults)) }
    }
}

fn fault(error: &ValidationError<'_>) -> FieldError {
    // From a JSON Pointer (RFC 6901) to the dotted path of all field errors.
    let path = error.instance_path().as_str().replace('/', ".").replace("~1", "/").replace("~0", "~");
    FieldError { field: format!("attributes{path}"), code: "invalid".to_owned(), message: error.to_string() }
}

/// The single values among attributes, as they are searched for: each with the names on the way to it.
pub(crate) fn values(attributes: &Attributes) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (name, value) in attributes {
        collect(name, value, &mut found);
    }
    found
}

fn collect(path: &str, value: &Value, found: &mut BTreeSet<(String, String)>) {
    let text = match value {
        Value::Null => return,
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => value.to_lowercase(),
        Value::Array(items) => return items.iter().for_each(|item| collect(path, item, found)),
        Value::Object(fields) => {
            return fields.iter().for_each(|(name, value)| collect(&format!("{path}.{name}"), value, found));
        }
    };
    let short = |text: &str| text.chars().take(SEARCHED).collect::<String>();
    found.insert((short(path), short(&text)));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Attributes {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_does_not_follow_the_schema_is_named() {
        let schema = json!({
            "type": "object",
            "required": ["department"],
            "properties": {
                "department": { "enum": ["Sales", "Research"] },
                "phone": { "type": "string", "pattern": "^\\+[0-9]{6,15}$" },
                "address": { "type": "object", "properties": { "zip/code": { "type": "string" } } },
            },
            "additionalProperties": false,
        });
        let rules = Rules::new(Some(&object(schema))).unwrap();
        assert!(rules.faults(&object(json!({ "department": "Sales", "phone": "+84901234567" }))).is_empty());
        let wrong = json!({ "department": "Golf", "phone": "0901", "address": { "zip/code": 7 }, "extra": 1 });
        let fields: BTreeSet<String> = rules.faults(&object(wrong)).into_iter().map(|fault| fault.field).collect();
        let expected = ["attributes", "attributes.address.zip/code", "attributes.department", "attributes.phone"];
        assert_eq!(fields, expected.map(str::to_owned).into());
    }

    #[test]
    fn a_schema_that_is_none_or_refers_elsewhere_is_refused() {
        for schema in [
            json!({ "type": "objekt" }),
            json!({ "$ref": "https://example.com/schema.json" }),
            json!({ "$ref": "file:///etc/passwd" }),
            json!({ "properties": { "a": { "pattern": "(" } } }),
            // Only backtracking could match it.
            json!({ "properties": { "a": { "pattern": "(a+)\\1" } } }),
        ] {
            assert!(
                matches!(Rules::new(Some(&object(schema.clone()))), Err(TenancyError::ProfileSchema(_))),
                "{schema}"
            );
        }
    }

    #[test]
    fn values_are_searched_by_the_names_on_the_way_to_them() {
        let attributes =
            json!({ "Team": { "Name": "Übung" }, "skills": ["Rust", "Rust", 7], "lead": true, "none": null });
        let found: Vec<(String, String)> = values(&object(attributes)).into_iter().collect();
        let expected = [("Team.Name", "übung"), ("lead", "true"), ("skills", "7"), ("skills", "rust")];
        assert_eq!(found, expected.map(|(field, value)| (field.to_owned(), value.to_owned())));
    }
}
