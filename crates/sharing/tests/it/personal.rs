//! What is kept of a person: in pages, and gone with them.

use contracts::PersonalData;
use database::Platform;
use sharing::{Access, Shares, Subject};
use testkit::{TestDb, db_test};

use crate::{World, id};

#[db_test]
async fn every_share_is_in_the_export_once_and_goes_with_its_person(db: TestDb) {
    let world = World::new(&db, 100).await;
    let (owner, member) = (world.member(1, "owner").await, world.member(2, "member").await);
    let other = world.member(3, "member").await;
    for number in 0..130 {
        let it = world.conversation(1000 + number, owner).await;
        world.share(it, Subject::User(member), Access::View).await.unwrap();
    }
    world.share(id(1000), Subject::User(other), Access::View).await.unwrap();
    let shares = Shares::new(db.clone());
    for (user, expected) in [(owner, 131), (member, 130), (other, 1)] {
        let (mut after, mut seen) = (None, std::collections::HashSet::new());
        loop {
            let page = shares.page(user, after.as_deref()).await.unwrap();
            seen.extend(page.items.iter().map(ToString::to_string));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), expected);
    }
    let mut tx = db.begin(Platform).await.unwrap();
    shares.erase(&mut tx, member).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.shares().await, 1, "the other's stays");
}
