//! Contexts never depend on each other, `app` alone knows them all, and only `database`
//! knows which database it is.

use super::{Finding, house::House};

/// The floors of the house. A crate may depend on the floors below its own.
const FLOORS: &[&[&str]] = &[
    &["kernel"],
    &["database", "outbound", "vault"],
    &["contracts"],
    &["web"],
    &["events", "jobs", "sharing"],
    // Every crate that is named nowhere here is a context and stands on this floor.
    &[],
    &["app"],
];
const CONTEXTS: usize = 5;

/// Crates for tests: ordinary code never depends on them, and they may know any floor.
const TEST_CRATES: &[&str] = &["testkit", "testkit-macros"];
/// Programs beside the product.
const TOOLS: &[&str] = &["xtask", "bench"];
/// The database drivers, and who may name them: `xtask` prepares statements with them,
/// `bench` and `testkit` make and drop whole databases.
const DRIVERS: &[&str] =
    &["deadpool-postgres", "postgres", "postgres-types", "rusqlite", "sqlx", "tokio-postgres", "tokio-postgres-rustls"];
const DRIVERS_KNOWN_TO: &[&str] = &["bench", "database", "testkit", "xtask"];

pub fn check(house: &House) -> Vec<Finding> {
    let ours: Vec<&str> = house.packages().iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in house.packages() {
        let path = manifest(&package.manifest_path);
        for dependency in &package.dependencies {
            let tests_only = dependency.kind.as_deref() == Some("dev");
            let why = if ours.contains(&dependency.name.as_str()) {
                wrong_floor(&package.name, &dependency.name, tests_only)
            } else if DRIVERS.contains(&dependency.name.as_str()) && !DRIVERS_KNOWN_TO.contains(&package.name.as_str())
            {
                Some("only `database` knows which database it is".to_owned())
            } else {
                None
            };
            if let Some(why) = why {
                findings.push(Finding::refused(
                    path,
                    0,
                    format!("`{}` depends on `{}`: {why}", package.name, dependency.name),
                ));
            }
        }
    }
    findings
}

/// Why `from` may not depend on `to`, if so.
fn wrong_floor(from: &str, to: &str, tests_only: bool) -> Option<String> {
    if TOOLS.contains(&from) || TEST_CRATES.contains(&from) {
        return None;
    }
    // Tests put real parts together, also ones that the code itself must not know.
    if tests_only {
        return None;
    }
    if TEST_CRATES.contains(&to) || TOOLS.contains(&to) {
        return Some("that is for tests and chores".to_owned());
    }
    let (above, below) = (floor(from), floor(to));
    if below < above {
        None
    } else if above == CONTEXTS && below == CONTEXTS {
        Some("contexts know each other only through `contracts`".to_owned())
    } else if to == "app" {
        Some("`app` knows everybody and nobody knows `app`".to_owned())
    } else {
        Some("it stands on the same floor or above".to_owned())
    }
}

fn floor(name: &str) -> usize {
    FLOORS.iter().position(|floor| floor.contains(&name)).unwrap_or(CONTEXTS)
}

/// `…/crates/chat/Cargo.toml` → `crates/chat/Cargo.toml`.
fn manifest(path: &str) -> &str {
    ["crates/", "xtask/", "bench/"].iter().find_map(|folder| path.rfind(folder).map(|at| &path[at..])).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(packages: &[(&str, &[&str], &[&str])]) -> Vec<String> {
        check(&House::of_packages(packages)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn accepts_the_plan() {
        let found = messages(&[
            ("kernel", &[], &[]),
            ("database", &["kernel", "rusqlite"], &["testkit"]),
            ("contracts", &["kernel", "database"], &[]),
            ("web", &["contracts", "database"], &[]),
            ("events", &["database", "web"], &[]),
            ("chat", &["events", "contracts", "web"], &["testkit", "providers"]),
            ("providers", &["contracts"], &[]),
            ("testkit", &["database", "vault"], &[]),
            ("app", &["chat", "providers", "web"], &[]),
            ("xtask", &["rusqlite", "kernel"], &[]),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn refuses_a_context_that_knows_another() {
        let found = messages(&[("chat", &["metering"], &[]), ("metering", &[], &[])]);
        assert_eq!(found, ["`chat` depends on `metering`: contexts know each other only through `contracts`"]);
    }

    #[test]
    fn refuses_a_floor_above_test_crates_and_app() {
        let found = messages(&[
            ("kernel", &["database", "vault"], &[]),
            ("database", &["testkit"], &[]),
            ("testkit", &[], &[]),
            ("chat", &["app"], &[]),
            ("app", &[], &[]),
        ]);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn refuses_a_driver_outside_the_database() {
        let found = messages(&[("chat", &["rusqlite"], &[]), ("web", &["tokio-postgres"], &[])]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
