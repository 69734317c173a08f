//! What tenancy keeps of a person, and what becomes of it when they go.

use async_trait::async_trait;
use contracts::{PersonalData, personal::PersonalPage};
use database::Tx;
use kernel::UserId;
use serde_json::json;

use crate::{Tenancy, store::personal};

#[async_trait]
impl PersonalData for Tenancy {
    fn name(&self) -> &'static str {
        "workspaces"
    }

    async fn page(&self, user: UserId, _: Option<&str>) -> Result<PersonalPage, database::Error> {
        let items = personal::joined(&self.db, user)
            .await?
            .into_iter()
            .map(|at| {
                json!({
                    "id": at.id, "name": at.name, "personal": at.personal, "role": at.role, "joined_at": at.joined_at,
                    "profile": at.attributes,
                })
            })
            .collect();
        Ok(PersonalPage { items, next: None })
    }

    /// Ends the workspaces that are the person's alone, and takes them out of all others. One that would be left
    /// without an owner, as its members came after the person asked to go, gets one.
    async fn erase(&self, tx: &mut Tx, user: UserId) -> Result<(), database::Error> {
        personal::end_own(tx, user).await?;
        personal::hand_on(tx, user).await?;
        personal::leave_all(tx, user).await?;
        // API keys and budgets over groups rest on memberships.
        self.keys.bump(tx).await?;
        self.budgets.bump(tx).await?;
        Ok(())
    }
}
