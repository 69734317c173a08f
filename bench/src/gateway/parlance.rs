//! Parlance as a gateway: a user, a key, a hard budget, and a ledger that must agree.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use hyper::Method;
use kernel::Tasks;
use serde_json::{Value, json};

use super::{loader::Target, upstream};
use crate::{account::text, client::Connection};

/// More in a minute than a benchmark asks for, so that limits are checked and never reached.
const REQUESTS: u32 = 1_000_000;
const TOKENS: u32 = 1_000_000_000;

/// Who asks, and what the ledger is asked with.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For the API of the web app.
    pub token: String,
    /// For the compatible APIs.
    pub key: String,
}

impl Caller {
    /// Signs up, makes a key with limits of its own, and puts a hard budget on the workspace.
    pub async fn sign_up(tasks: &Tasks, server: SocketAddr) -> anyhow::Result<Self> {
        let mut connection = Connection::open(tasks, server).await?;
        let credentials = json!({"email": "bench@example.com", "password": "a password for the bench alone"});
        connection.ask(Method::POST, "/api/v1/auth/signup", None, Some(&credentials)).await?;
        let session = connection.ask(Method::POST, "/api/v1/auth/login", None, Some(&credentials)).await?;
        let token = text(&session, "access_token")?;
        let key = json!({"name": "bench", "scopes": ["inference"], "requests_per_minute": REQUESTS, "tokens_per_minute": TOKENS});
        let made = connection.ask(Method::POST, "/api/v1/keys", Some(&token), Some(&key)).await?;
        let budget = json!({"name": "bench", "subject": {"kind": "workspace"}, "period": "month", "limit_usd": "1000000", "hard": true});
        connection.ask(Method::POST, "/api/v1/budgets", Some(&token), Some(&budget)).await?;
        Ok(Self { token, key: text(&made, "secret")? })
    }

    /// Asks for a model or a route of this name.
    pub fn asking(&self, server: SocketAddr, model: &str) -> Target {
        Target {
            address: server,
            path: "/v1/chat/completions".to_owned(),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.key))],
            model: model.to_owned(),
        }
    }

    /// A session's token lives for minutes; a run takes longer.
    pub async fn log_in(&mut self, tasks: &Tasks, server: SocketAddr) -> anyhow::Result<()> {
        let mut connection = Connection::open(tasks, server).await?;
        let credentials = json!({"email": "bench@example.com", "password": "a password for the bench alone"});
        let session = connection.ask(Method::POST, "/api/v1/auth/login", None, Some(&credentials)).await?;
        self.token = text(&session, "access_token")?;
        Ok(())
    }

    /// Calls the API of the web app.
    pub async fn call(
        &self,
        tasks: &Tasks,
        server: SocketAddr,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        Connection::open(tasks, server).await?.ask(method, path, Some(&self.token), body).await
    }

    /// How many calls stand in the ledger, by the tokens that each of them used: the upstream
    /// says the same figures each time, so a call too many, too few or half entered shows.
    pub async fn calls_in_ledger(&self, tasks: &Tasks, server: SocketAddr) -> anyhow::Result<u64> {
        let usage = self.call(tasks, server, Method::GET, "/api/v1/usage", None).await?;
        let tokens = |field: &str| usage["total"][field].as_u64().with_context(|| format!("no {field} in {usage}"));
        let (input, output) = (tokens("input_tokens")?, tokens("output_tokens")?);
        let calls = input / upstream::INPUT_TOKENS;
        ensure!(
            input == calls * upstream::INPUT_TOKENS && output == calls * upstream::OUTPUT_TOKENS,
            "the ledger holds {input} tokens of input and {output} of output, which no number of calls makes"
        );
        Ok(calls)
    }
}
