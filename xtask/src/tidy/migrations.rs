//! Migrations are twins: each exists for SQLite and for PostgreSQL under one name, and
//! the numbers leave no gap.

use std::collections::BTreeSet;

use super::{
    Finding,
    house::{House, has_extension},
};

pub const SQLITE: &str = "migrations/sqlite/";
pub const POSTGRES: &str = "migrations/postgres/";

pub fn check(house: &House) -> Vec<Finding> {
    let (sqlite, postgres) = (names(house, SQLITE), names(house, POSTGRES));
    let mut findings = Vec::new();
    for name in sqlite.symmetric_difference(&postgres) {
        let (has, lacks) = if sqlite.contains(name) { (SQLITE, POSTGRES) } else { (POSTGRES, SQLITE) };
        findings.push(Finding::refused(&format!("{has}{name}"), 0, format!("has no twin {lacks}{name}")));
    }
    for (index, name) in sqlite.union(&postgres).enumerate() {
        let expected = format!("{:04}_", index + 1);
        if !name.starts_with(&expected) {
            findings.push(Finding::refused(
                &format!("{SQLITE}{name}"),
                0,
                format!("expected a name that begins with `{expected}`"),
            ));
            break;
        }
    }
    findings
}

/// The file names in `folder`, in order.
fn names<'a>(house: &'a House, folder: &str) -> BTreeSet<&'a str> {
    house.texts().filter_map(|(path, _)| path.strip_prefix(folder)).filter(|name| has_extension(name, "sql")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_migration_without_its_twin_and_a_gap() {
        let house = House::of(&[
            ("migrations/sqlite/0001_a.sql", ""),
            ("migrations/postgres/0001_a.sql", ""),
            ("migrations/sqlite/0003_b.sql", ""),
        ]);
        let found: Vec<_> = check(&house).into_iter().map(|f| f.message).collect();
        assert_eq!(found, ["has no twin migrations/postgres/0003_b.sql", "expected a name that begins with `0002_`"]);
    }

    #[test]
    fn accepts_twins() {
        let house = House::of(&[("migrations/sqlite/0001_a.sql", ""), ("migrations/postgres/0001_a.sql", "")]);
        assert_eq!(check(&house), []);
    }
}
