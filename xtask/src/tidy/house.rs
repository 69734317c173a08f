//! The repository as the rules see it: paths, texts, parsed Rust, packages.

use std::{collections::BTreeMap, path::Path, process::Command};

use anyhow::Context as _;
use ignore::WalkBuilder;
use serde::Deserialize;

use super::Finding;

/// Every file that git tracks, or would if it were told to.
#[derive(Default)]
pub struct House {
    /// Path from the root → text; `None` for what is not UTF-8.
    files: BTreeMap<String, Option<String>>,
    sources: Vec<Source>,
    packages: Vec<Package>,
    unreadable: Vec<Finding>,
}

/// One Rust file.
pub struct Source {
    pub path: String,
    pub text: String,
    pub syntax: syn::File,
}

/// One package of the workspace, as `cargo metadata` tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    pub name: String,
    pub manifest_path: String,
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    pub name: String,
    /// `None`: an ordinary one; else `dev` or `build`.
    pub kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

impl House {
    /// Reads the repository at `root`.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        // What `.gitignore` leaves, dot files included, whether or not git is here.
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = entry?;
            if entry.file_type().is_some_and(|kind| kind.is_file())
                && let Some(path) = entry.path().strip_prefix(root)?.to_str()
            {
                files.insert(path.to_owned(), String::from_utf8(std::fs::read(entry.path())?).ok());
            }
        }
        let metadata =
            output(Command::new("cargo").args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root))?;
        let metadata: Metadata = serde_json::from_str(&metadata)?;
        let mut house = Self { files, packages: metadata.packages, ..Self::default() };
        house.parse();
        Ok(house)
    }

    fn parse(&mut self) {
        for (path, text) in &self.files {
            let (true, Some(text)) = (has_extension(path, "rs"), text) else {
                continue;
            };
            match syn::parse_file(text) {
                Ok(syntax) => self.sources.push(Source { path: path.clone(), text: text.clone(), syntax }),
                Err(error) => self.unreadable.push(Finding::refused(
                    path,
                    error.span().start().line,
                    format!("not Rust: {error}"),
                )),
            }
        }
    }

    /// What could not be parsed at all.
    pub fn unreadable(&self) -> &[Finding] {
        &self.unreadable
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether a file or a folder stands at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
            || self.files.keys().any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// The paths and texts of all text files.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The Rust files.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// A house of these files, for tests of the rules.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect();
        let mut house = Self { files, ..Self::default() };
        house.parse();
        house
    }

    /// A house of these packages: name, ordinary dependencies, dev-dependencies.
    #[cfg(test)]
    pub fn of_packages(packages: &[(&str, &[&str], &[&str])]) -> Self {
        let dependencies = |names: &[&str], kind: Option<&str>| {
            names
                .iter()
                .map(|name| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
                .collect::<Vec<_>>()
        };
        let packages = packages
            .iter()
            .map(|(name, normal, dev)| Package {
                name: (*name).to_owned(),
                manifest_path: format!("/repository/crates/{name}/Cargo.toml"),
                dependencies: [dependencies(normal, None), dependencies(dev, Some("dev"))].concat(),
            })
            .collect();
        Self { packages, ..Self::default() }
    }
}

impl Source {
    /// Whether this is code of the product: not a test, not a chore, not the bench.
    pub fn is_product(&self) -> bool {
        self.path.starts_with("crates/") && self.path.contains("/src/") && !self.path.starts_with("crates/testkit")
    }

    /// Whether SQL may stand here.
    pub fn is_store(&self) -> bool {
        self.path.ends_with("/store.rs") || self.path.contains("/store/")
    }

    /// The lines, numbered from 1.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default()
    }
}

/// Whether the file at `path` is of that kind: `has_extension("a/b.md", "md")`.
pub fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|is| is == extension)
}

/// Whether `attributes` hold `#[cfg(test)]`.
pub fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test")
    })
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    anyhow::ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
