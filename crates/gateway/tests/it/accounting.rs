//! No call is free, none is charged twice, and no cap is passed.

use axum::http::Method;
use futures_util::{StreamExt as _, future::join_all};
use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{DONE, STOP, World, at, chunk, completion, text, usage_chunk};

fn ask(stream: bool) -> Value {
    json!({
        "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 100,
        "stream": stream,
    })
}

fn begun() -> Script {
    Script::new(200).header("content-type", "text/event-stream").chunk(chunk("Hello"))
}

#[db_test]
async fn acceptance_22_a_client_that_leaves_pays_what_the_provider_says(db: TestDb) {
    let pause = std::time::Duration::from_millis(100);
    let script = begun().pause(pause).chunk(chunk(" there")).chunk(STOP).chunk(usage_chunk(11, 7)).chunk(DONE).end();
    let server = ReplayServer::start([script]).await;
    let world = World::with(&db, at(&server)).await;
    let mut stream = world.open("/chat/completions", ask(true)).await;
    stream.next().await.unwrap().unwrap();
    drop(stream);
    let spent = world.spent().await;
    assert_eq!((spent.input, spent.output), (11, 7));
}

#[db_test]
async fn acceptance_22_a_client_that_leaves_before_a_whole_answer_pays_for_it(db: TestDb) {
    let server = ReplayServer::start([completion("Hello", 11, 7)]).await;
    let world = World::with(&db, at(&server)).await;
    let mut asking = Box::pin(world.send(world.request(Method::POST, "/chat/completions", &ask(false))));
    // Polled until the provider has the request, then dropped.
    tokio::select! {
        _ = asking.as_mut() => {}
        () = server.wait_for_requests(1) => {}
    }
    drop(asking);
    let spent = world.spent().await;
    assert_eq!((spent.input, spent.output), (11, 7));
}

#[db_test]
async fn acceptance_42_who_asked_for_it_ends_the_call_by_leaving(db: TestDb) {
    let server = ReplayServer::start([begun().hang()]).await;
    let world = World::with(&db, at(&server)).await;
    let mut request = world.request(Method::POST, "/chat/completions", &ask(true));
    request.headers_mut().insert("x-parlance-on-disconnect", "abort".parse().unwrap());
    let mut stream = world.open_request(request).await;
    stream.next().await.unwrap().unwrap();
    drop(stream);
    server.wait_for_hang_ups(1).await;
    let spent = world.spent().await;
    assert!(spent.input > 0 && spent.output == 2, "what came is estimated and paid for: {spent:?}");
}

#[db_test]
async fn acceptance_42_a_route_may_end_the_call_when_the_client_leaves(db: TestDb) {
    let server = ReplayServer::start([begun().hang()]).await;
    let world = World::with(&db, at(&server)).await;
    let target = providers::model::Target { model: "compatible/model".to_owned(), weight: 1, when: None };
    let route = providers::model::NewRoute {
        name: "fast".to_owned(),
        description: String::new(),
        strategy: providers::model::Strategy::Ordered,
        targets: vec![target],
        abort_on_disconnect: true,
    };
    world.providers.create_route(&world.scope, route).await.unwrap();
    let mut body = ask(true);
    body["model"] = "fast".into();
    let mut stream = world.open("/chat/completions", body).await;
    stream.next().await.unwrap().unwrap();
    drop(stream);
    server.wait_for_hang_ups(1).await;
    let spent = world.spent().await;
    assert!(spent.model == "compatible/model" && spent.input > 0 && spent.output == 2, "{spent:?}");
}

#[db_test]
async fn acceptance_40_a_stream_that_breaks_off_ends_with_an_error_and_is_settled(db: TestDb) {
    let server = ReplayServer::start([begun().reset(), Script::json(200, "")]).await;
    let world = World::with(&db, at(&server)).await;
    let answer = world.post("/chat/completions", ask(true)).await.expect(200);
    let events = answer.events();
    assert_eq!(events[0].1["choices"][0]["delta"]["content"], "Hello");
    assert_eq!(events.last().unwrap().1["error"]["code"], "provider_failed", "{}", answer.text);
    assert_eq!(world.spent().await.output, 2, "five letters are two tokens, as far as we can tell");
}

#[db_test]
async fn acceptance_22_an_explicit_zero_stays_zero(db: TestDb) {
    let server = ReplayServer::start([completion("Hello", 0, 0)]).await;
    let world = World::with(&db, at(&server)).await;
    let answer = world.post("/chat/completions", ask(false)).await.expect(200);
    assert_eq!(answer.header("x-parlance-cost-usd"), "0");
    let spent = world.spent().await;
    assert_eq!((spent.input, spent.output, spent.cost.as_str()), (0, 0, "0"));
}

#[db_test]
async fn usage_that_the_provider_keeps_to_itself_is_estimated(db: TestDb) {
    let body = json!({ "choices": [{ "message": { "role": "assistant", "content": "Hello there" }, "finish_reason": "stop" }] });
    let server = ReplayServer::start([Script::json(200, &body.to_string())]).await;
    let world = World::with(&db, at(&server)).await;
    world.post("/chat/completions", ask(false)).await.expect(200);
    let spent = world.spent().await;
    assert!(spent.input > 0 && spent.output == 3, "{spent:?}");
}

#[db_test]
async fn acceptance_22_cached_input_has_its_own_price_and_is_counted_once(db: TestDb) {
    let body = json!({
        "choices": [{ "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
        "usage": {
            "prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": { "cached_tokens": 800 },
            "completion_tokens_details": { "reasoning_tokens": 60 },
        },
    });
    let server = ReplayServer::start([Script::json(200, &body.to_string())]).await;
    let mut config = at(&server);
    config["models"]["compatible/model"]["prices"]["cached_input"] = "0.1".into();
    let world = World::with(&db, config).await;
    let answer = world.post("/chat/completions", ask(false)).await.expect(200);
    // 200 at 1, 800 at 0.1, 100 at 2: in millionths.
    assert_eq!(answer.header("x-parlance-cost-usd"), "0.00048");
}

#[db_test]
async fn acceptance_22_cache_writes_have_their_own_price_and_are_counted_once(db: TestDb) {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": "Hi" }],
        "usage": {
            "input_tokens": 200, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 400,
            "output_tokens": 100, "server_tool_use": { "web_search_requests": 1 },
        },
    });
    let server = ReplayServer::start([Script::json(200, &body.to_string())]).await;
    let mut config = at(&server);
    let prices = &mut config["models"]["anthropic/claude-sonnet-4-5"]["prices"];
    (prices["cached_input"], prices["cache_write"]) = ("0.1".into(), "1.25".into());
    let world = World::with(&db, config).await;
    let mut request = ask(false);
    request["model"] = "anthropic/claude-sonnet-4-5".into();
    let answer = world.post("/messages", request).await.expect(200);
    // 200 at 1, 800 at 0.1, 400 at 1.25, 100 at 2: in millionths.
    assert_eq!(answer.header("x-parlance-cost-usd"), "0.00098");
    let spent = world.spent().await;
    assert_eq!((spent.input, spent.cached, spent.output), (1400, 800, 100), "all input, each token once");
}

#[db_test]
async fn acceptance_22_costs_are_decimals_to_the_last_digit(db: TestDb) {
    let server = ReplayServer::start([completion("Hi", 3, 0), completion("Hi", 9_007_199, 0)]).await;
    let mut config = at(&server);
    config["models"]["compatible/model"]["prices"]["input"] = "0.333333".into();
    let world = World::with(&db, config).await;
    // 0.999999 millionths round to a nano-dollar, and no digit comes from a binary fraction.
    let answer = world.post("/chat/completions", ask(false)).await.expect(200);
    assert_eq!(answer.header("x-parlance-cost-usd"), "0.000001");
    let answer = world.post("/chat/completions", ask(false)).await.expect(200);
    assert_eq!(answer.header("x-parlance-cost-usd"), "3.002396664");
    assert_eq!(world.spent().await.cost, "3.002397664");
}

#[db_test]
async fn a_call_that_fails_gives_back_its_room_and_its_tokens(db: TestDb) {
    let server = ReplayServer::start(vec![Script::json(400, r#"{"error":{"message":"no"}}"#); 5]).await;
    let mut world = World::with(&db, at(&server)).await;
    world.budget("0.0003").await;
    world.key = world.new_key(json!({ "tokens_per_minute": 200 })).await.0;
    // Each would take most of the minute and of the budget.
    for _ in 0..5 {
        world.post("/chat/completions", ask(false)).await.expect(400);
    }
    assert_eq!(server.requests().len(), 5);
    assert!(world.ledger().await.is_empty());
}

#[db_test]
async fn acceptance_25_a_cap_refuses_in_each_shape(db: TestDb) {
    let server = ReplayServer::start([]).await;
    let world = World::with(&db, at(&server)).await;
    world.budget("0.000001").await;
    let answer = world.post("/chat/completions", ask(false)).await.expect(402);
    let error = &answer.json()["error"];
    assert_eq!((&error["type"], &error["code"]), (&json!("insufficient_quota"), &json!("budget_exceeded")));
    let message = text(&error["message"]);
    assert!(["The team's", "monthly", "resets at"].iter().all(|word| message.contains(word)), "{message}");

    let answer = world.post("/chat/completions", ask(true)).await.expect(402);
    assert_eq!(answer.header("content-type"), "application/json", "a stream that does not begin is no stream");
    let answer = world.post("/messages", ask(false)).await.expect(402);
    assert_eq!(answer.json()["error"]["type"], "billing_error");
    let answer = world.post("/responses", json!({ "model": "openai/gpt-5.2", "input": "hi" })).await.expect(402);
    assert_eq!(answer.json()["error"]["code"], "budget_exceeded");
    assert!(server.requests().is_empty(), "nobody was asked");
}

#[db_test]
async fn acceptance_20_two_hundred_calls_with_budget_for_fifty(db: TestDb) {
    // The dearest that a call can become is what it costs: 100 tokens out, and the input that is counted.
    let world = World::with(&db, json!({})).await;
    let counted = {
        let body = json!({ "model": "demo/parlance", "messages": [{ "role": "user", "content": "Hi" }] });
        world.post("/messages/count_tokens", body).await.expect(200).json()["input_tokens"].as_u64().unwrap()
    };
    drop(world);
    let scripts = (0..200).map(|_| completion("Hello", counted, 100));
    let server = ReplayServer::start(scripts).await;
    let world = World::join(&db, at(&server)).await;
    // In millionths of a dollar: one a token in, two a token out.
    let limit = 50 * (counted + 200);
    world.budget(&format!("0.{limit:06}")).await;
    let answers = join_all((0..200).map(|_| world.post("/chat/completions", ask(false)))).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 402).count();
    assert_eq!((passed, refused), (50, 150));
    assert_eq!(server.requests().len(), 50);
    let spent = world.spent().await;
    assert_eq!(spent.output, 5000);
    assert_eq!(spent.cost.parse::<kernel::NanoUsd>().unwrap(), format!("0.{limit:06}").parse().unwrap());
}
