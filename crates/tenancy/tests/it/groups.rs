//! Groups through the API: made, filled, emptied, and by whom.

use axum::http::Method;
use contracts::tenancy::Role;
use database::{Engine, params};
use kernel::{GroupId, TenantScope};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{Person, World, outcome};

async fn make(world: &World, who: &Person, name: &str) -> String {
    let (status, group) = world.call(who, Method::POST, "/groups", Some(json!({ "name": name }))).await;
    assert_eq!(status, 201, "{group}");
    group["id"].as_str().unwrap().to_owned()
}

fn names(page: &Value, field: &str) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
}

#[db_test]
async fn groups_are_made_filled_and_deleted(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let research = make(&world, &ann, " Research ").await;
    assert!(research.starts_with("grp_"), "{research}");
    make(&world, &ann, "Design").await;
    let taken = world.call(&ann, Method::POST, "/groups", Some(json!({ "name": "Research" }))).await;
    assert_eq!(outcome(&taken), (409, "conflict"));

    for member in [bob.user, ann.user, bob.user] {
        let path = format!("/groups/{research}/members/{member}");
        assert_eq!(world.call(&ann, Method::PUT, &path, None).await.0, 204);
    }
    let (_, page) = world.get(&bob, "/groups").await;
    assert_eq!(names(&page, "name"), ["Design", "Research"]);
    assert_eq!((&page["data"][0]["members"], &page["data"][1]["members"]), (&json!(0), &json!(2)));
    let members = format!("/groups/{research}/members");
    let (_, page) = world.get(&bob, &members).await;
    assert_eq!(names(&page, "email"), ["ann@example.com", "bob@example.com"]);
    let (_, first) = world.get(&bob, &format!("{members}?limit=1")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = world.get(&bob, &format!("{members}?limit=1&cursor={cursor}")).await;
    assert_eq!((names(&second, "name"), &second["next_cursor"]), (vec!["bob".to_owned()], &Value::Null));

    let path = format!("/groups/{research}");
    let rename = world.call(&ann, Method::PATCH, &path, Some(json!({ "name": "Design" }))).await;
    assert_eq!(outcome(&rename), (409, "conflict"));
    let (_, renamed) = world.call(&ann, Method::PATCH, &path, Some(json!({ "name": "Science" }))).await;
    assert_eq!((&renamed["name"], &renamed["members"]), (&json!("Science"), &json!(2)));
    assert_eq!(world.get(&bob, &path).await, (200, renamed));

    for _ in 0..2 {
        let member = format!("{members}/{}", ann.user);
        assert_eq!(world.call(&ann, Method::DELETE, &member, None).await.0, 204);
    }
    assert_eq!(names(&world.get(&ann, &members).await.1, "name"), ["bob"]);
    // Who leaves the workspace has left its groups.
    world.call(&ann, Method::DELETE, &format!("/members/{}", bob.user), None).await;
    assert_eq!(world.get(&ann, &path).await.1["members"], 0);
    assert_eq!(world.call(&ann, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(outcome(&world.get(&ann, &path).await), (404, "not_found"));
    assert_eq!(outcome(&world.get(&ann, &members).await), (404, "not_found"));
    assert_eq!(world.role(&ann).await, Some(Role::Owner));
}

#[db_test]
async fn names_of_groups_are_checked(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let group = make(&world, &ann, "Research").await;
    for name in ["", "  ", "a\nb", "evil \u{202e}emca", &"x".repeat(81)] {
        for (method, path) in [(Method::POST, "/groups".to_owned()), (Method::PATCH, format!("/groups/{group}"))] {
            let answer = world.call(&ann, method, &path, Some(json!({ "name": name }))).await;
            assert_eq!(outcome(&answer), (422, "invalid_body"));
        }
    }
    let smuggled = json!({ "name": "X", "workspace_id": ann.workspace });
    assert_eq!(outcome(&world.call(&ann, Method::POST, "/groups", Some(smuggled)).await), (422, "invalid_body"));
}

#[db_test]
async fn acceptance_14_who_may_see_and_change_groups(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let stranger = world.join("stranger").await;
    let group = make(&world, &ann, "Research").await;
    let path = format!("/groups/{group}");
    let membership = format!("{path}/members/{}", ann.user);
    let changes = [
        (Method::POST, "/groups".to_owned(), Some(json!({ "name": "X" }))),
        (Method::PATCH, path.clone(), Some(json!({ "name": "X" }))),
        (Method::PUT, membership.clone(), None),
        (Method::DELETE, membership.clone(), None),
        (Method::DELETE, path.clone(), None),
    ];
    for (role, reads) in [(Role::Guest, 403), (Role::Member, 200)] {
        let somebody = world.member(role.as_str(), ann.workspace, role).await;
        for path in ["/groups", &path, &format!("{path}/members")] {
            assert_eq!(world.get(&somebody, path).await.0, reads, "{path} as {role:?}");
        }
        for (method, path, body) in changes.clone() {
            assert_eq!(outcome(&world.call(&somebody, method, &path, body).await), (403, "forbidden"), "{path}");
        }
    }
    assert_eq!(names(&world.get(&stranger, "/groups").await.1, "name").len(), 0);
    assert_eq!(outcome(&world.get(&stranger, &path).await), (404, "not_found"));
    for (method, path, body) in changes.into_iter().skip(1) {
        assert_eq!(outcome(&world.call(&stranger, method, &path, body).await), (404, "not_found"), "{path}");
    }
    // Nor does a stranger get into a group of ours, by us or by themselves.
    let theirs = format!("{path}/members/{}", stranger.user);
    assert_eq!(outcome(&world.call(&ann, Method::PUT, &theirs, None).await), (404, "not_found"));
    let (_, page) = world.get(&ann, "/groups").await;
    assert_eq!((&page["data"][0]["name"], &page["data"][0]["members"]), (&json!("Research"), &json!(0)));
    let admin = world.member("admin", ann.workspace, Role::Admin).await;
    assert_eq!(world.call(&admin, Method::PUT, &membership, None).await.0, 204);
}

#[db_test]
async fn acceptance_14_the_second_wall_stands_around_groups(db: TestDb) {
    if db.engine() != Engine::Postgres {
        return;
    }
    let world = World::new(&db);
    let (ann, bob) = (world.join("ann").await, world.join("bob").await);
    for person in [&ann, &bob] {
        let group = make(&world, person, "Ours").await.parse::<GroupId>().unwrap();
        world.tenancy.add_to_group(&person.actor(), group, person.user).await.unwrap();
    }
    let scope = TenantScope::assume(ann.workspace);
    let groups: Vec<(GroupId,)> = db.all(scope, "SELECT id FROM groups", vec![]).await.unwrap();
    let members: Vec<(GroupId,)> = db.all(scope, "SELECT group_id FROM group_members", vec![]).await.unwrap();
    assert_eq!((groups.len(), members.len()), (1, 1));
    assert_eq!(db.execute(scope, "DELETE FROM group_members", vec![]).await.unwrap(), 1);
    let smuggle = "INSERT INTO groups (id, workspace_id, name, created_at, updated_at) VALUES ($1, $2, 'X', 0, 0)";
    assert!(db.execute(scope, smuggle, params![uuid::Uuid::nil(), bob.workspace]).await.is_err());
    assert_eq!(world.get(&bob, "/groups").await.1["data"][0]["members"], 1);
}
