//! What is kept of a person: what is shared with them by name, and what they have shared.

use async_trait::async_trait;
use contracts::{PersonalData, personal::PersonalPage};
use database::{Db, Tx};
use kernel::{UserId, WorkspaceId};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Resource,
    store::{self, After},
};

const PAGE: usize = 100;

/// A person's shares, for their export and their end.
#[derive(Debug, Clone)]
pub struct Shares(Db);

impl Shares {
    pub fn new(db: Db) -> Self {
        Self(db)
    }
}

#[async_trait]
impl PersonalData for Shares {
    fn name(&self) -> &'static str {
        "shares"
    }

    async fn page(&self, user: UserId, after: Option<&str>) -> Result<PersonalPage, database::Error> {
        let start: After = (WorkspaceId::from_uuid(Uuid::nil()), String::new(), Uuid::nil(), Uuid::nil());
        let after = after.and_then(|after| serde_json::from_str(after).ok()).unwrap_or(start);
        let found = store::personal(&self.0, user, &after, i64::try_from(PAGE).unwrap_or(i64::MAX)).await?;
        let next = found.last().filter(|_| found.len() == PAGE).map(|last| {
            let scope = kernel::TenantScope::assume(last.workspace);
            json!([last.workspace, last.kind, last.resource, last.share.subject.uuid(&scope)]).to_string()
        });
        let items = found
            .into_iter()
            .map(|row| {
                json!({
                    "workspace_id": row.workspace, "resource_type": row.kind,
                    "resource_id": Resource::named(&row.kind, row.resource).map(|resource| resource.to_string()),
                    "with": row.share.subject, "access": row.share.access, "by": row.share.shared_by,
                    "created_at": row.share.created_at,
                })
            })
            .collect();
        Ok(PersonalPage { items, next })
    }

    async fn erase(&self, tx: &mut Tx, user: UserId) -> Result<(), database::Error> {
        store::erase(tx, user).await
    }
}
