//! `parlance doctor`: what is right, what is doubtful, what is wrong, and what to do.

use std::{net::SocketAddr, process::ExitCode};

use contracts::Providers as _;
use database::{Db, SchemaState};
use kernel::{Env, Tasks, TenantScope, WorkspaceId};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use web::limit::Limiter;

use super::{OneLine, say};
use crate::{Config, platform};

/// One finding a line; a failure makes the exit code non-zero.
#[derive(Default)]
struct Report {
    failures: usize,
}

impl Report {
    fn ok(&mut self, what: &str, found: &str) {
        say(format_args!("ok    {what}: {found}"));
    }

    fn warn(&mut self, what: &str, found: &str) {
        say(format_args!("warn  {what}: {found}"));
    }

    fn fail(&mut self, what: &str, found: &str) {
        self.failures += 1;
        say(format_args!("fail  {what}: {found}"));
    }
}

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    report.ok("configuration", "every key is known and every value is valid");
    check_port(config, &mut report).await;
    check_database(config, &mut report).await;
    check_redis(config, &mut report).await;
    check_providers(config, &mut report);
    if config.server.public_url.is_none() {
        report.warn(
            "public address",
            "not set; set PARLANCE_SERVER__PUBLIC_URL when people reach this by another address than localhost",
        );
    } else if !config.is_https() {
        report.warn("public address", "plain HTTP: the session cookie is not marked Secure");
    }
    Ok(if report.failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check_port(config: &Config, report: &mut Report) {
    let address = SocketAddr::new(config.server.host, config.server.port);
    match TcpListener::bind(address).await {
        Ok(_) => report.ok("port", &format!("{address} is free")),
        Err(error) => report.warn("port", &format!("{address} can't be taken ({error}); fine if Parlance is running")),
    }
}

async fn check_database(config: &Config, report: &mut Report) {
    let db = match platform::connect(config).await {
        Ok(db) => db,
        Err(error) => return report.fail("database", &OneLine(&error).to_string()),
    };
    match db.ping().await {
        Ok(()) => report.ok("database", &format!("{:?} answers", db.engine())),
        Err(error) => return report.fail("database", &error.to_string()),
    }
    check_schema(&db, report).await;
}

async fn check_schema(db: &Db, report: &mut Report) {
    match db.schema_state().await {
        Ok(SchemaState::Current) => report.ok("schema", "up to date"),
        Ok(SchemaState::Pending { .. }) => {
            report.warn("schema", "out of date; `parlance serve` or `parlance migrate` brings it up to date")
        }
        Ok(SchemaState::Newer { .. }) => report.fail("schema", "from a newer version of Parlance"),
        Err(error) => report.fail("schema", &error.to_string()),
    }
}

async fn check_redis(config: &Config, report: &mut Report) {
    let Some(url) = &config.redis.url else { return };
    match Limiter::redis(url.expose_secret()).await {
        Ok(_) => report.ok("redis", "answers"),
        Err(error) => report.fail("redis", &error.to_string()),
    }
}

fn check_providers(config: &Config, report: &mut Report) {
    let providers = match providers::Providers::new(Env::system(), Tasks::new(), config.providers.clone()) {
        Ok(providers) => providers,
        Err(error) => return report.fail("providers", &error.to_string()),
    };
    // The catalogue of the installation: no workspace has models of its own yet.
    let nobody = TenantScope::assume(WorkspaceId::from_uuid(uuid::Uuid::nil()));
    let mut usable: Vec<(String, usize)> = Vec::new();
    for model in providers.models(&nobody).iter().filter(|model| model.unavailable.is_none()) {
        match usable.iter_mut().find(|(name, _)| *name == model.provider_name) {
            Some((_, count)) => *count += 1,
            None => usable.push((model.provider_name.clone(), 1)),
        }
    }
    for (name, count) in &usable {
        report.ok("provider", &format!("{name}: {count} models"));
    }
    if usable.is_empty() {
        report.fail(
            "providers",
            "no model can be used; set OPENAI_API_KEY, another provider's key, or switch the demo on",
        );
    } else if usable.iter().all(|(name, _)| name == "Demo") {
        report.warn("providers", "only the demo answers; set OPENAI_API_KEY or another provider's key for real models");
    }
}
