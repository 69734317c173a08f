//! Patterns for `LIKE`.

/// A `LIKE` pattern for texts that contain `part` literally, where the backslash is the escape. Who compares with
/// what is in lower case gives `part` in lower case.
pub fn like_containing(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_others_stands_for_itself() {
        assert_eq!(like_containing(r"100%_\o/"), r"%100\%\_\\o/%");
    }
}
