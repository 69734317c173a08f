//! Closed loops of requests over kept-alive connections, without a client's comforts.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, BytesMut};
use memchr::memmem;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

use super::{
    upstream::{CHUNKS, HOLD, WORD},
    wire::{self, Body},
};
use crate::stats::Samples;

/// Nothing that is measured takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whom to ask, and how.
#[derive(Debug, Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub path: String,
    /// Headers besides those of any request.
    pub headers: Vec<(String, String)>,
    pub model: String,
}

impl Target {
    /// A request as an SDK sends it.
    fn request(&self, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        let headers = self.headers.iter().fold(String::new(), |all, (name, value)| all + name + ": " + value + "\r\n");
        format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\ncontent-type: application/json\r\n\
             user-agent: bench\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.path,
            self.address,
            body.len()
        )
        .into_bytes()
    }

    fn body(&self, prompt: &str, stream: bool) -> Value {
        let mut body = json!({
            "model": self.model,
            "messages": [
                {"role": "system", "content": "You are a helpful assistant. Answer in one or two short sentences."},
                {"role": "user", "content": prompt},
            ],
            "temperature": 0.5,
            "max_tokens": 200,
        });
        if stream {
            body["stream"] = true.into();
        }
        body
    }

    /// The request of a kind of load.
    pub fn asking(&self, kind: Kind) -> Vec<u8> {
        let question = "What is the capital of Viet Nam, and which river runs through it?";
        self.request(&self.body(question, kind == Kind::Stream))
    }

    /// A request whose answer stays open after its first chunk.
    pub fn asking_silence(&self) -> Vec<u8> {
        self.request(&self.body(HOLD, true))
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Whole,
    Stream,
}

/// What a load was like.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// From asking to the first chunk of a streamed answer.
    pub first: Samples,
    /// From asking to the end of the answer.
    pub total: Samples,
    /// All that were answered, the warm-up's too.
    pub answered: u64,
    pub failed: u64,
    /// What the first failed one said.
    pub failure: Option<String>,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "a rate to read")]
        let answered = self.total.len() as f64;
        answered / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    fn add(&mut self, other: Self) {
        self.first.extend(other.first);
        self.total.extend(other.total);
        self.answered += other.answered;
        self.failed += other.failed;
        self.failure = self.failure.take().or(other.failure);
    }
}

/// How long a load lasts; what happens in the warm-up is not timed.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub warm_up: Duration,
    pub time: Duration,
}

/// Keeps `lines` requests going, each asked when the one before it has been answered.
pub async fn run(target: &Target, kind: Kind, lines: usize, span: Span) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let (counts_from, ends) = (start + span.warm_up, start + span.warm_up + span.time);
    let mut workers = JoinSet::new();
    for _ in 0..lines {
        let target = target.clone();
        workers.spawn(async move {
            let request = target.asking(kind);
            let (mut outcome, mut line) = (Outcome::default(), None);
            while Instant::now() < ends {
                match ask_on(&mut line, &target, &request, kind).await {
                    Ok(timing) => {
                        outcome.answered += 1;
                        if timing.asked >= counts_from && timing.ended <= ends {
                            outcome.total.push(timing.ended - timing.asked);
                            outcome.first.extend(timing.first.map(|first| first - timing.asked));
                        }
                    }
                    Err(error) => {
                        outcome.failed += 1;
                        outcome.failure.get_or_insert(format!("{error:#}"));
                        // A server that refuses at once must not be hammered.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
            outcome
        });
    }
    let mut all = Outcome { elapsed: span.time, ..Outcome::default() };
    while let Some(outcome) = workers.join_next().await {
        all.add(outcome?);
    }
    Ok(all)
}

/// Asks once, on the connection that is there or on a new one.
async fn ask_on(line: &mut Option<Line>, target: &Target, request: &[u8], kind: Kind) -> anyhow::Result<Timing> {
    let mut open = match line.take() {
        Some(open) => open,
        None => Line::open(target.address).await?,
    };
    let timing = tokio::time::timeout(PATIENCE, open.ask(request, kind)).await.context("no answer in time")??;
    if !open.closes {
        *line = Some(open);
    }
    Ok(timing)
}

/// When what happened.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    pub asked: Instant,
    /// The first chunk of a streamed answer.
    pub first: Option<Instant>,
    pub ended: Instant,
}

/// One connection.
pub struct Line {
    socket: TcpStream,
    buffer: BytesMut,
    /// Whether the server has said that it will hang up.
    closes: bool,
    /// Whether to look at who has answered, which takes time.
    pub looks: bool,
    /// `x-parlance-model` of the last answer, if it looks.
    pub model: Option<String>,
}

impl Line {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: BytesMut::with_capacity(16 * 1024), closes: false, looks: false, model: None })
    }

    /// Asks, and reads the whole answer, which must be a whole one.
    pub async fn ask(&mut self, request: &[u8], kind: Kind) -> anyhow::Result<Timing> {
        self.buffer.clear();
        let asked = Instant::now();
        self.socket.write_all(request).await?;
        let head = self.head().await?;
        let (mut body, mut first) = (Body::of(&head), None);
        let end = loop {
            if kind == Kind::Stream && first.is_none() && self.buffer.len() > head.end {
                first = self.has(head.end, b"data:").then(Instant::now);
            }
            match body.end(&self.buffer)? {
                Some(end) => break end,
                None => self.read().await?,
            }
        };
        let ended = Instant::now();
        let answer = self.buffer.get(head.end..end).unwrap_or_default();
        ensure!(head.status == 200, "status {}: {}", head.status, String::from_utf8_lossy(answer));
        let words = memmem::find_iter(answer, WORD).count();
        ensure!(words == CHUNKS as usize, "{words} words instead of {CHUNKS}: {}", String::from_utf8_lossy(answer));
        if kind == Kind::Stream {
            ensure!(memmem::find(answer, b"[DONE]").is_some(), "no end: {}", String::from_utf8_lossy(answer));
        }
        self.closes = head.closes;
        self.buffer.advance(end);
        ensure!(self.buffer.is_empty(), "more than an answer");
        Ok(Timing { asked, first, ended })
    }

    /// Asks for a stream and reads its first chunk; the rest never comes.
    pub async fn open_stream(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.socket.write_all(request).await?;
        let head = self.head().await?;
        while !self.has(head.end, WORD.as_bytes()) {
            self.read().await?;
        }
        ensure!(head.status == 200, "status {}", head.status);
        // Thousands of these are open at once.
        self.buffer = BytesMut::new();
        Ok(())
    }

    async fn head(&mut self) -> anyhow::Result<wire::Head> {
        loop {
            if let Some(head) = wire::response_head(&self.buffer)? {
                if self.looks {
                    self.model = wire::response_header(&self.buffer, "x-parlance-model").map(str::to_owned);
                }
                return Ok(head);
            }
            self.read().await?;
        }
    }

    fn has(&self, from: usize, needle: &[u8]) -> bool {
        memmem::find(self.buffer.get(from..).unwrap_or_default(), needle).is_some()
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        if self.socket.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection broke off after: {}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::gateway::upstream::{Answers, accept};

    const SPAN: Span = Span { warm_up: Duration::from_millis(50), time: Duration::from_millis(200) };

    async fn load(limited: bool, kind: Kind) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = Target { address, path: "/v1/chat/completions".into(), headers: Vec::new(), model: "m".into() };
        let answers = Box::leak(Box::new(Answers::new(limited)));
        tokio::select! {
            served = accept(&listener, answers) => panic!("{served:?}"),
            outcome = run(&target, kind, 4, SPAN) => outcome.unwrap(),
        }
    }

    #[tokio::test]
    async fn whole_and_streamed_answers_are_read_to_their_end() {
        for kind in [Kind::Whole, Kind::Stream] {
            let outcome = load(false, kind).await;
            assert_eq!((outcome.failed, &outcome.failure), (0, &None), "{kind:?}");
            assert!(outcome.total.len() > 4, "{kind:?}: each of them had more than one answer");
            assert!(outcome.answered > outcome.total.len() as u64, "the warm-up does not count");
            assert_eq!(outcome.first.len(), if kind == Kind::Stream { outcome.total.len() } else { 0 });
        }
    }

    #[tokio::test]
    async fn a_refusal_is_a_failure() {
        let outcome = load(true, Kind::Whole).await;
        assert!(outcome.failed >= 4 && outcome.answered == 0);
        assert!(outcome.failure.unwrap().contains("status 429"));
    }

    #[tokio::test]
    async fn a_silent_stream_stays_open() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = Target { address, path: "/v1/chat/completions".into(), headers: Vec::new(), model: "m".into() };
        let answers = Box::leak(Box::new(Answers::new(false)));
        let opened = async {
            let mut line = Line::open(address).await.unwrap();
            line.open_stream(&target.asking_silence()).await.unwrap();
            tokio::time::timeout(Duration::from_millis(100), line.read()).await
        };
        tokio::select! {
            served = accept(&listener, answers) => panic!("{served:?}"),
            more = opened => assert!(more.is_err(), "nothing follows"),
        }
    }
}
