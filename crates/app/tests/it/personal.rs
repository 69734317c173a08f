//! What is kept of a person, over all contexts: given to them whole, and gone when they go.

use database::{Platform, params};
use hyper::Method;
use kernel::UserId;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::{
    isolation::snapshot,
    support::{PASSWORD, TestApp, final_run, text},
};

#[db_test]
async fn a_person_takes_everything_along_and_leaves_nothing(db: TestDb) {
    let app = TestApp::start(&db).await;
    let home = app.sign_up("owner@example.com").await;
    let other = home.workspace("Acme").await;
    let invited = text(&other.post("/invitations", json!({ "role": "member" })).await.expect(201)["path"]);
    let (conversation, file) = (home.conversation().await, text(&home.upload().await.expect(201)["id"]));
    let run = final_run(&home.say(&conversation, "/echo a word of mine").await);
    home.connect_google().await;
    let attributes = json!({ "attributes": { "office": "Marylebone" } });
    other.put("/profile", attributes).await.expect(200);
    let colleague = app.sign_up("colleague@example.com").await;
    let token = json!({ "token": invited.replace("/invite/", "") });
    colleague.post("/invitations/accept", token).await.expect(200);
    let theirs = colleague.conversation().await;
    colleague.say(&theirs, "/echo a word of theirs").await;
    // What each has shared with the other, and what they wrote in it.
    let (in_acme, acme) = (colleague.enter(&other.workspace_id()).await, other.conversation().await);
    let share = |conversation: &str, with: String| format!("/conversations/{conversation}/shares/{with}");
    other.put(&share(&acme, in_acme.user_id()), json!({ "access": "view" })).await.expect(200);
    let theirs_in_acme = in_acme.conversation().await;
    in_acme.put(&share(&theirs_in_acme, home.user_id()), json!({ "access": "edit" })).await.expect(200);
    in_acme.put(&share(&theirs_in_acme, "workspace".to_owned()), json!({ "access": "view" })).await.expect(200);
    other.say(&theirs_in_acme, "/echo a word of mine elsewhere").await;
    let before = snapshot(&colleague).await;

    let export = home.get("/me/export").await.expect(200);
    assert_eq!(export["profile"]["email"], "owner@example.com");
    assert_eq!(export["connected_accounts"][0]["provider"], "google");
    assert!(!export["sessions"].as_array().unwrap().is_empty());
    assert_eq!(export["files"][0]["id"], file);
    let kept = &export["conversations"][0];
    assert_eq!((&kept["id"], kept["messages"].as_array().unwrap().len()), (&json!(conversation), 2));
    assert!(kept["messages"].to_string().contains("a word of mine"), "{kept}");
    let places = export["workspaces"].as_array().unwrap();
    assert!(places.iter().any(|at| at["profile"]["office"] == "Marylebone"), "{places:?}");
    let elsewhere = &export["messages_in_shared_conversations"][0];
    assert_eq!(elsewhere["conversation_id"], theirs_in_acme.as_str());
    assert!(elsewhere.to_string().contains("a word of mine elsewhere"), "{elsewhere}");
    let shares = export["shares"].as_array().unwrap();
    let of = |id: &str| shares.iter().find(|share| share["resource_id"] == id).cloned().unwrap_or_default();
    assert_eq!(of(&acme)["with"], in_acme.user_id(), "by them: {shares:?}");
    assert_eq!((&of(&theirs_in_acme)["access"], shares.len()), (&json!("edit"), 2), "with them: {shares:?}");
    let whole = export.to_string();
    assert!(!whole.contains("a word of theirs") && !whole.contains("argon2"), "{whole}");

    // The other workspace needs an owner: deletion says so, and then hands it on by itself at its time.
    let user: UserId = home.user_id().parse().unwrap();
    other.post("/workspace/transfer", json!({ "user_id": colleague.user_id() })).await.expect(200);
    home.delete("/me").await.expect(200);
    db.execute(Platform, "UPDATE users SET erases_at = 1 WHERE id = $1", params![user]).await.unwrap();
    app.platform.identity.maintain().await.unwrap();
    let log_in = json!({ "email": "owner@example.com", "password": PASSWORD });
    assert_eq!(app.call(Method::POST, "/auth/login", None, Some(log_in)).await.status.as_u16(), 401);
    for sql in [
        "SELECT count(*) FROM conversations WHERE user_id = $1",
        "SELECT count(*) FROM files WHERE user_id = $1",
        "SELECT count(*) FROM identities WHERE user_id = $1",
        "SELECT count(*) FROM sessions WHERE user_id = $1",
        "SELECT count(*) FROM memberships WHERE user_id = $1",
        "SELECT count(*) FROM member_profiles WHERE user_id = $1",
        "SELECT count(*) FROM shares WHERE user_id = $1 OR shared_by = $1",
        "SELECT count(*) FROM messages WHERE user_id = $1 AND role = 'user' AND parts <> '[]'",
    ] {
        let (left,): (i64,) = db.one(Platform, sql, params![user]).await.unwrap();
        assert_eq!(left, 0, "{sql}");
    }
    let (messages,): (i64,) = db
        .one(
            Platform,
            "SELECT count(*) FROM messages WHERE id = $1",
            params![text(&run["message_id"]).parse::<kernel::MessageId>().unwrap()],
        )
        .await
        .unwrap();
    assert_eq!(messages, 0);
    assert_eq!(snapshot(&colleague).await["messages"], before["messages"], "a colleague's are as they were");
    let tree = in_acme.get(&format!("/conversations/{theirs_in_acme}/messages")).await.expect(200);
    assert_eq!(tree["data"].as_array().unwrap().len(), 2, "their tree is whole: {tree}");
    assert_eq!(tree["data"][1]["parts"], json!([]), "without the words of who is gone");
}
