//! A person deletes their account: it waits for two weeks, in which they can take that back, and is erased then.

use std::{sync::Arc, time::Duration};

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
};
use database::Platform;
use kernel::{SessionId, Timestamp, UserId};

use crate::{
    Identity, IdentityError,
    store::{
        deletion,
        sessions::{self, Reason},
        users,
    },
};

/// How long a deleted account can be restored.
pub(crate) const ACCOUNT_GRACE: Duration = Duration::from_secs(14 * 24 * 3600);
/// Accounts erased in one round.
const ROUND: i64 = 20;

impl Identity {
    /// Closes the account: all its sessions end but this one, and its API keys are refused. Whoever owns a workspace
    /// alone that others are in hands it on first.
    pub async fn delete_account(&self, user: UserId, session: SessionId) -> Result<Timestamp, IdentityError> {
        let owned = self.tenancy.owned_alone(user).await?;
        if !owned.is_empty() {
            return Err(IdentityError::OwnsWorkspaces(owned.into_iter().map(|(_, name)| name).collect()));
        }
        let now = self.env.now();
        let erases_at = now + ACCOUNT_GRACE;
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let found = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        if !deletion::ask(&mut tx, user, now, erases_at).await? {
            return Err(IdentityError::DeletionAsked);
        }
        sessions::revoke_all(&mut tx, user, Some(session), Reason::AccountDeleted, now).await?;
        self.key_epochs.bump(&mut tx).await?;
        let name = found.name.clone();
        self.write_to(&mut tx, &found, Letter::AccountDeleted { name, path: "/login".to_owned(), erases_at }).await?;
        self.audit.record(&mut tx, Entry::platform(Action::UserDeletionAsked).about(user)).await?;
        tx.commit().await?;
        Ok(erases_at)
    }

    /// Takes it back.
    pub async fn restore_account(&self, user: UserId) -> Result<(), IdentityError> {
        let now = self.env.now();
        let mut tx = self.db.begin(Platform).await?;
        let found = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        if !deletion::take_back(&mut tx, user, now).await? {
            return Err(IdentityError::DeletionNotAsked);
        }
        self.key_epochs.bump(&mut tx).await?;
        let name = found.name.clone();
        self.write_to(&mut tx, &found, Letter::AccountRestored { name, at: now }).await?;
        self.audit.record(&mut tx, Entry::platform(Action::UserDeletionTakenBack).about(user)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Erases the accounts whose time has come. Each is one transaction over all contexts: it is gone everywhere
    /// or nowhere.
    pub(crate) async fn erase_accounts(&self) -> Result<u64, IdentityError> {
        // Without the others, half of a person would stay.
        let Some(parts) = self.personal.get() else { return Ok(0) };
        let mut erased = 0;
        for user in deletion::due(&self.db, self.env.now(), ROUND).await? {
            let mut tx = self.db.begin(Platform).await?;
            let now = self.env.now();
            // Moves what is remembered of sessions; the rows go with the rest.
            sessions::revoke_all(&mut tx, user, None, Reason::AccountDeleted, now).await?;
            let Some(email) = deletion::erase_user(&mut tx, user, now).await? else { continue };
            for part in parts {
                part.erase(&mut tx, user).await?;
            }
            self.mailer.forget(&mut tx, &email).await?;
            self.key_epochs.bump(&mut tx).await?;
            self.audit.record(&mut tx, Entry::platform(Action::UserErased).about(user)).await?;
            tx.commit().await?;
            erased += 1;
        }
        Ok(erased)
    }

    /// What other contexts keep of people. Set once, when all of them are there.
    pub fn keep_personal(&self, parts: Vec<Arc<dyn contracts::PersonalData>>) {
        // A second call would be a mistake of the wiring, and changes nothing.
        let _ = self.personal.set(parts);
    }
}
