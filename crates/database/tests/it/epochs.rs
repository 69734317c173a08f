//! Numbers that move with what is cached.

use database::{Epochs, Platform};
use futures_util::future;
use testkit::{TestDb, db_test};

#[db_test]
async fn a_change_is_known_everywhere_at_once(db: TestDb) {
    let here = Epochs::new((*db).clone(), "keys");
    let there = Epochs::new(db.reconnect().await, "keys");
    let other = Epochs::new((*db).clone(), "budgets");
    let before = there.current().await.unwrap();
    for step in 1..=3 {
        let mut tx = db.begin(Platform).await.unwrap();
        here.bump(&mut tx).await.unwrap();
        assert_eq!(there.current().await.unwrap(), before + step - 1, "not before it is committed");
        tx.commit().await.unwrap();
        assert_eq!(there.current().await.unwrap(), before + step);
        assert_eq!(here.current().await.unwrap(), before + step);
    }
    assert_eq!(other.current().await.unwrap(), 0);
    let mut tx = db.begin(Platform).await.unwrap();
    here.bump(&mut tx).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(there.current().await.unwrap(), before + 3, "an undone change is none");
}

#[db_test]
async fn whoever_asks_after_a_change_sees_it_among_many_that_ask(db: TestDb) {
    let epochs = Epochs::new((*db).clone(), "keys");
    for step in 1..=20 {
        let early = future::join_all((0..50).map(|_| epochs.current()));
        let change = async {
            let mut tx = db.begin(Platform).await.unwrap();
            epochs.bump(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            // Others' questions are under way; this one is newer than theirs.
            epochs.current().await.unwrap()
        };
        let (early, late) = future::join(early, change).await;
        assert_eq!(late, step);
        assert!(early.into_iter().all(|epoch| (step - 1..=step).contains(&epoch.unwrap())));
    }
}

#[db_test]
async fn a_request_sees_what_was_changed_before_it_began(db: TestDb) {
    let epochs = Epochs::new((*db).clone(), "keys");
    let bump = async |db: &database::Db| {
        let mut tx = db.begin(Platform).await.unwrap();
        epochs.bump(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    let elsewhere = db.reconnect().await;
    for step in 1..=5 {
        bump(&elsewhere).await;
        let (first, second) = db
            .as_of_now(async {
                let first = epochs.current().await.unwrap();
                bump(&elsewhere).await;
                (first, epochs.current().await.unwrap())
            })
            .await;
        assert_eq!((first, second), (2 * step - 1, 2 * step - 1), "asked once in a request");
        assert_eq!(epochs.current().await.unwrap(), 2 * step);
    }
    // Another database's numbers are not covered.
    let there = Epochs::new(elsewhere.clone(), "keys");
    let seen = db.as_of_now(async {
        let before = there.current().await.unwrap();
        bump(&db).await;
        there.current().await.unwrap() - before
    });
    assert_eq!(seen.await, 1);
}
