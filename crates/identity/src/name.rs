//! People's names.

/// Characters that a name may have (Unicode scalar values).
const MAX_LENGTH: usize = 80;

/// Control characters, and those that change the direction of the text around a name, with
/// which it could pass for another.
fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Says what is wrong with a name. Blanks around it don't matter.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    let name = name.trim();
    if name.chars().count() > MAX_LENGTH {
        return Err("must have at most 80 characters");
    }
    if name.chars().any(is_control) {
        return Err("must not contain control characters");
    }
    Ok(())
}
