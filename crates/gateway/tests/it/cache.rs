//! Answers that are kept for the same question.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{TestDb, db_test, fake::ReplayServer, fake::Script};

use crate::support::{Answer, DONE, STOP, World, at, chunk, completion, usage_chunk};

async fn ask(world: &World, body: &Value, cache: &str) -> Answer {
    let mut request = world.request(Method::POST, "/chat/completions", body);
    request.headers_mut().insert("x-parlance-cache", cache.parse().unwrap());
    world.send(request).await
}

#[db_test]
async fn the_same_question_is_answered_from_the_cache_and_not_charged(db: TestDb) {
    let server =
        ReplayServer::start([completion("First", 10, 5), completion("Second", 10, 5), completion("Third", 1, 1)]).await;
    let world = World::with(&db, at(&server)).await;
    let body = json!({ "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }], "seed": 1 });
    let miss = ask(&world, &body, "ttl=60").await.expect(200);
    assert_eq!((miss.header("x-cache"), miss.header("x-parlance-cost-usd")), ("MISS", "0.00002"));
    let hit = ask(&world, &body, "ttl=60").await.expect(200);
    assert_eq!((hit.header("x-cache"), hit.header("x-parlance-cost-usd")), ("HIT", "0"));
    assert!(hit.header("age").parse::<u64>().unwrap() < 60);
    assert_eq!((hit.text, hit.headers["x-parlance-model"].to_str().unwrap()), (miss.text, "compatible/model"));
    assert_eq!((world.spent().await.output, server.requests().len()), (5, 1));

    // Another question, and one that does not ask for it.
    let mut other = body.clone();
    other["seed"] = 2.into();
    assert_eq!(ask(&world, &other, "ttl=60").await.expect(200).header("x-cache"), "MISS");
    let plain = ask(&world, &body, "off").await.expect(200);
    assert!(plain.text.contains("Third") && plain.header("x-cache").is_empty());
    let wrong = ask(&world, &body, "forever").await.expect(400);
    assert_eq!(wrong.json()["error"]["param"], "x-parlance-cache");
}

#[db_test]
async fn a_stream_is_replayed_as_one_and_a_broken_one_is_not_kept(db: TestDb) {
    let begun = || Script::new(200).header("content-type", "text/event-stream").chunk(chunk("Hello"));
    let whole = [chunk("Hel"), chunk("lo"), STOP.to_owned(), usage_chunk(10, 5), DONE.to_owned()];
    let server = ReplayServer::start([begun().reset(), Script::events(&whole)]).await;
    let world = World::with(&db, at(&server)).await;
    let body =
        json!({ "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }], "stream": true });
    assert!(ask(&world, &body, "ttl=60").await.expect(200).text.contains("error"));
    let miss = ask(&world, &body, "ttl=60").await.expect(200);
    assert_eq!(miss.header("x-cache"), "MISS");
    let hit = ask(&world, &body, "ttl=60").await.expect(200);
    assert_eq!(hit.header("x-cache"), "HIT");
    assert!(hit.header("content-type").starts_with("text/event-stream"));
    assert_eq!(hit.text, miss.text);
    assert_eq!(server.requests().len(), 2);
}

#[db_test]
async fn acceptance_15_another_workspace_finds_nothing(db: TestDb) {
    let server = ReplayServer::start([completion("Ada's", 10, 5), completion("Bob's", 10, 5)]).await;
    let (ada, bob) = (World::with(&db, at(&server)).await, World::join(&db, at(&server)).await);
    let body = json!({ "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }] });
    ask(&ada, &body, "ttl=60").await.expect(200);
    // The same process, another tenant.
    let mut request = ada.request(Method::POST, "/chat/completions", &body);
    request.headers_mut().insert("x-parlance-cache", "ttl=60".parse().unwrap());
    request.headers_mut().insert("authorization", format!("Bearer {}", bob.key).parse().unwrap());
    let answer = ada.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("Bob's") && answer.header("x-cache") == "MISS", "{}", answer.text);
}
