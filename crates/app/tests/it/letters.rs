//! Letters of the whole installation: their links, and the page that shows them.

use axum::body::Body;
use hyper::{Method, Request};
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{PASSWORD, TestApp, request};

const FORGED: [(&str, &str); 4] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "ftp"),
    ("forwarded", "host=evil.example"),
];

#[db_test]
async fn acceptance_11_links_come_from_the_configuration_alone(db: TestDb) {
    for (public_url, base) in [
        (Some("https://chat.example.com"), "https://chat.example.com/verify-email#"),
        (None, "http://localhost:4000/verify-email#"),
    ] {
        let app = TestApp::with(&db, |config| {
            config.server.public_url = public_url.map(|url| url.parse().unwrap());
            // Who believes proxies about addresses does not believe them about names.
            config.server.trusted_proxies = 1;
        })
        .await;
        let email = if public_url.is_some() { "ann@example.com" } else { "bob@example.com" };
        let body = json!({ "email": email, "password": PASSWORD });
        let mut call = request(Method::POST, "/auth/signup", None, Some(body));
        for (name, value) in FORGED {
            call.headers_mut().insert(name, value.parse().unwrap());
        }
        app.send(call).await.expect(202);
        let kept = app.platform.notifications.kept().await.unwrap();
        let letter = &kept.iter().find(|kept| kept.letter.to == email).unwrap().letter;
        assert!(letter.text.contains(base), "{}", letter.text);
        assert!(!letter.text.contains("evil") && !letter.html.contains("evil"), "{}", letter.text);
    }
}

#[db_test]
async fn the_page_of_letters_is_there_where_it_was_asked_for_and_nowhere_else(db: TestDb) {
    let page = || Request::get("/dev/mail").header("host", "localhost:4000").body(Body::empty()).unwrap();
    let app = TestApp::start(&db).await;
    let answer = app.send(page()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "not the web app either");
    assert_eq!(app.call(Method::GET, "/instance", None, None).await.expect(200)["mail"], "none");

    let app = TestApp::with(&db, |config| config.mail.preview = Some(true)).await;
    let answer = app.send(page()).await;
    assert_eq!(answer.status.as_u16(), 200);
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let instance = app.call(Method::GET, "/instance", None, None).await.expect(200);
    assert_eq!((&instance["mail"], &instance["requires_verified_email"]), (&json!("preview"), &json!(false)));
}
