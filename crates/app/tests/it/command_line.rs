//! What is typed: each mistake gets one line that says what to do, and a non-zero exit.

use std::{
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
};

use axum::http::Method;
use serde_json::{Value, json};
use sha2::Digest as _;
use testkit::{TestDb, db_test};

use crate::crash::command;

fn run(data: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut child = command(data)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early has closed its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn assert_refused(output: &Output, expected: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it should fail: {error}");
    assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    assert_eq!(error.trim_end().lines().count(), 1, "one line: {error}");
    assert!(!error.contains("panicked") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_bad_configuration_is_named() {
    let data = tempfile::tempdir().unwrap();
    for (variable, value, expected) in [
        ("PARLANCE_SERVER__PROT", "1", "prot"),
        ("PORT", "high", "server.port"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "postgres://"),
        ("RUST_LOG", "!!!", "log.filter"),
        ("PARLANCE_CONFIG", "missing.toml", "missing.toml"),
    ] {
        assert_refused(&run(data.path(), &["serve"], &[(variable, value)], ""), expected);
    }
    std::fs::write(data.path().join("parlance.toml"), "[server]\nport = \"x\"\n").unwrap();
    assert_refused(&run(data.path(), &["serve"], &[], ""), "port");
}

#[test]
fn a_port_in_use_is_named() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let variables = [("PORT", port.as_str()), ("PARLANCE_SERVER__HOST", "127.0.0.1")];
    assert_refused(&run(data.path(), &["serve"], &variables, ""), &format!("port {port} is in use"));
}

#[test]
fn a_database_that_is_down_is_named_without_its_password() {
    let data = tempfile::tempdir().unwrap();
    let output = run(data.path(), &["migrate"], &[("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/parlance")], "");
    assert_refused(&output, "127.0.0.1");
}

/// On PostgreSQL the application's role may not write the history; `database` proves it there.
#[tokio::test]
async fn a_database_from_the_future_is_refused() {
    let data = tempfile::tempdir().unwrap();
    assert!(run(data.path(), &["migrate"], &[], "").status.success());
    let url = format!("sqlite:{}", data.path().join("parlance.db").display());
    let db = database::Db::connect(&database::Options::new(url)).await.unwrap();
    db.execute(
        database::Platform,
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'future', 'none')",
        Vec::new(),
    )
    .await
    .unwrap();
    for arguments in [&["serve"][..], &["migrate"], &["workspace", "list"]] {
        assert_refused(&run(data.path(), arguments, &[("PORT", "0")], ""), "newer version");
    }
}

#[db_test]
#[allow(clippy::unused_async, reason = "the attribute runs a future")]
async fn users_and_workspaces_by_command(db: TestDb) {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATABASE_URL", db.url())];
    let create = ["user", "create", "--email", "Root@Example.com", "--password-stdin", "--platform-admin"];
    let made = run(data.path(), &create, &variables, "a rather long password\n");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(String::from_utf8_lossy(&made.stdout).starts_with("user_"));

    assert_refused(&run(data.path(), &create, &variables, "a rather long password\n"), "taken");
    assert_refused(&run(data.path(), &create, &variables, ""), "no password");
    let weak = ["user", "create", "--email", "b@example.com", "--password-stdin"];
    assert_refused(&run(data.path(), &weak, &variables, "short"), "8");

    let app = crate::support::TestApp::start(&db).await;
    let log_in = async |password: &str| {
        let body = json!({ "email": "root@example.com", "password": password });
        app.call(Method::POST, "/auth/login", None, Some(body)).await.status.as_u16()
    };
    assert_eq!(log_in("a rather long password").await, 200);
    let set = |email: &'static str| ["user", "set-password", "--email", email, "--password-stdin"];
    assert_refused(&run(data.path(), &set("nobody@example.com"), &variables, "another long one"), "no such user");
    assert_refused(&run(data.path(), &set("root@example.com"), &variables, "short"), "8");
    let done = run(data.path(), &set("ROOT@example.com"), &variables, "another long one\n");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!((log_in("a rather long password").await, log_in("another long one").await), (401, 200));

    let listed = run(data.path(), &["workspace", "list"], &variables, "");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.starts_with("ws_"), "{listed}");
}

#[db_test]
async fn a_bill_is_compared_with_the_ledger_by_command(db: TestDb) {
    let data = tempfile::tempdir().unwrap();
    let app = crate::support::TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let (workspace, user) = (owner.workspace_id(), owner.user_id().parse().unwrap());
    let prices = contracts::providers::Prices {
        extra: contracts::providers::ExtraPrices::default(),
        version: "1".into(),
        input: kernel::PicoUsd::new(2_500_000),
        output: kernel::PicoUsd::ZERO,
        cached_input: None,
        cache_write: None,
        reasoning: None,
        tiers: Vec::new(),
    };
    let usage = contracts::metering::NewUsage {
        id: app.platform.env.id(),
        user,
        conversation: None,
        run: None,
        key: None,
        model: "openai/gpt-5.2".into(),
        messages: 1,
        tokens: contracts::providers::TokenUsage { input: 1_000_000, ..Default::default() },
        estimated: false,
        prices: Some(prices),
        occurred_at: "2026-01-02T23:59:59Z".parse().unwrap(),
    };
    let scope = kernel::TenantScope::assume(workspace.parse().unwrap());
    let none = contracts::metering::Reservation::none();
    contracts::Metering::settle(&app.platform.metering, &scope, none, usage).await.unwrap();

    let file = data.path().join("costs.csv");
    let reconcile = |rows: &str, workspace: &str| {
        std::fs::write(&file, format!("date,model,cost_usd\n{rows}\n")).unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["usage", "reconcile", "--provider-export", file, "--workspace", workspace];
        let all = if workspace.is_empty() { &arguments[..4] } else { &arguments };
        run(data.path(), all, &[("DATABASE_URL", db.url())], "")
    };
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let header = "date\tmodel\tledger_usd\tprovider_usd\tdifference_usd\n";
    for scope in ["", &workspace] {
        let output = reconcile("2026-01-02,gpt-5.2-2025-12-11,2.5", scope);
        assert_eq!(said(&output), format!("{header}total\t2026-01-02 to 2026-01-02\t2.5\t2.5\t0\n"), "{output:?}");
        assert!(output.status.success());
    }
    let output = reconcile("2026-01-02,gpt-5.2,2.25\n2026-01-03,gpt-5.2,0.01", "");
    let lines = "2026-01-02\tgpt-5.2\t2.5\t2.25\t0.25\n2026-01-03\tgpt-5.2\t0\t0.01\t-0.01\n";
    let total = "total\t2026-01-02 to 2026-01-03\t2.5\t2.26\t0.24\n";
    assert_eq!((said(&output), output.status.code()), (format!("{header}{lines}{total}"), Some(1)));
    assert_refused(&reconcile("2026-01-02,gpt-5.2,much", ""), "row 1: `much` is no amount");
    assert_refused(&reconcile("2026-01-02,gpt-5.2,1", "Nowhere"), "no workspace `Nowhere`");
}

/// The hash that the database should have of a secret.
fn sha256(text: &str) -> Vec<u8> {
    sha2::Sha256::digest(text.as_bytes()).to_vec()
}

#[db_test]
#[allow(clippy::unused_async, reason = "the attribute runs a future")]
async fn api_keys_by_command(db: TestDb) {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATABASE_URL", db.url())];
    let parlance = |arguments: &[&str]| run(data.path(), arguments, &variables, "a rather long password\n");
    let user = parlance(&["user", "create", "--email", "ann@example.com", "--password-stdin"]);
    assert!(user.status.success(), "{user:?}");
    let workspaces = String::from_utf8(parlance(&["workspace", "list"]).stdout).unwrap();
    let workspace = workspaces.split('\t').next().unwrap();

    let made = parlance(&["key", "create", "--user", "Ann@Example.com", "--name", "CI"]);
    let output = String::from_utf8(made.stdout).unwrap();
    let secret = output.strip_suffix('\n').expect("one line");
    assert!(made.status.success() && made.stderr.is_empty(), "the key alone: {:?}", made.stderr);
    assert!(secret.starts_with("sk-parl-") && secret.len() == 57, "the key alone: {secret}");
    let row: (Vec<u8>, String, Option<i64>) =
        db.one(database::Platform, "SELECT secret_hash, name, expires_at FROM api_keys", Vec::new()).await.unwrap();
    assert_eq!(row, (sha256(secret), "CI".to_owned(), None));

    let wide = ["--scope", "read", "--scope", "write", "--expires-in", "30", "--workspace", workspace];
    let made = parlance(&[&["key", "create", "--user", "ann@example.com", "--name", "All"], &wide[..]].concat());
    assert!(made.status.success(), "{made:?}");
    let listed = String::from_utf8(parlance(&["key", "list"]).stdout).unwrap();
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 2, "{listed}");
    assert_eq!(rows[0][1..], [workspace, "ann@example.com", &secret[..12], "inference", "CI"]);
    assert_eq!(rows[1][4..], ["read,write", "All"]);
    assert!(!listed.contains(&secret[12..]));

    assert!(parlance(&["key", "revoke", rows[0][0]]).status.success());
    let left = String::from_utf8(parlance(&["key", "list"]).stdout).unwrap();
    assert_eq!(left.lines().count(), 1, "{left}");

    let create = |user: &str, name: &str, more: &[&str]| {
        parlance(&[&["key", "create", "--user", user, "--name", name], more].concat())
    };
    assert_refused(&create("bob@example.com", "x", &[]), "bob@example.com is not a user here");
    assert_refused(&create("ann@example.com", " ", &[]), "name");
    assert_refused(&create("ann@example.com", "x", &["--workspace", "nowhere"]), "nowhere");
    assert_refused(&parlance(&["key", "revoke", "key_01h455vb4pex5vsknk084sn02q"]), "no such API key");
    assert!(!create("ann@example.com", "x", &["--scope", "admin"]).status.success());
    assert!(!create("ann@example.com", "x", &["--expires-in", "0"]).status.success());
    assert!(!parlance(&["key", "revoke", rows[0][3]]).status.success(), "a secret's start is no id");
}

#[test]
fn migrate_openapi_and_doctor_say_what_they_found() {
    let data = tempfile::tempdir().unwrap();
    let first = run(data.path(), &["migrate"], &[], "");
    assert!(String::from_utf8_lossy(&first.stdout).contains("applied"), "{first:?}");
    let second = run(data.path(), &["migrate"], &[], "");
    assert_eq!(String::from_utf8_lossy(&second.stdout), "The database is up to date.\n");

    let document = run(data.path(), &["openapi"], &[], "");
    let document: Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");

    let doctor = run(data.path(), &["doctor"], &[("OPENAI_API_KEY", "sk-hunter2")], "");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success(), "{said}");
    assert!(said.contains("OpenAI") && !said.contains("hunter2"), "{said}");
    let ill = run(data.path(), &["doctor"], &[("REDIS_URL", "redis://127.0.0.1:1")], "");
    assert!(!ill.status.success());
    assert!(String::from_utf8_lossy(&ill.stdout).contains("fail  redis"));
}
