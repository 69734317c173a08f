//! Acceptance 6 and 7 with GitHub, which is no `OpenID` provider.

use identity::federation::{FederationConfig, GitHub};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, header, method, path},
};

use crate::{
    oidc_provider::{Away, begin, come_back, location, refusal},
    support::{ANN, Answer, BASE, Node, World},
};

struct Hub(MockServer);

impl Hub {
    async fn start() -> Self {
        Self(MockServer::start().await)
    }

    fn config(&self) -> FederationConfig {
        let url: url::Url = self.0.uri().parse().unwrap();
        FederationConfig {
            base_url: BASE.to_owned(),
            github: Some(GitHub {
                client_id: "hub".to_owned(),
                client_secret: "hush".into(),
                api_url: url.join("api/v3").unwrap(),
                url,
            }),
            ..FederationConfig::default()
        }
    }

    /// Answers as GitHub documents it.
    async fn answers(&self, token: Value, user: Value, emails: Value) {
        self.0.reset().await;
        Mock::given(method("POST"))
            .and(path("/login/oauth/access_token"))
            .and(header("accept", "application/json"))
            .and(body_string_contains("client_secret=hush"))
            .and(body_string_contains("code_verifier="))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .mount(&self.0)
            .await;
        for (at, body) in [("/api/v3/user", user), ("/api/v3/user/emails", emails)] {
            Mock::given(method("GET"))
                .and(path(at))
                .and(header("authorization", "Bearer gho_token"))
                .respond_with(ResponseTemplate::new(200).set_body_json(body))
                .mount(&self.0)
                .await;
        }
    }
}

fn granted() -> Value {
    json!({ "access_token": "gho_token", "scope": "read:user,user:email", "token_type": "bearer" })
}

fn emails(verified: bool) -> Value {
    json!([
        { "email": "old@example.com", "primary": false, "verified": true, "visibility": null },
        { "email": ANN, "primary": true, "verified": verified, "visibility": "private" },
    ])
}

async fn back(node: &Node, away: &Away) -> Answer {
    come_back(node, "github", &away.cookie, &[("code", "code"), ("state", &away.parameter("state"))]).await
}

#[db_test]
async fn acceptance_6_a_github_user_is_a_number(db: TestDb) {
    let hub = Hub::start().await;
    let World { node, .. } = World::with(&db, |config| config.federation = hub.config());
    hub.answers(granted(), json!({ "id": 583_231, "login": "ann", "name": null }), emails(true)).await;
    let away = begin(&node, "github").await;
    assert!(away.url.as_str().starts_with(&format!("{}/login/oauth/authorize?", hub.0.uri())), "{}", away.url);
    assert_eq!(away.parameter("redirect_uri"), format!("{BASE}/api/v1/auth/callback/github"));
    assert_eq!(away.parameter("code_challenge_method"), "S256");
    let first = back(&node, &away).await;
    assert_eq!(location(&first), "/c/1?x=y");
    let ann = node.refresh(&first.cookie()).await.expect(200).person();
    // Another login, another address, the same number: the same person.
    hub.answers(granted(), json!({ "id": 583_231, "login": "annabel", "name": "Ann" }), json!([])).await;
    let again = back(&node, &begin(&node, "github").await).await;
    assert_eq!(node.refresh(&again.cookie()).await.expect(200).person().user, ann.user);
    // The freed login with another number: somebody else.
    hub.answers(granted(), json!({ "id": 9, "login": "ann", "name": "Ann" }), emails(true)).await;
    assert_eq!(refusal(&back(&node, &begin(&node, "github").await).await), "account_exists");
}

#[db_test]
async fn acceptance_6_github_must_have_verified_the_primary_address(db: TestDb) {
    let hub = Hub::start().await;
    let World { node, .. } = World::with(&db, |config| config.federation = hub.config());
    hub.answers(granted(), json!({ "id": 1, "login": "ann", "name": "Ann" }), emails(false)).await;
    assert_eq!(refusal(&back(&node, &begin(&node, "github").await).await), "email_unverified");
    hub.answers(json!({ "error": "bad_verification_code" }), json!({}), json!([])).await;
    assert_eq!(refusal(&back(&node, &begin(&node, "github").await).await), "unavailable");
    hub.answers(granted(), json!({ "login": "ann" }), emails(true)).await;
    assert_eq!(refusal(&back(&node, &begin(&node, "github").await).await), "unavailable");
    let away = begin(&node, "github").await;
    let (state, forged) = (away.parameter("state"), "https://evil.example");
    let answer = [("code", "code"), ("state", state.as_str()), ("iss", forged)];
    assert_eq!(refusal(&come_back(&node, "github", &away.cookie, &answer).await), "issuer");
}
