//! Writing an entry into the ledger.

use async_trait::async_trait;
use contracts::metering::{MeteringError, NewUsage, UsageEntry};
use database::Tx;
use kernel::TenantScope;

use crate::{Metering, model::Entry, store};

#[async_trait]
impl contracts::Metering for Metering {
    async fn record(&self, tx: &mut Tx, scope: &TenantScope, usage: NewUsage) -> Result<UsageEntry, MeteringError> {
        let entry = Entry::try_from(usage)?;
        // A concurrent writer of the same id makes the insert wait until it has committed,
        // so that what stands is then there to compare with.
        if store::insert(tx, scope, &entry, self.env.now()).await? {
            return Ok(entry.into());
        }
        match store::find(tx, scope, entry.id).await? {
            Some(standing) if standing == entry => Ok(standing.into()),
            _ => Err(MeteringError::Conflict(entry.id)),
        }
    }
}
