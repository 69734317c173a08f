//! `parlance workspace …`.

use clap::Subcommand;
use kernel::{Env, TenantScope, WorkspaceId};

use super::say;
use crate::{Config, Platform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List all workspaces: id, members, name
    List,
    /// Give a workspace one of the configured plans, from its next call on
    Plan {
        /// The workspace's id
        workspace: WorkspaceId,
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
            let plan = platform.metering.set_plan(&TenantScope::assume(workspace), &plan).await?;
            say(format_args!("{workspace}\t{}\t{}", plan.id, plan.name));
        }
    }
    Ok(())
}
