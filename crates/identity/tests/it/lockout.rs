//! Acceptance 13: guessing gets slow for the attacker, and for nobody else.

use std::time::Duration;

use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, Answer, Node, PASSWORD, World, post};

const ATTACKER: &str = "198.51.100.66";

async fn guess(node: &Node, email: &str, password: &str, from: &str) -> Answer {
    post("/auth/login").json(json!({ "email": email, "password": password })).from(from).on(node).await
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[db_test]
async fn acceptance_13_each_guess_waits_longer(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    for _ in 0..5 {
        guess(&world.node, ANN, "wrong guess", ATTACKER).await.refused(401, "invalid_credentials");
    }
    let mut waits = Vec::new();
    for _ in 0..6 {
        let refused = guess(&world.node, ANN, "wrong guess", ATTACKER).await;
        waits.push(retry_after(&refused));
        refused.refused(429, "rate_limited");
        // The right password does not help before its time: the answer tells nothing.
        guess(&world.node, ANN, PASSWORD, ATTACKER).await.refused(429, "rate_limited");
        world.clock.advance(Duration::from_secs(*waits.last().unwrap()));
        guess(&world.node, ANN, "wrong guess", ATTACKER).await.refused(401, "invalid_credentials");
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32]);
}

#[db_test]
async fn acceptance_13_the_victim_elsewhere_is_never_locked_out(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    world.node.join(ANN).await;
    for _ in 0..20 {
        guess(&world.node, ANN, "wrong guess", ATTACKER).await;
    }
    // Neither on another node nor from a neighbour's address can the attacker go on …
    guess(&other, ANN, "wrong guess", ATTACKER).await.refused(429, "rate_limited");
    guess(&other, ANN, "wrong guess", "198.51.100.67").await.refused(429, "rate_limited");
    // … and Ann, at home, notices nothing; nor does another user behind the attacker's address.
    world.node.log_in(ANN).await.expect(200);
    world.node.sign_up("bob@example.com").await.expect(202);
    guess(&world.node, "bob@example.com", PASSWORD, ATTACKER).await.expect(200);
}

#[db_test]
async fn acceptance_13_many_guesses_at_once_don_t_slip_through(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let mut guesses = tokio::task::JoinSet::new();
    for index in 0..30 {
        let node = world.node.clone();
        guesses
            .spawn(async move { guess(&node, ANN, &format!("guess number {index}"), ATTACKER).await.status.as_u16() });
    }
    let statuses = guesses.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 25, "{statuses:?}");
}

#[db_test]
async fn acceptance_13_a_success_forgives(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    for _ in 0..3 {
        for _ in 0..4 {
            guess(&world.node, ANN, "wrong guess", ATTACKER).await.refused(401, "invalid_credentials");
        }
        guess(&world.node, ANN, PASSWORD, ATTACKER).await.expect(200);
    }
}

#[db_test]
async fn acceptance_13_a_day_without_guesses_forgives(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    for _ in 0..5 {
        guess(&world.node, ANN, "wrong guess", ATTACKER).await;
    }
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    world.node.identity.maintain().await.unwrap();
    for _ in 0..5 {
        guess(&world.node, ANN, "wrong guess", ATTACKER).await.refused(401, "invalid_credentials");
    }
}

#[db_test]
async fn acceptance_13_guesses_at_the_current_password_count_too(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let change = |current: &str| {
        let body = json!({ "current_password": current, "new_password": "a lighthouse of paper boats" });
        post("/auth/password").bearer(&ann.token).json(body)
    };
    for _ in 0..5 {
        change("wrong guess").on(&world.node).await.expect(422);
    }
    change(PASSWORD).on(&world.node).await.refused(429, "rate_limited");
    world.clock.advance(Duration::from_secs(1));
    change(PASSWORD).on(&world.node).await.expect(204);
}

#[db_test]
async fn one_address_has_a_limit_over_all_accounts(db: TestDb) {
    let world = World::with(&db, |config| config.requests_per_ip = 10);
    for index in 0..10 {
        let email = format!("nobody{index}@example.com");
        guess(&world.node, &email, "wrong guess", ATTACKER).await.refused(401, "invalid_credentials");
    }
    let refused = guess(&world.node, "somebody@example.com", "wrong guess", ATTACKER).await;
    assert!(retry_after(&refused) > 0);
    refused.refused(429, "rate_limited");
    guess(&world.node, "somebody@example.com", "wrong guess", "198.51.100.67")
        .await
        .refused(401, "invalid_credentials");
}
