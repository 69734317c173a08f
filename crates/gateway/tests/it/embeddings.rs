//! Embeddings.

use serde_json::json;
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};

use crate::support::{World, at};

#[db_test]
async fn vectors_pass_through_and_their_input_is_charged(db: TestDb) {
    let body = json!({
        "object": "list", "model": "text-embedding-3-small",
        "data": [{ "object": "embedding", "index": 0, "embedding": "AACAPwAAAEA=" }],
        "usage": { "prompt_tokens": 8, "total_tokens": 8 },
    });
    let server = ReplayServer::start([Script::json(200, &body.to_string())]).await;
    let world = World::with(&db, at(&server)).await;
    let ask = json!({
        "model": "text-embedding-3-small", "input": ["Hello"], "encoding_format": "base64", "dimensions": 2,
    });
    let answer = world.post("/embeddings", ask).await.expect(200);
    assert_eq!(answer.json(), body);
    let sent = server.request();
    assert_eq!((sent.path(), &sent.json()["dimensions"]), ("/v1/embeddings", &json!(2)));
    let spent = world.spent().await;
    assert_eq!((spent.model.as_str(), spent.input, spent.output), ("openai/text-embedding-3-small", 8, 0));
}

#[db_test]
async fn mistakes_name_their_field(db: TestDb) {
    let server = ReplayServer::start([]).await;
    let world = World::with(&db, at(&server)).await;
    for (field, value) in [
        ("input", json!([])),
        ("input", json!("")),
        ("input", json!({ "text": "x" })),
        ("encoding_format", json!("hex")),
        ("dimensions", json!(0)),
    ] {
        let mut body = json!({ "model": "text-embedding-3-small", "input": "x" });
        body[field] = value;
        assert_eq!(world.post("/embeddings", body).await.expect(400).json()["error"]["param"], field);
    }
    assert!(server.requests().is_empty());
}
