//! The table of error codes in docs/API.md is the one in `kernel::code`.

use kernel::Code;

use super::{Finding, house::House};

const PAGE: &str = "docs/API.md";
/// The table stands between these two lines.
const BEGIN: &str = "<!-- codes: kernel::Code -->";
const END: &str = "<!-- /codes -->";

pub fn check(house: &House) -> Vec<Finding> {
    let Some(page) = house.text(PAGE) else {
        return vec![Finding::refused(PAGE, 0, "is missing")];
    };
    let codes: Vec<_> = Code::ALL.iter().map(|code| (code.status(), code.as_str(), code.title())).collect();
    compare(page, &codes)
}

fn compare(page: &str, codes: &[(u16, &str, &str)]) -> Vec<Finding> {
    let expected: Vec<String> =
        codes.iter().map(|(status, code, title)| format!("| {status} | `{code}` | {title} |")).collect();
    let begin = page.lines().position(|line| line == BEGIN);
    let rows: Vec<(usize, &str)> = page
        .lines()
        .enumerate()
        .skip(begin.unwrap_or(usize::MAX))
        .take_while(|(_, line)| *line != END)
        .filter(|(_, line)| line.contains('`'))
        .collect();
    if begin.is_none() {
        return vec![Finding::refused(PAGE, 0, format!("lacks the line {BEGIN}"))];
    }
    let unknown = rows.iter().filter(|(_, row)| !expected.iter().any(|line| line == row)).map(|(index, row)| {
        let message = format!("not in `kernel::code`: {row}");
        Finding::refused(PAGE, index + 1, message)
    });
    let missing = expected
        .iter()
        .filter(|line| !rows.iter().any(|(_, row)| row == line))
        .map(|line| Finding::refused(PAGE, 0, format!("missing: {line}")));
    unknown.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_both_ways() {
        let page = format!(
            "# API\n{BEGIN}\n| Status | Code | Meaning |\n|---|---|---|\n| 404 | `gone` | Gone |\n| 409 | `taken` | Taken |\n{END}\n| 1 | `else` | |\n"
        );
        let messages = |codes| {
            compare(&page, codes).into_iter().map(|finding| (finding.line, finding.message)).collect::<Vec<_>>()
        };
        assert_eq!(messages(&[(404, "gone", "Gone"), (409, "taken", "Taken")]), []);
        assert_eq!(
            messages(&[(404, "gone", "Gone"), (500, "new", "New")]),
            [
                (6, "not in `kernel::code`: | 409 | `taken` | Taken |".to_owned()),
                (0, "missing: | 500 | `new` | New |".to_owned()),
            ]
        );
        assert_eq!(compare("# API\n", &[]).len(), 1);
    }
}
