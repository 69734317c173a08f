//! A gateway with everything behind it, and somebody with an API key.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, BodyDataStream},
    http::{HeaderMap, Method, Request, StatusCode},
    middleware::{self, Next},
};
use contracts::metering::BudgetPeriod;
use gateway::{Gateway, Parts};
use guardrails::Subject;
use http_body_util::BodyExt as _;
use kernel::{Env, NanoUsd, Tasks, TenantScope, WorkspaceId};
use metering::{BudgetSubject, Metering, NewBudget, ReportRequest};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    TestDb,
    fake::{ReplayServer, Script},
};
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;
use web::{
    Auth, layers,
    limit::{Limiter, Policy},
};

const PASSWORD: &str = "correct horse battery staple";

pub struct World {
    pub metering: Metering,
    pub guardrails: guardrails::Guardrails,
    pub providers: providers::Providers,
    identity: Arc<identity::Identity>,
    pub scope: TenantScope,
    /// An API key for everything.
    pub key: String,
    /// Of the person who has it.
    pub token: String,
    router: Router,
    _data: TempDir,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The events of a stream: their names (empty without one) and their data.
    pub fn events(&self) -> Vec<(String, Value)> {
        events(&self.text)
    }
}

pub fn events(stream: &str) -> Vec<(String, Value)> {
    stream
        .split("\n\n")
        .filter_map(|frame| {
            let line = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
            let data = line("data: ")?;
            let data = if data == "[DONE]" { json!(data) } else { serde_json::from_str(data).unwrap() };
            Some((line("event: ").unwrap_or_default().to_owned(), data))
        })
        .collect()
}

/// Providers at a server that plays scripts. A million tokens cost a dollar in and two out.
pub fn at(server: &ReplayServer) -> Value {
    let there = json!({ "api_key": "sk-test-key-1234", "base_url": server.url() });
    let prices = json!({ "prices": { "input": "1", "output": "2" }, "max_output_tokens": 1000 });
    json!({
        "compatible": there, "openai": there, "anthropic": there, "groq": there,
        "models": {
            "compatible/model": prices, "openai/gpt-5.2": { "api": "responses", "prices": prices["prices"] },
            "anthropic/claude-sonnet-4-5": prices, "groq/other": prices,
        },
    })
}

pub fn fixture(path: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../providers/tests/fixtures").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A chat completion of a few tokens, whole.
pub fn completion(text: &str, input: u64, output: u64) -> Script {
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "model", "odd": { "kept": true },
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
    });
    Script::json(200, &body.to_string())
}

pub fn chunk(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "content": text } }], "odd": 1 }))
}

pub fn usage_chunk(input: u64, output: u64) -> String {
    let usage = json!({ "prompt_tokens": input, "completion_tokens": output });
    format!("data: {}\n\n", json!({ "choices": [], "usage": usage }))
}

pub const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
pub const DONE: &str = "data: [DONE]\n\n";

impl World {
    /// With the demo provider alone. Again on the same database it is another process.
    pub async fn start(db: &TestDb) -> Self {
        Self::with(db, json!({})).await
    }

    pub async fn with(db: &TestDb, providers: Value) -> Self {
        Self::of("ada@example.com", db, providers).await
    }

    /// With somebody else, on a database that knows the first one already.
    pub async fn join(db: &TestDb, providers: Value) -> Self {
        Self::of("bob@example.com", db, providers).await
    }

    async fn of(email: &str, db: &TestDb, providers: Value) -> Self {
        let mut providers = providers;
        let shared_answers = match providers.as_object_mut().unwrap().remove("redis") {
            Some(url) => Some(gateway::SharedAnswers::connect(url.as_str().unwrap()).await.unwrap()),
            None => None,
        };
        let gateway_config = providers.as_object_mut().unwrap().remove("gateway").unwrap_or(json!({}));
        let mut config = json!({
            "discovery": { "enabled": false },
            "demo": { "chunk_delay_ms": 0 },
            "timeouts": { "connect": 1, "first_byte": 5, "between_chunks": 5 },
        });
        for (key, value) in providers.as_object().unwrap() {
            config[key] = value.clone();
        }
        let (env, tasks, data) = (Env::system(), Tasks::new(), tempfile::tempdir().unwrap());
        let limiter = Limiter::in_process();
        let tenancy = Arc::new(tenancy::Tenancy::new((**db).clone(), env.clone()));
        let identity_config = identity::Config {
            public_url: None,
            data_dir: data.path().to_owned(),
            signing_keys: Vec::new(),
            refresh_secret: None,
            master_keys: Vec::new(),
            federation: identity::federation::FederationConfig::default(),
            require_verified_email: false,
            sign_up_open: true,
            sign_up_rules: identity::SignUpRules::default(),
            requests_per_ip: 100_000,
            proof_of_work: identity::ProofOfWork::Never,
            strangers: 1,
        };
        let letters = notifications::Config::default();
        let mailer = notifications::Notifications::new((**db).clone(), env.clone(), tasks.clone(), letters).unwrap();
        let identity = identity::Identity::new(
            (**db).clone(),
            env.clone(),
            tasks.clone(),
            tenancy.clone(),
            Arc::new(mailer),
            identity_config,
            limiter.clone(),
        );
        let identity = Arc::new(identity.unwrap());
        let config = serde_json::from_value(config).unwrap();
        let providers = providers::Providers::new(env.clone(), tasks.clone(), config)
            .and_then(|providers| providers.with_workspaces((**db).clone(), data.path()))
            .unwrap();
        let metering = Metering::new((**db).clone(), env.clone(), tasks.clone());
        let config: gateway::Config = serde_json::from_value(gateway_config).unwrap();
        let guardrails = guardrails::Guardrails::new((**db).clone(), env.clone(), &config.guardrails).unwrap();
        let gateway = Gateway::new(Parts {
            env: env.clone(),
            tasks: tasks.clone(),
            providers: Arc::new(providers.clone()),
            routing: Arc::new(providers.clone()),
            metering: Arc::new(metering.clone()),
            guardrails: Arc::new(guardrails.clone()),
            shared_answers,
            config,
        })
        .unwrap();
        let minute = Duration::from_secs(60);
        let auth = Auth {
            identity: identity.clone(),
            keys: identity.clone(),
            tenancy,
            limiter,
            user_policy: Policy { name: "user", burst: 100_000, period: minute },
        };
        let (api, _) = OpenApiRouter::new().nest("/api/v1", identity::routes(identity.clone())).split_for_parts();
        let (v1, _) = OpenApiRouter::new().nest("/v1", gateway::routes(gateway)).split_for_parts();
        let reshape = |request, next: Next| gateway::reshape(request, |request| next.run(request));
        let v1 = v1.layer(Extension(auth.clone())).layer(middleware::from_fn(reshape));
        let router = layers::wrap(
            api.layer(Extension(auth)).merge(v1),
            layers::Settings { env, trusted_proxies: 0, https: false },
        );
        let scope = TenantScope::assume(WorkspaceId::from_uuid(uuid::Uuid::nil()));
        let mut world = Self {
            metering,
            guardrails,
            providers,
            identity,
            scope,
            key: String::new(),
            token: String::new(),
            router,
            _data: data,
        };
        let credentials = json!({ "email": email, "password": PASSWORD });
        world.api("/auth/signup", "", credentials.clone()).await.expect(202);
        let session = world.api("/auth/login", "", credentials).await.expect(200).json();
        world.token = text(&session["access_token"]);
        world.scope = TenantScope::assume(text(&session["workspace"]["id"]).parse().unwrap());
        world.key = world.new_key(json!({})).await.0;
        world
    }

    /// An API key; its secret and its id.
    pub async fn new_key(&self, grant: Value) -> (String, String) {
        let mut body = json!({ "name": "test", "scopes": ["inference"] });
        for (key, value) in grant.as_object().unwrap() {
            body[key] = value.clone();
        }
        let made = self.api("/keys", &self.token, body).await.expect(201).json();
        (text(&made["secret"]), text(&made["key"]["id"]))
    }

    async fn api(&self, path: &str, token: &str, body: Value) -> Answer {
        let request = Request::post(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub fn request(&self, method: Method, path: &str, body: &Value) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(format!("/v1{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
            .unwrap()
    }

    /// Sends a request, and reads the answer to its end.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path, &body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path, &Value::Null)).await
    }

    /// Begins a stream and leaves the reading to the test.
    pub async fn open(&self, path: &str, body: Value) -> BodyDataStream {
        self.open_request(self.request(Method::POST, path, &body)).await
    }

    pub async fn open_request(&self, request: Request<Body>) -> BodyDataStream {
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    /// Chat with one message.
    pub async fn chat(&self, model: &str, text: &str) -> Answer {
        self.post("/chat/completions", json!({ "model": model, "messages": [{ "role": "user", "content": text }] }))
            .await
    }

    /// The same, streamed.
    pub async fn chat_stream(&self, model: &str, text: &str) -> Answer {
        let messages = json!([{ "role": "user", "content": text }]);
        self.post("/chat/completions", json!({ "model": model, "messages": messages, "stream": true })).await
    }

    /// What the ledger holds, by model.
    pub async fn ledger(&self) -> Vec<Spent> {
        let request = metering::ReportRequest { group_by: metering::UsageGroup::Model, ..Default::default() };
        let report = self.metering.report(&*self.identity, &self.scope, request).await.unwrap();
        let rows = report.data.into_iter();
        rows.map(|row| Spent {
            model: row.key,
            input: row.input_tokens,
            cached: row.cached_input_tokens,
            output: row.output_tokens,
            cost: row.cost_usd.to_string(),
        })
        .collect()
    }

    /// What the cache has saved, once it has answered so often.
    pub async fn saved(&self, answers: i64) -> String {
        for _ in 0..500 {
            let report = self.metering.report(&*self.identity, &self.scope, ReportRequest::default()).await.unwrap();
            if report.cached_answers == answers {
                return report.saved_usd.to_string();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it has not answered {answers} times");
    }

    /// The one line of the ledger, once it is there.
    pub async fn spent(&self) -> Spent {
        for _ in 0..500 {
            if let Some(spent) = self.ledger().await.pop() {
                return spent;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing was settled");
    }

    /// Sets a policy: the workspace's, or a key's.
    pub async fn policy(&self, key: Option<&str>, policy: Value) {
        let subject = key.map_or(Subject::Workspace, |id| Subject::Key(id.parse().unwrap()));
        let change = (serde_json::from_value(policy).unwrap(), kernel::UserId::from_uuid(uuid::Uuid::nil()));
        self.guardrails.set_policy(&*self.identity, &self.scope, subject, change).await.unwrap();
    }

    /// What guardrails decided, the oldest first: rule, action, how often.
    pub async fn decisions(&self) -> Vec<(String, &'static str, i64)> {
        let page = self.guardrails.decisions(&self.scope, None, None, 100).await.unwrap();
        page.data.into_iter().rev().map(|it| (it.rule, it.action.as_str(), it.count)).collect()
    }

    pub async fn budget(&self, limit: &str) {
        let new = NewBudget {
            name: "The team's".to_owned(),
            subject: BudgetSubject::Workspace {},
            period: BudgetPeriod::Month,
            limit: limit.parse::<NanoUsd>().unwrap(),
            hard: true,
        };
        self.metering.create_budget(&self.scope, new).await.unwrap();
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Spent {
    pub model: String,
    pub input: i64,
    pub cached: i64,
    pub output: i64,
    pub cost: String,
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
