//! Reaching the server: address, role, pool.

use std::{collections::HashMap, sync::RwLock, time::Duration};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use tokio_postgres::{
    Client, Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Postgres, Shared, reason, tls};
use crate::{Error, Options};

/// The role without rights over policies that statements run under when the login is too powerful.
const APP_ROLE: &str = "parlance_app";

/// A statement that takes longer is a mistake, and so is a transaction that nobody goes on with.
const LIMITS: &str = "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'";

/// Makes the role once per cluster. Another database may be doing the same at this moment, and
/// advisory locks don't reach across databases, so the loser of the race is forgiven.
const CREATE_ROLE: &str = "DO $$ BEGIN \
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parlance_app') THEN \
        CREATE ROLE parlance_app NOLOGIN NOSUPERUSER NOBYPASSRLS; \
    END IF; \
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

impl Postgres {
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let (url, verify) = tls::split(&options.url)?;
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| Error::Options(reason(&error)))?;
        config
            .connect_timeout(options.patience.min(Duration::from_secs(5)))
            .tcp_user_timeout(Duration::from_secs(30))
            .keepalives_idle(Duration::from_mins(1));
        if !options.url.contains("sslmode=") && is_local(&config) {
            config.ssl_mode(SslMode::Disable);
        }
        let tls = tls::connector(&verify)?;
        if config.get_application_name().is_none() {
            config.application_name("parlance");
        }
        let place = place(&config);
        let unavailable = |error| Error::Unavailable(format!("{place}: {}", reason(&error)));
        let client = dial(&config, &tls).await.map_err(unavailable)?;
        let role = choose_role(&client).await.map_err(unavailable)?;
        drop(client);
        let manager = Manager::from_config(
            config.clone(),
            tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let setup = match role {
            Some(role) => format!("{LIMITS}; SET ROLE {role}"),
            None => LIMITS.to_owned(),
        };
        let pool = Pool::builder(manager)
            .max_size(options.pool_size.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.patience))
            .create_timeout(Some(options.patience))
            // The connection used last has its statements prepared and its memory warm.
            .queue_mode(QueueMode::Lifo)
            .post_create(Hook::async_fn(move |client, _| {
                let setup = setup.clone();
                Box::pin(async move { client.batch_execute(&setup).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| Error::Options(error.to_string()))?;
        let shared = Shared {
            pool,
            config,
            tls,
            place,
            role,
            unique: RwLock::new(HashMap::new()),
            #[cfg(debug_assertions)]
            unfiltered: options.unfiltered,
        };
        shared.learn_unique_indexes().await?;
        Ok(Self { shared: shared.into() })
    }
}

impl Shared {
    /// A connection of its own, under the login's own role.
    pub(super) async fn dial(&self) -> Result<Client, Error> {
        dial(&self.config, &self.tls).await.map_err(|error| self.unavailable(&reason(&error)))
    }

    /// Learns what the unique indexes stand for, because the server tells only their names.
    pub(super) async fn learn_unique_indexes(&self) -> Result<(), Error> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT i.relname, string_agg(t.relname || '.' || a.attname, ', ' ORDER BY k.place)
                 FROM pg_index x
                 JOIN pg_class i ON i.oid = x.indexrelid
                 JOIN pg_class t ON t.oid = x.indrelid
                 JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
                 CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k(number, place)
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
                 WHERE x.indisunique AND x.indexprs IS NULL AND k.place <= x.indnkeyatts
                 GROUP BY i.relname",
                &[],
            )
            .await
            .map_err(|error| self.translate(&error))?;
        let map = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let map = map.collect::<Result<_, tokio_postgres::Error>>().map_err(|error| self.translate(&error))?;
        *self.unique.write().unwrap_or_else(std::sync::PoisonError::into_inner) = map;
        Ok(())
    }
}

#[allow(clippy::disallowed_methods, reason = "the driver of one connection ends with its client")]
async fn dial(config: &Config, tls: &MakeRustlsConnect) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(tls.clone()).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    });
    Ok(client)
}

/// A login that bypasses row-level security takes the app's role, so that policies hold.
async fn choose_role(client: &Client) -> Result<Option<&'static str>, tokio_postgres::Error> {
    let login =
        client.query_one("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user", &[]).await?;
    if !login.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    match client.batch_execute(CREATE_ROLE).await {
        Ok(()) => Ok(Some(APP_ROLE)),
        Err(error) => {
            tracing::warn!(
                reason = reason(&error),
                "this database login bypasses row-level security and cannot make the role {APP_ROLE}; \
                 use a login without BYPASSRLS to have the second wall between workspaces"
            );
            Ok(None)
        }
    }
}

/// On the same machine, where encryption protects from nobody.
fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// `PostgreSQL at db.example:5432, database "parlance"`.
fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
    format!("PostgreSQL at {host}:{port}, database {database:?}")
}
