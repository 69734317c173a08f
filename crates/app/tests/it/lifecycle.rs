//! The end of a workspace: closed at once to everybody, given back within its grace, and purged of
//! every row afterwards.

use std::collections::BTreeMap;

use contracts::tenancy::Role;
use database::{Db, Engine, Platform, params};
use hyper::Method;
use kernel::WorkspaceId;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::{
    isolation::{Theirs, snapshot},
    support::{Answer, TestApp, request, text},
};

fn outcome(answer: Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

fn closed() -> (u16, String) {
    (403, "workspace_deleted".to_owned())
}

#[db_test]
async fn acceptance_19_a_deleted_workspace_is_closed_to_members_and_keys_at_once(db: TestDb) {
    let app = TestApp::start(&db).await;
    let home = app.sign_up("ada@example.com").await;
    let ada = home.workspace("Research").await;
    let member = app.sign_up("mai@example.com").await;
    let workspace: WorkspaceId = ada.workspace_id().parse().unwrap();
    app.platform.tenancy.add_member(workspace, member.user_id().parse().unwrap(), Role::Admin).await.unwrap();
    let mai = member.enter(&ada.workspace_id()).await;
    let conversation = ada.conversation().await;
    ada.say(&conversation, "/echo kept").await;
    let key = text(&ada.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);
    let ask = json!({
        "model": "demo/parlance", "max_tokens": 8, "messages": [{ "role": "user", "content": "/echo hello" }],
    });
    let call = async |path: &str| app.call(Method::POST, path, Some(&key), Some(ask.clone())).await;
    call("/v1/chat/completions").await.expect(200);

    assert_eq!(outcome(mai.delete("/workspace").await), (403, "forbidden".to_owned()));
    let deleted = ada.delete("/workspace").await.expect(200);
    assert_eq!(deleted["name"], "Research");
    for person in [&ada, &mai] {
        assert_eq!(outcome(person.get("/conversations").await), closed());
        assert_eq!(outcome(person.get("/workspace").await), closed());
        let run = json!({ "message": { "text": "/echo more" } });
        assert_eq!(outcome(person.post(&format!("/conversations/{conversation}/runs"), run).await), closed());
    }
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let refused = call(path).await;
        assert_eq!(refused.status.as_u16(), 403, "{}", refused.text);
        assert!(refused.text.contains("deleted this workspace"), "{}", refused.text);
    }
    assert_eq!(outcome(app.call(Method::GET, "/keys", Some(&key), None).await), closed());
    // Nobody can move there, nor sees it among theirs.
    let mut refresh = request(Method::POST, "/auth/refresh", None, Some(json!({ "workspace": workspace })));
    refresh.headers_mut().insert("cookie", ada.cookie.parse().unwrap());
    assert_eq!(app.send(refresh).await.status.as_u16(), 404);
    assert_eq!(home.get("/workspaces").await.expect(200)["data"].as_array().unwrap().len(), 1);

    let restore = format!("/workspaces/{workspace}/restore");
    assert_eq!(outcome(member.post(&restore, json!({})).await), (404, "not_found".to_owned()), "an administrator");
    let restored = home.post(&restore, json!({})).await.expect(200);
    assert_eq!((&restored["name"], &restored["role"]), (&json!("Research"), &json!("owner")));
    // The tokens and the keys of before, as they were.
    let page = ada.get("/conversations").await.expect(200);
    assert_eq!(page["data"][0]["id"], conversation.as_str());
    mai.get("/members").await.expect(200);
    call("/v1/chat/completions").await.expect(200);
    assert_eq!(outcome(home.post(&restore, json!({})).await), (404, "not_found".to_owned()), "twice");
}

/// How many rows each table has that says whose its rows are.
async fn rows(db: &Db, workspace: WorkspaceId) -> BTreeMap<String, i64> {
    let tables: Vec<(String,)> = match db.engine() {
        Engine::Sqlite => {
            let sql = "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                       WHERE m.type = 'table' AND c.name = 'workspace_id'";
            db.all(Platform, sql, Vec::new()).await.unwrap()
        }
        Engine::Postgres => {
            let sql = "SELECT table_name::text FROM information_schema.columns
                       WHERE table_schema = current_schema() AND column_name = 'workspace_id'";
            db.all(Platform, sql, Vec::new()).await.unwrap()
        }
    };
    let mut counts = BTreeMap::new();
    for (table,) in tables {
        let sql: &'static str = format!("SELECT count(*) FROM {table} WHERE workspace_id = $1").leak();
        let (count,): (i64,) = db.one(Platform, sql, params![workspace]).await.unwrap();
        counts.insert(table, count);
    }
    counts
}

/// Tables that hold rows only while something is under way, which nothing is here. Whatever they hold goes
/// with the rows that they refer to.
const PASSING: [&str; 2] = ["budget_holds", "run_journal"];

#[db_test]
async fn acceptance_14_a_purged_workspace_leaves_no_row_in_any_table(db: TestDb) {
    let app = TestApp::start(&db).await;
    let home = app.sign_up("ada@example.com").await;
    let other = app.sign_up("other@example.com").await;
    Theirs::of(&other).await;
    let before = snapshot(&other).await;
    let ada = home.workspace("Doomed").await;
    let ours = Theirs::of(&ada).await;
    let workspace: WorkspaceId = ada.workspace_id().parse().unwrap();
    // What `Theirs` has no id of.
    let invited = ada.post("/invitations", json!({ "role": "guest" })).await.expect(201);
    let token = text(&invited["path"]).replace("/invite/", "");
    let guest = app.sign_up("guest@example.com").await;
    guest.post("/invitations/accept", json!({ "token": token })).await.expect(200);
    let tiny = json!({
        "name": "Tiny", "subject": { "kind": "group", "id": ours.group }, "period": "day", "limit_usd": "0.000000001",
        "hard": false,
    });
    let mut once = request(Method::POST, "/budgets", Some(&ada.token), Some(tiny));
    once.headers_mut().insert("idempotency-key", "once".parse().unwrap());
    app.send(once).await.expect(201);
    let runs = format!("/conversations/{}/runs", ours.conversation);
    let seen = json!({ "message": { "text": "/echo dear", "file_ids": [ours.file] }, "model": "demo/parlance-vision" });
    ada.stream(&runs, seen).await;
    let blocked = json!({ "message": { "text": "a secret of ours that is blocked" } });
    ada.post(&runs, blocked).await.expect(422);
    let provider = json!({
        "name": "Ours", "issuer": "https://login.example.com", "client_id": "parlance", "client_secret": "a secret of ours",
    });
    ada.put("/sso", provider).await.expect(200);
    ada.post("/sso/scim/token", Value::Null).await.expect(201);
    let ada_id: kernel::UserId = ada.user_id().parse().unwrap();
    let group: kernel::GroupId = ours.group.parse().unwrap();
    for (insert, values) in [
        (
            "INSERT INTO scim_users (workspace_id, user_id, user_name, user_name_lower, active, created_at, updated_at)
             VALUES ($1, $2, 'ada', 'ada', TRUE, 0, 0)",
            database::params![workspace, ada_id],
        ),
        ("INSERT INTO scim_groups (workspace_id, group_id) VALUES ($1, $2)", database::params![workspace, group]),
        (
            "INSERT INTO jobs (id, workspace_id, kind, lane, payload, state, due_at, attempts, claim, cancel_requested,
                 failures, created_at)
             VALUES ($2, $1, 'a.kind', '', '{}', 'delayed', 9000000000000000, 0, 0, FALSE, '[]', 0)",
            database::params![workspace, ada_id],
        ),
    ] {
        db.execute(Platform, insert, values).await.unwrap();
    }
    db.execute(
        Platform,
        "INSERT INTO workspace_plans (workspace_id, plan, set_at) VALUES ($1, 'free', 0)",
        params![workspace],
    )
    .await
    .unwrap();
    db.execute(
        Platform,
        "INSERT INTO cache_savings (workspace_id, day, user_id, answers, saved_nano) VALUES ($1, 0, $1, 1, 1)",
        params![workspace],
    )
    .await
    .unwrap();
    let full = rows(&db, workspace).await;
    assert!(full.len() > 20, "the tables are found: {full:?}");
    let empty: Vec<&String> = full.iter().filter(|(_, count)| **count == 0).map(|(table, _)| table).collect();
    assert!(
        empty.iter().all(|table| PASSING.contains(&table.as_str())),
        "this test must fill every table that tenants have rows in; it leaves {empty:?}"
    );

    ada.delete("/workspace").await.expect(200);
    app.platform.purge_workspaces().await.unwrap();
    let mut closed = full.clone();
    // The deletion itself is noted.
    *closed.entry("audit_entries".to_owned()).or_default() += 1;
    assert_eq!(rows(&db, workspace).await, closed, "the grace is not over");
    let list = home.get("/workspaces/deleted").await.expect(200);
    assert_eq!(list["data"][0]["id"], workspace.to_string());

    let over = "UPDATE workspaces SET purges_at = 1 WHERE id = $1";
    db.execute(Platform, over, params![workspace]).await.unwrap();
    app.platform.purge_workspaces().await.unwrap();
    let left: Vec<(String, i64)> = rows(&db, workspace).await.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(left, []);
    assert_eq!(home.get("/workspaces/deleted").await.expect(200)["data"], json!([]));
    let restore = home.post(&format!("/workspaces/{workspace}/restore"), json!({})).await;
    assert_eq!(restore.status.as_u16(), 404);
    assert_eq!(snapshot(&other).await, before, "another tenant's rows are as they were");
    let me: Value = home.get("/workspaces").await.expect(200);
    assert_eq!(me["data"].as_array().unwrap().len(), 1, "their person stays");
}
