//! Filters (RFC 7644, 3.4.2.2): read by the crate scim_v2, tried on resources as they are shown.

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};
use serde_json::{Map, Value};

use super::{ScimError, resource::USER_SCHEMA};

/// What an index can find somebody by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Narrow {
    Id(String),
    /// In lower case.
    UserName(String),
    ExternalId(String),
}

/// Attributes whose case counts.
const EXACT: [&str; 3] = ["id", "externalid", "value"];

pub(super) fn parse(text: &str) -> Result<Filter, ScimError> {
    text.parse().map_err(|error: scim_v2::filter::ParseError| ScimError::Filter(shown(&error.to_string())))
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

/// What of the filter an index answers: one of the terms that all must hold.
pub(super) fn narrow(filter: &Filter) -> Option<Narrow> {
    match filter {
        Filter::And(all) => all.iter().find_map(narrow),
        Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text))) if path.sub_attr.is_none() => {
            match path.name.to_ascii_lowercase().as_str() {
                "id" => Some(Narrow::Id(text.clone())),
                "username" => Some(Narrow::UserName(text.to_lowercase())),
                "externalid" => Some(Narrow::ExternalId(text.clone())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether the resource passes.
pub(super) fn fits(filter: &Filter, resource: &Map<String, Value>) -> bool {
    match filter {
        Filter::Attr(term) => term_fits(term, resource),
        Filter::ValuePath(path) => {
            let found = attribute(resource, &path.attr);
            elements(found).any(|element| element.as_object().is_some_and(|fields| element_fits(&path.filter, fields)))
        }
        Filter::Not(inner) => !fits(inner, resource),
        Filter::And(all) => all.iter().all(|one| fits(one, resource)),
        Filter::Or(any) => any.iter().any(|one| fits(one, resource)),
    }
}

/// Whether an element of a list passes.
pub(super) fn element_fits(filter: &ValFilter, element: &Map<String, Value>) -> bool {
    match filter {
        ValFilter::Attr(term) => term_fits(term, element),
        ValFilter::Not(inner) => !element_fits(inner, element),
        ValFilter::And(all) => all.iter().all(|one| element_fits(one, element)),
        ValFilter::Or(any) => any.iter().any(|one| element_fits(one, element)),
    }
}

/// The value of an attribute; names are compared without case.
pub(super) fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields
        .get(name)
        .or_else(|| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn attribute<'a>(resource: &'a Map<String, Value>, path: &AttrPath) -> Option<&'a Value> {
    match path.uri.as_deref() {
        Some(uri) if !uri.to_ascii_lowercase().contains(":core:2.0:") && uri != USER_SCHEMA => {
            field(field(resource, uri)?.as_object()?, &path.name)
        }
        _ => field(resource, &path.name),
    }
}

/// The values of a list, or the one value.
fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let list: &[Value] = match value {
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter()
}

fn term_fits(term: &AttrExp, resource: &Map<String, Value>) -> bool {
    let (path, wanted) = match term {
        AttrExp::Present(path) => (path, None),
        AttrExp::Comparison(path, operator, value) => (path, Some((operator, value))),
    };
    let name = path.sub_attr.as_deref().unwrap_or(&path.name).to_ascii_lowercase();
    let mut values = elements(attribute(resource, path)).filter_map(|value| match (value, &path.sub_attr) {
        (Value::Object(fields), Some(sub)) => field(fields, sub),
        // A list of complex values is compared by what is called `value` (RFC 7643, 2.4).
        (Value::Object(fields), None) => field(fields, "value").or(Some(value)),
        (simple, None) => Some(simple),
        (_, Some(_)) => None,
    });
    match wanted {
        None => values.any(|value| !value.is_null() && value.as_str() != Some("")),
        // Whoever has no value is not equal to one.
        Some((CompareOp::Ne, wanted)) => !values.any(|value| compare(value, &CompareOp::Eq, wanted, &name)),
        Some((operator, wanted)) => values.any(|value| compare(value, operator, wanted, &name)),
    }
}

fn compare(value: &Value, operator: &CompareOp, wanted: &CompValue, name: &str) -> bool {
    match (value, wanted) {
        (Value::Bool(value), CompValue::True) => *operator == CompareOp::Eq && *value,
        (Value::Bool(value), CompValue::False) => *operator == CompareOp::Eq && !*value,
        // As Entra ID writes it.
        (Value::Bool(value), CompValue::Str(text)) => {
            *operator == CompareOp::Eq && text.eq_ignore_ascii_case(if *value { "true" } else { "false" })
        }
        (Value::String(value), CompValue::Str(wanted)) => {
            let (value, wanted) = if EXACT.contains(&name) {
                (value.clone(), wanted.clone())
            } else {
                (value.to_lowercase(), wanted.to_lowercase())
            };
            match operator {
                CompareOp::Eq => value == wanted,
                CompareOp::Ne => value != wanted,
                CompareOp::Co => value.contains(&wanted),
                CompareOp::Sw => value.starts_with(&wanted),
                CompareOp::Ew => value.ends_with(&wanted),
                CompareOp::Gt => value > wanted,
                CompareOp::Lt => value < wanted,
                CompareOp::Ge => value >= wanted,
                CompareOp::Le => value <= wanted,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn filters_are_tried_as_the_rfc_writes_them() {
        let resource = json!({
            "id": "user_1", "userName": "Ann@example.com", "externalId": "00u1", "active": true,
            "name": { "givenName": "Ann", "familyName": "O'Malley" },
            "emails": [{ "value": "ann@example.com", "type": "work", "primary": true }],
            "meta": { "lastModified": "2026-11-21T04:42:34Z" },
        });
        let resource = resource.as_object().unwrap();
        for (text, expected) in [
            (r#"userName eq "ann@EXAMPLE.com""#, true),
            (r#"USERNAME Eq "ann@example.com""#, true),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann""#, true),
            (r#"externalId eq "00U1""#, false),
            (r#"externalId eq "00u1" and active eq true"#, true),
            (r#"active eq "True""#, true),
            ("active eq false", false),
            (r#"name.familyName co "o'mall""#, true),
            ("title pr", false),
            ("userName pr and not (title pr)", true),
            (r#"emails[type eq "work" and value co "@example.com"]"#, true),
            (r#"emails[type eq "home"]"#, false),
            (r#"emails.value eq "ann@example.com""#, true),
            (r#"emails co "example.com""#, true),
            (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, true),
            (r#"userName eq "x" or (userName ne "x" and name.givenName ew "nn")"#, true),
        ] {
            assert_eq!(fits(&parse(text).unwrap(), resource), expected, "{text}");
        }
        for bad in ["", "userName", "userName eq", r#"userName is "x""#, r#"(userName eq "x""#, "x' OR 1=1 --"] {
            assert!(matches!(parse(bad), Err(ScimError::Filter(_))), "{bad}");
        }
    }

    #[test]
    fn an_index_answers_what_directories_ask() {
        let narrowed = |text: &str| narrow(&parse(text).unwrap());
        assert_eq!(narrowed(r#"userName eq "Ann@example.com""#), Some(Narrow::UserName("ann@example.com".to_owned())));
        assert_eq!(narrowed(r#"active eq true and externalId eq "00u1""#), Some(Narrow::ExternalId("00u1".to_owned())));
        assert_eq!(narrowed(r#"userName eq "a" or userName eq "b""#), None);
        assert_eq!(narrowed(r#"not (userName eq "a")"#), None);
    }
}
