//! What a process of its own does when it is killed, stopped, or started twice.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::Client;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{PASSWORD, events, spoken, text};

/// `parlance serve` as a child process, killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts it on the database and waits until it is ready.
    pub async fn start(database: &str, data: &std::path::Path, port: u16) -> Self {
        let child = command(data)
            .arg("serve")
            .env("DATABASE_URL", database)
            .env("PORT", port.to_string())
            .env("PARLANCE_SERVER__HOST", "127.0.0.1")
            .env("PARLANCE_SERVER__SHUTDOWN_SECONDS", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let server = Self { child, address: format!("http://127.0.0.1:{port}") };
        for _ in 0..400 {
            if let Ok(answer) = Client::new().get(format!("{}/readyz", server.address)).send().await
                && answer.status().is_success()
            {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not become ready");
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it can be waited for");
    }

    /// SIGTERM, and its exit status.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        self.child.wait().expect("it can be waited for")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, with nothing of this process's environment that would configure it.
pub fn command(data: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlance"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PARLANCE_DATA_DIR", data)
        .env("PARLANCE_PROVIDERS__DISCOVERY__ENABLED", "false")
        .current_dir(data);
    command
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

struct Caller {
    http: Client,
    address: String,
    token: String,
}

impl Caller {
    async fn sign_up(address: &str) -> Self {
        let http = Client::new();
        let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
        http.post(format!("{address}/api/v1/auth/signup")).json(&credentials).send().await.unwrap();
        Self::log_in(address).await
    }

    async fn log_in(address: &str) -> Self {
        let http = Client::new();
        let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
        let answer = http.post(format!("{address}/api/v1/auth/login")).json(&credentials).send().await.unwrap();
        let session: Value = answer.json().await.unwrap();
        Self { http, address: address.to_owned(), token: text(&session["access_token"]) }
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}/api/v1{path}", self.address)).bearer_auth(&self.token);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value, accept: &str) -> reqwest::Response {
        let request = self.http.post(format!("{}/api/v1{path}", self.address)).bearer_auth(&self.token);
        request.header("accept", accept).json(&body).send().await.unwrap().error_for_status().unwrap()
    }
}

fn parts(message: &Value) -> String {
    let parts = message["parts"].as_array().unwrap();
    parts.iter().filter(|part| part["type"] == "text").map(|part| text(&part["text"])).collect()
}

#[db_test]
async fn acceptance_39_a_killed_server_keeps_what_was_streamed(db: TestDb) {
    let data = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = Server::start(db.url(), data.path(), port).await;
    let caller = Caller::sign_up(&server.address).await;
    let conversation =
        text(&caller.post("/conversations", json!({}), "application/json").await.json::<Value>().await.unwrap()["id"]);
    let runs = format!("/conversations/{conversation}/runs");
    let mut stream = caller.post(&runs, json!({ "message": { "text": "/slow say a lot" } }), "text/event-stream").await;

    let mut seen = String::new();
    while spoken(&events(whole_frames(&seen))).len() < 20 {
        let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    server.kill();
    let seen = spoken(&events(whole_frames(&seen)));

    let server = Server::start(db.url(), data.path(), port).await;
    let caller = Caller::log_in(&server.address).await;
    // On PostgreSQL another node may still hold the run: it is given up when its lease ends.
    let mut answer = Value::Null;
    for _ in 0..300 {
        answer = caller.get(&format!("/conversations/{conversation}/messages")).await["data"][0].clone();
        if answer["run"]["status"] != "running" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(answer["run"]["status"], "interrupted", "{answer}");
    let kept = parts(&answer);
    assert!(kept.starts_with(&seen), "seen {seen:?}, kept {kept:?}");
    let usage = answer["run"]["usage"].clone();
    assert_eq!(usage["estimated"], true);
    assert!(usage["output_tokens"].as_u64().unwrap() > 0);
    let total = caller.get("/usage").await["total"].clone();
    assert_eq!(total["cost_usd"], usage["cost_usd"], "the ledger has it, once");

    let retried = caller.post(&runs, json!({ "regenerate": answer["id"] }), "application/json").await;
    let retried: Value = retried.json().await.unwrap();
    assert!(matches!(retried["run"]["status"].as_str(), Some("queued" | "running")), "{retried}");
    drop(server);
}

/// What has arrived up to the last complete event.
fn whole_frames(stream: &str) -> &str {
    stream.rfind("\n\n").map_or("", |end| &stream[..end + 2])
}

#[db_test]
async fn a_stopped_server_marks_what_it_could_not_finish(db: TestDb) {
    let data = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = Server::start(db.url(), data.path(), port).await;
    let caller = Caller::sign_up(&server.address).await;
    let conversation =
        text(&caller.post("/conversations", json!({}), "application/json").await.json::<Value>().await.unwrap()["id"]);
    let started = caller
        .post(
            &format!("/conversations/{conversation}/runs"),
            json!({ "message": { "text": "/slow say a lot" } }),
            "application/json",
        )
        .await;
    drop(started);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(server.stop().success(), "a clean exit");

    let server = Server::start(db.url(), data.path(), port).await;
    let caller = Caller::log_in(&server.address).await;
    let answer = caller.get(&format!("/conversations/{conversation}/messages")).await["data"][0].clone();
    assert_eq!(answer["run"]["status"], "interrupted");
    assert!(answer["run"]["usage"].is_object(), "usage is settled: {answer}");
    drop(server);
}
