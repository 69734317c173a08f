//! An HTTP/1.1 server that answers with scripted bytes, for tests of what clients make of them.
//!
//! Invariants: the bytes go out exactly as scripted; each [`Script::chunk`] is one chunk of the chunked
//! transfer coding (RFC 9112, 7.1) and one write, so a client reads the same pieces. Each request
//! takes one script, in order. A connection serves one request.
//!
//! Deliberately absent: TLS, HTTP/2, chunked requests.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// How long a test waits for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do with one request. Built step by step:
/// `Script::new(200).header("content-type", "text/event-stream").chunk("data: 1\n\n").end()`.
#[derive(Debug, Clone)]
pub struct Script {
    path: Option<String>,
    head: String,
    /// Whether the head was turned into the first step.
    begun: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    Hang,
    Reset,
}

impl Script {
    /// Begins an answer with its status.
    pub fn new(status: u16) -> Self {
        Self {
            path: None,
            head: format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n"),
            begun: false,
            steps: Vec::new(),
        }
    }

    /// A whole answer with a JSON body.
    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status).header("content-type", "application/json").body(body)
    }

    /// An answer of server-sent events, one chunk for each of `events`, ended properly.
    pub fn events<E: AsRef<[u8]>>(events: impl IntoIterator<Item = E>) -> Self {
        let start = Self::new(200).header("content-type", "text/event-stream");
        events.into_iter().fold(start, Script::chunk).end()
    }

    /// Reads the request, then says nothing at all.
    pub fn silence() -> Self {
        Self { begun: true, ..Self::new(200) }.hang()
    }

    /// Reads the request, then resets the connection.
    pub fn refuse() -> Self {
        Self { begun: true, ..Self::new(200) }.reset()
    }

    /// Answers only requests to this path (without the query).
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Adds a header. Only before the body.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        assert!(!self.begun, "headers come before the body");
        self.head = format!("{}{name}: {value}\r\n", self.head);
        self
    }

    /// The whole body, with its length announced.
    #[must_use]
    pub fn body(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.begin(&format!("content-length: {}", bytes.len()));
        self.raw(bytes)
    }

    /// One chunk of the body.
    #[must_use]
    pub fn chunk(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        assert!(!bytes.is_empty(), "an empty chunk ends the body; say end()");
        self.begin("transfer-encoding: chunked");
        let coded = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        self.raw(coded)
    }

    /// The last, empty chunk.
    #[must_use]
    pub fn end(mut self) -> Self {
        self.begin("transfer-encoding: chunked");
        self.raw("0\r\n\r\n")
    }

    /// Bytes as they are, past every rule. A script that just stops closes the connection.
    #[must_use]
    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }

    #[must_use]
    pub fn pause(mut self, time: Duration) -> Self {
        self.steps.push(Step::Pause(time));
        self
    }

    /// Sends nothing more, until the client goes away.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.steps.push(Step::Hang);
        self
    }

    /// Resets the connection (RST).
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.steps.push(Step::Reset);
        self
    }

    /// Turns the head into the first step, with how the body is framed.
    fn begin(&mut self, framing: &str) {
        if !std::mem::replace(&mut self.begun, true) {
            self.steps.push(Step::Send(format!("{}{framing}\r\n\r\n", self.head).into_bytes()));
        }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON. Panics if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// The running server. Dropping it stops it.
pub struct ReplayServer {
    url: String,
    state: Arc<State>,
    listener: JoinHandle<()>,
}

struct State {
    scripts: Mutex<Vec<Script>>,
    requests: Mutex<Vec<Request>>,
    /// How many clients left before their script was through.
    hung_up: watch::Sender<usize>,
    arrived: watch::Sender<usize>,
}

impl ReplayServer {
    /// Listens on a free port of the loopback and plays `scripts` in order, one to a request.
    pub async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("an address");
        let state = Arc::new(State {
            scripts: Mutex::new(scripts.into_iter().collect()),
            requests: Mutex::default(),
            hung_up: watch::Sender::new(0),
            arrived: watch::Sender::new(0),
        });
        let shared = state.clone();
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { url: format!("http://{address}"), state, listener }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds a script after those that are left.
    pub fn push(&self, script: Script) {
        self.state.scripts.lock().unwrap().push(script);
    }

    /// What has arrived so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The only request. Panics if there were none or several.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "one request was expected");
        requests[0].clone()
    }

    /// How many scripts nobody has asked for yet.
    pub fn left(&self) -> usize {
        self.state.scripts.lock().unwrap().len()
    }

    /// Waits until `count` requests have arrived.
    pub async fn wait_for_requests(&self, count: usize) {
        wait(&self.state.arrived, count, "requests").await;
    }

    /// Waits until `count` clients have closed their connection before the script was through.
    pub async fn wait_for_hang_ups(&self, count: usize) {
        wait(&self.state.hung_up, count, "hang-ups").await;
    }
}

impl Drop for ReplayServer {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn wait(counter: &watch::Sender<usize>, count: usize, what: &str) {
    let mut changes = counter.subscribe();
    let seen = changes.wait_for(|seen| *seen >= count);
    assert!(
        tokio::time::timeout(PATIENCE, seen).await.is_ok(),
        "{count} {what} were expected, {} came",
        *counter.borrow(),
    );
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let Some(request) = read_request(&mut stream).await else { return };
    let script = {
        let mut scripts = state.scripts.lock().unwrap();
        let fits = |script: &Script| script.path.as_deref().is_none_or(|path| path == request.path());
        scripts.iter().position(fits).map(|index| scripts.remove(index))
    };
    let script = script.unwrap_or_else(|| {
        Script::new(500).body(format!("no script is left for {} {}", request.method, request.target))
    });
    state.requests.lock().unwrap().push(request);
    state.arrived.send_modify(|count| *count += 1);

    let (mut from_client, mut to_client) = stream.into_split();
    let play = async {
        for step in script.steps {
            match step {
                Step::Send(bytes) => {
                    if to_client.write_all(&bytes).await.is_err() {
                        return Played::HungUp;
                    }
                }
                Step::Pause(time) => tokio::time::sleep(time).await,
                Step::Hang => std::future::pending().await,
                Step::Reset => return Played::Reset,
            }
        }
        Played::Through
    };
    let played = tokio::select! {
        played = play => played,
        () = until_closed(&mut from_client) => Played::HungUp,
    };
    match played {
        Played::Through => {
            // Close our side first and let the client take the rest: closing at once could reset it.
            let _ = to_client.shutdown().await;
            let _ = tokio::time::timeout(PATIENCE, until_closed(&mut from_client)).await;
        }
        Played::HungUp => state.hung_up.send_modify(|count| *count += 1),
        Played::Reset => {
            let stream = from_client.reunite(to_client).expect("the two halves");
            stream.set_zero_linger().expect("SO_LINGER");
        }
    }
}

enum Played {
    Through,
    HungUp,
    Reset,
}

/// Returns when the peer has closed its side, or reset the connection.
async fn until_closed(from_client: &mut (impl AsyncRead + Unpin)) {
    let mut waste = [0; 256];
    while matches!(from_client.read(&mut waste).await, Ok(1..)) {}
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).expect("the head is text");
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let target = first.next().unwrap_or_default().to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = bytes.split_off(head_end + 4);
    let header = |name| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    assert!(header("transfer-encoding").is_none(), "requests announce their length");
    let length = header("content-length").map_or(0, |value| value.parse().expect("a length"));
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, target, headers, body })
}
