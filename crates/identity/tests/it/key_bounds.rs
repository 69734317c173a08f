//! Acceptance 19: scope, address and expiry are enforced; a key can't make, change or hold a
//! broader key than itself; nobody reaches other people's keys further than their role does.

use std::time::Duration;

use axum::http::Method;
use contracts::tenancy::Role;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, PASSWORD, World, call, get, post};

#[db_test]
async fn acceptance_19_scope_address_and_expiry_are_enforced(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let (_, reader) = node.key(&ann, json!({ "name": "R", "scopes": ["read"] })).await;
    let (_, writer) = node.key(&ann, json!({ "name": "W", "scopes": ["write"] })).await;
    let (_, model) = node.key(&ann, json!({ "name": "I", "scopes": ["inference"] })).await;
    let rename = |secret: &str| call(Method::PATCH, "/workspace").bearer(secret).json(json!({ "name": "Renamed" }));
    get("/workspace").bearer(&reader).on(node).await.expect(200);
    rename(&writer).on(node).await.expect(200);
    for (call, scope) in [
        (rename(&reader), "write"),
        (get("/workspace").bearer(&writer), "read"),
        (get("/workspace").bearer(&model), "read"),
        (rename(&model), "write"),
        (post("/inference").bearer(&reader), "inference"),
        (post("/inference").bearer(&writer), "inference"),
    ] {
        let refused = call.on(node).await;
        assert!(refused.text().contains(&format!("`{scope}`")), "{}", refused.text());
        refused.refused(403, "forbidden");
    }

    let nets = json!(["198.51.100.0/24", "2001:db8::/32"]);
    let (_, placed) = node.key(&ann, json!({ "name": "P", "scopes": ["read"], "allowed_ips": nets })).await;
    for (from, fine) in [
        ("198.51.100.1", true),
        ("198.51.101.1", false),
        ("::ffff:198.51.100.9", true),
        ("2001:db8:1::5", true),
        ("2001:db9::5", false),
    ] {
        let answer = get("/me").bearer(&placed).from(from).on(node).await;
        if fine {
            answer.expect(200);
        } else {
            assert!(answer.text().contains(from), "{}", answer.text());
            answer.refused(403, "address_not_allowed");
        }
    }
    // What the client says of itself moves nothing: no proxy is trusted here.
    let forged = get("/me").bearer(&placed).header("x-forwarded-for", "198.51.100.1").on(node).await;
    forged.refused(403, "address_not_allowed");

    let until = json!({ "name": "E", "scopes": ["read"], "expires_at": testkit::START + Duration::from_secs(60) });
    let (_, ending) = node.key(&ann, until).await;
    world.clock.advance(Duration::from_secs(59));
    node.whoami(&ending).await.expect(200);
    world.clock.advance(Duration::from_secs(1));
    node.whoami(&ending).await.refused(401, "unauthenticated");
}

#[db_test]
async fn acceptance_19_a_key_cannot_mint_a_broader_key(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let bounds = json!({
        "name": "Bounded", "scopes": ["read", "write"], "models": ["demo/echo", "demo/fast"],
        "requests_per_minute": 1000, "tokens_per_minute": 1000,
        "allowed_ips": ["203.0.113.0/24"], "expires_at": "2027-01-01T00:00:00Z",
    });
    let (own, secret) = node.key(&ann, bounds.clone()).await;
    let (wide, _) = node.key(&ann, json!({ "name": "Wide", "scopes": ["inference", "read", "write"] })).await;

    let narrower = {
        let mut body = bounds.clone();
        body["scopes"] = json!(["read"]);
        body["models"] = json!(["demo/echo"]);
        body["requests_per_minute"] = json!(10);
        body["allowed_ips"] = json!(["203.0.113.7"]);
        body["expires_at"] = json!("2026-12-01T00:00:00Z");
        let made = post("/keys").bearer(&secret).json(body).on(node).await.expect(201).json();
        made["key"]["id"].as_str().unwrap().to_owned()
    };
    for (field, value) in [
        ("scopes", json!(["inference"])),
        ("scopes", json!(["read", "write", "inference"])),
        ("models", json!(["demo/other"])),
        ("models", json!(null)),
        ("requests_per_minute", json!(1001)),
        ("requests_per_minute", json!(null)),
        ("tokens_per_minute", json!(null)),
        ("allowed_ips", json!(["203.0.112.0/23"])),
        ("allowed_ips", json!(["203.0.113.7", "0.0.0.0/0"])),
        ("allowed_ips", json!(null)),
        ("expires_at", json!("2027-01-01T00:00:01Z")),
        ("expires_at", json!(null)),
    ] {
        let mut body = bounds.clone();
        body[field] = value.clone();
        let made = post("/keys").bearer(&secret).json(body).on(node).await;
        assert!(made.text().contains(&format!("`{field}`")), "{}", made.text());
        made.refused(403, "forbidden");
        for id in [&own, &narrower] {
            let changed = call(Method::PATCH, &format!("/keys/{id}")).bearer(&secret).json(json!({ field: value }));
            changed.on(node).await.refused(403, "forbidden");
        }
    }
    // Nor may it touch one that is broader: a new secret of it would be an escape.
    post(&format!("/keys/{wide}/rotate")).bearer(&secret).on(node).await.refused(403, "forbidden");
    let narrow = call(Method::PATCH, &format!("/keys/{wide}")).bearer(&secret).json(json!({ "name": "Mine" }));
    narrow.on(node).await.refused(403, "forbidden");
    call(Method::DELETE, &format!("/keys/{wide}")).bearer(&secret).on(node).await.refused(403, "forbidden");

    // What it may: rotate and narrow itself, and end what is narrower.
    let rotated = post(&format!("/keys/{own}/rotate")).bearer(&secret).on(node).await.expect(200).json();
    let secret = rotated["secret"].as_str().unwrap();
    call(Method::DELETE, &format!("/keys/{narrower}")).bearer(secret).on(node).await.expect(204);
    let narrow = call(Method::PATCH, &format!("/keys/{own}")).bearer(secret).json(json!({ "scopes": ["read"] }));
    narrow.on(node).await.expect(200);
    post("/keys").bearer(secret).json(bounds).on(node).await.refused(403, "forbidden");
    let keys = get("/keys").bearer(&ann.token).on(node).await.expect(200).json();
    assert_eq!(keys["data"].as_array().unwrap().len(), 3);
}

#[db_test]
async fn a_key_is_no_person(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let workspace = post("/workspaces").bearer(&ann.token).json(json!({ "name": "Other" })).on(node).await.expect(201);
    let (_, secret) = node.key(&ann, json!({ "name": "All", "scopes": ["inference", "read", "write"] })).await;
    let session = node.current_session(&ann.token).await;
    let password = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    for refused in [
        get("/auth/sessions"),
        call(Method::DELETE, "/auth/sessions"),
        call(Method::DELETE, &format!("/auth/sessions/{session}")),
        post("/auth/password").json(password),
        post("/auth/logout"),
        call(Method::PATCH, "/me").json(json!({ "name": "Mallory" })),
        call(Method::DELETE, "/me/avatar"),
        post("/workspaces").json(json!({ "name": "Mine" })),
    ] {
        refused.bearer(&secret).on(node).await.refused(403, "forbidden");
    }
    post("/auth/refresh").bearer(&secret).on(node).await.refused(401, "refresh_invalid");
    node.whoami(&ann.token).await.expect(200);

    // It belongs to one workspace, and tells of no other.
    let me = node.whoami(&secret).await.expect(200);
    let list = get("/workspaces").bearer(&secret).on(node).await.expect(200);
    let other = workspace.json()["id"].as_str().unwrap().to_owned();
    assert!(!me.text().contains(&other) && !list.text().contains(&other));
    assert_eq!(me.json()["workspace"]["id"], json!(ann.workspace));
    assert_eq!(list.json()["data"].as_array().unwrap().len(), 1);
}

#[db_test]
async fn a_platform_administrators_key_administers_no_platform(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let new = identity::NewUser { platform_admin: true, ..crate::support::new_user(ANN) };
    node.identity.create_user(new).await.unwrap();
    let ann = node.log_in(ANN).await.expect(200).person();
    let (_, secret) = node.key(&ann, json!({ "name": "All" })).await;
    let key = contracts::ApiKeys::authenticate_key(&*node.identity, &secret, "::1".parse().unwrap()).await.unwrap();
    assert_eq!((key.user, key.permissions, key.workspace), (ann.user, Role::Owner.permissions(), ann.workspace));
}

#[db_test]
async fn acceptance_14_other_peoples_keys(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let owner = node.join(ANN).await;
    let admin = node.colleague(&owner, "admin@example.com", Role::Admin).await;
    let member = node.colleague(&owner, "member@example.com", Role::Member).await;
    let guest = node.colleague(&owner, "guest@example.com", Role::Guest).await;
    let stranger = node.join("stranger@example.com").await;
    let (owners, _) = node.key(&owner, json!({ "name": "Owner's" })).await;
    let (members, secret) = node.key(&member, json!({ "name": "Member's", "scopes": ["read"] })).await;

    let listed = async |token: &str| {
        let page = get("/keys").bearer(token).on(node).await.expect(200).json();
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(listed(&owner.token).await, 2);
    assert_eq!(listed(&admin.token).await, 2);
    assert_eq!(listed(&member.token).await, 1);
    assert_eq!(listed(&stranger.token).await, 0);
    get("/keys").bearer(&guest.token).on(node).await.refused(403, "forbidden");

    let all = |id: &str, token: &str| {
        let path = format!("/keys/{id}");
        [
            call(Method::PATCH, &path).bearer(token).json(json!({ "name": "Mallory's" })),
            post(&format!("{path}/rotate")).bearer(token),
            call(Method::DELETE, &path).bearer(token),
        ]
    };
    for (id, token) in [(&owners, &member.token), (&owners, &stranger.token), (&members, &stranger.token)] {
        get(&format!("/keys/{id}")).bearer(token).on(node).await.refused(404, "not_found");
        for call in all(id, token) {
            call.on(node).await.refused(404, "not_found");
        }
    }
    // An administrator sees the owner's key, and can do nothing to it.
    get(&format!("/keys/{owners}")).bearer(&admin.token).on(node).await.expect(200);
    for call in all(&owners, &admin.token) {
        call.on(node).await.refused(403, "forbidden");
    }
    // A member's they may change and revoke; its secret is still the member's alone.
    let [change, rotate, revoke] = all(&members, &admin.token);
    rotate.on(node).await.refused(403, "forbidden");
    change.on(node).await.expect(200);
    node.whoami(&secret).await.expect(200);
    revoke.on(node).await.expect(204);
    node.whoami(&secret).await.refused(401, "unauthenticated");
}

#[db_test]
async fn a_key_has_its_own_limit_within_its_owners(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let (_, slow) = node.key(&ann, json!({ "name": "Slow", "scopes": ["read"], "requests_per_minute": 2 })).await;
    let (_, other) = node.key(&ann, json!({ "name": "Other", "scopes": ["read"], "requests_per_minute": 3 })).await;
    for _ in 0..2 {
        node.whoami(&slow).await.expect(200);
    }
    let refused = node.whoami(&slow).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.refused(429, "rate_limited");
    for _ in 0..3 {
        node.whoami(&other).await.expect(200);
    }
    node.whoami(&other).await.refused(429, "rate_limited");
    node.whoami(&ann.token).await.expect(200);
}
