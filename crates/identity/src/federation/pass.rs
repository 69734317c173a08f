//! What binds a sign-in to the browser that began it.
//!
//! A cookie holds 32 random bytes. The PKCE verifier and the nonce of each sign-in are HMACs of its state under them:
//! they stand nowhere, differ from sign-in to sign-in, and tabs that sign in at the same time share the cookie.

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Env;

use crate::token::Opaque;

/// One sign-in under way.
pub(crate) struct Pass {
    pub state: Opaque,
    pub browser: Opaque,
}

impl Pass {
    /// A new one, for a browser that may have a cookie already.
    pub fn new(env: &Env, browser: Option<&str>) -> Self {
        let browser = browser.and_then(Opaque::parse).unwrap_or_else(|| Opaque::new(env));
        Self { state: Opaque::new(env), browser }
    }

    fn derive(&self, label: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.browser.bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(label.as_bytes());
        context.update(&self.state.bytes());
        URL_SAFE_NO_PAD.encode(context.sign())
    }

    /// `code_verifier` (RFC 7636, 4.1).
    pub fn verifier(&self) -> String {
        self.derive("pkce")
    }

    /// `code_challenge` by `S256`.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier().as_bytes()))
    }

    /// The id of a SAML request; the answer must name it.
    pub fn request_id(&self) -> String {
        format!("_{}", self.derive("saml"))
    }

    pub fn nonce(&self) -> String {
        self.derive("nonce")
    }
}
