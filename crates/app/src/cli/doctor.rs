//! `parlance doctor`: what is right, what is doubtful, what is wrong, and what to do.

use std::{fmt, net::SocketAddr, process::ExitCode};

use contracts::Providers as _;
use database::{Db, SchemaState};
use kernel::{Env, Tasks, TenantScope, WorkspaceId};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use web::limit::Limiter;

use super::{OneLine, say};
use crate::{Config, platform};

/// What was found, a line each; a failure makes the exit code non-zero.
#[derive(Default)]
struct Report {
    failed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Finding {
    Ok,
    Warn,
    Fail,
}

impl Report {
    fn say(&mut self, finding: Finding, what: &str, found: impl fmt::Display) {
        let mark = match finding {
            Finding::Ok => "ok  ",
            Finding::Warn => "warn",
            Finding::Fail => "fail",
        };
        self.failed |= finding == Finding::Fail;
        say(format_args!("{mark}  {what}: {found}"));
    }
}

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    report.say(Finding::Ok, "configuration", "every key is known and every value is valid");
    check_port(config, &mut report).await;
    check_database(config, &mut report).await;
    check_redis(config, &mut report).await;
    check_providers(config, &mut report).await;
    check_mail(config, &mut report).await;
    if config.server.public_url.is_none() {
        report.say(
            Finding::Warn,
            "public address",
            "not set; set PARLANCE_SERVER__PUBLIC_URL when people reach this by another address than localhost",
        );
    } else if !config.is_https() {
        report.say(Finding::Warn, "public address", "plain HTTP: the session cookie is not marked Secure");
    }
    Ok(if report.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn check_port(config: &Config, report: &mut Report) {
    let address = SocketAddr::new(config.server.host, config.server.port);
    match TcpListener::bind(address).await {
        Ok(_) => report.say(Finding::Ok, "port", format_args!("{address} is free")),
        Err(error) => report.say(
            Finding::Warn,
            "port",
            format_args!("{address} can't be taken ({error}); fine if Parlance is running"),
        ),
    }
}

async fn check_database(config: &Config, report: &mut Report) {
    let db = match platform::connect(config).await {
        Ok(db) => db,
        Err(error) => return report.say(Finding::Fail, "database", OneLine(&error)),
    };
    match db.ping().await {
        Ok(()) => report.say(Finding::Ok, "database", format_args!("{:?} answers", db.engine())),
        Err(error) => return report.say(Finding::Fail, "database", &error),
    }
    check_schema(&db, report).await;
}

async fn check_schema(db: &Db, report: &mut Report) {
    match db.schema_state().await {
        Ok(SchemaState::Current) => report.say(Finding::Ok, "schema", "up to date"),
        Ok(SchemaState::Pending { .. }) => report.say(
            Finding::Warn,
            "schema",
            "out of date; `parlance serve` or `parlance migrate` brings it up to date",
        ),
        Ok(SchemaState::Newer { .. }) => report.say(Finding::Fail, "schema", "from a newer version of Parlance"),
        Err(error) => report.say(Finding::Fail, "schema", &error),
    }
}

async fn check_mail(config: &Config, report: &mut Report) {
    let letters = match config.letters() {
        Ok(letters) => letters,
        Err(error) => return report.say(Finding::Fail, "mail", OneLine(&error)),
    };
    match &letters.server {
        None => report.say(
            Finding::Warn,
            "mail",
            "no mail server; set PARLANCE_MAIL__URL and PARLANCE_MAIL__FROM, so that people can prove their addresses \
             and set new passwords",
        ),
        Some(server) => match notifications::greet(server, &letters.base_url).await {
            Ok(()) => report.say(Finding::Ok, "mail", "the mail server lets us in"),
            Err(error) => report.say(Finding::Fail, "mail", error),
        },
    }
}

async fn check_redis(config: &Config, report: &mut Report) {
    let Some(url) = &config.redis.url else { return };
    match Limiter::redis(url.expose_secret()).await {
        Ok(_) => report.say(Finding::Ok, "redis", "answers"),
        Err(error) => report.say(Finding::Fail, "redis", &error),
    }
}

async fn check_providers(config: &Config, report: &mut Report) {
    let providers = match providers::Providers::new(Env::system(), Tasks::new(), config.providers.clone()) {
        Ok(providers) => providers,
        Err(error) => return report.say(Finding::Fail, "providers", &error),
    };
    // The catalogue of the installation: no workspace has models of its own yet.
    let nobody = TenantScope::assume(WorkspaceId::from_uuid(uuid::Uuid::nil()));
    let mut usable: Vec<(String, usize)> = Vec::new();
    for model in providers.models(&nobody).await.iter().filter(|model| model.unavailable.is_none()) {
        match usable.iter_mut().find(|(name, _)| *name == model.provider_name) {
            Some((_, count)) => *count += 1,
            None => usable.push((model.provider_name.clone(), 1)),
        }
    }
    for (name, count) in &usable {
        report.say(Finding::Ok, "provider", format_args!("{name}: {count} models"));
    }
    if usable.is_empty() {
        report.say(
            Finding::Fail,
            "providers",
            "no model can be used; set OPENAI_API_KEY, another provider's key, or switch the demo on",
        );
    } else if usable.iter().all(|(name, _)| name == "Demo") {
        report.say(
            Finding::Warn,
            "providers",
            "only the demo answers; set OPENAI_API_KEY or another provider's key for real models",
        );
    }
}
