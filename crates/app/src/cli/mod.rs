//! The command line. Each failure is one line on standard error and a non-zero exit.

mod audit;
mod doctor;
mod key;
mod migrate;
mod openapi;
mod serve;
mod usage;
mod user;
mod workspace;

use std::{collections::BTreeMap, fmt, io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use contracts::audit::Origin;

use crate::Config;

#[derive(Debug, Parser)]
#[command(name = "parlance", version, about = "AI chat for teams, websites and developers, in one binary")]
struct Cli {
    /// Configuration file; `parlance.toml` here unless told
    #[arg(long, global = true, value_name = "FILE", env = "PARLANCE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve everything on one port
    Serve,
    /// Bring the database's schema up to date
    Migrate,
    /// Print the OpenAPI document
    Openapi,
    /// Check the configuration, the database, the providers
    Doctor,
    /// Users of this installation
    #[command(subcommand)]
    User(user::Command),
    /// API keys, which programs call with
    #[command(subcommand)]
    Key(key::Command),
    /// Workspaces of this installation
    #[command(subcommand)]
    Workspace(workspace::Command),
    /// Who changed what
    #[command(subcommand)]
    Audit(audit::Command),
    /// What was used, and what it cost
    #[command(subcommand)]
    Usage(usage::Command),
}

impl Command {
    /// As the audit log names it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Serve => "parlance serve",
            Self::Migrate => "parlance migrate",
            Self::Openapi => "parlance openapi",
            Self::Doctor => "parlance doctor",
            Self::User(_) => "parlance user",
            Self::Key(_) => "parlance key",
            Self::Workspace(_) => "parlance workspace",
            Self::Audit(_) => "parlance audit",
            Self::Usage(_) => "parlance usage",
        }
    }
}

/// Runs what was typed.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(code) => code,
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "parlance: {}", OneLine(&error));
            ExitCode::FAILURE
        }
    }
}

/// The variables whose names and values are Unicode.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = Config::load(cli.config.as_deref(), &environment())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let origin = Origin::operator(cli.command.name());
    runtime.block_on(origin.around(async {
        match cli.command {
            Command::Serve => serve::run(config).await?,
            Command::Migrate => migrate::run(&config).await?,
            Command::Openapi => openapi::run(&config).await?,
            Command::Doctor => return doctor::run(&config).await,
            Command::User(command) => user::run(&config, command).await?,
            Command::Key(command) => key::run(&config, command).await?,
            Command::Workspace(command) => workspace::run(&config, command).await?,
            Command::Audit(command) => return audit::run(&config, command).await,
            Command::Usage(command) => return usage::run(&config, command).await,
        }
        Ok(ExitCode::SUCCESS)
    }))
}

/// Prints a line on standard output; a reader that went away is not an error.
fn say(line: impl fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// An error and its causes on one line, each cause said once.
struct OneLine<'a>(&'a anyhow::Error);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = String::new();
        for cause in self.0.chain() {
            let text = cause.to_string().replace('\n', " ");
            if said.contains(&text) {
                continue;
            }
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&text);
        }
        f.write_str(&said)
    }
}
