//! Roles that a workspace makes for itself, roles of groups, and why somebody may do something.

use std::time::Duration;

use axum::http::Method;
use contracts::{
    PersonalData as _, Tenancy as _,
    tenancy::{Permission, Role},
};
use database::{Platform, params};
use kernel::{RoleId, TenantScope};
use serde_json::{Value, json};
use tenancy::TenancyError;
use testkit::{TestDb, db_test};

use crate::support::{Answer, Person, World, outcome};

/// Makes a role; gives its id.
async fn make(world: &World, who: &Person, name: &str, base: Option<Role>, permissions: &[&str]) -> String {
    let body = json!({ "name": name, "base": base, "permissions": permissions });
    let (status, role) = world.call(who, Method::POST, "/roles", Some(body)).await;
    assert_eq!(status, 201, "{role}");
    role["id"].as_str().unwrap().to_owned()
}

async fn give(world: &World, who: &Person, to: &Person, role: &str) -> Answer {
    world.call(who, Method::PATCH, &format!("/members/{}", to.user), Some(json!({ "role": role }))).await
}

/// Makes a group with these members in it; gives its id.
async fn group(world: &World, who: &Person, name: &str, members: &[&Person]) -> String {
    let id = world.call(who, Method::POST, "/groups", Some(json!({ "name": name }))).await.1["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    for member in members {
        let path = format!("/groups/{id}/members/{}", member.user);
        assert_eq!(world.call(who, Method::PUT, &path, None).await.0, 204);
    }
    id
}

async fn give_group(world: &World, who: &Person, group: &str, role: Value) -> Answer {
    world.call(who, Method::PUT, &format!("/groups/{group}/role"), Some(json!({ "role": role }))).await
}

#[db_test]
async fn roles_are_made_changed_and_deleted(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let keeper = make(&world, &ann, " Budget keeper ", Some(Role::Guest), &["budgets.manage", "chat.read"]).await;
    assert!(keeper.starts_with("role_"), "{keeper}");
    let (_, list) = world.get(&bob, "/roles").await;
    let names: Vec<&str> = list["data"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["owner", "admin", "member", "guest", "Budget keeper"]);
    assert_eq!((&list["data"][0]["members"], &list["data"][2]["members"]), (&json!(1), &json!(1)));
    assert_eq!(list["data"][0]["permissions"].as_array().unwrap().len(), Permission::ALL.len());
    let role = &list["data"][4];
    // Those of its base are among them, once.
    let all = ["workspace.read", "chat.read", "models.read", "usage.read", "budgets.manage"];
    assert_eq!((&role["permissions"], &role["base"]), (&json!(all), &json!("guest")));

    let path = format!("/roles/{keeper}");
    for (body, refused) in [
        (json!({ "name": "Budget keeper", "permissions": [] }), (409, "conflict")),
        (json!({ "name": "Admin", "permissions": [] }), (409, "conflict")),
        (json!({ "name": " ", "permissions": [] }), (422, "invalid_body")),
        (json!({ "name": "X", "permissions": ["everything"] }), (422, "invalid_body")),
        (json!({ "name": "X", "permissions": ["workspace.delete"] }), (422, "invalid_body")),
        (json!({ "name": "X", "permissions": [], "base": "owner" }), (422, "invalid_body")),
        (json!({ "name": "X", "permissions": [], "workspace_id": ann.workspace }), (422, "invalid_body")),
        (json!({ "name": "X", "description": "x".repeat(301), "permissions": [] }), (422, "invalid_body")),
    ] {
        let made = world.call(&ann, Method::POST, "/roles", Some(body.clone())).await;
        assert_eq!(outcome(&made), refused, "{body}");
    }
    let other = make(&world, &ann, "Other", None, &[]).await;
    for body in [json!({ "name": "Other" }), json!({ "name": "GUEST" })] {
        assert_eq!(outcome(&world.call(&ann, Method::PATCH, &path, Some(body)).await), (409, "conflict"));
    }
    let body = json!({ "base": null, "permissions": ["usage.read_all"], "description": " Looks after money " });
    let (_, changed) = world.call(&ann, Method::PATCH, &path, Some(body)).await;
    assert_eq!((&changed["base"], &changed["permissions"]), (&Value::Null, &json!(["usage.read_all"])));
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Budget keeper"), &json!("Looks after money")));
    assert_eq!(world.get(&ann, &path).await, (200, changed));

    // While somebody has it, or a group, or an invitation, it stays.
    assert_eq!(give(&world, &ann, &bob, &keeper).await.0, 200);
    assert_eq!(outcome(&world.call(&ann, Method::DELETE, &path, None).await), (409, "role_in_use"));
    assert_eq!(give(&world, &ann, &bob, "member").await.0, 200);
    let research = group(&world, &ann, "Research", &[]).await;
    assert_eq!(give_group(&world, &ann, &research, json!(keeper)).await.0, 200);
    assert_eq!(world.get(&ann, &path).await.1["groups"], 1);
    assert_eq!(outcome(&world.call(&ann, Method::DELETE, &path, None).await), (409, "role_in_use"));
    assert_eq!(give_group(&world, &ann, &research, Value::Null).await.0, 200);
    let body = json!({ "email": "carol@example.com", "role": keeper });
    let (_, invited) = world.call(&ann, Method::POST, "/invitations", Some(body)).await;
    assert_eq!(invited["invitation"]["custom_role"]["name"], "Budget keeper");
    assert_eq!(outcome(&world.call(&ann, Method::DELETE, &path, None).await), (409, "role_in_use"));
    let invitation = format!("/invitations/{}", invited["invitation"]["id"].as_str().unwrap());
    assert_eq!(world.call(&ann, Method::DELETE, &invitation, None).await.0, 204);
    assert_eq!(world.call(&ann, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(outcome(&world.get(&ann, &path).await), (404, "not_found"));
    assert_eq!(world.get(&ann, &format!("/roles/{other}")).await.0, 200);
    let actions: Vec<(String,)> = db
        .all(ann.actor().scope, "SELECT action FROM audit_entries WHERE action LIKE 'role.%' ORDER BY position", vec![])
        .await
        .unwrap();
    let actions: Vec<&str> = actions.iter().map(|(action,)| action.as_str()).collect();
    assert_eq!(actions, ["role.created", "role.created", "role.updated", "role.deleted"]);
}

#[db_test]
async fn a_custom_role_allows_what_it_lists_from_the_next_request(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Admin).await;
    let reader = make(&world, &ann, "Reader", None, &["members.read"]).await;
    let (status, member) = give(&world, &ann, &bob, &reader).await;
    assert_eq!((status, &member["custom_role"]["name"]), (200, &json!("Reader")), "{member}");
    let statuses = async || {
        let mut statuses = Vec::new();
        for path in ["/members", "/groups", "/workspace", "/audit"] {
            statuses.push(world.get(&bob, path).await.0);
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 403, 403, 403]);
    let path = format!("/roles/{reader}");
    world.call(&ann, Method::PATCH, &path, Some(json!({ "permissions": ["groups.read", "audit.read"] }))).await;
    assert_eq!(statuses().await, [403, 200, 403, 200]);
    world.call(&ann, Method::PATCH, &path, Some(json!({ "base": "member", "permissions": [] }))).await;
    assert_eq!(statuses().await, [200, 200, 200, 403]);
    // What others show of them follows the base.
    assert_eq!(world.role(&bob).await, Some(Role::Member));
    let (_, me) = world.get(&bob, "/me").await;
    assert_eq!(me["workspace"]["custom_role"]["name"], "Reader");
    assert!(me["permissions"].as_array().unwrap().contains(&json!("chat.write")), "{me}");
    give(&world, &ann, &bob, "guest").await;
    assert_eq!(statuses().await, [403, 403, 200, 403]);
    assert_eq!(world.get(&bob, "/me").await.1["workspace"]["custom_role"], Value::Null);
}

#[db_test]
async fn a_changed_role_holds_in_other_processes_within_seconds(db: TestDb) {
    let (here, there) = (World::new(&db), World::new(&db));
    let ann = here.join("ann").await;
    let bob = here.member("bob", ann.workspace, Role::Guest).await;
    let may = async |world: &World, permission| {
        let membership = world.tenancy.recent_membership(bob.workspace, bob.user).await.unwrap().unwrap();
        membership.permissions.contains(permission)
    };
    let soon = async |permission, expected| {
        assert_eq!(may(&here, permission).await, expected);
        let begun = tokio::time::Instant::now();
        while may(&there, permission).await != expected {
            assert!(begun.elapsed() < Duration::from_secs(5), "{permission:?} is not {expected} after five seconds");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(Permission::ReadAudit, false).await;
    let role = make(&here, &ann, "Auditor", None, &["audit.read"]).await;
    give(&here, &ann, &bob, &role).await;
    soon(Permission::ReadAudit, true).await;
    here.call(&ann, Method::PATCH, &format!("/roles/{role}"), Some(json!({ "permissions": [] }))).await;
    soon(Permission::ReadAudit, false).await;
    let group = group(&here, &ann, "Budgets", &[&bob]).await;
    give_group(&here, &ann, &group, json!("admin")).await;
    soon(Permission::ManageBudgets, true).await;
    here.call(&ann, Method::DELETE, &format!("/groups/{group}/members/{}", bob.user), None).await;
    soon(Permission::ManageBudgets, false).await;
}

#[db_test]
async fn acceptance_16_nobody_grants_what_they_may_not_do(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let ours = ["members.manage", "roles.manage", "groups.manage"];
    let hr = make(&world, &ann, "Staff", Some(Role::Member), &ours).await;
    let auditor = make(&world, &ann, "Auditor", None, &["audit.read"]).await;
    let mallory = world.member("mallory", ann.workspace, Role::Guest).await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let admin = world.member("admin", ann.workspace, Role::Admin).await;
    give(&world, &ann, &mallory, &hr).await;
    let bosses = group(&world, &ann, "Bosses", &[&admin]).await;
    let plain = group(&world, &ann, "Plain", &[&mallory]).await;
    give_group(&world, &ann, &bosses, json!("admin")).await;
    let invited = json!({ "role": auditor });
    let (_, invited) = world.call(&ann, Method::POST, "/invitations", Some(invited)).await;
    let invitation = format!("/invitations/{}", invited["invitation"]["id"].as_str().unwrap());
    let member = |person: &Person| format!("/members/{}", person.user);
    let (own, foreign) = (format!("/roles/{hr}"), format!("/roles/{auditor}"));
    let attempts = [
        (Method::PATCH, member(&mallory), json!({ "role": "admin" })),
        (Method::PATCH, member(&mallory), json!({ "role": auditor })),
        (Method::PATCH, member(&bob), json!({ "role": "owner" })),
        (Method::PATCH, member(&admin), json!({ "role": "guest" })),
        (Method::PATCH, member(&ann), json!({ "role": "guest" })),
        (Method::DELETE, member(&admin), Value::Null),
        (Method::DELETE, member(&ann), Value::Null),
        (Method::POST, "/invitations".to_owned(), json!({ "role": "admin" })),
        (Method::POST, "/invitations".to_owned(), json!({ "role": auditor })),
        (Method::POST, format!("{invitation}/resend"), json!({})),
        (Method::DELETE, invitation.clone(), Value::Null),
        (Method::POST, "/roles".to_owned(), json!({ "name": "X", "permissions": ["audit.read"] })),
        (Method::POST, "/roles".to_owned(), json!({ "name": "X", "permissions": [], "base": "admin" })),
        (Method::PATCH, own.clone(), json!({ "permissions": ["audit.read"] })),
        (Method::PATCH, own.clone(), json!({ "base": "admin" })),
        (Method::PATCH, foreign.clone(), json!({ "permissions": [] })),
        (Method::PATCH, foreign.clone(), json!({ "name": "Mine" })),
        (Method::DELETE, foreign.clone(), Value::Null),
        (Method::PUT, format!("/groups/{plain}/role"), json!({ "role": "admin" })),
        (Method::PUT, format!("/groups/{plain}/role"), json!({ "role": auditor })),
        (Method::PUT, format!("/groups/{bosses}/role"), json!({ "role": null })),
        (Method::PUT, format!("/groups/{bosses}/members/{}", mallory.user), Value::Null),
        (Method::DELETE, format!("/groups/{bosses}/members/{}", admin.user), Value::Null),
        (Method::DELETE, format!("/groups/{bosses}"), Value::Null),
    ];
    let entries = async || {
        let sql = "SELECT count(*) FROM audit_entries WHERE workspace_id = $1";
        db.one::<(i64,)>(ann.actor().scope, sql, params![ann.workspace]).await.unwrap().0
    };
    let before = entries().await;
    for (method, path, body) in attempts {
        let body = (!body.is_null()).then_some(body);
        let answer = world.call(&mallory, method.clone(), &path, body.clone()).await;
        assert_eq!(outcome(&answer), (403, "forbidden"), "{method} {path} {body:?}: {}", answer.1);
        assert!(answer.1["detail"].as_str().unwrap().contains("what you may not do yourself"), "{}", answer.1);
    }
    assert_eq!(entries().await, before);
    assert_eq!(world.get(&mallory, "/audit").await.0, 403);
    // What they may do themselves they can give, and take.
    assert_eq!(give(&world, &mallory, &bob, &hr).await.0, 200);
    assert_eq!(give(&world, &mallory, &bob, "guest").await.0, 200);
    let invite = world.call(&mallory, Method::POST, "/invitations", Some(json!({ "role": "member" }))).await;
    assert_eq!(invite.0, 201);
    // Without the permission, none of it.
    world.call(&ann, Method::PATCH, &own, Some(json!({ "permissions": ["members.manage"] }))).await;
    let made = world.call(&mallory, Method::POST, "/roles", Some(json!({ "name": "X", "permissions": [] }))).await;
    assert_eq!(outcome(&made), (403, "forbidden"));
}

#[db_test]
async fn acceptance_16_owners_are_made_by_no_role(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Admin).await;
    let most = make(&world, &ann, "Most", Some(Role::Admin), &[]).await;
    let group = group(&world, &ann, "All", &[&ann, &bob]).await;
    let owners = give_group(&world, &ann, &group, json!("owner")).await;
    assert_eq!(outcome(&owners), (422, "invalid_body"));
    // The last owner can't take another role, be it their own doing.
    assert_eq!(outcome(&give(&world, &ann, &ann, &most).await), (409, "last_owner"));
    give(&world, &ann, &bob, &most).await;
    for role in ["guest", &most] {
        assert_eq!(outcome(&give(&world, &bob, &ann, role).await), (403, "forbidden"));
    }
    // Written past the operations, it still makes nobody an owner.
    let sql = "UPDATE roles SET base = NULL, permissions = $2 WHERE workspace_id = $1";
    let all = database::Json(["workspace.delete", "workspace.transfer", "members.manage", "of a later version"]);
    db.execute(ann.actor().scope, sql, params![ann.workspace, all]).await.unwrap();
    let membership = world.tenancy.membership(bob.workspace, bob.user).await.unwrap().unwrap();
    assert_eq!(membership.permissions.iter().collect::<Vec<_>>(), [Permission::ManageMembers]);
    let refused = world.tenancy.transfer_workspace(&bob.actor(), bob.user).await;
    assert!(matches!(refused, Err(TenancyError::NotAllowed(Permission::TransferWorkspace))), "{refused:?}");
    // Whoever becomes an owner has no other role beside it.
    assert_eq!(give(&world, &ann, &bob, "owner").await.0, 200);
    let membership = world.tenancy.membership(bob.workspace, bob.user).await.unwrap().unwrap();
    assert_eq!((membership.role, membership.custom_role), (Role::Owner, None));
    assert_eq!(membership.permissions, Role::Owner.permissions());
}

#[db_test]
async fn an_heir_owns_whatever_role_they_had(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Guest).await;
    let none = make(&world, &ann, "None", None, &[]).await;
    give(&world, &ann, &bob, &none).await;
    let mut tx = db.begin(Platform).await.unwrap();
    world.tenancy.erase(&mut tx, ann.user).await.unwrap();
    tx.commit().await.unwrap();
    let membership = world.tenancy.membership(bob.workspace, bob.user).await.unwrap().unwrap();
    assert_eq!((membership.role, membership.custom_role), (Role::Owner, None));
    assert_eq!(membership.permissions, Role::Owner.permissions());
}

#[db_test]
async fn whoever_is_invited_gets_the_custom_role(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let carol = world.join("carol").await;
    let admin = world.member("admin", ann.workspace, Role::Admin).await;
    let keeper = make(&world, &ann, "Keeper", Some(Role::Guest), &["budgets.manage"]).await;
    let (_, made) = world.call(&admin, Method::POST, "/invitations", Some(json!({ "role": keeper }))).await;
    let token = json!({ "token": made["path"].as_str().unwrap().rsplit('/').next().unwrap() });
    let (_, seen) = world.call(&bob, Method::POST, "/invitations/view", Some(token.clone())).await;
    assert_eq!(seen["custom_role"]["name"], "Keeper", "{seen}");
    let (status, came) = world.call(&bob, Method::POST, "/invitations/accept", Some(token.clone())).await;
    assert_eq!((status, &came["workspace"]["custom_role"]["id"]), (200, &json!(keeper)), "{came}");
    // Since then the role allows more than whoever invites may do.
    give(&world, &ann, &admin, &make(&world, &ann, "Inviter", Some(Role::Guest), &["members.manage"]).await).await;
    let (status, _) = world.call(&carol, Method::POST, "/invitations/accept", Some(token)).await;
    assert_eq!(status, 410);
}

#[db_test]
async fn a_groups_role_is_its_members_too(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let eve = world.member("eve", ann.workspace, Role::Member).await;
    let auditors = group(&world, &ann, "Auditors", &[&bob]).await;
    let keepers = group(&world, &ann, "Keepers", &[&bob, &eve]).await;
    let reader = make(&world, &ann, "Reader", None, &["audit.read"]).await;
    let sees = async |person: &Person| (world.get(person, "/audit").await.0, world.get(person, "/invitations").await.0);
    assert_eq!(sees(&bob).await, (403, 403));
    let (_, shown) = give_group(&world, &ann, &auditors, json!(reader)).await;
    assert_eq!((&shown["role"], &shown["custom_role"]["name"]), (&json!("guest"), &json!("Reader")));
    assert_eq!((sees(&bob).await, sees(&eve).await), ((200, 403), (403, 403)));
    give_group(&world, &ann, &keepers, json!("admin")).await;
    assert_eq!((sees(&bob).await, sees(&eve).await), ((200, 200), (200, 200)));
    // One source less, and another is left.
    give_group(&world, &ann, &keepers, Value::Null).await;
    assert_eq!((sees(&bob).await, sees(&eve).await), ((200, 403), (403, 403)));
    world.call(&ann, Method::PUT, &format!("/groups/{auditors}/members/{}", eve.user), None).await;
    assert_eq!(sees(&eve).await, (200, 403));
    world.call(&ann, Method::DELETE, &format!("/groups/{auditors}/members/{}", bob.user), None).await;
    assert_eq!(sees(&bob).await, (403, 403));
    world.call(&ann, Method::DELETE, &format!("/groups/{auditors}"), None).await;
    assert_eq!(sees(&eve).await, (403, 403));
    let sql = "SELECT count(*) FROM audit_entries WHERE action = 'group.role_changed'";
    assert_eq!(db.one::<(i64,)>(ann.actor().scope, sql, vec![]).await.unwrap().0, 3);
}

#[db_test]
async fn each_permission_is_explained(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let keeper = make(&world, &ann, "Keeper", Some(Role::Guest), &["budgets.manage"]).await;
    let auditors = group(&world, &ann, "Auditors", &[&bob]).await;
    give_group(&world, &ann, &auditors, json!("admin")).await;
    give(&world, &ann, &bob, &keeper).await;
    let (status, told) = world.get(&ann, &format!("/members/{}/permissions", bob.user)).await;
    assert_eq!(status, 200, "{told}");
    let sources = |name: &str| {
        let found = told["permissions"].as_array().unwrap().iter().find(|one| one["permission"] == name);
        found.map_or(Value::Null, |one| one["sources"].clone())
    };
    let group = json!({ "id": auditors, "name": "Auditors" });
    let by_group = |inherited: Value| json!({ "role": "admin", "role_name": "admin", "inherited_from": inherited, "group": group });
    let by_role =
        |inherited: Value| json!({ "role": keeper, "role_name": "Keeper", "inherited_from": inherited, "group": null });
    assert_eq!(sources("budgets.manage"), json!([by_role(Value::Null), by_group(Value::Null)]));
    assert_eq!(sources("chat.read"), json!([by_role(json!("guest")), by_group(json!("guest"))]));
    assert_eq!(sources("chat.write"), json!([by_group(json!("member"))]));
    assert_eq!(sources("workspace.delete"), Value::Null);
    // What is explained is what is allowed.
    let membership = world.tenancy.membership(bob.workspace, bob.user).await.unwrap().unwrap();
    let explained: Vec<&Value> = told["permissions"].as_array().unwrap().iter().map(|one| &one["permission"]).collect();
    assert_eq!(json!(explained), json!(membership.permissions));
    let stranger = world.join("stranger").await;
    let path = format!("/members/{}/permissions", bob.user);
    assert_eq!(outcome(&world.get(&stranger, &path).await), (404, "not_found"));
}

#[db_test]
async fn acceptance_14_a_role_is_of_one_workspace(db: TestDb) {
    let world = World::new(&db);
    let (ann, mallory) = (world.join("ann").await, world.join("mallory").await);
    let bob = world.member("bob", mallory.workspace, Role::Member).await;
    let ours = make(&world, &ann, "Ours", None, &["audit.read"]).await;
    make(&world, &mallory, "Ours", None, &[]).await;
    let group = group(&world, &mallory, "Theirs", &[&bob]).await;
    assert_eq!(outcome(&give(&world, &mallory, &bob, &ours).await), (404, "not_found"));
    assert_eq!(outcome(&give_group(&world, &mallory, &group, json!(ours)).await), (404, "not_found"));
    let invite = world.call(&mallory, Method::POST, "/invitations", Some(json!({ "role": ours }))).await;
    assert_eq!(outcome(&invite), (404, "not_found"));
    // Written past the operations, another workspace's role grants nothing of its own.
    let role: RoleId = ours.parse().unwrap();
    let sql = "UPDATE memberships SET role = 'guest', role_id = $3 WHERE workspace_id = $1 AND user_id = $2";
    db.execute(bob.actor().scope, sql, params![bob.workspace, bob.user, role]).await.unwrap();
    let membership = world.tenancy.membership(bob.workspace, bob.user).await.unwrap().unwrap();
    assert_eq!((membership.permissions, membership.custom_role), (Role::Guest.permissions(), None));
    if db.engine() == database::Engine::Postgres {
        let scope = TenantScope::assume(mallory.workspace);
        let roles: Vec<(String,)> = db.all(scope, "SELECT name FROM roles", vec![]).await.unwrap();
        assert_eq!(roles.len(), 1);
        assert_eq!(db.execute(scope, "DELETE FROM roles WHERE name = 'None of mine'", vec![]).await.unwrap(), 0);
        let smuggle = "UPDATE roles SET workspace_id = $1";
        assert!(db.execute(scope, smuggle, params![ann.workspace]).await.is_err());
    }
}

#[db_test]
async fn a_workspace_goes_with_its_roles(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let role = make(&world, &ann, "Ours", None, &["audit.read"]).await;
    give(&world, &ann, &bob, &role).await;
    let group = group(&world, &ann, "Group", &[&bob]).await;
    give_group(&world, &ann, &group, json!(role)).await;
    world.call(&ann, Method::POST, "/invitations", Some(json!({ "role": role }))).await;
    let gone = db.execute(Platform, "DELETE FROM workspaces WHERE id = $1", params![ann.workspace]).await.unwrap();
    assert_eq!(gone, 1);
    for sql in ["SELECT count(*) FROM roles", "SELECT count(*) FROM groups", "SELECT count(*) FROM invitations"] {
        assert_eq!(db.one::<(i64,)>(Platform, sql, vec![]).await.unwrap().0, 0, "{sql}");
    }
}
