//! What configuration changes.

use hyper::{Method, Request};
use serde_json::json;
use testkit::{TestDb, db_test};

use app::config::SignUp;

use crate::support::{PASSWORD, TestApp};

#[db_test]
async fn sign_up_can_be_closed(db: TestDb) {
    let app = TestApp::with(&db, |config| config.auth.sign_up = SignUp::Closed).await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = app.call(Method::POST, "/auth/signup", None, Some(body)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "sign_up_closed"));
    let instance = app.call(Method::GET, "/instance", None, None).await.expect(200);
    assert_eq!(instance["sign_up"], "closed");
}

#[db_test]
async fn limits_hold_per_address_and_per_user(db: TestDb) {
    let app = TestApp::with(&db, |config| {
        config.limits.auth_per_ip = 5;
        config.limits.requests_per_user = 3;
    })
    .await;
    let person = app.sign_up("ada@example.com").await;
    let mut last = None;
    for _ in 0..4 {
        last = Some(person.get("/me").await);
    }
    let refused = last.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "rate_limited"));
    assert!(refused.headers.contains_key("retry-after"));

    let body = json!({ "email": "nobody@example.com", "password": "wrong but long" });
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(app.call(Method::POST, "/auth/login", None, Some(body.clone())).await.status.as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[db_test]
async fn the_cookie_is_secure_behind_https_and_links_ignore_the_host(db: TestDb) {
    let app = TestApp::with(&db, |config| {
        config.server.public_url = Some("https://chat.example.com".parse().unwrap());
    })
    .await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.call(Method::POST, "/auth/signup", None, Some(body.clone())).await.expect(202);
    let answer = app.call(Method::POST, "/auth/login", None, Some(body)).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/api/v1/auth"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(answer.headers.contains_key("strict-transport-security"));
}

#[db_test]
async fn metrics_can_ask_for_a_token(db: TestDb) {
    let app = TestApp::with(&db, |config| config.server.metrics_token = Some("scrape-me".into())).await;
    let get =
        |token: &str| Request::get("/metrics").header("authorization", token).body(axum::body::Body::empty()).unwrap();
    app.call(Method::GET, "/instance", None, None).await.expect(200);
    assert_eq!(app.send(get("Bearer wrong")).await.status.as_u16(), 401);
    let answer = app.send(get("Bearer scrape-me")).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.text.contains("parlance_http_requests_total"), "{}", answer.text);
    for path in ["/healthz", "/readyz"] {
        let probe = Request::get(path).body(axum::body::Body::empty()).unwrap();
        assert_eq!(app.send(probe).await.status.as_u16(), 200);
    }
}
