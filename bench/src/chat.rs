//! The benchmark of chat runs: latency under load, throughput, memory, start.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use kernel::Tasks;
use tokio::{io::AsyncWriteExt as _, task::JoinSet};
use url::Url;

use crate::{
    account::{self, Account},
    client::Events,
    database::Database,
    load::{self, Outcome, Talker, Target},
    machine,
    mock::Script,
    process::{Process, Setup},
    report,
    stats::Samples,
};

/// Streams at once, for the latencies.
const LEVELS: [usize; 4] = [1, 16, 64, 256];
/// Streams at once when each is as fast as it can be.
const SATURATION: usize = 64;
/// Silent streams whose memory is counted.
const OPEN: [usize; 2] = [1000, 5000];
/// Streams being opened at the same time.
const OPENING: usize = 32;
/// Users who share the load.
const USERS: usize = 16;
const STARTS: usize = 10;
/// An answer as a quick model gives it: 50 chunks a second.
const TYPICAL: Script = Script { chunks: 25, delay: Duration::from_millis(20), size: 12, hold: Duration::ZERO };
/// The same text without a pause.
const IMMEDIATE: Script = Script { delay: Duration::ZERO, ..TYPICAL };
/// One chunk, then silence.
const SILENT: Script = Script { chunks: 1, delay: Duration::ZERO, size: 12, hold: Duration::from_mins(5) };

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The server's release binary; the one next to this program, unless told.
    #[arg(long)]
    server: Option<PathBuf>,
    /// A PostgreSQL server where databases may be made.
    #[arg(long, env = "PARLANCE_BENCH_POSTGRES", default_value = "postgres://postgres@127.0.0.1:5432/postgres")]
    postgres: Url,
    /// What to measure on.
    #[arg(long, value_delimiter = ',', value_enum, default_values = ["sqlite", "postgres"])]
    engines: Vec<Engine>,
    /// Seconds that each load lasts.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Leaves out the silent streams and the repeated starts.
    #[arg(long)]
    load_only: bool,
    /// Also writes the table into this file, between its marks.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Latencies at each level, then the throughput.
pub struct Loads {
    pub levels: Vec<(usize, Outcome)>,
    pub saturation: Outcome,
    /// Processor time of the asked process for each stream at saturation, in milliseconds.
    pub cpu_ms_per_stream: Option<f64>,
}

impl Loads {
    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.levels.iter().map(|(_, outcome)| outcome).chain([&self.saturation])
    }

    fn begun(&self) -> u64 {
        self.outcomes().map(|outcome| outcome.begun as u64).sum()
    }

    fn failed(&self) -> usize {
        self.outcomes().map(|outcome| outcome.failed).sum()
    }
}

/// What an engine's server was like.
pub struct Figures {
    /// `SQLite`, `PostgreSQL 15.14`.
    pub name: String,
    pub loads: Loads,
    /// Resident KiB after the first start, before anybody has signed up.
    pub idle_kib: u64,
    /// Resident KiB with so many silent streams open, and before the first of them.
    pub open_kib: Vec<(usize, u64)>,
    pub closed_kib: u64,
    /// From start to ready, on the database that all the load has filled.
    pub ready: Samples,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).context("raise the limit of open files")?;
    let tasks = Tasks::new();
    let binary = match &options.server {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("parlance"),
    };
    let size = tokio::fs::metadata(&binary)
        .await
        .with_context(|| format!("there is no server at {}", binary.display()))?
        .len();
    let time = Duration::from_secs(options.seconds);

    let mock = Process::mock().await?;
    say("the mock, called directly").await?;
    let baseline = loads(&tasks, &Target::Direct(mock.address), mock.id, time).await?;
    let mut figures = Vec::new();
    for engine in &options.engines {
        figures.push(measure(&tasks, &options, *engine, &binary, mock.address, time).await?);
    }
    mock.kill().await?;

    let folder = tempfile::tempdir()?;
    let flush = tokio::task::spawn_blocking(move || machine::flush_time(folder.path())).await??;
    let machine = report::Machine { facts: machine::facts().await?, flush, binary: size };
    let table = report::markdown(&machine, &baseline, &figures);
    say(&table).await?;
    if let Some(path) = &options.write {
        let text = tokio::fs::read_to_string(path).await.with_context(|| format!("read {}", path.display()))?;
        tokio::fs::write(path, report::replace(&text, "bench", &table)?).await?;
    }
    Ok(())
}

/// One engine from an empty database to the last figure.
async fn measure(
    tasks: &Tasks,
    options: &Options,
    engine: Engine,
    binary: &std::path::Path,
    mock: SocketAddr,
    time: Duration,
) -> anyhow::Result<Figures> {
    let folder = tempfile::Builder::new().prefix("parlance-bench-").tempdir()?;
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Database::create(tasks, &options.postgres).await?),
    };
    let name = match &database {
        None => "SQLite".to_owned(),
        Some(database) => format!("PostgreSQL {}", database.version().await?),
    };
    let setup = Setup {
        binary,
        folder: folder.path(),
        database: database.as_ref().map(|it| &it.url),
        mock,
        core: None,
        settings: &[],
    };
    let measured = figures(tasks, options, name, &setup, time).await;
    if let Some(database) = database {
        database.drop().await?;
    }
    measured
}

async fn figures(
    tasks: &Tasks,
    options: &Options,
    name: String,
    setup: &Setup<'_>,
    time: Duration,
) -> anyhow::Result<Figures> {
    say(&format!("{name}: loads")).await?;
    let (server, _) = Process::server(tasks, setup).await?;
    settle().await;
    let idle_kib = machine::resident_kib(server.id).await?;
    let accounts: Arc<[Account]> = account::sign_up(tasks, server.address, USERS).await?.into();
    let target = Target::Server { address: server.address, accounts: accounts.clone() };
    let loads = loads(tasks, &target, server.id, time).await?;
    settle().await;
    let entered = account::runs_in_ledger(tasks, server.address, &accounts).await?;
    let begun = loads.begun();
    if loads.failed() == 0 && entered != begun {
        bail!("the ledger holds {entered} runs, but {begun} were begun");
    }
    server.stop().await?;
    let mut figures = Figures { name, loads, idle_kib, open_kib: Vec::new(), closed_kib: 0, ready: Samples::default() };
    if options.load_only {
        return Ok(figures);
    }
    say(&format!("{}: starts", figures.name)).await?;
    for _ in 0..STARTS {
        let (server, ready) = Process::server(tasks, setup).await?;
        figures.ready.push(ready);
        server.stop().await?;
    }
    say(&format!("{}: silent streams", figures.name)).await?;
    let (server, _) = Process::server(tasks, setup).await?;
    let target = Target::Server {
        address: server.address,
        accounts: account::log_in(tasks, server.address, USERS).await?.into(),
    };
    settle().await;
    figures.closed_kib = machine::resident_kib(server.id).await?;
    let mut open = Vec::new();
    for streams in OPEN {
        open_silent(tasks, &target, &mut open, streams).await?;
        settle().await;
        figures.open_kib.push((streams, machine::resident_kib(server.id).await?));
    }
    // Their runs would go on without us, as runs do.
    server.kill().await?;
    Ok(figures)
}

/// All levels, then saturation, against one process.
async fn loads(tasks: &Tasks, target: &Target, process: u32, time: Duration) -> anyhow::Result<Loads> {
    let mut levels = Vec::new();
    for streams in LEVELS {
        // One stream at a time gives few samples; it gets longer.
        let time = if streams == 1 { time * 2 } else { time };
        levels.push((streams, load::run(tasks, target, streams, TYPICAL, time).await?));
    }
    let before = machine::cpu_ms(process).await?;
    let saturation = load::run(tasks, target, SATURATION, IMMEDIATE, time).await?;
    let used = machine::cpu_ms(process).await? - before;
    // The warm-up's streams took processor time too.
    let started = u32::try_from(saturation.begun).unwrap_or(u32::MAX);
    let cpu_ms_per_stream =
        (started > 0).then(|| f64::from(u32::try_from(used).unwrap_or(u32::MAX)) / f64::from(started));
    let loads = Loads { levels, saturation, cpu_ms_per_stream };
    for outcome in loads.outcomes() {
        if let Some(failure) = &outcome.failure {
            say(&format!("{} streams failed, the first with: {failure}", outcome.failed)).await?;
        }
    }
    Ok(loads)
}

/// Opens silent streams until there are `streams` of them, each in a conversation of its own.
async fn open_silent(
    tasks: &Tasks,
    target: &Target,
    open: &mut Vec<(Talker, Events)>,
    streams: usize,
) -> anyhow::Result<()> {
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(open.len()));
    let mut openers = JoinSet::new();
    for _ in 0..OPENING {
        let (tasks, target, next) = (tasks.clone(), target.clone(), next.clone());
        openers.spawn(async move {
            let mut opened = Vec::new();
            loop {
                let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if number >= streams {
                    return anyhow::Ok(opened);
                }
                let mut talker = Talker::new(tasks.clone(), target.clone(), number);
                let (_, events) = talker.ask(SILENT).await?;
                opened.push((talker, events));
            }
        });
    }
    while let Some(opened) = openers.join_next().await {
        open.extend(opened??);
    }
    if open.len() != streams {
        bail!("{} streams are open instead of {streams}", open.len());
    }
    Ok(())
}

/// Lets what was begun come to rest.
pub async fn settle() {
    tokio::time::sleep(Duration::from_secs(3)).await;
}

pub async fn say(text: &str) -> anyhow::Result<()> {
    let mut stdout = tokio::io::stdout();
    stdout.write_all(text.as_bytes()).await?;
    stdout.write_all(b"\n").await?;
    Ok(stdout.flush().await?)
}
