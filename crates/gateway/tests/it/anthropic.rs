//! Messages: passed through and translated, streamed and whole; counting.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{World, at, events, fixture, text};

fn ask(model: &str, content: &str) -> Value {
    json!({ "model": model, "max_tokens": 500, "messages": [{ "role": "user", "content": content }] })
}

#[db_test]
async fn a_message_of_the_same_shape_passes_unread(db: TestDb) {
    let stream = fixture("anthropic/text.sse");
    let server = ReplayServer::start([
        Script::json(200, &fixture("anthropic/message.json")),
        Script::events(stream.split_inclusive("\n\n")),
    ])
    .await;
    let world = World::with(&db, at(&server)).await;
    let mut body = ask("anthropic/claude-sonnet-4-5", "Hi");
    body["container"] = "c".into();
    let answer = world.post("/messages", body.clone()).await.expect(200);
    assert_eq!(answer.text, fixture("anthropic/message.json"));
    let before = world.spent().await;
    assert_eq!(server.requests()[0].json()["container"], "c");
    body["stream"] = true.into();
    let streamed = world.post("/messages", body).await.expect(200);
    assert_eq!(streamed.events(), events(&stream));
    let after = world.spent().await;
    assert!(before.input > 0 && after.input > before.input && after.output > before.output, "both are charged");
}

#[db_test]
async fn a_translated_message_has_blocks(db: TestDb) {
    let world = World::start(&db).await;
    // As Anthropic's SDKs send the key.
    let request = Request::post("/v1/messages")
        .header("x-api-key", &world.key)
        .header("anthropic-version", "2023-06-01")
        .header("content-type", "application/json")
        .body(Body::from(ask("demo/parlance-reasoner", "/echo Hello there").to_string()))
        .unwrap();
    let body = world.send(request).await.expect(200).json();
    assert!(text(&body["id"]).starts_with("msg_"));
    assert_eq!((&body["type"], &body["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(body["content"][0]["type"], "thinking");
    assert_eq!(body["content"][1]["text"], "Hello there");
    assert_eq!(body["stop_reason"], "end_turn");
    let spent = world.spent().await;
    assert_eq!(
        (&body["usage"]["input_tokens"], &body["usage"]["output_tokens"]),
        (&json!(spent.input), &json!(spent.output))
    );
}

#[db_test]
async fn a_translated_stream_has_its_events_in_order(db: TestDb) {
    let world = World::start(&db).await;
    let mut body = ask("demo/parlance", "/echo one two");
    body["stream"] = true.into();
    let events = world.post("/messages", body).await.expect(200).events();
    let mut kinds: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert!(events.iter().all(|(name, data)| data["type"] == name.as_str()));
    let said: String = events.iter().filter_map(|(_, data)| data["delta"]["text"].as_str()).collect();
    assert_eq!(said, "one two");
    let end = &events[events.len() - 2].1;
    assert_eq!(end["delta"]["stop_reason"], "end_turn");
    assert_eq!(end["usage"]["output_tokens"], 2);
}

#[db_test]
async fn tools_are_used_and_their_results_read(db: TestDb) {
    let world = World::start(&db).await;
    let tools = json!([{ "name": "get_weather", "description": "Weather", "input_schema": { "type": "object" } }]);
    let mut body = ask("demo/parlance", "/tool weather");
    body["tools"] = tools.clone();
    body["system"] = json!([{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }]);
    let whole = world.post("/messages", body.clone()).await.expect(200).json();
    assert_eq!(whole["stop_reason"], "tool_use");
    let used = whole["content"][0].clone();
    assert_eq!((&used["type"], &used["name"]), (&json!("tool_use"), &json!("get_weather")));

    let mut streamed = body.clone();
    streamed["stream"] = true.into();
    let events = world.post("/messages", streamed).await.expect(200).events();
    let pieces: String = events.iter().filter_map(|(_, data)| data["delta"]["partial_json"].as_str()).collect();
    assert_eq!(serde_json::from_str::<Value>(&pieces).unwrap(), used["input"]);

    let list = body["messages"].as_array_mut().unwrap();
    list.push(json!({ "role": "assistant", "content": whole["content"] }));
    list.push(json!({ "role": "user", "content": [{
        "type": "tool_result", "tool_use_id": used["id"], "content": [{ "type": "text", "text": "31 °C" }],
    }] }));
    assert!(world.post("/messages", body).await.expect(200).text.contains("31 °C"));
}

#[db_test]
async fn errors_have_anthropics_shape(db: TestDb) {
    let world = World::start(&db).await;
    let cases = [
        (json!({ "model": "demo/parlance", "messages": [] }), 400, "invalid_request_error", "messages"),
        (
            json!({ "model": "demo/parlance", "messages": [{ "role": "user", "content": "x" }] }),
            400,
            "invalid_request_error",
            "max_tokens",
        ),
        (ask("demo/parlence", "hi"), 404, "not_found_error", "demo/parlance"),
        (ask("demo/parlance", "/fail overloaded"), 529, "overloaded_error", "overloaded"),
    ];
    for (body, status, kind, words) in cases {
        let answer = world.post("/messages", body).await.expect(status);
        let error = answer.json();
        assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!(kind)));
        assert!(text(&error["error"]["message"]).contains(words), "{error}");
        assert_eq!(error["request_id"], answer.header("x-request-id"));
    }
    let mut body = ask("demo/parlance", "hi");
    body["tools"] = json!([{ "type": "web_search_20250305", "name": "web_search" }]);
    let error = world.post("/messages", body).await.expect(400).json();
    assert!(text(&error["error"]["message"]).starts_with("tools[0].type:"), "{error}");
}

#[db_test]
async fn a_failure_in_mid_stream_is_an_error_event(db: TestDb) {
    let world = World::start(&db).await;
    let mut body = ask("demo/parlance", "/fail mid");
    body["stream"] = true.into();
    let events = world.post("/messages", body).await.expect(200).events();
    let (name, data) = events.last().unwrap();
    assert_eq!((name.as_str(), &data["type"]), ("error", &json!("error")));
    assert_eq!(data["error"]["type"], "api_error");
    assert!(world.spent().await.output > 0, "what came is paid for");
}

#[db_test]
async fn tokens_are_counted(db: TestDb) {
    let world = World::start(&db).await;
    let count = async |content: &str| {
        let mut body = ask("demo/parlance", content);
        body.as_object_mut().unwrap().remove("max_tokens");
        world.post("/messages/count_tokens", body).await.expect(200).json()["input_tokens"].as_u64().unwrap()
    };
    let (short, long) = (count("Hello").await, count(&"Hello there ".repeat(100)).await);
    assert!(short > 0 && short < 30, "{short}");
    assert!(long > short + 150, "{long}");
    assert_eq!(world.ledger().await, [], "counting costs nothing");
}

#[db_test]
async fn long_texts_are_counted_exactly_too(db: TestDb) {
    let server = ReplayServer::start([]).await;
    let world = World::with(&db, at(&server)).await;
    let count = async |text: String| {
        let answer = world.post("/messages/count_tokens", ask("openai/gpt-5.2", &text)).await.expect(200);
        answer.json()["input_tokens"].as_u64().unwrap()
    };
    let frame = count("hello".to_owned()).await - 1;
    assert_eq!(count("hello".to_owned() + &" hello".repeat(99_999)).await, frame + 100_000);
}
