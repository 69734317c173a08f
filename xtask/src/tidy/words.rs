//! Words that have no place in the repository: notes to oneself, debugging left behind,
//! paths of one machine, registries that only one network can reach.

use super::{
    Finding,
    house::{House, has_extension},
};

/// A word, and why it may not stand.
const WORDS: &[(&str, &str)] = &[
    ("TODO", "finish it, or file it where work is planned"),
    ("FIXME", "fix it"),
    ("XXX", "say it in words"),
    ("dbg!", "debugging left behind"),
    ("debugger;", "debugging left behind"),
    ("/root/", "a path of one machine"),
    ("/home/", "a path of one machine"),
    ("/work/", "a path of one machine"),
    ("/Users/", "a path of one machine"),
];

/// This file has to name what it forbids.
const HERE: &str = "xtask/src/tidy/words.rs";

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in house.texts() {
        if path == HERE || path.contains("/generated/") || has_extension(path, "svg") {
            continue;
        }
        if path.ends_with("package-lock.json") || path.ends_with("Cargo.lock") {
            findings.extend(foreign_sources(path, text));
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            for (word, why) in WORDS {
                // SCIM calls its people so (RFC 7644, 3.2).
                if *word == "/Users/" && path.contains("scim") {
                    continue;
                }
                if stands_alone(line, word) {
                    findings.push(Finding::refused(path, index + 1, format!("`{word}`: {why}")));
                }
            }
        }
    }
    findings
}

/// Whether `word` occurs in `line` and is not part of a longer word.
fn stands_alone(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let begins = !word.starts_with(is_part) || !before.is_some_and(is_part);
        let ends = !word.ends_with(is_part) || !after.is_some_and(is_part);
        // A path of one machine begins the path: `example.com/home/` is another matter.
        let is_root =
            !word.starts_with('/') || !before.is_some_and(|c| is_part(c) || matches!(c, '.' | '/' | '}' | '*'));
        begins && ends && is_root
    })
}

/// Lines of a lock file that name a registry other than the public one.
fn foreign_sources(path: &str, text: &str) -> Vec<Finding> {
    const PUBLIC: &[&str] = &[
        "\"resolved\": \"https://registry.npmjs.org/",
        "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
    ];
    let names_a_source = |line: &str| line.contains("\"resolved\": \"http") || line.starts_with("source = ");
    text.lines()
        .enumerate()
        .filter(|(_, line)| names_a_source(line))
        .filter(|(_, line)| !PUBLIC.iter().any(|public| line.contains(public)))
        .map(|(index, line)| {
            let message = format!("not from the public registry: {}", line.trim());
            Finding::refused(path, index + 1, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&House::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn refuses_notes_to_oneself_and_paths_of_one_machine() {
        let text = "fine\n// TODO: later\nlet x = dbg!(y);\nopen(\"/home/me/x\")\n# FIXME\n";
        assert_eq!(lines("docs/a.md", text), [2, 3, 4, 5]);
    }

    #[test]
    fn leaves_longer_words_and_addresses_alone() {
        let text = "TODOS todo\nhttps://example.com/home/x\nnot_dbg!\n{base}/work/\n";
        assert_eq!(lines("docs/a.md", text), Vec::<usize>::new());
    }

    #[test]
    fn refuses_a_lock_file_of_a_private_registry() {
        let text = "\"resolved\": \"https://registry.npmjs.org/a\"\n\"resolved\": \"http://10.0.0.1/b\"\n";
        assert_eq!(lines("web/package-lock.json", text), [2]);
        let text = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"git+https://x\"\n";
        assert_eq!(lines("Cargo.lock", text), [2]);
    }
}
