//! Who may change whom, and the owner that always remains.

use contracts::tenancy::Role;
use kernel::UserId;
use tenancy::TenancyError;
use testkit::{TestDb, db_test};

use crate::support::World;

const ROLES: [Role; 4] = [Role::Guest, Role::Member, Role::Admin, Role::Owner];

#[db_test]
async fn acceptance_16_nobody_reaches_above_themselves(db: TestDb) {
    let world = World::new(&db);
    let owner = world.join("owner").await;
    let workspace = owner.workspace;
    for (index, own) in ROLES.into_iter().enumerate() {
        let actor = world.member(&format!("actor{index}"), workspace, own).await;
        let target = world.member(&format!("target{index}"), workspace, Role::Guest).await;
        for theirs in ROLES {
            for granted in ROLES {
                // The operator's hand sets the stage.
                let boss = owner.actor();
                world.tenancy.update_member(&boss, target.user, theirs).await.unwrap();
                let result = world.tenancy.update_member(&actor.actor(), target.user, granted).await;
                let allowed = own >= Role::Admin && theirs <= own && granted <= own;
                assert_eq!(result.is_ok(), allowed, "{own:?} makes a {theirs:?} a {granted:?}: {result:?}");
                let now = world.role(&target).await.unwrap();
                assert_eq!(now, if allowed { granted } else { theirs });
            }
        }
    }
}

#[db_test]
async fn acceptance_16_nobody_removes_who_is_above_them(db: TestDb) {
    let world = World::new(&db);
    let owner = world.join("owner").await;
    for (index, own) in ROLES.into_iter().enumerate() {
        let actor = world.member(&format!("actor{index}"), owner.workspace, own).await;
        for theirs in ROLES {
            let target = world.member(&format!("target{index}{}", theirs.as_str()), owner.workspace, theirs).await;
            let result = world.tenancy.remove_member(&actor.actor(), target.user).await;
            let allowed = own >= Role::Admin && theirs <= own;
            assert_eq!(result.is_ok(), allowed, "{own:?} removes a {theirs:?}: {result:?}");
            assert_eq!(world.role(&target).await.is_none(), allowed);
        }
    }
}

#[db_test]
async fn acceptance_16_the_last_owner_stays(db: TestDb) {
    let world = World::new(&db);
    let owner = world.join("owner").await;
    let admin = world.member("admin", owner.workspace, Role::Admin).await;
    let result = world.tenancy.remove_member(&owner.actor(), owner.user).await;
    assert!(matches!(result, Err(TenancyError::LastOwner)), "{result:?}");
    for role in [Role::Guest, Role::Member, Role::Admin] {
        let result = world.tenancy.update_member(&owner.actor(), owner.user, role).await;
        assert!(matches!(result, Err(TenancyError::LastOwner)), "{result:?}");
    }
    world.tenancy.update_member(&owner.actor(), owner.user, Role::Owner).await.unwrap();
    world.tenancy.update_member(&owner.actor(), admin.user, Role::Owner).await.unwrap();
    world.tenancy.remove_member(&owner.actor(), owner.user).await.unwrap();
    let result = world.tenancy.remove_member(&admin.actor(), admin.user).await;
    assert!(matches!(result, Err(TenancyError::LastOwner)), "{result:?}");
}

#[db_test]
async fn acceptance_16_two_owners_who_remove_each_other_leave_one(db: TestDb) {
    let world = World::new(&db);
    for round in 0..12 {
        let ann = world.join(&format!("ann{round}")).await;
        let bob = world.member(&format!("bob{round}"), ann.workspace, Role::Owner).await;
        let (ann_actor, bob_actor) = (ann.actor(), bob.actor());
        let (first, second) = if round % 2 == 0 {
            tokio::join!(
                world.tenancy.remove_member(&ann_actor, bob.user),
                world.tenancy.remove_member(&bob_actor, ann.user),
            )
        } else {
            let demote = async |actor, target| world.tenancy.update_member(actor, target, Role::Member).await.map(drop);
            tokio::join!(demote(&ann_actor, bob.user), demote(&bob_actor, ann.user))
        };
        assert!(first.is_ok() != second.is_ok(), "round {round}: {first:?} {second:?}");
        let owners = [world.role(&ann).await, world.role(&bob).await];
        assert_eq!(owners.iter().filter(|role| **role == Some(Role::Owner)).count(), 1, "{owners:?}");
    }
}

#[db_test]
async fn acceptance_16_owners_who_leave_together_leave_one(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let mut owners = vec![ann.clone()];
    for index in 0..5 {
        owners.push(world.member(&format!("owner{index}"), ann.workspace, Role::Owner).await);
    }
    let mut leaving = tokio::task::JoinSet::new();
    for owner in owners {
        let tenancy = world.tenancy.clone();
        leaving.spawn(async move { tenancy.remove_member(&owner.actor(), owner.user).await });
    }
    let stayed = leaving.join_all().await.into_iter().filter(Result::is_err).count();
    assert_eq!(stayed, 1);
    assert_eq!(world.tenancy.members(&ann.actor().scope, None, 100).await.unwrap().len(), 1);
}

#[db_test]
async fn what_is_not_there_can_t_be_changed(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let nobody = UserId::from_uuid(uuid::Uuid::nil());
    for target in [bob.user, nobody] {
        let result = world.tenancy.update_member(&ann.actor(), target, Role::Guest).await;
        assert!(matches!(result, Err(TenancyError::NoMember)), "{result:?}");
        let result = world.tenancy.remove_member(&ann.actor(), target).await;
        assert!(matches!(result, Err(TenancyError::NoMember)), "{result:?}");
    }
    let stranger = tenancy::Actor { user: bob.user, scope: ann.actor().scope };
    let result = world.tenancy.remove_member(&stranger, ann.user).await;
    assert!(matches!(result, Err(TenancyError::NoWorkspace)), "{result:?}");
    let result = world.tenancy.add_member(ann.workspace, ann.user, Role::Guest).await;
    assert!(matches!(result, Err(TenancyError::AlreadyMember)), "{result:?}");
    assert_eq!(world.role(&ann).await, Some(Role::Owner));
    assert!(world.tenancy.add_member(ann.workspace, nobody, Role::Guest).await.is_err());
}
