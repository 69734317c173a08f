//! The upstream of the gateways: OpenAI's Chat Completions with answers made ahead, on one
//! thread. It answers about a hundred thousand requests a second on a core, so that it is
//! never what limits a gateway; [`crate::mock`] is the one that thinks and stamps.
//!
//! A streamed answer leaves in two writes: its head and first chunk, then all the rest.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use bytes::{Buf as _, BytesMut};
use kernel::Tasks;
use memchr::memmem;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::wire::{self, Body, LAST_CHUNK, chunk};

/// Priced in the catalogue of each gateway that has one.
pub const MODEL: &str = "gpt-4o-mini";
/// Chunks of text in a streamed answer.
pub const CHUNKS: u32 = 20;
/// Stands once in each chunk of text, and nowhere else.
pub const WORD: &str = "lorem";
/// What an answer says it used, streamed or not.
pub const INPUT_TOKENS: u64 = 100;
pub const OUTPUT_TOKENS: u64 = 20;
/// A prompt with this is answered by one chunk, then silence.
pub const HOLD: &str = "hold the line";
const SILENCE: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Port on loopback; 0 takes a free one. The address is printed as the first line.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Refuses everything as a provider does that is asked too often (429, Retry-After).
    #[arg(long)]
    limited: bool,
}

/// Serves until the process is ended, or its standard input is closed.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).context("raise the limit of open files")?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], options.port))).await?;
    let mut stdout = tokio::io::stdout();
    stdout.write_all(format!("http://{}\n", listener.local_addr()?).as_bytes()).await?;
    stdout.flush().await?;
    let answers: &'static Answers = Box::leak(Box::new(Answers::new(options.limited)));
    let (mut parent, mut nowhere) = (tokio::io::stdin(), tokio::io::sink());
    tokio::select! {
        served = accept(&listener, answers) => served,
        // Whoever started us is gone.
        _ = tokio::io::copy(&mut parent, &mut nowhere) => Ok(()),
    }
}

/// Answers every connection until an error.
pub async fn accept(listener: &TcpListener, answers: &'static Answers) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        // A peer that hangs up is no fault of ours.
        tasks.spawn("connection", async move { drop(answers.converse(socket).await) });
    }
}

/// All that can be answered, made ahead.
pub struct Answers {
    /// Instead of any other answer.
    refusal: Option<Vec<u8>>,
    whole: Vec<u8>,
    models: Vec<u8>,
    first: Vec<u8>,
    /// The rest of a stream, without and with the usage.
    rest: [Vec<u8>; 2],
}

impl Answers {
    pub fn new(limited: bool) -> Self {
        let refusal =
            json!({"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}});
        let whole = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1_760_000_000, "model": MODEL,
            "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
                "message": {"role": "assistant", "content": format!("{WORD} ").repeat(20), "refusal": null}}],
            "usage": usage(), "system_fingerprint": "fp_1",
        });
        let models =
            json!({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "openai"}]});
        let text = |role: bool| {
            let mut delta = json!({"content": format!(" {WORD}")});
            if role {
                delta["role"] = "assistant".into();
            }
            event(&json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": null}]), None)
        };
        let rest = |usage: Option<Value>| {
            let mut frames: Vec<String> = (1..CHUNKS).map(|_| text(false)).collect();
            frames.push(event(&json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": "stop"}]), None));
            if usage.is_some() {
                frames.push(event(&json!([]), usage));
            }
            frames.push("data: [DONE]\n\n".to_owned());
            let chunks: String = frames.iter().map(|frame| chunk(frame)).collect();
            (chunks + LAST_CHUNK).into_bytes()
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        Self {
            refusal: limited.then(|| message("429 Too Many Requests\r\nretry-after: 1", &refusal)),
            whole: message("200 OK", &whole),
            models: message("200 OK", &models),
            first: (head.to_owned() + &chunk(&text(true))).into_bytes(),
            rest: [rest(None), rest(Some(usage()))],
        }
    }

    async fn converse(&self, mut socket: TcpStream) -> anyhow::Result<()> {
        let mut buffer = BytesMut::with_capacity(4096);
        loop {
            let (head, end) = loop {
                if let Some(head) = wire::request_head(&buffer)?
                    && let Some(end) = Body::of(&head).end(&buffer)?
                {
                    break (head, end);
                }
                if socket.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
            };
            let body = buffer.get(head.end..end).unwrap_or_default();
            if let Some(refusal) = &self.refusal {
                socket.write_all(refusal).await?;
            } else if buffer.starts_with(b"GET ") {
                socket.write_all(&self.models).await?;
            } else if says(body, r#""stream":true"#, r#""stream": true"#) {
                let usage = says(body, r#""include_usage":true"#, r#""include_usage": true"#);
                let silent = memmem::find(body, HOLD.as_bytes()).is_some();
                socket.write_all(&self.first).await?;
                if silent {
                    hold(&mut socket).await?;
                    return Ok(());
                }
                socket.write_all(&self.rest[usize::from(usage)]).await?;
            } else {
                socket.write_all(&self.whole).await?;
            }
            buffer.advance(end);
        }
    }
}

/// Silence until the peer hangs up, at most for a time.
async fn hold(socket: &mut TcpStream) -> anyhow::Result<()> {
    let mut nothing = [0; 16];
    if let Ok(read) = tokio::time::timeout(SILENCE, socket.read(&mut nothing)).await {
        read?;
    }
    Ok(())
}

fn says(body: &[u8], tight: &str, spaced: &str) -> bool {
    memmem::find(body, tight.as_bytes()).is_some() || memmem::find(body, spaced.as_bytes()).is_some()
}

fn usage() -> Value {
    json!({"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS, "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0}})
}

fn event(choices: &Value, usage: Option<Value>) -> String {
    let mut event = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_760_000_000,
        "model": MODEL, "system_fingerprint": "fp_1", "choices": choices});
    if let Some(usage) = usage {
        event["usage"] = usage;
    }
    format!("data: {event}\n\n")
}

fn message(status: &str, json: &Value) -> Vec<u8> {
    let json = json.to_string();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{json}", json.len())
        .into_bytes()
}
