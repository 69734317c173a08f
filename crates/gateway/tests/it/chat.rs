//! Chat Completions: passed through and translated, streamed and whole.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{DONE, STOP, World, at, chunk, completion, text, usage_chunk};

fn spoken(events: &[(String, Value)]) -> String {
    events.iter().filter_map(|(_, data)| data["choices"][0]["delta"]["content"].as_str()).collect()
}

#[db_test]
async fn a_whole_answer_of_the_same_shape_passes_unread(db: TestDb) {
    let server = ReplayServer::start([completion("Hello!", 10, 5)]).await;
    let world = World::with(&db, at(&server)).await;
    let body = json!({
        "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }], "top_a": 0.5, "logprobs": true,
        "n": 2,
    });
    let answer = world.post("/chat/completions", body).await.expect(200);
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "Hello!");
    assert_eq!(answer.json()["odd"], json!({ "kept": true }), "unknown fields come through");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-parlance-model"), "compatible/model");
    assert_eq!(answer.header("x-parlance-attempts"), "1");
    assert_eq!(answer.header("x-parlance-cost-usd"), "0.00002");
    assert!(answer.header("x-request-id").starts_with("req_"));
    let sent = server.request().json();
    assert_eq!((&sent["model"], &sent["top_a"], &sent["n"]), (&json!("model"), &json!(0.5), &json!(2)));
    let spent = world.spent().await;
    assert_eq!((spent.input, spent.output, spent.cost.as_str()), (10, 5, "0.00002"));
}

#[db_test]
async fn a_stream_of_the_same_shape_passes_unread_without_the_usage_nobody_asked_for(db: TestDb) {
    let events = [chunk("Hel"), chunk("lo"), STOP.to_owned(), usage_chunk(10, 5), DONE.to_owned()];
    let server = ReplayServer::start([Script::events(&events), Script::events(&events)]).await;
    let world = World::with(&db, at(&server)).await;
    let answer = world.chat_stream("compatible/model", "Hi").await.expect(200);
    assert!(answer.header("content-type").starts_with("text/event-stream"));
    assert_eq!(answer.text, [chunk("Hel"), chunk("lo"), STOP.to_owned(), DONE.to_owned()].concat());
    assert_eq!(server.requests()[0].json()["stream_options"]["include_usage"], true, "it was asked for anyway");
    assert_eq!((world.spent().await.input, world.spent().await.output), (10, 5));

    let body = json!({
        "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }], "stream": true,
        "stream_options": { "include_usage": true },
    });
    let answer = world.post("/chat/completions", body).await.expect(200);
    assert_eq!(answer.text, events.concat(), "who asks sees it");
}

#[db_test]
async fn acceptance_22_usage_beside_the_last_words_is_charged_and_hidden_from_who_did_not_ask(db: TestDb) {
    let with = |figures: Value| {
        let mut event = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }], "odd": 1 });
        event.as_object_mut().unwrap().extend(figures.as_object().unwrap().clone());
        format!("data: {event}\n\n")
    };
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5 });
    let places = [
        [with(json!({ "usage": usage })), DONE.to_owned()].concat(),
        [with(json!({ "x_groq": { "usage": usage } })), DONE.to_owned()].concat(),
        [STOP.to_owned(), usage_chunk(10, 5), DONE.to_owned()].concat(),
    ];
    let asked =
        [(json!(null), false), (json!({ "include_usage": false }), false), (json!({ "include_usage": true }), true)];
    let turns = || places.iter().flat_map(|place| asked.iter().map(move |asked| (place, asked)));
    let server = ReplayServer::start(turns().map(|(place, _)| Script::events(&[chunk("Hi"), place.clone()]))).await;
    let world = World::with(&db, at(&server)).await;
    for (turn, (place, (options, asked))) in (1..).zip(turns()) {
        let answer = world
            .post(
                "/chat/completions",
                json!({
                    "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }], "stream": true,
                    "stream_options": options,
                }),
            )
            .await
            .expect(200);
        assert_eq!(answer.text.contains("prompt_tokens"), *asked, "{options} {place}: {}", answer.text);
        if *asked {
            assert_eq!(answer.text, [chunk("Hi"), place.clone()].concat());
        }
        let events = answer.events();
        assert!(events.iter().any(|(_, event)| event["choices"][0]["finish_reason"] == "stop"), "{}", answer.text);
        assert_eq!(events.last().unwrap().1, "[DONE]");
        // Everybody pays once.
        let spent = world.ledger().await.remove(0);
        assert_eq!((spent.input, spent.output), (10 * turn, 5 * turn));
    }
}

#[db_test]
async fn a_translated_answer_is_a_completion(db: TestDb) {
    let world = World::start(&db).await;
    let answer = world.chat("demo/parlance", "/echo Hello there").await.expect(200);
    let body = answer.json();
    assert!(text(&body["id"]).starts_with("chatcmpl-"));
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "demo/parlance");
    let choice = &body["choices"][0];
    assert_eq!(choice["message"]["content"], "Hello there");
    assert_eq!((&choice["message"]["role"], &choice["finish_reason"]), (&json!("assistant"), &json!("stop")));
    let spent = world.spent().await;
    assert_eq!(body["usage"]["prompt_tokens"], spent.input);
    assert_eq!(body["usage"]["completion_tokens"], spent.output);
    assert_eq!(body["usage"]["total_tokens"], spent.input + spent.output);
    assert_eq!(answer.header("x-parlance-cost-usd"), spent.cost);
}

#[db_test]
async fn a_translated_stream_has_chunks_and_the_usage_that_was_asked_for(db: TestDb) {
    let world = World::start(&db).await;
    let answer = world.chat_stream("demo/parlance", "/echo one two three").await.expect(200);
    let events = answer.events();
    assert_eq!(events[0].1["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(spoken(&events), "one two three");
    assert_eq!(events[events.len() - 2].1["choices"][0]["finish_reason"], "stop");
    assert_eq!(events.last().unwrap().1, "[DONE]");
    assert!(!answer.text.contains("usage"), "nobody asked for it: {}", answer.text);

    let body = json!({
        "model": "demo/parlance", "messages": [{ "role": "user", "content": "/echo hi" }], "stream": true,
        "stream_options": { "include_usage": true },
    });
    let events = world.post("/chat/completions", body).await.expect(200).events();
    let last = &events[events.len() - 2].1;
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["total_tokens"], last["usage"]["prompt_tokens"].as_u64().unwrap() + 1);
    assert!(events[0].1.as_object().unwrap().contains_key("usage"), "the others say null");
}

#[db_test]
async fn tools_are_called_and_their_results_read(db: TestDb) {
    let world = World::start(&db).await;
    let tools = json!([{ "type": "function", "function": {
        "name": "get_weather", "description": "Weather", "parameters": { "type": "object" },
    } }]);
    let mut messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": [{ "type": "text", "text": "/tool weather in Huế" }] },
    ]);
    let body = json!({ "model": "demo/parlance", "messages": messages, "tools": tools, "tool_choice": "auto" });
    let answer = world.post("/chat/completions", body.clone()).await.expect(200).json();
    let message = &answer["choices"][0]["message"];
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(message["content"], Value::Null);
    let call = &message["tool_calls"][0];
    assert_eq!((&call["type"], &call["function"]["name"]), (&json!("function"), &json!("get_weather")));
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!(arguments.is_object());

    let mut streamed = body.clone();
    streamed["stream"] = true.into();
    let events = world.post("/chat/completions", streamed).await.expect(200).events();
    let deltas: Vec<&Value> = events
        .iter()
        .map(|(_, data)| &data["choices"][0]["delta"]["tool_calls"][0])
        .filter(|call| call.is_object())
        .collect();
    assert_eq!((&deltas[0]["id"], &deltas[0]["function"]["name"]), (&call["id"], &json!("get_weather")));
    let pieces: String = deltas.iter().filter_map(|delta| delta["function"]["arguments"].as_str()).collect();
    assert_eq!(serde_json::from_str::<Value>(&pieces).unwrap(), arguments, "the pieces are the whole");

    let list = messages.as_array_mut().unwrap();
    list.push(message.clone());
    list.push(json!({ "role": "tool", "tool_call_id": call["id"], "content": "31 °C" }));
    let answer = world
        .post("/chat/completions", json!({ "model": "demo/parlance", "messages": messages, "tools": tools }))
        .await
        .expect(200);
    assert!(text(&answer.json()["choices"][0]["message"]["content"]).contains("31 °C"));
}

#[db_test]
async fn pictures_are_seen(db: TestDb) {
    let world = World::start(&db).await;
    let ask = |url: &str| {
        let parts = json!([
            { "type": "text", "text": "What is this?" }, { "type": "image_url", "image_url": { "url": url } },
        ]);
        json!({ "model": "demo/parlance-vision", "messages": [{ "role": "user", "content": parts }] })
    };
    let answer = world.post("/chat/completions", ask("data:image/png;base64,iVBORw0KGgo=")).await.expect(200);
    assert!(answer.text.contains("image/png"), "{}", answer.text);
    let refused = world.post("/chat/completions", ask("https://example.com/a.png")).await.expect(400).json();
    assert_eq!(refused["error"]["param"], "messages[0].content[1].image_url.url");
    assert_eq!(refused["error"]["code"], "unsupported_parameter");
}

#[db_test]
async fn a_request_for_another_shape_says_all_that_it_said(db: TestDb) {
    let message = crate::support::fixture("anthropic/message.json");
    let server = ReplayServer::start([
        Script::events([crate::support::fixture("anthropic/text.sse")]),
        Script::json(200, &message),
    ])
    .await;
    let world = World::with(&db, at(&server)).await;
    let body = json!({
        "model": "claude-sonnet-4-5",
        "messages": [
            { "role": "developer", "content": "Be brief." },
            { "role": "user", "content": "Hello" },
        ],
        "max_tokens": 77, "stop": ["END"], "top_p": 0.5, "user": "u-1", "stream": true,
        "tools": [{ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } }],
        "tool_choice": { "type": "function", "function": { "name": "f" } }, "parallel_tool_calls": false,
    });
    world.post("/chat/completions", body).await.expect(200);
    let sent = server.requests()[0].json();
    assert_eq!(server.requests()[0].path(), "/v1/messages");
    assert!(sent["system"].to_string().contains("Be brief."));
    assert_eq!(
        (&sent["max_tokens"], &sent["stop_sequences"], &sent["top_p"]),
        (&json!(77), &json!(["END"]), &json!(0.5))
    );
    assert_eq!(sent["tool_choice"], json!({ "type": "tool", "name": "f", "disable_parallel_tool_use": true }));
}

#[db_test]
async fn the_methods_and_addresses_that_are_not_there_say_so_in_shape(db: TestDb) {
    let world = World::start(&db).await;
    let answer = world.send(world.request(Method::GET, "/chat/completions", &Value::Null)).await.expect(405);
    assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
}
