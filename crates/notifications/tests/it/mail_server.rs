//! Delivery to a mail server that we did not write; see `scripts/mail-server-test.sh`.

#![allow(clippy::disallowed_methods, reason = "the script says where the server is")]

use std::{env::var, path::PathBuf};

use contracts::Mailer;
use database::{Db, Platform};
use kernel::Tasks;
use notifications::{Config, MailServer, Notifications, Preview, greet};
use testkit::{TestDb, db_test};

use crate::support::{BASE, World, rows};

fn server(port: &str, credentials: &str, query: &str) -> MailServer {
    let port = var(port).expect("scripts/mail-server-test.sh says where the server is");
    let url = format!("smtp://{credentials}@127.0.0.1:{port}{query}");
    MailServer { url: url.into(), from: "Parlance Ümlaut <parlance@example.com>".into() }
}

const PLAIN: &str = "PARLANCE_TEST_SMTP_PLAIN";
const STARTTLS: &str = "PARLANCE_TEST_SMTP_STARTTLS";
const GOOD: &str = "parlance:p%40ss%20word";

fn letters(db: &Db, world: &World, server: MailServer) -> Notifications {
    let config = Config { base_url: BASE.into(), server: Some(server), preview: Preview::Off };
    Notifications::new(db.clone(), world.env.clone(), Tasks::new(), config).unwrap()
}

async fn post(db: &Db, letters: &Notifications, world: &World, to: &str) {
    let mut tx = db.begin(Platform).await.unwrap();
    let mut mail = world.reset_for(to);
    mail.locale = "vi".into();
    letters.post(&mut tx, mail).await.unwrap();
    tx.commit().await.unwrap();
}

/// What arrived for an address, lines joined again as readers see them.
fn arrived(to: &str) -> Vec<String> {
    let folder = PathBuf::from(var("PARLANCE_TEST_SMTP_FOLDER").unwrap());
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    files.sort();
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.filter(|text| text.contains(&format!("X-Envelope-To: {to}\r\n"))).collect()
}

/// An address that no other test or engine writes to.
fn somebody(db: &Db, name: &str) -> String {
    format!("{name}.{:?}@example.com", db.engine()).to_lowercase()
}

#[db_test]
#[ignore = "needs the server of scripts/mail-server-test.sh"]
async fn letters_arrive(db: TestDb) {
    let world = World::new(&db);
    let letters = letters(&db, &world, server(PLAIN, GOOD, ""));
    let to = somebody(&db, "ann");
    for _ in 0..10 {
        post(&db, &letters, &world, &to).await;
    }
    assert_eq!(letters.deliver_due().await.unwrap().delivered, 10);
    let arrived = arrived(&to);
    assert_eq!(arrived.len(), 10);
    let text = &arrived[0];
    for expected in [
        "From: =?utf-8?",
        "<parlance@example.com>",
        "Auto-Submitted: auto-generated",
        "multipart/alternative",
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
        "@example.com>",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(text.contains("Message-ID: <mail_"), "{text}");
    assert!(rows(&db).await.iter().all(|(state, _, letter)| state == "delivered" && letter.is_none()));
}

#[db_test]
#[ignore = "needs the server of scripts/mail-server-test.sh"]
async fn the_server_s_answers_are_understood(db: TestDb) {
    let world = World::new(&db);
    let letters = letters(&db, &world, server(PLAIN, GOOD, ""));
    post(&db, &letters, &world, "refused@example.com").await;
    let round = letters.deliver_due().await.unwrap();
    assert_eq!(round.failed, 1, "{round:?}");
    post(&db, &letters, &world, "busy@example.com").await;
    assert_eq!(letters.deliver_due().await.unwrap().later, 1);
    // The connection that they had is good for the next one.
    let to = somebody(&db, "after");
    post(&db, &letters, &world, &to).await;
    assert_eq!(letters.deliver_due().await.unwrap().delivered, 1);
}

#[db_test]
#[ignore = "needs the server of scripts/mail-server-test.sh"]
async fn a_wrong_password_keeps_the_letters(db: TestDb) {
    let world = World::new(&db);
    let to = somebody(&db, "patient");
    let wrong = server(PLAIN, "parlance:wrong", "");
    assert!(greet(&wrong, BASE).await.unwrap_err().to_string().contains("535"));
    let without = letters(&db, &world, wrong);
    post(&db, &without, &world, &to).await;
    assert_eq!(without.deliver_due().await.unwrap().later, 1);
    world.clock.advance(std::time::Duration::from_secs(60));
    greet(&server(PLAIN, GOOD, ""), BASE).await.unwrap();
    assert_eq!(letters(&db, &world, server(PLAIN, GOOD, "")).deliver_due().await.unwrap().delivered, 1);
    assert_eq!(arrived(&to).len(), 1);
}

#[db_test]
#[ignore = "needs the server of scripts/mail-server-test.sh"]
async fn nothing_is_said_without_the_encryption_that_was_asked_for(db: TestDb) {
    let world = World::new(&db);
    let to = somebody(&db, "private");
    // The one offers none, the other one that nobody vouches for.
    for port in [PLAIN, STARTTLS] {
        let letters = letters(&db, &world, server(port, GOOD, "?tls=required"));
        post(&db, &letters, &world, &to).await;
        assert_eq!(letters.deliver_due().await.unwrap().later, 1, "{port}");
        world.clock.advance(std::time::Duration::from_secs(3601));
        letters.deliver_due().await.unwrap();
    }
    assert!(arrived(&to).is_empty());
}
