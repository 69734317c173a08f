//! `parlance workspace …`.

use anyhow::bail;
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
    /// Close a workspace to its members and keys, and end its answers under way
    Suspend {
        /// The workspace's id or name
        workspace: String,
        /// Why; its owners read it
        #[arg(long)]
        reason: String,
    },
    /// Open a suspended workspace again
    Resume {
        /// The workspace's id or name
        workspace: String,
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
        Command::Suspend { workspace, reason } => {
            let (reason, workspace) = (reason.trim(), usage::find(&platform, &workspace).await?.workspace());
            if reason.is_empty() || reason.chars().count() > tenancy::MAX_REASON {
                bail!("`--reason`: say why, in at most {} characters", tenancy::MAX_REASON);
            }
            platform.tenancy.suspend_workspace(workspace, reason).await?;
            say(format_args!("{workspace}\tsuspended"));
        }
        Command::Resume { workspace } => {
            let workspace = usage::find(&platform, &workspace).await?.workspace();
            platform.tenancy.resume_workspace(workspace).await?;
            say(format_args!("{workspace}\tactive"));
        }
    }
    Ok(())
}
