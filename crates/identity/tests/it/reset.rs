//! A new password by a letter.

use std::time::Duration;

use serde_json::json;
use testkit::{TestDb, db_test};

use crate::support::{ANN, PASSWORD, World, post, token_of};

const NEXT: &str = "a lighthouse of paper boats";
const HOUR: Duration = Duration::from_secs(3600);

#[db_test]
async fn a_new_password_is_set_by_a_letter_and_ends_every_session(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let other = world.node.log_in(ANN).await.expect(200).person();
    let letter = {
        world.node.forgot("  ANN@Example.com ").await.expect(202);
        world.node.letter(ANN).await
    };
    assert_eq!(letter.subject, "Set a new password");
    world.node.reset(&token_of(&letter), NEXT).await.expect(204);

    for session in [&ann, &other] {
        world.node.whoami(&session.token).await.refused(401, "unauthenticated");
        world.node.refresh(&session.cookie).await.refused(401, "refresh_invalid");
    }
    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    let body = json!({ "email": ANN, "password": NEXT });
    let answer = post("/auth/login").json(body).on(&world.node).await.expect(200);
    assert_eq!(answer.json()["user"]["email_verified"], true, "whoever has the letter has the address");
    let letters = world.node.letters(ANN).await;
    assert!(letters.iter().any(|letter| letter.subject == "Your password was changed"));
}

#[db_test]
async fn a_link_works_once_and_for_an_hour(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let late = world.node.reset_token(ANN).await;
    world.clock.advance(HOUR);
    world.node.reset(&late, NEXT).await.refused(410, "link_invalid");

    let [first, second] = [world.node.reset_token(ANN).await, world.node.reset_token(ANN).await];
    world.clock.advance(HOUR.saturating_sub(Duration::from_secs(1)));
    world.node.verify(&first).await.refused(410, "link_invalid");
    let (one, two) = tokio::join!(world.node.reset(&first, NEXT), world.node.reset(&first, "another good password"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 410]);
    world.node.reset(&second, "yet another password").await.refused(410, "link_invalid");
}

#[db_test]
async fn a_poor_password_is_refused_and_the_link_stays(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let token = world.node.reset_token(ANN).await;
    for poor in ["short", "password123", "12345678", ANN, "Ann@Example.com"] {
        let refused = world.node.reset(&token, poor).await;
        assert_eq!(refused.outcome(), (422, "invalid_body".to_owned()), "{poor}");
        assert_eq!(refused.fields(), ["password"]);
    }
    world.node.reset(&token, NEXT).await.expect(204);
}

#[db_test]
async fn a_link_that_is_no_good_costs_no_hash(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let before = world.node.identity.password_hashes();
    for token in ["", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        world.node.reset(token, NEXT).await.refused(410, "link_invalid");
    }
    assert_eq!(world.node.identity.password_hashes(), before);
}

#[db_test]
async fn acceptance_10_asking_for_a_new_password_tells_nothing(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let disabled = world.node.join("disabled@example.com").await;
    world.node.identity.set_user_disabled(disabled.user, true).await.unwrap();
    let before = world.node.identity.password_hashes();
    let mut seen = Vec::new();
    for email in [ANN, "nobody@example.com", "disabled@example.com"] {
        let answer = world.node.forgot(email).await.expect(202);
        seen.push(answer.json());
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    assert_eq!(world.node.identity.password_hashes(), before);
    assert_eq!(world.node.letter(ANN).await.subject, "Set a new password");
    assert!(world.node.letters("nobody@example.com").await.is_empty());
    let to_disabled = world.node.letters("disabled@example.com").await;
    assert!(to_disabled.iter().all(|letter| letter.subject != "Set a new password"));
}

/// The answer is given before anybody looks whether the address has an account: with the database in
/// somebody else's hands it comes all the same.
#[db_test]
async fn acceptance_10_the_answer_does_not_wait_for_the_account(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let held = db.begin(database::Platform).await.unwrap();
    for email in [ANN, "nobody@example.com"] {
        world.node.forgot(email).await.expect(202);
    }
    drop(held);
    assert_eq!(world.node.letter(ANN).await.subject, "Set a new password");
}

#[db_test]
async fn nobody_is_flooded_and_nobody_is_shut_out_by_it(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    let before = world.node.letters(ANN).await.len();
    for _ in 0..20 {
        world.node.forgot(ANN).await.expect(202);
    }
    let letters = world.node.letters(ANN).await;
    assert_eq!(letters.len() - before, 5);
    // Each of them works, whoever asked for it.
    world.node.reset(&token_of(letters.last().unwrap()), NEXT).await.expect(204);
}

#[db_test]
async fn acceptance_13_a_lockout_neither_hinders_a_reset_nor_is_passed_by_asking_for_one(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    for _ in 0..6 {
        let body = json!({ "email": ANN, "password": "wrong guess" });
        post("/auth/login").json(body).on(&world.node).await;
    }
    let token = world.node.reset_token(ANN).await;
    // Asking alone opens nothing.
    world.node.log_in(ANN).await.refused(429, "rate_limited");
    world.node.reset(&token, NEXT).await.expect(204);
    post("/auth/login").json(json!({ "email": ANN, "password": NEXT })).on(&world.node).await.expect(200);
}

#[db_test]
async fn a_changed_password_makes_open_links_worthless(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let reset = world.node.reset_token(ANN).await;
    let body = json!({ "email": "mallory@example.com", "current_password": PASSWORD });
    post("/auth/email").bearer(&ann.token).json(body).on(&world.node).await.expect(202);
    let change = token_of(&world.node.letter("mallory@example.com").await);
    let body = json!({ "current_password": PASSWORD, "new_password": NEXT });
    post("/auth/password").bearer(&ann.token).json(body).on(&world.node).await.expect(204);
    world.node.reset(&reset, "another good password").await.refused(410, "link_invalid");
    world.node.verify(&change).await.refused(410, "link_invalid");
}

#[db_test]
async fn a_disabled_user_gets_no_new_password(db: TestDb) {
    let world = World::new(&db);
    let ann = world.node.join(ANN).await;
    let token = world.node.reset_token(ANN).await;
    world.node.identity.set_user_disabled(ann.user, true).await.unwrap();
    world.node.reset(&token, NEXT).await.refused(410, "link_invalid");
}

#[db_test]
async fn maintenance_deletes_links_that_have_ended(db: TestDb) {
    let world = World::new(&db);
    world.node.join(ANN).await;
    world.node.reset_token(ANN).await;
    let count = async || {
        let (links,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM email_tokens", vec![]).await.unwrap();
        links
    };
    world.clock.advance(HOUR);
    world.node.identity.maintain().await.unwrap();
    assert_eq!(count().await, 1, "the proof of the address is good for a day");
    world.clock.advance(24 * HOUR);
    world.node.identity.maintain().await.unwrap();
    assert_eq!(count().await, 0);
}
