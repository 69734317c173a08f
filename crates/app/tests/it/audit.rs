//! Acceptance 17: the audit log of a whole installation holds no secret.

use database::{Platform, params};
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::{
    isolation::Theirs,
    support::{TestApp, text},
};

/// An action, what was before and after, whose it is about and who acted, as stored.
type Row = (String, Option<String>, Option<String>, Option<String>, Option<String>);

#[db_test]
async fn acceptance_17_no_secret_gets_into_the_audit_log(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let key = owner.post("/keys", json!({ "name": "Reports" })).await.expect(201);
    let rotated = owner.post(&format!("/keys/{}/rotate", text(&key["key"]["id"])), json!({})).await.expect(200);
    let invited = owner.post("/invitations", json!({ "email": "new@example.com", "role": "guest" })).await.expect(201);
    let connection = json!({ "provider": "openai", "name": "Ours", "key": "AIza-looks-like-nothing-known" });
    owner.post("/connections", connection).await.expect(201);
    let change = json!({ "current_password": "wrong-but-typed-here", "new_password": "another very long one" });
    owner.post("/auth/password", change).await;
    owner.post("/auth/login", json!({ "email": "owner@example.com", "password": "wrong-but-typed-here" })).await;
    owner.post("/auth/forgot-password", json!({ "email": "owner@example.com" })).await;

    let rows: Vec<Row> = db
        .all(Platform, "SELECT action, before_state, after_state, subject_id, actor_name FROM audit_entries", params![])
        .await
        .unwrap();
    let actions: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    for expected in [
        "user.created",
        "workspace.created",
        "login.succeeded",
        "login.failed",
        "api_key.created",
        "api_key.rotated",
        "invitation.created",
        "connection.created",
        "route.created",
        "budget.created",
        "group.created",
        "group.member_added",
        "guardrails.updated",
        "key_guardrails.updated",
    ] {
        assert!(actions.contains(&expected), "{expected} is missing in {actions:?}");
    }
    let kept = format!("{rows:?}");
    let path = text(&invited["path"]);
    for secret in [
        text(&key["secret"]),
        text(&rotated["secret"]),
        path.trim_start_matches("/invite/").to_owned(),
        owner.token.clone(),
        "AIza-looks-like".to_owned(),
        "sk-a-secret".to_owned(),
        "wrong-but-typed-here".to_owned(),
        crate::support::PASSWORD.to_owned(),
    ] {
        assert!(!secret.is_empty() && !kept.contains(&secret), "{secret}");
    }
    // Nor what people write.
    assert!(!kept.contains("/echo a secret of ours"), "{}", theirs.conversation);
}
