//! Migrations are twins: each exists for SQLite and for PostgreSQL under one name, and
//! no two have one number. A number may be left out: it was meant for work that came otherwise.

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
    let mut numbers = BTreeSet::new();
    for name in sqlite.union(&postgres) {
        let path = format!("{SQLITE}{name}");
        match name.split_once('_').map(|(number, _)| number) {
            Some(number) if number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit()) => {
                if !numbers.insert(number) {
                    findings.push(Finding::refused(&path, 0, format!("`{number}` is taken: give it a later number")));
                }
            }
            _ => findings.push(Finding::refused(&path, 0, "expected a name such as `0001_users.sql`".to_owned())),
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
    fn refuses_a_migration_without_its_twin_and_a_number_that_is_taken() {
        let house = House::of(&[
            ("migrations/sqlite/0001_a.sql", ""),
            ("migrations/postgres/0001_a.sql", ""),
            ("migrations/sqlite/0001_b.sql", ""),
        ]);
        let found: Vec<_> = check(&house).into_iter().map(|f| f.message).collect();
        assert_eq!(found, ["has no twin migrations/postgres/0001_b.sql", "`0001` is taken: give it a later number"]);
    }

    #[test]
    fn accepts_twins() {
        let house = House::of(&[("migrations/sqlite/0001_a.sql", ""), ("migrations/postgres/0001_a.sql", "")]);
        assert_eq!(check(&house), []);
    }
}
