//! A budget over a group, as its members and everybody else meet it.

use contracts::tenancy::Role;
use hyper::Method;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{TestApp, text};

#[db_test]
async fn acceptance_25_a_groups_cap_stops_its_members_in_the_chat_and_the_compatible_apis(db: TestDb) {
    let app = TestApp::start(&db).await;
    let home = app.sign_up("ada@example.com").await;
    let ada = home.workspace("Research").await;
    let mai = app.sign_up("mai@example.com").await;
    let workspace = ada.workspace_id().parse().unwrap();
    app.platform.tenancy.add_member(workspace, mai.user_id().parse().unwrap(), Role::Member).await.unwrap();
    let mai = mai.enter(&ada.workspace_id()).await;
    let key = text(&mai.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);
    let group = text(&ada.post("/groups", json!({ "name": "Compilers" })).await.expect(201)["id"]);
    let membership = format!("/groups/{group}/members/{}", mai.user_id());
    let cap = json!({
        "name": "Pocket money", "subject": { "kind": "group", "id": group }, "period": "month",
        "limit_usd": "0.000000001", "hard": true,
    });
    ada.post("/budgets", cap).await.expect(201);

    let ask = json!({
        "model": "demo/parlance", "max_tokens": 8, "messages": [{ "role": "user", "content": "/echo hello" }],
    });
    let call = async |path: &str| app.call(Method::POST, path, Some(&key), Some(ask.clone())).await;
    let run = json!({ "message": { "text": "/echo hello" } });
    let conversation = mai.conversation().await;
    let runs = format!("/conversations/{conversation}/runs");
    call("/v1/chat/completions").await.expect(200);

    ada.put(&membership, json!({})).await.expect(204);
    let refused = mai.post(&runs, run.clone()).await.expect(402);
    assert_eq!(refused["code"], "budget_exceeded");
    assert!(text(&refused["detail"]).contains("“Pocket money”"), "{refused}");
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let refused = call(path).await;
        assert!(!refused.status.is_success() && refused.text.contains("“Pocket money”"), "{}", refused.text);
    }
    // Whoever is not in the group goes on, and so does she when she has left it.
    let own = ada.conversation().await;
    ada.say(&own, "/echo hello").await;
    ada.delete(&membership).await.expect(204);
    call("/v1/chat/completions").await.expect(200);
    mai.say(&conversation, "/echo hello").await;
    // She sees the cap no more, and an administrator still does.
    assert_eq!(mai.get("/budgets").await.expect(200)["data"], json!([]));
    assert_eq!(ada.get("/budgets").await.expect(200)["data"][0]["spent_usd"], "0");
}
