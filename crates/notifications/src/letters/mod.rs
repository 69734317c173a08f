//! What letters say, in each language, as HTML and as plain text.
//!
//! A language is a module that turns a [`Letter`] into [`Words`]; the compiler sees to it that none
//! lacks a kind. Two layouts, one per format, are all that knows how a letter looks. HTML is escaped by
//! the layout, and the layout alone.
//!
//! Names that people have chosen for themselves or for a workspace reach strangers through these letters, so
//! one that could be read as an address or a link is left out: else anybody could have us deliver
//! their advertisement.

mod en;
mod vi;

use contracts::mail::Letter;
use jiff::{Zoned, tz::TimeZone};
use kernel::Timestamp;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;
use url::Url;

/// A letter's content in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Words {
    pub lang: &'static str,
    pub subject: String,
    pub heading: String,
    pub paragraphs: Vec<String>,
    /// Particulars, each with its name.
    pub facts: Vec<(&'static str, String)>,
    pub button: Option<Button>,
    /// In small print.
    pub notes: Vec<String>,
    /// Why the reader gets this.
    pub footer: &'static str,
    /// What stands before the button's address where it can't be pressed.
    pub by_hand: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Button {
    pub label: &'static str,
    /// A path; what is rendered has the address before it.
    pub url: String,
}

impl Button {
    fn new(label: &'static str, path: &str) -> Self {
        Self { label, url: path.to_owned() }
    }
}

pub(crate) struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// The layouts, and the address of links.
pub(crate) struct Letters {
    environment: Environment<'static>,
    base: String,
}

impl Letters {
    pub fn new(base: &str) -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|name| {
            if name.rsplit('.').next() == Some("html") { AutoEscape::Html } else { AutoEscape::None }
        });
        environment.add_template("letter.html", include_str!("templates/letter.html"))?;
        environment.add_template("letter.txt", include_str!("templates/letter.txt"))?;
        environment.add_template("outbox.html", include_str!("templates/outbox.html"))?;
        environment.add_template("mail.html", include_str!("templates/mail.html"))?;
        Ok(Self { environment, base: base.trim_end_matches('/').to_owned() })
    }

    pub fn render(&self, letter: &Letter, locale: &str) -> Result<Rendered, minijinja::Error> {
        let mut words = if locale == "vi" { vi::words(letter) } else { en::words(letter) };
        words.subject = one_line(&words.subject);
        if let Some(button) = &mut words.button {
            button.url = self.link(&button.url);
        }
        let context = context! { base => self.base.as_str(), ..Value::from(Serde(&words)) };
        let html = self.environment.get_template("letter.html")?.render(&context)?;
        let text = self.environment.get_template("letter.txt")?.render(&context)?;
        Ok(Rendered { subject: words.subject, html, text })
    }

    /// A page of the preview.
    pub fn page(&self, name: &str, context: Value) -> Result<String, minijinja::Error> {
        self.environment.get_template(name)?.render(context)
    }

    /// A path with the configured address before it, whatever the path tries to be. Fit for an attribute.
    fn link(&self, path: &str) -> String {
        let text = format!("{}/{}", self.base, path.trim_start_matches(['/', '\\']));
        // Parsing encodes quotes and angle brackets.
        Url::parse(&text).map_or_else(|_| self.base.clone(), String::from)
    }
}

/// What a provider of identities is called.
fn provider(name: &str) -> String {
    match name {
        "google" => "Google".to_owned(),
        "github" => "GitHub".to_owned(),
        other => plain(other).unwrap_or_else(|| "…".to_owned()),
    }
}

/// A name that may stand in a letter to somebody else; none: it could be read as a link.
fn plain(name: &str) -> Option<String> {
    let name = one_line(name);
    let characters: Vec<char> = name.chars().collect();
    let dotted = characters
        .windows(3)
        .any(|three| matches!(three[1], '.' | '。' | '．') && three[0].is_alphanumeric() && three[2].is_alphanumeric());
    let suspicious = dotted || name.contains("://") || name.contains(['@', '/', '\\', '<', '>']);
    (!name.is_empty() && !suspicious).then_some(name)
}

/// Without line breaks and other control characters, which could begin a header or change directions.
fn one_line(text: &str) -> String {
    let visible = |c: char| {
        !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if visible(c) { c } else { ' ' }).collect::<String>().trim().to_owned()
}

/// A point in time in UTC, for a language to write.
fn civil(time: Timestamp) -> Zoned {
    let time = jiff::Timestamp::from_microsecond(time.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_767_323_045_000_000);

    fn letters() -> Letters {
        Letters::new("https://chat.example.com/").unwrap()
    }

    fn every_kind(name: &str) -> Vec<Letter> {
        let (name, path) = (name.to_owned(), "/somewhere#secret".to_owned());
        vec![
            Letter::VerifyEmail { name: name.clone(), path: path.clone(), expires_at: AT },
            Letter::ChangeEmail { name: name.clone(), path: path.clone(), expires_at: AT },
            Letter::EmailChanged { name: name.clone(), new_address: "new@example.com".into() },
            Letter::AlreadySignedUp { name: name.clone(), path: path.clone() },
            Letter::ResetPassword { name: name.clone(), path: path.clone(), expires_at: AT },
            Letter::PasswordChanged { name: name.clone(), at: AT },
            Letter::NewDevice { name: name.clone(), device: "Firefox, Linux".into(), ip: "203.0.113.7".into(), at: AT },
            Letter::SessionStolen { name: name.clone(), device: String::new(), at: AT },
            Letter::IdentityLinked { name: name.clone(), provider: "google".into(), at: AT },
            Letter::IdentityUnlinked { name: name.clone(), provider: "github".into(), at: AT },
            Letter::SecondFactorChanged { name: name.clone(), factor: "totp".into(), added: true, at: AT },
            Letter::SecondFactorChanged { name: name.clone(), factor: "passkey".into(), added: false, at: AT },
            Letter::AccountDeleted { name: name.clone(), path: path.clone(), erases_at: AT },
            Letter::AccountRestored { name: name.clone(), at: AT },
            Letter::RecoveryCodeUsed { name: name.clone(), left: 9, ip: "203.0.113.7".into(), at: AT },
            Letter::Invitation { workspace: name.clone(), inviter: name, role: "member".into(), path, expires_at: AT },
        ]
    }

    #[test]
    fn every_letter_can_be_written_in_every_language() {
        let letters = letters();
        for letter in every_kind("Ann") {
            let [en, vi] = ["en", "vi"].map(|locale| letters.render(&letter, locale).unwrap());
            assert_ne!(en.subject, vi.subject, "{}", letter.kind());
            for (locale, rendered) in [("en", &en), ("vi", &vi)] {
                assert!(rendered.html.contains(&format!("<html lang=\"{locale}\">")), "{}", letter.kind());
                assert!(!rendered.subject.is_empty() && !rendered.text.contains('<'), "{}", rendered.text);
                assert!(rendered.html.contains("prefers-color-scheme: dark"));
                assert!(!rendered.html.contains("<script") && !rendered.html.contains("<img"), "{}", rendered.html);
                if letter.expires_at().is_some() {
                    let link = "https://chat.example.com/somewhere#secret";
                    assert!(rendered.text.contains(link), "{}", rendered.text);
                    assert!(rendered.html.contains(&format!("href=\"{link}\"")), "{}", rendered.html);
                    assert!(rendered.text.contains("2026"), "it says until when: {}", rendered.text);
                }
            }
        }
    }

    #[test]
    fn another_language_is_written_in_english() {
        let letter = Letter::PasswordChanged { name: "Ann".into(), at: AT };
        assert_eq!(letters().render(&letter, "tlh").unwrap().text, letters().render(&letter, "en").unwrap().text);
    }

    #[test]
    fn markup_in_a_name_is_text() {
        for letter in every_kind("Ann & \"Bob\" 'x'") {
            let html = letters().render(&letter, "en").unwrap().html;
            assert!(!html.contains("\"Bob\""), "{html}");
        }
    }

    #[test]
    fn a_name_is_no_advertisement() {
        for name in
            ["Win at evil.com", "http://evil.com", "evil.com/x", "<b>Ann</b>", "write to me@evil.com", "a\nBcc: b"]
        {
            for letter in every_kind(name) {
                for locale in ["en", "vi"] {
                    let rendered = letters().render(&letter, locale).unwrap();
                    assert!(!rendered.text.contains("evil") && !rendered.html.contains("evil"), "{}", rendered.text);
                    assert!(!rendered.html.contains("<b>Ann"), "{}", rendered.html);
                    assert!(!rendered.subject.contains('\n'));
                }
            }
        }
        for name in ["Ann", "Nguyễn Thị Ánh", "J. R. R. Tolkien", "Dr. Ann", "Acme, Inc."] {
            assert_eq!(plain(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_link_stays_on_this_server() {
        for path in ["/x", "x", "//evil.com", "\\\\evil.com"] {
            assert!(letters().link(path).starts_with("https://chat.example.com/"), "{path}");
        }
        assert_eq!(letters().link("//evil.com"), "https://chat.example.com/evil.com");
        assert!(!letters().link("/x\"><b>").contains(['"', '<', '>']));
    }
}
