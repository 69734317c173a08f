//! The processes under test. Each is our own child, ended by its id at the latest when its
//! handle is dropped.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use kernel::Tasks;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::Instant,
};
use url::Url;

use crate::client::Connection;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running child that listens on loopback.
pub struct Process {
    child: Child,
    pub id: u32,
    pub address: SocketAddr,
}

impl Process {
    /// This program as the mock provider.
    pub async fn mock() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("mock-provider")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("the mock has no output")?;
        let line = BufReader::new(stdout).lines().next_line().await?.context("the mock did not start")?;
        let address = line.strip_prefix("http://").context("the mock gave no address")?.parse()?;
        Ok(Self { id: child.id().context("the mock has ended")?, child, address })
    }

    /// The server, and how long it took from its start to the first `/readyz` that said 200.
    pub async fn server(tasks: &Tasks, setup: &Setup<'_>) -> anyhow::Result<(Self, Duration)> {
        // Taken and given back: nobody else takes it in between, as a rule.
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let log = std::fs::File::options().create(true).append(true).open(setup.folder.join("log"))?;
        let mut command = Command::new(setup.binary);
        command
            .arg("serve")
            .env_clear()
            .env("PORT", address.port().to_string())
            .env("PARLANCE_DATA_DIR", setup.folder)
            .env("OPENAI_API_KEY", "bench")
            .env("OPENAI_BASE_URL", format!("http://{}/v1", setup.mock))
            .envs(SETTINGS.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        if let Some(database) = setup.database {
            command.env("DATABASE_URL", database.as_str());
        }
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| format!("start {}", setup.binary.display()))?;
        let id = child.id().context("the server has ended")?;
        loop {
            if let Ok(mut connection) = Connection::open(tasks, address).await
                && connection.succeeds("/readyz").await
            {
                return Ok((Self { child, id, address }, started.elapsed()));
            }
            if let Some(status) = child.try_wait()? {
                bail!("the server ended with {status}: {}", log_tail(setup.folder).await);
            }
            if started.elapsed() > PATIENCE {
                bail!("the server was not ready in time: {}", log_tail(setup.folder).await);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Asks it to end, and waits.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.id.to_string()).status().await?;
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }

    /// Ends it at once.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// What a server is started with.
pub struct Setup<'a> {
    pub binary: &'a Path,
    /// Its data and its log.
    pub folder: &'a Path,
    /// None: SQLite in the folder.
    pub database: Option<&'a Url>,
    pub mock: SocketAddr,
}

/// Limits that would otherwise be what is measured; everything else is as it comes.
const SETTINGS: &[(&str, &str)] = &[
    ("PARLANCE_SERVER__HOST", "127.0.0.1"),
    ("PARLANCE_LIMITS__AUTH_PER_IP", "1000"),
    ("PARLANCE_LIMITS__REQUESTS_PER_IP", "10000000"),
    ("PARLANCE_LIMITS__REQUESTS_PER_USER", "10000000"),
    ("PARLANCE_LIMITS__RUNS_PER_USER", "100000"),
    // The open streams whose memory is counted are silent for longer than a provider may be.
    ("PARLANCE_PROVIDERS__TIMEOUTS__BETWEEN_CHUNKS", "600"),
];

async fn log_tail(folder: &Path) -> String {
    let log = tokio::fs::read_to_string(folder.join("log")).await.unwrap_or_default();
    let lines: Vec<&str> = log.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
