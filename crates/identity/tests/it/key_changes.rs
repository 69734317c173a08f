//! Acceptance 19: whatever takes a key's rights away holds on the next request, on every
//! node, although each node keeps the keys that it has seen in memory.

use std::time::Duration;

use axum::http::Method;
use contracts::{identity::KEYS_EPOCH, tenancy::Role};
use database::{Epochs, Platform};
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, Node, Person, World, call, get, post};

/// Both nodes say the same, twice: before and after it is in their memory.
async fn on_both(nodes: &[&Node; 2], secret: &str, path: &str, outcome: (u16, &str)) {
    for node in [nodes[0], nodes[1], nodes[0], nodes[1]] {
        let answer = get(path).bearer(secret).on(node).await;
        assert_eq!(answer.outcome(), (outcome.0, outcome.1.to_owned()), "{path}: {}", answer.text());
    }
}

const FINE: (u16, &str) = (200, "");
const REFUSED: (u16, &str) = (401, "unauthenticated");
const FORBIDDEN: (u16, &str) = (403, "forbidden");

async fn patch(node: &Node, person: &Person, path: &str, body: serde_json::Value) {
    call(Method::PATCH, path).bearer(&person.token).json(body).on(node).await.expect(200);
}

#[db_test]
async fn acceptance_19_revocation_holds_on_the_next_request_on_every_node(db: TestDb) {
    let world = World::new(&db);
    let second = world.second_node(&db).await;
    let nodes = [&world.node, &second];
    let ann = world.node.join(ANN).await;
    let (id, secret) = world.node.key(&ann, json!({ "name": "A", "scopes": ["read"] })).await;
    let (_, other) = second.key(&ann, json!({ "name": "B", "scopes": ["read"] })).await;
    on_both(&nodes, &secret, "/me", FINE).await;
    call(Method::DELETE, &format!("/keys/{id}")).bearer(&ann.token).on(&second).await.expect(204);
    on_both(&nodes, &secret, "/me", REFUSED).await;
    on_both(&nodes, &other, "/me", FINE).await;
}

#[db_test]
async fn acceptance_19_edits_hold_on_the_next_request_on_every_node(db: TestDb) {
    let world = World::new(&db);
    let second = world.second_node(&db).await;
    let nodes = [&world.node, &second];
    let ann = world.node.join(ANN).await;
    let (id, secret) = world.node.key(&ann, json!({ "name": "A", "scopes": ["read"] })).await;
    let path = format!("/keys/{id}");
    on_both(&nodes, &secret, "/me", FINE).await;
    patch(&second, &ann, &path, json!({ "scopes": ["write"] })).await;
    on_both(&nodes, &secret, "/me", FORBIDDEN).await;
    patch(&second, &ann, &path, json!({ "scopes": ["read"], "allowed_ips": ["198.51.100.0/24"] })).await;
    on_both(&nodes, &secret, "/me", (403, "address_not_allowed")).await;
    patch(&world.node, &ann, &path, json!({ "allowed_ips": null, "expires_at": "2026-01-02T03:04:06Z" })).await;
    on_both(&nodes, &secret, "/me", FINE).await;
    world.clock.advance(Duration::from_secs(1));
    on_both(&nodes, &secret, "/me", REFUSED).await;
    patch(&second, &ann, &path, json!({ "expires_at": null })).await;
    on_both(&nodes, &secret, "/me", FINE).await;
}

#[db_test]
async fn acceptance_19_an_old_secret_ends_at_once_or_after_its_grace(db: TestDb) {
    let world = World::new(&db);
    let second = world.second_node(&db).await;
    let nodes = [&world.node, &second];
    let ann = world.node.join(ANN).await;
    let (id, secret) = world.node.key(&ann, json!({ "name": "A", "scopes": ["read"] })).await;
    on_both(&nodes, &secret, "/me", FINE).await;
    let rotate = async |node: &Node, body| {
        let answer = post(&format!("/keys/{id}/rotate")).bearer(&ann.token).json(body).on(node).await.expect(200);
        answer.json()["secret"].as_str().unwrap().to_owned()
    };
    let next = rotate(&second, json!({})).await;
    on_both(&nodes, &secret, "/me", REFUSED).await;
    on_both(&nodes, &next, "/me", FINE).await;

    let newest = rotate(&world.node, json!({ "grace_seconds": 300 })).await;
    for good in [&next, &newest] {
        on_both(&nodes, good, "/me", FINE).await;
    }
    on_both(&nodes, &secret, "/me", REFUSED).await;
    world.clock.advance(Duration::from_secs(300));
    on_both(&nodes, &next, "/me", REFUSED).await;
    on_both(&nodes, &newest, "/me", FINE).await;

    // In its grace too, a secret ends with its key.
    let last = rotate(&world.node, json!({ "grace_seconds": 300 })).await;
    on_both(&nodes, &newest, "/me", FINE).await;
    call(Method::DELETE, &format!("/keys/{id}")).bearer(&ann.token).on(&second).await.expect(204);
    for bad in [&newest, &last] {
        on_both(&nodes, bad, "/me", REFUSED).await;
    }
}

#[db_test]
async fn acceptance_19_a_key_ends_with_its_owner(db: TestDb) {
    let world = World::new(&db);
    let second = world.second_node(&db).await;
    let nodes = [&world.node, &second];
    let ann = world.node.join(ANN).await;
    let bob = world.node.colleague(&ann, "bob@example.com", Role::Admin).await;
    let (_, secret) = world.node.key(&bob, json!({ "name": "Bob's", "scopes": ["read", "write"] })).await;
    on_both(&nodes, &secret, "/members", FINE).await;

    let member = format!("/members/{}", bob.user);
    patch(&second, &ann, &member, json!({ "role": "guest" })).await;
    on_both(&nodes, &secret, "/members", FORBIDDEN).await;
    patch(&world.node, &ann, &member, json!({ "role": "member" })).await;
    on_both(&nodes, &secret, "/members", FINE).await;

    second.identity.set_user_disabled(bob.user, true).await.unwrap();
    on_both(&nodes, &secret, "/members", REFUSED).await;
    world.node.identity.set_user_disabled(bob.user, false).await.unwrap();
    on_both(&nodes, &secret, "/members", FINE).await;

    call(Method::DELETE, &member).bearer(&ann.token).on(&second).await.expect(204);
    on_both(&nodes, &secret, "/members", REFUSED).await;
}

/// The memory is used, or the tests above would prove little: a change that tells nobody is not seen.
#[db_test]
async fn keys_are_remembered_until_the_epoch_moves(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let (_, secret) = world.node.key(&ann, json!({ "name": "A", "scopes": ["read"] })).await;
    world.node.whoami(&secret).await.expect(200);
    db.execute(Platform, "UPDATE api_keys SET revoked_at = 1", vec![]).await.unwrap();
    world.node.whoami(&secret).await.expect(200);
    let mut tx = db.begin(Platform).await.unwrap();
    Epochs::new((*db).clone(), KEYS_EPOCH).bump(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    world.node.whoami(&secret).await.refused(401, "unauthenticated");
    // So is that a secret leads nowhere.
    db.execute(Platform, "UPDATE api_keys SET revoked_at = NULL", vec![]).await.unwrap();
    world.node.whoami(&secret).await.refused(401, "unauthenticated");
}
