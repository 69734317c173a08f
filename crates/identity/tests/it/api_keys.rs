//! Acceptance 18: a key's secret is shown once and kept nowhere. And what keys are for.

use std::{
    io::Write,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use aws_lc_rs::digest;
use axum::http::Method;
use contracts::tenancy::Role;
use database::Platform;
use serde_json::{Value, json};
use testkit::{TestDb, db::Engine, db_test};

use crate::support::{ANN, World, call, get, post};

/// Everything that is logged in this process, down to the finest.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
                .with_writer(move || writer.clone())
                .init();
            log
        })
        .clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[db_test]
async fn acceptance_18_a_secret_is_shown_once_and_kept_nowhere(db: TestDb) {
    let log = Log::begin();
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let (id, secret) = node.key(&ann, json!({ "name": "Reports", "scopes": ["read", "write"] })).await;
    world.clock.advance(Duration::from_millis(1));
    let rotated = post(&format!("/keys/{id}/rotate")).bearer(&ann.token).json(json!({ "grace_seconds": 60 }));
    let rotated = rotated.on(node).await.expect(200);
    assert_eq!(rotated.headers["cache-control"], "no-store");
    let second = rotated.json()["secret"].as_str().unwrap().to_owned();

    // A good use, a bad one, a mistyped one, one in the wrong place, and one that makes an error.
    let mut shown = Vec::new();
    for used in [&secret, &second] {
        shown.push(node.whoami(used).await.expect(200).text());
        shown.push(get("/keys").bearer(used).on(node).await.expect(200).text());
        shown.push(get(&format!("/keys/{id}")).bearer(&ann.token).on(node).await.expect(200).text());
        shown.push(post("/inference").bearer(used).on(node).await.text());
        shown.push(node.whoami(&format!("{used}x")).await.text());
        shown.push(post("/auth/logout").bearer(used).on(node).await.text());
        let patch = call(Method::PATCH, &format!("/keys/{id}")).bearer(used);
        shown.push(patch.json(json!({ "name": "Renamed", "secret": "x" })).on(node).await.text());
    }
    for text in &shown {
        assert!(!text.contains(&secret) && !text.contains(&second), "{text}");
    }
    let logged = log.text();
    assert!(logged.contains("api_key.created") && logged.contains("api_key.rotated"), "the log is captured");
    // The random part, which begins after the prefix that is shown.
    for used in [&secret, &second] {
        assert!(!logged.contains(&used[12..]), "a secret is in the log");
    }

    let (prefix, hash, previous): (String, Vec<u8>, Vec<u8>) =
        db.one(Platform, "SELECT prefix, secret_hash, previous_hash FROM api_keys", vec![]).await.unwrap();
    assert_eq!(prefix, second[..12]);
    let sha256 = |text: &str| digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec();
    assert_eq!((hash, previous), (sha256(&second), sha256(&secret)));
    let events: Vec<(String, String)> =
        db.all(Platform, "SELECT event_type, payload FROM outbox ORDER BY id", vec![]).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["api_key.created", "api_key.rotated"]);
    assert!(events.iter().all(|(_, payload)| !payload.contains(&secret[12..]) && !payload.contains(&second[12..])));
}

/// On SQLite, where the tables can be taken away: what can't be a key asks nothing.
#[test]
fn a_mistyped_key_costs_no_query() {
    testkit::db::run(Engine::Sqlite, async |db: TestDb| {
        let world = World::new(&db);
        let node = &world.node;
        let ann = node.join(ANN).await;
        let (_, secret) = node.key(&ann, json!({ "name": "Reports", "scopes": ["read"] })).await;
        for table in ["ALTER TABLE api_keys RENAME TO gone", "ALTER TABLE epochs RENAME TO gone_too"] {
            db.execute(Platform, table, vec![]).await.unwrap();
        }
        assert_eq!(node.whoami(&secret).await.status, 500, "a good key asks");
        let swapped = format!("{}{}{}", &secret[..20], if &secret[20..21] == "a" { "b" } else { "a" }, &secret[21..]);
        for bad in [
            &swapped,
            &secret[..56],
            "sk-parl-",
            "sk-parl-é",
            "sk-parl-0000000000000000000000000000000000000000000000000",
        ] {
            node.whoami(bad).await.refused(401, "unauthenticated");
        }
    });
}

#[db_test]
async fn keys_are_listed_changed_and_revoked(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let body = json!({
        "name": "  Reports ", "scopes": ["write", "read", "read"], "models": ["demo/echo"],
        "requests_per_minute": 60, "tokens_per_minute": 1000,
        "allowed_ips": ["203.0.113.77/24", "2001:db8::1"], "expires_at": "2027-01-01T00:00:00Z",
    });
    let (id, _) = node.key(&ann, body).await;
    let path = format!("/keys/{id}");
    let key = get(&path).bearer(&ann.token).on(node).await.expect(200).json();
    let expected = json!({
        "id": id, "name": "Reports", "prefix": key["prefix"], "scopes": ["read", "write"], "models": ["demo/echo"],
        "requests_per_minute": 60, "tokens_per_minute": 1000, "allowed_ips": ["203.0.113.0/24", "2001:db8::1/128"],
        "expires_at": "2027-01-01T00:00:00.000000Z", "created_at": key["created_at"],
        "last_used_at": null, "revoked_at": null, "user": { "id": ann.user, "name": "ann", "email": ANN },
    });
    assert_eq!(key, expected);

    let changes = json!({ "name": "Other", "models": null, "requests_per_minute": null, "allowed_ips": null, "expires_at": null });
    let changed = call(Method::PATCH, &path).bearer(&ann.token).json(changes).on(node).await.expect(200).json();
    assert_eq!(
        (&changed["name"], &changed["models"], &changed["allowed_ips"]),
        (&json!("Other"), &Value::Null, &Value::Null)
    );
    assert_eq!((&changed["tokens_per_minute"], &changed["scopes"]), (&json!(1000), &json!(["read", "write"])));
    assert_eq!(get(&path).bearer(&ann.token).on(node).await.expect(200).json(), changed);

    world.clock.advance(Duration::from_millis(1));
    let (second, _) = node.key(&ann, json!({ "name": "Second" })).await;
    let first_page = get("/keys?limit=1").bearer(&ann.token).on(node).await.expect(200).json();
    assert_eq!(
        (&first_page["data"][0]["id"], &first_page["data"][0]["scopes"]),
        (&json!(second), &json!(["inference"]))
    );
    let cursor = first_page["next_cursor"].as_str().unwrap();
    let next = get(&format!("/keys?limit=1&cursor={cursor}")).bearer(&ann.token).on(node).await.expect(200).json();
    assert_eq!((&next["data"][0]["id"], &next["next_cursor"]), (&json!(id), &Value::Null));

    for _ in 0..2 {
        call(Method::DELETE, &path).bearer(&ann.token).on(node).await.expect(204);
    }
    assert!(get(&path).bearer(&ann.token).on(node).await.expect(200).json()["revoked_at"].is_string());
    let change = call(Method::PATCH, &path).bearer(&ann.token).json(json!({ "name": "x" })).on(node).await;
    change.refused(409, "conflict");
    post(&format!("{path}/rotate")).bearer(&ann.token).on(node).await.refused(409, "conflict");

    let listed = async || {
        get("/keys").bearer(&node.log_in(ANN).await.person().token).on(node).await.expect(200).json()["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(listed().await, 2);
    world.clock.advance(Duration::from_secs(30 * 24 * 3600 + 1));
    assert_eq!(listed().await, 1, "a revoked key is forgotten after thirty days");
    node.identity.maintain().await.unwrap();
    let (left,): (i64,) = db.one(Platform, "SELECT count(*) FROM api_keys", vec![]).await.unwrap();
    assert_eq!(left, 1);
}

#[db_test]
async fn fields_that_are_wrong_are_named(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let (id, _) = node.key(&ann, json!({ "name": "Reports" })).await;
    let many: Vec<String> = (0..101).map(|number| format!("model-{number}")).collect();
    for (field, value) in [
        ("name", json!("  ")),
        ("name", json!("x".repeat(81))),
        ("scopes", json!([])),
        ("scopes[0]", json!(["admin"])),
        ("models", json!([])),
        ("models", json!(many)),
        ("models", json!([""])),
        ("models", json!(["x\u{0}"])),
        ("requests_per_minute", json!(0)),
        ("requests_per_minute", json!(-1)),
        ("tokens_per_minute", json!(1_000_000_001)),
        ("allowed_ips", json!([])),
        ("allowed_ips[0]", json!(["203.0.113.0/33"])),
        ("allowed_ips[0]", json!(["everywhere"])),
        ("expires_at", json!("tomorrow")),
        ("expires_at", json!("2020-01-01T00:00:00Z")),
        ("secret", json!("sk-parl-mine")),
        ("user_id", json!(ann.user)),
    ] {
        let mut body = json!({ "name": "Reports" });
        body[field.trim_end_matches("[0]")] = value;
        let made = post("/keys").bearer(&ann.token).json(body.clone()).on(node).await.expect(422);
        assert_eq!(made.fields(), [field], "{}", made.text());
        let changed =
            call(Method::PATCH, &format!("/keys/{id}")).bearer(&ann.token).json(body).on(node).await.expect(422);
        assert_eq!(changed.fields(), [field], "{}", changed.text());
    }
    let grace = post(&format!("/keys/{id}/rotate")).bearer(&ann.token).json(json!({ "grace_seconds": 86_401 }));
    assert_eq!(grace.on(node).await.expect(422).fields(), ["grace_seconds"]);
    assert_eq!(post("/keys").bearer(&ann.token).json(json!({})).on(node).await.expect(422).fields(), ["name"]);
    let (keys,): (i64,) = db.one(Platform, "SELECT count(*) FROM api_keys", vec![]).await.unwrap();
    assert_eq!(keys, 1, "nothing was written");
}

#[db_test]
async fn the_compatible_apis_take_a_key_in_either_header(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let (_, secret) = node.key(&ann, json!({ "name": "SDK" })).await;
    let (_, reader) = node.key(&ann, json!({ "name": "Reader", "scopes": ["read"] })).await;
    for call in [
        post("/inference").bearer(&secret),
        post("/inference").header("x-api-key", &secret),
        post("/inference").bearer(&ann.token),
    ] {
        assert_eq!(call.on(node).await.expect(200).text(), ann.user.to_string());
    }
    post("/inference").on(node).await.refused(401, "unauthenticated");
    post("/inference").header("x-api-key", "sk-ant-other").on(node).await.refused(401, "unauthenticated");
    post("/inference").bearer(&reader).on(node).await.refused(403, "forbidden");
    // `x-api-key` is the compatible APIs' alone.
    get("/me").header("x-api-key", &reader).on(node).await.refused(401, "unauthenticated");

    let bob = node.colleague(&ann, "bob@example.com", Role::Member).await;
    let (_, bobs) = node.key(&bob, json!({ "name": "Bob's" })).await;
    post("/inference").bearer(&bobs).on(node).await.expect(200);
    let guest = json!({ "role": "guest" });
    call(Method::PATCH, &format!("/members/{}", bob.user)).bearer(&ann.token).json(guest).on(node).await.expect(200);
    post("/inference").bearer(&bobs).on(node).await.refused(403, "forbidden");
    post("/inference").bearer(&bob.token).on(node).await.refused(403, "forbidden");
}

#[db_test]
async fn a_use_is_noted_once_a_minute(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let (id, secret) = node.key(&ann, json!({ "name": "Reports", "scopes": ["read"] })).await;
    let path = format!("/keys/{id}");
    let mut seen = Vec::new();
    for pause in [0, 59, 1, 30] {
        world.clock.advance(Duration::from_secs(pause));
        node.whoami(&secret).await.expect(200);
        node.tasks.drain(Duration::from_secs(10)).await;
        let key = get(&path).bearer(&ann.token).on(node).await.expect(200).json();
        let at: kernel::Timestamp = key["last_used_at"].as_str().unwrap().parse().unwrap();
        seen.push(at.since(testkit::START).as_secs());
    }
    assert_eq!(seen, [0, 0, 60, 60]);
}
