//! Chores of the house that need a program: `cargo xtask tidy` checks what neither the
//! compiler nor clippy can see.
//!
//! Deliberately absent: anything that builds or runs the product; the `Makefile` does that.
#![allow(clippy::print_stdout, reason = "a command for people speaks on standard output")]

mod tidy;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;

/// Chores of the house.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Checks the invariants of the architecture (docs/ARCHITECTURE.md).
    Tidy,
}

fn main() -> anyhow::Result<ExitCode> {
    let chore = Chore::parse();
    let root = root()?;
    match chore {
        Chore::Tidy => tidy::run(&root),
    }
}

/// The folder of the workspace.
fn root() -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask stands in the workspace")?;
    Ok(root.to_path_buf())
}
