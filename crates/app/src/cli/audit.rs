//! `parlance audit …`.

use std::process::ExitCode;

use clap::Subcommand;
use kernel::Env;
use tenancy::Chain;

use super::{say, usage};
use crate::{Config, Platform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that no entry of the audit log was changed, removed or moved; fails if one was
    Verify {
        /// The id or name of one workspace; all of them, and the platform's own log, unless told
        #[arg(long)]
        workspace: Option<String>,
    },
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Verify { workspace } = command;
    let platform = Platform::open(config, Env::system()).await?;
    let chains = match workspace {
        Some(name) => vec![Chain(Some(usage::find(&platform, &name).await?.workspace()))],
        None => platform.tenancy.audit_chains().await?,
    };
    let mut code = ExitCode::SUCCESS;
    for chain in chains {
        let name = chain.0.map_or_else(|| "platform".to_owned(), |workspace| workspace.to_string());
        let verdict = platform.tenancy.verify_audit(chain).await?;
        let hash = web::hex(&verdict.hash);
        if let Some(position) = verdict.broken_at {
            say(format_args!("{name}\t{}\tbroken at entry {position}", verdict.entries));
            code = ExitCode::FAILURE;
        } else {
            say(format_args!("{name}\t{}\t{hash}", verdict.entries));
        }
    }
    Ok(code)
}
