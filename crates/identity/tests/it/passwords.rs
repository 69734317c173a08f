//! Which passwords and addresses are accepted, and how passwords are kept.

use database::{Platform, params};
use secrecy::SecretString;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, PASSWORD, World, post};

async fn stored_hash(db: &TestDb) -> String {
    let (hash,): (String,) = db.one(Platform, "SELECT password_hash FROM users", vec![]).await.unwrap();
    hash
}

#[db_test]
async fn passwords_are_kept_as_argon2id_with_the_cost_that_owasp_asks_for(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let hash = stored_hash(&db).await;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert!(!hash.contains(PASSWORD));
}

#[db_test]
async fn a_cheaper_hash_is_replaced_at_the_next_login(db: TestDb) {
    use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, Version};
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    let weak: PasswordHash = weak.hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef").unwrap();
    db.execute(Platform, "UPDATE users SET password_hash = $1", params![weak.to_string()]).await.unwrap();

    post("/auth/login").json(json!({ "email": ANN, "password": "not the password" })).on(&world.node).await.expect(401);
    assert_eq!(stored_hash(&db).await, weak.to_string(), "only the right password can replace it");
    world.node.log_in(ANN).await.expect(200);
    let better = stored_hash(&db).await;
    assert!(better.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{better}");
    world.node.log_in(ANN).await.expect(200);
    assert_eq!(stored_hash(&db).await, better, "a good hash stays");
}

#[db_test]
async fn a_password_counts_exactly_as_it_was_typed(db: TestDb) {
    let world = World::new(&db);
    let long = "đê".repeat(128);
    for (index, password) in
        ["  blanks around  ", "Mật khẩu của tôi 🔑", "CaseMatters123", long.as_str()].iter().enumerate()
    {
        let email = format!("user{index}@example.com");
        let body = |password: &str| json!({ "email": email, "password": password });
        post("/auth/signup").json(body(password)).on(&world.node).await.expect(202);
        post("/auth/login").json(body(password)).on(&world.node).await.expect(200);
        let mut other = password.trim().to_lowercase();
        other.pop();
        post("/auth/login").json(body(&other)).on(&world.node).await.refused(401, "invalid_credentials");
    }
}

#[db_test]
async fn fields_that_are_wrong_are_named(db: TestDb) {
    let world = World::new(&db);
    let good = json!({ "email": ANN, "password": PASSWORD });
    for (field, value) in [
        ("email", json!("ann")),
        ("email", json!("")),
        ("email", json!(7)),
        ("email", json!(format!("{}@example.com", "a".repeat(250)))),
        ("password", json!("short")),
        ("password", json!("x".repeat(257))),
        ("password", json!("password123")),
        ("password", json!(ANN)),
        ("password", json!(null)),
        ("name", json!("x".repeat(81))),
        ("name", json!("line\nbreak")),
        ("name", json!("evil \u{202e}nna")),
        ("locale", json!("tlh")),
        ("role", json!("owner")),
        ("platform_admin", json!(true)),
        ("workspace_id", json!("ws_01h455vb4pex5vsknk084sn02q")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = post("/auth/signup").json(body.clone()).on(&world.node).await;
        assert_eq!(answer.outcome(), (422, "invalid_body".to_owned()), "{body}: {}", answer.text());
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    let (users,): (i64,) = db.one(Platform, "SELECT count(*) FROM users", vec![]).await.unwrap();
    assert_eq!(users, 0);
}

#[db_test]
async fn a_new_password_has_the_same_rules(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    for new in ["short", "12345678", ANN] {
        let body = json!({ "current_password": PASSWORD, "new_password": new });
        let answer = post("/auth/password").bearer(&ann.token).json(body).on(&world.node).await.expect(422);
        assert_eq!(answer.fields(), ["new_password"]);
    }
    world.node.log_in(ANN).await.expect(200);
}

#[db_test]
async fn a_flood_of_logins_is_served_in_turn(db: TestDb) {
    let world = World::new(&db);
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..60 {
        let node = world.node.clone();
        calls.spawn(async move {
            let body = json!({ "email": format!("nobody{index}@example.com"), "password": "some password" });
            post("/auth/login").json(body).on(&node).await.status.as_u16()
        });
    }
    assert_eq!(calls.join_all().await, [401; 60]);
    assert_eq!(world.node.identity.password_hashes(), 60);
}

#[db_test]
async fn a_login_that_a_new_password_overtakes_fails(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let session = world.node.current_session(&ann.token).await;
    let mut current = PASSWORD.to_owned();
    for round in 0..4 {
        let next = format!("password of round {round}");
        let before = world.node.identity.password_hashes();
        let (identity, old, new) = (world.node.identity.clone(), current.clone(), next.clone());
        let mut change = tokio::task::JoinSet::new();
        change.spawn(async move {
            let (old, new) = (SecretString::from(old), SecretString::from(new));
            identity.change_password(ann.user, session, "203.0.113.7".parse().unwrap(), Some(&old), &new).await
        });
        // The old password was found right, the new one is being hashed: a login that begins now
        // reads the old hash, and is still at its own check when the new password is written.
        while world.node.identity.password_hashes() < before + 2 {
            tokio::task::yield_now().await;
        }
        let login = |index: usize| {
            let body = json!({ "email": ANN, "password": current });
            post("/auth/login").json(body).from(&format!("198.51.{index}.1")).on(&world.node)
        };
        let (first, second, third) = tokio::join!(login(1), login(2), login(3));
        change.join_next().await.unwrap().unwrap().unwrap();
        for login in [first, second, third] {
            // Whichever was first: no session that the old password began is left.
            if login.status.is_success() {
                world.node.whoami(&login.person().token).await.refused(401, "unauthenticated");
            }
        }
        world.node.whoami(&ann.token).await.expect(200);
        current = next;
    }
}
