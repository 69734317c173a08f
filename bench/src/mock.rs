//! A provider that speaks OpenAI's Chat Completions and Responses, streamed or not, and
//! costs next to nothing: frames are made ahead, sockets have TCP_NODELAY.
//!
//! Its first token carries a [`Stamp`]: when it was sent, and how long after the request
//! had arrived. A client on the same machine can so tell the server's share of a latency
//! from the provider's.

use std::{convert::Infallible, fmt, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use kernel::{Env, Tasks};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpListener, time::Instant};

/// The one model that the mock lists; priced in the catalogue, so that costs are computed.
pub const MODEL: &str = "gpt-4o-mini";

/// What the mock does when the prompt does not say otherwise.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Port on loopback; 0 takes a free one. The address is printed as the first line.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Chunks of text in an answer.
    #[arg(long, default_value_t = 25)]
    chunks: u32,
    /// Pause between two chunks, in microseconds.
    #[arg(long, default_value_t = 20_000)]
    delay_us: u64,
    /// Bytes of text in a chunk.
    #[arg(long, default_value_t = 12)]
    size: usize,
}

/// One answer. A prompt that holds `bench: chunks=1 delay_us=0 size=12 hold_ms=5000` sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    pub chunks: u32,
    pub delay: Duration,
    pub size: usize,
    /// Silence between the first chunk and the next.
    pub hold: Duration,
}

impl fmt::Display for Script {
    /// As a prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "bench: chunks={} delay_us={} size={} hold_ms={} end",
            self.chunks,
            self.delay.as_micros(),
            self.size,
            self.hold.as_millis()
        )
    }
}

impl Script {
    /// The script of the last prompt in a request's body, on top of `self`.
    fn told_by(mut self, body: &str) -> Self {
        let Some((_, prompt)) = body.rsplit_once("bench:") else {
            return self;
        };
        for word in prompt.split_ascii_whitespace().take_while(|word| *word != "end") {
            let Some((key, value)) = word.split_once('=') else { break };
            let Ok(value) = value.parse::<u32>() else { break };
            match key {
                "chunks" => self.chunks = value,
                "delay_us" => self.delay = Duration::from_micros(value.into()),
                "size" => self.size = value as usize,
                "hold_ms" => self.hold = Duration::from_millis(value.into()),
                _ => break,
            }
        }
        self
    }
}

/// What the first token says, as `@<sent>:<thought>@`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Unix time in microseconds at which it was sent.
    pub sent: i64,
    /// How long after the request's arrival that was.
    pub thought: Duration,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}:{}@", self.sent, self.thought.as_nanos())
    }
}

impl Stamp {
    /// Finds a stamp in a text.
    pub fn find(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once('@')?;
        let (stamp, _) = rest.split_once('@')?;
        let (sent, thought) = stamp.split_once(':')?;
        Some(Self { sent: sent.parse().ok()?, thought: Duration::from_nanos(thought.parse().ok()?) })
    }
}

/// The two interfaces.
#[derive(Debug, Clone, Copy)]
enum Dialect {
    ChatCompletions,
    Responses,
}

impl Dialect {
    /// What stands before the first piece of text.
    fn opening(self) -> String {
        match self {
            Self::ChatCompletions => String::new(),
            Self::Responses => [
                json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", 0)}),
                json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
                    "item": {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}}),
                json!({"type": "response.content_part.added", "sequence_number": 2, "item_id": "msg_1",
                    "output_index": 0, "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}}),
            ]
            .iter()
            .map(named_frame)
            .collect(),
        }
    }

    fn text(self, text: &str) -> String {
        match self {
            Self::ChatCompletions => frame(&completion(
                &json!([{"index": 0, "delta": {"content": text}, "finish_reason": null}]),
                &json!(null),
            )),
            Self::Responses => {
                named_frame(&json!({"type": "response.output_text.delta", "sequence_number": 3, "item_id": "msg_1",
                    "output_index": 0, "content_index": 0, "delta": text}))
            }
        }
    }

    /// The reason to stop, the usage, the end.
    fn closing(self, output_tokens: u32) -> String {
        match self {
            Self::ChatCompletions => {
                let stop = json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]);
                let usage = json!({
                    "prompt_tokens": 100, "completion_tokens": output_tokens, "total_tokens": 100 + output_tokens,
                    "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
                });
                let mut frames = frame(&completion(&stop, &json!(null)));
                frames += &frame(&completion(&json!([]), &usage));
                frames + "data: [DONE]\n\n"
            }
            Self::Responses => named_frame(
                &json!({"type": "response.completed", "sequence_number": 4, "response": response("completed", output_tokens)}),
            ),
        }
    }

    /// A whole answer at once.
    fn whole(self, text: &str) -> String {
        match self {
            Self::ChatCompletions => json!({
                "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "mock",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101},
            })
            .to_string(),
            Self::Responses => {
                let mut whole = response("completed", 1);
                whole["output"] = json!([{"id": "msg_1", "type": "message", "status": "completed",
                    "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]}]);
                whole.to_string()
            }
        }
    }
}

fn completion(choices: &serde_json::Value, usage: &serde_json::Value) -> serde_json::Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "mock",
        "choices": choices, "usage": usage})
}

fn response(status: &str, output_tokens: u32) -> serde_json::Value {
    json!({"id": "resp_1", "object": "response", "created_at": 0, "model": "mock", "status": status,
        "error": null, "incomplete_details": null, "output": [],
        "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output_tokens, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 100 + output_tokens}})
}

fn frame(data: &serde_json::Value) -> String {
    format!("data: {data}\n\n")
}

fn named_frame(data: &serde_json::Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default())
}

/// Serves until the process is ended, or its standard input is closed.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).context("raise the limit of open files")?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], options.port))).await?;
    let mut stdout = tokio::io::stdout();
    stdout.write_all(format!("http://{}\n", listener.local_addr()?).as_bytes()).await?;
    stdout.flush().await?;
    let script = Script {
        chunks: options.chunks,
        delay: Duration::from_micros(options.delay_us),
        size: options.size,
        hold: Duration::ZERO,
    };
    let (mut parent, mut nowhere) = (tokio::io::stdin(), tokio::io::sink());
    tokio::select! {
        served = accept(&listener, script) => served,
        // Whoever started us is gone.
        _ = tokio::io::copy(&mut parent, &mut nowhere) => Ok(()),
    }
}

/// Answers every connection until an error.
pub async fn accept(listener: &TcpListener, script: Script) -> anyhow::Result<()> {
    let (tasks, env) = (Tasks::new(), Env::system());
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let env = env.clone();
        let service = service_fn(move |request| answer(script, env.clone(), request));
        tasks.spawn("connection", async move {
            // A peer that hangs up is no fault of ours.
            let _hung_up = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn answer(script: Script, env: Env, request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    let arrived = Instant::now();
    let dialect = match (request.method(), request.uri().path()) {
        (&Method::POST, path) if path.ends_with("/chat/completions") => Dialect::ChatCompletions,
        (&Method::POST, path) if path.ends_with("/responses") => Dialect::Responses,
        (&Method::GET, path) if path.ends_with("/models") => {
            return Ok(whole(json!({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "openai"}]}).to_string()));
        }
        _ => {
            let mut missing =
                whole(json!({"error": {"message": "no such path", "type": "invalid_request_error"}}).to_string());
            *missing.status_mut() = StatusCode::NOT_FOUND;
            return Ok(missing);
        }
    };
    let body = request.into_body().collect().await?.to_bytes();
    let body = String::from_utf8_lossy(&body);
    let script = script.told_by(&body);
    if !body.contains("\"stream\":true") && !body.contains("\"stream\": true") {
        return Ok(whole(dialect.whole("A benchmark")));
    }
    let frames = frames(dialect, script, env, arrived).map(|bytes| Ok(Frame::data(bytes)));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

fn whole(json: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(json)).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The frames of one answer, each at its time.
fn frames(dialect: Dialect, script: Script, env: Env, arrived: Instant) -> impl Stream<Item = Bytes> + Send {
    let later = Bytes::from(dialect.text(&filler(script.size)));
    stream::unfold(0, move |step| {
        let (env, later) = (env.clone(), later.clone());
        async move {
            let bytes = if step == 0 {
                let stamp = Stamp { sent: env.now().micros(), thought: arrived.elapsed() };
                let text = format!("{stamp} {}", filler(script.size));
                Bytes::from(dialect.opening() + &dialect.text(&text))
            } else if step < script.chunks {
                tokio::time::sleep(if step == 1 { script.hold.max(script.delay) } else { script.delay }).await;
                later
            } else if step == script.chunks {
                if step == 1 {
                    tokio::time::sleep(script.hold).await;
                }
                Bytes::from(dialect.closing(script.chunks))
            } else {
                return None;
            };
            Some((bytes, step + 1))
        }
    })
}

/// `size` bytes of words.
fn filler(size: usize) -> String {
    "lorem ".chars().cycle().take(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: Script = Script { chunks: 3, delay: Duration::ZERO, size: 4, hold: Duration::ZERO };

    #[test]
    fn the_last_prompt_sets_the_script() {
        let told = Script { chunks: 7, delay: Duration::from_micros(250), size: 9, hold: Duration::from_millis(1500) };
        let body = format!("{{\"messages\":[\"{SCRIPT}\",\"{told}\"]}}");
        assert_eq!(SCRIPT.told_by(&body), told);
        assert_eq!(SCRIPT.told_by("{\"messages\":[]}"), SCRIPT);
    }

    #[test]
    fn a_stamp_is_found_within_a_text() {
        let stamp = Stamp { sent: 1_700_000_000_000_001, thought: Duration::from_nanos(42) };
        assert_eq!(Stamp::find(&format!("so {stamp} it is")), Some(stamp));
        assert_eq!(Stamp::find("user@example.com"), None);
    }

    #[tokio::test]
    async fn an_answer_has_as_many_chunks_as_its_script() {
        for (dialect, delta, end) in [
            (Dialect::ChatCompletions, "\"delta\":{\"content\"", "[DONE]"),
            (Dialect::Responses, "\"response.output_text.delta\"", "\"response.completed\""),
        ] {
            let frames: Vec<Bytes> = frames(dialect, SCRIPT, Env::system(), Instant::now()).collect().await;
            let text = String::from_utf8(frames.concat()).unwrap();
            assert_eq!(text.matches(delta).count(), 3, "{text}");
            assert!(text.contains(end) && Stamp::find(&text).is_some(), "{text}");
        }
    }
}
