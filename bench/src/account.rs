//! Users, and what they need to chat.

use std::net::SocketAddr;

use anyhow::Context as _;
use hyper::Method;
use kernel::Tasks;
use serde_json::{Value, json};

use crate::client::Connection;

/// A signed-in user, each with a personal workspace.
#[derive(Debug, Clone)]
pub struct Account {
    pub token: String,
    /// A model that the mock answers for.
    pub model: String,
}

/// Signs up `count` users and logs them in.
pub async fn sign_up(tasks: &Tasks, server: SocketAddr, count: usize) -> anyhow::Result<Vec<Account>> {
    let mut connection = Connection::open(tasks, server).await?;
    for number in 0..count {
        let body = Some(credentials(number));
        connection.ask(Method::POST, "/api/v1/auth/signup", None, body.as_ref()).await?;
    }
    log_in(tasks, server, count).await
}

/// Logs in users who have signed up before.
pub async fn log_in(tasks: &Tasks, server: SocketAddr, count: usize) -> anyhow::Result<Vec<Account>> {
    let mut connection = Connection::open(tasks, server).await?;
    let mut accounts = Vec::with_capacity(count);
    for number in 0..count {
        let body = Some(credentials(number));
        let session = connection.ask(Method::POST, "/api/v1/auth/login", None, body.as_ref()).await?;
        let token = text(&session, "access_token")?;
        let path = "/api/v1/models?available=true&limit=1000";
        let models = connection.ask(Method::GET, path, Some(&token), None).await?;
        let model = models["data"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|model| model["id"].as_str())
            .find(|id| id.starts_with("openai/gpt"))
            .context("no model of OpenAI is available")?;
        accounts.push(Account { model: model.to_owned(), token });
    }
    Ok(accounts)
}

fn credentials(number: usize) -> Value {
    json!({"email": format!("bench-{number}@example.com"), "password": "a password for the bench alone"})
}

/// How many runs stand in the ledgers of all these accounts.
pub async fn runs_in_ledger(tasks: &Tasks, server: SocketAddr, accounts: &[Account]) -> anyhow::Result<u64> {
    let mut connection = Connection::open(tasks, server).await?;
    let mut runs = 0;
    for account in accounts {
        let usage = connection.ask(Method::GET, "/api/v1/usage", Some(&account.token), None).await?;
        runs += usage["total"]["runs"].as_u64().context("no runs in the usage")?;
    }
    Ok(runs)
}

/// A text field of an answer.
pub fn text(answer: &Value, field: &str) -> anyhow::Result<String> {
    let text = answer[field].as_str().with_context(|| format!("no `{field}` in {answer}"))?;
    Ok(text.to_owned())
}
