//! Leaving a workspace, handing it on, deleting and restoring it: who may, and what stays true.

use std::{sync::Arc, time::Duration};

use axum::http::Method;
use contracts::tenancy::Role;
use kernel::{Env, TenantScope};
use serde_json::{Value, json};
use tenancy::{Actor, GRACE, Tenancy, TenancyError};
use testkit::{TestDb, db_test};

use crate::support::{Person, World, outcome};

/// A shared workspace of the person's, and they in it.
async fn shared(world: &World, person: &Person, name: &str) -> Person {
    let membership = world.tenancy.create_workspace(person.user, name).await.unwrap();
    world.enter(person, membership.workspace).await
}

#[db_test]
async fn acceptance_16_members_leave_by_themselves_and_the_last_owner_does_not(db: TestDb) {
    let world = World::new(&db);
    let ann = shared(&world, &world.join("ann").await, "Research").await;
    let leave = async |who: &Person| world.call(who, Method::POST, "/workspace/leave", None).await;
    for role in [Role::Guest, Role::Member, Role::Admin, Role::Owner] {
        let somebody = world.member(role.as_str(), ann.workspace, role).await;
        assert_eq!(leave(&somebody).await.0, 204, "{role:?}");
        assert_eq!(world.role(&somebody).await, None);
        assert_eq!(outcome(&world.get(&somebody, "/workspace").await), (401, "unauthenticated"));
    }
    assert_eq!(outcome(&leave(&ann).await), (409, "last_owner"));
    assert_eq!(world.role(&ann).await, Some(Role::Owner));
    let at_home = world.join("bob").await;
    assert_eq!(outcome(&leave(&at_home).await), (409, "personal_workspace"));
}

#[db_test]
async fn acceptance_16_owners_who_leave_at_once_leave_one(db: TestDb) {
    let world = World::new(&db);
    let ann = shared(&world, &world.join("ann").await, "Research").await;
    let mut owners = vec![ann.clone()];
    for index in 0..5 {
        owners.push(world.member(&format!("owner{index}"), ann.workspace, Role::Owner).await);
    }
    let mut leaving = tokio::task::JoinSet::new();
    for owner in owners {
        let tenancy = world.tenancy.clone();
        leaving.spawn(async move { tenancy.leave_workspace(&owner.actor()).await });
    }
    let stayed = leaving.join_all().await.into_iter().filter(Result::is_err).count();
    assert_eq!(stayed, 1);
}

#[db_test]
async fn acceptance_16_a_workspace_is_handed_on_whole(db: TestDb) {
    let world = World::new(&db);
    let home = world.join("ann").await;
    let ann = shared(&world, &home, "Research").await;
    let bob = world.member("bob", ann.workspace, Role::Guest).await;
    let admin = world.member("admin", ann.workspace, Role::Admin).await;
    let stranger = world.join("stranger").await;
    let transfer = async |who: &Person, to: &Person| {
        world.call(who, Method::POST, "/workspace/transfer", Some(json!({ "user_id": to.user }))).await
    };
    assert_eq!(outcome(&transfer(&admin, &admin).await), (403, "forbidden"));
    assert_eq!(outcome(&transfer(&ann, &stranger).await), (404, "not_found"));
    let (status, seen) = transfer(&ann, &bob).await;
    assert_eq!((status, seen["role"].as_str()), (200, Some("admin")), "{seen}");
    assert_eq!((world.role(&ann).await, world.role(&bob).await), (Some(Role::Admin), Some(Role::Owner)));
    assert_eq!(outcome(&transfer(&ann, &ann).await), (403, "forbidden"), "it is not theirs any more");
    // To oneself it changes nothing.
    assert_eq!(transfer(&bob, &bob).await.1["role"], "owner");
    let guest = world.member("guest", home.workspace, Role::Guest).await;
    assert_eq!(outcome(&transfer(&home, &guest).await), (409, "personal_workspace"));
}

#[db_test]
async fn acceptance_16_owners_alone_delete_and_restore(db: TestDb) {
    let world = World::new(&db);
    let home = world.join("ann").await;
    let ann = shared(&world, &home, "Research").await;
    let bob = world.join("bob").await;
    let bobs = world.place(&bob, ann.workspace, Role::Admin).await;
    let stranger = world.join("stranger").await;
    assert_eq!(outcome(&world.call(&bobs, Method::DELETE, "/workspace", None).await), (403, "forbidden"));
    assert_eq!(outcome(&world.call(&home, Method::DELETE, "/workspace", None).await), (409, "personal_workspace"));
    let (status, deleted) = world.call(&ann, Method::DELETE, "/workspace", None).await;
    assert_eq!((status, deleted["name"].as_str()), (200, Some("Research")));

    for person in [&ann, &bobs] {
        for path in ["/workspace", "/members", "/groups", "/workspaces"] {
            assert_eq!(outcome(&world.get(person, path).await), (403, "workspace_deleted"), "{path}");
        }
        let again = world.call(person, Method::DELETE, "/workspace", None).await;
        assert_eq!(outcome(&again), (403, "workspace_deleted"));
    }
    // The stranger, who was never in it, learns nothing.
    let path = format!("/workspaces/{}/restore", ann.workspace);
    for person in [&bob, &stranger] {
        assert_eq!(world.get(person, "/workspaces/deleted").await.1["data"], json!([]));
        let answer = world.call(person, Method::POST, &path, None).await;
        assert_eq!(outcome(&answer), (404, "not_found"));
    }
    let (_, list) = world.get(&home, "/workspaces/deleted").await;
    assert_eq!(list["data"], Value::Array(vec![deleted]));
    assert_eq!(world.call(&home, Method::POST, &path, None).await.0, 200);
    assert_eq!(world.get(&bobs, "/workspace").await.1["name"], "Research");
    assert_eq!(world.get(&home, "/workspaces/deleted").await.1["data"], json!([]));
}

#[db_test]
async fn the_grace_is_fourteen_days_and_then_it_is_gone(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let (env, clock) = testkit::env_with_clock();
    let tenancy = Arc::new(Tenancy::new((*db).clone(), Env::clone(&env)));
    let kept = tenancy.create_workspace(ann.user, "Kept").await.unwrap().workspace;
    let doomed = tenancy.create_workspace(ann.user, "Doomed").await.unwrap().workspace;
    let owner = |workspace| Actor { user: ann.user, scope: TenantScope::assume(workspace) };
    let deleted = tenancy.delete_workspace(&owner(doomed)).await.unwrap();
    assert_eq!(deleted.purges_at.since(deleted.deleted_at), GRACE);
    tenancy.delete_workspace(&owner(kept)).await.unwrap();
    clock.advance(Duration::from_secs(14 * 24 * 60 * 60 - 1));
    assert_eq!(tenancy.purge().await.unwrap(), []);
    tenancy.restore_workspace(ann.user, kept).await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(tenancy.purge().await.unwrap(), [doomed]);
    assert_eq!(tenancy.purge().await.unwrap(), []);
    let gone = tenancy.restore_workspace(ann.user, doomed).await;
    assert!(matches!(gone, Err(TenancyError::NoWorkspace)), "{gone:?}");
    assert_eq!(tenancy.workspace(&owner(kept)).await.unwrap().workspace_name, "Kept");
}
