//! The same for directories: what is under `/scim/v2` takes a directory's token and no other, and a directory of
//! another workspace finds nothing.

use database::{Platform, params};
use serde_json::Value;
use testkit::{TestDb, db_test};

use super::{Case, Theirs, call, case, operations, snapshot};
use crate::support::{Person, TestApp, text};

/// A token for the directory of the person's workspace, which has a domain.
async fn let_in(person: &Person<'_>, domain: &str) -> String {
    let workspace: kernel::WorkspaceId = person.workspace_id().parse().unwrap();
    let insert =
        "INSERT INTO sso_domains (workspace_id, domain, token, verified_at, created_at) VALUES ($1, $2, '', 1, 1)";
    person.app().platform.db.execute(Platform, insert, params![workspace, domain]).await.unwrap();
    text(&person.post("/sso/scim/token", Value::Null).await.expect(201)["secret"])
}

#[db_test]
async fn acceptance_14_a_strangers_directory_finds_nothing(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@ours.example").await;
    let owner = owner.workspace("Ours").await;
    let theirs = Theirs::of(&owner).await;
    let own_token = let_in(&owner, "ours.example").await;
    let key = serde_json::json!({ "name": "Key", "scopes": ["inference", "read", "write"] });
    let key = text(&owner.post("/keys", key).await.expect(201)["secret"]);
    let stranger = app.sign_up("stranger@evil.example").await;
    let stranger = stranger.workspace("Evil").await;
    let token = let_in(&stranger, "evil.example").await;
    let before = snapshot(&owner).await;
    let mut called = 0;
    for operation in operations(&app) {
        let Case::Directory(body) = case(&operation.id, &theirs) else {
            // Nor does its token open anything else.
            let Some(body) = case(&operation.id, &theirs).body() else { continue };
            let answer = call(&app, &operation, &theirs.path(&operation.template), Some(&own_token), &body).await;
            assert_eq!(answer.status.as_u16(), 401, "{}: {}", operation.id, answer.text);
            continue;
        };
        called += 1;
        let path = theirs.path(&operation.template);
        for wrong in [None, Some("nonsense"), Some(owner.token.as_str()), Some(key.as_str())] {
            let answer = call(&app, &operation, &path, wrong, &body).await;
            assert_eq!(answer.status.as_u16(), 401, "{} with {wrong:?}: {}", operation.id, answer.text);
            assert_eq!(answer.headers["content-type"], "application/scim+json", "{}", operation.id);
        }
        let answer = call(&app, &operation, &path, Some(&token), &body).await;
        let status = answer.status.as_u16();
        if operation.template.contains('{') {
            assert_eq!(status, 404, "{} as a stranger: {}", operation.id, answer.text);
        }
        assert!(status < 500, "{}: {}", operation.id, answer.text);
        for secret in ["a secret of ours", "owner@ours.example", &theirs.group] {
            assert!(!answer.text.contains(secret), "{}: {}", operation.id, answer.text);
        }
    }
    assert!(called > 12, "the document lists SCIM: {called}");
    assert_eq!(snapshot(&owner).await, before);
    // The same calls are good with the right token.
    let path = format!("/scim/v2/Groups/{}", theirs.group);
    let group = app.call(hyper::Method::GET, &path, Some(&own_token), None).await.expect(200);
    assert_eq!(group["displayName"], "a secret of ours");
}
