//! From the outbox to the mail server.

use std::{sync::Arc, time::Duration};

use contracts::Mailer;
use database::Platform;
use kernel::TenantScope;
use notifications::{Failure, Preview, Round};
use testkit::{TestDb, db_test};

use crate::support::{ANN, FakeCarrier, World, rows};

const MINUTE: Duration = Duration::from_secs(60);

fn later() -> Result<(), Failure> {
    Err(Failure::Later("the mail server answered 451".into()))
}

#[db_test]
async fn a_letter_goes_out_if_its_transaction_commits_and_not_otherwise(db: TestDb) {
    let world = World::new(&db);
    let mut tx = db.begin(Platform).await.unwrap();
    world.letters.post(&mut tx, world.reset_for(ANN)).await.unwrap();
    drop(tx);
    assert_eq!(world.letters.deliver_due().await.unwrap().tried(), 0);
    world.post(&db, ANN).await;
    assert_eq!(world.letters.deliver_due().await.unwrap(), Round { delivered: 1, ..Round::default() });
    assert_eq!(world.letters.deliver_due().await.unwrap().tried(), 0, "once");
    let sent = world.carrier.sent();
    assert_eq!((sent.len(), sent[0].to.as_str()), (1, ANN));
    assert!(sent[0].text.contains("https://chat.example.com/reset-password#s3cr3t"), "{}", sent[0].text);
}

/// A letter may be posted in a workspace's own transaction, and nobody can read it from there.
#[db_test]
async fn a_workspace_can_post_and_not_read(db: TestDb) {
    let world = World::new(&db);
    let scope = TenantScope::assume(world.env.id());
    let mut tx = db.begin(scope).await.unwrap();
    world.letters.post(&mut tx, world.reset_for(ANN)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.letters.deliver_due().await.unwrap().delivered, 1);
    if db.engine() == database::Engine::Postgres {
        let seen: Vec<(String,)> = db.all(scope, "SELECT recipient FROM mails", vec![]).await.unwrap();
        assert!(seen.is_empty(), "{seen:?}");
    }
}

#[db_test]
async fn what_a_letter_said_is_forgotten_once_it_has_gone(db: TestDb) {
    let world = World::new(&db);
    world.post(&db, ANN).await;
    assert!(rows(&db).await[0].2.as_ref().unwrap().contains("s3cr3t"));
    world.letters.deliver_due().await.unwrap();
    assert_eq!(rows(&db).await, [("delivered".to_owned(), 1, None)]);
    world.clock.advance(31 * 24 * 60 * MINUTE);
    assert_eq!(world.letters.sweep().await.unwrap(), 1);
    assert!(rows(&db).await.is_empty());
}

#[db_test]
async fn a_busy_server_is_tried_again_with_growing_pauses(db: TestDb) {
    let world = World::new(&db);
    world.post(&db, ANN).await;
    world.carrier.plan([later(), later(), Ok(())]);
    assert_eq!(world.letters.deliver_due().await.unwrap().later, 1);
    assert_eq!(world.letters.deliver_due().await.unwrap().tried(), 0, "not at once");
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.letters.deliver_due().await.unwrap().later, 1);
    world.clock.advance(Duration::from_secs(9));
    assert_eq!(world.letters.deliver_due().await.unwrap().tried(), 0, "the pause grows");
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(world.letters.deliver_due().await.unwrap().delivered, 1);
    let sent = world.carrier.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.windows(2).all(|pair| pair[0].id == pair[1].id), "the same letter each time");
}

#[db_test]
async fn a_letter_is_given_up_after_a_day_or_with_its_link(db: TestDb) {
    for (with_link, hours) in [(true, 1), (false, 24)] {
        let world = World::new(&db);
        let mut tx = db.begin(Platform).await.unwrap();
        let mail = if with_link { world.reset_for(ANN) } else { world.notice_for(ANN) };
        world.letters.post(&mut tx, mail).await.unwrap();
        tx.commit().await.unwrap();
        let mut minutes = 0;
        loop {
            world.carrier.plan([later()]);
            if world.letters.deliver_due().await.unwrap().failed == 1 {
                break;
            }
            minutes += 1;
            world.clock.advance(MINUTE);
        }
        assert!((hours * 60 - 20..=hours * 60).contains(&minutes), "{minutes}");
        let row = rows(&db).await.into_iter().next().unwrap();
        assert_eq!((row.0.as_str(), row.2), ("failed", None));
        db.execute(Platform, "DELETE FROM mails", vec![]).await.unwrap();
    }
}

#[db_test]
async fn a_refusal_is_final_for_one_letter_alone(db: TestDb) {
    let world = World::new(&db);
    world.post(&db, "nobody@example.com").await;
    world.carrier.plan([Err(Failure::Refused("the mail server answered 550".into()))]);
    assert_eq!(world.letters.deliver_due().await.unwrap(), Round { failed: 1, ..Round::default() });
    assert_eq!(rows(&db).await, [("failed".to_owned(), 1, None)]);
    world.post(&db, ANN).await;
    assert_eq!(world.letters.deliver_due().await.unwrap().delivered, 1);
}

#[db_test]
async fn processes_that_deliver_at_the_same_time_send_each_letter_once(db: TestDb) {
    let world = World::new(&db);
    for _ in 0..40 {
        world.post(&db, ANN).await;
    }
    let mut processes = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let own = db.reconnect().await;
        let carrier = Some(world.carrier.clone());
        // Dice of its own, as each process has.
        let env = kernel::Env::new(world.clock.clone(), Arc::new(kernel::env::SystemRng));
        let process = World::with(&own, env, world.clock.clone(), carrier, Preview::Off);
        processes.spawn(async move { while process.letters.deliver_due().await.unwrap().tried() > 0 {} });
    }
    processes.join_all().await;
    while world.letters.deliver_due().await.unwrap().tried() > 0 {}
    let mut ids: Vec<_> = world.carrier.sent().into_iter().map(|letter| letter.id).collect();
    assert_eq!(ids.len(), 40);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
}

/// A process dies while it is at a letter: another takes it up when the lease has ended, and not before.
#[db_test]
async fn a_letter_of_a_process_that_died_is_taken_up_again(db: TestDb) {
    let world = World::new(&db);
    world.post(&db, ANN).await;
    let hung = FakeCarrier::new();
    hung.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    let other = World::with(&db, world.env.clone(), world.clock.clone(), Some(hung), Preview::Off);
    {
        let attempt = other.letters.deliver_due();
        tokio::pin!(attempt);
        // It goes as far as the mail server, and never comes back.
        while rows(&db).await[0].1 == 0 {
            tokio::select! {
                _ = &mut attempt => panic!("the server let it through"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    assert_eq!(world.letters.deliver_due().await.unwrap().tried(), 0);
    world.clock.advance(10 * MINUTE);
    assert_eq!(world.letters.deliver_due().await.unwrap().delivered, 1);
    assert_eq!(rows(&db).await[0].1, 2);
}

#[db_test]
async fn the_background_is_woken_by_the_commit(db: TestDb) {
    let world = World::new(&db);
    world.letters.start();
    for count in 1..=3 {
        world.post(&db, ANN).await;
        // Well before the next look without a reason.
        while world.carrier.sent().len() < count {
            tokio::task::yield_now().await;
        }
    }
    assert!(world.tasks.drain(Duration::from_secs(5)).await, "it stops when it is asked to");
}

#[db_test]
async fn without_a_server_letters_are_kept_for_a_week_and_go_nowhere(db: TestDb) {
    let world = World::keeping(&db, Preview::On);
    world.post(&db, ANN).await;
    assert_eq!(world.letters.deliver_due().await.unwrap().tried(), 0);
    assert_eq!(world.letters.kept().await.unwrap().len(), 1);
    // A server that is set later does not send what was kept.
    let with_server = World::with(&db, world.env.clone(), world.clock.clone(), Some(FakeCarrier::new()), Preview::Off);
    assert_eq!(with_server.letters.deliver_due().await.unwrap().tried(), 0);
    world.clock.advance(7 * 24 * 60 * MINUTE);
    assert_eq!(world.letters.sweep().await.unwrap(), 0);
    world.clock.advance(MINUTE);
    assert_eq!(world.letters.sweep().await.unwrap(), 1);
}
