//! Acceptance 6 and 7: whose an identity is, and that nobody forges a sign-in.

use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::{
    oidc_provider::{self, Provider, away, begin, begin_link, come_back, location, refusal, start},
    support::{ANN, Answer, BASE, Node, PASSWORD, Person, World, call, get, post},
};

async fn world(db: &TestDb) -> (World, Provider) {
    let provider = Provider::start().await;
    let federation = provider.config();
    (World::with(db, |config| config.federation = federation), provider)
}

/// Goes on where a callback sent the browser: with the cookie that it set.
async fn person(node: &Node, answer: &Answer) -> Person {
    assert!(!location(answer).starts_with("/sign-in-problem"), "{}", location(answer));
    node.refresh(&answer.cookie()).await.expect(200).person()
}

async fn accounts(node: &Node, person: &Person) -> Value {
    get("/auth/identities").bearer(&person.token).on(node).await.expect(200).json()
}

#[db_test]
async fn acceptance_6_an_identity_is_issuer_and_subject(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let first = google.sign_in(&node, "1001", ANN).await;
    assert_eq!(location(&first), "/c/1?x=y");
    let ann = person(&node, &first).await;
    let me = node.whoami(&ann.token).await.expect(200).json();
    assert_eq!((&me["user"]["email"], &me["user"]["name"]), (&json!(ANN), &json!("Ann Lee")));
    assert_eq!(me["user"]["email_verified"], true);
    assert!(node.letter(ANN).await.subject.contains("Google"), "a letter tells of it");

    // The address may change; the subject says who it is.
    let again = google.sign_in(&node, "1001", "new@example.com").await;
    assert_eq!(person(&node, &again).await.user, ann.user);
    // Another subject with the same address is somebody else, and Ann's account is left alone.
    assert_eq!(refusal(&google.sign_in(&node, "2002", ANN).await), "account_exists");
    assert_eq!(accounts(&node, &ann).await["data"].as_array().unwrap().len(), 1);
    // The same subject of another issuer is somebody else too.
    let other = Provider::start().await;
    let another = World::with(&db, |config| config.federation = other.config());
    assert_eq!(refusal(&other.sign_in(&another.node, "1001", ANN).await), "account_exists");
}

#[db_test]
async fn acceptance_6_an_unverified_address_of_a_provider_never_links(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    node.join(ANN).await;
    for change in [json!(false), json!("false"), json!(null), json!("yes"), json!(1)] {
        let answer = google
            .sign_in_as(&node, |google, away| {
                let mut claims = google.claims(away, "1001", ANN);
                claims.insert("email_verified".to_owned(), change.clone());
                claims
            })
            .await;
        assert_eq!(refusal(&answer), "email_unverified", "{change}");
    }
    for address in ["", "no address", "ann@example.com\u{0}"] {
        assert_eq!(refusal(&google.sign_in(&node, "1001", address).await), "email_unverified", "{address:?}");
    }
    // The password still is Ann's, and nobody was linked.
    let ann = node.log_in(ANN).await.expect(200).person();
    assert_eq!(accounts(&node, &ann).await["data"], json!([]));
}

#[db_test]
async fn acceptance_6_an_unproved_account_goes_over_without_its_old_ways_in(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    // Somebody signed up with Ann's address, used the account, and waits.
    let squatter = node.join(ANN).await;
    let (_, key) = node.key(&squatter, json!({ "name": "Mine" })).await;
    let reset = node.reset_token(ANN).await;
    let away = begin_link(&node, "google", &squatter).await;
    let mut claims = google.claims(&away, "666", "squatter@example.com");
    claims.insert("email_verified".to_owned(), json!(false));
    let linked = google.come_back_with(&node, &away, &google.sign(&claims)).await;
    assert_eq!(location(&linked), "/settings/security");

    let ann = person(&node, &google.sign_in(&node, "1001", ANN).await).await;
    assert_eq!(ann.user, squatter.user, "the account is hers");
    node.whoami(&squatter.token).await.refused(401, "unauthenticated");
    node.refresh(&squatter.cookie).await.refused(401, "refresh_invalid");
    node.log_in(ANN).await.refused(401, "invalid_credentials");
    node.reset(&reset, "another long password").await.refused(410, "link_invalid");
    get("/me").bearer(&key).on(&node).await.refused(401, "unauthenticated");
    // What the squatter linked leads elsewhere now: to an account of their own.
    let elsewhere = person(&node, &google.sign_in(&node, "666", "squatter@example.com").await).await;
    assert_ne!(elsewhere.user, ann.user);
}

#[db_test]
async fn acceptance_6_a_proved_account_is_linked_by_its_owner_alone(db: TestDb) {
    let provider = Provider::start().await;
    let federation = provider.config();
    let World { node, .. } = World::with(&db, |config| {
        config.federation = federation;
        config.require_verified_email = true;
    });
    let ann = node.join_with_proof(ANN).await;
    assert_eq!(refusal(&provider.sign_in(&node, "1001", ANN).await), "account_exists");
    assert_eq!(accounts(&node, &ann).await["has_password"], true);
    post("/auth/identities").json(json!({ "provider": "google" })).on(&node).await.refused(401, "unauthenticated");

    // Signed in, Ann links it, whatever its address is.
    let away = begin_link(&node, "google", &ann).await;
    let token = provider.sign(&provider.claims(&away, "1001", "elsewhere@example.com"));
    assert_eq!(location(&provider.come_back_with(&node, &away, &token).await), "/settings/security");
    let linked = accounts(&node, &ann).await;
    assert_eq!(
        (&linked["data"][0]["provider"], &linked["data"][0]["email"]),
        (&json!("google"), &json!("elsewhere@example.com"))
    );
    assert!(node.letter(ANN).await.subject.contains("Google"));
    assert_eq!(person(&node, &provider.sign_in(&node, "1001", "elsewhere@example.com").await).await.user, ann.user);

    // Nobody else can have it, and nobody links for a session that has ended.
    let eve = node.join_with_proof("eve@example.com").await;
    let away = begin_link(&node, "google", &eve).await;
    let token = provider.sign(&provider.claims(&away, "1001", ANN));
    assert_eq!(refusal(&provider.come_back_with(&node, &away, &token).await), "taken");
    let away = begin_link(&node, "google", &eve).await;
    post("/auth/logout").bearer(&eve.token).on(&node).await.expect(204);
    let token = provider.sign(&provider.claims(&away, "3003", "eve@example.com"));
    assert_eq!(refusal(&provider.come_back_with(&node, &away, &token).await), "signed_out");

    // She takes it away again.
    let path = format!("/auth/identities/{}", linked["data"][0]["id"].as_str().unwrap());
    let eve = node.log_in("eve@example.com").await.expect(200).person();
    call(axum::http::Method::DELETE, &path).bearer(&eve.token).on(&node).await.refused(404, "not_found");
    call(axum::http::Method::DELETE, &path).bearer(&ann.token).on(&node).await.expect(204);
    assert_eq!(refusal(&provider.sign_in(&node, "1001", ANN).await), "account_exists");
}

#[db_test]
async fn acceptance_6_nobody_loses_their_last_way_in(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let ann = person(&node, &google.sign_in(&node, "1001", ANN).await).await;
    let own = accounts(&node, &ann).await;
    assert_eq!(own["has_password"], false);
    let path = format!("/auth/identities/{}", own["data"][0]["id"].as_str().unwrap());
    let remove = || call(axum::http::Method::DELETE, &path).bearer(&ann.token).on(&node);
    remove().await.refused(409, "last_sign_in");
    node.log_in(ANN).await.refused(401, "invalid_credentials");
    let body = json!({ "current_password": "", "new_password": "a lighthouse of paper boats" });
    assert_eq!(post("/auth/password").bearer(&ann.token).json(body).on(&node).await.status.as_u16() / 100, 4);
    // With a password of her own she may.
    let token = node.reset_token(ANN).await;
    node.reset(&token, PASSWORD).await.expect(204);
    let ann = node.log_in(ANN).await.expect(200).person();
    call(axum::http::Method::DELETE, &path).bearer(&ann.token).on(&node).await.expect(204);
    assert_eq!(accounts(&node, &ann).await["data"], json!([]));
}

#[db_test]
async fn acceptance_7_a_state_is_of_one_browser_one_provider_and_one_use(db: TestDb) {
    let (World { node, clock, data: _data, .. }, google) = world(&db).await;
    let away_ = begin(&node, "google").await;
    let state = away_.parameter("state");
    let code = google.grant(&away_, &google.sign(&google.claims(&away_, "1001", ANN))).await;
    let good = [("code", code.as_str()), ("state", state.as_str())];
    let other = begin(&node, "google").await;
    assert_eq!(refusal(&come_back(&node, "google", "x=y", &good).await), "state", "no cookie");
    assert_eq!(refusal(&come_back(&node, "google", &other.cookie, &good).await), "state", "another browser's");
    assert_eq!(refusal(&come_back(&node, "google", &away_.cookie, &[("code", &code)]).await), "state", "no state");
    let forged = [("code", code.as_str()), ("state", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")];
    assert_eq!(refusal(&come_back(&node, "google", &away_.cookie, &forged).await), "state", "another state");
    assert_eq!(refusal(&come_back(&node, "github", &away_.cookie, &good).await), "off", "another provider's");
    // None of that used it up.
    person(&node, &come_back(&node, "google", &away_.cookie, &good).await).await;
    assert_eq!(refusal(&come_back(&node, "google", &away_.cookie, &good).await), "state", "used");

    // It ends after ten minutes.
    let late = begin(&node, "google").await;
    clock.advance(std::time::Duration::from_secs(601));
    let good = [("code", "code"), ("state", &late.parameter("state"))];
    assert_eq!(refusal(&come_back(&node, "google", &late.cookie, &good).await), "state", "late");
    node.identity.maintain().await.unwrap();
}

#[db_test]
async fn acceptance_7_two_tabs_sign_in_at_the_same_time(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let one = begin(&node, "google").await;
    let begun = post("/auth/federated/google").cookie(&one.cookie).json(json!({})).on(&node).await.expect(200);
    let two = away(&begun);
    assert_eq!(one.cookie, two.cookie);
    assert_ne!(one.parameter("code_challenge"), two.parameter("code_challenge"));
    assert_ne!(one.parameter("nonce"), two.parameter("nonce"));
    for tab in [&one, &two] {
        let token = google.sign(&google.claims(tab, "1001", ANN));
        person(&node, &google.come_back_with(&node, tab, &token).await).await;
    }
}

#[db_test]
async fn acceptance_7_what_an_id_token_must_be_like(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let lies: [(&str, &str, Value); 17] = [
        ("nonce", "another", json!("another")),
        ("nonce", "none", Value::Null),
        ("iss", "another", json!("https://evil.example")),
        ("iss", "none", Value::Null),
        ("aud", "another", json!("another-client")),
        ("aud", "none", Value::Null),
        ("aud", "several without a party", json!([oidc_provider::CLIENT, "another"])),
        ("azp", "another", json!("another-client")),
        ("exp", "over", json!(start() - 61)),
        ("exp", "none", Value::Null),
        ("exp", "words", json!("tomorrow")),
        ("nbf", "to come", json!(start() + 120)),
        ("iat", "to come", json!(start() + 120)),
        ("iat", "long ago", json!(start() - 4000)),
        ("iat", "none", Value::Null),
        ("sub", "none", Value::Null),
        ("sub", "blank", json!(" ")),
    ];
    for (name, what, value) in lies {
        let answer = google
            .sign_in_as(&node, |google, away| {
                let mut claims = google.claims(away, "1001", ANN);
                if value.is_null() {
                    claims.remove(name);
                } else {
                    claims.insert(name.to_owned(), value.clone());
                }
                claims
            })
            .await;
        assert_eq!(refusal(&answer), "untrusted", "{name}: {what}");
    }
    node.log_in(ANN).await.refused(401, "invalid_credentials");
}

#[db_test]
async fn acceptance_7_forged_signatures_are_refused(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let encode = |value: Value| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(value.to_string())
    };
    for kind in ["another key", "none", "the client's secret", "the public key as a secret", "cut", "its own key"] {
        let away = begin(&node, "google").await;
        let claims = google.claims(&away, "1001", ANN);
        let body = encode(Value::Object(claims.clone()));
        let hmac = |secret: &[u8]| {
            let header = jsonwebtoken::Header { kid: Some("one".to_owned()), ..Default::default() };
            jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_secret(secret)).unwrap()
        };
        let token = match kind {
            "another key" => Provider::sign_with_another_key(&claims),
            "none" => format!("{}.{body}.", encode(json!({ "alg": "none" }))),
            "the client's secret" => hmac(oidc_provider::SECRET.as_bytes()),
            "the public key as a secret" => {
                let keys = published_keys(&google).await;
                hmac(keys.as_bytes())
            }
            "cut" => google.sign(&claims).rsplit_once('.').unwrap().0.to_owned() + ".",
            _ => {
                let header = json!({ "alg": "ES256", "kid": "two", "jku": format!("{}/keys", google.issuer()) });
                let signed = google.sign(&claims);
                let parts: Vec<&str> = signed.split('.').collect();
                format!("{}.{}.{}", encode(header), parts[1], parts[2])
            }
        };
        assert_eq!(refusal(&google.come_back_with(&node, &away, &token).await), "untrusted", "{kind}");
    }
}

/// What the provider publishes as its keys.
async fn published_keys(google: &Provider) -> String {
    let outbound = outbound::Outbound::new(outbound::Guard::default());
    let url = format!("{}/keys", google.issuer());
    let answer = outbound.get(&url, axum::http::HeaderMap::new(), outbound::Named::ByOperator).await.unwrap();
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[db_test]
async fn acceptance_7_the_issuer_and_the_verifier_must_fit(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    // RFC 9207: an answer from another issuer is refused before its code goes anywhere.
    let away = begin(&node, "google").await;
    let state = away.parameter("state");
    let mixed_up = [("code", "stolen"), ("state", state.as_str()), ("iss", "https://evil.example")];
    let before = google.server.received_requests().await.unwrap().len();
    assert_eq!(refusal(&come_back(&node, "google", &away.cookie, &mixed_up).await), "issuer");
    assert_eq!(google.server.received_requests().await.unwrap().len(), before);
    // The right one is fine.
    let away = begin(&node, "google").await;
    let code = google.grant(&away, &google.sign(&google.claims(&away, "1001", ANN))).await;
    let (state, issuer) = (away.parameter("state"), google.issuer());
    let fine = [("code", code.as_str()), ("state", state.as_str()), ("iss", issuer.as_str())];
    person(&node, &come_back(&node, "google", &away.cookie, &fine).await).await;
    // A code that another sign-in was given does not fit this one's verifier.
    let (one, two) = (begin(&node, "google").await, begin(&node, "google").await);
    let stolen = google.grant(&one, &google.sign(&google.claims(&two, "1001", ANN))).await;
    let injected = [("code", stolen.as_str()), ("state", &two.parameter("state"))];
    assert_eq!(refusal(&come_back(&node, "google", &two.cookie, &injected).await), "unavailable");
    // Who presses *Cancel* is told so.
    let away = begin(&node, "google").await;
    let cancelled = [("error", "access_denied"), ("state", &away.parameter("state"))];
    assert_eq!(refusal(&come_back(&node, "google", &away.cookie, &cancelled).await), "cancelled");
}

#[db_test]
async fn acceptance_7_an_issuer_that_promises_its_name_must_send_it(db: TestDb) {
    let provider = Provider::start().await;
    provider.server.reset().await;
    provider.publish(|document| document["authorization_response_iss_parameter_supported"] = json!(true)).await;
    let World { node, .. } = World::with(&db, |config| config.federation = provider.config());
    let away = begin(&node, "google").await;
    let nameless = [("code", "code"), ("state", &away.parameter("state"))];
    assert_eq!(refusal(&come_back(&node, "google", &away.cookie, &nameless).await), "issuer");

    // A configuration for another issuer is none.
    provider.server.reset().await;
    provider.publish(|document| document["issuer"] = json!("https://evil.example")).await;
    let World { node, .. } = World::with(&db, |config| config.federation = provider.config());
    post("/auth/federated/google").json(json!({})).on(&node).await.refused(424, "identity_provider_failed");
}

#[db_test]
async fn acceptance_11_the_way_back_is_configured(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let begun = post("/auth/federated/google")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .json(json!({ "next": "//evil.example/" }))
        .on(&node)
        .await
        .expect(200);
    let cookie = begun.set_cookie().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=600"),
        "{cookie}"
    );
    let away = away(&begun);
    assert_eq!(away.parameter("redirect_uri"), format!("{BASE}/api/v1/auth/callback/google"));
    assert_eq!(away.parameter("code_challenge_method"), "S256");
    assert!(away.url.as_str().starts_with(&format!("{}/authorize?", google.issuer())));
    let token = google.sign(&google.claims(&away, "1001", ANN));
    assert_eq!(location(&google.come_back_with(&node, &away, &token).await), "/");
}

#[db_test]
async fn closed_means_closed_and_what_is_not_set_up_is_not_there(db: TestDb) {
    let provider = Provider::start().await;
    let World { node, .. } = World::with(&db, |config| {
        config.federation = provider.config();
        config.sign_up_open = false;
    });
    assert_eq!(refusal(&provider.sign_in(&node, "1001", ANN).await), "sign_up_closed");
    for other in ["github", "facebook", "%2e%2e", "google%00"] {
        let status = post(&format!("/auth/federated/{other}")).json(json!({})).on(&node).await.status.as_u16();
        assert_eq!(status, 404, "{other}");
    }
}

#[db_test]
async fn a_disabled_account_stays_closed(db: TestDb) {
    let (World { node, .. }, google) = world(&db).await;
    let ann = person(&node, &google.sign_in(&node, "1001", ANN).await).await;
    node.identity.set_user_disabled(ann.user, true).await.unwrap();
    assert_eq!(refusal(&google.sign_in(&node, "1001", ANN).await), "disabled");
    assert_eq!(refusal(&google.sign_in(&node, "2002", ANN).await), "disabled");
}
