//! What people are told of what happens to their account.

use std::time::Duration;

use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, Answer, BASE, Node, PASSWORD, World, post};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

async fn subjects(node: &Node, to: &str) -> Vec<String> {
    node.letters(to).await.into_iter().map(|letter| letter.subject).collect()
}

/// Logs in with what a browser keeps.
async fn log_in(node: &Node, device: Option<&str>) -> Answer {
    let call = post("/auth/login").json(json!({ "email": ANN, "password": PASSWORD })).header("user-agent", FIREFOX);
    let call = match device {
        Some(device) => call.cookie(device),
        None => call,
    };
    call.on(node).await.expect(200)
}

/// The cookie that a device is known by, if it was set.
fn device(answer: &Answer) -> Option<String> {
    let mut set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    set.find(|cookie| cookie.starts_with("parlance_device=")).map(|cookie| cookie.split(';').next().unwrap().to_owned())
}

#[db_test]
async fn acceptance_02_a_stolen_session_is_told(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let ann = log_in(&world.node, None).await.person();
    let renew = post("/auth/refresh").cookie(&ann.cookie).header("user-agent", FIREFOX);
    renew.on(&world.node).await.expect(200);
    world.clock.advance(Duration::from_millis(10_001));
    world.node.refresh(&ann.cookie).await.refused(401, "refresh_reused");
    let letter = world.node.letter(ANN).await;
    assert_eq!(letter.subject, "We ended a session of yours");
    assert!(letter.text.contains("Firefox, Linux"), "{}", letter.text);
    // It is told once: the session is over.
    world.node.refresh(&ann.cookie).await.refused(401, "refresh_invalid");
    let told = subjects(&world.node, ANN).await;
    assert_eq!(told.iter().filter(|subject| subject.contains("session")).count(), 1);
}

#[db_test]
async fn a_login_from_a_new_device_is_told_and_the_first_one_is_not(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let told = async || subjects(&world.node, ANN).await.iter().filter(|it| it.contains("new device")).count();
    let first = device(&log_in(&world.node, None).await).expect("a browser gets something to be known by");
    assert_eq!(told().await, 0);
    let again = log_in(&world.node, Some(&first)).await;
    assert_eq!((device(&again), told().await), (None, 0));

    let second = device(&log_in(&world.node, None).await).unwrap();
    assert_eq!(told().await, 1);
    let letter = world.node.letter(ANN).await;
    assert!(letter.text.contains("Firefox, Linux") && letter.text.contains("203.0.113.7"), "{}", letter.text);
    log_in(&world.node, Some(&second)).await;
    log_in(&world.node, Some(&first)).await;
    assert_eq!(told().await, 1);

    // What another user's browser is known by says nothing here.
    world.node.sign_up("bob@example.com").await.expect(202);
    let bob = post("/auth/login").json(json!({ "email": "bob@example.com", "password": PASSWORD }));
    let bobs = device(&bob.on(&world.node).await).unwrap();
    log_in(&world.node, Some(&bobs)).await;
    assert_eq!(told().await, 2);
}

#[db_test]
async fn a_program_without_cookies_does_not_flood_its_owner(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    for _ in 0..60 {
        log_in(&world.node, None).await;
    }
    let told = subjects(&world.node, ANN).await;
    assert_eq!(told.iter().filter(|subject| subject.contains("new device")).count(), 5);
    let (devices,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM known_devices", vec![]).await.unwrap();
    assert!(devices <= 51, "{devices}");
}

#[db_test]
async fn a_device_s_cookie_is_out_of_reach_and_opens_nothing(db: TestDb) {
    let world = World::with(&db, |config| config.public_url = Some(BASE.parse().unwrap()));
    world.node.sign_up(ANN).await.expect(202);
    let answer = log_in(&world.node, None).await;
    let mut set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let cookie = set.next_back().unwrap();
    for attribute in ["parlance_device=", "HttpOnly", "SameSite=Lax", "Path=/api/v1/auth", "Secure"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    world.node.refresh(&device(&answer).unwrap()).await.refused(401, "refresh_invalid");
}

#[db_test]
async fn a_changed_password_is_told_in_the_owner_s_language(db: TestDb) {
    let world = World::new(&db);
    let body = json!({ "email": ANN, "password": PASSWORD, "name": "Ánh", "locale": "vi" });
    post("/auth/signup").json(body).on(&world.node).await.expect(202);
    let ann = world.node.log_in(ANN).await.expect(200).person();
    assert_eq!(subjects(&world.node, ANN).await, ["Xác nhận địa chỉ email của bạn"]);
    let body = json!({ "current_password": PASSWORD, "new_password": "a lighthouse of paper boats" });
    post("/auth/password").bearer(&ann.token).json(body).on(&world.node).await.expect(204);
    let letter = world.node.letter(ANN).await;
    assert_eq!(letter.subject, "Mật khẩu của bạn đã được thay đổi");
    assert!(letter.text.contains("Xin chào Ánh,"), "{}", letter.text);
}

#[db_test]
async fn acceptance_11_a_forged_host_changes_no_link(db: TestDb) {
    let world = World::new(&db);
    let forged = |path: &str| {
        let mut call = post(path);
        for (name, value) in [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("forwarded", "host=evil.example;proto=http"),
            ("x-host", "evil.example"),
            ("origin", "https://evil.example"),
            ("referer", "https://evil.example/"),
        ] {
            call = call.header(name, value);
        }
        call
    };
    let credentials = json!({ "email": ANN, "password": PASSWORD });
    forged("/auth/signup").json(credentials.clone()).on(&world.node).await.expect(202);
    forged("/auth/signup").json(credentials).on(&world.node).await.expect(202);
    forged("/auth/verify-email/resend").json(json!({ "email": ANN })).on(&world.node).await.expect(202);
    forged("/auth/forgot-password").json(json!({ "email": ANN })).on(&world.node).await.expect(202);
    let ann = world.node.log_in(ANN).await.expect(200).person();
    let body = json!({ "email": "ann@example.org", "current_password": PASSWORD });
    forged("/auth/email").bearer(&ann.token).json(body).on(&world.node).await.expect(202);

    let mut letters = world.node.letters(ANN).await;
    letters.extend(world.node.letters("ann@example.org").await);
    assert_eq!(letters.len(), 5);
    for letter in letters {
        assert!(!letter.text.contains("evil") && !letter.html.contains("evil"), "{}", letter.text);
        let links = letter.text.split_whitespace().filter(|word| word.contains("://"));
        for link in links {
            assert!(link.starts_with(BASE), "{link}");
        }
    }
}
