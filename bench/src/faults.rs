//! What clients notice when a provider fails under load: with a fallback in the route,
//! nothing. The first provider is killed, comes back, hangs, goes on, is replaced by one that
//! refuses everything as asked too often, and comes back, while requests keep coming.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use hyper::Method;
use kernel::Tasks;
use serde_json::json;
use tokio::{process::Command, task::JoinSet};

use crate::{
    chat::say,
    client::Connection,
    gateway::{Caller, Kind, Line, MODEL, Target},
    process::{Process, Setup},
    report::{line, ms},
    stats::Samples,
};

/// Requests under way at any time; every other one is a stream.
const LINES: usize = 16;
const ROUTE: &str = "steady";
const FALLBACK: &str = "groq/openai/gpt-oss-120b";
/// How long a provider may take that is expected back.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The server's binary; the one next to this program, unless told.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Seconds of each phase.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(2..=60))]
    seconds: u64,
}

/// What happens to the first provider, and who then has to answer.
const PHASES: [(&str, Expected); 7] = [
    ("healthy", Expected::First),
    ("killed", Expected::Fallback),
    ("back", Expected::FirstAgain),
    ("hung", Expected::Fallback),
    ("going on", Expected::FirstAgain),
    ("limited", Expected::Fallback),
    ("back again", Expected::FirstAgain),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    First,
    Fallback,
    /// Once its breaker has let a probe through.
    FirstAgain,
}

/// What the clients saw in one phase.
#[derive(Default)]
struct Tally {
    by_model: BTreeMap<String, u64>,
    took: Samples,
    failures: Vec<String>,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let binary = match &options.server {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("parlance"),
    };
    let folder = tempfile::Builder::new().prefix("parlance-bench-").tempdir()?;
    let first = Process::ourselves(&["upstream"]).await?;
    let second = Process::ourselves(&["upstream"]).await?;
    let fallback = format!("http://{}/v1", second.address);
    let settings = [
        ("GROQ_API_KEY", "bench"),
        ("GROQ_BASE_URL", fallback.as_str()),
        // A second of silence is a hang here; a breaker looks back for two, and rests for one.
        ("PARLANCE_PROVIDERS__TIMEOUTS__CONNECT", "1"),
        ("PARLANCE_PROVIDERS__TIMEOUTS__FIRST_BYTE", "1"),
        ("PARLANCE_PROVIDERS__BREAKER__WINDOW", "2"),
        ("PARLANCE_PROVIDERS__BREAKER__REST", "1"),
    ];
    let setup = Setup {
        binary: &binary,
        folder: folder.path(),
        database: None,
        mock: first.address,
        core: None,
        settings: &settings,
    };
    let (server, _) = Process::server(&tasks, &setup).await?;
    let caller = Caller::sign_up(&tasks, server.address).await?;
    let route = json!({"name": ROUTE, "strategy": "ordered",
        "targets": [{"model": format!("openai/{MODEL}")}, {"model": FALLBACK}]});
    caller.call(&tasks, server.address, Method::POST, "/api/v1/routes", Some(&route)).await?;

    let target = caller.asking(server.address, ROUTE);
    let phase = Arc::new(AtomicUsize::new(0));
    let load = Load::start(&target, &phase);
    let health = |caller: Caller| {
        let (tasks, address) = (tasks.clone(), server.address);
        async move { caller.call(&tasks, address, Method::GET, "/api/v1/providers/health", None).await }
    };
    break_it(first, &phase, Duration::from_secs(options.seconds)).await?;
    phase.store(PHASES.len(), Ordering::Relaxed);
    let tallies = load.join().await?;

    say(&table(&tallies)).await?;
    say(&breaker_metrics(&tasks, server.address).await?).await?;
    let health = health(caller.clone()).await?;
    for provider in health["data"].as_array().into_iter().flatten() {
        if ["openai", "groq"].map(Some).contains(&provider["provider"].as_str()) {
            say(&provider.to_string()).await?;
        }
    }
    // What is still being written off must have come to rest.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let entered = caller.calls_in_ledger(&tasks, server.address).await?;
    server.stop().await?;
    second.kill().await?;
    judge(&tallies, entered)
}

/// Takes the first provider through all phases.
async fn break_it(first: Process, phase: &AtomicUsize, time: Duration) -> anyhow::Result<()> {
    let next = async || {
        tokio::time::sleep(time).await;
        phase.fetch_add(1, Ordering::Relaxed);
    };
    let port = first.address.port().to_string();
    next().await;
    first.kill().await?;
    next().await;
    let first = again(&["upstream", "--port", &port]).await?;
    next().await;
    // It accepts connections, and says nothing.
    signal("-STOP", first.id).await?;
    next().await;
    signal("-CONT", first.id).await?;
    next().await;
    first.kill().await?;
    let limited = again(&["upstream", "--port", &port, "--limited"]).await?;
    next().await;
    limited.kill().await?;
    let first = again(&["upstream", "--port", &port]).await?;
    tokio::time::sleep(time).await;
    first.kill().await
}

/// Starts a provider where one has just ended: its port may need a moment.
async fn again(arguments: &[&str]) -> anyhow::Result<Process> {
    let started = tokio::time::Instant::now();
    loop {
        match Process::ourselves(arguments).await {
            Ok(process) => return Ok(process),
            Err(error) if started.elapsed() > PATIENCE => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn signal(name: &str, process: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").arg(name).arg(process.to_string()).status().await?;
    ensure!(status.success(), "kill {name} {process} failed");
    Ok(())
}

/// Clients that ask until the last phase is over.
struct Load(JoinSet<Vec<Tally>>);

impl Load {
    fn start(target: &Target, phase: &Arc<AtomicUsize>) -> Self {
        let mut lines = JoinSet::new();
        for number in 0..LINES {
            let (target, phase) = (target.clone(), phase.clone());
            lines.spawn(async move {
                let kind = if number % 2 == 0 { Kind::Whole } else { Kind::Stream };
                let mut tallies: Vec<Tally> = PHASES.iter().map(|_| Tally::default()).collect();
                let mut open = None;
                loop {
                    // An answer counts where it was asked for.
                    let Some(tally) = tallies.get_mut(phase.load(Ordering::Relaxed)) else { return tallies };
                    match ask(&mut open, &target, kind).await {
                        Ok((model, took)) => {
                            *tally.by_model.entry(model).or_default() += 1;
                            tally.took.push(took);
                        }
                        Err(error) => tally.failures.push(format!("{error:#}")),
                    }
                    // A load, not a flood: what is shown is who answers, not how many.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
        Self(lines)
    }

    async fn join(mut self) -> anyhow::Result<Vec<Tally>> {
        let mut all: Vec<Tally> = PHASES.iter().map(|_| Tally::default()).collect();
        while let Some(tallies) = self.0.join_next().await {
            for (sum, tally) in all.iter_mut().zip(tallies?) {
                for (model, count) in tally.by_model {
                    *sum.by_model.entry(model).or_default() += count;
                }
                sum.took.extend(tally.took);
                sum.failures.extend(tally.failures);
            }
        }
        Ok(all)
    }
}

/// Asks once: who answered, and how long it took.
async fn ask(open: &mut Option<Line>, target: &Target, kind: Kind) -> anyhow::Result<(String, Duration)> {
    let mut line = match open.take() {
        Some(line) => line,
        None => Line::open(target.address).await?,
    };
    line.looks = true;
    let timing = tokio::time::timeout(PATIENCE, line.ask(&target.asking(kind), kind)).await.context("no answer")??;
    let model = line.model.clone().context("the answer does not say who gave it")?;
    *open = Some(line);
    Ok((model, timing.ended - timing.asked))
}

/// Fails unless no client noticed anything and each phase was what it is called.
fn judge(tallies: &[Tally], entered: u64) -> anyhow::Result<()> {
    let first = format!("openai/{MODEL}");
    for ((name, expected), tally) in PHASES.iter().zip(tallies) {
        if let Some(failure) = tally.failures.first() {
            bail!("{name}: {} requests failed, the first with: {failure}", tally.failures.len());
        }
        let by = |model: &str| tally.by_model.get(model).copied().unwrap_or(0);
        match expected {
            // On a busy machine an answer may take longer than the second that is a hang.
            Expected::First => ensure!(by(&first) > 10 * by(FALLBACK), "{name}: the fallback had to answer"),
            Expected::Fallback => ensure!(by(FALLBACK) > 0, "{name}: the fallback did not answer"),
            Expected::FirstAgain => ensure!(by(&first) > 0, "{name}: the first provider was not asked again"),
        }
    }
    let answered: u64 = tallies.iter().flat_map(|tally| tally.by_model.values()).sum();
    ensure!(entered == answered, "the ledger holds {entered} calls, but {answered} were answered");
    Ok(())
}

fn table(tallies: &[Tally]) -> String {
    let mut text = String::new();
    let row = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
    line(
        &mut text,
        &row(&["first provider", "it answered", "the fallback did", "failed", "p50, ms", "p99, ms", "slowest, ms"]),
    );
    text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
    for ((name, _), tally) in PHASES.iter().zip(tallies) {
        let by = |model: &str| tally.by_model.get(model).copied().unwrap_or(0).to_string();
        let took = |percent| ms(tally.took.percentile(percent));
        let failed = tally.failures.len().to_string();
        line(
            &mut text,
            &[(*name).to_owned(), by(&format!("openai/{MODEL}")), by(FALLBACK), failed, took(50), took(99), took(100)],
        );
    }
    text
}

/// What the server says of its breakers.
async fn breaker_metrics(tasks: &Tasks, server: SocketAddr) -> anyhow::Result<String> {
    let mut connection = Connection::open(tasks, server).await?;
    let metrics = connection.text("/metrics").await?;
    let mut text = String::new();
    for metric in metrics.lines().filter(|metric| {
        metric.starts_with("parlance_provider_")
            && metric.contains(r#"provider="openai""#)
            && !metric.contains("quantile")
    }) {
        let _written = writeln!(text, "{metric}");
    }
    ensure!(text.contains("breaker"), "the metrics say nothing of a breaker");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tallies as they should be, one of them changed.
    fn judged(change: impl Fn(&mut [Tally])) -> anyhow::Result<()> {
        let mut tallies: Vec<Tally> = PHASES
            .iter()
            .map(|(_, expected)| {
                let model =
                    if *expected == Expected::Fallback { FALLBACK.to_owned() } else { format!("openai/{MODEL}") };
                Tally { by_model: [(model, 10)].into(), ..Tally::default() }
            })
            .collect();
        change(&mut tallies);
        judge(&tallies, 70)
    }

    #[test]
    fn only_a_run_that_nobody_noticed_passes() {
        judged(|_| ()).unwrap();
        assert!(judged(|all| all[1].failures.push("502".into())).is_err(), "a failed request");
        assert!(judged(|all| all[3].by_model.clear()).is_err(), "no fallback");
        assert!(judged(|all| all[4].by_model = [(FALLBACK.to_owned(), 10)].into()).is_err(), "never closed");
        assert!(judged(|all| *all[1].by_model.get_mut(FALLBACK).unwrap() = 11).is_err(), "not in the ledger");
    }
}
