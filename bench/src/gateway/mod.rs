//! The gateway's own work on a request, and that of others of its kind: one run, one
//! machine, the same upstream and the same loader. The gateway has one core to itself; the
//! upstream and the loader share the other.
//!
//! Parlance runs with all that it is for: keys, rate limits, a hard budget that each call
//! reserves in, and the durable ledger, in which afterwards each call must stand once.

mod loader;
mod parlance;
mod peers;
mod table;
mod upstream;
mod wire;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use kernel::Tasks;
use tokio::{process::Command, task::JoinSet, time::Instant};

pub use self::{
    loader::{Kind, Line, Target},
    parlance::Caller,
    upstream::{MODEL, Options as UpstreamOptions, serve as serve_upstream},
};
use self::{
    loader::{Outcome, Span},
    peers::{Peer, Place},
};
use crate::{
    chat::say,
    machine,
    process::{Process, Setup},
    report,
};

const WARM_UP: Duration = Duration::from_secs(1);
/// How long a gateway may take from its start to its first answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Files that a gateway needs besides those of its streams.
const SPARE_FILES: u64 = 400;
/// Streams being opened at the same time.
const OPENING: usize = 64;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The server's release binary; the one next to this program, unless told.
    #[arg(long)]
    server: Option<PathBuf>,
    /// The folder that `scripts/peers.sh` has filled.
    #[arg(long, env = "PARLANCE_BENCH_PEERS")]
    peers: Option<PathBuf>,
    /// Whom to measure, besides the upstream called directly.
    #[arg(long, value_delimiter = ',', value_parser = NAMES, default_values = NAMES)]
    only: Vec<String>,
    /// Seconds that each load lasts.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Streams held open at once, to count their memory; 0 leaves it out.
    #[arg(long, default_value_t = 10_000)]
    open: usize,
    /// The gateway's core.
    #[arg(long, default_value_t = 0)]
    gateway_core: usize,
    /// The core of the upstream and the loader.
    #[arg(long, default_value_t = 1)]
    load_core: usize,
    /// Also writes the table into this file, between its marks.
    #[arg(long)]
    write: Option<PathBuf>,
}

/// What a gateway was like under all loads.
#[derive(Default)]
pub struct Loads {
    pub one: Outcome,
    pub sixteen: Outcome,
    pub many: Outcome,
    pub streams_sixteen: Outcome,
    pub streams_many: Outcome,
    /// Processor time of a request at 16, in microseconds.
    pub cpu_us: f64,
}

impl Loads {
    fn outcomes(&self) -> [&Outcome; 5] {
        [&self.one, &self.sixteen, &self.many, &self.streams_sixteen, &self.streams_many]
    }

    fn answered(&self) -> u64 {
        self.outcomes().iter().map(|outcome| outcome.answered).sum()
    }

    pub fn failed(&self) -> u64 {
        self.outcomes().iter().map(|outcome| outcome.failed).sum()
    }

    fn failure(&self) -> Option<&str> {
        self.outcomes().iter().find_map(|outcome| outcome.failure.as_deref())
    }
}

/// One line of the table.
pub struct Row {
    pub name: String,
    pub loads: Loads,
    /// None: there is no process in between.
    pub process: Option<Footprint>,
}

/// What a process needed.
pub struct Footprint {
    pub idle_kib: u64,
    pub peak_kib: u64,
    /// From its start to its first answer.
    pub start: Duration,
}

/// The memory of many open streams.
pub struct Open {
    pub streams: usize,
    pub closed_kib: u64,
    pub open_kib: u64,
}

/// All that was measured.
pub struct Report {
    pub direct: Row,
    pub rows: Vec<Row>,
    /// Peers that were not measured, and why.
    pub absent: Vec<(String, String)>,
    pub open: Option<Open>,
    pub calls: u64,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let files = rlimit::increase_nofile_limit(u64::MAX).context("raise the limit of open files")?;
    // The gateway holds two for each stream: to the client, and to the upstream.
    let open = options.open.min(usize::try_from(files.saturating_sub(SPARE_FILES) / 2)?);
    if open < options.open {
        say(&format!("{open} streams held open instead of {}: this machine allows {files} files", options.open))
            .await?;
    }
    // Before this process sees one core alone.
    let facts = machine::facts().await?;
    let core = pin(&options).await?;
    let tasks = Tasks::new();
    let binary = match &options.server {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("parlance"),
    };
    let span = Span { warm_up: WARM_UP, time: Duration::from_secs(options.seconds) };
    // A child inherits the core of who starts it.
    let upstream = Process::ourselves(&["upstream"]).await?;

    say("the upstream, called directly").await?;
    let target = Target {
        address: upstream.address,
        path: "/v1/chat/completions".to_owned(),
        headers: Vec::new(),
        model: MODEL.to_owned(),
    };
    let direct = Row { name: "direct".to_owned(), loads: loads(&target, upstream.id, span).await?, process: None };
    let mut report = Report { direct, rows: Vec::new(), absent: Vec::new(), open: None, calls: 0 };
    let wanted = |name: &str| options.only.iter().any(|only| only.eq_ignore_ascii_case(name));
    for (name, settings) in VARIANTS.into_iter().filter(|_| wanted("parlance")) {
        say(name).await?;
        let streams = if settings.len() == 1 { open } else { 0 };
        measure_parlance(&tasks, &mut report, (name, settings), (&binary, upstream.address), (core, span, streams))
            .await?;
    }
    for peer in peers::ALL.into_iter().filter(|peer| wanted(peer.name())) {
        match measure_peer(peer, options.peers.as_deref(), upstream.address, core, span).await {
            Ok(row) => report.rows.push(row),
            Err(error) => {
                say(&format!("{}: {error:#}", peer.name())).await?;
                let why = error.to_string().lines().next().unwrap_or_default().to_owned();
                report.absent.push((peer.name().to_owned(), why));
            }
        }
    }
    upstream.kill().await?;

    let folder = tempfile::tempdir()?;
    let flush = tokio::task::spawn_blocking(move || machine::flush_time(folder.path())).await??;
    let table = table::markdown(&facts, flush, core.is_some(), &report);
    say(&table).await?;
    if let Some(path) = &options.write {
        let text = tokio::fs::read_to_string(path).await.with_context(|| format!("read {}", path.display()))?;
        tokio::fs::write(path, report::replace(&text, "bench-gateway", &table)?).await?;
    }
    Ok(())
}

/// Who can be measured.
const NAMES: [&str; 5] = ["parlance", "litellm-rs", "tensorzero", "portkey", "litellm"];
/// Parlance as it comes, and with a disk flush before each answer.
const VARIANTS: [(&str, &[(&str, &str)]); 2] =
    [("Parlance", &[QUIET]), ("Parlance, each commit flushed", &[QUIET, ("PARLANCE_DATABASE__SYNCHRONOUS", "full")])];
/// Peers write no line for each request either.
const QUIET: (&str, &str) = ("PARLANCE_LOG__FILTER", "warn");

/// Holds this process to the loader's core, and tells the gateway's; none where there is
/// only one, or no `taskset`.
async fn pin(options: &Options) -> anyhow::Result<Option<usize>> {
    let (gateway, load) = (options.gateway_core, options.load_core);
    if std::thread::available_parallelism()?.get() <= gateway.max(load) {
        return Ok(None);
    }
    let ourselves = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--pid", "--cpu-list", &load.to_string(), &ourselves]);
    let pinned = command.stdout(std::process::Stdio::null()).status().await.is_ok_and(|status| status.success());
    Ok(pinned.then_some(gateway))
}

/// All loads on one gateway.
async fn loads(target: &Target, process: u32, span: Span) -> anyhow::Result<Loads> {
    let one = loader::run(target, Kind::Whole, 1, span).await?;
    let before = machine::family_cpu_ms(process).await?;
    let sixteen = loader::run(target, Kind::Whole, 16, span).await?;
    let used = machine::family_cpu_ms(process).await? - before;
    #[allow(clippy::cast_precision_loss, reason = "a figure to read")]
    let cpu_us = used as f64 * 1000.0 / sixteen.answered.max(1) as f64;
    Ok(Loads {
        one,
        sixteen,
        many: loader::run(target, Kind::Whole, 64, span).await?,
        streams_sixteen: loader::run(target, Kind::Stream, 16, span).await?,
        streams_many: loader::run(target, Kind::Stream, 64, span).await?,
        cpu_us,
    })
}

async fn measure_parlance(
    tasks: &Tasks,
    report: &mut Report,
    (name, settings): (&str, &[(&str, &str)]),
    (binary, upstream): (&Path, SocketAddr),
    (core, span, streams): (Option<usize>, Span, usize),
) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("parlance-bench-").tempdir()?;
    let setup = Setup { binary, folder: folder.path(), database: None, mock: upstream, core, settings };
    let (server, _) = Process::server(tasks, &setup).await?;
    let mut caller = Caller::sign_up(tasks, server.address).await?;
    server.stop().await?;
    // Started again as a gateway that has a key already, as peers are.
    let started = Instant::now();
    let (server, _) = Process::server(tasks, &setup).await?;
    let target = caller.asking(server.address, &format!("openai/{MODEL}"));
    let (start, probes) = first_answer(&target, started).await?;
    settle().await;
    let (idle_kib, _) = machine::family_kib(server.id).await?;
    let loads = loads(&target, server.id, span).await?;
    let (_, peak_kib) = machine::family_kib(server.id).await?;
    if loads.failed() > 0 {
        bail!("{} requests failed, the first with: {}", loads.failed(), loads.failure().unwrap_or_default());
    }
    settle().await;
    caller.log_in(tasks, server.address).await?;
    let calls = loads.answered() + probes;
    let entered = caller.calls_in_ledger(tasks, server.address).await?;
    ensure!(entered == calls, "the ledger holds {entered} calls, but {calls} were answered");
    report.calls += calls;
    report.rows.push(Row {
        name: name.to_owned(),
        loads,
        process: Some(Footprint { idle_kib, peak_kib: peak_kib.max(idle_kib), start }),
    });
    if streams > 0 {
        say(&format!("{name}: {streams} open streams")).await?;
        report.open = Some(open_streams(&target, server.id, streams).await?);
    }
    server.kill().await
}

async fn measure_peer(
    peer: Peer,
    folder: Option<&Path>,
    upstream: SocketAddr,
    core: Option<usize>,
    span: Span,
) -> anyhow::Result<Row> {
    let peers = folder.context("not set up")?;
    let version = peer.version(peers).await.context("not set up")?;
    say(&format!("{} {version}", peer.name())).await?;
    let own = tempfile::Builder::new().prefix("parlance-bench-").tempdir()?;
    let started = Instant::now();
    let (process, target) = peer.start(&Place { peers, folder: own.path(), upstream, core }).await?;
    let (start, _) = first_answer(&target, started).await?;
    settle().await;
    let (idle_kib, _) = machine::family_kib(process.id).await?;
    let loads = loads(&target, process.id, span).await?;
    let (_, peak_kib) = machine::family_kib(process.id).await?;
    process.stop().await?;
    if let Some(failure) = loads.failure() {
        say(&format!("{} requests failed, the first with: {failure}", loads.failed())).await?;
    }
    let name = format!("{} {version}", peer.name());
    Ok(Row { name, loads, process: Some(Footprint { idle_kib, peak_kib: peak_kib.max(idle_kib), start }) })
}

/// Asks until there is an answer: how long after the start that was, and how many there were.
async fn first_answer(target: &Target, started: Instant) -> anyhow::Result<(Duration, u64)> {
    let request = target.asking(Kind::Whole);
    loop {
        let asked = async { Line::open(target.address).await?.ask(&request, Kind::Whole).await };
        match tokio::time::timeout(PATIENCE, asked).await.context("no answer in time")? {
            Ok(_) => return Ok((started.elapsed(), 1)),
            Err(error) if started.elapsed() > PATIENCE => return Err(error.context("it never answered")),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Opens so many streams that fall silent, and looks at the memory.
async fn open_streams(target: &Target, process: u32, streams: usize) -> anyhow::Result<Open> {
    settle().await;
    let (closed_kib, _) = machine::family_kib(process).await?;
    let mut openers = JoinSet::new();
    for opener in 0..OPENING {
        let target = target.clone();
        let mine = (opener..streams).step_by(OPENING).count();
        openers.spawn(async move {
            let request = target.asking_silence();
            let mut open = Vec::new();
            for _ in 0..mine {
                let mut line = Line::open(target.address).await?;
                line.open_stream(&request).await?;
                open.push(line);
            }
            anyhow::Ok(open)
        });
    }
    let mut open = Vec::new();
    while let Some(opened) = openers.join_next().await {
        open.extend(opened??);
    }
    ensure!(open.len() == streams, "{} streams are open instead of {streams}", open.len());
    settle().await;
    let (open_kib, _) = machine::family_kib(process).await?;
    Ok(Open { streams, closed_kib, open_kib })
}

/// Lets what was begun come to rest.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}
