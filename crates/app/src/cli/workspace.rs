//! `parlance workspace …`.

use clap::Subcommand;
use kernel::Env;

use super::{say, usage};
use crate::{Config, Platform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List all workspaces: id, members, name
    List,
    /// Give a workspace one of the configured plans, from its next call on
    Plan {
        /// The workspace's id or name
        workspace: String,
        /// The plan's id, as `plans.<id>` in the configuration; `unlimited` is always there
        plan: String,
    },
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let platform = Platform::open(config, Env::system()).await?;
    match command {
        Command::List => {
            for workspace in platform.tenancy.all_workspaces().await? {
                say(format_args!("{}\t{}\t{}", workspace.id, workspace.members, workspace.name));
            }
        }
        Command::Plan { workspace, plan } => {
            // Whoever is at the command line operates the platform.
            let scope = usage::find(&platform, &workspace).await?;
            let plan = platform.metering.set_plan(&scope, &plan).await?;
            say(format_args!("{}\t{}\t{}", scope.workspace(), plan.id, plan.name));
        }
    }
    Ok(())
}
