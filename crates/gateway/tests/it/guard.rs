//! What providers do not see, and callers do.

use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{DONE, STOP, World, at, chunk, completion, text};

fn guarded(mut config: Value) -> Value {
    config["gateway"] = json!({ "guardrails": { "redact": ["email", "card"], "blocked_terms": ["falcon"] } });
    config
}

#[db_test]
async fn personal_data_stays_here_and_comes_back(db: TestDb) {
    let stream =
        [chunk("Mail [EMA"), chunk("IL_1] or ["), chunk("CARD_1"), chunk("]!"), STOP.to_owned(), DONE.to_owned()];
    let server = ReplayServer::start([completion("Mail [EMAIL_1].", 10, 5), Script::events(&stream)]).await;
    let world = World::with(&db, guarded(at(&server))).await;
    let said = "I am ann@example.com with 4111 1111 1111 1111";
    let whole = world.chat("compatible/model", said).await.expect(200);
    assert_eq!(whole.json()["choices"][0]["message"]["content"], "Mail ann@example.com.");
    let streamed = world.chat_stream("compatible/model", said).await.expect(200);
    let spoken: String =
        streamed.events().iter().filter_map(|(_, data)| data["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(spoken, "Mail ann@example.com or 4111 1111 1111 1111!");
    assert!(streamed.text.ends_with(DONE));
    for request in server.requests() {
        let sent = String::from_utf8(request.body).unwrap();
        assert!(!sent.contains("ann@example.com") && !sent.contains("4111"), "{sent}");
        assert!(sent.contains("I am [EMAIL_1] with [CARD_1]"), "{sent}");
    }
}

#[db_test]
async fn the_same_in_a_translated_answer(db: TestDb) {
    let world = World::with(&db, guarded(json!({}))).await;
    let whole = world.chat("demo/parlance", "/echo I am ann@example.com").await.expect(200);
    assert_eq!(whole.json()["choices"][0]["message"]["content"], "I am ann@example.com");
    let streamed = world.chat_stream("demo/parlance", "/echo I am ann@example.com now").await.expect(200);
    assert!(streamed.text.contains("ann@example.com") && !streamed.text.contains("EMAIL_1"), "{}", streamed.text);
}

#[db_test]
async fn a_blocked_term_is_refused_in_shape(db: TestDb) {
    let world = World::with(&db, guarded(json!({}))).await;
    let error = world.chat("demo/parlance", "What is FALCON?").await.expect(400).json();
    assert_eq!(error["error"]["code"], "content_blocked");
    let body =
        json!({ "model": "demo/parlance", "max_tokens": 9, "messages": [{ "role": "user", "content": "falcon" }] });
    let error = world.post("/messages", body).await.expect(400).json();
    assert_eq!(text(&error["error"]["type"]), "invalid_request_error");
    assert_eq!(world.ledger().await, []);
}
