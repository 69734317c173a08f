//! Proof of addresses, at sign-up and when they change.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use database::Platform;
use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, Answer, Node, PASSWORD, Person, World, get, post, token_of};

const BOB: &str = "bob@example.com";
const NEW: &str = "ann@example.org";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn strict(db: &TestDb) -> World {
    World::with(db, |config| config.require_verified_email = true)
}

async fn sign_up(node: &Node, email: &str, password: &str, name: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "name": name });
    post("/auth/signup").json(body).on(node).await
}

async fn log_in(node: &Node, email: &str, password: &str) -> Answer {
    post("/auth/login").json(json!({ "email": email, "password": password })).on(node).await
}

async fn resend(node: &Node, email: &str) -> Answer {
    post("/auth/verify-email/resend").json(json!({ "email": email })).on(node).await
}

async fn change(node: &Node, person: &Person, to: &str, password: &str) -> Answer {
    let body = json!({ "email": to, "current_password": password });
    post("/auth/email").bearer(&person.token).json(body).on(node).await
}

async fn is_verified(node: &Node, person: &Person) -> bool {
    get("/me").bearer(&person.token).on(node).await.expect(200).json()["user"]["email_verified"] == true
}

#[db_test]
async fn without_the_requirement_an_account_opens_at_once_and_can_be_proved_later(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    assert!(!is_verified(&world.node, &ann).await);
    let letter = world.node.letter(ANN).await;
    assert_eq!(letter.subject, "Confirm your e-mail address");
    let answer = world.node.verify(&token_of(&letter)).await.expect(200);
    assert_eq!(answer.json(), json!({ "status": "verified" }));
    assert!(is_verified(&world.node, &ann).await, "the session goes on");
    world.node.log_in(ANN).await.expect(200);
}

#[db_test]
async fn with_the_requirement_only_proof_opens_an_account(db: TestDb) {
    let world = strict(&db);
    world.node.sign_up(ANN).await.expect(202);
    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    let token = token_of(&world.node.letters(ANN).await[0]);
    world.node.verify(&token).await.expect(200);
    let ann = world.node.log_in(ANN).await.expect(200).person();
    assert!(is_verified(&world.node, &ann).await);
}

#[db_test]
async fn a_link_works_once_for_a_day_and_for_its_purpose(db: TestDb) {
    let world = strict(&db);
    world.node.sign_up(ANN).await.expect(202);
    let token = token_of(&world.node.letter(ANN).await);
    for nonsense in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &token[1..]] {
        world.node.verify(nonsense).await.refused(410, "link_invalid");
    }
    world.node.reset(&token, "another good password").await.refused(410, "link_invalid");
    world.clock.advance(DAY);
    world.node.verify(&token).await.refused(410, "link_invalid");

    resend(&world.node, ANN).await.expect(202);
    let token = token_of(&world.node.letter(ANN).await);
    world.clock.advance(DAY.saturating_sub(Duration::from_secs(1)));
    let (first, second) = tokio::join!(world.node.verify(&token), world.node.verify(&token));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
    world.node.verify(&token).await.refused(410, "link_invalid");
}

#[db_test]
async fn links_stand_in_the_database_as_hashes(db: TestDb) {
    let world = World::new(&db);
    world.node.sign_up(ANN).await.expect(202);
    let token = token_of(&world.node.letter(ANN).await);
    let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    let (stored,): (Vec<u8>,) = db.one(Platform, "SELECT token_hash FROM email_tokens", vec![]).await.unwrap();
    assert_eq!(bytes.len(), 32);
    assert_eq!(stored, aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes).as_ref());
}

#[db_test]
async fn the_letter_is_sent_again_to_who_waits_for_it_and_not_too_often(db: TestDb) {
    let world = strict(&db);
    let bob = world.node.join_with_proof(BOB).await;
    assert!(is_verified(&world.node, &bob).await);
    world.node.sign_up(ANN).await.expect(202);
    let before = world.node.letters(ANN).await.len();
    for _ in 0..8 {
        resend(&world.node, ANN).await.expect(202);
    }
    assert_eq!(world.node.letters(ANN).await.len() - before, 5);
    let bobs = world.node.letters(BOB).await.len();
    for email in [BOB, "nobody@example.com"] {
        resend(&world.node, email).await.expect(202);
    }
    assert_eq!(world.node.letters(BOB).await.len(), bobs, "there is nothing to prove");
    assert!(world.node.letters("nobody@example.com").await.is_empty());
}

#[db_test]
async fn acceptance_10_with_proof_a_taken_address_can_t_be_told_from_a_free_one(db: TestDb) {
    let world = strict(&db);
    world.node.join_with_proof(ANN).await;
    let hashes = || world.node.identity.password_hashes();
    let mut seen = Vec::new();
    for email in [ANN, BOB] {
        let before = hashes();
        let answer = sign_up(&world.node, email, "a password of Mallory", "Mallory").await.expect(202);
        assert_eq!(hashes() - before, 1);
        let before = hashes();
        let login = log_in(&world.node, email, "a password of Mallory").await;
        assert_eq!(hashes() - before, 1);
        assert_eq!(login.outcome(), (401, "invalid_credentials".to_owned()));
        let mut login = login.json();
        login.as_object_mut().unwrap().remove("request_id");
        seen.push((answer.json(), login));
    }
    assert_eq!(seen[0], seen[1], "neither sign-up nor the login after it tells");
    // Only the letters do.
    assert_eq!(world.node.letter(ANN).await.subject, "You have an account already");
    assert_eq!(world.node.letter(BOB).await.subject, "Confirm your e-mail address");
    log_in(&world.node, ANN, PASSWORD).await.expect(200);
}

#[db_test]
async fn acceptance_10_sending_again_and_changing_tell_nothing(db: TestDb) {
    let world = strict(&db);
    let ann = world.node.join_with_proof(ANN).await;
    world.node.join_with_proof(BOB).await;
    let mut seen = Vec::new();
    for email in [ANN, BOB, "nobody@example.com"] {
        seen.push(resend(&world.node, email).await.expect(202).json());
    }
    for email in [BOB, "nobody@example.com"] {
        seen.push(change(&world.node, &ann, email, PASSWORD).await.expect(202).json());
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    let letters = world.node.letters(BOB).await;
    assert!(letters.iter().all(|letter| letter.subject != "Confirm your new e-mail address"));
}

#[db_test]
async fn whoever_proves_an_address_gets_the_account_and_no_earlier_stranger(db: TestDb) {
    let world = strict(&db);
    sign_up(&world.node, ANN, "a password of Mallory", "Mallory").await.expect(202);
    sign_up(&world.node, ANN, PASSWORD, "Ann").await.expect(202);
    let letters = world.node.letters(ANN).await;
    world.node.verify(&token_of(&letters[1])).await.expect(200);
    log_in(&world.node, ANN, "a password of Mallory").await.refused(401, "invalid_credentials");
    let user = log_in(&world.node, ANN, PASSWORD).await.expect(200).json()["user"].clone();
    assert_eq!(user["name"], "Ann");
    world.node.verify(&token_of(&letters[0])).await.refused(410, "link_invalid");
}

#[db_test]
async fn a_stranger_s_sign_up_does_not_take_an_account_that_is_in_use(db: TestDb) {
    // An installation that did not ask for proof, and then does.
    let lenient = World::new(&db);
    lenient.node.join(ANN).await;
    let world = strict(&db);
    world.clock.advance(Duration::from_secs(60));
    sign_up(&world.node, ANN, "a password of Mallory", "Mallory").await.expect(202);
    world.node.verify(&token_of(&world.node.letter(ANN).await)).await.expect(200);
    log_in(&world.node, ANN, "a password of Mallory").await.refused(401, "invalid_credentials");
    let user = log_in(&world.node, ANN, PASSWORD).await.expect(200).json()["user"].clone();
    assert_eq!((user["name"].as_str(), user["email_verified"].as_bool()), (Some("ann"), Some(true)));
}

#[db_test]
async fn who_knows_the_password_and_lost_the_letter_gets_another(db: TestDb) {
    let world = strict(&db);
    world.node.sign_up(ANN).await.expect(202);
    assert_eq!(world.node.letters(ANN).await.len(), 1);
    log_in(&world.node, ANN, "not the password").await.refused(401, "invalid_credentials");
    assert_eq!(world.node.letters(ANN).await.len(), 1);
    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    let letters = world.node.letters(ANN).await;
    assert_eq!(letters.len(), 2);
    world.node.verify(&token_of(&letters[1])).await.expect(200);
    world.node.log_in(ANN).await.expect(200);
}

#[db_test]
async fn an_operator_vouches_for_the_users_that_they_make(db: TestDb) {
    let world = strict(&db);
    world.node.identity.create_user(crate::support::new_user(ANN)).await.unwrap();
    let ann = world.node.log_in(ANN).await.expect(200).person();
    assert!(is_verified(&world.node, &ann).await);
    assert!(world.node.letters(ANN).await.is_empty());
}

#[db_test]
async fn a_new_address_counts_once_it_is_proved_and_the_old_one_is_told(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    change(&world.node, &ann, NEW, PASSWORD).await.expect(202);
    world.node.log_in(ANN).await.expect(200);
    world.node.log_in(NEW).await.refused(401, "invalid_credentials");
    let reset = world.node.reset_token(ANN).await;

    let answer = world.node.verify(&token_of(&world.node.letter(NEW).await)).await.expect(200);
    assert_eq!(answer.json(), json!({ "status": "changed" }));
    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    let user = world.node.log_in(NEW).await.expect(200).json()["user"].clone();
    assert_eq!((user["email"].as_str(), user["email_verified"].as_bool()), (Some(NEW), Some(true)));
    let told = world.node.letter(ANN).await;
    assert_eq!(told.subject, "Your e-mail address was changed");
    assert!(told.text.contains(NEW), "{}", told.text);
    world.node.reset(&reset, "another good password").await.refused(410, "link_invalid");
}

#[db_test]
async fn acceptance_13_another_address_needs_the_password(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    for (to, password, field) in
        [(NEW, "not the password", "current_password"), (ANN, PASSWORD, "email"), ("not an address", PASSWORD, "email")]
    {
        let refused = change(&world.node, &ann, to, password).await;
        assert_eq!(refused.outcome(), (422, "invalid_body".to_owned()));
        assert_eq!(refused.fields(), [field]);
    }
    assert!(world.node.letters(NEW).await.is_empty());
    for _ in 0..4 {
        change(&world.node, &ann, NEW, "not the password").await.expect(422);
    }
    change(&world.node, &ann, NEW, PASSWORD).await.refused(429, "rate_limited");
    let (_, key) = world.node.key(&ann, json!({ "name": "Key", "scopes": ["read", "write"] })).await;
    let by_key = Person { token: key, ..ann };
    change(&world.node, &by_key, NEW, PASSWORD).await.refused(403, "forbidden");
}

#[db_test]
async fn an_address_that_was_taken_meanwhile_is_not_given_twice(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    change(&world.node, &ann, BOB, PASSWORD).await.expect(202);
    let token = token_of(&world.node.letter(BOB).await);
    world.node.join(BOB).await;
    world.node.verify(&token).await.refused(410, "link_invalid");
    world.node.log_in(ANN).await.expect(200);
    world.node.log_in(BOB).await.expect(200);
}

#[db_test]
async fn only_the_newest_change_counts(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    change(&world.node, &ann, "typo@example.org", PASSWORD).await.expect(202);
    change(&world.node, &ann, NEW, PASSWORD).await.expect(202);
    let [typo, new] = [world.node.letter("typo@example.org").await, world.node.letter(NEW).await];
    world.node.verify(&token_of(&typo)).await.refused(410, "link_invalid");
    world.node.verify(&token_of(&new)).await.expect(200);
}

#[db_test]
async fn a_disabled_user_proves_nothing(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let token = token_of(&world.node.letter(ANN).await);
    world.node.identity.set_user_disabled(ann.user, true).await.unwrap();
    world.node.verify(&token).await.refused(410, "link_invalid");
}
