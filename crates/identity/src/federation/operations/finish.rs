//! A browser comes back from a provider.

use database::Platform;
use web::Client;

use super::Provider;
use crate::{
    Identity, LoggedIn, SignedIn, StartedLogIn,
    federation::{
        FederationError, Refusal, github,
        model::Claims,
        pass::Pass,
        sso::Directory,
        store::attempts::{self, Attempt, Key},
    },
    token::Opaque,
};

#[derive(Debug)]
pub struct Callback {
    pub provider: String,
    pub code: Option<String>,
    pub state: Option<String>,
    pub iss: Option<String>,
    /// Why the provider gives no code.
    pub error: Option<String>,
    /// The browser's cookie.
    pub browser: Option<String>,
    pub client: Client,
    /// What the browser's other cookie says that it is known by.
    pub device: Option<String>,
}

#[derive(Debug)]
pub enum Finished {
    SignedIn {
        signed_in: Box<SignedIn>,
        next: String,
    },
    /// No session yet: the account has a second factor.
    SecondFactor {
        started: StartedLogIn,
        next: String,
    },
    Linked {
        next: String,
    },
}

impl Identity {
    /// Checks that the answer is to what this browser began, asks the provider who it was, and signs them in or
    /// links the identity to who began. Whatever comes of it, the attempt is used up.
    pub async fn finish_federated(&self, callback: Callback) -> Result<Finished, FederationError> {
        let provider = self.provider(&callback.provider).await?;
        let (pass, attempt) = self.take_attempt(&callback).await?;
        let (claims, directory) = self.ask(&provider, &callback, &pass, attempt.saml_response.as_deref()).await?;
        let next = attempt.next;
        if let Some((user, session)) = attempt.user.zip(attempt.session) {
            self.link_identity(&callback.provider, &claims, user, session).await?;
            return Ok(Finished::Linked { next });
        }
        Ok(match self.sign_in_by(&callback, &claims, directory.as_ref(), &next).await? {
            LoggedIn::Session(signed_in) => Finished::SignedIn { signed_in, next },
            LoggedIn::SecondFactor(started) => Finished::SecondFactor { started, next },
        })
    }

    async fn take_attempt(&self, callback: &Callback) -> Result<(Pass, Attempt), FederationError> {
        let refused = || FederationError::refused(Refusal::State, "nobody began this here");
        let parse = |text: &Option<String>| text.as_deref().and_then(Opaque::parse);
        let (state, browser) = parse(&callback.state).zip(parse(&callback.browser)).ok_or_else(refused)?;
        let key = Key { state_hash: state.hash(), browser_hash: browser.hash(), provider: &callback.provider };
        // Attempts belong to no workspace. Used up before anything else is asked.
        let mut tx = self.db.begin(Platform).await?;
        let attempt = attempts::take(&mut tx, key, self.env.now()).await?.ok_or_else(refused)?;
        tx.commit().await?;
        Ok((Pass { state, browser }, attempt))
    }

    /// Who the provider says that it was, and what a workspace's own one says of their place in it.
    async fn ask(
        &self,
        provider: &Provider<'_>,
        callback: &Callback,
        pass: &Pass,
        saml_response: Option<&str>,
    ) -> Result<(Claims, Option<Directory>), FederationError> {
        let federation = &self.federation;
        if let Provider::Saml(own) = provider {
            let (claims, directory) = self.saml_answer(own, pass, saml_response)?;
            return Ok((claims, Some(directory)));
        }
        match provider {
            Provider::Oidc(client) => federation.oidc.check_issuer(client, callback.iss.as_deref()).await?,
            Provider::Workspace(own) => federation.oidc.check_issuer(&own.0, callback.iss.as_deref()).await?,
            Provider::GitHub(config) => github::check_issuer(config, callback.iss.as_deref())?,
            Provider::Saml(_) => {}
        }
        let Some(code) = callback.code.as_deref().filter(|_| callback.error.is_none()) else {
            let why = callback.error.as_deref().unwrap_or("there is no code");
            let why: String = why.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
            return Err(FederationError::refused(Refusal::Cancelled, why));
        };
        let redirect_uri = federation.redirect_uri(&callback.provider);
        let now = self.env.now();
        match provider {
            Provider::Oidc(client) => {
                let (claims, _) = federation.oidc.exchange(client, pass, code, &redirect_uri, now).await?;
                Ok((claims, None))
            }
            Provider::Workspace(own) => {
                let (client, stored) = own.as_ref();
                let (common, all) = federation.oidc.exchange(client, pass, code, &redirect_uri, now).await?;
                let (claims, directory) = stored.read(common, &all);
                Ok((claims, Some(directory)))
            }
            Provider::GitHub(config) => {
                let claims = github::exchange(&federation.outbound, config, pass, code, &redirect_uri).await?;
                Ok((claims, None))
            }
            // Was answered above: it gives no code.
            Provider::Saml(_) => Err(FederationError::refused(Refusal::State, "it gives no code")),
        }
    }
}
