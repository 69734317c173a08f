//! PostgreSQL: each test leases a database that no other test uses at the time, and finds it as if it
//! were just migrated. Cloning a template takes the server a quarter of a second, emptying what the
//! last test wrote a few milliseconds; so a database is made once and used again.
//!
//! A test that changes the schema does so by a migration ([`Db::migrate_to`]); its database is dropped.

use std::time::Duration;

use database::{Db, Engine, Migration, Options, migrations};
use tokio_postgres::{Client, Config, NoTls, error::SqlState};
use url::Url;

use super::schema_name;

/// Where databases may be made and dropped.
const ADMIN: &str = "postgres://postgres@127.0.0.1:5432/postgres";
/// Serialises the making of templates, and marks a database as leased ("testkit" in ASCII).
const LOCK: i64 = 0x74_6573_746b_6974;
/// Databases of other schemas are dropped after this.
const STALE: Duration = Duration::from_hours(1);

/// Whether the schema is as it was made: the migrations, no more.
const UNCHANGED: &str = "SELECT count(*) = $1 FROM schema_migrations";
/// Empties the tables that hold anything. Triggers are off, because a ledger refuses to be emptied.
const EMPTY: &str = "SET session_replication_role = replica;
    DO $$ DECLARE name text; used bool; list text; BEGIN
        FOR name IN SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r'
            AND relnamespace = 'public'::regnamespace AND relname <> 'schema_migrations'
        LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO used;
            IF used THEN list := concat_ws(', ', list, name); END IF;
        END LOOP;
        IF list IS NOT NULL THEN EXECUTE 'TRUNCATE ' || list || ' RESTART IDENTITY CASCADE'; END IF;
    END $$";
/// Ends what an earlier test left running, and waits for it; but not others who want the lease.
const ALONE: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> 'testkit' AND backend_type = 'client backend'";

/// A database that is ours as long as this lives.
pub struct Lease {
    pub url: String,
    /// Holds the lock.
    _client: Client,
}

/// A database as if it were just migrated.
pub async fn lease() -> Lease {
    // Tests that run at the same time begin at different numbers.
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok().and_then(|slot| slot.parse().ok());
    let mut number: u32 = slot.unwrap_or(0);
    loop {
        let name = format!("parlance_test_{}_{number}", schema_name(Engine::Postgres));
        let url = url(&name);
        let Some(client) = connect(&url).await else {
            create(&name).await;
            continue;
        };
        match client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await {
            Ok(row) if row.get(0) => {}
            Ok(_) => {
                number += 1;
                continue;
            }
            // Whoever has it found it changed, and dropped it under us.
            Err(_) => continue,
        }
        client.execute(ALONE, &[]).await.expect("the database is left alone");
        if clean(&client).await {
            return Lease { url, _client: client };
        }
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        admin().await.batch_execute(&drop).await.expect("a changed database is dropped");
    }
}

/// Empties the tables. Says false if the database has to be made anew.
async fn clean(client: &Client) -> bool {
    let files = migrations(Engine::Postgres);
    // Rows that a migration brought would be lost.
    let brings_rows = |file: &Migration| file.sql.contains("INSERT INTO");
    let count = i64::try_from(files.len()).expect("a small number");
    let unchanged = client.query_one(UNCHANGED, &[&count]).await.expect("the history is there");
    unchanged.get(0) && !files.iter().any(brings_rows) && client.batch_execute(EMPTY).await.is_ok()
}

/// Clones the template, unless somebody else just did.
async fn create(name: &str) {
    let admin = admin().await;
    let template = format!("parlance_template_{}", schema_name(Engine::Postgres));
    let clone = format!("CREATE DATABASE {name} TEMPLATE {template}");
    let mut cloned = admin.batch_execute(&clone).await;
    if cloned.as_ref().is_err_and(|error| error.code() == Some(&SqlState::UNDEFINED_DATABASE)) {
        make_template(&admin, &template).await;
        cloned = admin.batch_execute(&clone).await;
    }
    let exists = [SqlState::DUPLICATE_DATABASE, SqlState::UNIQUE_VIOLATION];
    match cloned {
        // Whoever else just made it may not have finished when we looked.
        Err(error) if error.code().is_some_and(|code| exists.contains(code)) => {}
        cloned => cloned.expect("the template is cloned"),
    }
}

/// The address of one database on the server.
fn url(name: &str) -> String {
    let mut url: Url = admin_url().parse().expect("PARLANCE_TEST_POSTGRES_URL is an address");
    url.set_path(name);
    url.into()
}

fn admin_url() -> String {
    std::env::var("PARLANCE_TEST_POSTGRES_URL").unwrap_or_else(|_| ADMIN.to_owned())
}

async fn admin() -> Client {
    connect(&admin_url()).await.expect("the administration's database exists")
}

/// None if there is no such database.
async fn connect(url: &str) -> Option<Client> {
    // The second, if it is being dropped.
    let gone = [SqlState::UNDEFINED_DATABASE, SqlState::ADMIN_SHUTDOWN];
    let mut config: Config = url.parse().expect("PARLANCE_TEST_POSTGRES_URL is an address");
    match config.application_name("testkit").connect(NoTls).await {
        Ok((client, connection)) => {
            tokio::spawn(connection);
            Some(client)
        }
        Err(error) if error.code().is_some_and(|code| gone.contains(code)) => None,
        Err(error) => panic!("tests need PostgreSQL (PARLANCE_TEST_POSTGRES_URL): {error}"),
    }
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
