//! Writing entries into the ledger, and keeping room for what is about to be used.

use async_trait::async_trait;
use contracts::metering::{MeteringError, NewReservation, NewUsage, Reservation, ReserveError, UsageEntry};
use database::Tx;
use kernel::{NanoUsd, TenantScope, UserId};

use crate::{
    Metering,
    engine::Held,
    model::{Entry, day_of},
    store::savings::Saving,
};

#[async_trait]
impl contracts::Metering for Metering {
    async fn record(&self, tx: &mut Tx, scope: &TenantScope, usage: NewUsage) -> Result<UsageEntry, MeteringError> {
        let entry = Entry::try_from(usage)?;
        self.engine.record(tx, scope, &entry).await
    }

    async fn reserve(&self, scope: &TenantScope, wanted: NewReservation) -> Result<Reservation, ReserveError> {
        if wanted.worst <= NanoUsd::ZERO && !self.engine.caps.plans.limit() {
            return Ok(Reservation::none());
        }
        let budgets = self.limits(scope).await?;
        if budgets.claimed(&wanted).next().is_none() {
            return Ok(Reservation::none());
        }
        self.engine.keep(*scope, wanted).await
    }

    async fn settle(
        &self,
        scope: &TenantScope,
        reservation: Reservation,
        usage: NewUsage,
    ) -> Result<UsageEntry, MeteringError> {
        let entry = Entry::try_from(usage)?;
        // What is not ours is given back when it has ended.
        let (held, _other) = match reservation.into_held::<Held>() {
            Ok(held) => (Some(held), None),
            Err(other) => (None, Some(other)),
        };
        self.engine.write(*scope, entry, held).await
    }

    fn saved(&self, scope: &TenantScope, user: UserId, saved: NanoUsd) {
        let (workspace, day) = (scope.workspace(), day_of(self.engine.env.now()));
        self.engine.save(&Saving { workspace, day, user, answers: 1, saved: saved.max(NanoUsd::ZERO) });
    }
}
