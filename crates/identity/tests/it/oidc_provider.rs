//! An `OpenID` provider to its documented wire format, that can be told to misbehave.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::federation::{FederationConfig, Google};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Map, Value, json};
use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::support::{Answer, BASE, Node, Person, call, post};

pub const CLIENT: &str = "parlance-client";
pub const SECRET: &str = "a client's secret: /+%";
/// The manual clock's start in seconds.
pub fn start() -> i64 {
    testkit::START.seconds()
}

pub struct Provider {
    pub server: MockServer,
    key: EncodingKey,
    codes: AtomicU64,
}

/// A browser that was sent away.
#[derive(Debug, Clone)]
pub struct Away {
    pub cookie: String,
    pub url: Url,
}

impl Away {
    pub fn parameter(&self, name: &str) -> String {
        let found = self.url.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.url)).1.into_owned()
    }
}

fn new_key() -> EncodingKey {
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new());
    EncodingKey::from_ec_der(document.unwrap().as_ref())
}

/// Adds a cookie pair to another one.
pub fn away(answer: &Answer) -> Away {
    Away { cookie: answer.cookie(), url: answer.json()["authorization_url"].as_str().unwrap().parse().unwrap() }
}

impl Provider {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let provider = Self { server, key: new_key(), codes: AtomicU64::new(1) };
        provider.publish(|_| {}).await;
        provider
    }

    pub fn issuer(&self) -> String {
        self.server.uri()
    }

    /// Its configuration and its keys, changed as told.
    pub async fn publish(&self, change: impl FnOnce(&mut Value)) {
        let issuer = self.issuer();
        let mut configuration = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/me"),
        });
        change(&mut configuration);
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("one".to_owned());
        for (at, body) in [("/.well-known/openid-configuration", configuration), ("/keys", json!({ "keys": [jwk] }))] {
            Mock::given(method("GET"))
                .and(path(at))
                .respond_with(ResponseTemplate::new(200).set_body_json(body))
                .mount(&self.server)
                .await;
        }
    }

    pub fn config(&self) -> FederationConfig {
        FederationConfig {
            base_url: format!("{BASE}/"),
            google: Some(Google {
                client_id: CLIENT.to_owned(),
                client_secret: SECRET.into(),
                issuer: self.issuer().parse().unwrap(),
            }),
            ..FederationConfig::default()
        }
    }

    /// What a good ID token for this sign-in says.
    pub fn claims(&self, away: &Away, subject: &str, email: &str) -> Map<String, Value> {
        let claims = json!({
            "iss": self.issuer(), "aud": CLIENT, "sub": subject, "iat": start(), "exp": start() + 600,
            "nonce": away.parameter("nonce"), "email": email, "email_verified": true, "name": "Ann Lee",
        });
        claims.as_object().unwrap().clone()
    }

    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("one".to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    pub fn sign_with_another_key(claims: &Map<String, Value>) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("one".to_owned());
        jsonwebtoken::encode(&header, claims, &new_key()).unwrap()
    }

    /// Has the token endpoint give this ID token for a code, once, if the verifier fits the challenge.
    pub async fn grant(&self, away: &Away, id_token: &str) -> String {
        let code = format!("code-{}", self.codes.fetch_add(1, Ordering::Relaxed));
        let challenge = away.parameter("code_challenge");
        let granted = ResponseTemplate::new(200).set_body_json(
            json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": id_token }),
        );
        let expected = code.clone();
        Mock::given(method("POST"))
            .and(path("/token"))
            .and(move |request: &wiremock::Request| {
                let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
                let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
                let verifier = get("code_verifier").unwrap_or_default();
                let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
                get("code").as_ref() == Some(&expected) && hash == challenge && verifier.len() >= 43
            })
            .respond_with(granted)
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
        code
    }
}

/// Begins a sign-in.
pub async fn begin(node: &Node, provider: &str) -> Away {
    away(&post(&format!("/auth/federated/{provider}")).json(json!({ "next": "/c/1?x=y" })).on(node).await.expect(200))
}

/// Begins to link an identity to the person.
pub async fn begin_link(node: &Node, provider: &str, person: &Person) -> Away {
    let body = json!({ "next": "/settings/security", "provider": provider });
    let begun = post("/auth/identities").bearer(&person.token).json(body).on(node).await;
    away(&begun.expect(200))
}

/// Comes back with these parameters.
pub async fn come_back(node: &Node, provider: &str, cookie: &str, parameters: &[(&str, &str)]) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    call(Method::GET, &format!("/auth/callback/{provider}?{query}")).cookie(cookie).on(node).await
}

/// Where the browser is sent on to.
pub fn location(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// Why a sign-in was refused; no session was begun.
#[track_caller]
pub fn refusal(answer: &Answer) -> String {
    let location = location(answer);
    assert!(answer.set_cookie().is_none(), "no session: {location}");
    let query = location.strip_prefix("/sign-in-problem?why=").unwrap_or_else(|| panic!("{location}"));
    query.split('&').next().unwrap().to_owned()
}

impl Provider {
    /// A whole sign-in by which the provider vouches for this.
    pub async fn sign_in(&self, node: &Node, subject: &str, email: &str) -> Answer {
        self.sign_in_as(node, |provider, away| provider.claims(away, subject, email)).await
    }

    pub async fn sign_in_as(&self, node: &Node, claims: impl FnOnce(&Self, &Away) -> Map<String, Value>) -> Answer {
        let away = begin(node, "google").await;
        let token = self.sign(&claims(self, &away));
        self.come_back_with(node, &away, &token).await
    }

    pub async fn come_back_with(&self, node: &Node, away: &Away, token: &str) -> Answer {
        let code = self.grant(away, token).await;
        come_back(node, "google", &away.cookie, &[("code", &code), ("state", &away.parameter("state"))]).await
    }
}
