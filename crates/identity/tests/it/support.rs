//! A platform of identity and tenancy alone, with a clock to move, and people who use it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use contracts::{Mailer, mail::Mail, tenancy::Role};
use database::{Db, Tx};
use http_body_util::BodyExt;
use identity::{Config, Identity, NewUser};
use kernel::{Env, ManualClock, SessionId, Tasks, UserId, WorkspaceId, env::SeededRng};
use notifications::{Notifications, Outgoing};
use serde_json::{Value, json};
use tempfile::TempDir;
use tenancy::Tenancy;
use testkit::TestDb;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use web::{
    Auth, layers,
    limit::{Limiter, Policy},
};

pub const PASSWORD: &str = "correct horse battery staple";
pub const ANN: &str = "ann@example.com";
/// What links in letters begin with.
pub const BASE: &str = "https://chat.example.com";
pub const HOME: &str = "203.0.113.7";
static SEED: AtomicU64 = AtomicU64::new(1);

/// One process of the platform.
#[derive(Clone)]
pub struct Node {
    pub identity: Arc<Identity>,
    pub tenancy: Arc<Tenancy>,
    pub tasks: Tasks,
    pub mailer: Notifications,
    /// What each request's caller is found with.
    pub auth: Auth,
    router: Router,
}

/// The platform, its clock and its data folder.
pub struct World {
    pub node: Node,
    pub clock: Arc<ManualClock>,
    pub env: Env,
    pub data: TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub token: String,
    pub cookie: String,
    pub user: UserId,
    pub workspace: WorkspaceId,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The status and, of a problem, the code.
    pub fn outcome(&self) -> (u16, String) {
        let code = serde_json::from_slice::<Value>(&self.bytes).unwrap_or_default()["code"].as_str().map(str::to_owned);
        (self.status.as_u16(), code.unwrap_or_default())
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) {
        assert_eq!(self.outcome(), (status, code.to_owned()), "{}", self.text());
    }

    /// The fields that a problem names.
    pub fn fields(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    pub fn set_cookie(&self) -> Option<String> {
        self.headers.get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned())
    }

    /// The refresh token that was set, as the `Cookie` header to send.
    #[track_caller]
    pub fn cookie(&self) -> String {
        self.set_cookie().expect("a cookie was set").split(';').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn person(&self) -> Person {
        let body = self.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            token: text(&body["access_token"]),
            cookie: self.cookie(),
            user: text(&body["user"]["id"]).parse().unwrap(),
            workspace: text(&body["workspace"]["id"]).parse().unwrap(),
        }
    }
}

/// A request under `/api/v1` from [`HOME`].
pub struct Call {
    builder: axum::http::request::Builder,
    body: Body,
    from: IpAddr,
}

pub fn call(method: Method, path: &str) -> Call {
    let uri = if path.starts_with("/scim/") { path.to_owned() } else { format!("/api/v1{path}") };
    let builder = Request::builder().method(method).uri(uri);
    Call { builder, body: Body::empty(), from: HOME.parse().unwrap() }
}

pub fn get(path: &str) -> Call {
    call(Method::GET, path)
}

pub fn post(path: &str) -> Call {
    call(Method::POST, path)
}

impl Call {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    pub fn json(self, body: Value) -> Self {
        let mut call = self.header("content-type", "application/json");
        call.body = Body::from(body.to_string());
        call
    }

    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Body::from(body);
        self
    }

    pub fn from(mut self, ip: &str) -> Self {
        self.from = ip.parse().unwrap();
        self
    }

    pub async fn on(self, node: &Node) -> Answer {
        let mut request = self.builder.body(self.body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.from, 40_000)));
        let response = node.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Answer { status, headers, bytes }
    }
}

/// The real outbox. Each letter takes a microsecond, so that they have an order also while time stands still.
struct InOrder {
    mailer: Notifications,
    clock: Arc<ManualClock>,
}

#[async_trait::async_trait]
impl Mailer for InOrder {
    async fn post(&self, tx: &mut Tx, mail: Mail) -> Result<(), database::Error> {
        self.clock.advance(Duration::from_micros(1));
        self.mailer.post(tx, mail).await
    }

    async fn forget(&self, tx: &mut Tx, address: &str) -> Result<(), database::Error> {
        self.mailer.forget(tx, address).await
    }
}

impl Node {
    pub fn start(db: &Db, env: &Env, clock: &Arc<ManualClock>, config: Config) -> Self {
        let limiter = Limiter::in_process();
        let tenancy = Arc::new(Tenancy::new(db.clone(), env.clone()));
        let tasks = Tasks::new();
        let letters = notifications::Config { base_url: BASE.to_owned(), ..notifications::Config::default() };
        let mailer = Notifications::new(db.clone(), env.clone(), tasks.clone(), letters).unwrap();
        let identity = Identity::new(
            db.clone(),
            env.clone(),
            tasks.clone(),
            tenancy.clone(),
            Arc::new(InOrder { mailer: mailer.clone(), clock: clock.clone() }),
            config,
            limiter.clone(),
        );
        let identity = Arc::new(identity.unwrap().with_audit(tenancy.clone()).with_directory(tenancy.clone()));
        let auth = Auth {
            identity: identity.clone(),
            keys: identity.clone(),
            tenancy: tenancy.clone(),
            limiter,
            user_policy: Policy { name: "user", burst: 100_000, period: Duration::from_secs(60) },
        };
        let (api, _) = OpenApiRouter::new()
            .nest("/api/v1", identity::routes(identity.clone()))
            .nest("/api/v1", tenancy::routes(tenancy.clone(), identity.clone()))
            .nest("/scim/v2", identity::scim::routes(identity.clone()))
            .split_for_parts();
        let settings = layers::Settings { env: env.clone(), trusted_proxies: 0, https: false };
        // Stands for the compatible APIs.
        let api = api.route("/api/v1/inference", axum::routing::post(inference));
        let router = layers::wrap(api.layer(Extension(auth.clone())), settings);
        Self { identity, tenancy, tasks, mailer, auth, router }
    }

    /// Letters to this address, the oldest first, once those that were under way are written.
    pub async fn letters(&self, to: &str) -> Vec<Outgoing> {
        while !self.tasks.is_empty() {
            tokio::task::yield_now().await;
        }
        let mut letters: Vec<_> = self.mailer.kept().await.unwrap().into_iter().map(|kept| kept.letter).collect();
        letters.retain(|letter| letter.to == to);
        letters.reverse();
        letters
    }

    /// The newest letter to this address.
    #[track_caller]
    pub fn letter(&self, to: &str) -> impl Future<Output = Outgoing> {
        let (node, to) = (self.clone(), to.to_owned());
        async move { node.letters(&to).await.pop().unwrap_or_else(|| panic!("no letter to {to}")) }
    }

    /// Signs up where addresses have to be proved, and proves it.
    pub async fn join_with_proof(&self, email: &str) -> Person {
        self.sign_up(email).await.expect(202);
        self.verify(&token_of(&self.letter(email).await)).await.expect(200);
        self.log_in(email).await.expect(200).person()
    }

    pub async fn verify(&self, token: &str) -> Answer {
        post("/auth/verify-email").json(json!({ "token": token })).on(self).await
    }

    pub async fn forgot(&self, email: &str) -> Answer {
        post("/auth/forgot-password").json(json!({ "email": email })).on(self).await
    }

    pub async fn reset(&self, token: &str, password: &str) -> Answer {
        post("/auth/reset-password").json(json!({ "token": token, "password": password })).on(self).await
    }

    /// Asks for a new password; gives the link's token.
    pub async fn reset_token(&self, email: &str) -> String {
        self.forgot(email).await.expect(202);
        token_of(&self.letter(email).await)
    }

    pub async fn sign_up(&self, email: &str) -> Answer {
        post("/auth/signup").json(json!({ "email": email, "password": PASSWORD })).on(self).await
    }

    pub async fn log_in(&self, email: &str) -> Answer {
        post("/auth/login").json(json!({ "email": email, "password": PASSWORD })).on(self).await
    }

    /// Signs up and logs in.
    pub async fn join(&self, email: &str) -> Person {
        self.sign_up(email).await.expect(202);
        self.log_in(email).await.expect(200).person()
    }

    pub async fn refresh(&self, cookie: &str) -> Answer {
        post("/auth/refresh").cookie(cookie).on(self).await
    }

    /// What the access token is worth here and now.
    pub async fn whoami(&self, token: &str) -> Answer {
        get("/me").bearer(token).on(self).await
    }

    /// Waits until the node refuses the token, as it must within five seconds (acceptance 4).
    pub async fn comes_to_refuse(&self, token: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        loop {
            let answer = self.whoami(token).await;
            if answer.status == StatusCode::UNAUTHORIZED {
                return answer.refused(401, "unauthenticated");
            }
            assert!(tokio::time::Instant::now() < deadline, "still {}", answer.status);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes an API key; gives its id and its secret.
    pub async fn key(&self, person: &Person, body: Value) -> (String, String) {
        let made = post("/keys").bearer(&person.token).json(body).on(self).await.expect(201).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&made["key"]["id"]), text(&made["secret"]))
    }

    /// A new user who is in the person's workspace, signed in there.
    pub async fn colleague(&self, of: &Person, email: &str, role: Role) -> Person {
        let person = self.join(email).await;
        self.tenancy.add_member(of.workspace, person.user, role).await.unwrap();
        let body = json!({ "workspace": of.workspace });
        post("/auth/refresh").cookie(&person.cookie).json(body).on(self).await.expect(200).person()
    }

    /// What is stored of the user's password.
    pub async fn password_of(&self, db: &Db, email: &str) -> String {
        let (hash,): (String,) = db
            .one(database::Platform, "SELECT password_hash FROM users WHERE email_lower = $1", database::params![email])
            .await
            .unwrap();
        hash
    }

    /// The session that asks.
    pub async fn current_session(&self, token: &str) -> SessionId {
        let page = get("/auth/sessions").bearer(token).on(self).await.expect(200).json();
        let current = page["data"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
        current["id"].as_str().unwrap().parse().unwrap()
    }
}

/// The secret of the link in a letter.
pub fn token_of(letter: &Outgoing) -> String {
    let link = letter.text.split_whitespace().find(|word| word.starts_with(BASE) && word.contains('#'));
    link.unwrap_or_else(|| panic!("no link: {}", letter.text)).split_once('#').unwrap().1.to_owned()
}

async fn inference(caller: web::Caller) -> String {
    caller.user.to_string()
}

pub fn config(data: &TempDir) -> Config {
    Config {
        public_url: None,
        data_dir: data.path().to_owned(),
        signing_keys: Vec::new(),
        refresh_secret: None,
        master_keys: Vec::new(),
        require_verified_email: false,
        sign_up_open: true,
        federation: identity::federation::FederationConfig::default(),
        sign_up_rules: identity::SignUpRules::default(),
        requests_per_ip: 100_000,
        proof_of_work: identity::ProofOfWork::Never,
        strangers: 1,
    }
}

pub fn new_user(email: &str) -> NewUser {
    NewUser { email: email.to_owned(), password: PASSWORD.into(), name: None, locale: None, platform_admin: false }
}

impl World {
    pub fn new(db: &TestDb) -> Self {
        Self::with(db, |_| {})
    }

    pub fn with(db: &Db, change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(testkit::START));
        // Two worlds of one test must not throw the same dice: they would draw the same keys and ids.
        let env = Env::new(clock.clone(), Arc::new(SeededRng::new(SEED.fetch_add(1, Ordering::Relaxed))));
        let mut config = config(&data);
        change(&mut config);
        Self { node: Node::start(db, &env, &clock, config), clock, env, data }
    }

    /// A second process: connections of its own, the same data folder.
    pub async fn second_node(&self, db: &TestDb) -> Node {
        Node::start(&db.reconnect().await, &self.env, &self.clock, config(&self.data))
    }
}
