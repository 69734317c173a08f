//! Changes single fields of a JSON object and leaves all other bytes as they are.
//!
//! The text is checked to be JSON, but no tree is made of it: fields are found by their
//! place. Where a name stands twice, every occurrence is changed, so that a provider which
//! takes the last one sees the same as one which takes the first.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::client::Fault;

/// The members of a JSON object, in their order.
pub(super) struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// A name, borrowed unless it has escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Self)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// What is changed in a request.
pub(super) struct Changes<'a> {
    pub model: &'a str,
    /// Sets `stream_options.include_usage`.
    pub ask_usage: bool,
}

/// A request that is ready to be sent.
#[derive(Debug)]
pub(super) struct Spliced {
    pub body: Bytes,
    /// Whether the client had asked for usage in its stream.
    pub usage_was_asked: bool,
}

/// Applies the changes to a request.
pub(super) fn splice(body: &[u8], changes: &Changes<'_>) -> Result<Spliced, Fault> {
    let unreadable = |_| Fault::Unsupported("a body that is no JSON object".to_owned());
    let text = std::str::from_utf8(body).map_err(|_| Fault::Unsupported("a body that is not UTF-8".to_owned()))?;
    let Members(members) = serde_json::from_str(text).map_err(unreadable)?;
    let model = serde_json::to_string(changes.model).map_err(unreadable)?;
    let mut edits: Vec<(std::ops::Range<usize>, Cow<'_, str>)> = Vec::new();
    let mut usage_was_asked = false;
    let mut has_options = false;
    let mut has_model = false;
    for (name, value) in &members {
        match name.as_ref() {
            "model" => {
                has_model = true;
                edits.push((place(text, value), Cow::Borrowed(&model)));
            }
            "stream_options" if changes.ask_usage => {
                has_options = true;
                let (options, asked) = options(value.get());
                usage_was_asked = asked;
                if !asked {
                    edits.push((place(text, value), options));
                }
            }
            _ => {}
        }
    }
    let mut extra = String::new();
    if !has_model {
        extra = format!(r#""model":{model}"#);
    }
    if changes.ask_usage && !has_options {
        let comma = if extra.is_empty() { "" } else { "," };
        extra = format!(r#"{extra}{comma}"stream_options":{{"include_usage":true}}"#);
    }
    if !extra.is_empty() {
        let open = text.find('{').map_or(0, |at| at + 1);
        if !members.is_empty() {
            extra.push(',');
        }
        edits.insert(0, (open..open, extra.into()));
    }
    let mut out = Vec::with_capacity(text.len() + 96);
    let mut from = 0;
    for (range, with) in edits {
        out.extend_from_slice(text.as_bytes().get(from..range.start).unwrap_or_default());
        out.extend_from_slice(with.as_bytes());
        from = range.end;
    }
    out.extend_from_slice(text.as_bytes().get(from..).unwrap_or_default());
    Ok(Spliced { body: out.into(), usage_was_asked })
}

/// `stream_options` with usage asked for, and whether it was before.
fn options(text: &str) -> (Cow<'_, str>, bool) {
    const ASKING: &str = r#"{"include_usage":true}"#;
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(text) else {
        // Null, or what the provider shall refuse itself.
        return if text == "null" { (ASKING.into(), false) } else { (text.into(), true) };
    };
    let asked = members.iter().rfind(|(name, _)| name == "include_usage");
    if asked.is_some_and(|(_, value)| value.get() == "true") {
        return (text.into(), true);
    }
    let rest = members.iter().filter(|(name, _)| name != "include_usage");
    let mut options = r#"{"include_usage":true"#.to_owned();
    for (name, value) in rest {
        options.extend([",", &serde_json::Value::from(name.as_ref()).to_string(), ":", value.get()]);
    }
    options.push('}');
    (options.into(), false)
}

/// Where a value stands in the text that it was read from.
fn place(text: &str, value: &RawValue) -> std::ops::Range<usize> {
    let start = value.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + value.get().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn text(body: &str, ask_usage: bool) -> (String, bool) {
        let spliced = splice(body.as_bytes(), &Changes { model: "gpt-5.2", ask_usage }).unwrap();
        (String::from_utf8(spliced.body.to_vec()).unwrap(), spliced.usage_was_asked)
    }

    #[test]
    fn only_the_model_changes_and_all_else_stays_byte_for_byte() {
        let body = "{ \"new_field\": 1.0e+2,\n\t\"model\" :  \"fast\" , \"x\":{\"model\":\"inner\"},\"\\u006d\":\"ü\"}";
        let (changed, _) = text(body, false);
        assert_eq!(changed, body.replacen("\"fast\"", "\"gpt-5.2\"", 1));
    }

    #[test]
    fn usage_is_asked_for_once() {
        assert_eq!(
            text(r#"{"model":"a","n":1}"#, true),
            (r#"{"stream_options":{"include_usage":true},"model":"gpt-5.2","n":1}"#.to_owned(), false)
        );
        let asked = r#"{"model":"gpt-5.2","stream_options":{ "include_usage" : true,"z":[1] }}"#;
        assert_eq!(text(asked, true), (asked.to_owned(), true));
        assert_eq!(
            text(r#"{"model":"a","stream_options":{"include_obfuscation":false,"include_usage":false}}"#, true).0,
            r#"{"model":"gpt-5.2","stream_options":{"include_usage":true,"include_obfuscation":false}}"#
        );
        let null = text(r#"{"stream_options":null,"model":"a"}"#, true).0;
        assert_eq!(null, r#"{"stream_options":{"include_usage":true},"model":"gpt-5.2"}"#);
        assert_eq!(text("{}", true).0, r#"{"model":"gpt-5.2","stream_options":{"include_usage":true}}"#);
    }

    #[test]
    fn a_name_that_stands_twice_is_changed_twice() {
        assert_eq!(
            text(r#"{"model":"allowed","\u006dodel":"forbidden"}"#, false).0,
            r#"{"model":"gpt-5.2","\u006dodel":"gpt-5.2"}"#
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[]", "{\"model\":\"a\"", "{\"model\":\"a\"} x", "nope", "{\"a\":01}"] {
            let result = splice(body.as_bytes(), &Changes { model: "m", ask_usage: false });
            assert!(matches!(result, Err(Fault::Unsupported(_))), "{body}");
        }
        assert!(splice(b"{\"a\":\"\xff\"}", &Changes { model: "m", ask_usage: false }).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i64>().prop_map(Value::from), ".{0,12}".prop_map(Value::from), Just(Value::Null)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_request_keeps_its_other_fields(
            fields in prop::collection::btree_map(".{0,8}", value(), 0..6),
            pretty in any::<bool>(),
        ) {
            let mut fields: serde_json::Map<String, Value> = fields.into_iter().collect();
            fields.remove("stream_options");
            fields.insert("model".to_owned(), "given".into());
            let body = if pretty { serde_json::to_string_pretty(&fields) } else { serde_json::to_string(&fields) }.unwrap();
            let (changed, _) = text(&body, true);
            fields.insert("model".to_owned(), "gpt-5.2".into());
            fields.insert("stream_options".to_owned(), json!({ "include_usage": true }));
            prop_assert_eq!(serde_json::from_str::<Value>(&changed).unwrap(), Value::Object(fields));
        }
    }
}
