//! Passkeys: how they come, what they open, and what is refused.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{Authenticator, USER_VERIFIED},
};

use crate::{
    factors::start,
    support::{ANN, Answer, HOME, Person, World, call, get, post},
};

async fn begin(world: &World, person: &Person) -> Value {
    post("/auth/passkeys/begin").bearer(&person.token).on(&world.node).await.expect(200).json()
}

async fn add(world: &World, person: &Person, authenticator: &mut Authenticator, name: &str) -> Answer {
    let begun = begin(world, person).await;
    let credential = authenticator.create(&begun["options"]);
    finish(world, person, name, &begun, &credential).await
}

async fn finish(world: &World, person: &Person, name: &str, begun: &Value, credential: &Value) -> Answer {
    let body = json!({ "name": name, "ceremony": begun["ceremony"], "credential": credential });
    post("/auth/passkeys").bearer(&person.token).json(body).on(&world.node).await
}

async fn ask(world: &World) -> Value {
    post("/auth/passkeys/ask").on(&world.node).await.expect(200).json()
}

async fn send(world: &World, asked: &Value, credential: &Value) -> Answer {
    let body = json!({ "ceremony": asked["ceremony"], "credential": credential });
    post("/auth/login/passkey").json(body).on(&world.node).await
}

async fn log_in(world: &World, authenticator: &mut Authenticator) -> Answer {
    let asked = ask(world).await;
    let credential = authenticator.get(&asked["options"]);
    send(world, &asked, &credential).await
}

/// Ann with a passkey.
async fn ann(world: &World) -> (Person, Authenticator) {
    let ann = world.node.join(ANN).await;
    let mut authenticator = Authenticator::new();
    add(world, &ann, &mut authenticator, "Ann's laptop").await.expect(201);
    (ann, authenticator)
}

#[db_test]
async fn a_passkey_signs_in_without_a_password(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let mut authenticator = Authenticator::new();
    let added = add(&world, &ann, &mut authenticator, " Ann's laptop ").await.expect(201).json();
    assert_eq!(added["passkey"]["name"], "Ann's laptop");
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    let second = add(&world, &ann, &mut Authenticator::new(), "Ann's key").await.expect(201).json();
    assert_eq!(second["recovery_codes"], Value::Null, "those that she has stay");

    let person = log_in(&world, &mut authenticator).await.expect(200).person();
    assert_eq!(person.user, ann.user);
    world.node.whoami(&person.token).await.expect(200);
    let list = get("/auth/passkeys").bearer(&ann.token).on(&world.node).await.expect(200).json();
    let names: Vec<&str> = list["data"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ann's key", "Ann's laptop"]);
    assert!(list["data"][0]["last_used_at"].is_null() && list["data"][1]["last_used_at"].is_string());

    let path = format!("/auth/passkeys/{}", added["passkey"]["id"].as_str().unwrap());
    let renamed = call(Method::PATCH, &path).bearer(&ann.token).json(json!({ "name": "Old laptop" }));
    assert_eq!(renamed.on(&world.node).await.expect(200).json()["name"], "Old laptop");
    call(Method::PATCH, &path).bearer(&ann.token).json(json!({ "name": "  " })).on(&world.node).await.expect(422);
    let bob = world.node.join("bob@example.com").await;
    for somebody in [&bob, &ann] {
        let removed = call(Method::DELETE, &path).bearer(&somebody.token).on(&world.node).await;
        removed.expect(if somebody.user == ann.user { 204 } else { 404 });
    }
    log_in(&world, &mut authenticator).await.refused(422, "passkey_refused");
    let letters = world.node.letters(ANN).await;
    for subject in ["A passkey was added to your account", "A passkey was removed from your account"] {
        assert!(letters.iter().any(|letter| letter.subject == subject), "{subject}");
    }
}

#[db_test]
async fn a_passkey_is_a_second_factor_and_a_proof(db: TestDb) {
    let world = World::new(&db);
    let (ann, mut authenticator) = ann(&world).await;
    let started = start(&world.node, HOME).await;
    assert_eq!(started.methods, ["passkey", "recovery_code"]);
    let asked = ask(&world).await;
    let credential = authenticator.get(&asked["options"]);
    let proof = json!({ "method": "passkey", "ceremony": asked["ceremony"], "credential": credential });
    // Somebody else's passkey proves nothing about Ann.
    let bob = world.node.join("bob@example.com").await;
    let mut his = Authenticator::new();
    add(&world, &bob, &mut his, "Bob's").await.expect(201);
    let other = ask(&world).await;
    let foreign =
        json!({ "method": "passkey", "ceremony": other["ceremony"], "credential": his.get(&other["options"]) });
    started.finish(foreign).on(&world.node).await.refused(422, "passkey_refused");
    started.finish(proof).on(&world.node).await.expect(200);

    world.clock.advance(Duration::from_secs(600));
    let ann = world.node.refresh(&ann.cookie).await.expect(200).person();
    let refused = post("/auth/passkeys/begin").bearer(&ann.token).on(&world.node).await;
    assert_eq!(refused.json()["methods"], json!(["passkey", "password"]));
    let asked = ask(&world).await;
    let credential = authenticator.get(&asked["options"]);
    let proof = json!({ "method": "passkey", "ceremony": asked["ceremony"], "credential": credential });
    post("/auth/step-up").bearer(&ann.token).json(proof).on(&world.node).await.expect(200);
    begin(&world, &ann).await;
}

#[db_test]
async fn acceptance_12_a_passkey_that_lies_opens_nothing(db: TestDb) {
    let world = World::new(&db);
    let (_, mut authenticator) = ann(&world).await;
    let good = |authenticator: &mut Authenticator| {
        (authenticator.origin, authenticator.rp_id) = ("http://localhost:4000".to_owned(), "localhost".to_owned());
        authenticator.flags |= USER_VERIFIED;
    };
    let lies: [fn(&mut Authenticator); 5] = [
        |key| "https://evil.example".clone_into(&mut key.origin),
        |key| "https://localhost:4000".clone_into(&mut key.origin),
        |key| "http://localhost.evil.example".clone_into(&mut key.origin),
        |key| "evil.example".clone_into(&mut key.rp_id),
        |key| key.flags &= !USER_VERIFIED,
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        lie(&mut authenticator);
        let answer = log_in(&world, &mut authenticator).await;
        assert_eq!(answer.outcome(), (422, "passkey_refused".to_owned()), "lie {index}: {}", answer.text());
        good(&mut authenticator);
    }
    log_in(&world, &mut authenticator).await.expect(200);
}

#[db_test]
async fn acceptance_12_a_challenge_counts_once_and_for_a_while(db: TestDb) {
    let world = World::new(&db);
    let (_, mut authenticator) = ann(&world).await;
    let asked = ask(&world).await;
    let credential = authenticator.get(&asked["options"]);
    let (one, two) = tokio::join!(send(&world, &asked, &credential), send(&world, &asked, &credential));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!([410, 422].contains(&statuses[1]), "{statuses:?}");
    send(&world, &asked, &credential).await.refused(410, "challenge_ended");
    // The signature of one challenge is none of another.
    send(&world, &ask(&world).await, &credential).await.refused(422, "passkey_refused");
    let late = ask(&world).await;
    let credential = authenticator.get(&late["options"]);
    world.clock.advance(Duration::from_secs(300));
    send(&world, &late, &credential).await.refused(410, "challenge_ended");
    // What a passkey was made with opens nothing, and the other way round.
    let ann = world.node.join("other@example.com").await;
    let begun = begin(&world, &ann).await;
    send(&world, &begun, &credential).await.refused(410, "challenge_ended");
}

#[db_test]
async fn acceptance_12_a_counter_that_goes_back_is_refused(db: TestDb) {
    let world = World::new(&db);
    let (_, mut authenticator) = ann(&world).await;
    log_in(&world, &mut authenticator).await.expect(200);
    authenticator.counter = 0;
    log_in(&world, &mut authenticator).await.refused(422, "passkey_refused");
    authenticator.counter = 10;
    log_in(&world, &mut authenticator).await.expect(200);
}

#[db_test]
async fn acceptance_12_a_passkey_is_added_only_as_it_was_asked_for(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    let lies: [fn(&mut Authenticator); 3] = [
        |key| "https://evil.example".clone_into(&mut key.origin),
        |key| "evil.example".clone_into(&mut key.rp_id),
        |key| key.flags &= !USER_VERIFIED,
    ];
    for lie in lies {
        let mut authenticator = Authenticator::new();
        lie(&mut authenticator);
        add(&world, &ann, &mut authenticator, "Liar").await.refused(422, "passkey_refused");
    }
    let mut authenticator = Authenticator::new();
    let begun = begin(&world, &ann).await;
    let credential = authenticator.create(&begun["options"]);
    finish(&world, &bob, "Not his", &begun, &credential).await.refused(410, "challenge_ended");
    finish(&world, &ann, "Hers", &begun, &credential).await.expect(201);
    finish(&world, &ann, "Hers", &begun, &credential).await.refused(410, "challenge_ended");
    let again = begin(&world, &ann).await;
    assert_eq!(again["options"]["excludeCredentials"].as_array().unwrap().len(), 1);
    world.node.log_in("bob@example.com").await.expect(200);
}

#[db_test]
async fn a_disabled_user_has_no_way_in(db: TestDb) {
    let world = World::new(&db);
    let (ann, mut authenticator) = ann(&world).await;
    world.node.identity.set_user_disabled(ann.user, true).await.unwrap();
    log_in(&world, &mut authenticator).await.refused(422, "passkey_refused");
}

#[db_test]
async fn an_address_that_browsers_refuse_has_no_passkeys(db: TestDb) {
    let world = World::with(&db, |config| config.public_url = Some("http://203.0.113.7:4000".parse().unwrap()));
    let ann = world.node.join(ANN).await;
    post("/auth/passkeys/ask").on(&world.node).await.refused(404, "not_found");
    let factors = get("/auth/factors").bearer(&ann.token).on(&world.node).await.expect(200).json();
    assert_eq!(factors["passkeys_available"], false);
}
