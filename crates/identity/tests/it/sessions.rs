//! What ends a session ends it at the next request of the node that did it, and within seconds everywhere.

use std::time::Duration;

use axum::http::Method;
use kernel::TenantScope;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, PASSWORD, World, call, get, post};

#[db_test]
async fn acceptance_04_after_logout_the_token_is_dead_on_every_node(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let ann = world.node.join(ANN).await;
    other.whoami(&ann.token).await.expect(200);
    let answer = post("/auth/logout").cookie(&ann.cookie).on(&world.node).await.expect(204);
    assert!(answer.set_cookie().unwrap().contains("Max-Age=0"), "{:?}", answer.set_cookie());
    world.node.whoami(&ann.token).await.refused(401, "unauthenticated");
    other.comes_to_refuse(&ann.token).await;
    for node in [&world.node, &other] {
        node.refresh(&ann.cookie).await.refused(401, "refresh_invalid");
    }
}

#[db_test]
async fn acceptance_04_logout_works_by_access_token_alone_and_for_nobody(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    post("/auth/logout").bearer(&ann.token).on(&world.node).await.expect(204);
    world.node.whoami(&ann.token).await.refused(401, "unauthenticated");
    post("/auth/logout").on(&world.node).await.expect(204);
    post("/auth/logout").bearer("nonsense").cookie("parlance_refresh=x").on(&world.node).await.expect(204);
}

#[db_test]
async fn acceptance_04_a_new_password_ends_the_other_sessions(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let ann = world.node.join(ANN).await;
    let thief = world.node.log_in(ANN).await.expect(200).person();
    let change = |current: &str, new: &str| {
        post("/auth/password").json(json!({ "current_password": current, "new_password": new }))
    };

    let wrong = change("not the password", "a lighthouse of paper boats").bearer(&ann.token).on(&world.node).await;
    assert_eq!(wrong.fields(), ["current_password"]);
    other.whoami(&thief.token).await.expect(200);

    change(PASSWORD, "a lighthouse of paper boats").bearer(&ann.token).on(&world.node).await.expect(204);
    world.node.whoami(&thief.token).await.refused(401, "unauthenticated");
    other.comes_to_refuse(&thief.token).await;
    other.refresh(&thief.cookie).await.refused(401, "refresh_invalid");
    other.whoami(&ann.token).await.expect(200);
    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    let login = post("/auth/login").json(json!({ "email": ANN, "password": "a lighthouse of paper boats" }));
    login.on(&world.node).await.expect(200);
}

#[db_test]
async fn acceptance_04_a_disabled_user_is_out_at_once(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let ann = world.node.join(ANN).await;
    other.whoami(&ann.token).await.expect(200);
    world.node.identity.set_user_disabled(ann.user, true).await.unwrap();
    world.node.whoami(&ann.token).await.refused(401, "unauthenticated");
    other.comes_to_refuse(&ann.token).await;
    other.refresh(&ann.cookie).await.refused(401, "refresh_invalid");
    other.log_in(ANN).await.refused(401, "invalid_credentials");
    world.node.identity.set_user_disabled(ann.user, false).await.unwrap();
    other.whoami(&ann.token).await.refused(401, "unauthenticated");
    other.log_in(ANN).await.expect(200);
}

#[db_test]
async fn acceptance_04_a_removed_member_is_out_at_once(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    world.node.tenancy.add_member(ann.workspace, bob.user, contracts::tenancy::Role::Admin).await.unwrap();
    let switch = post("/auth/refresh").cookie(&bob.cookie).json(json!({ "workspace": ann.workspace }));
    let bob_there = switch.on(&world.node).await.expect(200).person();
    get("/members").bearer(&bob_there.token).on(&other).await.expect(200);

    let actor = tenancy::Actor { user: ann.user, scope: TenantScope::assume(ann.workspace) };
    world.node.tenancy.remove_member(&actor, bob.user).await.unwrap();
    get("/workspace").bearer(&bob_there.token).on(&world.node).await.refused(401, "unauthenticated");
    other.comes_to_refuse(&bob_there.token).await;
    get("/members").bearer(&bob_there.token).on(&other).await.refused(401, "unauthenticated");
}

#[db_test]
async fn sessions_are_listed_and_revoked_by_their_owner_only(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    world.clock.advance(Duration::from_millis(1));
    let login = post("/auth/login").json(json!({ "email": ANN, "password": PASSWORD })).header("user-agent", "Tests/1");
    let second = login.from("198.51.100.9").on(&world.node).await.expect(200).person();
    let bob = world.node.join("bob@example.com").await;

    let list = get("/auth/sessions").bearer(&ann.token).on(&world.node).await.expect(200).json();
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert_eq!(list["data"][0]["user_agent"], "Tests/1");
    assert_eq!(list["data"][0]["ip"], "198.51.100.9");
    assert_eq!(list["data"][0]["current"], false);
    assert_eq!(list["data"][1]["current"], true);
    let theirs = format!("/auth/sessions/{}", list["data"][0]["id"].as_str().unwrap());

    call(Method::DELETE, &theirs).bearer(&bob.token).on(&world.node).await.refused(404, "not_found");
    world.node.whoami(&second.token).await.expect(200);
    call(Method::DELETE, &theirs).bearer(&ann.token).on(&world.node).await.expect(204);
    world.node.whoami(&second.token).await.refused(401, "unauthenticated");
    call(Method::DELETE, &theirs).bearer(&ann.token).on(&world.node).await.refused(404, "not_found");
    call(Method::DELETE, "/auth/sessions/nonsense")
        .bearer(&ann.token)
        .on(&world.node)
        .await
        .refused(404, "invalid_path");
}

#[db_test]
async fn all_other_sessions_end_together(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let second = world.node.log_in(ANN).await.expect(200).person();
    let bob = world.node.join("bob@example.com").await;
    call(Method::DELETE, "/auth/sessions").bearer(&ann.token).on(&world.node).await.expect(204);
    world.node.whoami(&second.token).await.refused(401, "unauthenticated");
    world.node.whoami(&ann.token).await.expect(200);
    world.node.whoami(&bob.token).await.expect(200);
}

#[db_test]
async fn pages_hold_every_session_once(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    for _ in 0..4 {
        world.node.log_in(ANN).await.expect(200);
    }
    let mut seen = Vec::new();
    let mut path = "/auth/sessions?limit=2".to_owned();
    loop {
        let page = get(&path).bearer(&ann.token).on(&world.node).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|session| session["id"].to_string()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/auth/sessions?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|newer, older| newer > older), "the newest first, none twice");
    get("/auth/sessions?cursor=nonsense").bearer(&ann.token).on(&world.node).await.refused(400, "invalid_query");
    get("/auth/sessions?limit=0").bearer(&ann.token).on(&world.node).await.refused(400, "invalid_query");
}
