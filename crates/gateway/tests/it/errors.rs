//! What is wrong is told in OpenAI's shape, with the field that it is about.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{Answer, World, at, completion, text};

#[track_caller]
fn refused(answer: Answer, status: u16, code: &str, param: Option<&str>) -> String {
    let body = answer.expect(status).json();
    let error = &body["error"];
    assert_eq!((error["code"].as_str(), error["param"].as_str()), (Some(code), param), "{body}");
    assert!(error["type"].is_string());
    text(&error["message"])
}

#[db_test]
async fn each_mistake_names_its_field(db: TestDb) {
    let world = World::start(&db).await;
    let base = || json!({ "model": "demo/parlance", "messages": [{ "role": "user", "content": "hi" }] });
    let with = |field: &str, value: Value| {
        let mut body = base();
        body[field] = value;
        body
    };
    let cases = [
        (json!({ "messages": [] }), "missing_required_parameter", Some("model")),
        (json!({ "model": "demo/parlance" }), "missing_required_parameter", Some("messages")),
        (json!({ "model": 7, "messages": [] }), "invalid_value", Some("model")),
        (with("messages", json!("hi")), "invalid_value", Some("messages")),
        (with("messages", json!([])), "invalid_value", Some("messages")),
        (with("messages", json!([{ "role": "robot", "content": "x" }])), "invalid_value", Some("messages[0].role")),
        (with("messages", json!([{ "role": "user", "content": 3 }])), "invalid_value", Some("messages[0].content")),
        (with("stream", json!("yes")), "invalid_value", Some("stream")),
        (with("temperature", json!(3)), "invalid_value", Some("temperature")),
        (with("max_tokens", json!(-1)), "invalid_value", Some("max_tokens")),
        (with("n", json!(2)), "unsupported_parameter", Some("n")),
        (with("logprobs", json!(true)), "unsupported_parameter", Some("logprobs")),
        (with("logit_bias", json!({ "1": 2 })), "unsupported_parameter", Some("logit_bias")),
        (with("brand_new", json!(1)), "unsupported_parameter", Some("brand_new")),
        (with("response_format", json!({ "type": "xml" })), "invalid_value", Some("response_format.type")),
        (with("tools", json!([{ "type": "magic" }])), "unsupported_parameter", Some("tools[0].type")),
        (with("tool_choice", json!("required")), "invalid_value", Some("tool_choice")),
    ];
    for (body, code, param) in cases {
        let shown = body.to_string();
        let message = refused(world.post("/chat/completions", body).await, 400, code, param);
        assert!(message.contains(param.unwrap()), "{shown}: {message}");
    }
    let mut request = world.request(Method::POST, "/chat/completions", &json!({}));
    *request.body_mut() = "{\"model\":".into();
    let broken = world.send(request).await.expect(400);
    assert!(text(&broken.json()["error"]["message"]).contains("not valid JSON"));
    assert_eq!(world.ledger().await, [], "nothing was charged");
}

#[db_test]
async fn an_unknown_model_is_404_with_the_nearest_names(db: TestDb) {
    let world = World::start(&db).await;
    let message = refused(world.chat("demo/parlanse", "hi").await, 404, "model_not_found", Some("model"));
    assert!(message.contains("demo/parlance"), "{message}");
}

#[db_test]
async fn a_body_of_more_than_32_mb_is_413_in_shape(db: TestDb) {
    let world = World::start(&db).await;
    let answer = world.chat("demo/parlance", &"x".repeat(33 * 1024 * 1024)).await;
    refused(answer, 413, "request_too_large", None);
}

#[db_test]
async fn a_providers_own_4xx_is_passed_on(db: TestDb) {
    let own = json!({ "error": { "message": "bad image", "type": "invalid_request_error", "param": "messages", "code": "image_parse" } });
    let server = ReplayServer::start([Script::json(400, &own.to_string()), Script::json(400, &own.to_string())]).await;
    let world = World::with(&db, at(&server)).await;
    let answer = world.chat("compatible/model", "hi").await.expect(400);
    assert_eq!(answer.json()["error"]["message"], "bad image");
    assert_eq!(answer.json()["error"]["code"], "image_parse");
    // In another shape the words come through.
    let body =
        json!({ "model": "compatible/model", "max_tokens": 5, "messages": [{ "role": "user", "content": "hi" }] });
    let other = world.post("/messages", body).await.expect(400).json();
    assert_eq!(other["error"]["type"], "invalid_request_error");
    assert!(text(&other["error"]["message"]).contains("bad image"));
    assert_eq!(world.ledger().await, []);
}

#[db_test]
async fn a_failing_provider_is_502_and_a_limiting_one_429_with_its_wait(db: TestDb) {
    let failing = || Script::new(500).header("retry-after-ms", "1").body("oops");
    let limited = Script::new(429).header("retry-after", "120").body("{}");
    let server = ReplayServer::start([failing(), failing(), failing(), limited]).await;
    let world = World::with(&db, at(&server)).await;
    let message = refused(world.chat("compatible/model", "hi").await, 502, "provider_failed", None);
    assert!(message.contains("Compatible server"), "the provider is named: {message}");
    let answer = world.chat("groq/other", "hi").await;
    assert_eq!(answer.header("retry-after"), "120");
    refused(answer, 429, "rate_limit_exceeded", None);
}

#[db_test]
async fn an_unpriced_model_is_refused(db: TestDb) {
    let server = ReplayServer::start([]).await;
    let world = World::with(&db, at(&server)).await;
    refused(world.chat("compatible/unpriced", "hi").await, 400, "model_unpriced", Some("model"));
    assert!(server.requests().is_empty());
}

#[db_test]
async fn an_unpriced_model_that_is_allowed_costs_nothing_and_is_in_the_ledger(db: TestDb) {
    let server = ReplayServer::start([completion("Hi", 10, 5)]).await;
    let mut config = at(&server);
    config["gateway"] = json!({ "allow_unpriced": true });
    let world = World::with(&db, config).await;
    assert_eq!(world.chat("compatible/unpriced", "hi").await.expect(200).header("x-parlance-cost-usd"), "0");
    let spent = world.spent().await;
    assert_eq!((spent.input, spent.output, spent.cost.as_str()), (10, 5, "0"));
}

#[db_test]
async fn acceptance_41_a_fallback_is_told_and_can_be_forbidden(db: TestDb) {
    let down = || Script::json(401, "{}");
    let server = ReplayServer::start([down(), completion("From the other", 3, 4), down()]).await;
    let mut config = at(&server);
    config["fallbacks"] = json!({ "compatible/model": ["groq/other"] });
    let world = World::with(&db, config).await;
    let answer = world.chat("compatible/model", "hi").await.expect(200);
    assert_eq!(answer.header("x-parlance-model"), "groq/other");
    assert_eq!(answer.header("x-parlance-attempts"), "2");
    assert_eq!(answer.header("x-parlance-tried"), "compatible/model provider_auth");
    assert_eq!(world.spent().await.model, "groq/other", "the model that spoke is charged");

    let body = json!({ "model": "compatible/model", "messages": [{ "role": "user", "content": "hi" }] });
    let mut request = world.request(Method::POST, "/chat/completions", &body);
    request.headers_mut().insert("x-parlance-fallback", "none".parse().unwrap());
    world.send(request).await.expect(502);
    assert_eq!(server.requests().len(), 3);
}
