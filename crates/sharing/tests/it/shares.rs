//! Who has access by which way, and what takes it away.

use sharing::{Access, MOST, ShareError, Subject};
use testkit::{TestDb, db_test};

use crate::{World, id};

const VIEW: Option<Access> = Some(Access::View);
const EDIT: Option<Access> = Some(Access::Edit);

#[db_test]
async fn what_nobody_shared_nobody_sees(db: TestDb) {
    let world = World::new(&db, 100).await;
    let (owner, member) = (world.member(1, "owner").await, world.member(2, "admin").await);
    let mine = world.conversation(10, owner).await;
    let other = world.conversation(11, owner).await;
    world.share(other, Subject::User(member), Access::Edit).await.unwrap();
    assert_eq!(world.access(member, mine).await, None, "an administrator neither");
    assert_eq!(world.access(owner, other).await, None, "ownership is no share");
    assert_eq!(sharing::audience(&world.db, &world.scope, mine.into()).await.unwrap(), []);
}

#[db_test]
async fn the_greatest_of_several_ways_holds(db: TestDb) {
    let world = World::new(&db, 100).await;
    let owner = world.member(1, "owner").await;
    let (member, guest, other) =
        (world.member(2, "member").await, world.member(3, "guest").await, world.member(4, "member").await);
    let group = world.group(20, &[member, guest]).await;
    let it = world.conversation(10, owner).await;

    assert_eq!(world.share(it, Subject::Workspace, Access::View).await.unwrap(), None);
    assert_eq!(
        [world.access(member, it).await, world.access(guest, it).await, world.access(other, it).await],
        [VIEW, None, VIEW],
        "the whole workspace is all but its guests"
    );
    assert_eq!(world.share(it, Subject::Group(group), Access::Edit).await.unwrap(), None);
    assert_eq!(
        [world.access(member, it).await, world.access(guest, it).await, world.access(other, it).await],
        [EDIT, EDIT, VIEW]
    );
    assert_eq!(world.share(it, Subject::User(member), Access::View).await.unwrap(), None);
    assert_eq!(world.access(member, it).await, EDIT, "less by another way takes nothing away");
    assert_eq!(world.share(it, Subject::Group(group), Access::View).await.unwrap(), EDIT, "it was more before");
    assert_eq!(world.access(member, it).await, VIEW);

    let list = sharing::list(&world.db, &world.scope, it.into()).await.unwrap();
    let mut subjects: Vec<Subject> = list.iter().map(|share| share.subject).collect();
    subjects.sort_by_key(ToString::to_string);
    assert_eq!(subjects, [Subject::Group(group), Subject::User(member), Subject::Workspace]);
    let mut audience = sharing::audience(&world.db, &world.scope, it.into()).await.unwrap();
    audience.sort_unstable();
    assert_eq!(audience.len(), 4, "the owner is in the workspace too: {audience:?}");

    assert_eq!(world.unshare(it, Subject::Workspace).await, VIEW);
    assert_eq!(world.unshare(it, Subject::Workspace).await, None, "once is enough");
    assert_eq!([world.access(member, it).await, world.access(other, it).await], [VIEW, None]);
}

#[db_test]
async fn who_leaves_has_lost_it_at_once_and_comes_back_without(db: TestDb) {
    let world = World::new(&db, 100).await;
    let owner = world.member(1, "owner").await;
    let (by_name, by_group, by_all) =
        (world.member(2, "member").await, world.member(3, "member").await, world.member(4, "member").await);
    let group = world.group(20, &[by_group]).await;
    let it = world.conversation(10, owner).await;
    for subject in [Subject::User(by_name), Subject::Group(group)] {
        world.share(it, subject, Access::Edit).await.unwrap();
    }
    assert_eq!([world.access(by_name, it).await, world.access(by_group, it).await], [EDIT, EDIT]);
    world.leave(by_name).await;
    world.join(by_name, "member").await;
    assert_eq!(world.access(by_name, it).await, None);

    world.run("DELETE FROM group_members WHERE user_id = $1", vec![by_group.into()]).await;
    assert_eq!(world.access(by_group, it).await, None, "out of the group");
    world
        .run(
            "INSERT INTO group_members (workspace_id, group_id, user_id, created_at) VALUES ($1, $2, $3, 0)",
            vec![world.scope.workspace().into(), group.into(), by_all.into()],
        )
        .await;
    assert_eq!(world.access(by_all, it).await, EDIT, "into the group");
    world.run("DELETE FROM groups WHERE id = $1", vec![group.into()]).await;
    assert_eq!((world.access(by_all, it).await, world.shares().await), (None, 0), "a group takes its shares along");

    world.share(it, Subject::Workspace, Access::View).await.unwrap();
    assert_eq!(world.access(by_all, it).await, VIEW);
    world.leave(by_all).await;
    assert_eq!(world.access(by_all, it).await, None);
}

#[db_test]
async fn a_resource_takes_its_shares_along_and_no_others(db: TestDb) {
    let world = World::new(&db, 100).await;
    let (owner, member) = (world.member(1, "owner").await, world.member(2, "member").await);
    let (one, other) = (world.conversation(10, owner).await, world.conversation(11, owner).await);
    for it in [one, other] {
        world.share(it, Subject::User(member), Access::View).await.unwrap();
    }
    world.run("DELETE FROM conversations WHERE id = $1", vec![one.into()]).await;
    assert_eq!((world.access(member, one).await, world.access(member, other).await), (None, VIEW));
    assert_eq!(world.shares().await, 1);
}

#[db_test]
async fn nobody_elsewhere_can_be_shared_with(db: TestDb) {
    let (world, elsewhere) = (World::new(&db, 100).await, World::new(&db, 200).await);
    let owner = world.member(1, "owner").await;
    let (stranger, nobody) = (elsewhere.member(2, "owner").await, world.person(3).await);
    let theirs = elsewhere.group(20, &[stranger]).await;
    let it = world.conversation(10, owner).await;
    for subject in [Subject::User(stranger), Subject::User(nobody), Subject::User(id(99)), Subject::Group(theirs)] {
        let refused = world.share(it, subject, Access::View).await;
        assert!(matches!(refused, Err(ShareError::NoSubject)), "{subject}: {refused:?}");
    }
    assert_eq!(world.shares().await, 0);
    // Somebody in both sees each where it is.
    elsewhere.join(owner, "member").await;
    world.join(stranger, "member").await;
    world.share(it, Subject::User(stranger), Access::Edit).await.unwrap();
    assert_eq!(world.access(stranger, it).await, EDIT);
    assert_eq!(elsewhere.access(stranger, it).await, None, "in the other workspace there is no such thing");
}

#[db_test]
async fn there_is_an_end_to_them(db: TestDb) {
    let world = World::new(&db, 100).await;
    let owner = world.member(1, "owner").await;
    let it = world.conversation(10, owner).await;
    for number in 0..MOST as u128 {
        let member = world.member(1000 + number, "member").await;
        world.share(it, Subject::User(member), Access::View).await.unwrap();
    }
    let refused = world.share(it, Subject::Workspace, Access::View).await;
    assert!(matches!(refused, Err(ShareError::TooMany)), "{refused:?}");
    let changed = world.share(it, Subject::User(id(1000)), Access::Edit).await.unwrap();
    assert_eq!(changed, VIEW, "one that is there can still be changed");
}
