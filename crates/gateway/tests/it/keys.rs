//! Who may call.

use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::World;

#[db_test]
async fn acceptance_19_scopes_and_models_of_a_key_hold(db: TestDb) {
    let mut world = World::start(&db).await;
    world.key = String::from("sk-parl-nonsense");
    let answer = world.chat("demo/parlance", "hi").await.expect(401);
    assert_eq!(answer.json()["error"]["code"], "invalid_api_key");

    world.key = world.new_key(json!({ "scopes": ["read"] })).await.0;
    let answer = world.chat("demo/parlance", "hi").await.expect(403);
    assert_eq!(answer.json()["error"]["code"], "insufficient_permissions");

    world.key = world.new_key(json!({ "models": ["demo/parlance"] })).await.0;
    world.chat("demo/parlance", "/echo hi").await.expect(200);
    // The bare name of the same model is the same model.
    world.chat("parlance", "/echo hi").await.expect(200);
    let answer = world.chat("demo/parlance-vision", "hi").await.expect(403);
    assert_eq!(answer.json()["error"]["code"], "model_not_allowed");
    let body =
        json!({ "model": "demo/parlance-vision", "max_tokens": 5, "messages": [{ "role": "user", "content": "hi" }] });
    let answer = world.post("/messages", body).await.expect(403);
    assert_eq!(answer.json()["error"]["type"], "permission_error");
    let listed = world.get("/models").await.expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
}

#[db_test]
async fn tokens_a_minute_are_reserved_and_settled(db: TestDb) {
    let mut world = World::start(&db).await;
    world.key = world.new_key(json!({ "tokens_per_minute": 1000 })).await.0;
    let ask = |most: u64| {
        json!({
            "model": "demo/parlance", "max_tokens": most, "messages": [{ "role": "user", "content": "/echo hi" }],
        })
    };
    // Each takes most of the minute, and gives back what it did not use.
    for _ in 0..3 {
        world.post("/chat/completions", ask(800)).await.expect(200);
    }
    let long = json!({
        "model": "demo/parlance", "max_tokens": 900,
        "messages": [{ "role": "user", "content": "/long 900" }],
    });
    world.post("/chat/completions", long).await.expect(200);
    let answer = world.post("/chat/completions", ask(800)).await.expect(429);
    assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[db_test]
async fn somebody_who_is_signed_in_may_call_too(db: TestDb) {
    let mut world = World::start(&db).await;
    world.key.clone_from(&world.token);
    world.chat("demo/parlance", "/echo hi").await.expect(200);
}
