//! Chores of the house that need a program: `cargo xtask tidy` checks what neither the
//! compiler nor clippy can see, `cargo xtask prices` makes the catalogue of models.
//!
//! Deliberately absent: anything that builds or runs the product; the `Makefile` does that.
#![allow(clippy::print_stdout, reason = "a command for people speaks on standard output")]

#[cfg(feature = "prices")]
mod prices;
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser;

/// Chores of the house.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Checks the invariants of the architecture (docs/ARCHITECTURE.md).
    Tidy,
    /// Makes the catalogue of models (crates/providers/catalogue/models.json) from a price list.
    Prices {
        /// The price list: JSON, rows by model name.
        #[arg(long)]
        from: PathBuf,
        /// The day the list was taken, which names the version: 2026-11-21.
        #[arg(long)]
        date: String,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let chore = Chore::parse();
    let root = root()?;
    match chore {
        Chore::Tidy => tidy::run(&root),
        Chore::Prices { from, date } => prices(&root, &from, &date),
    }
}

#[cfg(feature = "prices")]
fn prices(root: &Path, from: &Path, date: &str) -> anyhow::Result<ExitCode> {
    prices::run(root, from, date).map(|()| ExitCode::SUCCESS)
}

/// Starts this chore again with what it takes compiled in.
#[cfg(not(feature = "prices"))]
fn prices(root: &Path, from: &Path, date: &str) -> anyhow::Result<ExitCode> {
    let status = std::process::Command::new("cargo")
        .args(["run", "--quiet", "--package", "xtask", "--features", "prices", "--", "prices", "--from"])
        .arg(std::path::absolute(from)?)
        .args(["--date", date])
        .current_dir(root)
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder of the workspace.
fn root() -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask stands in the workspace")?;
    Ok(root.to_path_buf())
}
