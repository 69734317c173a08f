//! One installation, wired: every context, given the others by the traits they know.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use database::{Db, Options, SchemaState};
use kernel::{Env, Tasks};
use secrecy::ExposeSecret;
use web::{idempotency::Idempotency, limit::Limiter};

use crate::{
    Config,
    config::{SignUp, Synchronous},
    jobs::{self, Chores},
};

/// How often a process forgets what it keeps in memory of callers who are gone.
const FORGET_IDLE: Duration = Duration::from_secs(10 * 60);

/// The contexts and what they share. A clone is another handle to the same installation.
#[derive(Clone)]
pub struct Platform {
    pub env: Env,
    pub tasks: Tasks,
    pub db: Db,
    pub limiter: Limiter,
    pub notifications: notifications::Notifications,
    pub identity: Arc<identity::Identity>,
    pub tenancy: Arc<tenancy::Tenancy>,
    pub providers: providers::Providers,
    pub metering: metering::Metering,
    pub guardrails: guardrails::Guardrails,
    pub chat: chat::Chat,
    pub gateway: gateway::Gateway,
    pub chores: Chores,
    pub workers: ::jobs::Workers,
}

impl Platform {
    /// Opens the database, brings its schema up to date and builds every context.
    /// Nothing runs in the background before [`Platform::start`].
    pub async fn open(config: &Config, env: Env) -> anyhow::Result<Self> {
        let db = connect(config).await?;
        db.migrate().await.context("the database can't be brought up to date")?;
        Self::on(db, config, env).await
    }

    /// Builds every context on a database whose schema is current.
    pub async fn on(db: Db, config: &Config, env: Env) -> anyhow::Result<Self> {
        let tasks = Tasks::new();
        let limiter = match &config.redis.url {
            Some(url) => Limiter::redis(url.expose_secret())
                .await
                .context("Redis can't be reached; check `redis.url` (REDIS_URL)")?,
            None => Limiter::in_process(),
        };
        let letters = config.letters()?;
        let are_read = letters.server.is_some() || letters.preview != notifications::Preview::Off;
        let notifications = notifications::Notifications::new(db.clone(), env.clone(), tasks.clone(), letters)
            .context("letters can't be sent")?;
        let plans = config.plans()?;
        let tenancy = tenancy::Tenancy::new(db.clone(), env.clone()).with_default_plan(&plans.default_plan().id);
        // Nobody would get the letter of an invitation otherwise: then its link is handed over by hand.
        let tenancy = if are_read { tenancy.with_mailer(Arc::new(notifications.clone())) } else { tenancy };
        let tenancy = tenancy.with_streams(streams(config, &env)?);
        let tenancy = Arc::new(tenancy);
        let identity = identity::Identity::new(
            db.clone(),
            env.clone(),
            tasks.clone(),
            tenancy.clone(),
            Arc::new(notifications.clone()),
            of_identity(config)?,
            limiter.clone(),
        )
        .map(|identity| Arc::new(identity.with_audit(tenancy.clone()).with_directory(tenancy.clone())))
        .context("the signing keys can't be used")?;
        let metering = metering::Metering::with_groups(db.clone(), env.clone(), tasks.clone(), plans, tenancy.clone())
            .with_audit(tenancy.clone());
        let providers = providers::Providers::new(env.clone(), tasks.clone(), config.providers.clone())
            .and_then(|providers| providers.with_workspaces(db.clone(), &config.data_dir.0))
            .context("the providers can't be set up")?
            .with_plans(Arc::new(metering.clone()))
            .with_audit(tenancy.clone());
        let guardrails = guardrails::Guardrails::new(db.clone(), env.clone(), &config.gateway.guardrails)
            .context("the guardrails can't be set up")?
            .with_audit(tenancy.clone());
        let chat = chat::Chat::new(chat::Parts {
            db: db.clone(),
            env: env.clone(),
            tasks: tasks.clone(),
            providers: Arc::new(providers.clone()),
            metering: Arc::new(metering.clone()),
            guardrails: Arc::new(guardrails.clone()),
            audit: tenancy.clone(),
            people: identity.clone(),
            groups: tenancy.clone(),
            config: chat::Config { max_concurrent_runs: config.limits.runs_per_user, ..chat::Config::default() },
        });
        let mut personal: Vec<Arc<dyn contracts::PersonalData>> = vec![tenancy.clone()];
        personal.extend(chat.personal_data());
        identity.keep_personal(personal);
        let gateway = gateway::Gateway::new(gateway::Parts {
            shared_answers: shared_answers(config).await?,
            env: env.clone(),
            tasks: tasks.clone(),
            providers: Arc::new(providers.clone()),
            routing: Arc::new(providers.clone()),
            metering: Arc::new(metering.clone()),
            guardrails: Arc::new(guardrails.clone()),
            config: config.gateway.clone(),
        })
        .context("the gateway can't be set up")?;
        let chores = Chores {
            identity: identity.clone(),
            tenancy: tenancy.clone(),
            metering: metering.clone(),
            guardrails: guardrails.clone(),
            notifications: notifications.clone(),
            idempotency: Idempotency::new(db.clone(), env.clone()),
        };
        let queue = ::jobs::Queue::new(db.clone(), env.clone());
        let workers = jobs::workers(&queue, &tasks, &chores, config.jobs.slots);
        let platform = Self {
            env,
            tasks,
            db,
            limiter,
            notifications,
            identity,
            tenancy,
            providers,
            metering,
            guardrails,
            chat,
            gateway,
            chores,
            workers,
        };
        platform.keep_archives(config);
        Ok(platform)
    }

    /// Tells tenancy what a workspace's archive is made of: a part of each context.
    fn keep_archives(&self, config: &Config) {
        let mut parts = self.tenancy.workspace_data(self.identity.clone());
        parts.extend(self.identity.workspace_data());
        parts.extend(self.providers.workspace_data());
        parts.extend(self.guardrails.workspace_data());
        parts.extend(self.metering.workspace_data());
        parts.extend(self.chat.workspace_data());
        self.tenancy.keep_archives(parts, config.archive.members_chats, self.tasks.clone());
    }

    /// Starts what runs in the background: recovery of interrupted runs, jobs, discovery.
    pub async fn start(&self) -> anyhow::Result<()> {
        let (db, shutdown) = (self.db.clone(), self.tasks.shutdown());
        self.tasks.spawn("numbers of caches", async move {
            tokio::select! { () = db.follow_epochs() => {} () = shutdown.cancelled() => {} }
        });
        self.identity.start();
        self.tenancy.start(&self.tasks, self.identity.clone());
        self.notifications.start();
        self.providers.start();
        self.chat.start().await.context("interrupted runs can't be recovered")?;
        let (limiter, shutdown) = (self.limiter.clone(), self.tasks.shutdown());
        self.tasks.spawn("limits of those who are gone", async move {
            while shutdown.run_until_cancelled(tokio::time::sleep(FORGET_IDLE)).await.is_some() {
                limiter.forget_idle();
            }
        });
        self.workers.start().await.context("the job queue can't be worked on")?;
        Ok(())
    }

    /// Deletes for good the workspaces whose grace is over.
    pub async fn purge_workspaces(&self) -> Result<(), database::Error> {
        self.chores.purge_workspaces().await
    }
}

/// What identity is told.
fn of_identity(config: &Config) -> anyhow::Result<identity::Config> {
    Ok(identity::Config {
        public_url: config.server.public_url.clone(),
        data_dir: config.data_dir.0.clone(),
        signing_keys: config.auth.signing_keys.clone(),
        master_keys: config.providers.master_keys.clone(),
        refresh_secret: config.auth.refresh_secret.clone(),
        require_verified_email: config.requires_verified_email(),
        sign_up_open: config.auth.sign_up != SignUp::Closed,
        sign_up_rules: config.sign_up_rules()?,
        federation: identity::federation::FederationConfig {
            base_url: config.base_url(),
            google: config.auth.google.clone(),
            github: config.auth.github.clone(),
            dns_server: config.auth.dns_server,
            guard: config.providers.guard(),
        },
        requests_per_ip: config.limits.auth_per_ip,
        proof_of_work: config.auth.proof_of_work,
        strangers: config.limits.strangers,
    })
}

/// The way of audit logs to wherever workspaces send them.
fn streams(config: &Config, env: &Env) -> anyhow::Result<tenancy::Streams> {
    let vault = vault::Vault::open(&config.providers.master_keys, &config.data_dir.0, env)
        .context("the master keys can't be used")?;
    let outbound = outbound::Outbound::new(config.providers.guard());
    let host = url::Url::parse(&config.base_url()).ok().and_then(|url| url.host_str().map(str::to_owned));
    Ok(tenancy::Streams::new(vault, outbound, host.unwrap_or_default()))
}

/// The gateway's cache for all processes, where there is Redis.
async fn shared_answers(config: &Config) -> anyhow::Result<Option<gateway::SharedAnswers>> {
    let Some(url) = &config.redis.url else { return Ok(None) };
    let connected = gateway::SharedAnswers::connect(url.expose_secret()).await;
    connected.map(Some).context("Redis can't be reached; check `redis.url` (REDIS_URL)")
}

/// Where the database is: as configured, else in the data folder.
pub fn database_url(config: &Config) -> String {
    config.database.url.as_ref().map_or_else(
        || format!("sqlite:{}", config.data_dir.0.join("parlance.db").display()),
        |url| url.expose_secret().to_owned(),
    )
}

/// Connects to the database and refuses one that a newer version has migrated.
pub async fn connect(config: &Config) -> anyhow::Result<Db> {
    make_data_dir(&config.data_dir.0)?;
    let mut options = Options::new(database_url(config));
    options.pool_size = config.database.pool_size;
    options.readers = config.database.readers;
    options.synchronous = match config.database.synchronous {
        Synchronous::Normal => database::Synchronous::Normal,
        Synchronous::Full => database::Synchronous::Full,
    };
    let db = Db::connect(&options).await.context("the database can't be opened")?;
    if let SchemaState::Newer { .. } = db.schema_state().await.context("the database can't be read")? {
        bail!("the database was migrated by a newer version of Parlance; start that version, or restore a backup");
    }
    Ok(db)
}

fn make_data_dir(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| {
        format!("the data folder {} can't be made; set PARLANCE_DATA_DIR to one that can", path.display())
    })
}
