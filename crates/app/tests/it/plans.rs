//! Plans as their workspaces meet them: the chat, the compatible APIs, the lists of models, the
//! command line, and two processes that share a quota and a budget.

use std::{collections::BTreeMap, path::Path};

use app::config::Plan;
use hyper::Method;
use reqwest::Client;
use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::{
    crash::{Server, command, free_port},
    support::{PASSWORD, TestApp, text},
};

fn free() -> Plan {
    Plan {
        name: Some("Free".to_owned()),
        messages_per_month: Some(2),
        models: Some(vec!["demo/parlance".to_owned(), "demo/*-embedding".to_owned()]),
        ..Plan::default()
    }
}

async fn app(db: &TestDb) -> TestApp {
    TestApp::with(db, |config| {
        config.plans = BTreeMap::from([("free".to_owned(), free())]);
        config.default_plan = Some("free".to_owned());
    })
    .await
}

#[db_test]
async fn acceptance_25_a_quota_stops_the_chat_and_the_compatible_apis(db: TestDb) {
    let app = app(&db).await;
    let ada = app.sign_up("ada@example.com").await;
    let conversation = ada.conversation().await;
    ada.say(&conversation, "/echo one").await;
    let key = text(&ada.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);
    let ask = json!({
        "model": "demo/parlance", "max_tokens": 8, "messages": [{ "role": "user", "content": "/echo two" }],
    });
    let call = async |path: &str, body: &Value| app.call(Method::POST, path, Some(&key), Some(body.clone())).await;
    call("/v1/chat/completions", &ask).await.expect(200);
    // Vectors are no messages.
    call("/v1/embeddings", &json!({ "model": "demo/parlance-embedding", "input": "text" })).await.expect(200);

    let report = ada.get("/quota").await.expect(200);
    assert_eq!(
        report["plan"],
        json!({ "id": "free", "name": "Free", "models": ["demo/parlance", "demo/*-embedding"] })
    );
    let quota = &report["quotas"][0];
    assert_eq!((&quota["unit"], &quota["period"]), (&json!("messages"), &json!("month")));
    assert_eq!((&quota["used"], &quota["limit"], &quota["reserved"]), (&json!("2"), &json!("2"), &json!("0")));
    assert_eq!(quota["warned"], json!([80, 90, 100]));

    let refused = call("/v1/chat/completions", &ask).await;
    assert_eq!(refused.headers["x-should-retry"], "false");
    assert!(refused.headers.contains_key("retry-after"));
    let error = refused.expect(429)["error"].clone();
    assert_eq!((&error["type"], &error["code"]), (&json!("insufficient_quota"), &json!("insufficient_quota")));
    let message = text(&error["message"]);
    let says = ["“Free”", "2 messages a month", "resets at"];
    assert!(says.iter().all(|words| message.contains(words)), "{message}");
    assert_eq!(call("/v1/messages", &ask).await.expect(429)["error"]["type"], "rate_limit_error");
    let response = json!({ "model": "demo/parlance", "input": "/echo three" });
    assert_eq!(call("/v1/responses", &response).await.expect(429)["error"]["code"], "insufficient_quota");

    let run = json!({ "message": { "text": "/echo three" } });
    let refused = ada.post(&format!("/conversations/{conversation}/runs"), run).await;
    assert_eq!(refused.code(), "quota_exceeded");
    assert!(refused.headers.contains_key("retry-after"));
    let problem = refused.expect(429);
    assert!(text(&problem["detail"]).contains("“Free” has 2 messages a month"), "{problem}");
}

#[db_test]
async fn a_plan_leaves_models_out_everywhere(db: TestDb) {
    let app = app(&db).await;
    let ada = app.sign_up("ada@example.com").await;
    let models = ada.get("/models").await.expect(200);
    let models = models["data"].as_array().unwrap();
    let usable: Vec<&Value> = models.iter().filter(|model| model["available"] == true).collect();
    assert_eq!(usable.iter().map(|model| text(&model["id"])).collect::<Vec<_>>(), ["demo/parlance"]);
    assert_eq!(usable[0]["default"], true);
    let other = models.iter().find(|model| model["provider"]["id"] == "demo" && model["available"] == false).unwrap();
    let why = text(&other["unavailable_reason"]);
    assert!(why.contains("The plan “Free” does not include"), "{why}");

    let key = text(&ada.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);
    let list = app.call(Method::GET, "/v1/models", Some(&key), None).await.expect(200);
    let ids: Vec<String> = list["data"].as_array().unwrap().iter().map(|model| text(&model["id"])).collect();
    assert_eq!(ids, ["demo/parlance"]);
    let ask = json!({ "model": other["id"], "max_tokens": 8, "messages": [{ "role": "user", "content": "Hi" }] });
    let refused = app.call(Method::POST, "/v1/chat/completions", Some(&key), Some(ask.clone())).await.expect(403);
    assert_eq!((&refused["error"]["code"], &refused["error"]["param"]), (&json!("model_not_allowed"), &json!("model")));
    let refused = app.call(Method::POST, "/v1/messages", Some(&key), Some(ask)).await.expect(403);
    assert_eq!(refused["error"]["type"], "permission_error");
    let conversation = ada.conversation().await;
    let run = json!({ "message": { "text": "Hi" }, "model": other["id"] });
    let refused = ada.post(&format!("/conversations/{conversation}/runs"), run).await;
    assert_eq!(refused.code(), "model_not_allowed");
    refused.expect(403);
}

fn typed(data: &Path, database: &str, arguments: &[&str]) -> (bool, String) {
    let output = command(data).args(arguments).env("DATABASE_URL", database).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Two processes (on SQLite one), the program that calls them, and what they ask.
struct Installation {
    servers: Vec<Server>,
    data: tempfile::TempDir,
    upstream: ReplayServer,
    key: String,
    token: String,
}

impl Installation {
    async fn start(db: &TestDb, plans: &str, output: u64, input: u64) -> Self {
        let completion = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "model",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
        });
        let upstream = ReplayServer::start((0..200).map(|_| Script::json(200, &completion.to_string()))).await;
        let data = tempfile::tempdir().unwrap();
        let configuration = format!(
            r#"
            {plans}
            [limits]
            requests_per_ip = 100000
            requests_per_user = 100000
            [providers.compatible]
            api_key = "sk-test-key-1234"
            base_url = "{}"
            [providers.models."compatible/model"]
            max_output_tokens = 1000
            prices = {{ input = "1", output = "2" }}
            "#,
            upstream.url()
        );
        std::fs::write(data.path().join("parlance.toml"), configuration).unwrap();
        let several = db.engine() == database::Engine::Postgres;
        let mut servers = vec![Server::start(db.url(), data.path(), free_port()).await];
        if several {
            servers.push(Server::start(db.url(), data.path(), free_port()).await);
        }
        let http = Client::new();
        let address = &servers[0].address;
        let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
        http.post(format!("{address}/api/v1/auth/signup")).json(&credentials).send().await.unwrap();
        let session = http.post(format!("{address}/api/v1/auth/login")).json(&credentials).send().await.unwrap();
        let token = text(&session.json::<Value>().await.unwrap()["access_token"]);
        let key = http.post(format!("{address}/api/v1/keys")).bearer_auth(&token).json(&json!({ "name": "program" }));
        let key = text(&key.send().await.unwrap().json::<Value>().await.unwrap()["secret"]);
        Self { servers, data, upstream, key, token }
    }

    /// 200 calls at once, on all processes in turn: how many passed, and the status of the others.
    async fn two_hundred(&self) -> (usize, Vec<u16>) {
        let http = Client::new();
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..200_usize {
            let address = &self.servers[number % self.servers.len()].address;
            let ask = json!({
                "model": "compatible/model", "max_tokens": 100, "messages": [{ "role": "user", "content": "Hi" }],
            });
            let request = http.post(format!("{address}/v1/chat/completions")).bearer_auth(&self.key).json(&ask);
            calls.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        let statuses = calls.join_all().await;
        let passed = statuses.iter().filter(|status| **status == 200).count();
        let mut others: Vec<u16> = statuses.into_iter().filter(|status| *status != 200).collect();
        others.dedup();
        (passed, others)
    }

    /// How many answers the provider was asked for; the processes also ask for its models.
    fn asked(&self) -> usize {
        self.upstream.requests().iter().filter(|request| request.path().ends_with("/chat/completions")).count()
    }

    async fn get(&self, server: usize, path: &str) -> Value {
        let address = &self.servers[server].address;
        let request = Client::new().get(format!("{address}/api/v1{path}")).bearer_auth(&self.token);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

#[db_test]
async fn acceptance_20_of_200_calls_with_budget_for_50_exactly_50_pass_on_real_processes(db: TestDb) {
    // The demo's estimate of the same text: what is reserved is then what is used.
    let counted = {
        let app = TestApp::start(&db).await;
        let bob = app.sign_up("bob@example.com").await;
        let key = text(&bob.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);
        let body = json!({ "model": "demo/parlance", "messages": [{ "role": "user", "content": "Hi" }] });
        let counted = app.call(Method::POST, "/v1/messages/count_tokens", Some(&key), Some(body)).await.expect(200);
        counted["input_tokens"].as_u64().unwrap()
    };
    let installation = Installation::start(&db, "", 100, counted).await;
    // In millionths of a dollar: one a token in, two a token out; and a little that fits nobody.
    let limit = 50 * (counted + 200) + counted;
    let budget = json!({
        "name": "Team", "subject": { "kind": "workspace" }, "period": "month", "limit_usd": format!("0.{limit:06}"),
        "hard": true,
    });
    let address = &installation.servers[0].address;
    let made = Client::new().post(format!("{address}/api/v1/budgets")).bearer_auth(&installation.token).json(&budget);
    made.send().await.unwrap().error_for_status().unwrap();

    assert_eq!(installation.two_hundred().await, (50, vec![402]));
    assert_eq!(installation.asked(), 50, "nobody else was asked");
    let last = installation.servers.len() - 1;
    let spent = format!("0.{:06}", 50 * (counted + 200)).parse::<kernel::NanoUsd>().unwrap().to_string();
    let total = installation.get(last, "/usage").await["total"].clone();
    assert_eq!((&total["cost_usd"], &total["output_tokens"]), (&json!(spent), &json!(5000)));
    let budget = installation.get(last, "/budgets").await["data"][0].clone();
    assert_eq!(budget["spent_usd"], json!(spent), "the ledger and the budget agree");
}

#[db_test]
async fn acceptance_20_of_200_calls_with_a_quota_for_50_exactly_50_pass_on_real_processes(db: TestDb) {
    let plans = "default_plan = \"free\"\n[plans.free]\nmessages_per_day = 50\n[plans.pro]\nmessages_per_day = 51\n";
    let mut installation = Installation::start(&db, plans, 100, 10).await;
    assert_eq!(installation.two_hundred().await, (50, vec![429]));
    let last = installation.servers.len() - 1;
    let quota = installation.get(last, "/quota").await["quotas"][0].clone();
    assert_eq!((&quota["used"], &quota["warned"]), (&json!("50"), &json!([80, 90, 100])));

    // Killed and started again, nothing is forgotten; on the command line comes another plan.
    for server in std::mem::take(&mut installation.servers) {
        server.kill();
    }
    let (data, database) = (installation.data.path(), db.url());
    let workspaces = typed(data, database, &["workspace", "list"]).1;
    let workspace = workspaces.split('\t').next().unwrap().to_owned();
    let (passed, said) = typed(data, database, &["workspace", "plan", &workspace, "gold"]);
    assert!(!passed && said.contains("there is no plan `gold`; there are: free, pro, unlimited"), "{said}");
    let (passed, said) = typed(data, database, &["workspace", "plan", "nobody's", "pro"]);
    assert!(!passed && said.contains("there is no workspace"), "{said}");
    installation.servers.push(Server::start(database, data, free_port()).await);
    assert_eq!(installation.two_hundred().await, (0, vec![429]));
    let (passed, said) = typed(data, database, &["workspace", "plan", &workspace, "pro"]);
    assert!(passed && said == format!("{workspace}\tpro\tpro\n"), "{said}");
    assert_eq!(installation.two_hundred().await, (1, vec![429]));
    assert_eq!(installation.asked(), 51);
}
