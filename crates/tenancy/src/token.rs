//! The secret in the link of an invitation: 256 random bits in base64url, stored as SHA-256 only.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Env;
use sha2::{Digest as _, Sha256};

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub fn new(env: &Env) -> Self {
        Self(env.random())
    }

    /// Reads what a link holds; none: it can't be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What the database holds. There is nothing to guess, so it needs neither salt nor slowness.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }

    /// The link, as a path of the web app.
    pub fn path(&self) -> String {
        format!("/invite/{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_back_to_its_token_and_shows_nothing_in_logs() {
        let token = Token([7; 32]);
        let path = token.path();
        assert_eq!(Token::parse(path.strip_prefix("/invite/").unwrap()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(token.hash().len(), 32);
        for text in ["", "abc", "=", &"A".repeat(44), "/invite/x"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
