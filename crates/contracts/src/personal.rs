//! What a context keeps of a person: given to them when they ask, erased when they go.

use async_trait::async_trait;
use database::Tx;
use kernel::UserId;
use serde_json::Value;

/// Some of what a context keeps of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PersonalPage {
    pub items: Vec<Value>,
    /// Where the rest begins; none: this was all.
    pub next: Option<String>,
}

/// One kind of thing that a context keeps of people.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// What it is called in the export.
    fn name(&self) -> &'static str;

    /// What there is after `after`, a few at a time, so that no export fills the memory; over all workspaces, as it
    /// is the person's own. Secrets are left out.
    async fn page(&self, user: UserId, after: Option<&str>) -> Result<PersonalPage, database::Error>;

    /// Deletes what is the person's, in the caller's transaction, which runs in platform scope: a person's things
    /// lie in several tenants. What the law or the ledger must keep stays, under an id that names nobody any more.
    async fn erase(&self, tx: &mut Tx, user: UserId) -> Result<(), database::Error>;
}
