//! Responses: passed through and translated, streamed and whole.

use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{World, at, fixture, text};

#[db_test]
async fn a_response_of_the_same_shape_passes_unread(db: TestDb) {
    let stream = fixture("openai/responses_reasoning.sse");
    let server = ReplayServer::start([
        Script::json(200, &fixture("openai/responses.json")),
        Script::events(stream.split_inclusive("\n\n")),
    ])
    .await;
    let world = World::with(&db, at(&server)).await;
    let body = json!({ "model": "gpt-5.2", "input": "Hi", "previous_response_id": "resp_1", "store": true });
    let answer = world.post("/responses", body).await.expect(200);
    assert_eq!(answer.text, fixture("openai/responses.json"));
    assert_eq!(server.requests()[0].json()["previous_response_id"], "resp_1");
    assert_eq!(answer.header("x-parlance-model"), "openai/gpt-5.2");
    let before = world.spent().await;
    assert!(before.input > 0 && before.output > 0);

    let streamed =
        world.post("/responses", json!({ "model": "gpt-5.2", "input": "Hi", "stream": true })).await.expect(200);
    assert_eq!(streamed.events(), crate::support::events(&stream));
    let after = world.spent().await;
    assert!(after.input > before.input && after.output > before.output, "both are charged");
}

#[db_test]
async fn a_translated_response_has_output(db: TestDb) {
    let world = World::start(&db).await;
    let body = json!({
        "model": "demo/parlance", "input": "/echo Hello there", "instructions": "Be brief.", "metadata": { "a": "b" },
    });
    let body = world.post("/responses", body).await.expect(200).json();
    assert!(text(&body["id"]).starts_with("resp_"));
    assert_eq!((&body["object"], &body["status"]), (&json!("response"), &json!("completed")));
    assert_eq!(body["output"][0]["content"][0]["text"], "Hello there");
    assert_eq!((&body["instructions"], &body["metadata"]["a"]), (&json!("Be brief."), &json!("b")));
    let spent = world.spent().await;
    assert_eq!(body["usage"]["total_tokens"], spent.input + spent.output);
}

#[db_test]
async fn a_translated_stream_has_its_events_in_order(db: TestDb) {
    let world = World::start(&db).await;
    let body = json!({ "model": "demo/parlance-reasoner", "input": "/echo one two", "stream": true });
    let events = world.post("/responses", body).await.expect(200).events();
    let mut kinds: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    for (index, (name, data)) in events.iter().enumerate() {
        assert_eq!(data["type"], name.as_str());
        assert_eq!(data["sequence_number"], index, "{name}");
    }
    let said: String = events
        .iter()
        .filter(|(name, _)| name == "response.output_text.delta")
        .map(|(_, data)| data["delta"].as_str().unwrap())
        .collect();
    assert_eq!(said, "one two");
    let last = &events.last().unwrap().1["response"];
    assert_eq!(last["output"][1]["content"][0]["text"], "one two");
    assert!(last["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64().unwrap() > 0);
}

#[db_test]
async fn functions_are_called_and_their_output_read(db: TestDb) {
    let world = World::start(&db).await;
    let tools =
        json!([{ "type": "function", "name": "get_weather", "parameters": { "type": "object" }, "strict": true }]);
    let mut body = json!({ "model": "demo/parlance", "input": "/tool weather", "tools": tools });
    let whole = world.post("/responses", body.clone()).await.expect(200).json();
    let call = whole["output"][0].clone();
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("get_weather")));

    body["stream"] = true.into();
    let events = world.post("/responses", body.clone()).await.expect(200).events();
    let pieces: String = events
        .iter()
        .filter(|(name, _)| name == "response.function_call_arguments.delta")
        .map(|(_, data)| data["delta"].as_str().unwrap())
        .collect();
    assert_eq!(json!(pieces), call["arguments"]);
    let done = events.iter().find(|(name, _)| name == "response.function_call_arguments.done").unwrap();
    assert_eq!(done.1["arguments"], call["arguments"]);

    let input = json!([
        { "role": "user", "content": [{ "type": "input_text", "text": "/tool weather" }] },
        call,
        { "type": "function_call_output", "call_id": call["call_id"], "output": "31 °C" },
    ]);
    let answer = world.post("/responses", json!({ "model": "demo/parlance", "input": input, "tools": tools })).await;
    assert!(answer.expect(200).text.contains("31 °C"));
}

#[db_test]
async fn what_is_not_stored_is_refused(db: TestDb) {
    let world = World::start(&db).await;
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("conv_1")),
        ("store", json!(true)),
        ("background", json!(true)),
        ("truncation", json!("auto")),
    ] {
        let mut body = json!({ "model": "demo/parlance", "input": "Hi" });
        body[field] = value;
        let error = world.post("/responses", body).await.expect(400).json()["error"].clone();
        assert_eq!((&error["param"], &error["code"]), (&json!(field), &json!("unsupported_parameter")), "{field}");
    }
    let body = json!({ "model": "demo/parlance", "input": "Hi", "tools": [{ "type": "web_search" }] });
    assert_eq!(world.post("/responses", body).await.expect(400).json()["error"]["param"], "tools[0].type");
    assert_eq!(world.ledger().await, [], "nothing was charged");
}

#[db_test]
async fn a_failure_in_mid_stream_ends_it(db: TestDb) {
    let world = World::start(&db).await;
    let body = json!({ "model": "demo/parlance", "input": "/fail mid", "stream": true });
    let events = world.post("/responses", body).await.expect(200).events();
    let [.., (error, _), (failed, last)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((error.as_str(), failed.as_str()), ("error", "response.failed"));
    assert_eq!(last["response"]["status"], "failed");
    assert_ne!(last["response"]["error"]["message"], Value::Null);
    assert!(world.spent().await.output > 0, "what came is paid for");
}
