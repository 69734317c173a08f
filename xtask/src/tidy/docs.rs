//! Links between the files of the repository lead somewhere, headings included.

use std::collections::HashSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{
    Finding,
    house::{House, has_extension},
};

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Markdown under `src` is material of the product, not documentation.
    let pages = house.texts().filter(|(path, _)| has_extension(path, "md") && !path.contains("/src/"));
    for (path, text) in pages {
        for (target, offset) in links(text) {
            if let Some(problem) = broken(house, path, &target) {
                let line = text[..offset].matches('\n').count() + 1;
                findings.push(Finding::refused(path, line, problem));
            }
        }
    }
    findings
}

/// Destinations of links and images, with their place in the text.
fn links(text: &str) -> Vec<(String, usize)> {
    parser(text)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((dest_url.to_string(), range.start))
            }
            _ => None,
        })
        .collect()
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// What is wrong with a link from the file `from`, if anything.
fn broken(house: &House, from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") || target.starts_with('/') {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_owned()
    } else {
        match resolve(from, file) {
            Some(path) if path.is_empty() || house.has(&path) => path,
            _ => return Some(format!("a link leads nowhere: {target}")),
        }
    };
    if heading.is_empty() || !has_extension(&path, "md") {
        return None;
    }
    let known = headings(house.text(&path).unwrap_or_default());
    (!known.contains(heading)).then(|| format!("no heading `#{heading}` in {path}"))
}

/// `docs/guides/a.md` and `../b.md` → `docs/b.md`.
fn resolve(from: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of a page's headings, made as GitHub makes them.
fn headings(text: &str) -> HashSet<String> {
    let mut anchors = HashSet::new();
    let mut current: Option<String> = None;
    for event in parser(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => current = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                anchors.extend(current.take().map(|heading| anchor(&heading)));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut current {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        let house = House::of(&[
            ("docs/guides/a.md", text),
            ("docs/b.md", "# One `two`, three\n"),
            ("crates/chat/src/lib.rs", ""),
        ]);
        check(&house).into_iter().map(|finding| (finding.line, finding.message)).collect()
    }

    #[test]
    fn refuses_links_that_lead_nowhere() {
        assert_eq!(
            found("x\n\n[a](../c.md) and ![b](shot.png)\n\n[c](../b.md#four)\n"),
            [
                (3, "a link leads nowhere: ../c.md".to_owned()),
                (3, "a link leads nowhere: shot.png".to_owned()),
                (5, "no heading `#four` in docs/b.md".to_owned()),
            ]
        );
    }

    #[test]
    fn follows_files_folders_and_headings() {
        let text = "[a](../b.md#one-two-three) [b](../../crates/chat) [c](https://example.com/x) \
                    [d](../../crates/chat/src/lib.rs) [e](../..) `[f](nowhere.md)`";
        assert_eq!(found(text), []);
    }
}
