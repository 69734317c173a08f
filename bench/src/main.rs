//! Measures what Parlance adds to a provider: latency, memory, throughput, start.
//!
//! `bench chat` starts a mock provider in a process of its own and the release binary of
//! the server, talks to it as a browser does, and prints a Markdown table. Everything runs on
//! loopback and is bounded in count and time; it ends only the processes that it started.
//!
//! Deliberately absent: real providers (their latency would drown ours), and other machines.

mod account;
mod chat;
mod client;
mod database;
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
    /// Chat runs, end to end and persisted, on SQLite and on PostgreSQL.
    Chat(chat::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::MockProvider(options) => mock::serve(options).await,
        Command::Chat(options) => chat::run(options).await,
    }
}
