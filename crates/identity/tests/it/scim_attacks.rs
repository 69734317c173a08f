//! What a directory can't do, and who is no directory.

use axum::http::Method;
use contracts::tenancy::Role;
use database::{Platform, params};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::{
    scim::{Scim, id, let_in},
    sso::{Team, team, verify},
    support::{ANN, call, get, post},
};

#[db_test]
async fn acceptance_14_a_directory_has_only_its_own_token(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    let node = team.node();
    let scim = let_in(node, &team.owner).await;
    let (_, key) = node.key(&team.owner, json!({ "name": "Key", "scopes": ["read", "write"] })).await;
    let old = scim.token.clone();
    scim.user(ANN).await;

    // The one before is void.
    let scim = let_in(node, &team.owner).await;
    let changed = |token: &str| token[..token.len() - 1].to_owned() + if token.ends_with('A') { "E" } else { "A" };
    for wrong in [
        "",
        "nonsense",
        "scim-parl-",
        old.as_str(),
        &changed(&scim.token),
        &scim.token["scim-parl-".len()..],
        &team.owner.token,
        &key,
    ] {
        let wrong = Scim { node, token: wrong.to_owned() };
        for path in ["/Users", "/Groups", "/Schemas", "/ServiceProviderConfig", "/nothing"] {
            let answer = wrong.get(path).await.expect(401);
            assert_eq!(answer.json()["status"], "401");
            assert!(!answer.text().contains(ANN));
        }
    }
    scim.get("/Users").await.expect(200);
    // It opens nothing else.
    get("/me").bearer(&scim.token).on(node).await.refused(401, "unauthenticated");
    get("/members").bearer(&scim.token).on(node).await.refused(401, "unauthenticated");

    // It is shown once, and stands nowhere.
    let shown = get("/sso/scim").bearer(&team.owner.token).on(node).await.expect(200);
    assert!(shown.json()["token"]["last_used_at"].is_string() && !shown.text().contains(&scim.token));
    let rows: Vec<(Vec<u8>,)> = db.all(Platform, "SELECT token_hash FROM scim_tokens", params![]).await.unwrap();
    assert_eq!((rows.len(), rows[0].0.len()), (1, 32));
    let member = node.colleague(&team.owner, "member@other.example", Role::Member).await;
    post("/sso/scim/token").bearer(&member.token).on(node).await.refused(403, "forbidden");

    call(Method::DELETE, "/sso/scim").bearer(&team.owner.token).on(node).await.expect(204);
    scim.get("/Users").await.expect(401);
    call(Method::DELETE, "/sso/scim").bearer(&team.owner.token).on(node).await.expect(404);
}

#[db_test]
async fn acceptance_13_a_token_for_a_directory_needs_a_proof_of_lately(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    team.world.clock.advance(std::time::Duration::from_secs(11 * 60));
    let now = node.refresh(&team.owner.cookie).await.expect(200).person();
    post("/sso/scim/token").bearer(&now.token).on(node).await.refused(403, "step_up_required");
    call(Method::DELETE, "/sso/scim").bearer(&now.token).on(node).await.refused(403, "step_up_required");
}

#[db_test]
async fn a_directory_speaks_for_its_domains_alone(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    let scim = let_in(node, &team.owner).await;
    let refused = |answer: crate::support::Answer| {
        let body = answer.expect(400).json();
        assert_eq!(body["scimType"], "invalidValue", "{body}");
    };
    // Before any domain is verified, and for others afterwards.
    refused(scim.create(ANN).await);
    team.verify().await;
    for foreign in ["eve@evil.example", "eve@sub.example.com", "eve@notexample.com", "eve@example.com.evil.example"] {
        refused(scim.create(foreign).await);
    }
    // Somebody else's member is not seen, whatever is asked; nor is a member of another domain.
    let colleague = node.colleague(&team.owner, "guest@other.example", Role::Member).await;
    let path = format!("/Users/{}", colleague.user);
    scim.get(&path).await.expect(404);
    scim.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }])).await.expect(404);
    scim.call(Method::DELETE, &path, None).await.expect(404);
    assert!(scim.find("Users", "userName co \"other.example\"").await.is_empty());
    assert_eq!(scim.get("/Users").await.expect(200).json()["totalResults"], 0);
    assert_eq!(team.role(&colleague).await, Some(Role::Member));

    // A group keeps the members whom the directory doesn't see, and takes no stranger in.
    let group = post("/groups").bearer(&team.owner.token).json(json!({ "name": "Mixed" })).on(node).await.expect(201);
    let group = id(&group);
    let put = format!("/groups/{group}/members/{}", colleague.user);
    call(Method::PUT, &put).bearer(&team.owner.token).on(node).await.expect(204);
    let ann = scim.user(ANN).await;
    let path = format!("/Groups/{group}");
    let body = json!({ "displayName": "Mixed", "members": [{ "value": ann }] });
    let now = scim.call(Method::PUT, &path, Some(body)).await.expect(200);
    assert!(!now.text().contains(&colleague.user.to_string()));
    let stranger = node.join("stranger@example.com").await;
    for nobody in [stranger.user.to_string(), colleague.user.to_string()] {
        let body = json!({ "displayName": "Mixed", "members": [{ "value": nobody }] });
        refused(scim.call(Method::PUT, &path, Some(body)).await);
    }
    scim.call(Method::PUT, &path, Some(json!({ "displayName": "Mixed" }))).await.expect(200);
    let left = get(&format!("/groups/{group}/members")).bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    assert_eq!(left["data"][0]["user_id"], json!(colleague.user));
}

#[db_test]
async fn acceptance_14_a_directory_reaches_no_other_workspace(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    let node = team.node();
    let ours = let_in(node, &team.owner).await;
    let ann = ours.user(ANN).await;
    let group = id(&ours.call(Method::POST, "/Groups", Some(json!({ "displayName": "Ours" }))).await.expect(201));

    let eve = node.join("eve@evil.example").await;
    let eve = self::team(node, &eve, "Evil").await;
    verify(node, &team.names, &eve, "evil.example").await.expect(200);
    let theirs = let_in(node, &eve).await;
    for (method, path, body) in [
        (Method::GET, format!("/Users/{ann}"), Value::Null),
        (Method::PUT, format!("/Users/{ann}"), json!({ "userName": ANN, "active": false })),
        (
            Method::PATCH,
            format!("/Users/{ann}"),
            json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] }),
        ),
        (Method::DELETE, format!("/Users/{ann}"), Value::Null),
        (Method::GET, format!("/Groups/{group}"), Value::Null),
        (Method::PUT, format!("/Groups/{group}"), json!({ "displayName": "Evil" })),
        (
            Method::PATCH,
            format!("/Groups/{group}"),
            json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "Evil" }] }),
        ),
        (Method::DELETE, format!("/Groups/{group}"), Value::Null),
    ] {
        let answer = theirs.call(method.clone(), &path, (!body.is_null()).then_some(body)).await;
        assert_eq!(answer.status.as_u16(), 404, "{method} {path}: {}", answer.text());
    }
    let own = id(&theirs.call(Method::POST, "/Groups", Some(json!({ "displayName": "Own" }))).await.expect(201));
    let body = json!({ "displayName": "Own", "members": [{ "value": ann }] });
    theirs.call(Method::PUT, &format!("/Groups/{own}"), Some(body)).await.expect(400);
    assert_eq!(theirs.get("/Groups").await.expect(200).json()["totalResults"], 1);
    assert_eq!(ours.get(&format!("/Users/{ann}")).await.expect(200).json()["active"], true);
    assert_eq!(ours.get(&format!("/Groups/{group}")).await.expect(200).json()["displayName"], "Ours");
    // Nor does it take anybody out of workspaces that it has not put them into: their own stays.
    ours.call(Method::DELETE, &format!("/Users/{ann}"), None).await.expect(204);
    let (memberships,): (i64,) = db
        .one(
            Platform,
            "SELECT count(*) FROM memberships WHERE user_id = $1",
            params![ann.parse::<kernel::UserId>().unwrap()],
        )
        .await
        .unwrap();
    assert_eq!(memberships, 1);
}

#[db_test]
async fn acceptance_16_a_directory_lets_no_owner_go_and_makes_none(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    verify(team.node(), &team.names, &team.owner, "other.example").await.expect(200);
    let scim = let_in(team.node(), &team.owner).await;
    let path = format!("/Users/{}", team.owner.user);
    assert_eq!(scim.get(&path).await.expect(200).json()["active"], true);
    scim.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }])).await.expect(403);
    scim.call(Method::DELETE, &path, None).await.expect(403);
    assert_eq!(team.role(&team.owner).await, Some(Role::Owner));
    team.node().whoami(&team.owner.token).await.expect(200);
    // A role in a body is nothing.
    let mut body = crate::scim::okta_user(ANN);
    body["roles"] = json!([{ "value": "owner" }]);
    let ann = id(&scim.call(Method::POST, "/Users", Some(body)).await.expect(201));
    let members = get("/members").bearer(&team.owner.token).on(team.node()).await.expect(200).json();
    let role =
        members["data"].as_array().unwrap().iter().find(|one| one["user_id"] == json!(ann)).unwrap()["role"].clone();
    assert_eq!(role, "member");
}

#[db_test]
async fn acceptance_6_a_directory_gets_into_nobodys_account(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    let node = team.node();
    let scim = let_in(node, &team.owner).await;
    // Somebody has made an account with the address and never proved it. It would be in the workspace now.
    let squatter = node.join(ANN).await;
    let (_, key) = node.key(&squatter, json!({ "name": "Key", "scopes": ["read"] })).await;
    let ann = scim.user(ANN).await;
    assert_eq!(ann, squatter.user.to_string());
    node.whoami(&squatter.token).await.expect(401);
    node.refresh(&squatter.cookie).await.expect(401);
    get("/me").bearer(&key).on(node).await.expect(401);
    node.log_in(ANN).await.expect(401);

    // Names and addresses of accounts are their people's; a directory changes what it says itself.
    let path = format!("/Users/{ann}");
    let other = json!([{ "op": "replace", "path": "userName", "value": "mallory@example.com" }]);
    assert_eq!(scim.patch(&path, other).await.expect(400).json()["scimType"], "mutability");
    let other = json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "mallory@example.com" }]);
    scim.patch(&path, other).await.expect(200);
    let other = json!([{ "op": "replace", "value": { "id": "user_1", "password": "mine now", "meta": {} } }]);
    scim.patch(&path, other).await.expect(200);
    let rows: Vec<(String, String)> =
        db.all(Platform, "SELECT email, password_hash FROM users WHERE email_lower = $1", params![ANN]).await.unwrap();
    assert_eq!(rows, [(ANN.to_owned(), String::new())]);
}
