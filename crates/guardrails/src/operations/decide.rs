//! The record of what was decided.

use std::time::Duration;

use contracts::guardrails::{Action, NewDecisions};
use database::{Error, Tx};
use kernel::{DecisionId, Page, TenantScope};

use crate::{Guardrails, model::Recorded, store};

/// How long decisions are kept.
pub const KEPT: Duration = Duration::from_hours(90 * 24);

impl Guardrails {
    pub(super) async fn write(&self, tx: &mut Tx, scope: &TenantScope, call: NewDecisions) -> Result<(), Error> {
        let now = self.0.env.now();
        let each = call.decisions.iter().filter(|decision| decision.count > 0);
        let writes: Vec<_> = each.map(|decision| store::insert(scope, self.0.env.id(), &call, decision, now)).collect();
        if !writes.is_empty() {
            tx.execute_batch(writes).await?;
        }
        Ok(())
    }

    /// The newest first.
    pub async fn decisions(
        &self,
        scope: &TenantScope,
        action: Option<Action>,
        before: Option<DecisionId>,
        limit: u32,
    ) -> Result<Page<Recorded>, Error> {
        let rows = store::decisions(&self.0.db, scope, action, before, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id)))
    }

    /// Forgets decisions that are older than [`KEPT`].
    pub async fn sweep(&self) -> Result<u64, Error> {
        store::forget(&self.0.db, self.0.env.now() - KEPT).await
    }
}
