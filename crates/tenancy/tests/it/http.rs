//! The endpoints.

use axum::http::Method;
use contracts::tenancy::Role;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{World, outcome};

#[db_test]
async fn workspaces_are_made_listed_and_renamed(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    for name in ["zeta", " Acme ", "Đà Nẵng 🌊"] {
        let (status, made) = world.call(&ann, Method::POST, "/workspaces", Some(json!({ "name": name }))).await;
        assert_eq!(status, 201, "{made}");
        assert_eq!((made["name"].as_str(), made["role"].as_str()), (Some(name.trim()), Some("owner")));
        assert_eq!(made["personal"], false);
    }
    let (_, page) = world.get(&ann, "/workspaces").await;
    let names: Vec<&str> = page["data"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ann", "Acme", "zeta", "Đà Nẵng 🌊"], "the personal one first, then by name");
    let (_, page) = world.get(&bob, "/workspaces").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1, "a person's own only");

    let (status, renamed) = world.call(&ann, Method::PATCH, "/workspace", Some(json!({ "name": "Home" }))).await;
    assert_eq!((status, renamed["name"].as_str()), (200, Some("Home")));
    assert_eq!(world.get(&ann, "/workspace").await, (200, renamed));
    assert_eq!(world.get(&bob, "/workspace").await.1["name"], "bob");
    for name in ["", "   ", "x\ny", "x\0", "evil \u{202e}emca", &"x".repeat(81)] {
        for (method, path) in [(Method::POST, "/workspaces"), (Method::PATCH, "/workspace")] {
            let answer = world.call(&ann, method, path, Some(json!({ "name": name }))).await;
            assert_eq!(outcome(&answer), (422, "invalid_body"));
            assert_eq!(answer.1["errors"][0]["field"], "name");
        }
    }
}

#[db_test]
async fn lists_come_in_pages_that_hold_everything_once(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    for index in 0..4 {
        world.member(&format!("member{index}"), ann.workspace, Role::Member).await;
        world.tenancy.create_workspace(ann.user, &format!("Workspace {index}")).await.unwrap();
    }
    for (path, key) in [("/members", "user_id"), ("/workspaces", "id")] {
        let mut seen = Vec::new();
        let mut next = format!("{path}?limit=2");
        loop {
            let (status, page) = world.get(&ann, &next).await;
            assert_eq!(status, 200, "{page}");
            seen.extend(page["data"].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}?limit=2&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 5, "{path}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 5, "{path}: none twice");
        assert_eq!(outcome(&world.get(&ann, &format!("{path}?cursor=nonsense")).await), (400, "invalid_query"));
    }
}

#[db_test]
async fn members_have_names_and_roles(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let guest = world.member("guest", ann.workspace, Role::Guest).await;
    let (_, page) = world.get(&bob, "/members").await;
    let rows: Vec<(&str, &str)> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["email"].as_str().unwrap(), row["role"].as_str().unwrap()))
        .collect();
    assert_eq!(rows, [("ann@example.com", "owner"), ("bob@example.com", "member"), ("guest@example.com", "guest")]);
    assert_eq!(page["data"][1]["name"], "bob");
    assert_eq!(page["data"][1]["user_id"], bob.user.to_string());
    assert_eq!(outcome(&world.get(&guest, "/members").await), (403, "forbidden"));
}

#[db_test]
async fn acceptance_16_a_lower_role_counts_from_the_next_request(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Admin).await;
    let rename = || world.call(&bob, Method::PATCH, "/workspace", Some(json!({ "name": "Renamed" })));
    assert_eq!(rename().await.0, 200);
    let path = format!("/members/{}", bob.user);
    let (status, member) = world.call(&ann, Method::PATCH, &path, Some(json!({ "role": "guest" }))).await;
    assert_eq!((status, member["role"].as_str()), (200, Some("guest")));
    // The same token, a moment later.
    assert_eq!(outcome(&rename().await), (403, "forbidden"));
    assert_eq!(outcome(&world.call(&bob, Method::DELETE, &path, None).await), (403, "forbidden"));
    assert_eq!(world.get(&bob, "/workspace").await.1["role"], "guest");
    assert_eq!(world.call(&ann, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(outcome(&world.get(&bob, "/workspace").await), (401, "unauthenticated"));
}

#[db_test]
async fn acceptance_16_ids_and_roles_in_a_body_change_nothing(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let member = world.member("member", ann.workspace, Role::Member).await;
    let member_path = format!("/members/{}", member.user);
    for (method, path, body) in [
        (Method::POST, "/workspaces", json!({ "name": "X", "workspace_id": bob.workspace })),
        (Method::POST, "/workspaces", json!({ "name": "X", "role": "owner" })),
        (Method::POST, "/workspaces", json!({ "name": "X", "personal": true })),
        (Method::PATCH, "/workspace", json!({ "name": "X", "workspace_id": bob.workspace })),
        (Method::PATCH, "/workspace", json!({ "name": "X", "id": bob.workspace })),
        (Method::PATCH, member_path.as_str(), json!({ "role": "guest", "workspace_id": bob.workspace })),
        (Method::PATCH, member_path.as_str(), json!({ "role": "god" })),
        (Method::PATCH, member_path.as_str(), json!({})),
    ] {
        let answer = world.call(&ann, method, path, Some(body.clone())).await;
        assert_eq!(outcome(&answer), (422, "invalid_body"), "{path} {body}");
    }
    assert_eq!(world.get(&ann, "/workspace").await.1["name"], "ann");
    assert_eq!(world.get(&bob, "/workspace").await.1["name"], "bob");
    assert_eq!(world.role(&member).await, Some(Role::Member));
    assert_eq!(world.tenancy.workspaces_of(ann.user).await.unwrap().len(), 1);
}

#[db_test]
async fn acceptance_16_the_last_owner_is_told_why(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let path = format!("/members/{}", ann.user);
    assert_eq!(outcome(&world.call(&ann, Method::DELETE, &path, None).await), (409, "last_owner"));
    let demote = world.call(&ann, Method::PATCH, &path, Some(json!({ "role": "admin" }))).await;
    assert_eq!(outcome(&demote), (409, "last_owner"));
    let admin = world.member("admin", ann.workspace, Role::Admin).await;
    assert_eq!(outcome(&world.call(&admin, Method::DELETE, &path, None).await), (403, "forbidden"));
    let raise = format!("/members/{}", admin.user);
    let raise = world.call(&admin, Method::PATCH, &raise, Some(json!({ "role": "owner" }))).await;
    assert_eq!(outcome(&raise), (403, "forbidden"));
}

#[db_test]
async fn acceptance_14_members_of_another_workspace_are_not_found(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let theirs = world.member("theirs", bob.workspace, Role::Guest).await;
    for target in [theirs.user, bob.user] {
        let path = format!("/members/{target}");
        let answer = world.call(&ann, Method::PATCH, &path, Some(json!({ "role": "admin" }))).await;
        assert_eq!(outcome(&answer), (404, "not_found"));
        assert_eq!(outcome(&world.call(&ann, Method::DELETE, &path, None).await), (404, "not_found"));
    }
    assert_eq!(outcome(&world.call(&ann, Method::DELETE, "/members/nonsense", None).await), (404, "invalid_path"));
    assert_eq!(world.role(&theirs).await, Some(Role::Guest));
    assert_eq!(world.role(&bob).await, Some(Role::Owner));
}
