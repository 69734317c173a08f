//! The invariants of the house, each a rule that can fail.
//!
//! A rule is a function from the [`House`] (every file of the repository, read and parsed
//! once) to its [`Finding`]s; its unit tests show it a house that breaks it. `prepare` alone
//! leaves the process: it asks both databases to prepare each statement.

mod cited;
mod codes;
mod docs;
mod house;
mod layers;
mod migrations;
mod modules;
mod prepare;
mod scopes;
mod settings;
mod size;
mod sql;
mod statements;
mod words;

use std::{fmt, path::Path, process::ExitCode, time::Instant};

use house::House;

/// Something that breaks a rule, or comes close to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    /// From 1; 0 when it is about the whole file.
    pub line: usize,
    pub message: String,
    pub level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Shown, and passes.
    Questioned,
    /// Fails the check.
    Refused,
}

impl Finding {
    pub fn refused(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into(), level: Level::Refused }
    }

    pub fn questioned(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { level: Level::Questioned, ..Self::refused(path, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Questioned => "questioned",
            Level::Refused => "refused",
        };
        write!(f, "{level}: {}", self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.message)
    }
}

type Rule = fn(&House) -> Vec<Finding>;

/// The rules that look at nothing but the files.
const RULES: &[(&str, Rule)] = &[
    ("layers", layers::check),
    ("sql", sql::check),
    ("scopes", scopes::check),
    ("size", size::check),
    ("modules", modules::check),
    ("migrations", migrations::check),
    ("words", words::check),
    ("docs", docs::check),
    ("cited", cited::check),
    ("codes", codes::check),
    ("settings", settings::check),
];

/// Runs every rule on the repository at `root` and says what it found.
#[allow(clippy::disallowed_methods, reason = "tells how long it took; nothing depends on it")]
pub fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let house = House::read(root)?;
    let mut findings = house.unreadable().to_vec();
    for (_, rule) in RULES {
        findings.extend(rule(&house));
    }
    let prepared = prepare::check(&house)?;
    findings.extend(prepared.findings);
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for finding in &findings {
        println!("{finding}");
    }
    let refused = findings.iter().filter(|finding| finding.level == Level::Refused).count();
    println!(
        "tidy: {} files, {} rules, {} statements prepared on {}: {} questioned, {refused} refused ({:.1} s)",
        house.len(),
        RULES.len() + 1,
        prepared.statements,
        prepared.engines,
        findings.len() - refused,
        start.elapsed().as_secs_f32(),
    );
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
