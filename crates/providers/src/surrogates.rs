//! Mends characters that a provider cut in half.
//!
//! JSON escapes a character beyond U+FFFF as two halves (RFC 8259, 7). Servers that cut text
//! by UTF-16 units, as JavaScript does, may send the first half at the end of one event and
//! the second at the beginning of the next, and neither is text by itself. Here the first
//! half waits for the second; one that stays alone becomes U+FFFD.

use std::borrow::Cow;

/// Remembers a first half from one event to the next.
#[derive(Debug, Default)]
pub(crate) struct Mender {
    first: Option<String>,
}

impl Mender {
    /// The same JSON, each half joined to its other.
    pub fn mend<'a>(&mut self, json: &'a str) -> Cow<'a, str> {
        if !json.contains("\\ud") && !json.contains("\\uD") {
            return json.into();
        }
        let mut mended = String::with_capacity(json.len() + 12);
        let mut rest = json;
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            mended.push_str(before);
            let length = if escape.starts_with("\\u") { 6 } else { 2 };
            let Some((this, after)) = escape.split_at_checked(length) else {
                rest = escape;
                break;
            };
            rest = after;
            match Half::of(this) {
                Some(Half::First) => match after.split_at_checked(6) {
                    Some((next, after)) if Half::of(next) == Some(Half::Second) => {
                        mended.push_str(this);
                        mended.push_str(next);
                        rest = after;
                    }
                    _ => self.first = Some(this.to_owned()),
                },
                Some(Half::Second) => match self.first.take() {
                    Some(first) => {
                        mended.push_str(&first);
                        mended.push_str(this);
                    }
                    None => mended.push_str("\\ufffd"),
                },
                None => mended.push_str(this),
            }
        }
        mended.push_str(rest);
        mended.into()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

impl Half {
    /// Which half an escape such as `\ud83d` is, if it is one.
    fn of(escape: &str) -> Option<Self> {
        match u16::from_str_radix(escape.strip_prefix("\\u")?, 16).ok()? {
            0xD800..=0xDBFF => Some(Self::First),
            0xDC00..=0xDFFF => Some(Self::Second),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mender;
    use proptest::prelude::*;

    fn text(mender: &mut Mender, json: &str) -> String {
        serde_json::from_str(&mender.mend(json)).unwrap()
    }

    #[test]
    fn halves_find_each_other_across_events() {
        let mut mender = Mender::default();
        assert_eq!(text(&mut mender, r#""hi \ud83d""#), "hi ");
        assert_eq!(text(&mut mender, r#""\uDC4B!""#), "👋!");
        assert_eq!(text(&mut mender, r#""\ud83d\udc4b""#), "👋");
        assert_eq!(text(&mut mender, r#""\udc4b alone""#), "\u{fffd} alone");
        assert_eq!(text(&mut mender, r#""C:\\ud83d \u00e9 \ud83d\udc4b""#), r"C:\ud83d é 👋");
    }

    proptest! {
        #[test]
        fn whole_text_stays_as_it_is(words in "\\PC*") {
            let escape = |escaped: String, unit| escaped + &format!("\\u{unit:04x}");
            let escaped = words.encode_utf16().fold(String::new(), escape);
            prop_assert_eq!(text(&mut Mender::default(), &format!("\"{escaped}\"")), words);
        }
    }
}
