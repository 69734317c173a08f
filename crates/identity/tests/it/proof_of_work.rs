//! Strangers in floods work for what they ask; people hardly notice.

use std::time::Duration;

use altcha::{Challenge, Payload, SolveChallengeOptions};
use base64::{Engine, engine::general_purpose::STANDARD};
use identity::ProofOfWork;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{ANN, Answer, PASSWORD, World, post};

fn challenge(refused: &Answer) -> Challenge {
    assert_eq!(refused.outcome(), (403, "proof_of_work_needed".to_owned()));
    serde_json::from_value(refused.json()["challenge"].clone()).unwrap()
}

/// What a browser sends back; the work is done as it does it.
fn solved(challenge: Challenge) -> String {
    let solution = altcha::solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
    encoded(&Payload { challenge, solution })
}

fn encoded(payload: &Payload) -> String {
    STANDARD.encode(serde_json::to_vec(payload).unwrap())
}

async fn sign_up(world: &World, email: &str, proof: Option<&str>) -> Answer {
    let mut body = json!({ "email": email, "password": PASSWORD });
    if let Some(proof) = proof {
        body["proof_of_work"] = proof.into();
    }
    post("/auth/signup").json(body).on(&world.node).await
}

fn attacked(db: &TestDb) -> World {
    World::with(db, |config| (config.proof_of_work, config.strangers) = (ProofOfWork::UnderAttack, 2))
}

#[db_test]
async fn strangers_beyond_the_pace_work_for_their_account(db: TestDb) {
    let world = attacked(&db);
    for index in 0..2 {
        sign_up(&world, &format!("person{index}@example.com"), None).await.expect(202);
    }
    let refused = sign_up(&world, ANN, None).await;
    let proof = solved(challenge(&refused));
    world.node.log_in(ANN).await.refused(401, "invalid_credentials");
    sign_up(&world, ANN, Some(&proof)).await.expect(202);
    world.node.log_in(ANN).await.expect(200);

    // The same work opens no second account, and all kinds of strangers are counted together.
    challenge(&sign_up(&world, "bob@example.com", Some(&proof)).await);
    for path in ["/auth/forgot-password", "/auth/verify-email/resend"] {
        let refused = post(path).json(json!({ "email": ANN })).on(&world.node).await;
        let proof = solved(challenge(&refused));
        post(path).json(json!({ "email": ANN, "proof_of_work": proof })).on(&world.node).await.expect(202);
    }
}

#[db_test]
async fn work_that_was_not_asked_for_counts_for_nothing(db: TestDb) {
    let world = World::with(&db, |config| config.proof_of_work = ProofOfWork::Always);
    let fresh = || async { challenge(&sign_up(&world, ANN, None).await) };

    let mut forged = Vec::new();
    // Easier than it was made, and good for longer.
    for (field, value) in [("keyPrefix", json!("")), ("cost", json!(1)), ("data", json!({ "until": i64::MAX }))] {
        let mut easier: Value = serde_json::to_value(fresh().await).unwrap();
        easier["parameters"][field] = value;
        forged.push(solved(serde_json::from_value(easier).unwrap()));
    }
    // A key that was never derived.
    let challenge = fresh().await;
    let mut solution = altcha::solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
    solution.counter += 1;
    forged.push(encoded(&Payload { challenge, solution }));
    // Signed by somebody else, or by nobody.
    let elsewhere = World::with(&db, |config| config.proof_of_work = ProofOfWork::Always);
    let refused = sign_up(&elsewhere, ANN, None).await;
    forged.push(solved(serde_json::from_value(refused.json()["challenge"].clone()).unwrap()));
    forged.push(solved(Challenge { signature: None, ..fresh().await }));
    forged.extend([String::new(), "not Base64!".to_owned(), STANDARD.encode("{}"), "A".repeat(100_000)]);
    for proof in forged {
        sign_up(&world, ANN, Some(&proof)).await.refused(403, "proof_of_work_needed");
    }

    let late = solved(fresh().await);
    world.clock.advance(Duration::from_secs(301));
    sign_up(&world, ANN, Some(&late)).await.refused(403, "proof_of_work_needed");
    let (users,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM users", vec![]).await.unwrap();
    assert_eq!(users, 0);
}

#[db_test]
async fn passwords_are_worked_for_while_too_many_wait(db: TestDb) {
    let world = World::with(&db, |config| config.proof_of_work = ProofOfWork::UnderAttack);
    let log_in = |body: Value| {
        let node = world.node.clone();
        async move { post("/auth/login").json(body).on(&node).await }
    };
    let mut flood = tokio::task::JoinSet::new();
    for index in 0..300 {
        flood.spawn(log_in(json!({ "email": format!("nobody{index}@example.com"), "password": "some password" })));
    }
    let answers = flood.join_all().await;
    let asked = answers.iter().filter(|answer| answer.outcome().1 == "proof_of_work_needed").count();
    let checked = answers.iter().filter(|answer| answer.outcome().1 == "invalid_credentials").count();
    assert!(asked > 0 && asked + checked == 300, "{asked} were asked to work, {checked} passwords were checked");
    assert_eq!(world.node.identity.password_hashes(), u64::try_from(checked).unwrap(), "the others cost no hash");
    // The flood is over, and nobody works any more.
    log_in(json!({ "email": ANN, "password": PASSWORD })).await.refused(401, "invalid_credentials");

    // Who did the work is let in to the queue.
    let world = World::with(&db, |config| config.proof_of_work = ProofOfWork::Always);
    let refused = post("/auth/login").json(json!({ "email": ANN, "password": PASSWORD })).on(&world.node).await;
    let body = json!({ "email": ANN, "password": PASSWORD, "proof_of_work": solved(challenge(&refused)) });
    post("/auth/login").json(body).on(&world.node).await.refused(401, "invalid_credentials");
}
