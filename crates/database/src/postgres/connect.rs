//! Reaching the server: address, role, pool.

use std::{collections::HashMap, sync::RwLock, time::Duration};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::{Client, Config, NoTls, config::Host};

use super::{Postgres, Shared, reason};
use crate::{Error, Options};

/// The role without rights over policies that statements run under when the login is too powerful.
const APP_ROLE: &str = "parlance_app";

/// Makes the role once per cluster. Another database may be doing the same at this moment, and
/// advisory locks don't reach across databases, so the loser of the race is forgiven.
const CREATE_ROLE: &str = "DO $$ BEGIN \
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parlance_app') THEN \
        CREATE ROLE parlance_app NOLOGIN NOSUPERUSER NOBYPASSRLS; \
    END IF; \
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

impl Postgres {
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let mut config: Config = options
            .url
            .parse()
            .map_err(|error: tokio_postgres::Error| Error::Options(reason(&error)))?;
        config.connect_timeout(options.patience.min(Duration::from_secs(5)));
        if config.get_application_name().is_none() {
            config.application_name("parlance");
        }
        let place = place(&config);
        let role = {
            let client = dial(&config).await.map_err(|error| {
                Error::Unavailable(format!("{place}: {}", reason(&error)))
            })?;
            choose_role(&client)
                .await
                .map_err(|error| Error::Unavailable(format!("{place}: {}", reason(&error))))?
        };
        let manager = Manager::from_config(
            config.clone(),
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let mut builder = Pool::builder(manager)
            .max_size(options.pool_size.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.patience))
            .create_timeout(Some(options.patience));
        if let Some(role) = role {
            builder = builder.post_create(Hook::async_fn(move |client, _| {
                Box::pin(async move {
                    client
                        .batch_execute(&format!("SET ROLE {role}"))
                        .await
                        .map_err(HookError::Backend)
                })
            }));
        }
        let pool = builder.build().map_err(|error| Error::Options(error.to_string()))?;
        let shared = Shared { pool, config, place, role, unique: RwLock::new(HashMap::new()) };
        shared.learn_unique_indexes().await?;
        Ok(Self { shared: shared.into() })
    }
}

impl Shared {
    /// A connection of its own, under the login's own role.
    pub(super) async fn dial(&self) -> Result<Client, Error> {
        dial(&self.config).await.map_err(|error| self.unavailable(&reason(&error)))
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
async fn dial(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    });
    Ok(client)
}

/// A login that bypasses row-level security takes the app's role, so that policies hold.
async fn choose_role(client: &Client) -> Result<Option<&'static str>, tokio_postgres::Error> {
    let login = client
        .query_one("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user", &[])
        .await?;
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
