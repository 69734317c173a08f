//! Acceptance 13: what opens doors or can't be undone needs a proof of lately.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{ANN, Answer, Call, PASSWORD, Person, World, call, post};

const TEN_MINUTES: Duration = Duration::from_secs(600);

#[track_caller]
fn needs_proof(answer: Answer) {
    assert_eq!(answer.outcome(), (403, "step_up_required".to_owned()), "{}", answer.text());
    assert_eq!(answer.json()["methods"], json!(["password"]));
}

fn step_up(person: &Person, password: &str) -> Call {
    post("/auth/step-up").bearer(&person.token).json(json!({ "method": "password", "password": password }))
}

/// A token that is good again after the time that a proof counts.
async fn renewed(world: &World, person: &Person) -> Person {
    world.node.refresh(&person.cookie).await.expect(200).person()
}

#[db_test]
async fn acceptance_13_what_opens_doors_needs_a_proof_of_lately(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    // A login is a proof.
    let (key, _) = world.node.key(&ann, json!({ "name": "Key" })).await;
    let shared = post("/workspaces").bearer(&ann.token).json(json!({ "name": "Shared" })).on(&world.node).await;
    let shared = shared.expect(201).json()["id"].clone();
    world.clock.advance(TEN_MINUTES);
    let renew = post("/auth/refresh").cookie(&ann.cookie).json(json!({ "workspace": shared }));
    let ann = renew.on(&world.node).await.expect(200).person();
    let all: [(Method, &str, Value); 10] = [
        (Method::POST, "/auth/password", json!({ "new_password": "a lighthouse of paper boats" })),
        (Method::POST, "/auth/email", json!({ "email": "ann@example.org" })),
        (Method::POST, "/auth/totp", Value::Null),
        (Method::DELETE, "/auth/totp", Value::Null),
        (Method::POST, "/auth/recovery-codes", Value::Null),
        (Method::POST, "/auth/passkeys/begin", Value::Null),
        (Method::POST, "/keys", json!({ "name": "Another" })),
        (Method::POST, "/sso/domains/example.com/verify", Value::Null),
        (Method::DELETE, "/sso/domains/example.com", Value::Null),
        (Method::DELETE, "/workspace", Value::Null),
    ];
    let requests = || {
        let rotate = (Method::POST, format!("/keys/{key}/rotate"), json!({}));
        let others = all.iter().map(|(method, path, body)| (method.clone(), (*path).to_owned(), body.clone()));
        others.chain([rotate]).map(|(method, path, body)| {
            let made = call(method, &path).bearer(&ann.token);
            if body.is_null() { made } else { made.json(body) }
        })
    };
    let before = world.node.password_of(&db, ANN).await;
    for request in requests() {
        needs_proof(request.on(&world.node).await);
    }
    assert_eq!(world.node.password_of(&db, ANN).await, before);
    let wrong = step_up(&ann, "wrong guess").on(&world.node).await.expect(422);
    assert_eq!(wrong.fields(), ["password"]);
    needs_proof(post("/keys").bearer(&ann.token).json(json!({ "name": "Another" })).on(&world.node).await);
    step_up(&ann, PASSWORD).on(&world.node).await.expect(200);
    for request in requests() {
        let answer = request.on(&world.node).await;
        assert_ne!(answer.outcome().1, "step_up_required", "{}", answer.text());
    }
}

#[db_test]
async fn a_proof_is_of_one_session_and_of_ten_minutes(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let other = world.node.log_in(ANN).await.expect(200).person();
    world.clock.advance(TEN_MINUTES);
    let (ann, other) = (renewed(&world, &ann).await, renewed(&world, &other).await);
    let until = step_up(&ann, PASSWORD).on(&world.node).await.expect(200).json()["proved_until"].clone();
    assert!(until.is_string());
    let key = |person: &Person| post("/keys").bearer(&person.token).json(json!({ "name": "Key" }));
    key(&ann).on(&world.node).await.expect(201);
    needs_proof(key(&other).on(&world.node).await);
    world.clock.advance(TEN_MINUTES);
    needs_proof(key(&renewed(&world, &ann).await).on(&world.node).await);
}

#[db_test]
async fn acceptance_13_guesses_at_a_step_up_are_slowed(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    for _ in 0..5 {
        step_up(&ann, "wrong guess").on(&world.node).await.expect(422);
    }
    step_up(&ann, PASSWORD).on(&world.node).await.refused(429, "rate_limited");
    world.clock.advance(Duration::from_secs(1));
    step_up(&ann, PASSWORD).on(&world.node).await.expect(200);
    let code = json!({ "method": "recovery_code", "code": "4k7m-q2vx-9d3h-w8np" });
    post("/auth/step-up").bearer(&ann.token).json(code).on(&world.node).await.expect(422);
}

#[db_test]
async fn an_api_key_makes_keys_without_a_proof_and_proves_nothing(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let (_, secret) = world.node.key(&ann, json!({ "name": "Key", "scopes": ["read", "write"] })).await;
    world.clock.advance(TEN_MINUTES);
    let made = json!({ "name": "By a key", "scopes": ["read"] });
    post("/keys").bearer(&secret).json(made).on(&world.node).await.expect(201);
    let proof = json!({ "method": "password", "password": PASSWORD });
    post("/auth/step-up").bearer(&secret).json(proof).on(&world.node).await.refused(403, "forbidden");
}
