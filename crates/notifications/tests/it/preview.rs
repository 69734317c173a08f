//! `/dev/mail`: what can be looked at, where, and by whom.

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt;
use notifications::{Preview, routes};
use testkit::{TestDb, db_test};
use tower::ServiceExt;

use crate::support::{ANN, World};

struct Page {
    status: u16,
    policy: String,
    text: String,
}

async fn get(router: &Router, path: &str, host: &str) -> Page {
    let request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (status, policy) = (response.status().as_u16(), header("content-security-policy"));
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Page { status, policy, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

#[db_test]
async fn letters_can_be_looked_at(db: TestDb) {
    let world = World::keeping(&db, Preview::On);
    let router = routes(world.letters.clone());
    let empty = get(&router, "/dev/mail", "any").await;
    assert!(empty.status == 200 && empty.text.contains("Nothing yet"), "{}", empty.text);
    world.post(&db, ANN).await;

    let list = get(&router, "/dev/mail", "any").await;
    let id = world.letters.kept().await.unwrap()[0].letter.id;
    assert!(list.text.contains("Set a new password") && list.text.contains(&format!("/dev/mail/{id}")));
    let page = get(&router, &format!("/dev/mail/{id}"), "any").await;
    assert!(page.text.contains(ANN) && page.text.contains("s3cr3t"), "the plain text: {}", page.text);
    assert!(page.text.contains("sandbox=\"allow-top-navigation-by-user-activation\""));
    let letter = get(&router, &format!("/dev/mail/{id}/html"), "any").await;
    assert!(letter.text.contains("https://chat.example.com/reset-password#s3cr3t"));
    for page in [&list, &page, &letter] {
        assert!(page.policy.starts_with("default-src 'none'"), "{}", page.policy);
        assert!(!page.policy.contains("script-src") && !page.text.contains("<script"));
    }
    assert!(letter.policy.contains("sandbox"), "{}", letter.policy);
}

#[db_test]
async fn where_letters_are_sent_or_strangers_come_by_there_is_nothing_to_see(db: TestDb) {
    let world = World::keeping(&db, Preview::Off);
    world.post(&db, ANN).await;
    let id = world.letters.kept().await.unwrap()[0].letter.id;
    for path in ["/dev/mail".to_owned(), format!("/dev/mail/{id}"), format!("/dev/mail/{id}/html")] {
        let page = get(&routes(world.letters.clone()), &path, "localhost").await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.text.contains("s3cr3t"));
    }
    // A website that has led its name to this machine.
    let world = World::keeping(&db, Preview::ByLocalName);
    let router = routes(world.letters.clone());
    assert_eq!(get(&router, "/dev/mail", "evil.example").await.status, 404);
    assert_eq!(get(&router, &format!("/dev/mail/{id}/html"), "evil.example:4000").await.status, 404);
    assert_eq!(get(&router, "/dev/mail", "localhost:4000").await.status, 200);
    assert_eq!(get(&router, "/dev/mail", "127.0.0.1:4000").await.status, 200);
    // Somebody from elsewhere, whom a proxy on this machine brings.
    let brought = Request::get("/dev/mail").header("host", "localhost").header("x-forwarded-for", "203.0.113.7");
    let response = router.clone().oneshot(brought.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 404);
}

#[db_test]
async fn an_unknown_letter_is_not_found(db: TestDb) {
    let world = World::keeping(&db, Preview::On);
    let router = routes(world.letters.clone());
    for path in ["/dev/mail/mail_01h455vb4pex5vsknk084sn02q", "/dev/mail/nonsense", "/dev/mail/nonsense/html"] {
        assert_eq!(get(&router, path, "any").await.status, 404, "{path}");
    }
}
