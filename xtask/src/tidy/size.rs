//! A file of 500 lines is questioned, one of 800 refused: what doesn't fit a reader's head
//! is two things.

use super::{Finding, house::House};

const QUESTIONED: usize = 500;
const REFUSED: usize = 800;

pub fn check(house: &House) -> Vec<Finding> {
    house
        .texts()
        .filter(|(path, _)| is_written_by_hand(path))
        .filter_map(|(path, text)| judge(path, text.lines().count()))
        .collect()
}

fn judge(path: &str, lines: usize) -> Option<Finding> {
    if lines >= REFUSED {
        let message = format!("{lines} lines; split it (the limit is {REFUSED})");
        Some(Finding::refused(path, 0, message))
    } else if lines >= QUESTIONED {
        let message = format!("{lines} lines; is this one thing? ({REFUSED} is refused)");
        Some(Finding::questioned(path, 0, message))
    } else {
        None
    }
}

fn is_written_by_hand(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    matches!(extension, Some("rs" | "ts" | "tsx" | "js" | "mjs"))
        && !path.contains("/generated/")
        && !path.contains(".gen.")
        && !path.contains("/locales/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Level;

    #[test]
    fn questions_500_and_refuses_800() {
        let text = |lines: usize| "x\n".repeat(lines);
        let house = House::of(&[
            ("web/a.ts", &text(499)),
            ("web/b.tsx", &text(500)),
            ("web/c.ts", &text(800)),
            ("web/src/generated/d.ts", &text(5000)),
            ("docs/e.md", &text(5000)),
        ]);
        let found: Vec<_> = check(&house).into_iter().map(|finding| (finding.path, finding.level)).collect();
        assert_eq!(found, [("web/b.tsx".to_owned(), Level::Questioned), ("web/c.ts".to_owned(), Level::Refused)]);
    }
}
