//! PATCH (RFC 7644, 3.5.2), on the resource as it is shown; what comes of it is read like a whole one.
//!
//! Beside what the RFC writes, it takes what directories send: `op` in any case, paths as the names of fields of a value
//! without path, and a `remove` of members that names them in `value`.

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, PatchPath, ValFilter};
use serde_json::{Map, Value};

use super::{ScimError, filter};

/// Operations in one request.
const MOST: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

/// Applies a request's operations, one after the other.
pub(super) fn apply(resource: &mut Map<String, Value>, body: &Value) -> Result<(), ScimError> {
    let body = body.as_object().ok_or_else(|| ScimError::Syntax("it is no object".to_owned()))?;
    let operations = filter::field(body, "Operations")
        .and_then(Value::as_array)
        .ok_or_else(|| ScimError::Syntax("it has no Operations".to_owned()))?;
    if operations.len() > MOST {
        return Err(ScimError::Syntax(format!("it has more than {MOST} operations")));
    }
    for operation in operations {
        let operation =
            operation.as_object().ok_or_else(|| ScimError::Syntax("an operation is no object".to_owned()))?;
        let op = match filter::field(operation, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
            Some("add") => Op::Add,
            Some("replace") => Op::Replace,
            Some("remove") => Op::Remove,
            _ => return Err(ScimError::Syntax("op must be add, replace or remove".to_owned())),
        };
        let value = filter::field(operation, "value").cloned().unwrap_or(Value::Null);
        match filter::field(operation, "path").and_then(Value::as_str).filter(|path| !path.is_empty()) {
            Some(path) => apply_at(resource, op, &parse(path)?, value)?,
            None if op == Op::Remove => return Err(ScimError::NoTarget),
            None => {
                let Value::Object(fields) = value else {
                    return Err(ScimError::value("an operation without path needs an object as value"));
                };
                for (name, value) in fields {
                    // An extension's fields stand in an object under its name, which is no path.
                    if name.to_ascii_lowercase().starts_with("urn:") && value.is_object() || name == "schemas" {
                        continue;
                    }
                    apply_at(resource, op, &parse(&name)?, value)?;
                }
            }
        }
    }
    Ok(())
}

fn parse(path: &str) -> Result<PatchPath, ScimError> {
    path.parse()
        .map_err(|error: scim_v2::filter::ParseError| ScimError::Path(error.to_string().chars().take(200).collect()))
}

fn apply_at(resource: &mut Map<String, Value>, op: Op, path: &PatchPath, value: Value) -> Result<(), ScimError> {
    match path {
        PatchPath::Attr(path) if is_extension(path) => Ok(()),
        PatchPath::Attr(path) => match &path.sub_attr {
            None => {
                at_attribute(resource, op, &path.name, value);
                Ok(())
            }
            Some(sub) => {
                let target = entry(resource, &path.name);
                if target.is_null() && op != Op::Remove {
                    *target = Value::Object(Map::new());
                }
                match target {
                    Value::Object(fields) => at_attribute(fields, op, sub, value),
                    Value::Array(list) => list
                        .iter_mut()
                        .filter_map(Value::as_object_mut)
                        .for_each(|fields| at_attribute(fields, op, sub, value.clone())),
                    _ => {}
                }
                Ok(())
            }
        },
        PatchPath::Value(path) if is_extension(&path.attr) => Ok(()),
        PatchPath::Value(path) => {
            let target = entry(resource, &path.attr.name);
            if target.is_null() {
                *target = Value::Array(Vec::new());
            }
            let Value::Array(list) = target else { return Err(ScimError::NoTarget) };
            let fits = |element: &Value| element.as_object().is_some_and(|it| filter::element_fits(&path.filter, it));
            if op == Op::Remove && path.sub_attr.is_none() {
                list.retain(|element| !fits(element));
                return Ok(());
            }
            if op != Op::Remove && !list.iter().any(fits) {
                // As Entra ID wants it: what the filter asks for is made.
                list.push(Value::Object(described(&path.filter)));
            }
            for element in list.iter_mut().filter(|element| fits(element)) {
                let Value::Object(fields) = element else { continue };
                match (&path.sub_attr, &value) {
                    (Some(sub), _) => at_attribute(fields, op, sub, value.clone()),
                    (None, Value::Object(new)) => fields.extend(new.clone()),
                    (None, _) => return Err(ScimError::value("an element of this list is an object")),
                }
            }
            Ok(())
        }
    }
}

/// Of attributes that are not kept.
fn is_extension(path: &AttrPath) -> bool {
    path.uri.as_deref().is_some_and(|uri| !uri.to_ascii_lowercase().contains(":core:2.0:"))
}

/// The attribute's place; null if there was nothing.
fn entry<'a>(fields: &'a mut Map<String, Value>, name: &str) -> &'a mut Value {
    let known = fields.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    fields.entry(known.unwrap_or_else(|| name.to_owned())).or_insert(Value::Null)
}

fn at_attribute(fields: &mut Map<String, Value>, op: Op, name: &str, value: Value) {
    let target = entry(fields, name);
    match (op, target, value) {
        // Entra ID names the members to remove in `value`.
        (Op::Remove, Value::Array(list), Value::Array(gone)) if !gone.is_empty() => {
            let id = |value: &Value| match value {
                Value::Object(fields) => filter::field(fields, "value").cloned(),
                simple => Some(simple.clone()),
            };
            let gone: Vec<Value> = gone.iter().filter_map(id).collect();
            list.retain(|element| id(element).is_none_or(|id| !gone.contains(&id)));
        }
        (Op::Remove, target, _) => *target = Value::Null,
        (Op::Add, Value::Array(list), Value::Array(new)) => {
            for element in new {
                if !list.contains(&element) {
                    list.push(element);
                }
            }
        }
        (Op::Add, Value::Array(list), element) => {
            if !list.contains(&element) {
                list.push(element);
            }
        }
        (_, Value::Object(target), Value::Object(new)) => {
            for (name, value) in new {
                *entry(target, &name) = value;
            }
        }
        (_, target, value) => *target = value,
    }
}

/// What an element that fits the filter has.
fn described(filter: &ValFilter) -> Map<String, Value> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) => {
            let value = match value {
                CompValue::True => Value::Bool(true),
                CompValue::False => Value::Bool(false),
                CompValue::Null => Value::Null,
                CompValue::Number(number) => Value::Number(number.clone()),
                CompValue::Str(text) => Value::String(text.clone()),
            };
            Map::from_iter([(path.name.clone(), value)])
        }
        ValFilter::And(all) => all.iter().flat_map(described).collect(),
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(resource: Value, operations: Value) -> Value {
        let Value::Object(mut resource) = resource else { panic!() };
        apply(&mut resource, &json!({ "Operations": operations })).unwrap();
        Value::Object(resource)
    }

    #[test]
    fn what_directories_send_is_applied() {
        let ann =
            json!({ "active": true, "name": { "givenName": "Ann" }, "emails": [{ "type": "work", "value": "a@b.c" }] });
        // Entra ID.
        let changed = patched(
            ann.clone(),
            json!([
                { "op": "Replace", "path": "active", "value": "False" },
                { "op": "Add", "path": "name.familyName", "value": "Lee" },
                { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "x@b.c" },
                { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1" },
                { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "R" },
            ]),
        );
        assert_eq!(
            changed,
            json!({
                "active": "False", "name": { "givenName": "Ann", "familyName": "Lee" },
                "emails": [{ "type": "work", "value": "x@b.c" }], "phoneNumbers": [{ "type": "mobile", "value": "1" }],
            })
        );
        // Okta, and Entra ID's older form.
        let changed = patched(
            ann.clone(),
            json!([{ "op": "replace", "value": { "active": false, "name.familyName": "Lee", "name": { "givenName": "An" } } }]),
        );
        assert_eq!(changed["active"], false);
        assert_eq!(changed["name"], json!({ "givenName": "An", "familyName": "Lee" }));
    }

    #[test]
    fn members_come_and_go() {
        let member = |id: &str| json!({ "value": id });
        let group = json!({ "members": [member("a"), member("b"), member("c")] });
        for (operation, left) in [
            (json!({ "op": "remove", "path": "members[value eq \"b\"]" }), vec!["a", "c"]),
            (
                json!({ "op": "Remove", "path": "members", "value": [{ "value": "a" }, { "value": "x" }] }),
                vec!["b", "c"],
            ),
            (
                json!({ "op": "add", "path": "members", "value": [{ "value": "c" }, { "value": "d" }] }),
                vec!["a", "b", "c", "d"],
            ),
            (json!({ "op": "replace", "path": "members", "value": [{ "value": "d" }] }), vec!["d"]),
        ] {
            let changed = patched(group.clone(), json!([operation]));
            assert_eq!(changed["members"], left.iter().map(|id| member(id)).collect::<Value>(), "{operation}");
        }
        assert_eq!(patched(group, json!([{ "op": "remove", "path": "members" }]))["members"], Value::Null);
    }

    #[test]
    fn nonsense_is_refused() {
        for body in [
            json!([]),
            json!({}),
            json!({ "Operations": ["x"] }),
            json!({ "Operations": [{ "op": "move", "path": "a" }] }),
            json!({ "Operations": [{ "op": "remove" }] }),
            json!({ "Operations": [{ "op": "add", "value": 1 }] }),
            json!({ "Operations": [{ "op": "add", "path": "a[", "value": 1 }] }),
        ] {
            assert!(apply(&mut Map::new(), &body).is_err(), "{body}");
        }
    }
}
