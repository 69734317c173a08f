//! `parlance workspace …`.

use clap::Subcommand;
use kernel::Env;

use super::say;
use crate::{Config, Platform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List all workspaces: id, members, name
    List,
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::List = command;
    let platform = Platform::open(config, Env::system()).await?;
    for workspace in platform.tenancy.all_workspaces().await? {
        say(format_args!("{}\t{}\t{}", workspace.id, workspace.members, workspace.name));
    }
    Ok(())
}
