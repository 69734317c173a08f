//! Tokens that say nothing: 32 random bytes, shown in base64url, stored as SHA-256 only. Links in letters
//! and the cookie that remembers a device are made of them.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Env;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Opaque([u8; 32]);

impl Opaque {
    pub fn new(env: &Env) -> Self {
        Self(env.random())
    }

    /// None: it can't be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// What its holder has.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// To derive others from.
    pub const fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// What the database holds.
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.0).as_ref().to_vec()
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque(…)")
    }
}
