//! Questions that mean the same: what may differ, and which kept answer is nearest.
//!
//! Only the last words of the user may differ, and not in their numbers; workspace, model,
//! parameters, instructions and the conversation before must be the same to the letter.
//! Requests with tools, pictures, files or state that lies elsewhere are never compared.
//!
//! The vectors are in this process, a bounded number of them, the oldest go first. Within a
//! group all are compared: groups are small, and the nearest is then really the nearest.

use std::{
    collections::{HashMap, VecDeque},
    sync::{PoisonError, RwLock},
};

use kernel::{TenantScope, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{Key, digest};

/// Longer questions are documents, of which a vector says too little.
const LONGEST: usize = 8 * 1024;
/// With any of these, an answer depends on more than its words.
const BEYOND_WORDS: &[&str] = &[
    "tools",
    "functions",
    "web_search_options",
    "previous_response_id",
    "conversation",
    "prompt",
    "mcp_servers",
    "container",
    "audio",
    "prediction",
];
/// All that a message of words has.
const OF_A_MESSAGE: &[&str] = &["role", "content", "type", "name", "id", "status", "cache_control"];
const ROLES: &[&str] = &["system", "developer", "user", "assistant"];
const WORDS: &[&str] = &["text", "input_text", "output_text"];

/// A question that may be compared: its words, and the group that it is compared in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub words: String,
    pub group: Key,
}

/// A question's place among its like.
#[derive(Debug, Clone)]
pub(crate) struct Meaning {
    pub group: Key,
    /// Of length one.
    pub vector: Box<[f32]>,
}

impl Question {
    /// None: it can't be compared.
    pub fn of(scope: &TenantScope, front: &str, pinned: bool, mut body: Value) -> Option<Self> {
        let request = body.as_object_mut()?;
        if request.iter().any(|(name, value)| BEYOND_WORDS.contains(&name.as_str()) && !is_empty(value)) {
            return None;
        }
        let said = if request.contains_key("messages") { "messages" } else { "input" };
        let words = match request.get_mut(said)? {
            Value::String(text) => std::mem::take(text),
            Value::Array(messages) => last_words(messages)?,
            _ => return None,
        };
        if words.trim().is_empty() || words.len() > LONGEST {
            return None;
        }
        let mut hash = Sha256::new();
        hash.update(b"meaning");
        hash.update(scope.workspace().uuid().as_bytes());
        hash.update([u8::from(pinned)]);
        hash.update(format!("{}:{front}", front.len()));
        digest(&body, &mut hash);
        // “In 2023” and “in 2024” are all but the same to a vector.
        for number in words.split(|c: char| !c.is_numeric()).filter(|number| !number.is_empty()) {
            hash.update(format!("#{number}"));
        }
        Some(Self { words, group: hash.finalize().into() })
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Takes the last message's words out, if all messages are nothing but words and the user
/// has the last ones.
fn last_words(messages: &mut [Value]) -> Option<String> {
    let is_words = |message: &Value| message.as_object().is_some_and(|message| text_of(message).is_some());
    if !messages.iter().all(is_words) {
        return None;
    }
    let last = messages.last_mut()?.as_object_mut()?;
    if last.get("role")? != "user" {
        return None;
    }
    let words = text_of(last)?;
    last.insert("content".to_owned(), Value::Null);
    Some(words)
}

/// The words of a message that has nothing else.
fn text_of(message: &Map<String, Value>) -> Option<String> {
    let plain = message.keys().all(|name| OF_A_MESSAGE.contains(&name.as_str()))
        && message.get("type").is_none_or(|kind| kind == "message")
        && ROLES.contains(&message.get("role")?.as_str()?);
    if !plain {
        return None;
    }
    match message.get("content")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts
            .iter()
            .map(|part| {
                part.get("text")?.as_str().filter(|_| WORDS.contains(&part["type"].as_str().unwrap_or_default()))
            })
            .collect::<Option<Vec<_>>>()
            .map(|texts| texts.join("\n")),
        _ => None,
    }
}

/// The vector in an answer in the shape of OpenAI's embeddings, brought to length one.
pub(crate) fn vector(answer: &[u8]) -> Option<Box<[f32]>> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Datum>,
    }
    #[derive(Deserialize)]
    struct Datum {
        embedding: Vec<f32>,
    }
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let mut vector = answer.data.into_iter().next()?.embedding.into_boxed_slice();
    let length = dot(&vector, &vector).sqrt();
    if !length.is_finite() || length <= f32::EPSILON {
        return None;
    }
    vector.iter_mut().for_each(|number| *number /= length);
    Some(vector)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Where kept answers are found by what their questions mean.
pub(crate) struct Index {
    threshold: f32,
    most: usize,
    kept: RwLock<Groups>,
}

#[derive(Default)]
struct Groups {
    by_group: HashMap<Key, VecDeque<Item>>,
    /// The group of each item, the oldest first.
    order: VecDeque<Key>,
}

struct Item {
    vector: Box<[f32]>,
    answer: Key,
    until: Timestamp,
}

impl Index {
    pub fn new(threshold: f32, most: usize) -> Self {
        Self { threshold, most, kept: RwLock::default() }
    }

    /// The answer to the nearest question, if it is near enough, and how near.
    pub fn nearest(&self, meaning: &Meaning, now: Timestamp) -> Option<(Key, f32)> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let items = kept.by_group.get(&meaning.group)?.iter();
        items
            .filter(|item| item.until > now && item.vector.len() == meaning.vector.len())
            .map(|item| (item.answer, dot(&item.vector, &meaning.vector).min(1.0)))
            .filter(|(_, likeness)| *likeness >= self.threshold)
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
    }

    pub fn add(&self, meaning: Meaning, answer: Key, until: Timestamp) {
        if self.most == 0 {
            return;
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        while kept.order.len() >= self.most {
            kept.forget_oldest();
        }
        kept.order.push_back(meaning.group);
        kept.by_group.entry(meaning.group).or_default().push_back(Item { vector: meaning.vector, answer, until });
    }
}

impl Groups {
    fn forget_oldest(&mut self) {
        let Some(group) = self.order.pop_front() else { return };
        if let Some(items) = self.by_group.get_mut(&group) {
            // Items of a group stand in the order in which they came.
            items.pop_front();
            if items.is_empty() {
                self.by_group.remove(&group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::WorkspaceId;
    use serde_json::json;

    use super::*;

    fn scope(id: u128) -> TenantScope {
        TenantScope::assume(WorkspaceId::from_uuid(uuid::Uuid::from_u128(id)))
    }

    fn question(body: &Value) -> Option<Question> {
        Question::of(&scope(1), "chat", false, body.clone())
    }

    fn chat(text: &str) -> Value {
        json!({ "model": "a/b", "temperature": 0, "messages": [
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": text },
        ] })
    }

    #[test]
    fn only_the_last_words_may_differ_and_not_their_numbers() {
        let base = question(&chat("How do bridges work?")).unwrap();
        assert_eq!(base.words, "How do bridges work?");
        assert_eq!(question(&chat("What holds a bridge?")).unwrap().group, base.group);
        let mut others = vec![chat("How do 2 bridges work?")];
        for (pointer, value) in [
            ("/model", json!("a/c")),
            ("/temperature", json!(1)),
            ("/messages/0/content", json!("Be long.")),
            ("/messages/0/role", json!("developer")),
        ] {
            let mut other = chat("How do bridges work?");
            *other.pointer_mut(pointer).unwrap() = value;
            others.push(other);
        }
        for other in others {
            assert_ne!(question(&other).unwrap().group, base.group, "{other}");
        }
        let body = || chat("How do bridges work?");
        assert_ne!(Question::of(&scope(2), "chat", false, body()).unwrap().group, base.group, "another workspace");
        assert_ne!(Question::of(&scope(1), "messages", false, body()).unwrap().group, base.group);
        assert_ne!(Question::of(&scope(1), "chat", true, body()).unwrap().group, base.group);
        assert_ne!(question(&chat("in 12 and 3")).unwrap().group, question(&chat("in 1 and 23")).unwrap().group);
    }

    #[test]
    fn the_words_are_found_in_every_shape() {
        for body in [
            json!({ "model": "m", "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }] }),
            json!({ "model": "m", "input": "Hi" }),
            json!({ "model": "m", "input": [{ "role": "user", "content": [{ "type": "input_text", "text": "Hi" }] }] }),
            json!({ "model": "m", "tools": [], "input": [{ "type": "message", "role": "user", "content": "Hi" }] }),
        ] {
            assert_eq!(question(&body).unwrap().words, "Hi", "{body}");
        }
    }

    #[test]
    fn what_is_more_than_words_is_never_compared() {
        let user = |content: Value| json!({ "model": "m", "messages": [{ "role": "user", "content": content }] });
        let image = json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } });
        for body in [
            json!({ "model": "m", "tools": [{ "type": "function" }], "messages": [{ "role": "user", "content": "Hi" }] }),
            json!({ "model": "m", "previous_response_id": "resp_1", "input": "Hi" }),
            user(json!([{ "type": "text", "text": "What is this?" }, image])),
            json!({ "model": "m", "messages": [user(json!([image]))["messages"][0], { "role": "user", "content": "Hi" }] }),
            json!({ "model": "m", "messages": [{ "role": "assistant", "content": "Hi" }] }),
            json!({ "model": "m", "messages": [
                { "role": "assistant", "content": "", "tool_calls": [{}] }, { "role": "user", "content": "Hi" },
            ] }),
            json!({ "model": "m", "messages": [
                { "role": "tool", "tool_call_id": "1", "content": "x" }, { "role": "user", "content": "Hi" },
            ] }),
            json!({ "model": "m", "input": [{ "type": "function_call_output", "output": "x" }] }),
            user(json!(" ")),
            user(json!("x".repeat(LONGEST + 1))),
            json!({ "model": "m", "messages": [] }),
            json!([]),
        ] {
            assert_eq!(question(&body), None, "{body}");
        }
    }

    #[test]
    fn the_nearest_of_the_group_is_found_and_the_oldest_goes_first() {
        let (now, later) = (Timestamp::from_micros(1), Timestamp::from_micros(9));
        let index = Index::new(0.9, 3);
        let at = |group: u8, x: f32, y: f32| {
            let vector = vector(json!({ "data": [{ "embedding": [x, y] }] }).to_string().as_bytes()).unwrap();
            Meaning { group: [group; 32], vector }
        };
        index.add(at(1, 1.0, 0.0), [1; 32], later);
        index.add(at(1, 1.0, 0.3), [2; 32], later);
        let near = |meaning: Meaning| index.nearest(&meaning, now).map(|(answer, _)| answer[0]);
        assert_eq!(near(at(1, 5.0, 0.1)), Some(1));
        assert_eq!(near(at(1, 1.0, 0.25)), Some(2));
        assert_eq!(near(at(1, 0.0, 1.0)), None, "below the threshold");
        assert_eq!(near(at(2, 1.0, 0.0)), None, "another group");
        assert!(index.nearest(&at(1, 1.0, 0.0), later).is_none(), "too old");
        index.add(at(2, 1.0, 0.0), [3; 32], later);
        index.add(at(2, 0.0, 1.0), [4; 32], later);
        assert_eq!(near(at(1, 1.0, 0.0)), Some(2), "the first has made room");
        assert_eq!(near(at(2, 0.0, 1.0)), Some(4));
    }

    #[test]
    fn a_vector_without_a_direction_is_none() {
        for answer in [r#"{"data":[{"embedding":[0,0]}]}"#, r#"{"data":[]}"#, r#"{"data":[{"embedding":"AAAA"}]}"#, ""]
        {
            assert!(vector(answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
