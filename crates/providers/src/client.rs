//! The guarded client: the one way out of the process over HTTP.
//!
//! Policy:
//! - Addresses that an operator configured or that stand in [`crate::account::ALL`] are called;
//!   those of a workspace's connections only where [`outbound::Guard`] permits it. Nothing else a
//!   user types becomes an address. Only `http` and `https`.
//! - No redirect is followed and no ambient proxy is used: a request, and the key in it,
//!   goes where it was sent or nowhere.
//! - TLS by rustls with the platform's verifier. Connections are pooled; `TCP_NODELAY` is on.
//! - Every wait ends: to connect, for the first byte, between bytes, and in all.
//! - Every size ends: an event, an answer, an error's body.
//! - Neither keys nor bodies are logged; a header that holds a key is marked sensitive.
//!
//! Dropping an answer, or what streams it, closes its connection at once.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use outbound::{Guard, Refused};
use reqwest::{
    Response, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde::Serialize;

use crate::{account::Account, config::Timeouts};

/// Most bytes of one server-sent event.
const EVENT: usize = 1024 * 1024;
/// The media type of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";
/// Most bytes of an answer that is not streamed.
const ANSWER: usize = 16 * 1024 * 1024;
/// Most bytes that are read of an error's body.
const ERROR: usize = 64 * 1024;
/// Addresses that are kept as they were read.
const ADDRESSES: usize = 1024;
/// How long the body of an error may take.
const ERROR_PATIENCE: Duration = Duration::from_secs(5);

/// What can go wrong between us and a provider, before anyone says it in words.
#[derive(Debug)]
pub(crate) enum Fault {
    /// No connection: refused, no such host, TLS.
    Unreachable,
    /// Nothing came for as long as we wait.
    Timeout,
    /// An HTTP status that is no success.
    Status { status: u16, retry_after: Option<Duration>, body: String },
    /// The stream ended or broke before the answer was whole.
    BrokeOff,
    /// Bytes that are not what is documented; says what.
    Protocol(&'static str),
    /// The request asks for something that the provider has no field for; says what.
    Unsupported(String),
    /// An address that is not called for workspaces.
    Refused(Refused),
    /// An error that the provider sent inside the stream.
    Reported { code: String, message: String },
}

/// The client; a clone shares connections.
pub(crate) struct Client {
    /// Made at the first call: loading certificates would delay the start.
    http: OnceLock<reqwest::Client>,
    /// The same for addresses of workspaces.
    guarded: OnceLock<reqwest::Client>,
    guard: Guard,
    timeouts: Timeouts,
    /// Addresses that were read already: providers have few.
    read: RwLock<HashMap<String, Url>>,
}

/// A request to a provider; a clone shares the body.
#[derive(Clone)]
pub(crate) struct Call {
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether the address is a workspace's, and only called if the guard permits it.
    pub guarded: bool,
}

impl Call {
    /// A call with a JSON body. The headers may hold the key: mark it with [`secret`].
    pub fn json<T: Serialize>(url: String, headers: HeaderMap, body: &T) -> Result<Self, Fault> {
        let body = serde_json::to_vec(body).map_err(|_| Fault::Protocol("the request can't be written as JSON"))?;
        Ok(Self { url, headers, body: body.into(), guarded: false })
    }

    /// The call for this account.
    #[must_use]
    pub fn for_account(self, account: &Account) -> Self {
        Self { guarded: account.own.is_some(), ..self }
    }
}

/// A header that holds a secret; none if the secret has characters no header can have.
pub(crate) fn secret(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// What a provider answers with a success.
pub(crate) enum Answer {
    /// `text/event-stream`.
    Events(Events),
    /// Anything else, whole.
    Whole(Bytes),
}

/// Server-sent events, bounded in size.
pub(crate) type Events = std::pin::Pin<Box<dyn Stream<Item = Result<sse_stream::Sse, Fault>> + Send>>;

impl Client {
    pub fn new(timeouts: Timeouts, guard: Guard) -> Self {
        Self { http: OnceLock::new(), guarded: OnceLock::new(), guard, timeouts, read: RwLock::default() }
    }

    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// What calls the address.
    fn http(&self, url: &str, guarded: bool) -> Result<&reqwest::Client, Fault> {
        if guarded {
            self.guard.permits(url).map_err(Fault::Refused)?;
        }
        let place = if guarded { &self.guarded } else { &self.http };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        #[allow(clippy::disallowed_methods, reason = "this is the guarded client")]
        let builder = reqwest::Client::builder()
            .user_agent(concat!("parlance/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(30))
            .connect_timeout(self.timeouts.connect())
            .pool_idle_timeout(Duration::from_secs(60));
        let builder = if guarded { builder.dns_resolver(Arc::new(self.guard.clone())) } else { builder };
        let client = builder.build().map_err(|error| {
            tracing::error!(%error, "the HTTP client can't be made");
            Fault::Unreachable
        })?;
        Ok(place.get_or_init(|| client))
    }

    /// The address, read.
    fn url(&self, url: &str) -> Result<Url, Fault> {
        if let Some(known) = self.read.read().unwrap_or_else(PoisonError::into_inner).get(url) {
            return Ok(known.clone());
        }
        let read = Url::parse(url).map_err(|_| Fault::Unreachable)?;
        let mut known = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < ADDRESSES {
            known.insert(url.to_owned(), read.clone());
        }
        Ok(read)
    }

    /// Sends a call and waits for its answer to begin, `patience` at the most.
    pub async fn send(&self, call: Call, patience: Duration) -> Result<Response, Fault> {
        let request = self
            .http(&call.url, call.guarded)?
            .post(self.url(&call.url)?)
            .headers(call.headers)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(call.body);
        success(within(patience, request.send()).await?).await
    }

    /// The same, and reads what came if it is no stream.
    pub async fn post(&self, call: Call, patience: Duration) -> Result<Answer, Fault> {
        let response = self.send(call, patience).await?;
        if is_event_stream(&response) {
            return Ok(Answer::Events(events(response)));
        }
        let patience = self.timeouts.between_chunks();
        within_plain(patience, read(response, ANSWER)).await?.map(Answer::Whole)
    }

    /// Fetches a JSON document, `patience` at the most.
    pub async fn get(&self, url: &str, headers: HeaderMap, guarded: bool, patience: Duration) -> Result<Bytes, Fault> {
        let request = self.http(url, guarded)?.get(url).headers(headers);
        let fetch = async {
            let response = success(request.send().await.map_err(|error| fault(&error))?).await?;
            read(response, ANSWER).await
        };
        within_plain(patience, fetch).await?
    }

    /// Posts a JSON document and fetches another, `patience` at the most.
    pub async fn ask(&self, call: Call, patience: Duration) -> Result<Bytes, Fault> {
        let request = self.http(&call.url, call.guarded)?.post(&call.url).headers(call.headers).body(call.body);
        let fetch = async {
            let response = success(request.send().await.map_err(|error| fault(&error))?).await?;
            read(response, ANSWER).await
        };
        within_plain(patience, fetch).await?
    }
}

async fn within<T>(patience: Duration, future: impl Future<Output = reqwest::Result<T>>) -> Result<T, Fault> {
    within_plain(patience, future).await?.map_err(|error| fault(&error))
}

async fn within_plain<T>(patience: Duration, future: impl Future<Output = T>) -> Result<T, Fault> {
    tokio::time::timeout(patience, future).await.map_err(|_| Fault::Timeout)
}

pub(crate) fn fault(error: &reqwest::Error) -> Fault {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Fault::Refused(refused.clone());
        }
        cause = inner.source();
    }
    if error.is_connect() {
        Fault::Unreachable
    } else if error.is_timeout() {
        Fault::Timeout
    } else {
        Fault::BrokeOff
    }
}

pub(crate) fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim_start().get(..EVENT_STREAM.len()))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_STREAM))
}

async fn success(response: Response) -> Result<Response, Fault> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    let body = tokio::time::timeout(ERROR_PATIENCE, read_up_to(response, ERROR)).await.unwrap_or_default();
    Err(Fault::Status { status: status.as_u16(), retry_after, body: String::from_utf8_lossy(&body).into_owned() })
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3), or `retry-after-ms`, which some prefer. A date
/// is not understood: providers don't send one.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number(RETRY_AFTER.as_str()))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A whole answer, `patience` at the most.
pub(crate) async fn body(response: Response, patience: Duration) -> Result<Bytes, Fault> {
    within_plain(patience, read(response, ANSWER)).await?
}

/// The whole body, or a fault if it is longer than `most`.
async fn read(mut response: Response, most: usize) -> Result<Bytes, Fault> {
    let too_large = || Fault::Protocol("its answer is too large");
    let length = response.content_length().and_then(|length| usize::try_from(length).ok());
    if length.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let Some(first) = response.chunk().await.map_err(|error| fault(&error))? else { return Ok(Bytes::new()) };
    if length == Some(first.len()) {
        // The end is to be seen too, or the connection can't be used again.
        response.chunk().await.map_err(|error| fault(&error))?;
        return Ok(first);
    }
    let mut body = Vec::with_capacity(length.unwrap_or(0));
    let mut next = Some(first);
    while let Some(chunk) = next {
        if body.len() + chunk.len() > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
        next = response.chunk().await.map_err(|error| fault(&error))?;
    }
    Ok(body.into())
}

/// The beginning of the body.
async fn read_up_to(mut response: Response, most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(chunk.get(..chunk.len().min(most - body.len())).unwrap_or_default());
        if body.len() >= most {
            break;
        }
    }
    body
}

fn events(response: Response) -> Events {
    let mut guard = EventGuard::default();
    let bytes = response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(|_| Broken::Off)?;
        guard.pass(&chunk)?;
        Ok::<Bytes, Broken>(chunk)
    });
    let events = sse_stream::SseStream::from_bytes_stream(Box::pin(bytes));
    Box::pin(events.map(|event| {
        event.map_err(|error| match error {
            sse_stream::Error::Body(broken) => match broken.downcast_ref::<Broken>() {
                Some(Broken::TooLarge) => Fault::Protocol("one event of its stream is too large"),
                _ => Fault::BrokeOff,
            },
            sse_stream::Error::Utf8Parse(_) => Fault::Protocol("its stream is not UTF-8"),
            _ => Fault::Protocol("its stream is not made of server-sent events"),
        })
    }))
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the stream broke off")]
    Off,
    #[error("an event is too large")]
    TooLarge,
}

/// Counts the bytes of the event that is coming in, so that none can fill the memory.
#[derive(Default)]
struct EventGuard {
    event: usize,
    line: usize,
    after_return: bool,
}

impl EventGuard {
    fn pass(&mut self, chunk: &[u8]) -> Result<(), Broken> {
        for byte in chunk {
            let ends_line = match byte {
                // The second half of CRLF.
                b'\n' if self.after_return => {
                    self.after_return = false;
                    continue;
                }
                b'\n' | b'\r' => true,
                _ => false,
            };
            self.after_return = *byte == b'\r';
            self.event += 1;
            if !ends_line {
                self.line += 1;
            } else if std::mem::take(&mut self.line) == 0 {
                self.event = 0;
            }
            if self.event > EVENT {
                return Err(Broken::TooLarge);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_counts_single_events() {
        let mut guard = EventGuard::default();
        let event = format!("data: {}\r\n\r\n", "x".repeat(1000));
        for _ in 0..5000 {
            guard.pass(event.as_bytes()).unwrap();
        }
        let mut guard = EventGuard::default();
        let piece = vec![b'x'; 64 * 1024];
        let refused = (0..17).map(|_| guard.pass(&piece)).filter(Result::is_err).count();
        assert_eq!(refused, 1);
    }

    #[test]
    fn reads_how_long_to_wait() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        assert_eq!(retry_after(&headers("retry-after", "20")), Some(Duration::from_secs(20)));
        assert_eq!(retry_after(&headers("retry-after-ms", "1500")), Some(Duration::from_millis(1500)));
        for odd in ["-1", "soon", "NaN", "1e400"] {
            assert_eq!(retry_after(&headers("retry-after", odd)), None, "{odd}");
        }
    }
}
