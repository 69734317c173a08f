//! The way out of the process over HTTP, for contexts that fetch a document now and then. What streams
//! (providers') has a client of its own behind the same [`Guard`].
//!
//! Policy:
//! - An address that a workspace typed is called only where the [`Guard`] permits it; an operator's own
//!   configuration may name any.
//! - No redirect is followed and no ambient proxy is used: a request, and the secret in it, goes where it
//!   was sent or nowhere.
//! - Every wait and every size ends: [`PATIENCE`], [`ANSWER`].
//! - Neither secrets nor bodies are logged.

mod guard;
mod socket;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};

pub use guard::{Guard, Refused};
pub use socket::{Connection, NoAuthority, Security, check_authority};

/// How long a call may take in all.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
pub const ANSWER: usize = 1024 * 1024;

/// Whose word an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The operator's, who may call what they like.
    ByOperator,
    /// A workspace's: the guard decides.
    ByWorkspace,
}

/// Why there is no answer. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("it can't be reached")]
    Unreachable,
    #[error("no TLS connection comes about: its certificate is not trusted, or it speaks no TLS")]
    Tls,
    #[error("it did not answer in time")]
    Timeout,
    #[error("it broke off its answer")]
    BrokeOff,
    #[error("its answer is larger than {ANSWER} bytes")]
    TooLarge,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// How long it asks to be left alone. A date, which would need our clock to agree with theirs, counts as nothing.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

impl Answer {
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// The client; a clone shares connections.
#[derive(Clone)]
pub struct Outbound {
    guard: Guard,
    /// Made at the first call: loading certificates would delay the start.
    open: Arc<OnceLock<reqwest::Client>>,
    guarded: Arc<OnceLock<reqwest::Client>>,
}

impl Outbound {
    pub fn new(guard: Guard) -> Self {
        Self { guard, open: Arc::default(), guarded: Arc::default() }
    }

    pub const fn guard(&self) -> &Guard {
        &self.guard
    }

    fn client(&self, named: Named) -> Result<&reqwest::Client, Fault> {
        let place = match named {
            Named::ByOperator => &self.open,
            Named::ByWorkspace => &self.guarded,
        };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        #[allow(clippy::disallowed_methods, reason = "this is a guarded client")]
        let builder = reqwest::Client::builder()
            .user_agent(concat!("parlance/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE);
        let builder = match named {
            Named::ByOperator => builder,
            Named::ByWorkspace => builder.dns_resolver(Arc::new(self.guard.clone())),
        };
        let client = builder.build().map_err(|error| {
            tracing::error!(%error, "the HTTP client can't be made");
            Fault::Unreachable
        })?;
        Ok(place.get_or_init(|| client))
    }

    fn address(&self, url: &str, named: Named) -> Result<Url, Fault> {
        match named {
            Named::ByWorkspace => Ok(self.guard.permits(url)?),
            Named::ByOperator => Url::parse(url).map_err(|_| Refused::NoAddress(url.to_owned()).into()),
        }
    }

    /// Fetches a document. Mark headers that hold a secret with [`secret`].
    pub async fn get(&self, url: &str, headers: HeaderMap, named: Named) -> Result<Answer, Fault> {
        let url = self.address(url, named)?;
        send(self.client(named)?.get(url).headers(accepting_json(headers))).await
    }

    /// Posts a form (`application/x-www-form-urlencoded`).
    pub async fn post_form(
        &self,
        url: &str,
        headers: HeaderMap,
        form: &[(&str, &str)],
        named: Named,
    ) -> Result<Answer, Fault> {
        let url = self.address(url, named)?;
        let body = serde_urlencoded::to_string(form).unwrap_or_default();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = self.client(named)?.post(url).headers(accepting_json(headers)).header(CONTENT_TYPE, form);
        send(request.body(body)).await
    }

    /// Posts a JSON document.
    pub async fn post_json(&self, url: &str, headers: HeaderMap, json: Bytes, named: Named) -> Result<Answer, Fault> {
        let url = self.address(url, named)?;
        let kind = HeaderValue::from_static("application/json");
        send(self.client(named)?.post(url).headers(accepting_json(headers)).header(CONTENT_TYPE, kind).body(json)).await
    }
}

/// A header that holds a secret; none if the secret has characters that no header can have.
pub fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn accepting_json(mut headers: HeaderMap) -> HeaderMap {
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    headers
}

async fn send(request: reqwest::RequestBuilder) -> Result<Answer, Fault> {
    let mut response = request.send().await.map_err(|error| fault(&error))?;
    let status = response.status().as_u16();
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let retry_after = seconds.map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if body.len() + chunk.len() > ANSWER {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, retry_after, body: body.into() })
}

fn fault(error: &reqwest::Error) -> Fault {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Fault::Refused(refused.clone());
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        Fault::Timeout
    } else if error.is_connect() {
        Fault::Unreachable
    } else {
        Fault::BrokeOff
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    #[tokio::test]
    async fn acceptance_32_a_workspace_reaches_nothing_inside_and_redirects_lead_nowhere() {
        let server = MockServer::start().await;
        let away = ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/");
        Mock::given(any()).respond_with(away).mount(&server).await;
        let outbound = Outbound::new(Guard::default());
        let answer = outbound.get(&server.uri(), HeaderMap::new(), Named::ByOperator).await.unwrap();
        assert_eq!(answer.status, 302, "the answer itself, and not where it points");
        let refused = outbound.get(&server.uri(), HeaderMap::new(), Named::ByWorkspace).await;
        assert!(matches!(refused, Err(Fault::Refused(Refused::Private(_)))), "{refused:?}");
        let by_name = format!("http://localhost:{}", server.address().port());
        let refused = outbound.get(&by_name, HeaderMap::new(), Named::ByWorkspace).await;
        assert!(matches!(refused, Err(Fault::Refused(Refused::Private(_)))), "{refused:?}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let server = MockServer::start().await;
        let endless = ResponseTemplate::new(200).set_body_bytes(vec![b' '; ANSWER + 1]);
        Mock::given(any()).respond_with(endless).mount(&server).await;
        let outbound = Outbound::new(Guard::default());
        let answer = outbound.post_form(&server.uri(), HeaderMap::new(), &[("a", "b&c")], Named::ByOperator).await;
        assert!(matches!(answer, Err(Fault::TooLarge)), "{answer:?}");
        assert_eq!(server.received_requests().await.unwrap()[0].body, b"a=b%26c");
    }
}
