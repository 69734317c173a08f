//! PostgreSQL: each test gets a database cloned from a migrated template.

use std::time::Duration;

use database::{Db, Engine, Options};
use tokio_postgres::{Client, NoTls, error::SqlState};
use url::Url;

use super::{age_of_the_world, schema_name};

/// Where databases may be made and dropped.
const ADMIN: &str = "postgres://postgres@127.0.0.1:5432/postgres";
/// Serialises the making of templates ("testkit" in ASCII).
const LOCK: i64 = 0x74_6573_746b_6974;
/// What a test leaves behind when it is killed is removed after this.
const STALE: Duration = Duration::from_hours(1);

/// The name of a fresh database.
pub async fn create() -> String {
    let admin = admin().await;
    let now = age_of_the_world();
    let name = format!("parlance_test_{}_{}_{}", now.as_secs(), now.subsec_nanos(), std::process::id());
    let template = format!("parlance_template_{}", schema_name(Engine::Postgres));
    let clone = format!("CREATE DATABASE {name} TEMPLATE {template}");
    match admin.batch_execute(&clone).await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_DATABASE) => {
            make_template(&admin, &template).await;
            admin.batch_execute(&clone).await.expect("the template is cloned");
        }
        result => result.expect("the template is cloned"),
    }
    name
}

/// Drops it, whoever is still connected.
pub async fn remove(name: &str) {
    let dropped = admin().await.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    dropped.expect("the database is dropped");
}

/// The address of one database on the server.
pub fn url(name: &str) -> String {
    let mut url: Url = admin_url().parse().expect("PARLANCE_TEST_POSTGRES_URL is an address");
    url.set_path(name);
    url.into()
}

fn admin_url() -> String {
    std::env::var("PARLANCE_TEST_POSTGRES_URL").unwrap_or_else(|_| ADMIN.to_owned())
}

async fn admin() -> Client {
    let (client, connection) = tokio_postgres::connect(&admin_url(), NoTls)
        .await
        .unwrap_or_else(|error| panic!("tests need PostgreSQL (PARLANCE_TEST_POSTGRES_URL): {error}"));
    tokio::spawn(connection);
    client
}

/// Makes the template under a name of its own and renames it, so that a killed test leaves no half one.
async fn make_template(admin: &Client, template: &str) {
    admin.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.expect("the lock is free");
    let exists = admin.query("SELECT FROM pg_database WHERE datname = $1", &[&template]).await;
    if exists.expect("the catalogue answers").is_empty() {
        remove_stale(admin).await;
        let draft = format!("{template}_draft");
        for sql in [format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"), format!("CREATE DATABASE {draft}")] {
            admin.batch_execute(&sql).await.expect("a draft of the template is made");
        }
        let db = Db::connect(&Options::new(url(&draft))).await.expect("the draft takes connections");
        let migrated = db.migrate().await;
        db.close().await.expect("the draft is left");
        migrated.unwrap_or_else(|error| panic!("{error}"));
        // A backend leaves a moment after its client, and a database in use can't be renamed.
        let alone = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
        admin.query(alone, &[&draft]).await.expect("the draft is left alone");
        let rename = format!("ALTER DATABASE {draft} RENAME TO {template}");
        admin.batch_execute(&rename).await.expect("the template is put in place");
    }
    admin.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await.expect("the lock is given back");
}

/// Drops test databases and templates that were made long ago. One in use stays.
async fn remove_stale(admin: &Client) {
    let old = "SELECT datname FROM pg_database \
        WHERE datname ~ '^parlance_(test|template)_' \
        AND (pg_stat_file('base/' || oid || '/PG_VERSION')).modification < now() - make_interval(secs => $1)";
    let rows = admin.query(old, &[&STALE.as_secs_f64()]).await.expect("the catalogue answers");
    for row in rows {
        let name: String = row.get(0);
        let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
    }
}
