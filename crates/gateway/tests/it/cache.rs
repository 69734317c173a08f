//! Answers that are kept for the same question.

use std::time::Duration;

use axum::http::Method;
use kernel::Tasks;
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
    assert_eq!(hit.header("x-parlance-saved-usd"), "0.00002");
    assert_eq!(world.saved(1).await, "0.00002");
    assert_eq!((hit.text, hit.headers["x-parlance-model"].to_str().unwrap()), (miss.text, "compatible/model"));
    assert_eq!((world.spent().await.output, server.requests().len()), (5, 1));

    // Another question, and one that does not ask for it.
    let mut other = body.clone();
    other["seed"] = 2.into();
    assert_eq!(ask(&world, &other, "ttl=60").await.expect(200).header("x-cache"), "MISS");
    let plain = ask(&world, &body, "off").await.expect(200);
    assert!(plain.text.contains("Third") && plain.header("x-cache").is_empty());
    for wrong in ["forever", "ttl=0", "ttl=60, sometimes", "semantic", "ttl=1, ttl=2", "ttl=60, semantic"] {
        let wrong = ask(&world, &body, wrong).await.expect(400);
        assert_eq!(wrong.json()["error"]["param"], "x-parlance-cache");
    }
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

#[db_test]
async fn an_answer_of_another_model_is_none_for_who_wants_no_fallback(db: TestDb) {
    let first = ReplayServer::start(vec![Script::new(500); 8]).await;
    let mut config = at(&first);
    let second = ReplayServer::start([completion("Second", 10, 5)]).await;
    config["groq"]["base_url"] = second.url().into();
    config["fallbacks"] = json!({ "compatible/model": ["groq/other"] });
    let world = World::with(&db, config).await;
    let body = json!({ "model": "compatible/model", "messages": [{ "role": "user", "content": "Hi" }] });
    assert_eq!(ask(&world, &body, "ttl=60").await.expect(200).header("x-parlance-model"), "groq/other");
    assert_eq!(ask(&world, &body, "ttl=60").await.expect(200).header("x-cache"), "HIT");
    let mut pinned = world.request(Method::POST, "/chat/completions", &body);
    pinned.headers_mut().insert("x-parlance-cache", "ttl=60".parse().unwrap());
    pinned.headers_mut().insert("x-parlance-fallback", "none".parse().unwrap());
    let pinned = world.send(pinned).await;
    assert!(pinned.status >= 500 && pinned.header("x-cache") != "HIT", "{}", pinned.text);
}

/// A Redis of the developer's or CI's; the default is the one on this machine.
#[allow(clippy::disallowed_methods, reason = "tests are configured by their environment")]
fn redis_url() -> String {
    std::env::var("PARLANCE_TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

/// The answers of a workspace in Redis, once there are so many: they are written when the
/// client has its answer already.
async fn in_redis(world: &World, count: usize) -> Vec<String> {
    let mut redis = redis::Client::open(redis_url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    for _ in 0..500 {
        let pattern = format!("parlance:answer:{}:*", world.scope.workspace());
        let names: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut redis).await.unwrap();
        if names.len() == count {
            return names;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("Redis does not have {count} answers");
}

fn sharing(server: &ReplayServer, redis: &str) -> Value {
    let mut config = at(server);
    config["redis"] = redis.into();
    config
}

#[db_test]
async fn processes_share_answers_in_redis_and_workspaces_do_not(db: TestDb) {
    let (url, body) = (redis_url(), question("Hi"));
    let server = ReplayServer::start([completion("Ada's", 10, 5), completion("Bob's", 10, 5)]).await;
    let here = World::with(&db, sharing(&server, &url)).await;
    let miss = ask(&here, &body, "ttl=60").await.expect(200);
    assert_eq!(miss.header("x-cache"), "MISS");
    let names = in_redis(&here, 1).await;
    let mut redis = redis::Client::open(redis_url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let left: i64 = redis::cmd("TTL").arg(&names[0]).query_async(&mut redis).await.unwrap();
    assert!((1..=60).contains(&left), "{left}");

    // Another process for the same person, and one for another.
    let node = World::with(&db, sharing(&server, &url)).await;
    assert_eq!(node.scope, here.scope);
    let hit = ask(&node, &body, "ttl=60").await.expect(200);
    assert_eq!((hit.header("x-cache"), hit.header("x-parlance-saved-usd")), ("HIT", "0.00002"));
    assert_eq!((&hit.text, node.saved(1).await.as_str()), (&miss.text, "0.00002"));
    let bob = World::join(&db, sharing(&server, &url)).await;
    let answer = ask(&bob, &body, "ttl=60").await.expect(200);
    assert!(answer.text.contains("Bob's") && answer.header("x-cache") == "MISS", "{}", answer.text);

    // What somebody else has left there is no answer.
    let _: () = redis::cmd("SET").arg(&names[0]).arg("rubbish").query_async(&mut redis).await.unwrap();
    let server = ReplayServer::start([completion("New", 1, 1)]).await;
    let third = World::with(&db, sharing(&server, &url)).await;
    assert_eq!(ask(&third, &body, "ttl=60").await.expect(200).header("x-cache"), "MISS");
}

/// A way to Redis that can be cut.
async fn cuttable(tasks: &Tasks) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let there = redis_url().trim_start_matches("redis://").trim_end_matches('/').to_owned();
    let shutdown = tasks.shutdown();
    tasks.spawn("a way to Redis", async move {
        let work = async {
            // One connection at a time is all that a client needs.
            while let Ok((mut near, _)) = listener.accept().await {
                let mut far = tokio::net::TcpStream::connect(&there).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        };
        tokio::select! { () = work => {}, () = shutdown.cancelled() => {} }
    });
    format!("redis://{address}")
}

#[db_test]
async fn a_redis_that_is_gone_costs_hits_and_no_request(db: TestDb) {
    let tasks = Tasks::new();
    let url = cuttable(&tasks).await;
    let server = ReplayServer::start(["A", "B", "C"].map(|text| completion(text, 10, 5))).await;
    let world = World::with(&db, sharing(&server, &url)).await;
    ask(&world, &question("First"), "ttl=60").await.expect(200);
    in_redis(&world, 1).await;
    assert!(tasks.drain(Duration::from_secs(10)).await, "the way is cut");
    for text in ["Second", "Third"] {
        assert_eq!(ask(&world, &question(text), "ttl=60").await.expect(200).header("x-cache"), "MISS");
        assert_eq!(ask(&world, &question(text), "ttl=60").await.expect(200).header("x-cache"), "HIT", "its own memory");
    }
    in_redis(&world, 1).await;
}

/// By meaning, with the demo's vectors.
fn semantic(server: &ReplayServer) -> Value {
    let mut config = at(server);
    config["gateway"] =
        json!({ "semantic_cache": { "enabled": true, "model": "demo/parlance-embedding", "threshold": 0.9 } });
    config
}

fn question(text: &str) -> Value {
    json!({ "model": "compatible/model", "messages": [
        { "role": "system", "content": "Be brief." }, { "role": "user", "content": text },
    ] })
}

const MEANING: &str = "ttl=60, semantic";

#[db_test]
async fn a_question_that_means_the_same_is_answered_and_its_vector_is_charged(db: TestDb) {
    let answers = ["Cables", "Other", "Numbers", "Exact", "Brief"].map(|text| completion(text, 10, 5));
    let server = ReplayServer::start(answers).await;
    let world = World::with(&db, semantic(&server)).await;
    let miss = ask(&world, &question("How do suspension bridges work?"), MEANING).await.expect(200);
    assert_eq!(miss.header("x-cache"), "MISS");
    let alike = ask(&world, &question("how do suspension bridges work"), MEANING).await.expect(200);
    assert_eq!((alike.header("x-cache"), &alike.text), ("SEMANTIC", &miss.text));
    let similarity: f32 = alike.header("x-parlance-similarity").parse().unwrap();
    assert!((0.9..=1.0).contains(&similarity), "{similarity}");
    assert_eq!((alike.header("x-parlance-saved-usd"), alike.header("x-parlance-cost-usd")), ("0.00002", "0"));
    assert_eq!(world.saved(1).await, "0.00002");
    let exact = ask(&world, &question("How do suspension bridges work?"), MEANING).await.expect(200);
    assert_eq!((exact.header("x-cache"), exact.header("x-parlance-similarity")), ("HIT", ""));

    for other in ["What is a good recipe for onion soup?", "How do 2 suspension bridges work?"] {
        assert_eq!(ask(&world, &question(other), MEANING).await.expect(200).header("x-cache"), "MISS", "{other}");
    }
    // Who asks for the same words alone gets no other's.
    let exact = ask(&world, &question("HOW do suspension bridges work?"), "ttl=60").await.expect(200);
    assert_eq!(exact.header("x-cache"), "MISS");
    let mut instructed = question("how do suspension bridges work");
    instructed["messages"][0]["content"] = "Be long.".into();
    assert_eq!(ask(&world, &instructed, MEANING).await.expect(200).header("x-cache"), "MISS");
    assert_eq!(server.requests().len(), 5);

    // Each look by meaning is an embedding call of this workspace, exact hits are none.
    let ledger = world.ledger().await;
    let vectors = ledger.iter().find(|spent| spent.model == "demo/parlance-embedding").expect("they are charged");
    assert!(vectors.input > 0 && vectors.cost != "0" && vectors.output == 0, "{vectors:?}");
}

#[db_test]
async fn acceptance_15_meaning_does_not_cross_workspaces(db: TestDb) {
    let server = ReplayServer::start([completion("Ada's", 10, 5), completion("Bob's", 10, 5)]).await;
    let (ada, bob) = (World::with(&db, semantic(&server)).await, World::join(&db, at(&server)).await);
    ask(&ada, &question("How do suspension bridges work?"), MEANING).await.expect(200);
    let mut request = ada.request(Method::POST, "/chat/completions", &question("how do suspension bridges work"));
    request.headers_mut().insert("x-parlance-cache", MEANING.parse().unwrap());
    request.headers_mut().insert("authorization", format!("Bearer {}", bob.key).parse().unwrap());
    let answer = ada.send(request).await.expect(200);
    assert!(answer.text.contains("Bob's") && answer.header("x-cache") == "MISS", "{}", answer.text);
}

#[db_test]
async fn meaning_is_not_asked_of_tools_pictures_or_hidden_data(db: TestDb) {
    let server = ReplayServer::start(vec![completion("An answer", 10, 5); 8]).await;
    let mut config = semantic(&server);
    config["gateway"]["guardrails"] = json!({ "redact": ["email"] });
    let world = World::with(&db, config).await;
    let mut tools = question("What is the weather?");
    tools["tools"] = json!([{ "type": "function", "function": { "name": "weather", "parameters": {} } }]);
    let mut picture = question("");
    picture["messages"][1]["content"] = json!([
        { "type": "text", "text": "What is this?" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } },
    ]);
    let hidden = |who: &str| question(&format!("Write to {who}@example.com about the bridge"));
    for body in [&tools, &picture, &hidden("ada"), &hidden("bob")] {
        assert_eq!(ask(&world, body, MEANING).await.expect(200).header("x-cache"), "MISS");
        assert_eq!(ask(&world, body, MEANING).await.expect(200).header("x-cache"), "HIT", "the very same one counts");
    }
    assert!(world.ledger().await.iter().all(|spent| spent.model == "compatible/model"), "no vector was made");
}

#[db_test]
async fn without_vectors_a_question_is_answered_all_the_same(db: TestDb) {
    let server = ReplayServer::start([completion("A", 10, 5)]).await;
    let mut config = semantic(&server);
    config["gateway"]["semantic_cache"]["model"] = "nobody/nothing".into();
    let world = World::with(&db, config).await;
    assert_eq!(ask(&world, &question("Hi"), MEANING).await.expect(200).header("x-cache"), "MISS");
    assert_eq!(ask(&world, &question("Hi"), MEANING).await.expect(200).header("x-cache"), "HIT");
}
