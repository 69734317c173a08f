//! The audit log: written with the change, never changed, and nobody else's.

use axum::http::Method;
use contracts::{
    Audit as _,
    audit::{Action, ActorKind, Caller, Entry, Origin},
    tenancy::Role,
};
use database::{Engine, Platform, params};
use kernel::TenantScope;
use serde_json::json;
use tenancy::{AuditRow, AuditSearch, Chain};
use testkit::{TestDb, db_test};

use crate::support::{Person, World};

async fn entries(world: &World, chain: Chain) -> Vec<AuditRow> {
    world.tenancy.audit_entries(chain, &AuditSearch::default(), None, 100).await.unwrap().data
}

fn of(person: &Person) -> Chain {
    Chain(Some(person.workspace))
}

fn actions(rows: &[AuditRow]) -> Vec<&str> {
    rows.iter().map(|row| row.action.as_str()).collect()
}

#[db_test]
async fn acceptance_17_a_change_and_its_entry_come_together(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Member).await;
    let path = format!("/members/{}", bob.user);
    assert_eq!(world.call(&ann, Method::PATCH, &path, Some(json!({ "role": "admin" }))).await.0, 200);
    // What is refused changes nothing, and what is as it was is no change.
    assert_eq!(world.call(&bob, Method::PATCH, &path, Some(json!({ "role": "owner" }))).await.0, 403);
    assert_eq!(world.call(&ann, Method::PATCH, &path, Some(json!({ "role": "admin" }))).await.0, 200);

    let rows = entries(&world, of(&ann)).await;
    let changed: Vec<&AuditRow> = rows.iter().filter(|row| row.action == "member.role_changed").collect();
    let [changed] = changed[..] else { panic!("{:?}", actions(&rows)) };
    assert_eq!((changed.actor, changed.actor_kind()), (Some(ann.user), ActorKind::User));
    assert_eq!(
        (changed.subject_kind.as_deref(), changed.subject_id.clone()),
        (Some("user"), Some(bob.user.to_string()))
    );
    assert_eq!(
        (changed.before.as_deref(), changed.after.as_deref()),
        (Some(r#"{"role":"member"}"#), Some(r#"{"role":"admin"}"#))
    );
    assert_eq!(changed.ip.as_deref(), Some("127.0.0.1"));
    assert!(changed.request_id.as_deref().is_some_and(|id| id.starts_with("req_")), "{changed:?}");

    // Nor is an entry there without its change.
    let scope = TenantScope::assume(ann.workspace);
    let mut tx = db.begin(scope).await.unwrap();
    world.tenancy.record(&mut tx, Entry::of(Action::GroupCreated, &scope)).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(entries(&world, of(&ann)).await, rows);
}

#[db_test]
async fn acceptance_17_entries_are_never_changed(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let shared = world.tenancy.create_workspace(ann.user, "Shared").await.unwrap();
    let ours = world.enter(&ann, shared.workspace).await;
    for name in ["Design", "Research", "Sales"] {
        assert_eq!(world.call(&ours, Method::POST, "/groups", Some(json!({ "name": name }))).await.0, 201);
    }
    let before = entries(&world, of(&ours)).await;
    for sql in [
        "UPDATE audit_entries SET action = 'x'",
        "UPDATE audit_entries SET after_state = NULL WHERE position = 2",
        "DELETE FROM audit_entries WHERE position = 3",
        "DELETE FROM audit_entries",
        "UPDATE audit_heads SET position = 1",
        "DELETE FROM audit_heads",
    ] {
        assert!(db.execute(Platform, sql, params![]).await.is_err(), "{sql}");
    }
    assert_eq!(entries(&world, of(&ours)).await, before);
    let verdict = world.tenancy.verify_audit(of(&ours)).await.unwrap();
    assert_eq!((verdict.entries, verdict.broken_at), (4, None));

    // They go with their workspace, and that is written down where it stays.
    assert_eq!(world.call(&ours, Method::DELETE, "/workspace", None).await.0, 200);
    db.execute(Platform, "UPDATE workspaces SET purges_at = 1 WHERE id = $1", params![ours.workspace]).await.unwrap();
    assert_eq!(world.tenancy.purge().await.unwrap(), [ours.workspace]);
    assert_eq!(entries(&world, of(&ours)).await, []);
    let platform = entries(&world, Chain(None)).await;
    let purged = platform.iter().find(|row| row.action == "workspace.purged").unwrap();
    assert_eq!(purged.subject_id.as_deref(), Some(ours.workspace.to_string().as_str()));
}

#[db_test]
async fn acceptance_17_a_forged_entry_is_found(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    for name in ["Design", "Research", "Sales"] {
        world.call(&ann, Method::POST, "/groups", Some(json!({ "name": name }))).await;
    }
    let whole = world.tenancy.verify_audit(of(&ann)).await.unwrap();
    // Its own workspace, the sign-in and three groups.
    assert_eq!((whole.entries, whole.broken_at), (5, None));

    // Somebody who reaches the database as its owner, and does away with the triggers.
    let forge = async |statements: &[&'static str]| {
        crate::support::as_owner(&db, statements).await;
        world.tenancy.verify_audit(of(&ann)).await.unwrap().broken_at
    };
    assert_eq!(forge(&["UPDATE audit_entries SET after_state = '{}' WHERE position = 4"]).await, Some(4));
    let back = "UPDATE audit_entries SET after_state = '{\"name\":\"Research\"}' WHERE position = 4";
    assert_eq!(forge(&[back]).await, None);
    let swap = [
        "UPDATE audit_entries SET position = 40 WHERE position = 4",
        "UPDATE audit_entries SET position = 4 WHERE position = 5",
        "UPDATE audit_entries SET position = 5 WHERE position = 40",
    ];
    assert_eq!(forge(&swap).await, Some(4));
    assert_eq!(forge(&swap).await, None);
    assert_eq!(forge(&["DELETE FROM audit_entries WHERE position = 5"]).await, Some(5));
    assert_eq!(forge(&["DELETE FROM audit_entries WHERE position = 2"]).await, Some(2));
}

#[db_test]
async fn acceptance_17_who_acted_is_known_without_being_told(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let scope = TenantScope::assume(ann.workspace);
    let record = async || {
        let mut tx = db.begin(scope).await.unwrap();
        world.tenancy.record(&mut tx, Entry::of(Action::GroupCreated, &scope)).await.unwrap();
        tx.commit().await.unwrap();
        entries(&world, of(&ann)).await.remove(0)
    };
    let job = Origin::system("housekeeping").around(record()).await;
    assert_eq!(
        (job.actor_kind(), job.actor_name.as_deref(), job.actor),
        (ActorKind::System, Some("housekeeping"), None)
    );
    let command = Origin::operator("parlance workspace").around(record()).await;
    assert_eq!(
        (command.actor_kind(), command.actor_name.as_deref()),
        (ActorKind::Operator, Some("parlance workspace"))
    );
    let agent = Some("curl/8".to_owned());
    let request = Origin::request("req_12345678".to_owned(), [192, 0, 2, 7].into(), agent.clone());
    let caller = Caller { user: ann.user, key: None, impersonator: Some(ann.user) };
    let asked = request
        .around(async {
            Origin::is_called_by(caller);
            record().await
        })
        .await;
    assert_eq!((asked.actor, asked.impersonator, asked.user_agent), (Some(ann.user), Some(ann.user), agent));
    assert_eq!((asked.ip.as_deref(), asked.request_id.as_deref()), (Some("192.0.2.7"), Some("req_12345678")));
    assert_eq!(world.tenancy.verify_audit(of(&ann)).await.unwrap().broken_at, None);
}

#[db_test]
async fn acceptance_17_entries_written_at_once_stand_in_one_chain(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let names: Vec<String> = (0..12).map(|n| format!("Group {n}")).collect();
    let made = names.iter().map(|name| world.call(&ann, Method::POST, "/groups", Some(json!({ "name": name }))));
    for (status, body) in futures_util::future::join_all(made).await {
        assert_eq!(status, 201, "{body}");
    }
    let rows = entries(&world, of(&ann)).await;
    let positions: Vec<i64> = rows.iter().map(|row| row.position).collect();
    assert_eq!(positions, (1..=14).rev().collect::<Vec<_>>());
    assert_eq!(world.tenancy.verify_audit(of(&ann)).await.unwrap().broken_at, None);
}

#[db_test]
async fn acceptance_17_a_failed_login_names_nobody_unknown(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    for email in ["ann@example.com", "nobody-we-know@example.com", "hunter2 typed here"] {
        let body = json!({ "email": email, "password": "not the password" });
        assert!(matches!(world.call(&ann, Method::POST, "/auth/login", Some(body)).await.0, 401 | 422));
    }
    let failed: Vec<AuditRow> = entries(&world, Chain(None)).await;
    let failed: Vec<Option<String>> =
        failed.into_iter().filter(|row| row.action == "login.failed").map(|row| row.subject_id).collect();
    assert!(failed.contains(&Some(ann.user.to_string())) && failed.contains(&None), "{failed:?}");
    let kept = serde_json::to_string(&failed).unwrap();
    assert!(!kept.contains("nobody-we-know") && !kept.contains("hunter2"));
}

#[db_test]
async fn acceptance_17_the_second_wall_stands_around_entries(db: TestDb) {
    if db.engine() != Engine::Postgres {
        return;
    }
    let world = World::new(&db);
    let (ann, bob) = (world.join("ann").await, world.join("bob").await);
    let seen: Vec<(Option<kernel::WorkspaceId>,)> =
        db.all(TenantScope::assume(ann.workspace), "SELECT workspace_id FROM audit_entries", vec![]).await.unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|(workspace,)| *workspace == Some(ann.workspace)));
    let scope = TenantScope::assume(bob.workspace);
    for entry in
        [Entry::of(Action::GroupCreated, &TenantScope::assume(ann.workspace)), Entry::platform(Action::LoginFailed)]
    {
        let mut tx = db.begin(scope).await.unwrap();
        assert!(world.tenancy.record(&mut tx, entry).await.is_err());
    }
}

/// The answer's text, which is no JSON.
async fn text(world: &World, who: &Person, path: &str) -> String {
    let (status, text) = world.text(who, path).await;
    assert_eq!(status, 200, "{text}");
    text
}

#[db_test]
async fn acceptance_17_the_log_is_searched_and_exported_whole(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.member("bob", ann.workspace, Role::Admin).await;
    let scope = TenantScope::assume(ann.workspace);
    let mut tx = db.begin(scope).await.unwrap();
    for number in 0..1100 {
        let entry = Entry::of(Action::GroupCreated, &scope).after(json!({ "name": format!("=Group {number}") }));
        world.tenancy.record(&mut tx, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.call(&bob, Method::PATCH, "/workspace", Some(json!({ "name": "=cmd()" }))).await.0, 200);

    let (_, page) = world.get(&ann, "/audit?limit=2").await;
    assert_eq!(page["data"][0]["action"], "workspace.renamed");
    assert_eq!(page["data"][0]["actor"]["name"], "bob");
    assert_eq!(page["data"][0]["after"], json!({ "name": "=cmd()" }));
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, next) = world.get(&ann, &format!("/audit?limit=2&cursor={cursor}")).await;
    assert_eq!(next["data"][0]["after"], json!({ "name": "=Group 1098" }));
    for (query, found) in [
        ("action=workspace.*".to_owned(), 2),
        ("action=workspace.renamed".to_owned(), 1),
        (format!("actor={}&action=workspace.*", bob.user), 1),
        (format!("subject={}", bob.user), 1),
        (format!("subject={}&actor={}", bob.user, bob.user), 0),
        ("until=2020-01-01T00:00:00Z".to_owned(), 0),
        ("from=2020-01-01T00:00:00Z&action=member.added".to_owned(), 1),
    ] {
        let (status, page) = world.get(&ann, &format!("/audit?{query}")).await;
        assert_eq!((status, page["data"].as_array().map(Vec::len)), (200, Some(found)), "{query}: {page}");
    }
    for query in ["action=nonsense", "action=nonsense.*", "actor=me", "from=yesterday", "limit=0"] {
        assert_eq!(world.get(&ann, &format!("/audit?{query}")).await.0, 400, "{query}");
    }

    let (_, verified) = world.get(&ann, "/audit/verification").await;
    assert_eq!((&verified["verified"], &verified["broken_at"]), (&json!(true), &json!(null)));
    let lines = text(&world, &ann, "/audit/export?format=jsonl").await;
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions: Vec<i64> = lines.iter().map(|line| line["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, (1..=verified["entries"].as_i64().unwrap() + 1).collect::<Vec<_>>());
    assert_eq!(lines.last().unwrap()["action"], "audit.exported");
    let table = text(&world, &ann, "/audit/export?format=csv").await;
    assert!(table.starts_with("position,id,occurred_at,action,"));
    assert_eq!(table.lines().count(), lines.len() + 2);
    assert_eq!(world.get(&ann, "/audit/export?format=pdf").await.0, 400);
    // Nobody else's, and not everybody's.
    let guest = world.member("guest", ann.workspace, Role::Member).await;
    for path in ["/audit", "/audit/export?format=csv", "/audit/verification"] {
        assert_eq!(world.get(&guest, path).await.0, 403, "{path}");
    }
    let stranger = world.join("stranger").await;
    let (_, theirs) = world.get(&stranger, "/audit").await;
    assert!(!theirs.to_string().contains("Group") && !theirs.to_string().contains("bob@example.com"));
}
