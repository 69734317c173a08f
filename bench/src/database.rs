//! A fresh PostgreSQL database, dropped afterwards.

use anyhow::Context as _;
use kernel::Tasks;
use tokio_postgres::{Client, NoTls};
use url::Url;

pub struct Database {
    admin: Client,
    name: String,
    /// What to give to the server as `DATABASE_URL`.
    pub url: Url,
}

impl Database {
    /// Makes one on the server that `admin` is an address of.
    pub async fn create(tasks: &Tasks, admin: &Url) -> anyhow::Result<Self> {
        let (client, connection) = tokio_postgres::connect(admin.as_str(), NoTls)
            .await
            .with_context(|| format!("PostgreSQL does not answer at {}", admin.host_str().unwrap_or_default()))?;
        // The client reports a broken connection.
        tasks.spawn("postgres", async move { drop(connection.await) });
        let name = format!("parlance_bench_{}", std::process::id());
        client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        let mut url = admin.clone();
        url.set_path(&name);
        Ok(Self { admin: client, name, url })
    }

    pub async fn version(&self) -> anyhow::Result<String> {
        let row = self.admin.query_one("SHOW server_version", &[]).await?;
        let version: &str = row.try_get(0)?;
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }

    pub async fn drop(self) -> anyhow::Result<()> {
        Ok(self.admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await?)
    }
}
