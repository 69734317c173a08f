//! Guardrails end to end: set over HTTP, held in the chat and in the compatible APIs, recorded.

use hyper::Method;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{TestApp, final_run, text};

#[db_test]
async fn a_policy_holds_in_the_chat_and_in_the_compatible_apis(db: TestDb) {
    let app = TestApp::start(&db).await;
    let ada = app.sign_up("ada@example.com").await;
    ada.put("/guardrails", json!({ "redact": ["email"], "blocked_terms": ["falcon"] })).await.expect(200);

    let conversation = ada.conversation().await;
    let run = final_run(&ada.say(&conversation, "/echo I am ann@example.com").await);
    assert_eq!(run["guardrails"], json!([{ "rule": "email", "action": "redacted", "count": 1 }]));
    let read = ada.get(&format!("/runs/{}", text(&run["id"]))).await.expect(200);
    assert_eq!(read["guardrails"], run["guardrails"]);
    let messages = ada.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert!(messages["data"].as_array().unwrap().iter().all(|it| it.to_string().contains("ann@example.com")));
    let runs = format!("/conversations/{conversation}/runs");
    let refused = ada.post(&runs, json!({ "message": { "text": "What is Falcon?" } })).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "content_blocked".to_owned()));

    let made = ada.post("/keys", json!({ "name": "Key", "scopes": ["inference", "write"] })).await.expect(201);
    let (id, secret) = (text(&made["key"]["id"]), text(&made["secret"]));
    ada.put(&format!("/keys/{id}/guardrails"), json!({ "blocked_terms": ["heron"] })).await.expect(200);
    let ask = async |said: &str| {
        let body = json!({ "model": "demo/parlance", "messages": [{ "role": "user", "content": said }] });
        app.call(Method::POST, "/v1/chat/completions", Some(&secret), Some(body)).await.status.as_u16()
    };
    assert_eq!((ask("a falcon").await, ask("a heron").await, ask("a lark").await), (400, 400, 200));
    // The same key through the chat's own API.
    let body = json!({ "message": { "text": "a heron" } });
    let refused = app.call(Method::POST, &runs, Some(&secret), Some(body)).await;
    assert_eq!(refused.code(), "content_blocked");
    app.call(Method::DELETE, &format!("/keys/{id}/guardrails"), Some(&ada.token), None).await.expect(204);
    assert_eq!(ask("a heron").await, 200);

    let page = ada.get("/guardrails/decisions?limit=2").await.expect(200);
    assert_eq!(page["data"][0]["rule"], "blocked_term");
    assert_eq!(page["data"][0]["key_id"], json!(id));
    let rest =
        ada.get(&format!("/guardrails/decisions?limit=50&cursor={}", text(&page["next_cursor"]))).await.expect(200);
    let last = rest["data"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["rule"], &last["run_id"]), (&json!("email"), &run["id"]));
    assert_eq!(rest["data"].as_array().unwrap().len(), 3);
    ada.get("/guardrails/decisions?action=nonsense").await.expect(400);
}

#[db_test]
async fn a_text_can_be_tried_out_and_mistakes_name_their_field(db: TestDb) {
    let app = TestApp::start(&db).await;
    let ada = app.sign_up("ada@example.com").await;
    let said = "Card 4111 1111 1111 1111 of staff S-1234";
    let policy = json!({ "redact": ["card"], "patterns": [{ "name": "staff", "regex": "S-[0-9]{4}" }] });
    let tried = ada.post("/guardrails/test", json!({ "text": said, "policy": policy })).await.expect(200);
    assert_eq!((&tried["text"], &tried["blocked"]), (&json!("Card [CARD_1] of staff [STAFF_1]"), &json!(null)));
    assert!(tried["tokens"].as_u64().unwrap() > 5);
    let tried = ada.post("/guardrails/test", json!({ "text": said })).await.expect(200);
    assert_eq!((&tried["text"], &tried["decisions"]), (&json!(said), &json!([])));
    let short = json!({ "max_input_tokens": 1 });
    let tried = ada.post("/guardrails/test", json!({ "text": said, "policy": short })).await.expect(200);
    assert_eq!((&tried["text"], &tried["decisions"][0]["rule"]), (&json!(null), &json!("max_input_tokens")));
    assert_eq!(ada.get("/guardrails/decisions").await.expect(200)["data"], json!([]));

    for (policy, field) in [
        (json!({ "patterns": [{ "name": "staff", "regex": "[0-9" }] }), "patterns[0].regex"),
        (json!({ "blocked_terms": ["fine", ""] }), "blocked_terms[1]"),
        (json!({ "max_output_tokens": 0 }), "max_output_tokens"),
        (json!({ "injection": "maybe" }), "injection"),
        (json!({ "redakt": ["email"] }), "redakt"),
    ] {
        let refused = ada.put("/guardrails", policy.clone()).await;
        assert_eq!(refused.status.as_u16(), 422, "{policy}: {}", refused.text);
        let body: serde_json::Value = serde_json::from_str(&refused.text).unwrap();
        assert_eq!(body["errors"][0]["field"], field, "{policy}");
    }
}
