//! Acceptance 10: nothing that a stranger can ask tells whether an address has a user. Work is
//! counted instead of timed: password hashes, which are all that takes long.

use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{ANN, Answer, Node, PASSWORD, World, post};

/// All that a caller sees, but for what differs between any two requests.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id");
    (answer.status.as_u16(), headers, body)
}

async fn log_in(node: &Node, email: &str, password: &str) -> Answer {
    post("/auth/login").json(json!({ "email": email, "password": password })).on(node).await
}

#[db_test]
async fn acceptance_10_sign_up_answers_alike_and_works_alike(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let hashes = || world.node.identity.password_hashes();

    let before = hashes();
    let free = world.node.sign_up("bob@example.com").await;
    assert_eq!(hashes() - before, 1);
    for taken in [ANN, "ANN@Example.COM", "  ann@example.com "] {
        let before = hashes();
        let taken = world.node.sign_up(taken).await;
        assert_eq!(hashes() - before, 1);
        assert_eq!(seen(&taken), seen(&free));
    }
    assert_eq!(seen(&free).0, 202);
    assert_eq!(free.json(), json!({ "status": "accepted" }));
}

#[db_test]
async fn acceptance_10_a_second_sign_up_changes_nothing(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let body = json!({ "email": ANN, "password": "another good password", "name": "Mallory", "locale": "vi" });
    post("/auth/signup").json(body).on(&world.node).await.expect(202);
    log_in(&world.node, ANN, "another good password").await.refused(401, "invalid_credentials");
    let user = world.node.log_in(ANN).await.expect(200).json()["user"].clone();
    assert_eq!((user["name"].as_str(), user["locale"].as_str()), (Some("ann"), Some("en")));
    let (users,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM users", vec![]).await.unwrap();
    let (workspaces,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM workspaces", vec![]).await.unwrap();
    assert_eq!((users, workspaces), (1, 1));
}

#[db_test]
async fn acceptance_10_parallel_sign_ups_make_one_user(db: TestDb) {
    let world = World::new(&db);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let node = world.node.clone();
        calls.spawn(async move { node.sign_up(ANN).await.status.as_u16() });
    }
    assert_eq!(calls.join_all().await, [202; 8]);
    let (users,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM users", vec![]).await.unwrap();
    let (workspaces,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM workspaces", vec![]).await.unwrap();
    assert_eq!((users, workspaces), (1, 1));
}

#[db_test]
async fn acceptance_10_a_failed_login_tells_nothing(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let disabled = world.node.join("disabled@example.com").await;
    world.node.identity.set_user_disabled(disabled.user, true).await.unwrap();
    let hashes = || world.node.identity.password_hashes();

    let mut answers = Vec::new();
    for (email, password) in [
        (ANN, "not the password"),
        ("nobody@example.com", "not the password"),
        ("disabled@example.com", PASSWORD),
        ("disabled@example.com", "not the password"),
        ("not an address", "x"),
        ("ann@example.com\0", PASSWORD),
        ("ann@example.com", "with a \0 inside"),
    ] {
        let before = hashes();
        let answer = log_in(&world.node, email, password).await;
        assert_eq!(hashes() - before, 1, "{email}");
        assert_eq!(answer.outcome(), (401, "invalid_credentials".to_owned()));
        answers.push(seen(&answer));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[db_test]
async fn acceptance_10_being_locked_out_tells_nothing(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let mut refusals = Vec::new();
    for email in [ANN, "nobody@example.com"] {
        for _ in 0..5 {
            log_in(&world.node, email, "not the password").await.refused(401, "invalid_credentials");
        }
        let before = world.node.identity.password_hashes();
        refusals.push(seen(&log_in(&world.node, email, "not the password").await));
        assert_eq!(world.node.identity.password_hashes(), before, "no work for who has to wait");
    }
    assert_eq!(refusals[0].0, 429);
    assert_eq!(refusals[0], refusals[1]);
}

#[db_test]
async fn sign_up_can_be_closed(db: TestDb) {
    let world = World::with(&db, |config| config.sign_up_open = false);
    world.node.sign_up(ANN).await.refused(403, "sign_up_closed");
    let made = world.node.identity.create_user(crate::support::new_user(ANN)).await.unwrap();
    assert_eq!(world.node.log_in(ANN).await.expect(200).person().user, made);
    let again = world.node.identity.create_user(crate::support::new_user("Ann@Example.com")).await;
    assert!(matches!(again, Err(identity::IdentityError::EmailTaken)));
}
