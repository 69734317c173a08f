//! What the security page cites is there: the files that it names, and the tests that show what it says.
//!
//! In a column headed `Where` everything in backticks is a file of the repository, a test's function, or
//! the title of a test in the browser. Elsewhere on the page what looks like a file must be one, and what
//! begins as the names of acceptance tests do must be a test.

use std::collections::HashSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{
    Finding,
    house::{House, has_extension},
};

const PAGE: &str = "docs/security.md";
const COLUMN: &str = "Where";
/// What files have that the page may name.
const EXTENSIONS: &[&str] = &["rs", "md", "toml", "sql", "ts", "tsx", "mjs", "json", "txt"];

pub fn check(house: &House) -> Vec<Finding> {
    let Some(page) = house.text(PAGE) else {
        return vec![Finding::refused(PAGE, 0, "is missing")];
    };
    let tests = tests(house);
    let refused = |cited: Cited| {
        let problem = if looks_like_a_file(house, &cited.text) {
            (!house.has(cited.text.trim_end_matches('/'))).then_some("no such file")
        } else if cited.in_column || cited.text.starts_with("acceptance_") {
            (!tests.contains(cited.text.as_str()) && !is_title(house, &cited.text)).then_some("no such test")
        } else {
            None
        };
        problem.map(|problem| Finding::refused(PAGE, cited.line, format!("{problem}: {}", cited.text)))
    };
    cited(page).into_iter().filter_map(refused).collect()
}

/// Something in backticks.
struct Cited {
    text: String,
    line: usize,
    in_column: bool,
}

fn cited(page: &str) -> Vec<Cited> {
    let mut found = Vec::new();
    let (mut in_head, mut column, mut place, mut heading) = (false, 0, None, String::new());
    for (event, range) in Parser::new_ext(page, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Table(_)) | Event::End(TagEnd::Table) => place = None,
            Event::Start(Tag::TableHead) => (in_head, column) = (true, 0),
            Event::End(TagEnd::TableHead) => in_head = false,
            Event::Start(Tag::TableRow) => column = 0,
            Event::Start(Tag::TableCell) => heading.clear(),
            Event::End(TagEnd::TableCell) => {
                if in_head && heading == COLUMN {
                    place = Some(column);
                }
                column += 1;
            }
            Event::Text(text) if in_head => heading.push_str(&text),
            Event::Code(text) => {
                let line = page[..range.start].matches('\n').count() + 1;
                let in_column = !in_head && place == Some(column);
                found.push(Cited { text: text.into_string(), line, in_column });
            }
            _ => {}
        }
    }
    found
}

/// Whether a text is a path from the root: of something below a folder that stands there, or with an ending
/// that only files have.
fn looks_like_a_file(house: &House, text: &str) -> bool {
    let is_path = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/@".contains(&byte));
    let below = text.split_once('/').is_some_and(|(first, _)| !first.is_empty() && house.has(first));
    is_path && (below || EXTENSIONS.iter().any(|extension| has_extension(text, extension)))
}

/// The names of all tests in Rust.
fn tests(house: &House) -> HashSet<String> {
    let mut names = HashSet::new();
    for source in house.sources() {
        collect(&source.syntax.items, &mut names);
    }
    names
}

fn collect(items: &[syn::Item], names: &mut HashSet<String>) {
    for item in items {
        match item {
            syn::Item::Fn(function) if function.attrs.iter().any(makes_a_test) => {
                names.insert(function.sig.ident.to_string());
            }
            syn::Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect(items, names);
                }
            }
            _ => {}
        }
    }
}

/// `#[test]`, `#[tokio::test]`, `#[db_test]`.
fn makes_a_test(attribute: &syn::Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "test" || last.ident == "db_test")
}

/// Whether a test in the browser has this title.
fn is_title(house: &House, text: &str) -> bool {
    let call = format!("test(\"{text}\"");
    house.texts().any(|(path, source)| {
        path.starts_with("web/e2e/") && path.ends_with(".spec.ts") && source.contains(call.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<(usize, String)> {
        let house = House::of(&[
            (PAGE, page),
            ("crates/identity/src/lib.rs", "mod tests {\n    #[test]\n    fn inner_one() {}\n}\nfn no_test() {}\n"),
            ("crates/identity/tests/it/a.rs", "#[db_test]\nasync fn acceptance_04_a_logout(db: TestDb) {}\n"),
            ("web/e2e/a.spec.ts", "test(\"a team begins\", async () => {});\n"),
        ]);
        check(&house).into_iter().map(|finding| (finding.line, finding.message)).collect()
    }

    #[test]
    fn refuses_files_and_tests_that_are_not_there() {
        let page = "`crates/gone.rs` `SECURITY.md`\n\n| No. | Where |\n|---|---|\n| `no` | `no_test`, `a team ends` |\n\n\
                    `acceptance_05_gone`\n";
        assert_eq!(
            found(page),
            [
                (1, "no such file: crates/gone.rs".to_owned()),
                (1, "no such file: SECURITY.md".to_owned()),
                (5, "no such test: no_test".to_owned()),
                (5, "no such test: a team ends".to_owned()),
                (7, "no such test: acceptance_05_gone".to_owned()),
            ]
        );
    }

    #[test]
    fn leaves_what_is_there_and_what_is_no_citation() {
        let page = "`crates/identity/src/lib.rs` `crates/identity/` `acceptance_04_a_logout` `/api/v1/me` `auth.sign_up`\n\n\
                    | No. | Where |\n|---|---|\n| `x` | `crates/identity/src/lib.rs`, `inner_one`, `a team begins` |\n\n\
                    | No. | Else |\n|---|---|\n| 1 | `parlance user create` |\n";
        assert_eq!(found(page), []);
    }

    #[test]
    fn the_page_itself_must_be_there() {
        assert_eq!(check(&House::of(&[])).len(), 1);
    }
}
