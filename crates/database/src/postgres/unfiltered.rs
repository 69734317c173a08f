//! For tests alone, and in no release: the first wall between tenants taken away, to see that the second one holds by itself.
//!
//! Every comparison of a `workspace_id` with a parameter becomes true. The parameter stays, so that the
//! statement takes as many as before.

/// The statement without its filters by workspace.
pub fn forget(sql: &str) -> String {
    const COLUMN: &str = "workspace_id";
    let mut kept = String::with_capacity(sql.len() + 32);
    let mut rest = sql;
    while let Some(at) = rest.find(COLUMN) {
        let after = &rest[at + COLUMN.len()..];
        let Some(number) = parameter(after) else {
            kept.push_str(&rest[..at + COLUMN.len()]);
            rest = after;
            continue;
        };
        // The alias of the column's table, if it has one.
        let is_name = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.');
        let start = rest[..at].rfind(|it| !is_name(it)).map_or(0, |before| before + 1);
        kept.push_str(&rest[..start]);
        let end = at + COLUMN.len() + number;
        kept.push('(');
        kept.push_str(&rest[start..end]);
        kept.push_str(" OR TRUE)");
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

/// How long ` = $1` is, if the text begins so.
fn parameter(text: &str) -> Option<usize> {
    let number = text.strip_prefix(" = $")?;
    let digits = number.len() - number.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    (digits > 0).then_some(" = $".len() + digits)
}

#[cfg(test)]
mod tests {
    use super::forget;

    #[test]
    fn only_filters_by_a_parameter_are_forgotten() {
        for (sql, expected) in [
            (
                "SELECT a FROM t WHERE workspace_id = $1 AND id = $12",
                "SELECT a FROM t WHERE (workspace_id = $1 OR TRUE) AND id = $12",
            ),
            ("… WHERE (m.workspace_id = $10)", "… WHERE ((m.workspace_id = $10 OR TRUE))"),
            ("JOIN w ON w.id = m.workspace_id WHERE a = $1", "JOIN w ON w.id = m.workspace_id WHERE a = $1"),
            ("INSERT INTO t (workspace_id) VALUES ($1)", "INSERT INTO t (workspace_id) VALUES ($1)"),
        ] {
            assert_eq!(forget(sql), expected);
        }
    }
}
