//! A flood of logins, and what people who chat at that time notice of it.
//!
//! The limit per address is out of the way, as if the flood came from everywhere. What is left is that few passwords
//! are checked at a time, that few wait for it, and that the rest are asked for work or told to come back.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use kernel::Tasks;
use serde_json::json;
use tokio::{net::TcpStream, task::JoinSet, time::Instant};

use crate::{
    account,
    load::{self, Outcome, Target},
    machine,
    mock::Script,
    process::{Process, Setup},
    report::{line, megabytes, percentiles, replace},
};

/// Who chats meanwhile.
const STREAMS: usize = 16;
/// An answer as a quick model gives it: 50 chunks a second.
const TYPICAL: Script = Script { chunks: 25, delay: Duration::from_millis(20), size: 12, hold: Duration::ZERO };
/// Connections that each send one login after the other.
const LINES: usize = 300;
/// A line's pause: the flood has to leave the machine's two cores something to serve it with.
const PAUSE: Duration = Duration::from_millis(50);
/// What comes before is not counted; as in [`load::run`].
const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The server's release binary; the one next to this program, unless told.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Seconds that each phase lasts.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Also writes the table into this file, between its marks.
    #[arg(long)]
    write: Option<PathBuf>,
}

/// What a phase was like.
struct Phase {
    name: &'static str,
    chat: Outcome,
    /// Logins by the status of their answer.
    logins: BTreeMap<u16, u64>,
    /// Resident at most, in KiB.
    peak: u64,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let binary = match &options.server {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("parlance"),
    };
    let time = Duration::from_secs(options.seconds);
    let mut phases = Vec::new();
    for (name, flooded, asked) in [
        ("nobody else", false, "never"),
        ("a flood, nobody asked for work", true, "never"),
        ("the same, asked for work", true, "under_attack"),
    ] {
        let mock = Process::mock().await?;
        let folder = tempfile::tempdir()?;
        let settings = [("PARLANCE_LIMITS__AUTH_PER_IP", "10000000"), ("PARLANCE_AUTH__PROOF_OF_WORK", asked)];
        let setup = Setup {
            binary: &binary,
            folder: folder.path(),
            database: None,
            mock: mock.address,
            core: None,
            settings: &settings,
        };
        let (server, _) = Process::server(&tasks, &setup).await?;
        let accounts: Arc<[_]> = account::sign_up(&tasks, server.address, STREAMS).await?.into();
        let target = Target::Server { address: server.address, accounts };
        let flood = if flooded { flood(server.address, Instant::now() + WARM_UP + time) } else { JoinSet::new() };
        let chat = load::run(&tasks, &target, STREAMS, TYPICAL, time).await?;
        let mut logins = BTreeMap::new();
        for status in flood.join_all().await.into_iter().flatten() {
            *logins.entry(status).or_default() += 1;
        }
        let (_, peak) = machine::family_kib(server.id).await?;
        ensure!(chat.failed == 0, "{name}: {} chats failed: {:?}", chat.failed, chat.failure);
        phases.push(Phase { name, chat, logins, peak });
        server.stop().await?;
        mock.kill().await?;
    }
    let table = format!(
        "Measured on {}; the server, the mock, {STREAMS} people who chat and the flood share them. \
         {LINES} connections send a login every {} ms or as soon as they have an answer, for {} s.\n\n{}",
        machine::facts().await?,
        PAUSE.as_millis(),
        (WARM_UP + time).as_secs(),
        rows(&phases)
    );
    #[allow(clippy::print_stdout, reason = "it is what the program is for")]
    {
        println!("{table}");
    }
    if let Some(path) = &options.write {
        let document = tokio::fs::read_to_string(path).await?;
        tokio::fs::write(path, replace(&document, "bench-flood", &table)?).await?;
    }
    Ok(())
}

/// The statuses of what many attackers are answered until the time is up.
fn flood(server: SocketAddr, ends: Instant) -> JoinSet<Vec<u16>> {
    let mut lines = JoinSet::new();
    for number in 0..LINES {
        lines.spawn(async move {
            let mut statuses = Vec::new();
            let mut attempt = 0_u64;
            while Instant::now() < ends {
                // A server that hangs up is called again.
                let Ok(mut line) = Line::open(server).await else { continue };
                while Instant::now() < ends {
                    attempt += 1;
                    match line.log_in(&format!("nobody-{number}-{attempt}@example.com")).await {
                        Ok(status) => statuses.push(status),
                        Err(_) => break,
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
            statuses
        });
    }
    lines
}

/// A connection of the flood, for which a refusal is an answer.
struct Line(http1::SendRequest<Full<Bytes>>, SocketAddr);

impl Line {
    async fn open(server: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(server).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        Tasks::new().spawn("connection", async move { drop(connection.await) });
        Ok(Self(sender, server))
    }

    async fn log_in(&mut self, email: &str) -> anyhow::Result<u16> {
        let body = json!({"email": email, "password": "a guess that is wrong"}).to_string();
        let request = Request::post("/api/v1/auth/login")
            .header("host", self.1.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.0.ready().await?;
        let response = self.0.send_request(request).await?;
        let status = response.status().as_u16();
        response.into_body().collect().await.context("the answer broke off")?;
        Ok(status)
    }
}

fn rows(phases: &[Phase]) -> String {
    let mut text = String::new();
    let heading = [
        "while people chat",
        "first token added, ms (p50 / p99)",
        "chats a second",
        "passwords checked",
        "asked for work",
        "told to come back",
        "memory at most, MB",
    ];
    line(&mut text, &heading.map(str::to_owned));
    text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
    for Phase { name, chat, logins, peak } in phases {
        let of = |status: u16| logins.get(&status).copied().unwrap_or(0).to_string();
        line(
            &mut text,
            &[
                (*name).to_owned(),
                percentiles(&chat.added),
                format!("{:.0}", chat.per_second()),
                of(401),
                of(403),
                of(503),
                megabytes(*peak),
            ],
        );
    }
    text
}
