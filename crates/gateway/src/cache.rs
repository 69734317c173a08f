//! Answers kept for the same question: exact, per workspace, and only when a request asks.
//!
//! Invariants: only an answer that came whole and was settled is kept; it is found again by
//! the same workspace's request for the same model with the same fields in whatever order;
//! a stream is kept as a stream. A hit is not charged.
//!
//! Kept in this process, the least used go first when the memory is used up.

use std::{sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contracts::providers::Model;
use http::{HeaderMap, HeaderValue, header};
use kernel::{Env, NanoUsd, TenantScope, Timestamp};
use moka::{Expiry, future::Cache};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::refusal::Refusal;

/// The longest that an answer is kept: a week.
const LONGEST: u64 = 7 * 24 * 3600;
/// Larger answers are not kept.
const LARGEST: usize = 4 * 1024 * 1024;
/// What an entry takes besides its body.
const OVERHEAD: usize = 512;

type Key = [u8; 32];

/// The answers of this process.
#[derive(Clone)]
pub(crate) struct Answers {
    env: Env,
    kept: Cache<Key, Arc<Kept>>,
    enabled: bool,
}

struct Kept {
    body: Bytes,
    stream: bool,
    model: String,
    /// What it cost then.
    cost: NanoUsd,
    at: Timestamp,
    ttl: Duration,
}

/// Each entry lives as long as the request that made it said.
struct OwnTime;

impl Expiry<Key, Arc<Kept>> for OwnTime {
    fn expire_after_create(&self, _: &Key, kept: &Arc<Kept>, _: std::time::Instant) -> Option<Duration> {
        Some(kept.ttl)
    }
}

/// Where the answer to one request would stand.
#[derive(Clone)]
pub(crate) struct Place {
    answers: Answers,
    key: Key,
    ttl: Duration,
}

/// A stream on its way out, copied until it is too large.
pub(crate) struct Recording {
    place: Place,
    body: Option<Vec<u8>>,
}

/// How long the request wants answers kept: `x-parlance-cache: ttl=SECONDS`; none: not at all.
pub(crate) fn wanted(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    const NAME: &str = "x-parlance-cache";
    let Some(value) = headers.get(NAME) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let seconds = value.strip_prefix("ttl=").and_then(|seconds| seconds.parse().ok());
    match seconds {
        Some(seconds @ 1..=LONGEST) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(Refusal::malformed(NAME, format!("this header is `ttl=SECONDS` (1 to {LONGEST}) or `off`"))),
    }
}

impl Answers {
    pub fn new(env: Env, megabytes: u64) -> Self {
        let weigh = |_: &Key, kept: &Arc<Kept>| u32::try_from(kept.body.len() + OVERHEAD).unwrap_or(u32::MAX);
        let kept = Cache::builder()
            .max_capacity(megabytes.saturating_mul(1024 * 1024))
            .weigher(weigh)
            .expire_after(OwnTime)
            .build();
        Self { env, kept, enabled: megabytes > 0 }
    }

    /// The place of a request; none if nothing is kept here. `held`: the request as guardrails
    /// changed it, and whether they change its answer back.
    pub fn place(
        &self,
        scope: &TenantScope,
        front: &str,
        (body, held): (&[u8], Option<(&[u8], bool)>),
        ttl: Duration,
    ) -> Option<Place> {
        if !self.enabled {
            return None;
        }
        let value: Value = serde_json::from_slice(body).ok()?;
        let mut hash = Sha256::new();
        hash.update(scope.workspace().uuid().as_bytes());
        hash.update(front.as_bytes());
        digest(&value, &mut hash);
        if let Some((seen, restored)) = held {
            hash.update([u8::from(restored)]);
            digest(&serde_json::from_slice(seen).ok()?, &mut hash);
        }
        Some(Place { answers: self.clone(), key: hash.finalize().into(), ttl })
    }
}

/// Hashes a value so that the order of fields does not matter, and borders do.
fn digest(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            fields.sort_by_key(|(name, _)| *name);
            hash.update(format!("{{{}", fields.len()));
            for (name, value) in fields {
                hash.update(format!("{}:{name}", name.len()));
                digest(value, hash);
            }
        }
        Value::Array(list) => {
            hash.update(format!("[{}", list.len()));
            for value in list {
                digest(value, hash);
            }
        }
        Value::String(text) => {
            hash.update(format!("\"{}:", text.len()));
            hash.update(text);
        }
        other => hash.update(format!("={other};")),
    }
}

impl Place {
    /// The answer that is kept here, as a response.
    pub async fn look(&self) -> Option<Response> {
        let kept = self.answers.kept.get(&self.key).await;
        let result = if kept.is_some() { "hit" } else { "miss" };
        metrics::counter!("parlance_gateway_cache_total", "result" => result).increment(1);
        let kept = kept?;
        metrics::counter!("parlance_gateway_cache_saved_nano_usd_total")
            .increment(u64::try_from(kept.cost.units()).unwrap_or(0));
        let age = self.answers.env.now().since(kept.at).as_secs();
        let mut response = kept.body.clone().into_response();
        let headers = response.headers_mut();
        let kind = if kept.stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::AGE, HeaderValue::from(age));
        headers.insert("x-cache", HeaderValue::from_static("HIT"));
        headers.insert("x-parlance-attempts", HeaderValue::from_static("0"));
        headers.insert("x-parlance-cost-usd", HeaderValue::from_static("0"));
        if let Ok(model) = HeaderValue::from_str(&kept.model) {
            headers.insert("x-parlance-model", model);
        }
        Some(response)
    }

    pub async fn keep(self, body: Bytes, stream: bool, model: &Model, cost: NanoUsd) {
        if body.len() > LARGEST {
            return;
        }
        let at = self.answers.env.now();
        let kept = Kept { body, stream, model: model.id.clone(), cost, at, ttl: self.ttl };
        self.answers.kept.insert(self.key, Arc::new(kept)).await;
    }

    pub fn record(self) -> Recording {
        Recording { place: self, body: Some(Vec::new()) }
    }
}

impl Recording {
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(body) = &mut self.body {
            if body.len() + bytes.len() > LARGEST {
                self.body = None;
            } else {
                body.extend_from_slice(bytes);
            }
        }
    }

    pub async fn keep(self, model: &Model, cost: NanoUsd) {
        if let Some(body) = self.body {
            self.place.keep(body.into(), true, model, cost).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(value: &Value) -> Vec<u8> {
        let mut hash = Sha256::new();
        digest(value, &mut hash);
        hash.finalize().to_vec()
    }

    #[test]
    fn the_order_of_fields_does_not_matter_and_all_else_does() {
        let value = json!({ "a": 1, "b": ["x", "y"], "c": null });
        let same: Value = serde_json::from_str(r#"{"b":["x","y"],"a":1}"#).unwrap();
        assert_eq!(key(&value), key(&same));
        for other in [
            json!({ "a": 1, "b": ["xy"] }),
            json!({ "a": 1, "b": ["y", "x"] }),
            json!({ "a": "1", "b": ["x", "y"] }),
            json!({ "a": 1, "b": ["x", "y"], "d": 0 }),
            json!({ "a": 1.5, "b": ["x", "y"] }),
        ] {
            assert_ne!(key(&value), key(&other), "{other}");
        }
    }
}
