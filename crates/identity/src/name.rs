//! People's names.

/// Characters that a name may have (Unicode scalar values).
const MAX_LENGTH: usize = 80;

/// Says what is wrong with a name. Blanks around it don't matter.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    let name = name.trim();
    if name.chars().count() > MAX_LENGTH {
        return Err("must have at most 80 characters");
    }
    if name.chars().any(char::is_control) {
        return Err("must not contain control characters");
    }
    Ok(())
}
