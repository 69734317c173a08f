//! The caller, their profile and their picture.

use axum::http::Method;
use contracts::tenancy::Role;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{ANN, PASSWORD, World, call, get, post};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

#[db_test]
async fn a_new_user_has_a_home(db: TestDb) {
    let world = World::new(&db);
    let body = json!({ "email": " Ann.Lee@Example.com", "password": PASSWORD, "name": " Ann Lê ", "locale": "vi" });
    post("/auth/signup").json(body).on(&world.node).await.expect(202);
    let login = post("/auth/login").json(json!({ "email": "ann.lee@example.com", "password": PASSWORD }));
    let session = login.on(&world.node).await.expect(200).json();
    assert_eq!(session["token_type"], "Bearer");
    assert_eq!(session["expires_in"], 600);
    assert_eq!(session["user"]["email"], "Ann.Lee@Example.com");
    assert_eq!(session["user"]["name"], "Ann Lê");
    assert_eq!(session["user"]["locale"], "vi");
    assert_eq!(session["user"]["theme"], "system");
    assert_eq!(session["user"]["attributes"], json!({}));
    assert_eq!(session["user"]["avatar_url"], Value::Null);
    assert_eq!(session["user"]["platform_admin"], false);
    assert_eq!(session["workspace"]["personal"], true);
    assert_eq!(session["workspace"]["role"], "owner");
    assert_eq!(session["workspace"]["name"], "Ann Lê");
    assert_eq!(session["permissions"].as_array().unwrap().len(), contracts::tenancy::Permission::ALL.len());

    let me = world.node.whoami(session["access_token"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(me["user"], session["user"]);
    assert_eq!(me["workspace"], session["workspace"]);
    assert_eq!(me["permissions"], session["permissions"]);
    assert_eq!(me["workspaces"], json!([session["workspace"]]));
}

#[db_test]
async fn without_a_token_nobody_is_anybody(db: TestDb) {
    let world = World::new(&db);
    for (method, path) in [
        (Method::GET, "/me"),
        (Method::PATCH, "/me"),
        (Method::PUT, "/me/avatar"),
        (Method::DELETE, "/me/avatar"),
        (Method::GET, "/users/user_01h455vb4pex5vsknk084sn02q/avatar"),
        (Method::GET, "/auth/sessions"),
        (Method::DELETE, "/auth/sessions"),
        (Method::DELETE, "/auth/sessions/sess_01h455vb4pex5vsknk084sn02q"),
        (Method::POST, "/auth/password"),
    ] {
        call(method, path).on(&world.node).await.refused(401, "unauthenticated");
    }
}

#[db_test]
async fn a_profile_changes_where_it_was_asked_to(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let patch = |body: Value| call(Method::PATCH, "/me").bearer(&ann.token).json(body);
    let user = patch(json!({ "name": " Ann " })).on(&world.node).await.expect(200).json();
    assert_eq!((user["name"].as_str(), user["theme"].as_str()), (Some("Ann"), Some("system")));
    let attributes = json!({ "composer": { "send_on_enter": true }, "ünïcode": ["😀", null, 1.5] });
    let body = json!({ "theme": "dark", "locale": "vi", "attributes": attributes });
    let user = patch(body).on(&world.node).await.expect(200).json();
    assert_eq!((user["name"].as_str(), user["theme"].as_str()), (Some("Ann"), Some("dark")));
    assert_eq!(user["attributes"], attributes);
    assert_eq!(patch(json!({})).on(&world.node).await.expect(200).json(), user, "nothing asked, nothing changed");
    assert_eq!(world.node.whoami(&ann.token).await.expect(200).json()["user"], user);
}

#[db_test]
async fn acceptance_16_a_body_can_t_raise_anybody(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let before = world.node.whoami(&ann.token).await.expect(200).json();
    for (field, value) in [
        ("role", json!("owner")),
        ("workspace_id", json!(ann.workspace)),
        ("workspace", json!(ann.workspace)),
        ("user_id", json!(ann.user)),
        ("platform_admin", json!(true)),
        ("email", json!("other@example.com")),
        ("name", json!("  ")),
        ("theme", json!("pink")),
        ("attributes", json!([])),
        ("attributes", json!({ "nested": [{ "text": "a\0b" }] })),
        ("attributes", json!({ "a\0b": 1 })),
        ("attributes", json!({ "large": "x".repeat(16 * 1024) })),
    ] {
        let mut body = json!({ "locale": "vi" });
        body[field] = value;
        let answer = call(Method::PATCH, "/me").bearer(&ann.token).json(body).on(&world.node).await.expect(422);
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    assert_eq!(world.node.whoami(&ann.token).await.expect(200).json(), before);
    for body in [json!({ "workspace_id": ann.workspace }), json!({ "role": "owner" })] {
        post("/auth/refresh").cookie(&ann.cookie).json(body).on(&world.node).await.refused(422, "invalid_body");
    }
}

#[db_test]
async fn a_picture_is_served_safely_to_colleagues_only(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let bob = world.node.join("bob@example.com").await;
    let put = |bytes: &[u8]| call(Method::PUT, "/me/avatar").bearer(&ann.token).bytes(bytes.to_vec());

    // The claimed type is not believed; the bytes are.
    let user = put(PNG).header("content-type", "text/html").on(&world.node).await.expect(200).json();
    let url = user["avatar_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("/api/v1").unwrap().to_owned();
    let answer = get(&path).bearer(&ann.token).on(&world.node).await.expect(200);
    assert_eq!(answer.bytes, PNG);
    assert_eq!(answer.headers["content-type"], "image/png");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["content-disposition"], "inline; filename=\"avatar.png\"");
    assert!(answer.headers["cache-control"].to_str().unwrap().starts_with("private"));
    assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let etag = answer.headers["etag"].to_str().unwrap().to_owned();
    let again = get(&path).bearer(&ann.token).header("if-none-match", &etag).on(&world.node).await.expect(304);
    assert!(again.bytes.is_empty());
    assert_eq!(again.headers["etag"], etag.as_str());

    // Bob is nobody to Ann, until they share a workspace and he is in it.
    get(&path).bearer(&bob.token).on(&world.node).await.refused(404, "not_found");
    world.node.tenancy.add_member(ann.workspace, bob.user, Role::Guest).await.unwrap();
    get(&path).bearer(&bob.token).on(&world.node).await.refused(404, "not_found");
    let switch = post("/auth/refresh").cookie(&bob.cookie).json(json!({ "workspace": ann.workspace }));
    let bob_there = switch.on(&world.node).await.expect(200).person();
    get(&path).bearer(&bob_there.token).on(&world.node).await.expect(200);

    // Another picture has another address, and none has none.
    let other = put(b"GIF89a another picture").on(&world.node).await.expect(200).json();
    assert_ne!(other["avatar_url"], user["avatar_url"]);
    get(&path).bearer(&ann.token).header("if-none-match", &etag).on(&world.node).await.expect(200);
    let gone = call(Method::DELETE, "/me/avatar").bearer(&ann.token).on(&world.node).await.expect(200).json();
    assert_eq!(gone["avatar_url"], Value::Null);
    get(&path).bearer(&ann.token).on(&world.node).await.refused(404, "not_found");
    call(Method::DELETE, "/me/avatar").bearer(&ann.token).on(&world.node).await.expect(200);
}

#[db_test]
async fn what_is_no_picture_is_refused(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let put = |bytes: Vec<u8>| {
        call(Method::PUT, "/me/avatar").bearer(&ann.token).header("content-type", "image/png").bytes(bytes)
    };
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    for bytes in [svg, b"<html>".to_vec(), Vec::new()] {
        put(bytes).on(&world.node).await.refused(415, "unsupported_media_type");
    }
    let mut large = PNG.to_vec();
    large.resize(1024 * 1024, 0);
    put(large.clone()).on(&world.node).await.expect(200);
    for size in [1024 * 1024 + 1, 3 * 1024 * 1024] {
        large.resize(size, 0);
        put(large.clone()).on(&world.node).await.refused(413, "payload_too_large");
    }
}
