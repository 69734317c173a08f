//! Acceptance 5: which access tokens are refused, and that a good one is not.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{ANN, Person, World};

/// The platform's own private key, as an attacker would love to have it: with it, each test
/// differs from a good token in one thing alone.
struct Forger {
    key: Vec<u8>,
    header: Header,
    claims: Value,
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

impl Forger {
    fn new(world: &World, person: &Person) -> Self {
        let keys = std::fs::read_dir(world.data.path().join("keys")).unwrap();
        let path = keys.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|it| it == "pem"));
        let key = pem::parse(std::fs::read_to_string(path.unwrap()).unwrap()).unwrap().into_contents();
        let header = serde_json::from_value(part(&person.token, 0)).unwrap();
        Self { key, header, claims: part(&person.token, 1) }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &EncodingKey::from_ed_der(&self.key)).unwrap()
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        match value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
            value => claims[name] = value,
        }
        self.sign(&self.header, &claims)
    }

    fn with_header(&self, change: impl FnOnce(&mut Header)) -> String {
        let mut header = self.header.clone();
        change(&mut header);
        self.sign(&header, &self.claims)
    }

    fn public_key(&self) -> Vec<u8> {
        Ed25519KeyPair::from_pkcs8(&self.key).unwrap().public_key().as_ref().to_vec()
    }
}

/// Two parts and a signature, put together by hand.
fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

#[db_test]
async fn acceptance_05_a_token_says_what_it_must(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let (header, claims) = (part(&ann.token, 0), part(&ann.token, 1));
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(header["typ"], "at+jwt");
    assert!(header["kid"].is_string());
    assert_eq!(header.as_object().unwrap().len(), 3);
    assert_eq!(claims["iss"], "parlance");
    assert_eq!(claims["aud"], "parlance-api");
    assert_eq!(claims["sub"], ann.user.to_string());
    assert_eq!(claims["wid"], ann.workspace.to_string());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    let forger = Forger::new(&world, &ann);
    let same = forger.sign(&forger.header, &forger.claims);
    world.node.whoami(&same).await.expect(200);
}

#[db_test]
async fn acceptance_05_no_algorithm_but_ours(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let forger = Forger::new(&world, &ann);
    let kid = forger.header.kid.clone();
    let mut tokens = Vec::new();
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = json!({ "alg": none, "typ": "at+jwt", "kid": kid });
        tokens.push(raw(&header, &forger.claims, ""));
        tokens.push(raw(&header, &forger.claims, "c2ln"));
    }
    // The public key as a shared secret: what a verifier that trusts `alg` would fall for.
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let mut header = Header::new(algorithm);
        header.typ = Some("at+jwt".to_owned());
        header.kid.clone_from(&kid);
        let public = forger.public_key();
        let as_pem = pem::encode(&pem::Pem::new("PUBLIC KEY", public.clone()));
        for secret in [public.clone(), as_pem.into_bytes(), URL_SAFE_NO_PAD.encode(&public).into_bytes()] {
            tokens.push(encode(&header, &forger.claims, &EncodingKey::from_secret(&secret)).unwrap());
        }
    }
    for token in tokens {
        world.node.whoami(&token).await.refused(401, "unauthenticated");
    }
}

#[db_test]
async fn acceptance_05_a_header_brings_no_key_and_no_address_of_one(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let forger = Forger::new(&world, &ann);
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let own_der = own.to_pkcs8v1().unwrap();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(own.public_key().as_ref()) });

    // Signed with a key of the attacker's, which the header brings or points to.
    for (name, value) in
        [("jwk", jwk), ("jku", json!("https://evil.example/keys")), ("x5u", json!("https://evil.example/x5u"))]
    {
        for kid in [json!(forger.header.kid), json!("own"), json!("../../../dev/null")] {
            let mut header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid });
            header[name] = value.clone();
            let message = raw(&header, &forger.claims, "");
            let message = message.trim_end_matches('.');
            let pair = Ed25519KeyPair::from_pkcs8(own_der.as_ref()).unwrap();
            let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()).as_ref());
            world.node.whoami(&format!("{message}.{signature}")).await.refused(401, "unauthenticated");
        }
    }
    // Signed with ours: even then such a header is none that we write.
    for token in [
        forger.with_header(|header| header.jku = Some("https://evil.example/keys".to_owned())),
        forger.with_header(|header| header.x5u = Some("https://evil.example/x5u".to_owned())),
        forger.with_header(|header| header.x5c = Some(vec!["AA==".to_owned()])),
        forger.with_header(|header| header.crit = Some(vec!["b64".to_owned()])),
        forger.with_header(|header| header.cty = Some("JWT".to_owned())),
        forger.with_header(|header| header.extras.insert("b64", false)),
        forger.with_header(|header| header.kid = None),
        forger.with_header(|header| header.kid = Some("unknown".to_owned())),
    ] {
        world.node.whoami(&token).await.refused(401, "unauthenticated");
    }
}

#[db_test]
async fn acceptance_05_wrong_claims_and_types_are_refused(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    let forger = Forger::new(&world, &ann);
    let now = world.env.now().seconds();
    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("aud", json!("another-api")),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("sub", json!(bob.user)),
        ("sub", json!("ann")),
        ("sub", Value::Null),
        ("sid", json!("sess_01h455vb4pex5vsknk084sn02q")),
        ("sid", Value::Null),
        ("wid", Value::Null),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 3600)),
    ] {
        let token = forger.with_claim(claim, value.clone());
        world.node.whoami(&token).await.refused(401, "unauthenticated");
    }
    // A workspace where Ann is nobody: the token is hers, the membership is not.
    let elsewhere = forger.with_claim("wid", json!(bob.workspace));
    world.node.whoami(&elsewhere).await.refused(401, "unauthenticated");
    for typ in [None, Some("JWT"), Some("jwt"), Some("id+jwt"), Some("AT+JWT")] {
        let token = forger.with_header(|header| header.typ = typ.map(str::to_owned));
        world.node.whoami(&token).await.refused(401, "unauthenticated");
    }
    world.node.whoami(&forger.with_claim("exp", json!(now))).await.refused(401, "token_expired");
    world.node.whoami(&forger.with_claim("nbf", json!(now))).await.expect(200);
}

#[db_test]
async fn acceptance_05_a_changed_token_is_refused(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    let parts: Vec<&str> = ann.token.split('.').collect();
    let mut claims = part(&ann.token, 1);
    claims["sub"] = json!(bob.user);
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let flipped: String = parts[2].chars().rev().collect();
    for token in [
        format!("{}.{claims}.{}", parts[0], parts[2]),
        format!("{}.{}.{flipped}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.extra", ann.token),
        format!("{}{}", ann.token, "A".repeat(5000)),
        String::new(),
    ] {
        world.node.whoami(&token).await.refused(401, "unauthenticated");
    }
}

#[db_test]
async fn acceptance_05_a_token_expires_and_the_session_does_not(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    world.clock.advance(std::time::Duration::from_secs(599));
    world.node.whoami(&ann.token).await.expect(200);
    world.clock.advance(std::time::Duration::from_secs(1));
    world.node.whoami(&ann.token).await.refused(401, "token_expired");
    let renewed = world.node.refresh(&ann.cookie).await.expect(200).person();
    world.node.whoami(&renewed.token).await.expect(200);
}

#[db_test]
async fn acceptance_05_the_tokens_of_another_installation_are_refused(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    // The same database and the same people, but keys of its own.
    let other = World::new(&db);
    other.node.whoami(&ann.token).await.refused(401, "unauthenticated");
    // The same keys, but another address.
    let moved = crate::support::Node::start(&db, &world.env, &world.clock, {
        let mut config = crate::support::config(&world.data);
        config.public_url = Some("https://moved.example".parse().unwrap());
        config
    });
    moved.whoami(&ann.token).await.refused(401, "unauthenticated");
}
