//! Single sign-on by SAML: setting it, going there, and coming back.

use contracts::tenancy::Permissions;
use kernel::TenantScope;
use outbound::Named;

use crate::{
    Identity, IdentityError,
    federation::{
        FederationError, Refusal, SamlChange, SamlProvider,
        model::Claims,
        pass::Pass,
        saml::{self, Expected},
        sso::{Directory, SsoConnection, SsoSettings, SsoTest, StoredSso},
        store::{attempts, sso},
    },
    token::Opaque,
};

impl Identity {
    /// Sets a SAML provider by its metadata, given or fetched. Another entity takes the identities of the provider before
    /// away. It gives no role that allows more than `own`, what the caller may do.
    pub async fn set_saml(
        &self,
        scope: &TenantScope,
        own: Permissions,
        change: SamlChange,
    ) -> Result<SsoSettings, FederationError> {
        let invalid = |field, message| IdentityError::Invalid { field, code: "invalid", message };
        let before = sso::find(&self.db, scope).await?;
        let known = before.as_ref().and_then(|before| Some((before.shown.issuer.clone(), before.shown.saml.clone()?)));
        let told = |why| FederationError::refused(Refusal::Unavailable, format!("the metadata: {why}"));
        let (issuer, provider) = match (change.metadata, change.metadata_url) {
            (Some(text), _) => saml::read_metadata(&text).map_err(told)?,
            (None, Some(url)) => {
                self.check_address("metadata_url", &url)?;
                self.fetch_metadata(&url).await?
            }
            (None, None) => known.ok_or(invalid("metadata", "must be given, or its address"))?,
        };
        self.check_address("metadata", &provider.sso_url)?;
        let moved = before.as_ref().is_some_and(|before| before.shown.saml.is_none() || before.shown.issuer != issuer);
        let now = self.env.now();
        let stored = StoredSso {
            workspace: scope.workspace(),
            shown: SsoConnection {
                name: change.name.trim().to_owned(),
                issuer,
                client_id: String::new(),
                scopes: Vec::new(),
                claims: change.claims,
                default_role: change.default_role,
                role_mapping: change.role_mapping,
                enabled: change.enabled,
                enforced: change.enforced,
                second_factor: change.second_factor,
                created_at: before.as_ref().map_or(now, |before| before.shown.created_at),
                updated_at: now,
                saml: Some(provider),
            },
            sealed_secret: Vec::new(),
        };
        self.put_sso(scope, own, before, stored, moved).await
    }

    async fn fetch_metadata(&self, url: &str) -> Result<(String, SamlProvider), FederationError> {
        let headers = http::HeaderMap::from_iter([(
            http::header::ACCEPT,
            http::HeaderValue::from_static("application/samlmetadata+xml, application/xml, text/xml"),
        )]);
        let answer = self.federation.outbound.get(url, headers, Named::ByWorkspace).await;
        let answer = answer.map_err(|fault| FederationError::unavailable("its metadata", &fault))?;
        let refused = |why: String| FederationError::refused(Refusal::Unavailable, format!("its metadata: {why}"));
        if !answer.is_success() {
            return Err(refused(format!("the answer was {}", answer.status)));
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| refused("it is no UTF-8".to_owned()))?;
        let (issuer, provider) = saml::read_metadata(text).map_err(refused)?;
        Ok((issuer, SamlProvider { metadata_url: Some(url.to_owned()), ..provider }))
    }

    /// Looks at what the provider publishes, if it says where.
    pub(super) async fn test_saml(&self, issuer: &str, set: &SamlProvider) -> Result<SsoTest, FederationError> {
        let mut found = set.clone();
        if let Some(url) = &set.metadata_url {
            let (now, provider) = self.fetch_metadata(url).await?;
            if now != issuer {
                let why = format!("its metadata is of another entity now: {now}");
                return Err(FederationError::refused(Refusal::Unavailable, why));
            }
            if provider.certificates != set.certificates || provider.sso_url != set.sso_url {
                let why = "its metadata has changed; save it again to take it over";
                return Err(FederationError::refused(Refusal::Unavailable, why));
            }
            found = provider;
        }
        Ok(SsoTest {
            issuer: issuer.to_owned(),
            authorization_endpoint: found.sso_url,
            token_endpoint: None,
            signing_keys: found.certificates.len(),
        })
    }

    /// What a workspace's SAML provider reads of us. It says nothing of whether there is such a workspace.
    pub fn saml_metadata(&self, provider: &str) -> String {
        self.federation.saml_service(provider).metadata()
    }

    /// Where to send the browser.
    pub(super) fn saml_request(&self, own: &StoredSso, pass: &Pass) -> Result<String, FederationError> {
        let provider = own.shown.saml.as_ref().ok_or(FederationError::NoProvider)?;
        let service = self.federation.saml_service(&own.workspace.to_string());
        service.authorization_url(provider, (&pass.request_id(), &pass.state.expose()), self.env.now())
    }

    /// Keeps what a provider has posted. The browser comes from another site and has no cookie with it: it comes again
    /// with one, and only then is anything of this read.
    pub async fn keep_saml_response(&self, provider: &str, state: &str, response: &str) -> Result<(), FederationError> {
        let refused = |why: &str| FederationError::refused(Refusal::State, why);
        let state = Opaque::parse(state).ok_or_else(|| refused("it answers nothing that began here"))?;
        if response.is_empty() || response.len() > saml::LONGEST {
            return Err(FederationError::untrusted("the answer is empty, or too long"));
        }
        let now = self.env.now();
        if attempts::keep_response(&self.db, state.hash(), provider, response, now).await? {
            Ok(())
        } else {
            Err(refused("it answers nothing that began here"))
        }
    }

    /// Who the provider says that it was.
    pub(super) fn saml_answer(
        &self,
        own: &StoredSso,
        pass: &Pass,
        posted: Option<&str>,
    ) -> Result<(Claims, Directory), FederationError> {
        let provider = own.shown.saml.as_ref().ok_or(FederationError::NoProvider)?;
        let posted = posted.ok_or_else(|| FederationError::refused(Refusal::Cancelled, "there is no answer"))?;
        let expected = Expected {
            issuer: &own.shown.issuer,
            certificates: &provider.certificates,
            service: &self.federation.saml_service(&own.workspace.to_string()),
            request_id: &pass.request_id(),
            now: self.env.now(),
        };
        let (claims, mut said) = saml::read_response(posted, &expected)?;
        // A NameID may be the address.
        if !said.contains_key(&own.shown.claims.email)
            && let Some(name) = said.get(saml::NAME_ID).cloned()
        {
            said.insert(own.shown.claims.email.clone(), name);
        }
        Ok(own.read(claims, &said))
    }
}
