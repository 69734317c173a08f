//! E-mail addresses: which are accepted, and when two are the same.
//!
//! Accepted is what HTML's `<input type=email>` accepts, so an address is ASCII and no two
//! that look alike can both be taken. Letters' case is kept for show and ignored for lookup.

/// Characters that an address may have (RFC 5321, 4.5.3.1.3).
const MAX_LENGTH: usize = 254;

/// Says what is wrong with an address. Blanks around it don't matter.
pub(crate) fn check(email: &str) -> Result<(), &'static str> {
    let email = email.trim();
    if email.len() > MAX_LENGTH {
        return Err("must have at most 254 characters");
    }
    garde::rules::email::parse_email(email).map_err(|_| "is not an e-mail address")
}

/// As it is shown.
pub(crate) fn display(email: &str) -> String {
    email.trim().to_owned()
}

/// As it is looked up.
pub(crate) fn key(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_addresses_and_nothing_else() {
        for good in ["ann@example.com", " Ann+tag@Example.com ", "a@b"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = format!("a@{}.com", "x.".repeat(130));
        for bad in
            ["", "ann", "@example.com", "ann@", "an n@example.com", "ann@example.com\n@x", "änn@example.com", &long]
        {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert_eq!(key(" Ann@Example.com\t"), "ann@example.com");
    }
}
