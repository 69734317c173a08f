//! One HTTP/1.1 connection with TCP_NODELAY, as thin as can be: what the client costs is
//! taken from the same two cores.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use kernel::{Env, Tasks};
use serde_json::Value;
use tokio::{net::TcpStream, time::Instant};

use crate::{mock::Stamp, stats::Sample};

/// A kept-alive connection to a server.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

impl Connection {
    pub async fn open(tasks: &Tasks, address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        // Whoever sends on a broken connection is told there.
        tasks.spawn("connection", async move { drop(connection.await) });
        Ok(Self { sender, address })
    }

    /// Asks and reads the whole answer, which must be a success.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let response = self.send(method, path, token, body, "application/json").await?;
        let body = response.into_body().collect().await?.to_bytes();
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).with_context(|| format!("{path} did not answer with JSON"))
    }

    /// Reads a text.
    pub async fn text(&mut self, path: &str) -> anyhow::Result<String> {
        let response = self.send(Method::GET, path, None, None, "text/plain").await?;
        Ok(String::from_utf8(response.into_body().collect().await?.to_bytes().into())?)
    }

    /// Whether the server answers with a success.
    pub async fn succeeds(&mut self, path: &str) -> bool {
        self.send(Method::GET, path, None, None, "*/*").await.is_ok()
    }

    /// Asks for a stream and reads it up to the first token.
    pub async fn stream(&mut self, path: &str, token: Option<&str>, body: &Value) -> anyhow::Result<(Sample, Events)> {
        let asked = Instant::now();
        let response = self.send(Method::POST, path, token, Some(body), "text/event-stream").await?;
        let mut events = Events { body: response.into_body(), text: String::new() };
        let stamp = loop {
            if !events.read().await? {
                bail!("{path} ended before its first token: {}", events.text);
            }
            if let Some(stamp) = Stamp::find(&events.text) {
                break stamp;
            }
        };
        let back = u64::try_from(Env::system().now().micros() - stamp.sent).unwrap_or(0);
        let sample = Sample {
            added: asked.elapsed().saturating_sub(stamp.thought),
            back: std::time::Duration::from_micros(back),
        };
        Ok((sample, events))
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        accept: &str,
    ) -> anyhow::Result<Response<Incoming>> {
        let mut request =
            Request::builder().method(method).uri(path).header(HOST, self.address.to_string()).header(ACCEPT, accept);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body)?)
            }
            None => Bytes::new(),
        };
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        if !response.status().is_success() {
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            bail!("{path} answered {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(response)
    }
}

/// The rest of a stream of server-sent events.
pub struct Events {
    body: Incoming,
    /// What was read and not yet looked at.
    text: String,
}

impl Events {
    /// Reads to the end, which must be a proper one.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        // The mark of the end may be split between two reads; this much of a tail holds it.
        const TAIL: usize = 64;
        loop {
            let keep = self.text.floor_char_boundary(self.text.len().saturating_sub(TAIL));
            self.text.drain(..keep);
            if !self.read().await? {
                break;
            }
            if self.text.contains(r#""type":"error""#) {
                bail!("the run failed: {}", self.text);
            }
        }
        if self.text.contains("[DONE]") {
            return Ok(());
        }
        bail!("the stream broke off: {}", self.text)
    }

    /// Reads some more; false at the end.
    async fn read(&mut self) -> anyhow::Result<bool> {
        let Some(frame) = self.body.frame().await else {
            return Ok(false);
        };
        if let Some(data) = frame?.data_ref() {
            self.text.push_str(&String::from_utf8_lossy(data));
        }
        Ok(true)
    }
}
