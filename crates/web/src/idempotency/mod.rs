//! `Idempotency-Key`: a POST that is repeated with the same key and the same body gets the
//! first one's answer (draft-ietf-httpapi-idempotency-key-header).
//!
//! Answers below 500 are kept for a day. Requests that ask for an event stream pass
//! through: a run has a key of its own in its row, and a repetition re-attaches to it.

mod store;

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use database::Db;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kernel::{Code, Env, TenantScope};
use sha2::{Digest, Sha256};

use crate::{Member, Problem};

const HEADER: &str = "idempotency-key";
const MAX_KEY: usize = 255;
/// Bodies that are hashed; a longer one is the route's to refuse.
const MAX_BODY: usize = 2 * 1024 * 1024;
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a request may take before its repetition is let through.
const IN_PROGRESS: Duration = Duration::from_secs(60);

/// What the middleware needs.
#[derive(Clone)]
pub struct Idempotency {
    db: Db,
    env: Env,
    except: &'static [&'static str],
}

impl Idempotency {
    pub fn new(db: Db, env: Env) -> Self {
        Self { db, env, except: &[] }
    }

    /// Lets paths that begin so pass through: neither their bodies, hashed without salt, nor
    /// their answers may be kept, because they hold passwords and tokens.
    #[must_use]
    pub fn except(mut self, prefixes: &'static [&'static str]) -> Self {
        self.except = prefixes;
        self
    }

    /// Deletes what was kept for a workspace that is gone.
    pub async fn forget(&self, scope: &TenantScope) -> Result<u64, database::Error> {
        store::forget(&self.db, scope).await
    }

    /// Deletes what has expired.
    pub async fn sweep(&self) -> Result<u64, database::Error> {
        store::sweep(&self.db, self.env.now()).await
    }
}

/// Reads the key, if the request has one.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .filter(|key| !key.is_empty() && key.len() <= MAX_KEY)
        .map(|key| Some(key.to_owned()))
        .ok_or_else(|| {
            Problem::new(Code::InvalidHeader)
                .detail(format!("`Idempotency-Key` takes 1 to {MAX_KEY} printable ASCII characters."))
        })
}

/// The middleware. It stands inside the authentication layer.
pub async fn middleware(
    State(idempotency): State<Idempotency>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let streams = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    let excepted = idempotency.except.iter().any(|prefix| request.uri().path().starts_with(prefix));
    if request.method() != Method::POST || streams || excepted {
        return Ok(next.run(request).await);
    }
    let Some(key) = key(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = request.into_parts();
    // Without a member there is nobody to keep an answer for; the route will say so.
    let Ok(member) = Member::of(&mut parts).await else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let is_json =
        parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let mut hash = Sha256::new();
    hash.update(parts.method.as_str());
    hash.update(parts.uri.to_string());
    let body = if is_json {
        let bytes = read(body, MAX_BODY).await?;
        hash.update(&bytes);
        Body::from(bytes)
    } else {
        // A multipart boundary differs each time, so an upload is known by its address.
        body
    };
    let hash = hash.finalize();

    let Idempotency { db, env, .. } = &idempotency;
    let mut tx = db.begin(member.scope).await?;
    let now = env.now();
    if !store::claim(&mut tx, &member.scope, member.user, &key, &hash, now, now + IN_PROGRESS).await? {
        let stored = store::find(&mut tx, &member.scope, member.user, &key).await?;
        tx.commit().await?;
        return replay(stored, &hash);
    }
    tx.commit().await?;

    let response = next.run(Request::from_parts(parts, body)).await;
    let (parts, body) = response.into_parts();
    if parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS {
        store::release(db, &member.scope, member.user, &key).await?;
        return Ok(Response::from_parts(parts, body));
    }
    let bytes = read(body, MAX_BODY).await?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let answer = (i64::from(parts.status.as_u16()), content_type, bytes.to_vec());
    store::complete(db, &member.scope, member.user, &key, answer, env.now() + KEEP).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    Limited::new(body, limit)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| Problem::new(Code::PayloadTooLarge))
}

fn replay(stored: Option<store::Stored>, hash: &[u8]) -> Result<Response, Problem> {
    let in_progress = || {
        Problem::new(Code::IdempotencyConflict)
            .detail("The first request with this key is still being served. Try again shortly.")
            .retry_after(Duration::from_secs(1))
    };
    let stored = stored.ok_or_else(in_progress)?;
    if stored.request_hash != hash {
        return Err(Problem::new(Code::IdempotencyConflict)
            .detail("This key was used for a request with another address or body. Use a new key."));
    }
    let status = stored
        .status
        .and_then(|status| u16::try_from(status).ok())
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(in_progress)?;
    let mut response = (status, stored.body.unwrap_or_default()).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if let Some(value) = stored.content_type.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}
