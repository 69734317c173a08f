//! What a workspace knows of its members: by its own schema, found by administrators, gone with the membership.

use axum::http::Method;
use contracts::{PersonalData as _, tenancy::Role};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{Person, World, outcome};

async fn set(world: &World, who: &Person, path: &str, attributes: Value) -> (u16, Value) {
    world.call(who, Method::PUT, path, Some(json!({ "attributes": attributes }))).await
}

fn emails(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|row| row["email"].as_str().unwrap()).collect()
}

#[db_test]
async fn attributes_follow_the_workspaces_schema(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Guest).await;
    let (status, empty) = world.get(&bob, "/profile").await;
    assert_eq!((status, &empty["attributes"], &empty["updated_at"]), (200, &json!({}), &Value::Null));
    // Without a schema anything goes.
    assert_eq!(set(&world, &bob, "/profile", json!({ "floor": "third", "nested": { "a": [1, null] } })).await.0, 200);

    let schema = json!({
        "type": "object",
        "required": ["department"],
        "properties": { "department": { "enum": ["Sales", "Research"] }, "floor": { "type": "integer", "minimum": 1 } },
    });
    let path = "/workspace/profile-schema";
    let (status, now) = world.call(&ann, Method::PUT, path, Some(json!({ "schema": schema }))).await;
    assert_eq!((status, &now["not_following"], &now["schema"]), (200, &json!(1), &schema));
    assert_eq!(world.get(&bob, path).await.1["schema"], schema);
    let (_, stays) = world.get(&bob, "/profile").await;
    assert_eq!((&stays["attributes"]["floor"], stays["faults"].as_array().unwrap().len()), (&json!("third"), 2));

    let refused = set(&world, &bob, "/profile", json!({ "department": "Golf", "floor": 0 })).await;
    assert_eq!(outcome(&refused), (422, "invalid_body"));
    let fields: Vec<&str> =
        refused.1["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["attributes.department", "attributes.floor"]);
    assert_eq!(world.get(&bob, "/profile").await.1["attributes"]["floor"], "third", "nothing has changed");
    let (status, good) = set(&world, &bob, "/profile", json!({ "department": "Sales", "floor": 3 })).await;
    assert_eq!((status, &good["faults"]), (200, &json!([])));

    for bad in [json!({ "type": "objekt" }), json!({ "$ref": "http://127.0.0.1:9/schema" })] {
        let refused = world.call(&ann, Method::PUT, path, Some(json!({ "schema": bad }))).await;
        assert_eq!((outcome(&refused), &refused.1["errors"][0]["field"]), ((422, "invalid_body"), &json!("schema")));
    }
    assert_eq!(world.get(&ann, path).await.1["schema"], schema);
    let large = set(&world, &bob, "/profile", json!({ "department": "Sales", "note": "x".repeat(17_000) })).await;
    assert_eq!(outcome(&large), (422, "invalid_body"));
    assert_eq!(world.call(&ann, Method::PUT, path, Some(json!({ "schema": null }))).await.1["not_following"], 0);
    assert_eq!(set(&world, &bob, "/profile", json!({ "floor": "any" })).await.0, 200);
}

#[db_test]
async fn administrators_find_and_keep_them_and_others_do_not(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let eve = world.member("eve", ann.workspace, Role::Guest).await;
    let of = |person: &Person| format!("/members/{}/profile", person.user);
    assert_eq!(
        set(&world, &ann, &of(&bob), json!({ "team": { "name": "100% Übung" }, "skills": ["Rust"] })).await.0,
        200
    );
    assert_eq!(set(&world, &ann, &of(&eve), json!({ "team": { "name": "Sales" }, "rust": "no" })).await.0, 200);
    assert_eq!(outcome(&set(&world, &bob, &of(&eve), json!({})).await), (403, "forbidden"));
    assert_eq!(world.get(&bob, &of(&eve)).await.0, 200);
    assert_eq!(outcome(&world.get(&eve, &of(&bob)).await), (403, "forbidden"));
    assert_eq!(outcome(&world.get(&bob, "/profiles").await), (403, "forbidden"));

    for (query, expected) in [
        ("", &["bob@example.com", "eve@example.com"][..]),
        ("?q=%C3%9CBUNG", &["bob@example.com"]),
        ("?q=100%25", &["bob@example.com"]),
        ("?q=_", &[]),
        ("?q=rust", &["bob@example.com"]),
        ("?field=rust", &["eve@example.com"]),
        ("?field=team.name&q=sal", &["eve@example.com"]),
        ("?field=skills&q=sal", &[]),
    ] {
        let (status, page) = world.get(&ann, &format!("/profiles{query}")).await;
        let mut found = emails(&page);
        found.sort_unstable();
        assert_eq!((status, &found[..]), (200, expected), "{query}");
    }
    let (_, first) = world.get(&ann, "/profiles?limit=1").await;
    let next = format!("/profiles?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    let (_, second) = world.get(&ann, &next).await;
    assert_ne!(emails(&first), emails(&second));
    assert_eq!(second["next_cursor"], Value::Null);

    // Elsewhere nothing of it is known, and what is found is what is there now.
    let (_, elsewhere) = world.get(&eve, "/profile").await;
    assert_eq!(elsewhere["attributes"]["rust"], "no");
    assert_eq!(set(&world, &eve, "/profile", json!({ "hobby": "chess" })).await.0, 200);
    assert_eq!(emails(&world.get(&ann, "/profiles?q=sales").await.1), Vec::<&str>::new());
    let kept = world.tenancy.page(eve.user, None).await.unwrap().items;
    assert!(kept.iter().any(|at| at["profile"] == json!({ "hobby": "chess" })), "{kept:?}");

    // The log names the fields and not what is in them.
    let (_, log) = world.get(&ann, "/audit?action=member_profile.updated").await;
    assert!(log.to_string().contains("hobby") && !log.to_string().contains("chess"), "{log}");

    let removed = format!("/members/{}", eve.user);
    assert_eq!(world.call(&ann, Method::DELETE, &removed, None).await.0, 204);
    assert_eq!(outcome(&world.get(&ann, &of(&eve)).await), (404, "not_found"));
    assert_eq!(emails(&world.get(&ann, "/profiles").await.1), ["bob@example.com"]);
    let (left,): (i64,) = db
        .one(database::Platform, "SELECT count(*) FROM member_profile_values WHERE value = 'chess'", Vec::new())
        .await
        .unwrap();
    assert_eq!(left, 0);
}
