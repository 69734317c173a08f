//! How an account ends, and what of it stays.

use std::time::Duration;

use axum::http::Method;
use contracts::tenancy::Role;
use database::{Platform, params};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{ANN, Call, Person, World, call, get, post};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn delete(person: &Person) -> Call {
    call(Method::DELETE, "/me").bearer(&person.token)
}

/// What other contexts keep of people, as far as this world has them.
fn wire(world: &World) {
    world.node.identity.keep_personal(vec![world.node.tenancy.clone()]);
}

async fn count(db: &TestDb, sql: &'static str, person: &Person) -> i64 {
    let (count,): (i64,) = db.one(Platform, sql, params![person.user]).await.unwrap();
    count
}

#[db_test]
async fn an_account_waits_two_weeks_and_can_be_kept(db: TestDb) {
    let world = World::new(&db);
    wire(&world);
    let ann = world.node.join(ANN).await;
    let other = world.node.log_in(ANN).await.expect(200).person();
    let (_, key) = world.node.key(&ann, json!({ "name": "Key", "scopes": ["read"] })).await;
    post("/me/restore").bearer(&ann.token).on(&world.node).await.refused(409, "conflict");
    let erases_at = delete(&ann).on(&world.node).await.expect(200).json()["erases_at"].clone();
    assert!(erases_at.is_string());
    delete(&ann).on(&world.node).await.refused(409, "conflict");
    assert_eq!(world.node.letter(ANN).await.subject, "Your account will be deleted");
    // Elsewhere it has ended at once, for keys too.
    world.node.whoami(&other.token).await.refused(401, "unauthenticated");
    world.node.whoami(&key).await.refused(401, "unauthenticated");
    world.node.whoami(&ann.token).await.expect(200);

    world.clock.advance(DAY * 13);
    world.node.identity.maintain().await.unwrap();
    let back = world.node.log_in(ANN).await.expect(200);
    assert_eq!(back.json()["erases_at"], erases_at);
    let back = back.person();
    post("/me/restore").bearer(&back.token).on(&world.node).await.expect(204);
    world.node.whoami(&key).await.expect(200);
    assert_eq!(world.node.refresh(&back.cookie).await.expect(200).json()["erases_at"], Value::Null);
    world.clock.advance(DAY * 2);
    world.node.identity.maintain().await.unwrap();
    world.node.log_in(ANN).await.expect(200);
}

#[db_test]
async fn what_was_deleted_is_erased_and_nobody_s_any_more(db: TestDb) {
    let world = World::new(&db);
    wire(&world);
    let ann = world.node.join(ANN).await;
    world.node.key(&ann, json!({ "name": "Key" })).await;
    let bob = world.node.join("bob@example.com").await;
    world.node.tenancy.add_member(bob.workspace, ann.user, Role::Member).await.unwrap();
    delete(&ann).on(&world.node).await.expect(200);
    world.clock.advance(DAY * 14);
    world.node.identity.maintain().await.unwrap();

    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    let (email, name): (String, String) =
        db.one(Platform, "SELECT email, name FROM users WHERE id = $1", params![ann.user]).await.unwrap();
    assert!(email.ends_with("@erased.invalid") && name.is_empty(), "{email} {name}");
    for sql in [
        "SELECT count(*) FROM api_keys WHERE user_id = $1",
        "SELECT count(*) FROM sessions WHERE user_id = $1",
        "SELECT count(*) FROM known_devices WHERE user_id = $1",
        "SELECT count(*) FROM memberships WHERE user_id = $1",
    ] {
        assert_eq!(count(&db, sql, &ann).await, 0, "{sql}");
    }
    assert!(world.node.letters(ANN).await.is_empty());
    // Her own workspace is gone, Bob's stays.
    let gone: Option<(String,)> =
        db.optional(Platform, "SELECT name FROM workspaces WHERE id = $1", params![ann.workspace]).await.unwrap();
    assert!(gone.is_none());
    world.node.log_in("bob@example.com").await.expect(200);
    // The address is free again.
    let again = world.node.join(ANN).await;
    assert_ne!(again.user, ann.user);
}

#[db_test]
async fn a_shared_workspace_is_handed_on_first(db: TestDb) {
    let world = World::new(&db);
    wire(&world);
    let ann = world.node.join(ANN).await;
    let body = json!({ "name": "Acme Research" });
    let shared = post("/workspaces").bearer(&ann.token).json(body).on(&world.node).await.expect(201).json();
    let shared = shared["id"].as_str().unwrap().parse().unwrap();
    let bob = world.node.join("bob@example.com").await;
    world.node.tenancy.add_member(shared, bob.user, Role::Admin).await.unwrap();
    let refused = delete(&ann).on(&world.node).await;
    assert!(refused.text().contains("Acme Research"), "{}", refused.text());
    refused.refused(409, "last_owner");
    let there = post("/auth/refresh").cookie(&ann.cookie).json(json!({ "workspace": shared }));
    let there = there.on(&world.node).await.expect(200).person();
    let transfer = post("/workspace/transfer").bearer(&there.token).json(json!({ "user_id": bob.user }));
    transfer.on(&world.node).await.expect(200);
    delete(&there).on(&world.node).await.expect(200);
    world.clock.advance(DAY * 14);
    world.node.identity.maintain().await.unwrap();
    let renew = post("/auth/refresh").cookie(&bob.cookie).json(json!({ "workspace": shared }));
    assert_eq!(renew.on(&world.node).await.expect(200).json()["workspace"]["role"], "owner");
}

#[db_test]
async fn a_workspace_that_lost_its_other_owner_meanwhile_gets_one(db: TestDb) {
    let world = World::new(&db);
    wire(&world);
    let ann = world.node.join(ANN).await;
    let body = json!({ "name": "Acme Research" });
    let shared = post("/workspaces").bearer(&ann.token).json(body).on(&world.node).await.expect(201).json();
    let shared = shared["id"].as_str().unwrap().parse().unwrap();
    delete(&ann).on(&world.node).await.expect(200);
    let [carl, bob] = [world.node.join("carl@example.com").await, world.node.join("bob@example.com").await];
    world.node.tenancy.add_member(shared, carl.user, Role::Member).await.unwrap();
    world.node.tenancy.add_member(shared, bob.user, Role::Admin).await.unwrap();
    world.clock.advance(DAY * 14);
    world.node.identity.maintain().await.unwrap();
    let roles: Vec<(String,)> = db
        .all(Platform, "SELECT role FROM memberships WHERE workspace_id = $1 ORDER BY role", params![shared])
        .await
        .unwrap();
    assert_eq!(roles, [("member".to_owned(),), ("owner".to_owned(),)]);
    let (owner,): (kernel::UserId,) = db
        .one(Platform, "SELECT user_id FROM memberships WHERE workspace_id = $1 AND role = 'owner'", params![shared])
        .await
        .unwrap();
    assert_eq!(owner, bob.user);
}

#[db_test]
async fn the_export_has_everything_and_no_secret(db: TestDb) {
    let world = World::new(&db);
    wire(&world);
    let ann = world.node.join(ANN).await;
    let (_, secret) = world.node.key(&ann, json!({ "name": "Nightly" })).await;
    world.node.join("bob@example.com").await;
    let answer = get("/me/export").bearer(&ann.token).on(&world.node).await.expect(200);
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"parlance-export.json\"");
    let text = answer.text();
    for no in [secret.as_str(), "argon2", "bob@example.com", ann.token.as_str()] {
        assert!(!text.contains(no), "{no}");
    }
    let export = answer.json();
    assert_eq!(export["profile"]["email"], ANN);
    assert_eq!(export["api_keys"][0]["key"]["name"], "Nightly");
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(export["workspaces"][0]["id"], json!(ann.workspace));
    world.clock.advance(Duration::from_secs(600));
    let later = world.node.refresh(&ann.cookie).await.expect(200).person();
    get("/me/export").bearer(&later.token).on(&world.node).await.refused(403, "step_up_required");
    delete(&later).on(&world.node).await.refused(403, "step_up_required");
}
