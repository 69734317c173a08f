//! `parlance openapi`.

use kernel::Env;

use super::say;
use crate::{Config, Platform, config::DataDir, router};

/// Prints the document as pretty JSON. Needs no database: it builds one that it throws away.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let mut config = config.clone();
    config.data_dir = DataDir(scratch.path().to_owned());
    config.database.url = None;
    config.redis.url = None;
    let platform = Platform::open(&config, Env::system()).await?;
    say(router::document(&platform, &config).to_pretty_json()?);
    Ok(())
}
