//! `parlance usage …`: the ledger beside what a provider sends its bill for.

mod export;
mod reconcile;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Subcommand;
use kernel::{Env, TenantScope};

use super::say;
use crate::{Config, Platform};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare the ledger with a provider's cost export: each day and model that differs, and
    /// the totals. Fails if they differ by more than a cent
    ///
    /// The export is CSV with a header. Its columns may be called as `OpenAI` and Anthropic call
    /// them, other columns are ignored: the day is `date`, `usage_date_utc`, `start_time_iso` or
    /// `start_time`; the model is `model` or `line_item`; the cost in US dollars is `cost_usd` or
    /// `amount_value`.
    Reconcile {
        /// The provider's export
        #[arg(long, value_name = "FILE")]
        provider_export: PathBuf,
        /// Id or name of one workspace; the whole installation unless told
        #[arg(long)]
        workspace: Option<String>,
        /// Whose models to compare, as `openai`; those of the export unless told
        #[arg(long)]
        provider: Option<String>,
    },
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Reconcile { provider_export, workspace, provider } = command;
    let at = provider_export.display();
    let text = std::fs::read_to_string(&provider_export).with_context(|| format!("{at} can't be read"))?;
    let billed = export::read(&text).with_context(|| at.to_string())?;
    let (Some(from), Some(to)) = (billed.keys().map(|key| key.0).min(), billed.keys().map(|key| key.0).max()) else {
        bail!("{at} has no rows");
    };
    let platform = Platform::open(config, Env::system()).await?;
    let scope = match workspace {
        Some(wanted) => Some(find(&platform, &wanted).await?),
        None => None,
    };
    let ledger = platform.metering.day_costs(scope, from, to).await?;
    let comparison = reconcile::compare(&ledger, &billed, provider.as_deref());
    say("date\tmodel\tledger_usd\tprovider_usd\tdifference_usd");
    for line in comparison.lines.iter().filter(|line| line.differs()) {
        say(format_args!("{}\t{}\t{}", line.date, line.model, line.amounts()));
    }
    say(format_args!("total\t{from} to {to}\t{}", comparison.total.amounts()));
    Ok(if comparison.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The workspace of this id or name.
pub(super) async fn find(platform: &Platform, wanted: &str) -> anyhow::Result<TenantScope> {
    let all = platform.tenancy.all_workspaces().await?;
    let mut found = all.into_iter().filter(|it| it.id.to_string() == wanted || it.name == wanted);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(TenantScope::assume(one.id)),
        (Some(_), Some(_)) => bail!("several workspaces are called `{wanted}`; give the id"),
        (None, _) => bail!("there is no workspace `{wanted}`; see `parlance workspace list`"),
    }
}
