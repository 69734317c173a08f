//! One answer that is kept, and how it is written down for other processes.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use kernel::{NanoUsd, Timestamp};
use serde::{Deserialize, Serialize};

/// Larger answers are not kept, wherever.
pub(crate) const LARGEST: usize = 4 * 1024 * 1024;
/// What an entry takes besides its body.
const OVERHEAD: usize = 512;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub body: Bytes,
    pub about: About,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub stream: bool,
    pub model: String,
    /// What it cost then, in nano-dollars.
    pub cost: i64,
    /// When it was given, in microseconds since the epoch.
    pub at: i64,
    /// How long it is kept, in seconds.
    pub ttl: u64,
}

/// How an answer was found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    /// For the very same question.
    Exact,
    /// For one that means the same, by this much.
    Alike(f32),
}

impl Kept {
    pub fn cost(&self) -> NanoUsd {
        NanoUsd::new(self.about.cost)
    }

    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(Timestamp::from_micros(self.about.at))
    }

    /// How much longer it is kept.
    pub fn left(&self, now: Timestamp) -> Duration {
        Duration::from_secs(self.about.ttl).saturating_sub(self.age(now))
    }

    pub fn weight(&self) -> u32 {
        u32::try_from(self.body.len() + OVERHEAD).unwrap_or(u32::MAX)
    }

    /// A line about it, and then the body as it is.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&self.about).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub fn decode(bytes: Vec<u8>) -> Option<Self> {
        let line = memchr::memchr(b'\n', &bytes)?;
        let about = serde_json::from_slice(bytes.get(..line)?).ok()?;
        Some(Self { body: Bytes::from(bytes).slice(line + 1..), about })
    }

    pub fn response(&self, found: Found, now: Timestamp) -> Response {
        let mut response = self.body.clone().into_response();
        let headers = response.headers_mut();
        let kind = if self.about.stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::AGE, HeaderValue::from(self.age(now).as_secs()));
        headers.insert("x-parlance-attempts", HeaderValue::from_static("0"));
        headers.insert("x-parlance-cost-usd", HeaderValue::from_static("0"));
        let mut say = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        match found {
            Found::Exact => say("x-cache", "HIT"),
            Found::Alike(likeness) => {
                say("x-cache", "SEMANTIC");
                say("x-parlance-similarity", &format!("{likeness:.4}"));
            }
        }
        say("x-parlance-model", &self.about.model);
        say("x-parlance-saved-usd", &self.cost().to_string());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_back_and_anything_else_is_nothing() {
        let about = About { stream: true, model: "a/b".into(), cost: 1_000_000_007, at: 5_000_000, ttl: 60 };
        let kept = Kept { body: Bytes::from_static(b"data: {}\n\ndata: [DONE]\n\n"), about };
        assert_eq!(Kept::decode(kept.encode()).unwrap(), kept);
        assert_eq!(kept.left(Timestamp::from_micros(15_000_000)), Duration::from_secs(50));
        assert_eq!(kept.left(Timestamp::from_micros(90_000_000)), Duration::ZERO);
        for other in ["", "\n", "{}\nbody", "{\"stream\":true}", "no json\nbody"] {
            assert!(Kept::decode(other.as_bytes().to_vec()).is_none(), "{other}");
        }
    }
}
