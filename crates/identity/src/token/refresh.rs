//! Refresh tokens: 32 random bytes, shown in base64url, stored as SHA-256 only.
//!
//! A token's successor is HMAC-SHA-256(server secret, token). So however many requests renew a
//! session with one token at the same time, and on however many nodes, they all get the
//! same successor: there is one lineage, and no child that another displaced.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Env;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// The first token of a session.
    pub fn new(env: &Env) -> Self {
        Self(env.random())
    }

    /// Reads what a cookie holds; none: it can't be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// What the cookie holds.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database holds.
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.0).as_ref().to_vec()
    }

    pub fn successor(&self, secret: &hmac::Key) -> Self {
        let tag = hmac::sign(secret, &self.0);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(tag.as_ref());
        Self(bytes)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}
