//! The document is complete and says what it should.

use app::{Config, router};
use serde_json::Value;
use testkit::{TestDb, db_test};

use crate::support::{TestApp, text};

#[db_test]
async fn every_operation_is_described(db: TestDb) {
    let app = TestApp::start(&db).await;
    let document: Value =
        serde_json::from_str(&router::document(&app.platform, &Config::default()).to_json().unwrap()).unwrap();
    assert!(text(&document["openapi"]).starts_with("3.1"));
    let tags: Vec<String> = document["tags"].as_array().unwrap().iter().map(|tag| text(&tag["name"])).collect();
    let mut ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values().filter(|operation| operation["responses"].is_object()) {
            let id = text(&operation["operationId"]);
            assert!(ids.insert(id.clone()), "{id} stands twice");
            assert!(operation["summary"].is_string(), "{id} ({path}) has a summary");
            let tag = text(&operation["tags"][0]);
            assert!(tags.contains(&tag), "{id} has the tag {tag}, which the document does not explain");
            let errors = operation["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('4'));
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = response["content"].as_object();
                // The compatible APIs have the vendors' errors, and SCIM has its own.
                if status.starts_with(['4', '5']) && !["Compatible", "Provisioning"].contains(&tag.as_str()) {
                    let is_problem = content.is_some_and(|content| content.contains_key("application/problem+json"));
                    assert!(is_problem, "{id} answers {status} with a problem");
                }
            }
            let secured = operation["security"].is_array();
            assert!(!secured || errors.count() > 0, "{id} says how it fails");
        }
    }
}

#[db_test]
async fn the_document_and_its_reference_are_served(db: TestDb) {
    let app = TestApp::start(&db).await;
    let get = |path: &str| hyper::Request::get(path).body(axum::body::Body::empty()).unwrap();
    let answer = app.send(get("/api/openapi.json")).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(answer.json()["paths"].is_object());
    assert_eq!(app.send(get("/api/docs/")).await.status.as_u16(), 200);
    let missing = app.send(get("/api/v1/nowhere")).await;
    assert_eq!((missing.status.as_u16(), missing.code().as_str()), (404, "not_found"));
    let page = app.send(get("/c/conv_01h455vb4pex5vsknk084sn02q")).await;
    assert_eq!(page.status.as_u16(), 200, "the app routes its own addresses");
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let gone = app.send(get("/assets/index-00000000.js")).await;
    assert_eq!(gone.status.as_u16(), 404, "a page is no substitute for a script of an earlier version");
}
