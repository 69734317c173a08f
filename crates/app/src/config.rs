//! Configuration: defaults, then `parlance.toml`, then the environment, the last word winning.
//!
//! A key is `PARLANCE_<SECTION>__<KEY>` in the environment. The customary variables
//! (`PORT`, `DATABASE_URL`, `REDIS_URL`, `OPENAI_API_KEY`, …) win over both. An unknown key
//! or a bad value stops the start with a line that names it.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use contracts::{
    metering::BudgetPeriod,
    plans::{self, Quota, QuotaUnit},
};
use kernel::NanoUsd;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

const FILE: &str = "parlance.toml";
const PREFIX: &str = "PARLANCE_";
/// Variables of the test suites, which share our prefix but are not ours to read.
const FOREIGN: [&str; 2] = ["PARLANCE_TEST_", "PARLANCE_E2E_"];

/// Variables by customary names, and the keys they stand for.
const CUSTOMARY: [(&str, &str); 5] = [
    ("PORT", "server.port"),
    ("DATABASE_URL", "database.url"),
    ("REDIS_URL", "redis.url"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
    ("RUST_LOG", "log.filter"),
];

/// Lists that the environment can hold, as values with commas between them.
const LISTS: [&str; 9] = [
    "auth.sign_up_domains",
    "auth.signing_keys",
    "gateway.guardrails.blocked_terms",
    "gateway.guardrails.redact",
    "providers.allowed_networks",
    "providers.default_fallbacks.chat",
    "providers.default_fallbacks.embeddings",
    "providers.default_fallbacks.vision",
    "providers.master_keys",
];

/// Everything that can be set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where all state lives that is not in a database server.
    pub data_dir: DataDir,
    pub server: Server,
    pub database: Database,
    pub redis: Redis,
    pub auth: Auth,
    pub mail: Mail,
    pub jobs: Jobs,
    pub limits: Limits,
    pub providers: providers::Config,
    pub gateway: gateway::Config,
    /// The plan of workspaces that nobody has given another.
    pub default_plan: Option<String>,
    /// What workspaces may use, by id.
    pub plans: BTreeMap<String, Plan>,
    pub log: Log,
    pub telemetry: Telemetry,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct DataDir(pub PathBuf);

impl Default for DataDir {
    fn default() -> Self {
        Self("data".into())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The address to listen on.
    pub host: IpAddr,
    /// 0 takes a free one.
    pub port: u16,
    /// How people reach us from outside, such as `https://chat.example.com`. Links and the
    /// cookie's `Secure` attribute come from it, never from a request's `Host`.
    pub public_url: Option<Url>,
    /// Proxies in front of us that set `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// How long running answers may take to finish when the server is asked to stop.
    pub shutdown_seconds: u64,
    /// If set, `/metrics` asks for it as a bearer token.
    pub metrics_token: Option<SecretString>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: IpAddr::from([0, 0, 0, 0]),
            port: 4000,
            public_url: None,
            trusted_proxies: 0,
            shutdown_seconds: 25,
            metrics_token: None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://…` or `sqlite:PATH`; `parlance.db` in the data folder unless told.
    pub url: Option<SecretString>,
    /// Connections to PostgreSQL.
    pub pool_size: usize,
    /// Threads that read SQLite.
    pub readers: usize,
    /// `normal`: a power cut may take back the last moments, a crash of ours never does.
    /// `full`: neither may, at one disk flush a commit. For SQLite; PostgreSQL has its own.
    pub synchronous: Synchronous,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    #[default]
    Normal,
    Full,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, pool_size: 16, readers: 2, synchronous: Synchronous::default() }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redis {
    /// `redis://…`: rate limits and the gateway's cache are then shared by all processes.
    pub url: Option<SecretString>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    pub sign_up: SignUp,
    /// Domains whose addresses may sign up; all unless told. Who is invited into a workspace may with any.
    pub sign_up_domains: Vec<String>,
    /// A file of domains that may not, one a line: those of throw-away mailboxes.
    pub disposable_domains: Option<PathBuf>,
    /// Ed25519 private keys in PKCS#8 PEM, the signing one first, instead of those in the data folder.
    pub signing_keys: Vec<SecretString>,
    /// The secret that refresh tokens are derived with, instead of the one in the data folder.
    pub refresh_secret: Option<SecretString>,
    /// Whether an account opens only once its address was proved; yes where a mail server is set, unless told.
    pub require_verified_email: Option<bool>,
    /// When browsers have to work before a stranger signs up, logs in, or has a letter sent.
    pub proof_of_work: identity::ProofOfWork,
    /// Sign-in with Google.
    pub google: Option<identity::federation::Google>,
    /// The name server, `ADDRESS:PORT`, that is asked about domains instead of the machine's own.
    pub dns_server: Option<std::net::SocketAddr>,
    /// Sign-in with GitHub.
    pub github: Option<identity::federation::GitHub>,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            sign_up: SignUp::Open,
            sign_up_domains: Vec::new(),
            disposable_domains: None,
            signing_keys: Vec::new(),
            refresh_secret: None,
            require_verified_email: None,
            proof_of_work: identity::ProofOfWork::default(),
            google: None,
            dns_server: None,
            github: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    Open,
    /// Whoever has an invitation into a workspace.
    Invited,
    /// Accounts are made on the command line.
    Closed,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The mail server: `smtps://user:password@host:port`, or `smtp://…` with STARTTLS. Without it letters are
    /// kept for some days, and delivered to nobody.
    pub url: Option<SecretString>,
    /// Who writes, such as `Parlance <parlance@example.com>`.
    pub from: Option<String>,
    /// Whether letters that nothing delivers can be looked at under `/dev/mail`; on a server that only this
    /// machine can reach, unless told.
    pub preview: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Jobs that this process works on at a time; 0: none, it only puts them into the queue.
    pub slots: u32,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { slots: 8 }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests to sign-up, login, for letters, and to change a password or an address that one network address
    /// may make in 15 minutes.
    pub auth_per_ip: u32,
    /// Sign-ups and requests for letters that all strangers together may make in 15 minutes before their browsers
    /// have to work for each.
    pub strangers: u32,
    /// Requests that one address may make in a minute.
    pub requests_per_ip: u32,
    /// Requests that one user may make in a minute.
    pub requests_per_user: u32,
    /// Answers that one user may have written at a time.
    pub runs_per_user: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { auth_per_ip: 100, strangers: 60, requests_per_ip: 3000, requests_per_user: 1200, runs_per_user: 20 }
    }
}

/// What a workspace may use. A limit that is left out is none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// For people.
    pub name: Option<String>,
    /// Answers of models.
    pub messages_per_day: Option<i64>,
    pub messages_per_month: Option<i64>,
    /// Input and output together.
    pub tokens_per_day: Option<i64>,
    pub tokens_per_month: Option<i64>,
    /// US dollars, as an exact decimal in a string.
    pub spend_per_day: Option<NanoUsd>,
    pub spend_per_month: Option<NanoUsd>,
    /// Ids of models that may be asked, `*` standing for any text; all unless told.
    pub models: Option<Vec<String>>,
}

impl Plan {
    fn named(&self, id: &str) -> plans::Plan {
        let units = |money: Option<NanoUsd>| money.map(NanoUsd::units);
        let quotas = [
            (QuotaUnit::Messages, BudgetPeriod::Day, self.messages_per_day),
            (QuotaUnit::Messages, BudgetPeriod::Month, self.messages_per_month),
            (QuotaUnit::Tokens, BudgetPeriod::Day, self.tokens_per_day),
            (QuotaUnit::Tokens, BudgetPeriod::Month, self.tokens_per_month),
            (QuotaUnit::Usd, BudgetPeriod::Day, units(self.spend_per_day)),
            (QuotaUnit::Usd, BudgetPeriod::Month, units(self.spend_per_month)),
        ];
        let quota = |(unit, period, limit): (_, _, Option<i64>)| Some(Quota { unit, period, limit: limit? });
        plans::Plan {
            id: id.to_owned(),
            name: self.name.clone().unwrap_or_else(|| id.to_owned()),
            quotas: quotas.into_iter().filter_map(quota).collect(),
            models: self.models.clone(),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    /// What to log, such as `info` or `info,chat=debug`.
    pub filter: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    #[default]
    Auto,
    Json,
    Pretty,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Base address of an OpenTelemetry collector (HTTP, protobuf): traces go to `…/v1/traces`.
    pub otlp_endpoint: Option<Url>,
}

impl Config {
    /// Reads the file (the given one must exist; `parlance.toml` here may) and the environment.
    pub fn load(file: Option<&Path>, environment: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let mut builder = config::Config::builder();
        builder = match file {
            Some(path) => builder.add_source(config::File::from(path)),
            None => builder.add_source(config::File::new(FILE, config::FileFormat::Toml).required(false)),
        };
        let mut own = config::Map::new();
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            if FOREIGN.iter().any(|foreign| name.starts_with(foreign)) || key == "CONFIG" {
                continue;
            }
            own.insert(key.to_owned(), value.clone());
        }
        let variables = config::Environment::default().separator("__").try_parsing(true).list_separator(",");
        let variables = LISTS.into_iter().fold(variables, config::Environment::with_list_parse_key);
        builder = builder.add_source(variables.source(Some(own)));
        for (name, key) in CUSTOMARY {
            if let Some(value) = environment.get(name).filter(|value| !value.is_empty()) {
                builder = builder
                    .set_override(key, value.as_str())
                    .with_context(|| format!("the variable {name} can't be used"))?;
            }
        }
        let source = builder.build().context("the configuration can't be read")?;
        let mut config: Self = serde_path_to_error::deserialize(source).map_err(|error| {
            let path = error.path().to_string();
            let place = if path == "." { String::new() } else { format!("`{path}`: ") };
            anyhow::anyhow!("the configuration is not valid: {place}{}", error.into_inner())
        })?;
        config.providers = config.providers.customary(|name| environment.get(name).cloned());
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        if let Some(url) = &self.server.public_url
            && (!matches!(url.scheme(), "http" | "https") || url.host().is_none())
        {
            bail!(
                "the configuration is not valid: `server.public_url`: expected an address such as https://chat.example.com"
            );
        }
        for (key, value) in [
            ("limits.auth_per_ip", self.limits.auth_per_ip),
            ("limits.strangers", self.limits.strangers),
            ("limits.requests_per_ip", self.limits.requests_per_ip),
            ("limits.requests_per_user", self.limits.requests_per_user),
        ] {
            if value == 0 {
                bail!("the configuration is not valid: `{key}`: expected at least 1");
            }
        }
        if !(1..=1000).contains(&self.database.pool_size) {
            bail!("the configuration is not valid: `database.pool_size`: expected 1 to 1000");
        }
        if !(1..=64).contains(&self.database.readers) {
            bail!("the configuration is not valid: `database.readers`: expected 1 to 64");
        }
        self.plans().context("the configuration is not valid")?;
        self.sign_up_rules().context("the configuration is not valid")?;
        self.letters().context("the configuration is not valid")?;
        Ok(())
    }

    /// The plans of this installation.
    pub fn plans(&self) -> anyhow::Result<metering::Plans> {
        let plans = self.plans.iter().map(|(id, plan)| plan.named(id)).collect();
        Ok(metering::Plans::new(plans, self.default_plan.as_deref())?)
    }

    /// How people reach us: what links in letters and addresses to come back to begin with.
    pub fn base_url(&self) -> String {
        match &self.server.public_url {
            Some(url) => url.to_string(),
            None => format!("http://localhost:{}", self.server.port),
        }
    }

    /// Who may sign up, as far as it is not closed.
    pub fn sign_up_rules(&self) -> anyhow::Result<identity::SignUpRules> {
        for domain in &self.auth.sign_up_domains {
            if domain.is_empty() || domain.contains(['@', '*', '/']) || domain.starts_with('.') {
                bail!("`auth.sign_up_domains`: `{domain}` is no domain; expected one such as example.com");
            }
        }
        let disposable = match &self.auth.disposable_domains {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("`auth.disposable_domains`: {} can't be read", path.display()))?,
            None => String::new(),
        };
        Ok(identity::SignUpRules {
            invited_only: self.auth.sign_up == SignUp::Invited,
            domains: self.auth.sign_up_domains.iter().map(|domain| domain.to_lowercase()).collect(),
            disposable: Arc::new(identity::SignUpRules::read_domains(&disposable)),
        })
    }

    /// Whether browsers reach us by HTTPS.
    pub fn is_https(&self) -> bool {
        self.server.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let empty = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        Config::load(Some(empty.path()), &environment)
    }

    #[test]
    fn customary_variables_win() {
        let config =
            load(&[("PORT", "4100"), ("PARLANCE_SERVER__PORT", "4200"), ("PARLANCE_DATA_DIR", "elsewhere")]).unwrap();
        assert_eq!(config.server.port, 4100);
        assert_eq!(config.data_dir.0, PathBuf::from("elsewhere"));
    }

    #[test]
    fn lists_have_commas_between_their_values() {
        let config = load(&[
            ("PARLANCE_AUTH__SIGNING_KEYS", "one,two"),
            ("PARLANCE_PROVIDERS__MASTER_KEYS", "three"),
            ("PARLANCE_PROVIDERS__ALLOWED_NETWORKS", "10.0.0.0/8,192.168.0.0/16"),
            ("PARLANCE_PROVIDERS__DEFAULT_FALLBACKS__CHAT", "demo/parlance,openai/gpt-5.2"),
            ("PARLANCE_GATEWAY__GUARDRAILS__REDACT", "email,card"),
        ])
        .unwrap();
        assert_eq!((config.auth.signing_keys.len(), config.providers.master_keys.len()), (2, 1));
        assert_eq!(config.providers.allowed_networks.len(), 2);
        assert_eq!(config.providers.default_fallbacks.chat, ["demo/parlance", "openai/gpt-5.2"]);
        assert_eq!(config.gateway.guardrails.redact.len(), 2);
        let message =
            format!("{:#}", load(&[("PARLANCE_PROVIDERS__ALLOWED_NETWORKS", "10.0.0.0/8,here")]).unwrap_err());
        assert!(message.contains("providers.allowed_networks"), "{message}");
    }

    #[test]
    fn mistakes_are_named() {
        for (name, value, expected) in [
            ("PARLANCE_SERVER__PRT", "1", "prt"),
            ("PORT", "many", "server.port"),
            ("PARLANCE_AUTH__SIGN_UP", "maybe", "maybe"),
            ("PARLANCE_AUTH__SIGN_UP_DOMAINS", "*.example.com", "auth.sign_up_domains"),
            ("PARLANCE_AUTH__DISPOSABLE_DOMAINS", "/nowhere", "auth.disposable_domains"),
            ("PARLANCE_SERVER__PUBLIC_URL", "ftp://x", "server.public_url"),
            ("PARLANCE_LIMITS__AUTH_PER_IP", "0", "limits.auth_per_ip"),
            ("PARLANCE_DEFAULT_PLAN", "gold", "gold"),
            ("PARLANCE_PLANS__FREE__MESSAGES_PER_DAY", "0", "free"),
            ("PARLANCE_MAIL__URL", "smtp://localhost", "mail.from"),
            ("PARLANCE_MAIL__FROM", "a@example.com", "mail.url"),
            ("PARLANCE_AUTH__REQUIRE_VERIFIED_EMAIL", "true", "auth.require_verified_email"),
            ("PARLANCE_PLANS__FREE__SPEND_PER_DAY", "cheap", "plans.free.spend_per_day"),
        ] {
            let message = format!("{:#}", load(&[(name, value)]).unwrap_err());
            assert!(message.contains(expected), "{name}={value}: {message}");
        }
    }

    #[test]
    fn plans_are_read() {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        let text = r#"
            default_plan = "free"
            [plans.free]
            name = "Free"
            messages_per_month = 500
            tokens_per_day = 200000
            spend_per_month = "2.5"
            models = ["demo/*"]
        "#;
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let plans = Config::load(Some(file.path()), &BTreeMap::new()).unwrap().plans().unwrap();
        let plan = plans.default_plan();
        assert_eq!((plan.id.as_str(), plan.name.as_str(), plan.quotas.len()), ("free", "Free", 3));
        assert_eq!(plan.limit(QuotaUnit::Usd, BudgetPeriod::Month), Some(2_500_000_000));
        assert!(plan.allows("demo/parlance") && !plan.allows("openai/gpt-5.2"));
        assert!(plans.get("unlimited").is_some());
    }

    #[test]
    fn secrets_are_not_shown() {
        let mail = [("PARLANCE_MAIL__URL", "smtps://u:hunter2@h"), ("PARLANCE_MAIL__FROM", "a@example.com")];
        assert!(!format!("{:?}", load(&mail).unwrap()).contains("hunter2"));
        let config = load(&[("DATABASE_URL", "postgres://u:hunter2@h/d"), ("OPENAI_API_KEY", "sk-hunter2")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
