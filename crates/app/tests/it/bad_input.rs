//! Bad input gets a clear problem, changes nothing and loses nothing.

use hyper::{Method, Request};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{Answer, TestApp, final_run, text};

/// Asserts a problem's status, code and, if given, the field that it names.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str, field: Option<&str>) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.json()["title"].is_string() && answer.json()["detail"].is_string(), "{}", answer.text);
    if let Some(field) = field {
        let errors = answer.json()["errors"].clone();
        let named = errors.as_array().is_some_and(|errors| errors.iter().any(|error| error["field"] == field));
        assert!(named, "{field} is not named in {}", answer.text);
    }
}

#[db_test]
async fn fields_are_named(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let runs = format!("/conversations/{conversation}/runs");
    let long = "x".repeat(200_001);
    let cases: [(&str, Value, &str, Option<&str>); 15] = [
        (
            "/auth/signup",
            json!({ "email": "nobody", "password": "long enough to be fine" }),
            "invalid_body",
            Some("email"),
        ),
        ("/auth/signup", json!({ "email": "bob@example.com", "password": "short" }), "invalid_body", Some("password")),
        ("/auth/login", json!({ "email": "bob@example.com" }), "invalid_body", Some("password")),
        ("/auth/login", json!({ "email": 7, "password": "x" }), "invalid_body", Some("email")),
        ("/keys", json!({ "scopes": ["read"] }), "invalid_body", Some("name")),
        ("/keys", json!({ "name": "CI", "scopes": [] }), "invalid_body", Some("scopes")),
        ("/keys", json!({ "name": "CI", "allowed_ips": ["10.0.0.0/40"] }), "invalid_body", Some("allowed_ips[0]")),
        ("/keys", json!({ "name": "CI", "expires_at": "2020-01-01T00:00:00Z" }), "invalid_body", Some("expires_at")),
        ("/conversations", json!({ "title": "x".repeat(201) }), "invalid_body", Some("title")),
        (
            "/conversations",
            json!({ "parameters": { "temperature": 3 } }),
            "invalid_body",
            Some("parameters.temperature"),
        ),
        ("/conversations", json!({ "colour": "red" }), "invalid_body", Some("colour")),
        ("/conversations", json!({ "model": "nobody/nothing" }), "unknown_model", None),
        (&runs, json!({ "message": { "text": long } }), "invalid_body", Some("message.text")),
        (&runs, json!({ "message": { "text": "hi" }, "model": "nobody/nothing" }), "unknown_model", None),
        (&runs, json!({ "message": { "text": "   " } }), "invalid_body", None),
    ];
    for (path, body, code, field) in cases {
        let answer = person.post(path, body).await;
        assert_problem(&answer, 422, code, field);
    }
    assert_eq!(person.get("/keys").await.expect(200)["data"], json!([]), "nothing was written");
    let conversations = person.get("/conversations").await.expect(200);
    assert_eq!(conversations["data"].as_array().unwrap().len(), 1, "nothing was written");
    let messages = person.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    assert_eq!(messages["data"], json!([]), "nothing was written");
}

#[db_test]
async fn a_model_without_a_key_says_which_variable_to_set(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let models = person.get("/models?available=false&limit=1000").await.expect(200);
    let model = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|model| {
            model["provider"]["id"] == "openai" && text(&model["unavailable_reason"]).contains("OPENAI_API_KEY")
        })
        .expect("the catalogue has models of OpenAI");
    let conversation = person.conversation().await;
    let body = json!({ "message": { "text": "hi" }, "model": model["id"] });
    let answer = person.post(&format!("/conversations/{conversation}/runs"), body).await;
    assert_problem(&answer, 422, "model_unavailable", None);
    assert!(answer.text.contains("OPENAI_API_KEY"), "{}", answer.text);
}

#[db_test]
async fn broken_requests_are_told_apart(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let raw = |content_type: &str, body: &'static str| {
        Request::post("/api/v1/conversations")
            .header("authorization", format!("Bearer {}", person.token))
            .header("content-type", content_type)
            .body(axum::body::Body::from(body))
            .unwrap()
    };
    assert_problem(&app.send(raw("application/json", "{\"title\": ")).await, 400, "invalid_json", None);
    assert_problem(&app.send(raw("application/json", "{} trailing")).await, 400, "invalid_json", None);
    assert_problem(&app.send(raw("text/plain", "{}")).await, 415, "unsupported_media_type", None);
    let huge = Request::post("/api/v1/conversations")
        .header("authorization", format!("Bearer {}", person.token))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(vec![b' '; 3 * 1024 * 1024]))
        .unwrap();
    assert_problem(&app.send(huge).await, 413, "payload_too_large", None);
    assert_problem(&person.get("/conversations?limit=0").await, 400, "invalid_query", Some("limit"));
    assert_problem(&person.get("/conversations?limit=many").await, 400, "invalid_query", None);
    assert_problem(&person.get("/conversations?cursor=%21").await, 400, "invalid_query", None);
    assert_problem(&person.get("/conversations/conv_nonsense").await, 404, "invalid_path", None);
    assert_problem(&person.get("/conversations/conv_01h455vb4pex5vsknk084sn02q").await, 404, "not_found", None);
    assert_problem(
        &app.call(Method::PUT, "/conversations", Some(&person.token), None).await,
        405,
        "method_not_allowed",
        None,
    );
}

#[db_test]
async fn uploads_of_the_wrong_kind_are_refused(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let upload = |name: &str, bytes: &[u8]| {
        let mut body =
            format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n")
                .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--b--\r\n");
        Request::post("/api/v1/files")
            .header("authorization", format!("Bearer {}", person.token))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(axum::body::Body::from(body))
            .unwrap()
    };
    let script = app.send(upload("x.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")).await;
    assert_problem(&script, 415, "unsupported_media_type", None);
    let mut large = crate::support::PIXEL.to_vec();
    large.resize(11 * 1024 * 1024, 0);
    assert_problem(&app.send(upload("x.png", &large)).await, 413, "payload_too_large", None);
    // A header that claims 65,535 × 65,535 pixels in a few bytes.
    let mut flood = crate::support::PIXEL.to_vec();
    flood[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let answer = app.send(upload("x.png", &flood)).await;
    assert!(answer.status.is_client_error(), "a pixel flood: {}", answer.text);
}

#[db_test]
async fn a_second_send_while_one_runs_is_refused_and_loses_nothing(db: TestDb) {
    let app = TestApp::start(&db).await;
    let person = app.sign_up("ada@example.com").await;
    let conversation = person.conversation().await;
    let runs = format!("/conversations/{conversation}/runs");
    let started = person.post(&runs, json!({ "message": { "text": "/slow one" } })).await.expect(201);
    let run = text(&started["run"]["id"]);
    assert_problem(&person.post(&runs, json!({ "message": { "text": "two" } })).await, 409, "run_active", None);
    person.post(&format!("/runs/{run}/cancel"), json!({})).await.expect(200);
    assert_eq!(final_run(&person.attach(&run, None).await)["status"], "cancelled");
    let events = person.say(&conversation, "two").await;
    assert_eq!(final_run(&events)["status"], "completed");
}
