//! What a role of a workspace's own allows, where sign-in and keys are concerned.

use axum::http::{Method, Request};
use contracts::tenancy::{Role, can};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use web::Allowed;

use crate::support::{ANN, Node, Person, World, call, get, post};

type Read = Allowed<can::ReadMembers>;
type Audit = Allowed<can::ReadAudit>;
type Manage = Allowed<can::ManageMembers>;

/// Makes a role of the workspace's own; gives its id.
async fn role(node: &Node, owner: &Person, base: Role, permissions: &[&str]) -> Value {
    let body = json!({ "name": permissions.join(" "), "base": base, "permissions": permissions });
    post("/roles").bearer(&owner.token).json(body).on(node).await.expect(201).json()["id"].clone()
}

async fn give(node: &Node, owner: &Person, to: &Person, role: &Value) {
    let path = format!("/members/{}", to.user);
    call(Method::PATCH, &path).bearer(&owner.token).json(json!({ "role": role })).on(node).await.expect(200);
}

#[db_test]
async fn roles_of_ones_own_and_of_groups_are_known_without_a_question(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let bob = node.colleague(&ann, "bob@example.com", Role::Guest).await;
    let reader = role(node, &ann, Role::Guest, &["members.read"]).await;
    give(node, &ann, &bob, &reader).await;
    let group =
        post("/groups").bearer(&ann.token).json(json!({ "name": "Auditors" })).on(node).await.expect(201).json();
    let group = group["id"].as_str().unwrap().to_owned();
    let auditor = role(node, &ann, Role::Guest, &["audit.read"]).await;
    let path = format!("/groups/{group}/role");
    call(Method::PUT, &path).bearer(&ann.token).json(json!({ "role": auditor })).on(node).await.expect(200);
    let path = format!("/groups/{group}/members/{}", bob.user);
    call(Method::PUT, &path).bearer(&ann.token).on(node).await.expect(204);
    node.whoami(&bob.token).await.expect(200);

    let parts = || {
        let request = Request::get("/").header("authorization", format!("Bearer {}", bob.token));
        request.extension(node.auth.clone()).body(()).unwrap().into_parts().0
    };
    let (mut first, mut second, mut third) = (parts(), parts(), parts());
    let read = <Read as axum::extract::FromRequestParts<()>>::from_request_parts(&mut first, &()).now_or_never();
    let audit = <Audit as axum::extract::FromRequestParts<()>>::from_request_parts(&mut second, &()).now_or_never();
    let manage = <Manage as axum::extract::FromRequestParts<()>>::from_request_parts(&mut third, &()).now_or_never();
    assert!(read.expect("no question is asked").is_ok());
    assert!(audit.expect("no question is asked").is_ok());
    assert!(manage.expect("no question is asked").is_err());
}

#[db_test]
async fn acceptance_19_a_key_has_the_rights_of_its_owners_roles(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let bob = node.colleague(&ann, "bob@example.com", Role::Member).await;
    let keeper = role(node, &ann, Role::Guest, &["keys.create", "keys.manage", "members.read"]).await;
    give(node, &ann, &bob, &keeper).await;
    let (_, secret) = node.key(&bob, json!({ "name": "Bob's", "scopes": ["read", "write"] })).await;
    get("/members").bearer(&secret).on(node).await.expect(200);
    get("/audit").bearer(&secret).on(node).await.refused(403, "forbidden");
    // Somebody else's key is theirs to change if its owner may do no more.
    let (anns, _) = node.key(&ann, json!({ "name": "Ann's" })).await;
    for method in [Method::PATCH, Method::DELETE] {
        let change = call(method.clone(), &format!("/keys/{anns}")).bearer(&bob.token);
        let change = if method == Method::PATCH { change.json(json!({ "name": "Bob's" })) } else { change };
        change.on(node).await.refused(403, "forbidden");
    }
    // The next request of the key has what is left.
    let path = format!("/roles/{}", keeper.as_str().unwrap());
    let less = json!({ "permissions": ["keys.create"] });
    call(Method::PATCH, &path).bearer(&ann.token).json(less).on(node).await.expect(200);
    get("/members").bearer(&secret).on(node).await.refused(403, "forbidden");
}

#[db_test]
async fn acceptance_16_single_sign_on_gives_no_more_than_its_keeper_has(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let bob = node.colleague(&ann, "bob@example.com", Role::Member).await;
    let keeper = role(node, &ann, Role::Member, &["sso.manage"]).await;
    give(node, &ann, &bob, &keeper).await;
    let set = async |who: &Person, default: &str, mapped: &str| {
        let body = json!({
            "name": "Acme", "issuer": "https://login.example.com", "client_id": "a", "client_secret": "b",
            "default_role": default, "role_mapping": [{ "group": "all", "role": mapped }],
        });
        call(Method::PUT, "/sso").bearer(&who.token).json(body).on(node).await
    };
    for (default, mapped) in [("admin", "guest"), ("guest", "admin")] {
        set(&bob, default, mapped).await.refused(403, "forbidden");
    }
    assert_eq!(get("/sso").bearer(&ann.token).on(node).await.expect(200).json()["connection"], Value::Null);
    set(&bob, "member", "guest").await.expect(200);
    set(&ann, "member", "admin").await.expect(200);
    // A directory may do what administrators may.
    call(Method::POST, "/sso/scim/token").bearer(&bob.token).on(node).await.refused(403, "forbidden");
    call(Method::POST, "/sso/scim/token").bearer(&ann.token).on(node).await.expect(201);
    for (default, status) in [("admin", 403), ("member", 200)] {
        let body = json!({ "name": "Acme", "metadata": crate::saml_provider::metadata(), "default_role": default });
        call(Method::PUT, "/sso/saml").bearer(&bob.token).json(body).on(node).await.expect(status);
    }
}
