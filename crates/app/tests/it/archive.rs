//! A workspace taken along: everything that is its own, nothing that is a secret, a member's own or another's.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read as _},
};

use contracts::tenancy::Role;
use database::{Engine, Platform};
use http_body_util::BodyExt as _;
use hyper::Method;
use kernel::WorkspaceId;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::{
    isolation::Theirs,
    support::{Person, TestApp, request, text},
};

/// The files of the archive.
async fn archive(person: &Person<'_>) -> BTreeMap<String, Vec<u8>> {
    let asked = request(Method::GET, "/workspace/archive", Some(&person.token), None);
    let answer = person.app().answer(asked).await;
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(answer.headers()["content-type"], "application/zip");
    let whole = answer.into_body().collect().await.unwrap().to_bytes();
    let mut zip = zip::ZipArchive::new(Cursor::new(whole.to_vec())).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        assert!(file.enclosed_name().is_some(), "{name} leaves its folder");
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.insert(name, content);
    }
    files
}

fn lines(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<Value> {
    let text = std::str::from_utf8(&files[name]).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Tables of workspaces that are in no archive, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("audit_heads", "the end of the audit log, which the log itself shows"),
    ("budget_holds", "what calls under way have reserved, for seconds"),
    ("budget_warnings", "which warnings were given, so that none is given twice"),
    ("idempotency_keys", "answers kept for a day for clients that repeat themselves"),
    ("jobs", "work on its way, and for a while what became of it"),
    ("member_profile_values", "the profiles once more, to search in"),
    ("outbox", "events on their way, about what is in the archive"),
    ("run_journal", "answers that are being written"),
    ("shares", "whom people let into their own conversations, which are theirs to tell"),
    ("scim_tokens", "holds nothing but the hash of a secret and when it was used"),
];

#[db_test]
async fn every_table_of_a_workspace_is_in_its_archive_or_is_left_out_for_a_reason(db: TestDb) {
    let app = TestApp::start(&db).await;
    let sql = match db.engine() {
        Engine::Sqlite => {
            "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.name = 'workspace_id'"
        }
        Engine::Postgres => {
            "SELECT c.table_name::text FROM information_schema.columns c JOIN information_schema.tables t
                 ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
             WHERE c.table_schema = current_schema() AND c.column_name = 'workspace_id'"
        }
    };
    let tables: Vec<(String,)> = db.all(Platform, sql, Vec::new()).await.unwrap();
    let tables: BTreeSet<String> = tables.into_iter().map(|(table,)| table).collect();
    let archived: BTreeSet<&str> = app.platform.tenancy.archived_tables().into_iter().collect();
    for table in &tables {
        let left_out = LEFT_OUT.iter().any(|(name, _)| name == table);
        assert!(
            archived.contains(table.as_str()) != left_out,
            "{table}: give it to the archive (`contracts::archived!`), or say here why not"
        );
    }
    for (name, _) in LEFT_OUT {
        assert!(tables.contains(*name), "there is no table {name} any more");
    }
}

#[db_test]
async fn acceptance_14_an_archive_holds_what_is_the_workspaces_and_nothing_else(db: TestDb) {
    let app = TestApp::start(&db).await;
    let other = app.sign_up("other@example.com").await;
    Theirs::of(&other).await;
    let home = app.sign_up("ada@example.com").await;
    let ada = home.workspace("Research").await;
    let ours = Theirs::of(&ada).await;
    let workspace: WorkspaceId = ada.workspace_id().parse().unwrap();
    let member = app.sign_up("mai@example.com").await;
    app.platform.tenancy.add_member(workspace, member.user_id().parse().unwrap(), Role::Member).await.unwrap();
    let mai = member.enter(&ada.workspace_id()).await;
    let theirs = mai.conversation().await;
    mai.say(&theirs, "/echo a word of Mai's").await;
    let file = text(&mai.upload().await.expect(201)["id"]);
    let key = text(&ada.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);

    let files = archive(&ada).await;
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!((&manifest["version"], &manifest["conversations_of"]), (&json!(1), &json!("made_for")));
    assert_eq!(manifest["workspace_id"], ada.workspace_id());
    for listed in manifest["files"].as_array().unwrap() {
        let (name, count) = (text(&listed["name"]), listed["count"].as_u64().unwrap());
        let found = match name.strip_suffix('/') {
            Some(_) => files.keys().filter(|file| file.starts_with(&name)).count(),
            None => lines(&files, &name).len(),
        };
        assert_eq!(u64::try_from(found).unwrap(), count, "{name}");
    }
    let emails: Vec<String> = lines(&files, "members.jsonl").iter().map(|member| text(&member["email"])).collect();
    assert_eq!(emails.len(), 2);
    assert!(emails.contains(&"mai@example.com".to_owned()), "{emails:?}");
    assert_eq!(lines(&files, "settings.jsonl")[0]["name"], "Research");
    assert_eq!(lines(&files, "conversations.jsonl").len(), 1);
    assert_eq!(lines(&files, "conversations.jsonl")[0]["id"], ours.conversation);
    assert_eq!(lines(&files, "messages.jsonl").len(), 2);
    assert_eq!(lines(&files, "runs.jsonl").len(), 1);
    let contents: Vec<&String> = files.keys().filter(|name| name.starts_with("files/")).collect();
    assert_eq!(contents.len(), 1);
    assert!(contents[0].starts_with(&format!("files/{}-", ours.file)), "{contents:?}");
    assert!(lines(&files, "usage.jsonl").len() >= 2, "everybody's, as an owner sees it anyway");
    // The archive notes itself.
    let log = lines(&files, "audit_log.jsonl");
    assert_eq!(log.last().unwrap()["action"], "workspace.exported");
    assert_eq!(log.len(), usize::try_from(log.last().unwrap()["position"].as_i64().unwrap()).unwrap());
    for name in [
        "roles",
        "groups",
        "group_members",
        "invitations",
        "api_keys",
        "domains",
        "routes",
        "connections",
        "budgets",
        "guardrails",
        "audit_streams",
    ] {
        assert!(!lines(&files, &format!("{name}.jsonl")).is_empty(), "{name}");
    }

    let whole: Vec<u8> = files.values().flatten().copied().collect();
    let whole = String::from_utf8_lossy(&whole);
    let raw = key.trim_start_matches("sk-parl-");
    // The ledger names a member's conversation, and says no word of it.
    for absent in ["a word of Mai's", &file, raw, "sk-a-secret-of-ours", "token_hash", "sealed", "argon2"] {
        assert!(!whole.contains(absent), "{absent}");
    }
    for absent in [other.user_id(), other.workspace_id(), "other@example.com".to_owned()] {
        assert!(!whole.contains(&absent), "{absent}");
    }
}

#[db_test]
async fn an_operator_can_let_an_archive_hold_everybodys_conversations(db: TestDb) {
    let app = TestApp::with(&db, |config| config.archive.members_chats = true).await;
    let home = app.sign_up("ada@example.com").await;
    let ada = home.workspace("Research").await;
    let workspace: WorkspaceId = ada.workspace_id().parse().unwrap();
    let member = app.sign_up("mai@example.com").await;
    app.platform.tenancy.add_member(workspace, member.user_id().parse().unwrap(), Role::Member).await.unwrap();
    let mai = member.enter(&ada.workspace_id()).await;
    let theirs = mai.conversation().await;
    mai.say(&theirs, "/echo a word of Mai's").await;
    // In another workspace of hers it is her own.
    let elsewhere = member.conversation().await;
    member.say(&elsewhere, "/echo at home").await;
    let files = archive(&ada).await;
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["conversations_of"], "everybody");
    let kept: Vec<String> = lines(&files, "conversations.jsonl").iter().map(|line| text(&line["id"])).collect();
    assert_eq!(kept, [theirs]);
    assert!(lines(&files, "messages.jsonl").iter().any(|line| line.to_string().contains("a word of Mai's")));
}

#[db_test]
async fn only_an_owner_who_proves_it_takes_the_workspace_along(db: TestDb) {
    let app = TestApp::start(&db).await;
    let home = app.sign_up("ada@example.com").await;
    let ada = home.workspace("Research").await;
    let workspace: WorkspaceId = ada.workspace_id().parse().unwrap();
    let member = app.sign_up("mai@example.com").await;
    app.platform.tenancy.add_member(workspace, member.user_id().parse().unwrap(), Role::Admin).await.unwrap();
    let mai = member.enter(&ada.workspace_id()).await;
    assert_eq!(mai.get("/workspace/archive").await.code(), "forbidden");
    let key = text(&ada.post("/keys", json!({ "name": "program" })).await.expect(201)["secret"]);
    assert_eq!(app.call(Method::GET, "/workspace/archive", Some(&key), None).await.code(), "forbidden");
    db.execute(Platform, "UPDATE sessions SET proved_at = 1", Vec::new()).await.unwrap();
    assert_eq!(ada.get("/workspace/archive").await.code(), "step_up_required");
}
