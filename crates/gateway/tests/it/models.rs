//! The list of models, as either SDK reads it.

use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::World;

#[db_test]
async fn models_are_listed_for_both_sdks(db: TestDb) {
    let world = World::start(&db).await;
    let list = world.get("/models").await.expect(200).json();
    assert_eq!((&list["object"], &list["has_more"]), (&json!("list"), &json!(false)));
    let model = list["data"].as_array().unwrap().iter().find(|model| model["id"] == "demo/parlance").unwrap();
    assert_eq!(
        (&model["object"], &model["owned_by"], &model["type"]),
        (&json!("model"), &json!("demo"), &json!("model"))
    );
    assert!(model["created"].is_i64() && model["display_name"].is_string() && model["created_at"].is_string());
    let ids = list["data"].as_array().unwrap();
    assert!(!ids.iter().any(|model| model["owned_by"] == "openai"), "what can't be used is not listed");

    for path in ["/models/demo/parlance", "/models/demo%2Fparlance", "/models/parlance"] {
        assert_eq!(world.get(path).await.expect(200).json()["id"], "demo/parlance", "{path}");
    }
    let missing = world.get("/models/nothing-like-it").await.expect(404).json();
    assert_eq!(missing["error"]["code"], "model_not_found");

    // A client that tries again would get no further: an operator has to act.
    let unavailable = world.get("/models/openai%2Fgpt-5.2").await.expect(404).json();
    assert_eq!(unavailable["error"]["code"], "model_unavailable");
    assert!(unavailable["error"]["message"].as_str().unwrap().contains("OPENAI_API_KEY"), "{unavailable}");
}
