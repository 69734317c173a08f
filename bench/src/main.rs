//! Measures what Parlance adds to a provider: latency, memory, throughput, start.
//!
//! `bench chat` starts a mock provider in a process of its own and the release binary of
//! the server, talks to it as a browser does, and prints a Markdown table. Everything runs on
//! loopback and is bounded in count and time; it ends only the processes that it started.
//! `bench gateway` does the same for the compatible API, next to other gateways, and
//! `bench faults` shows what its clients notice of a provider that fails, and `bench flood` what
//! people notice of a flood of logins.
//!
//! Deliberately absent: real providers (their latency would drown ours), and other machines.

mod account;
mod chat;
mod client;
mod database;
mod faults;
mod flood;
mod gateway;
mod load;
mod machine;
mod mock;
mod process;
mod report;
mod stats;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench", about = "Benchmarks of Parlance")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// An OpenAI-compatible server that says when it sent its first token; ends with its standard input.
    MockProvider(mock::Options),
    /// A quicker one for gateways, which stamps nothing; ends with its standard input.
    Upstream(gateway::UpstreamOptions),
    /// Chat runs, end to end and persisted, on SQLite and on PostgreSQL.
    Chat(chat::Options),
    /// The compatible API as a gateway, next to others of its kind.
    Gateway(gateway::Options),
    /// A provider that fails under load, with a fallback in the route: no request may fail.
    Faults(faults::Options),
    /// A flood of logins, and what people who chat notice of it.
    Flood(flood::Options),
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // What shares a core with others has one thread: two would take turns on it.
    let mut runtime = match arguments.command {
        Command::Upstream(_) | Command::Gateway(_) => tokio::runtime::Builder::new_current_thread(),
        Command::MockProvider(_) | Command::Chat(_) | Command::Faults(_) | Command::Flood(_) => {
            tokio::runtime::Builder::new_multi_thread()
        }
    };
    runtime.enable_all().build()?.block_on(async {
        match arguments.command {
            Command::MockProvider(options) => mock::serve(options).await,
            Command::Upstream(options) => gateway::serve_upstream(options).await,
            Command::Chat(options) => chat::run(options).await,
            Command::Gateway(options) => gateway::run(options).await,
            Command::Faults(options) => faults::run(options).await,
            Command::Flood(options) => flood::run(options).await,
        }
    })
}
