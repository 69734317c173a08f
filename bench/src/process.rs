//! The processes under test. Each is our own child, ended by its id at the latest when its
//! handle is dropped.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use kernel::Tasks;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::Instant,
};
use url::Url;

use crate::client::Connection;

const PATIENCE: Duration = Duration::from_secs(30);
/// For programs that load half of Python first.
const LONG_PATIENCE: Duration = Duration::from_secs(120);

/// A running child that listens on loopback.
pub struct Process {
    child: Child,
    pub id: u32,
    pub address: SocketAddr,
}

impl Process {
    /// This program as the mock provider.
    pub async fn mock() -> anyhow::Result<Self> {
        Self::ourselves(&["mock-provider"]).await
    }

    /// This program with other arguments, which make it print its address.
    pub async fn ourselves(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments);
        Self::announced(command, Stdio::inherit()).await
    }

    /// A program that prints its address as the first line that is one.
    pub async fn announced(mut command: Command, errors: Stdio) -> anyhow::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("the program has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("no address in time")??;
            let line = line.context("the program ended without an address")?;
            if let Some(address) = line.strip_prefix("http://") {
                break address.split('/').next().unwrap_or_default().parse()?;
            }
        };
        Ok(Self { id: child.id().context("the program has ended")?, child, address })
    }

    /// A program that listens where it was told to, as soon as it accepts connections. Its log
    /// is in `folder`.
    pub async fn listening(mut command: Command, address: SocketAddr, folder: &Path) -> anyhow::Result<Self> {
        let log = std::fs::File::create(folder.join("log"))?;
        let mut child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true).spawn()?;
        let id = child.id().context("the program has ended")?;
        let started = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = child.try_wait()? {
                bail!("the program ended with {status}: {}", log_tail(folder).await);
            }
            if started.elapsed() > LONG_PATIENCE {
                bail!("the program did not listen in time");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(Self { child, id, address })
    }

    /// The server, and how long it took from its start to the first `/readyz` that said 200.
    pub async fn server(tasks: &Tasks, setup: &Setup<'_>) -> anyhow::Result<(Self, Duration)> {
        let address = free_address().await?;
        let log = std::fs::File::options().create(true).append(true).open(setup.folder.join("log"))?;
        let mut command = pinned(setup.core, setup.binary);
        command
            .arg("serve")
            .env_clear()
            .env("PORT", address.port().to_string())
            .env("PARLANCE_DATA_DIR", setup.folder)
            .env("OPENAI_API_KEY", "bench")
            .env("OPENAI_BASE_URL", format!("http://{}/v1", setup.mock))
            .envs(SETTINGS.iter().copied())
            .envs(setup.settings.iter().copied())
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
    /// The core that it is held to.
    pub core: Option<usize>,
    /// Settings besides the usual ones.
    pub settings: &'a [(&'a str, &'a str)],
}

/// A command whose process stays on one core.
pub fn pinned(core: Option<usize>, program: &Path) -> Command {
    match core {
        // It becomes the program, under the same id.
        Some(core) => {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(core.to_string()).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// An address that was free a moment ago: nobody else takes it in between, as a rule.
pub async fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

/// Limits that would otherwise be what is measured; everything else is as it comes.
const SETTINGS: &[(&str, &str)] = &[
    ("PARLANCE_SERVER__HOST", "127.0.0.1"),
    ("PARLANCE_LIMITS__AUTH_PER_IP", "1000"),
    ("PARLANCE_LIMITS__STRANGERS", "1000"),
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
