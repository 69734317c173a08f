//! Answers kept for the same question, per workspace, and only when a request asks.
//!
//! Invariants: only an answer that came whole and was settled is kept; it is found again by
//! the same workspace's request for the same model with the same fields in whatever order,
//! or, where both asked for it, by one whose last words mean the same ([`meaning`]); a stream
//! is kept as a stream. A hit is not charged, and is no older than its request allows.
//!
//! Kept in this process, where the least used go first when the memory is used up, and in
//! Redis for all processes if there is one ([`shared`]).

mod kept;
mod meaning;
mod shared;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contracts::providers::Model;
use http::HeaderMap;
use kernel::{Env, NanoUsd, Tasks, TenantScope};
use moka::{Expiry, future::Cache};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Config, refusal::Refusal};

pub(crate) use kept::{Found, Kept};
pub(crate) use meaning::{Meaning, Question, vector};
pub use shared::SharedAnswers;

use kept::{About, LARGEST};
use meaning::Index;

/// The longest that an answer is kept: a week.
const LONGEST: u64 = 7 * 24 * 3600;

type Key = [u8; 32];

/// What a request asks of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub ttl: Duration,
    /// Also the answer to a question that means the same.
    pub semantic: bool,
}

/// What guardrails made of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    /// As they changed it, and whether they change its answer back.
    pub changed: Option<(&'a [u8], bool)>,
    /// The most tokens that they let in.
    pub max_input: Option<u64>,
}

/// The answers within reach of this process.
#[derive(Clone)]
pub(crate) struct Answers(Arc<Inner>);

struct Inner {
    env: Env,
    tasks: Tasks,
    kept: Cache<Key, Arc<Kept>>,
    shared: Option<SharedAnswers>,
    index: Option<Index>,
    enabled: bool,
}

/// Each entry lives as long as the request that made it said.
struct OwnTime(Env);

impl Expiry<Key, Arc<Kept>> for OwnTime {
    fn expire_after_create(&self, _: &Key, kept: &Arc<Kept>, _: std::time::Instant) -> Option<Duration> {
        Some(kept.left(self.0.now()))
    }

    fn expire_after_update(
        &self,
        _: &Key,
        kept: &Arc<Kept>,
        _: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.left(self.0.now()))
    }
}

/// Where the answer to one request would stand.
#[derive(Clone)]
pub(crate) struct Place {
    answers: Answers,
    scope: TenantScope,
    key: Key,
    ttl: Duration,
    /// The question, if it may be answered by what was said to one that means the same.
    pub question: Option<Question>,
    meaning: Option<Meaning>,
}

/// A stream on its way out, copied until it is too large.
pub(crate) struct Recording {
    place: Place,
    body: Option<Vec<u8>>,
}

/// `x-parlance-cache: ttl=SECONDS`, also with `, semantic`; none: nothing is looked up or kept.
pub(crate) fn wanted(headers: &HeaderMap) -> Result<Option<Wanted>, Refusal> {
    let Some(value) = headers.get(NAME) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let (mut ttl, mut semantic, mut known) = (None, false, true);
    for word in value.split(',').map(str::trim) {
        match word.strip_prefix("ttl=").map(str::parse) {
            Some(Ok(seconds @ 1..=LONGEST)) if ttl.is_none() => ttl = Some(Duration::from_secs(seconds)),
            None if word.eq_ignore_ascii_case("semantic") => semantic = true,
            _ => known = false,
        }
    }
    match ttl {
        Some(ttl) if known => Ok(Some(Wanted { ttl, semantic })),
        _ => Err(Refusal::malformed(
            NAME,
            format!("this header is `ttl=SECONDS` (1 to {LONGEST}), `ttl=SECONDS, semantic` or `off`"),
        )),
    }
}

const NAME: &str = "x-parlance-cache";

/// Counts what became of a look, or that an answer was kept.
pub(crate) fn count(result: &'static str) {
    metrics::counter!("parlance_gateway_cache_total", "result" => result).increment(1);
}

impl Answers {
    pub fn new(env: Env, tasks: Tasks, config: &Config, shared: Option<SharedAnswers>) -> Self {
        let kept = Cache::builder()
            .max_capacity(config.cache_mb.saturating_mul(1024 * 1024))
            .weigher(|_: &Key, kept: &Arc<Kept>| kept.weight())
            .expire_after(OwnTime(env.clone()))
            .build();
        let semantic = &config.semantic_cache;
        let index = semantic.enabled.then(|| Index::new(semantic.threshold, semantic.max_entries));
        Self(Arc::new(Inner { env, tasks, kept, shared, index, enabled: config.cache_mb > 0 }))
    }

    /// The place of a request; none if nothing is kept here. `body`: as it was asked. `pinned`:
    /// only the model that was asked for may answer.
    pub fn place(
        &self,
        scope: &TenantScope,
        front: &str,
        (body, held): (&[u8], Held<'_>),
        pinned: bool,
        wanted: Wanted,
    ) -> Result<Option<Place>, Refusal> {
        if wanted.semantic && self.0.index.is_none() {
            return Err(Refusal::malformed(NAME, "answers by meaning are not switched on here; ask with `ttl=` alone"));
        }
        if !self.0.enabled {
            return Ok(None);
        }
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
        let mut hash = Sha256::new();
        hash.update(scope.workspace().uuid().as_bytes());
        hash.update([u8::from(pinned)]);
        hash.update(front.as_bytes());
        digest(&value, &mut hash);
        // A looser limit let in what this one may not.
        hash.update(held.max_input.unwrap_or(u64::MAX).to_be_bytes());
        if let Some((seen, restored)) = held.changed {
            let Ok(seen) = serde_json::from_slice(seen) else { return Ok(None) };
            hash.update([u8::from(restored)]);
            digest(&seen, &mut hash);
        }
        let question = wanted.semantic.then(|| Question::of(scope, front, pinned, value)).flatten();
        let (answers, key) = (self.clone(), hash.finalize().into());
        Ok(Some(Place { answers, scope: *scope, key, ttl: wanted.ttl, question, meaning: None }))
    }

    /// What is kept, here or in Redis.
    async fn find(&self, scope: &TenantScope, key: &Key) -> Option<Arc<Kept>> {
        if let Some(kept) = self.0.kept.get(key).await {
            return Some(kept);
        }
        let now = self.0.env.now();
        let kept = self.0.shared.as_ref()?.get(scope.workspace(), key, now).await?;
        if kept.left(now).is_zero() {
            return None;
        }
        let kept = Arc::new(kept);
        self.0.kept.insert(*key, Arc::clone(&kept)).await;
        Some(kept)
    }

    async fn keep(&self, scope: TenantScope, key: Key, kept: Kept) {
        count("store");
        let kept = Arc::new(kept);
        self.0.kept.insert(key, Arc::clone(&kept)).await;
        if let Some(shared) = self.0.shared.clone() {
            // Nobody waits for Redis.
            let now = self.0.env.now();
            self.0.tasks.spawn("gateway: cache", async move { shared.put(scope.workspace(), &key, &kept, now).await });
        }
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
    /// The answer to the very same question.
    pub async fn look(&self) -> Option<Arc<Kept>> {
        self.fresh(&self.key).await
    }

    /// The answer to the nearest question of those that mean the same, and how near it is.
    /// What is kept here is then found by this meaning too.
    pub async fn look_by(&mut self, vector: Box<[f32]>) -> Option<(Arc<Kept>, f32)> {
        let (index, question) = (self.answers.0.index.as_ref()?, self.question.as_ref()?);
        let meaning = self.meaning.insert(Meaning { group: question.group, vector });
        let (key, likeness) = index.nearest(meaning, self.answers.0.env.now())?;
        Some((self.fresh(&key).await?, likeness))
    }

    /// What is kept under a key, if it is no older than this request would keep it.
    async fn fresh(&self, key: &Key) -> Option<Arc<Kept>> {
        let kept = self.answers.find(&self.scope, key).await?;
        (kept.age(self.answers.0.env.now()) < self.ttl).then_some(kept)
    }

    pub async fn keep(self, body: Bytes, stream: bool, model: &Model, cost: NanoUsd) {
        if body.len() > LARGEST {
            return;
        }
        let Self { answers, scope, key, ttl, meaning, .. } = self;
        let now = answers.0.env.now();
        let (cost, at, ttl) = (cost.units(), now.micros(), ttl.as_secs());
        let kept = Kept { body, about: About { stream, model: model.id.clone(), cost, at, ttl } };
        let until = now + kept.left(now);
        answers.keep(scope, key, kept).await;
        if let (Some(meaning), Some(index)) = (meaning, &answers.0.index) {
            index.add(meaning, key, until);
        }
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
