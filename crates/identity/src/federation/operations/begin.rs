//! Sends a browser to a provider.

use kernel::{SessionId, UserId};
use secrecy::SecretString;

use super::{ATTEMPT_TTL, Provider};
use crate::{
    Identity,
    federation::{
        FederationError, github,
        pass::Pass,
        store::attempts::{self, Attempt, Key},
    },
};

/// Longest path to go on at.
const MAX_NEXT: usize = 1024;

#[derive(Debug)]
pub struct Begin {
    pub provider: String,
    /// Where to go on afterwards: a path of the web app. Anything else is the start page.
    pub next: Option<String>,
    /// Who adds the identity to their account; none: somebody signs in.
    pub link: Option<(UserId, SessionId)>,
    /// The browser's cookie, if it has one.
    pub browser: Option<String>,
}

#[derive(Debug)]
pub struct Begun {
    pub authorization_url: String,
    /// For the cookie, and for nobody else.
    pub browser: SecretString,
}

impl Identity {
    /// Notes that a browser goes to the provider, and gives the address to send it to.
    pub async fn begin_federated(&self, begin: Begin) -> Result<Begun, FederationError> {
        let federation = &self.federation;
        let provider = self.provider(&begin.provider).await?;
        if let (Some(own), Some((user, _))) = (provider.own(), begin.link) {
            // Only members link themselves to a workspace's provider.
            let member = self.tenancy.membership(own.workspace, user).await?;
            member.ok_or(FederationError::NoProvider)?;
        }
        let pass = Pass::new(&self.env, begin.browser.as_deref());
        let redirect_uri = federation.redirect_uri(&begin.provider);
        let authorization_url = match provider {
            Provider::Oidc(client) => federation.oidc.authorization_url(&client, &pass, &redirect_uri).await?,
            Provider::Workspace(own) => federation.oidc.authorization_url(&own.0, &pass, &redirect_uri).await?,
            Provider::Saml(own) => self.saml_request(&own, &pass)?,
            Provider::GitHub(config) => github::authorization_url(config, &pass, &redirect_uri),
        };
        let now = self.env.now();
        let key = Key { state_hash: pass.state.hash(), browser_hash: pass.browser.hash(), provider: &begin.provider };
        let attempt = Attempt {
            user: begin.link.map(|(user, _)| user),
            session: begin.link.map(|(_, session)| session),
            next: begin.next.as_deref().filter(|next| is_own_path(next)).unwrap_or("/").to_owned(),
            saml_response: None,
        };
        attempts::insert(&self.db, key, &attempt, (now, now + ATTEMPT_TTL)).await?;
        Ok(Begun { authorization_url, browser: pass.browser.expose().into() })
    }
}

/// Whether a browser can read the text as nothing but a path of this site, and one that shows a page.
fn is_own_path(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= MAX_NEXT
        && bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !text.starts_with("/api/")
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn only_own_paths_are_gone_on_at() {
        for own in ["/", "/settings/security", "/c/conv_01?x=1#y", "/invite/abc"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in [
            "",
            "settings",
            "//evil.example",
            "/\\evil.example",
            "/a\\b",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nset-cookie: x=y",
            "/é",
            "/api/v1/auth/logout",
            &format!("/{}", "x".repeat(2000)),
        ] {
            assert!(!is_own_path(other), "{other:?}");
        }
    }
}
