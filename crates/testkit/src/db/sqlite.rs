//! SQLite: each test gets a copy of a migrated file.

use std::{fs, path::PathBuf};

use database::{Db, Engine, Options};
use tempfile::TempDir;

use super::schema_name;

pub const FILE: &str = "parlance.db";

/// A folder with a fresh database in it.
pub async fn create() -> TempDir {
    let template = template().await;
    let folder = tempfile::Builder::new().prefix("parlance-test-").tempdir().expect("a folder");
    fs::copy(template, folder.path().join(FILE)).expect("the template is copied");
    folder
}

/// The migrated file, made by whoever comes first. The last step is a rename, so nobody sees half.
async fn template() -> PathBuf {
    let path = std::env::temp_dir().join(format!("parlance-template-{}.db", schema_name(Engine::Sqlite)));
    if !path.exists() {
        let folder = tempfile::Builder::new().prefix("parlance-test-").tempdir().expect("a folder");
        let draft = folder.path().join(FILE);
        let db = Db::connect(&Options::new(format!("sqlite:{}", draft.display()))).await.expect("SQLite opens");
        db.migrate().await.unwrap_or_else(|error| panic!("{error}"));
        db.close().await.expect("SQLite closes");
        fs::rename(&draft, &path).expect("the template is put in place");
    }
    path
}
