//! `OpenID` Connect Core 1.0 with the authorization code flow, PKCE, state and nonce: discovery, the exchange of the
//! code, and what an ID token must be like to be believed.
//!
//! The algorithms are ours to choose (asymmetric ones only), keys come from the provider's `jwks_uri` and from no
//! header, and times are checked against the [`Env`](kernel::Env) with a minute's leeway.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use kernel::Timestamp;
use moka::future::Cache;
use outbound::{Named, Outbound};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use url::Url;

use super::{error::FederationError, model::Claims, pass::Pass, sso::SsoTest};

/// What may sign an ID token. Symmetric algorithms would make the client's secret a key for everybody's tokens.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 60;
/// How old a token may be that we have just asked for, in seconds.
const MAX_AGE: i64 = 600;
/// How long a provider's documents are believed.
const DOCUMENTS: Duration = Duration::from_secs(3600);

/// A provider, and who we are to it.
#[derive(Clone)]
pub(crate) struct Client {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Besides `openid`.
    pub scopes: String,
    pub named: Named,
}

/// `OpenID` Connect Discovery 1.0, section 3: what we use of it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    /// `client_secret_basic` unless told.
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<SecretString>,
}

/// Fetches and remembers what providers publish.
pub(crate) struct Oidc {
    outbound: Outbound,
    metadata: Cache<String, Arc<Metadata>>,
    keys: Cache<String, Arc<JwkSet>>,
}

impl Oidc {
    pub fn new(outbound: Outbound) -> Self {
        let metadata = Cache::builder().max_capacity(1000).time_to_live(DOCUMENTS).build();
        Self { outbound, metadata, keys: Cache::builder().max_capacity(1000).time_to_live(DOCUMENTS).build() }
    }

    async fn document<T: DeserializeOwned>(&self, what: &str, url: &str, named: Named) -> Result<T, FederationError> {
        let answer = self.outbound.get(url, HeaderMap::new(), named).await;
        let answer = answer.map_err(|fault| FederationError::unavailable(what, &fault))?;
        read(what, answer)
    }

    /// The provider's metadata; it must say that it is who was asked.
    pub async fn discover(&self, client: &Client) -> Result<Arc<Metadata>, FederationError> {
        // What was fetched at an operator's word is not there for a workspace, which may not reach it.
        let key = format!("{:?} {}", client.named, client.issuer);
        if let Some(known) = self.metadata.get(&key).await {
            return Ok(known);
        }
        let url = format!("{}/.well-known/openid-configuration", client.issuer.trim_end_matches('/'));
        let found: Metadata = self.document("its configuration", &url, client.named).await?;
        if found.issuer.trim_end_matches('/') != client.issuer.trim_end_matches('/') {
            return Err(FederationError::refused(
                super::Refusal::Unavailable,
                format!("its configuration is for the issuer {}", found.issuer),
            ));
        }
        let found = Arc::new(found);
        self.metadata.insert(key, found.clone()).await;
        Ok(found)
    }

    /// Forgets what the provider published.
    pub async fn forget(&self, client: &Client) {
        let key = format!("{:?} {}", client.named, client.issuer);
        if let Some(known) = self.metadata.remove(&key).await {
            self.keys.remove(&format!("{:?} {}", client.named, known.jwks_uri)).await;
        }
    }

    /// Fetches what the provider publishes, as a test.
    pub async fn look(&self, client: &Client) -> Result<SsoTest, FederationError> {
        let metadata = self.discover(client).await?;
        let keys: JwkSet = self.document("its keys", &metadata.jwks_uri, client.named).await?;
        let fits = |key: &&Jwk| {
            DecodingKey::from_jwk(key).is_ok_and(|key| ALGORITHMS.iter().any(|one| one.family() == key.family()))
        };
        let signing_keys = keys.keys.iter().filter(fits).count();
        if signing_keys == 0 {
            return Err(FederationError::refused(
                super::Refusal::Unavailable,
                "it publishes no key that it could sign with",
            ));
        }
        Ok(SsoTest {
            issuer: metadata.issuer.clone(),
            authorization_endpoint: metadata.authorization_endpoint.clone(),
            token_endpoint: Some(metadata.token_endpoint.clone()),
            signing_keys,
        })
    }

    /// Where to send the browser.
    pub async fn authorization_url(
        &self,
        client: &Client,
        pass: &Pass,
        redirect_uri: &str,
    ) -> Result<String, FederationError> {
        let metadata = self.discover(client).await?;
        let mut url = Url::parse(&metadata.authorization_endpoint)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                FederationError::refused(super::Refusal::Unavailable, "its authorization endpoint is no address")
            })?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", format!("openid {}", client.scopes).trim())
            .append_pair("state", &pass.state.expose())
            .append_pair("nonce", &pass.nonce())
            .append_pair("code_challenge", &pass.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Whether the answer came from the issuer that was asked (RFC 9207, 2.4).
    pub async fn check_issuer(&self, client: &Client, iss: Option<&str>) -> Result<(), FederationError> {
        let metadata = self.discover(client).await?;
        let mismatch = |why: &str| Err(FederationError::refused(super::Refusal::Issuer, why));
        match iss {
            Some(iss) if iss != metadata.issuer => mismatch("the answer is from another issuer"),
            None if metadata.authorization_response_iss_parameter_supported => {
                mismatch("the answer does not say which issuer it is from")
            }
            _ => Ok(()),
        }
    }

    /// Exchanges the code, and gives what the ID token and the user's page say: all claims, and the common ones.
    pub async fn exchange(
        &self,
        client: &Client,
        pass: &Pass,
        code: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<(Claims, Map<String, Value>), FederationError> {
        let metadata = self.discover(client).await?;
        let verifier = pass.verifier();
        let secret = client.client_secret.expose_secret();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.as_str()),
        ];
        let mut headers = HeaderMap::new();
        let methods = &metadata.token_endpoint_auth_methods_supported;
        if methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic") {
            // RFC 6749, 2.3.1: both are form-encoded first.
            let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encoded(&client.client_id), encoded(secret)));
            headers.extend(outbound::secret(&format!("Basic {pair}")).map(|value| (header::AUTHORIZATION, value)));
        } else {
            form.extend([("client_id", client.client_id.as_str()), ("client_secret", secret)]);
        }
        let answer = self.outbound.post_form(&metadata.token_endpoint, headers, &form, client.named).await;
        let answer = answer.map_err(|fault| FederationError::unavailable("its token endpoint", &fault))?;
        let tokens: Tokens = read("its token endpoint", answer)?;
        let id_token = tokens.id_token.ok_or_else(|| FederationError::untrusted("there is no ID token"))?;
        let mut claims = self.verify(client, &metadata, &id_token, &pass.nonce(), now).await?;
        if !claims.contains_key("email")
            && let (Some(url), Some(token)) = (&metadata.userinfo_endpoint, &tokens.access_token)
        {
            self.add_user_info(client, url, token, &mut claims).await?;
        }
        Ok((common(&claims)?, claims))
    }

    /// The claims of an ID token that may be believed (Core 1.0, 3.1.3.7).
    async fn verify(
        &self,
        client: &Client,
        metadata: &Metadata,
        token: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, FederationError> {
        let untrusted = |why: &str| FederationError::untrusted(why);
        let header = jsonwebtoken::decode_header(token).map_err(|error| untrusted(&error.to_string()))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(untrusted(&format!("it is signed by {:?}", header.alg)));
        }
        let key = self.key(client, metadata, header.kid.as_deref(), header.alg).await?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&metadata.issuer]);
        validation.set_audience(&[&client.client_id]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would ask the machine's clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation)
            .map_err(|error| untrusted(&error.to_string()))?
            .claims;

        let now = now.seconds();
        let time = |name: &str| claims.get(name).and_then(Value::as_i64);
        if time("exp").is_none_or(|exp| exp + LEEWAY <= now) {
            return Err(untrusted("it has expired"));
        }
        if time("nbf").is_some_and(|nbf| nbf - LEEWAY > now) {
            return Err(untrusted("it is not valid yet"));
        }
        if time("iat").is_none_or(|iat| iat - LEEWAY > now || iat + MAX_AGE < now) {
            return Err(untrusted("it was not issued just now"));
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let among_others = claims.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
        let party = text("azp");
        if party.is_some_and(|party| party != client.client_id) || (among_others && party.is_none()) {
            return Err(untrusted("it is for another party"));
        }
        let same = text("nonce").is_some_and(|told| verify_slices_are_equal(told.as_bytes(), nonce.as_bytes()).is_ok());
        if !same {
            return Err(untrusted("its nonce is not of this sign-in"));
        }
        Ok(claims)
    }

    /// The provider's key of this name, fetched again if it is a new one.
    async fn key(
        &self,
        client: &Client,
        metadata: &Metadata,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, FederationError> {
        let name = format!("{:?} {}", client.named, metadata.jwks_uri);
        let known = self.keys.get(&name).await;
        let found = known.as_ref().and_then(|keys| find(keys, kid, algorithm).cloned());
        let jwk = if let Some(found) = found {
            found
        } else {
            let fetched: JwkSet = self.document("its keys", &metadata.jwks_uri, client.named).await?;
            let found = find(&fetched, kid, algorithm).cloned();
            self.keys.insert(name, Arc::new(fetched)).await;
            found.ok_or_else(|| FederationError::untrusted("it is signed by a key that the provider does not have"))?
        };
        DecodingKey::from_jwk(&jwk).map_err(|error| FederationError::untrusted(error.to_string()))
    }

    /// Adds what the user's page says, if it is of the same subject (Core 1.0, 5.3.2).
    async fn add_user_info(
        &self,
        client: &Client,
        url: &str,
        token: &SecretString,
        claims: &mut Map<String, Value>,
    ) -> Result<(), FederationError> {
        let mut headers = HeaderMap::new();
        let bearer = outbound::secret(&format!("Bearer {}", token.expose_secret()));
        headers.extend(bearer.map(|value| (header::AUTHORIZATION, value)));
        let answer = self.outbound.get(url, headers, client.named).await;
        let answer = answer.map_err(|fault| FederationError::unavailable("its user page", &fault))?;
        let told: Map<String, Value> = read("its user page", answer)?;
        if told.get("sub") != claims.get("sub") {
            return Err(FederationError::untrusted("its user page is of somebody else"));
        }
        for (name, value) in told {
            // What is signed comes first.
            claims.entry(name).or_insert(value);
        }
        Ok(())
    }
}

/// The key that may have signed. Without a name there must be one alone that could.
fn find<'a>(keys: &'a JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let of_algorithm = DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == algorithm.family());
        let named = key.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
        of_algorithm && named && !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption))
    };
    let mut fitting = keys.keys.iter().filter(fits).filter(|key| kid.is_none() || key.common.key_id.as_deref() == kid);
    let first = fitting.next()?;
    (kid.is_some() || fitting.next().is_none()).then_some(first)
}

fn read<T: DeserializeOwned>(what: &str, answer: outbound::Answer) -> Result<T, FederationError> {
    let refused = |why: String| FederationError::refused(super::Refusal::Unavailable, why);
    if !answer.is_success() {
        // An OAuth error's code tells an operator what to change, and holds no secret; other text might.
        let code = serde_json::from_slice::<Value>(&answer.body).ok();
        let code = code.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str).unwrap_or_default();
        let code: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
        return Err(refused(format!("{what} answered {} {code}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|_| refused(format!("{what} can't be read")))
}

/// The claims that everybody has.
fn common(claims: &Map<String, Value>) -> Result<Claims, FederationError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let told = |name: &str| text(name).map(str::to_owned);
    // Core 1.0, 2: a subject has at most 255 characters.
    let subject = told("sub").filter(|subject| subject.len() <= 255);
    Ok(Claims {
        issuer: told("iss").ok_or_else(|| FederationError::untrusted("it has no issuer"))?,
        subject: subject.ok_or_else(|| FederationError::untrusted("its subject can't be used"))?,
        email: told("email"),
        // Some send the word instead.
        email_verified: claims.get("email_verified").is_some_and(|told| *told == true || *told == "true"),
        name: told("name"),
    })
}
