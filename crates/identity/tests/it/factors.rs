//! Authenticator apps and recovery codes.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use totp_rs::{Builder, Secret, Totp};

use crate::support::{ANN, Answer, Call, Node, PASSWORD, Person, World, call, get, post};

const STEP: Duration = Duration::from_secs(30);

/// Somebody with an authenticator app.
pub struct Ann {
    pub person: Person,
    pub totp: Totp,
    pub codes: Vec<String>,
}

impl Ann {
    pub fn code(&self, world: &World) -> String {
        code(&self.totp, world)
    }
}

fn code(totp: &Totp, world: &World) -> String {
    totp.generate(u64::try_from(world.env.now().seconds()).unwrap()).to_string()
}

fn app(secret: &Value) -> Totp {
    let secret = Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

async fn set_up(world: &World) -> Ann {
    let person = world.node.join(ANN).await;
    let begun = post("/auth/totp").bearer(&person.token).on(&world.node).await.expect(200).json();
    let totp = app(&begun["secret"]);
    let body = json!({ "code": code(&totp, world) });
    let done = post("/auth/totp/confirm").bearer(&person.token).json(body).on(&world.node).await.expect(200).json();
    let codes = texts(&done["recovery_codes"]);
    // The code that confirmed it is used up.
    world.clock.advance(STEP);
    Ann { person, totp, codes }
}

/// A login that stands before its second factor.
pub struct Started {
    pub challenge: String,
    pub device: String,
    pub methods: Vec<String>,
}

pub async fn start(node: &Node, from: &str) -> Started {
    let body = json!({ "email": ANN, "password": PASSWORD });
    let answer = post("/auth/login").json(body).from(from).on(node).await.expect(202);
    assert!(!answer.text().contains("access_token"));
    let body = answer.json();
    Started {
        challenge: body["challenge"].as_str().unwrap().to_owned(),
        device: answer.cookie(),
        methods: texts(&body["methods"]),
    }
}

impl Started {
    pub fn finish(&self, proof: Value) -> Call {
        let body = json!({ "challenge": self.challenge, "proof": proof });
        post("/auth/login/second-factor").cookie(&self.device).json(body)
    }
}

fn totp_proof(code: &str) -> Value {
    json!({ "method": "totp", "code": code })
}

fn recovery(code: &str) -> Value {
    json!({ "method": "recovery_code", "code": code })
}

#[track_caller]
fn wrong_code(answer: Answer) {
    assert_eq!(answer.outcome(), (422, "invalid_body".to_owned()), "{}", answer.text());
    assert_eq!(answer.fields(), ["code"]);
}

const HOME: &str = crate::support::HOME;

#[db_test]
async fn a_login_asks_for_a_code_once_an_app_is_confirmed(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let begun = post("/auth/totp").bearer(&ann.token).on(&world.node).await.expect(200).json();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Parlance:ann%40example.com?secret="));
    // Nothing is in force before the first code.
    world.node.log_in(ANN).await.expect(200);
    let confirm = |code: &str| post("/auth/totp/confirm").bearer(&ann.token).json(json!({ "code": code }));
    wrong_code(confirm("000000").on(&world.node).await);
    // Another secret takes the place of the one that waits.
    let again = post("/auth/totp").bearer(&ann.token).on(&world.node).await.expect(200).json();
    wrong_code(confirm(&code(&app(&begun["secret"]), &world)).on(&world.node).await);
    let totp = app(&again["secret"]);
    let done = confirm(&code(&totp, &world)).on(&world.node).await.expect(200).json();
    assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);
    post("/auth/totp").bearer(&ann.token).on(&world.node).await.refused(409, "conflict");

    let started = start(&world.node, HOME).await;
    assert_eq!(started.methods, ["totp", "recovery_code"]);
    wrong_code(started.finish(totp_proof("000000")).on(&world.node).await);
    wrong_code(started.finish(totp_proof(&code(&totp, &world))).on(&world.node).await);
    world.clock.advance(STEP);
    let person = started.finish(totp_proof(&code(&totp, &world))).on(&world.node).await.expect(200).person();
    world.node.whoami(&person.token).await.expect(200);
    let factors = get("/auth/factors").bearer(&person.token).on(&world.node).await.expect(200).json();
    assert_eq!((factors["recovery_codes"].as_i64(), factors["passkeys"].as_i64()), (Some(10), Some(0)));
    let letters = world.node.letters(ANN).await;
    assert!(letters.iter().any(|letter| letter.subject == "An authenticator app was added to your account"));
}

#[db_test]
async fn acceptance_9_one_code_in_two_parallel_logins_opens_one(db: TestDb) {
    let world = World::new(&db);
    let other = world.second_node(&db).await;
    let ann = set_up(&world).await;
    for _ in 0..3 {
        world.clock.advance(STEP);
        let proof = totp_proof(&ann.code(&world));
        let (first, second) = (start(&world.node, HOME).await, start(&other, "198.51.100.7").await);
        let (one, two) = tokio::join!(first.finish(proof.clone()).on(&world.node), second.finish(proof).on(&other));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
    }
}

#[db_test]
async fn acceptance_9_a_code_and_those_before_it_count_once(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    let earlier = ann.code(&world);
    world.clock.advance(STEP);
    let used = ann.code(&world);
    start(&world.node, HOME).await.finish(totp_proof(&used)).on(&world.node).await.expect(200);
    let again = start(&world.node, HOME).await;
    wrong_code(again.finish(totp_proof(&used)).on(&world.node).await);
    // It is within the step that clocks may be late, but a newer one was used.
    wrong_code(again.finish(totp_proof(&earlier)).on(&world.node).await);
}

#[db_test]
async fn acceptance_9_a_recovery_code_works_once(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    let typed = ann.codes[0].to_uppercase().replace('-', " ");
    let (one, two) = (start(&world.node, HOME).await, start(&world.node, "198.51.100.7").await);
    let (first, second) =
        tokio::join!(one.finish(recovery(&typed)).on(&world.node), two.finish(recovery(&typed)).on(&world.node));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    wrong_code(start(&world.node, HOME).await.finish(recovery(&ann.codes[0])).on(&world.node).await);
    start(&world.node, HOME).await.finish(recovery(&ann.codes[1])).on(&world.node).await.expect(200);
    let letter = world.node.letters(ANN).await.into_iter().filter(|letter| letter.subject.contains("recovery code"));
    assert_eq!(letter.count(), 2);
    let (kept,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM recovery_codes", vec![]).await.unwrap();
    assert_eq!(kept, 8);
}

#[db_test]
async fn acceptance_9_a_new_password_does_not_skip_the_second_factor(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    let before = start(&world.node, HOME).await;
    let token = world.node.reset_token(ANN).await;
    world.node.reset(&token, "a lighthouse of paper boats").await.expect(204);
    // A login that the old password began has ended with it.
    before.finish(totp_proof(&ann.code(&world))).on(&world.node).await.refused(410, "challenge_ended");
    let body = json!({ "email": ANN, "password": "a lighthouse of paper boats" });
    let answer = post("/auth/login").json(body).on(&world.node).await.expect(202);
    let started = Started {
        challenge: answer.json()["challenge"].as_str().unwrap().to_owned(),
        device: answer.cookie(),
        methods: Vec::new(),
    };
    started.finish(totp_proof(&ann.code(&world))).on(&world.node).await.expect(200);
}

#[db_test]
async fn a_started_login_is_of_one_browser_for_five_minutes_and_once(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    let proof = || totp_proof(&ann.code(&world));
    let started = start(&world.node, HOME).await;
    let elsewhere = Started { device: start(&world.node, HOME).await.device, ..start(&world.node, HOME).await };
    elsewhere.finish(proof()).on(&world.node).await.refused(410, "challenge_ended");
    let body = json!({ "challenge": started.challenge, "proof": proof() });
    post("/auth/login/second-factor").json(body).on(&world.node).await.refused(410, "challenge_ended");
    started.finish(proof()).on(&world.node).await.expect(200);
    world.clock.advance(STEP);
    started.finish(proof()).on(&world.node).await.refused(410, "challenge_ended");
    let late = start(&world.node, HOME).await;
    world.clock.advance(Duration::from_secs(300));
    late.finish(proof()).on(&world.node).await.refused(410, "challenge_ended");
    world.node.identity.maintain().await.unwrap();
    let (kept,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM auth_challenges", vec![]).await.unwrap();
    assert_eq!(kept, 0);
}

#[db_test]
async fn acceptance_13_guesses_at_the_second_factor_are_slowed_however_often_the_login_begins(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    // Ann has been in with this browser.
    let home = start(&world.node, HOME).await;
    home.finish(totp_proof(&ann.code(&world))).on(&world.node).await.expect(200);
    world.clock.advance(STEP);
    let mut outcomes = Vec::new();
    for index in 0..8 {
        let from = format!("198.51.{index}.66");
        let started = start(&world.node, &from).await;
        outcomes.push(started.finish(totp_proof("000000")).from(&from).on(&world.node).await.status.as_u16());
    }
    assert_eq!(outcomes, [422, 422, 422, 422, 422, 429, 429, 429]);
    // Her own browser is counted by itself.
    let body = json!({ "email": ANN, "password": PASSWORD });
    let answer = post("/auth/login").cookie(&home.device).json(body).on(&world.node).await.expect(202);
    let again = Started {
        challenge: answer.json()["challenge"].as_str().unwrap().to_owned(),
        device: home.device,
        methods: Vec::new(),
    };
    again.finish(totp_proof(&ann.code(&world))).on(&world.node).await.expect(200);
}

#[db_test]
async fn without_the_app_the_password_does_again(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    let token = &ann.person.token;
    let renewed = post("/auth/recovery-codes").bearer(token).on(&world.node).await.expect(200).json();
    assert_eq!(texts(&renewed["recovery_codes"]).len(), 10);
    wrong_code(start(&world.node, HOME).await.finish(recovery(&ann.codes[0])).on(&world.node).await);
    call(axum::http::Method::DELETE, "/auth/totp").bearer(token).on(&world.node).await.expect(204);
    call(axum::http::Method::DELETE, "/auth/totp").bearer(token).on(&world.node).await.refused(404, "not_found");
    world.node.log_in(ANN).await.expect(200);
    let factors = get("/auth/factors").bearer(token).on(&world.node).await.expect(200).json();
    assert_eq!((&factors["totp_since"], factors["recovery_codes"].as_i64()), (&Value::Null, Some(0)));
    post("/auth/recovery-codes").bearer(token).on(&world.node).await.refused(409, "conflict");
}

#[db_test]
async fn secrets_are_sealed_and_hashed(db: TestDb) {
    let world = World::new(&db);
    let ann = set_up(&world).await;
    let (sealed,): (Vec<u8>,) = db.one(database::Platform, "SELECT secret FROM totp_factors", vec![]).await.unwrap();
    assert!(!sealed.windows(20).any(|part| part == ann.totp.secret().as_bytes()));
    let hashes: Vec<(Vec<u8>,)> =
        db.all(database::Platform, "SELECT code_hash FROM recovery_codes", vec![]).await.unwrap();
    assert!(hashes.iter().all(|(hash,)| hash.len() == 32));
}
