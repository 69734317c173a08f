//! What a request comes to in tokens, before it is made.
//!
//! Counted by the model's own tokenizer where there is one, over the texts that stand in the
//! body, without building a tree of it. Pictures count as a large one. Meant to be too high
//! rather than too low: it is what limits and budgets keep room for.

use std::{borrow::Cow, fmt, sync::Arc};

use contracts::{Providers, providers::Model};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Gateway, front::Head};

/// A large picture.
const IMAGE: u64 = 1600;
/// What surrounds a message: its role and its borders.
const PER_MESSAGE: u64 = 6;
/// Beyond so many bytes, of which pictures may be most, a request is counted on a thread where
/// it holds up nobody: this much takes some 200 µs.
const AT_ONCE: usize = 16 * 1024;
/// Bytes of a token, on the low side.
const BYTES_PER_TOKEN: u64 = 3;
/// Fields whose texts no model reads.
const SILENT: &[&str] = &["type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "detail", "media_type"];

/// The tokens of a request for a model. Linear in its length, whatever it is.
pub(crate) async fn of_request(gateway: &Gateway, model: &Arc<Model>, head: &Head<'_>) -> u64 {
    let texts = head.texts.iter().chain(&head.verbatim);
    let length: usize = texts.map(|text| text.len()).sum();
    if length <= AT_ONCE {
        return Counter::new(gateway.providers(), model).all(&head.texts, &head.verbatim);
    }
    let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
    let (gateway, model) = (gateway.clone(), Arc::clone(model));
    let (texts, verbatim) = (owned(&head.texts), owned(&head.verbatim));
    let count = move || Counter::new(gateway.providers(), &model).all(&texts, &verbatim);
    tokio::task::spawn_blocking(count).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request can't be counted");
        (length as u64).div_ceil(BYTES_PER_TOKEN)
    })
}

/// Counts texts for one model.
struct Counter<'a> {
    providers: &'a dyn Providers,
    model: &'a Model,
    total: u64,
}

impl<'a> Counter<'a> {
    fn new(providers: &'a dyn Providers, model: &'a Model) -> Self {
        Self { providers, model, total: PER_MESSAGE }
    }

    /// Of JSON with texts in it, and of texts.
    fn all(mut self, texts: &[impl AsRef<str>], verbatim: &[impl AsRef<str>]) -> u64 {
        for json in texts {
            self.texts(json.as_ref());
        }
        for text in verbatim {
            self.text(text.as_ref());
        }
        self.total
    }

    fn text(&mut self, text: &str) {
        self.total += self.providers.count_tokens(self.model, text);
    }

    /// The texts in a piece of JSON: messages, a system prompt.
    fn texts(&mut self, json: &str) {
        // What can't be read is refused elsewhere.
        let _ = Walk { counter: self, data: false }.deserialize(&mut serde_json::Deserializer::from_str(json));
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
