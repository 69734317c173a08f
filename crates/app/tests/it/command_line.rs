//! What is typed: each mistake gets one line that says what to do, and a non-zero exit.

use std::{
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::Value;
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

    let listed = run(data.path(), &["workspace", "list"], &variables, "");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.starts_with("ws_"), "{listed}");
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
