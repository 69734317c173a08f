//! A running Parlance for a test, and people who use it.

use axum::{Router, body::Body};
use database::Db;
use http_body_util::BodyExt;
use hyper::{Method, Request, StatusCode, header::HeaderMap};
use kernel::Env;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::TestDb;
use tower::ServiceExt;

use app::{Config, Platform, config::DataDir, router};

pub const PASSWORD: &str = "correct horse battery staple";

/// The real router on the test's database, called in-process.
pub struct TestApp {
    pub platform: Platform,
    router: Router,
    /// Holds the keys; removed with the app.
    _data: TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

/// The configuration that tests start from: no network, no pauses, no limits in the way.
pub fn config(data: &TempDir) -> Config {
    let mut config = Config { data_dir: DataDir(data.path().to_owned()), ..Config::default() };
    config.providers.discovery.enabled = false;
    config.providers.demo.chunk_delay_ms = 0;
    config.limits.auth_per_ip = 10_000;
    config.auth.proof_of_work = identity::ProofOfWork::Never;
    config.limits.requests_per_ip = 100_000;
    config.limits.requests_per_user = 100_000;
    config
}

impl TestApp {
    pub async fn start(db: &TestDb) -> Self {
        Self::with(db, |_| {}).await
    }

    pub async fn with(db: &TestDb, change: impl FnOnce(&mut Config)) -> Self {
        Self::on((**db).clone(), change).await
    }

    pub async fn on(db: Db, change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = config(&data);
        change(&mut config);
        let platform = Platform::on(db, &config, Env::system()).await.unwrap();
        platform.start().await.unwrap();
        let router = router::router(&platform, &config).unwrap();
        Self { platform, router, _data: data }
    }

    /// Sends any request; the body is read to its end, a stream's too.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap_or_default() }
    }

    /// Sends JSON to a path under `/api/v1`, with a token or without.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        self.send(request(method, path, token, body)).await
    }

    pub async fn sign_up(&self, email: &str) -> Person<'_> {
        let credentials = json!({ "email": email, "password": PASSWORD });
        self.call(Method::POST, "/auth/signup", None, Some(credentials.clone())).await.expect(202);
        let answer = self.call(Method::POST, "/auth/login", None, Some(credentials)).await;
        let cookie = cookie(&answer);
        let session = answer.expect(200);
        Person { app: self, token: text(&session["access_token"]), cookie, session }
    }
}

/// A request under `/api/v1`, of the compatible APIs under `/v1`, or of a directory under `/scim`.
pub fn request(method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Request<Body> {
    let is_whole = path.starts_with("/v1/") || path.starts_with("/scim/");
    let uri = if is_whole { path.to_owned() } else { format!("/api/v1{path}") };
    let mut builder = Request::builder().method(method).uri(uri);
    if let Some(token) = token {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    match body {
        Some(body) => builder.header("content-type", "application/json").body(Body::from(body.to_string())),
        None => builder.body(Body::empty()),
    }
    .unwrap()
}

/// The refresh cookie that an answer set, as a `Cookie` header.
pub fn cookie(answer: &Answer) -> String {
    let set = answer.headers.get("set-cookie").map_or("", |value| value.to_str().unwrap());
    set.split(';').next().unwrap_or_default().to_owned()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Somebody who is signed in.
pub struct Person<'a> {
    app: &'a TestApp,
    pub token: String,
    pub cookie: String,
    /// The login's answer.
    pub session: Value,
}

impl<'a> Person<'a> {
    /// The same person in another workspace of theirs.
    pub async fn enter(&self, workspace: &str) -> Person<'a> {
        let mut request = request(Method::POST, "/auth/refresh", None, Some(json!({ "workspace": workspace })));
        request.headers_mut().insert("cookie", self.cookie.parse().unwrap());
        let answer = self.app.send(request).await;
        let cookie = cookie(&answer);
        let session = answer.expect(200);
        Person { app: self.app, token: text(&session["access_token"]), cookie, session }
    }

    /// Whoever holds the cookie and the token.
    pub fn with(app: &'a TestApp, cookie: String, token: &str) -> Self {
        Self { app, token: token.to_owned(), cookie, session: Value::Null }
    }

    pub const fn app(&self) -> &'a TestApp {
        self.app
    }

    /// A new workspace of theirs, and they in it.
    pub async fn workspace(&self, name: &str) -> Person<'a> {
        let made = self.post("/workspaces", json!({ "name": name })).await.expect(201);
        self.enter(&text(&made["id"])).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.app.call(Method::DELETE, path, Some(&self.token), None).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.app.call(Method::GET, path, Some(&self.token), None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.call(Method::POST, path, Some(&self.token), Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.app.call(Method::PUT, path, Some(&self.token), Some(body)).await
    }

    /// Links an identity to them, as if they had signed in with it; gives its id.
    pub async fn connect_google(&self) -> String {
        let user: kernel::UserId = self.user_id().parse().unwrap();
        let id: kernel::IdentityId = self.app.platform.env.id();
        let insert = "INSERT INTO identities (id, user_id, provider, issuer, subject, email, created_at, last_used_at)
                      VALUES ($1, $2, 'google', 'https://accounts.google.com', $3, 'a-secret-of-ours@example.com', 0, 0)";
        let values = database::params![id, user, user.to_string()];
        self.app.platform.db.execute(database::Platform, insert, values).await.unwrap();
        id.to_string()
    }

    /// Uploads a picture of one pixel.
    pub async fn upload(&self) -> Answer {
        const BOUNDARY: &str = "----parlance";
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dot.png\"\r\nContent-Type: image/png\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(PIXEL);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::post("/api/v1/files")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(Body::from(body))
            .unwrap();
        self.app.send(request).await
    }

    pub fn user_id(&self) -> String {
        text(&self.session["user"]["id"])
    }

    pub fn workspace_id(&self) -> String {
        text(&self.session["workspace"]["id"])
    }

    pub async fn conversation(&self) -> String {
        text(&self.post("/conversations", json!({})).await.expect(201)["id"])
    }

    /// Says something, and gives the events of the answer's stream.
    pub async fn say(&self, conversation: &str, words: &str) -> Vec<Event> {
        self.stream(&format!("/conversations/{conversation}/runs"), json!({ "message": { "text": words } })).await
    }

    /// Posts and reads the answer as a stream of events.
    pub async fn stream(&self, path: &str, body: Value) -> Vec<Event> {
        let mut request = request(Method::POST, path, Some(&self.token), Some(body));
        request.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
        let answer = self.app.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.headers["x-vercel-ai-ui-message-stream"], "v1");
        events(&answer.text)
    }

    /// Attaches to a run's stream, after an event if one is given.
    pub async fn attach(&self, run: &str, after: Option<&str>) -> Vec<Event> {
        let mut request = request(Method::GET, &format!("/runs/{run}/stream"), Some(&self.token), None);
        if let Some(after) = after {
            request.headers_mut().insert("last-event-id", after.parse().unwrap());
        }
        let answer = self.app.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        events(&answer.text)
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub data: Value,
}

impl Event {
    pub fn kind(&self) -> &str {
        self.data["type"].as_str().unwrap_or_default()
    }
}

/// Reads a whole stream; the final `[DONE]` is left out.
pub fn events(stream: &str) -> Vec<Event> {
    stream
        .split("\n\n")
        .filter_map(|frame| {
            let line = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
            let data = line("data: ")?;
            (data != "[DONE]").then(|| Event {
                id: line("id: ").map(str::to_owned),
                data: serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")),
            })
        })
        .collect()
}

/// The text that the events say.
pub fn spoken(events: &[Event]) -> String {
    events
        .iter()
        .filter(|event| event.kind() == "text-delta")
        .map(|event| event.data["delta"].as_str().unwrap())
        .collect()
}

/// The last state of the run that the events tell.
pub fn final_run(events: &[Event]) -> Value {
    events.iter().rev().find(|event| event.kind() == "data-run").expect("the stream tells the run")["run"].clone()
}

impl std::ops::Index<&str> for Event {
    type Output = Value;

    /// A field of a `data-…` part's payload.
    fn index(&self, field: &str) -> &Value {
        &self.data["data"][field]
    }
}

/// A PNG of one grey pixel.
pub const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
