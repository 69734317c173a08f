//! Renewal of sessions: one lineage, reuse, lifetimes, switching workspaces.

use std::time::Duration;

use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, World, post};

const DAY: Duration = Duration::from_secs(24 * 3600);
const AFTER_GRACE: Duration = Duration::from_millis(10_001);

#[db_test]
async fn acceptance_01_fifty_parallel_refreshes_make_one_lineage(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let ann = world.node.join(ANN).await;

    let mut calls = tokio::task::JoinSet::new();
    for index in 0..50 {
        let node = if index % 2 == 0 { world.node.clone() } else { other.clone() };
        let cookie = ann.cookie.clone();
        calls.spawn(async move { node.refresh(&cookie).await });
    }
    let answers = calls.join_all().await;

    let successor = answers[0].cookie();
    assert_ne!(successor, ann.cookie);
    for answer in answers {
        assert_eq!(answer.cookie(), successor, "every answer has the same successor");
        let token = answer.expect(200).person().token;
        world.node.whoami(&token).await.expect(200);
    }
    let (tokens,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM refresh_tokens", vec![]).await.unwrap();
    assert_eq!(tokens, 2, "the presented token and its one successor");
    world.clock.advance(AFTER_GRACE);
    world.node.refresh(&successor).await.expect(200);
}

#[db_test]
async fn acceptance_01_a_late_tab_gets_the_newest_token_and_not_a_stale_one(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let second = world.node.refresh(&ann.cookie).await.expect(200).cookie();
    world.clock.advance(Duration::from_secs(3));
    let third = world.node.refresh(&second).await.expect(200).cookie();
    world.clock.advance(Duration::from_secs(3));
    assert_eq!(world.node.refresh(&ann.cookie).await.expect(200).cookie(), third);
    world.clock.advance(AFTER_GRACE);
    world.node.refresh(&third).await.expect(200);
}

#[db_test]
async fn acceptance_01_a_refused_refresh_never_touches_the_cookie(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    world.node.refresh(&ann.cookie).await.expect(200);
    world.clock.advance(AFTER_GRACE);
    for cookie in [ann.cookie.as_str(), "parlance_refresh=nonsense", "parlance_refresh=", "other=1"] {
        let answer = world.node.refresh(cookie).await.expect(401);
        assert_eq!(answer.set_cookie(), None, "{cookie}");
    }
}

#[db_test]
async fn acceptance_02_a_rotated_token_after_its_grace_ends_the_family(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bystander = world.node.log_in(ANN).await.expect(200).person();
    let child = world.node.refresh(&ann.cookie).await.expect(200);
    world.clock.advance(AFTER_GRACE);

    world.node.refresh(&ann.cookie).await.refused(401, "refresh_reused");

    // The child was the only one there ever was, and it has died with its parent's theft.
    world.node.refresh(&child.cookie()).await.refused(401, "refresh_invalid");
    world.node.refresh(&ann.cookie).await.refused(401, "refresh_invalid");
    world.node.whoami(&child.person().token).await.refused(401, "unauthenticated");
    let (reason,): (String,) = db
        .one(database::Platform, "SELECT revoked_reason FROM sessions WHERE revoked_at IS NOT NULL", vec![])
        .await
        .unwrap();
    assert_eq!(reason, "refresh_reused");
    let (event, payload): (String, String) =
        db.one(database::Platform, "SELECT event_type, payload FROM outbox", vec![]).await.unwrap();
    assert_eq!(event, "session.refresh_reused", "what audit and notification live on");
    assert!(payload.contains("user_"), "{payload}");
    // Another session of the same person is none of the thief's.
    world.node.whoami(&bystander.token).await.expect(200);
}

#[db_test]
async fn acceptance_02_the_grace_is_ten_seconds_to_the_microsecond(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let child = world.node.refresh(&ann.cookie).await.expect(200).cookie();
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.node.refresh(&ann.cookie).await.expect(200).cookie(), child);
    world.clock.advance(Duration::from_micros(1));
    world.node.refresh(&ann.cookie).await.refused(401, "refresh_reused");
}

#[db_test]
async fn acceptance_02_theft_shows_even_if_a_foreign_workspace_is_asked_for(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    let child = world.node.refresh(&ann.cookie).await.expect(200).cookie();
    world.clock.advance(AFTER_GRACE);
    let stolen = post("/auth/refresh").cookie(&ann.cookie).json(json!({ "workspace": bob.workspace }));
    stolen.on(&world.node).await.refused(401, "refresh_reused");
    world.node.refresh(&child).await.refused(401, "refresh_invalid");
}

#[db_test]
async fn acceptance_03_a_session_slides_and_still_ends(db: TestDb) {
    let world = World::new(&db);
    let mut cookie = world.node.join(ANN).await.cookie;
    for _ in 0..3 {
        world.clock.advance(29 * DAY);
        cookie = world.node.refresh(&cookie).await.expect(200).cookie();
    }
    // Day 87: the sliding end would be day 117, the absolute one is day 90.
    world.clock.advance(Duration::from_secs(3 * 24 * 3600 - 60));
    let last = world.node.refresh(&cookie).await.expect(200);
    assert_eq!(last.json()["expires_in"], 60, "no access token outlives the session");
    assert!(last.set_cookie().unwrap().contains("Max-Age=60"), "{:?}", last.set_cookie());
    world.clock.advance(Duration::from_secs(60));
    world.node.refresh(&last.cookie()).await.refused(401, "refresh_invalid");
}

#[db_test]
async fn acceptance_03_a_session_that_nobody_renews_ends(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    world.clock.advance(30 * DAY);
    world.node.refresh(&ann.cookie).await.refused(401, "refresh_invalid");
}

#[db_test]
async fn switching_asks_for_membership_and_is_remembered(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    let made = post("/workspaces").bearer(&ann.token).json(json!({ "name": "Acme" })).on(&world.node).await;
    let acme = made.expect(201).json()["id"].as_str().unwrap().to_owned();
    let switch =
        |cookie: &str, workspace: &str| post("/auth/refresh").cookie(cookie).json(json!({ "workspace": workspace }));

    let answer = switch(&ann.cookie, &acme).on(&world.node).await.expect(200);
    assert_eq!(answer.json()["workspace"]["name"], "Acme");
    assert_eq!(answer.json()["workspace"]["role"], "owner");
    let null = post("/auth/refresh").cookie(&answer.cookie()).json(json!(null)).on(&world.node).await.expect(200);
    let again = world.node.refresh(&null.cookie()).await.expect(200);
    assert_eq!(again.json()["workspace"]["id"], acme.as_str(), "a renewal stays where the session is");

    // A foreign workspace is not found, and the refusal costs nothing: the token was not rotated.
    for foreign in [bob.workspace.to_string(), "ws_01h455vb4pex5vsknk084sn02q".to_owned()] {
        switch(&again.cookie(), &foreign).on(&world.node).await.refused(404, "not_found");
    }
    world.clock.advance(AFTER_GRACE);
    world.node.refresh(&again.cookie()).await.expect(200);
}

#[db_test]
async fn who_was_removed_from_the_last_workspace_goes_home(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    world.node.tenancy.add_member(ann.workspace, bob.user, contracts::tenancy::Role::Member).await.unwrap();
    let there = post("/auth/refresh").cookie(&bob.cookie).json(json!({ "workspace": ann.workspace }));
    let there = there.on(&world.node).await.expect(200);
    let actor = tenancy::Actor { user: ann.user, scope: kernel::TenantScope::assume(ann.workspace) };
    world.node.tenancy.remove_member(&actor, bob.user).await.unwrap();
    let home = world.node.refresh(&there.cookie()).await.expect(200).json();
    assert_eq!(home["workspace"]["id"], bob.workspace.to_string());
}

#[db_test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites(db: TestDb) {
    for (url, secure) in [("http://localhost:4000", false), ("https://chat.example.com", true)] {
        let world = World::with(&db, |config| config.public_url = Some(url.parse().unwrap()));
        let email = format!("{secure}@example.com");
        world.node.sign_up(&email).await.expect(202);
        let answer = world.node.log_in(&email).await.expect(200);
        assert_eq!(answer.headers["cache-control"], "no-store");
        let cookie = answer.set_cookie().unwrap();
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/api/v1/auth", "Max-Age=2592000"] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
    }
}

#[db_test]
async fn only_hashes_of_tokens_are_stored(db: TestDb) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let token = URL_SAFE_NO_PAD.decode(ann.cookie.strip_prefix("parlance_refresh=").unwrap()).unwrap();
    let (stored,): (Vec<u8>,) =
        db.one(database::Platform, "SELECT token_hash FROM refresh_tokens", vec![]).await.unwrap();
    assert_eq!(token.len(), 32);
    assert_eq!(stored, aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &token).as_ref());
}

#[db_test]
async fn maintenance_deletes_what_has_ended_and_nothing_else(db: TestDb) {
    let world = World::new(&db);
    let ended = world.node.join(ANN).await;
    world.node.refresh(&ended.cookie).await.expect(200);
    world.clock.advance(20 * DAY);
    let live = world.node.log_in(ANN).await.expect(200);
    world.clock.advance(11 * DAY);
    world.node.identity.maintain().await.unwrap();
    let (sessions,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM sessions", vec![]).await.unwrap();
    let (tokens,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM refresh_tokens", vec![]).await.unwrap();
    assert_eq!((sessions, tokens), (1, 1));
    world.node.refresh(&live.cookie()).await.expect(200);
}
