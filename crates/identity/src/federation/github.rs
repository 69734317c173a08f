//! GitHub's OAuth 2.0, which is no `OpenID` Connect: who somebody is stands behind its API.
//!
//! Wire format: <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>,
//! <https://docs.github.com/en/rest/users>. An identity is the number of a user, which never changes; a login can.

use http::{HeaderMap, HeaderValue, header};
use outbound::{Named, Outbound};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};

use super::{FederationError, GitHub, Refusal, model::Claims, pass::Pass};

#[derive(Deserialize)]
struct Token {
    access_token: Option<SecretString>,
    /// GitHub tells errors with the status 200.
    error: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    primary: bool,
    verified: bool,
}

fn under(base: &url::Url, path: &str) -> String {
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}

/// What its identities are called after.
fn issuer(config: &GitHub) -> String {
    config.url.as_str().trim_end_matches('/').to_owned()
}

/// Where to send the browser.
pub(super) fn authorization_url(config: &GitHub, pass: &Pass, redirect_uri: &str) -> String {
    let mut url = config.url.clone();
    url.set_path(&format!("{}/login/oauth/authorize", url.path().trim_end_matches('/')));
    url.query_pairs_mut()
        .append_pair("client_id", &config.client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", "read:user user:email")
        .append_pair("state", &pass.state.expose())
        .append_pair("code_challenge", &pass.challenge())
        .append_pair("code_challenge_method", "S256");
    url.into()
}

/// GitHub sends no `iss`; if there is one, it must be its own (RFC 9207, 2.4).
pub(super) fn check_issuer(config: &GitHub, iss: Option<&str>) -> Result<(), FederationError> {
    let own = |iss: &str| iss == issuer(config) || iss == under(&config.url, "login/oauth");
    if iss.is_none_or(own) {
        return Ok(());
    }
    Err(FederationError::refused(Refusal::Issuer, "the answer is from another issuer"))
}

/// Exchanges the code, and asks who it was.
pub(super) async fn exchange(
    outbound: &Outbound,
    config: &GitHub,
    pass: &Pass,
    code: &str,
    redirect_uri: &str,
) -> Result<Claims, FederationError> {
    let verifier = pass.verifier();
    let form = [
        ("client_id", config.client_id.as_str()),
        ("client_secret", config.client_secret.expose_secret()),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier.as_str()),
    ];
    let url = under(&config.url, "login/oauth/access_token");
    let answer = outbound.post_form(&url, HeaderMap::new(), &form, Named::ByOperator).await;
    let token: Token = read("its token endpoint", answer)?;
    if let Some(error) = token.error {
        let code: String = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
        return Err(FederationError::refused(Refusal::Unavailable, format!("its token endpoint answered {code}")));
    }
    let token = token.access_token.ok_or_else(|| FederationError::untrusted("there is no access token"))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
    let bearer = outbound::secret(&format!("Bearer {}", token.expose_secret()));
    headers.extend(bearer.map(|value| (header::AUTHORIZATION, value)));
    let user = outbound.get(&under(&config.api_url, "user"), headers.clone(), Named::ByOperator).await;
    let user: User = read("its API", user)?;
    let emails = outbound.get(&under(&config.api_url, "user/emails"), headers, Named::ByOperator).await;
    let emails: Vec<Email> = read("its API", emails)?;
    let email = emails.into_iter().find(|email| email.primary);
    Ok(Claims {
        issuer: issuer(config),
        subject: user.id.to_string(),
        email_verified: email.as_ref().is_some_and(|email| email.verified),
        email: email.map(|email| email.email),
        name: Some(user.name.unwrap_or(user.login)),
    })
}

fn read<T: DeserializeOwned>(
    what: &str,
    answer: Result<outbound::Answer, outbound::Fault>,
) -> Result<T, FederationError> {
    let answer = answer.map_err(|fault| FederationError::unavailable(what, &fault))?;
    let refused = |why: String| FederationError::refused(Refusal::Unavailable, why);
    if !answer.is_success() {
        return Err(refused(format!("{what} answered {}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|_| refused(format!("{what} can't be read")))
}
