//! The same with API keys: one that was revoked, and one without the scope, open nothing.

use hyper::Method;
use serde_json::json;
use testkit::{TestDb, db_test};

use super::{Case, Theirs, call, case, is_compatible, is_endless, operations, snapshot};
use crate::support::{Answer, Person, TestApp, request, text};

async fn key(person: &Person<'_>, scopes: &[&str]) -> (String, String) {
    let made = person.post("/keys", json!({ "name": "Key", "scopes": scopes })).await.expect(201);
    (text(&made["key"]["id"]), text(&made["secret"]))
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
    assert!(!answer.text.contains("a secret of ours"), "{what}: {}", answer.text);
}

#[db_test]
async fn acceptance_19_a_key_opens_what_its_scopes_say(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let (revoked_id, revoked) = key(&owner, &["inference", "read", "write"]).await;
    app.call(Method::DELETE, &format!("/keys/{revoked_id}"), Some(&owner.token), None).await.expect(204);
    let (_, inference) = key(&owner, &["inference"]).await;
    let (_, read) = key(&owner, &["read"]).await;
    let (_, write) = key(&owner, &["write"]).await;
    let before = snapshot(&owner).await;
    let mut refusals = 0;
    for operation in operations(&app) {
        let Some(body) = case(&operation.id, &theirs).body() else { continue };
        let path = theirs.path(&operation.template);
        let answer = call(&app, &operation, &path, Some(&revoked), &body).await;
        assert_refused(&answer, 401, &operation.id);
        let lacking = if is_compatible(&operation) {
            vec![&read, &write]
        } else if operation.method == Method::GET {
            vec![&inference, &write]
        } else {
            vec![&inference, &read]
        };
        for secret in lacking {
            let answer = call(&app, &operation, &path, Some(secret), &body).await;
            assert_refused(&answer, 403, &operation.id);
            refusals += 1;
        }
    }
    assert!(refusals > 60, "the document lists the routes: {refusals}");
    assert_eq!(snapshot(&owner).await, before);
}

#[db_test]
async fn acceptance_14_a_strangers_key_finds_nothing(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let before = snapshot(&owner).await;
    let stranger = app.sign_up("stranger@example.com").await;
    let (_, secret) = key(&stranger, &["inference", "read", "write"]).await;
    for operation in operations(&app).iter().filter(|operation| !is_endless(operation)) {
        let path = theirs.path(&operation.template);
        match case(&operation.id, &theirs) {
            Case::Public | Case::Directory(_) => {}
            Case::Own(body) => {
                let answer = call(&app, operation, &path, Some(&secret), &body).await;
                assert!(!answer.text.contains("a secret of ours"), "{}", operation.id);
                assert!(!answer.text.contains("owner@example.com"), "{}", operation.id);
            }
            Case::Platform(body) => {
                let answer = call(&app, operation, &path, Some(&secret), &body).await;
                assert_refused(&answer, 403, &operation.id);
            }
            Case::Foreign(body) => {
                let answer = call(&app, operation, &path, Some(&secret), &body).await;
                // Sessions, and the end of workspaces, are a person's own matter, which no key may ask about.
                let persons = [
                    "revoke_session",
                    "disconnect_identity",
                    "update_passkey",
                    "remove_passkey",
                    "restore_workspace",
                    "transfer_workspace",
                ];
                let status = if persons.contains(&operation.id.as_str()) { 403 } else { 404 };
                assert_refused(&answer, status, &operation.id);
            }
        }
    }
    assert_eq!(snapshot(&owner).await, before);
}

/// An answer that holds a secret is not kept for clients that repeat themselves.
#[db_test]
async fn acceptance_18_a_secret_is_not_kept_for_a_repetition(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let mut call = request(Method::POST, "/keys", Some(&person.token), Some(json!({ "name": "Key" })));
        call.headers_mut().insert("idempotency-key", "once".parse().unwrap());
        let answer = app.send(call).await;
        assert!(!answer.headers.contains_key("idempotency-replayed"));
        secrets.push(text(&answer.expect(201)["secret"]));
    }
    assert_ne!(secrets[0], secrets[1]);
    let (kept,): (i64,) =
        db.one(database::Platform, "SELECT count(*) FROM idempotency_keys", Vec::new()).await.unwrap();
    assert_eq!(kept, 0);
}
