//! What a request comes to in tokens, before it is made.
//!
//! Counted by the model's own tokenizer where there is one, over the texts that stand in the
//! body, without building a tree of it. Pictures count as a large one. Meant to be too high
//! rather than too low: it is what limits and budgets keep room for.

use std::{borrow::Cow, fmt};

use contracts::{Providers, providers::Model};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A large picture.
const IMAGE: u64 = 1600;
/// What surrounds a message: its role and its borders.
const PER_MESSAGE: u64 = 6;
/// Texts beyond this many bytes are not tokenized, which would hold up everybody else.
const EXACT: usize = 64 * 1024;
/// Bytes of a token in long texts, on the low side.
const BYTES_PER_TOKEN: usize = 3;
/// Fields whose texts no model reads.
const SILENT: &[&str] = &["type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "detail", "media_type"];

/// Counts texts for one model.
pub(crate) struct Counter<'a> {
    providers: &'a dyn Providers,
    model: &'a Model,
    exact_left: usize,
    total: u64,
}

impl<'a> Counter<'a> {
    pub fn new(providers: &'a dyn Providers, model: &'a Model) -> Self {
        Self { providers, model, exact_left: EXACT, total: PER_MESSAGE }
    }

    pub fn text(&mut self, text: &str) {
        self.total += if let Some(left) = self.exact_left.checked_sub(text.len()) {
            self.exact_left = left;
            self.providers.count_tokens(self.model, text)
        } else {
            text.len().div_ceil(BYTES_PER_TOKEN) as u64
        };
    }

    /// The texts in a piece of JSON: messages, a system prompt.
    pub fn texts(&mut self, json: &str) {
        // What can't be read is refused elsewhere.
        let _ = Walk { counter: self, data: false }.deserialize(&mut serde_json::Deserializer::from_str(json));
    }

    pub fn total(&self) -> u64 {
        self.total
    }
}

struct Walk<'c, 'a> {
    counter: &'c mut Counter<'a>,
    /// Whether it stands in a field for binary data.
    data: bool,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if text.starts_with("data:image/") || (self.data && text.len() > 256) {
            self.counter.total += IMAGE;
        } else if text.starts_with("data:") {
            // Some other file: its pages can't be known.
            self.counter.total += (text.len() / 16) as u64 + IMAGE;
        } else {
            self.counter.text(text);
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.counter.total += 2;
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.counter.total += 2;
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.counter.total += 4;
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Walk { counter: &mut *self.counter, data: self.data })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            if key == "role" {
                self.counter.total += PER_MESSAGE;
            }
            if SILENT.contains(&key.as_ref()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Walk { counter: &mut *self.counter, data: key == "data" })?;
            }
        }
        Ok(())
    }
}

/// A name, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// The bytes of text that an event of a provider's stream, or a whole answer, holds: those of
/// the strings that follow one of `keys` (`"content":`). An estimate, for answers that break
/// off before they have told their usage.
pub(crate) fn text_bytes(json: &[u8], keys: &[&str]) -> usize {
    let after = |key: &str| -> usize {
        memchr::memmem::find_iter(json, key.as_bytes())
            .map(|at| string_bytes(json.get(at + key.len()..).unwrap_or_default()))
            .sum()
    };
    keys.iter().map(|key| after(key)).sum()
}

/// The bytes between the quotes, if a string comes first.
fn string_bytes(json: &[u8]) -> usize {
    let start = json.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if json.get(start) != Some(&b'"') {
        return 0;
    }
    let text = json.get(start + 1..).unwrap_or_default();
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        ends
    });
    end.unwrap_or(text.len())
}

/// The tokens of so many bytes of output.
pub(crate) fn of_bytes(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_an_event_is_measured_without_reading_it() {
        let event = br#"data: {"choices":[{"delta":{"role":"assistant","content": "a \"quoted\" word"}}]}"#;
        assert_eq!(text_bytes(event, &["\"content\":"]), r#"a \"quoted\" word"#.len());
        assert_eq!(text_bytes(br#"{"content":null}"#, &["\"content\":"]), 0);
        assert_eq!(text_bytes(br#"{"content":"broken off"#, &["\"content\":"]), 10);
    }
}
