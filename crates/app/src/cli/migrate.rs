//! `parlance migrate`.

use super::say;
use crate::{Config, platform};

pub async fn run(config: &Config) -> anyhow::Result<()> {
    let db = platform::connect(config).await?;
    let applied = db.migrate().await?;
    if applied.is_empty() {
        say("The database is up to date.");
    }
    for migration in applied {
        say(format_args!("applied {:04}_{}", migration.version, migration.name));
    }
    Ok(())
}
