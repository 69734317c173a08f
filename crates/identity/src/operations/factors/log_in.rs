//! The second half of a login, and the login that needs no password.

use contracts::audit::{Action, Entry};
use database::Platform;
use kernel::WorkspaceId;
use web::Client;

use super::{PasskeyAnswer, Proof, device};
use crate::{
    Identity, IdentityError, SignedIn,
    config::CHALLENGE_FAILURES,
    operations::choose,
    store::{
        challenges::{self, Purpose},
        users,
    },
    token::Opaque,
};

impl Identity {
    /// Completes a login whose password was right, in the browser that began it. Wrong codes are counted against
    /// the login, which then has to begin again, and against the user, so that beginning again gains nothing.
    pub async fn finish_log_in(
        &self,
        challenge: &str,
        proof: Proof,
        workspace: Option<WorkspaceId>,
        client: &Client,
        browser: Option<&str>,
    ) -> Result<SignedIn, IdentityError> {
        let hash = Opaque::parse(challenge).ok_or(IdentityError::ChallengeEnded)?.hash();
        let now = self.env.now();
        let begun = challenges::find(&self.db, hash.clone(), Purpose::LogIn, CHALLENGE_FAILURES, now).await?;
        let begun = begun.ok_or(IdentityError::ChallengeEnded)?;
        let known = device(browser);
        if begun.device_hash != known.as_ref().map(Opaque::hash) {
            return Err(IdentityError::ChallengeEnded);
        }
        let user = begun.user.ok_or(IdentityError::ChallengeEnded)?;
        let found = users::credentials(&self.db, user).await?.filter(|found| !found.disabled);
        let found = found.ok_or(IdentityError::ChallengeEnded)?;
        let attempt = self.admit_factor(user, &found.user.email, known.as_ref()).await?;
        let tried = self.try_second_factor(&hash, &found, proof, workspace, client, known.as_ref()).await;
        match &tried {
            Ok(_) => {
                self.forgive(attempt).await?;
                self.forgive_log_in(&found.user.email, client.ip, known.as_ref()).await?;
            }
            Err(IdentityError::Invalid { .. } | IdentityError::PasskeyRefused) => {
                challenges::count_failure(&self.db, hash).await?;
                // Whoever tries to sign in is in no workspace yet.
                let mut tx = self.db.begin(Platform).await?;
                self.audit.record(&mut tx, Entry::platform(Action::LoginSecondFactorFailed).about(user)).await?;
                tx.commit().await?;
            }
            Err(_) => {}
        }
        tried
    }

    async fn try_second_factor(
        &self,
        hash: &[u8],
        found: &users::Credentials,
        proof: Proof,
        workspace: Option<WorkspaceId>,
        client: &Client,
        known: Option<&Opaque>,
    ) -> Result<SignedIn, IdentityError> {
        let user = found.user.clone();
        let checked = self.check(user.id, &proof).await?;
        let membership = choose(self.tenancy.memberships(user.id).await?, workspace, None)?;
        let now = self.env.now();
        // Users and sessions belong to no workspace. The user's row first, as everybody else takes them.
        let mut tx = self.db.begin(Platform).await?;
        if !users::note_login(&mut tx, user.id, &found.password_hash, None, now).await? {
            return Err(IdentityError::ChallengeEnded);
        }
        let taken = challenges::take(&mut tx, hash.to_vec(), Purpose::LogIn, now).await?;
        taken.ok_or(IdentityError::ChallengeEnded)?;
        self.spend(&mut tx, &user, checked, &client.ip.to_string()).await?;
        let begun = self.begin_session(&mut tx, user, membership, client, known).await?;
        tx.commit().await?;
        self.logged_in(begun).await
    }

    /// Begins a session with a passkey alone: it proves what its holder has, and that the device knows them.
    pub async fn log_in_with_passkey(
        &self,
        answer: &PasskeyAnswer,
        workspace: Option<WorkspaceId>,
        client: &Client,
        browser: Option<&str>,
    ) -> Result<SignedIn, IdentityError> {
        let signed = self.check_passkey(answer).await?;
        let found = users::credentials(&self.db, signed.user()).await?;
        let found = found.filter(|found| !found.disabled && self.is_open(&found.user));
        let found = found.ok_or(IdentityError::PasskeyRefused)?;
        self.may_sign_in_here(&found.user).await?;
        let membership = choose(self.tenancy.memberships(found.user.id).await?, workspace, None)?;
        let mut tx = self.db.begin(Platform).await?;
        if !users::note_login(&mut tx, found.user.id, &found.password_hash, None, self.env.now()).await? {
            return Err(IdentityError::PasskeyRefused);
        }
        self.use_passkey(&mut tx, signed).await?;
        let known = device(browser);
        let begun = self.begin_session(&mut tx, found.user, membership, client, known.as_ref()).await?;
        tx.commit().await?;
        self.logged_in(begun).await
    }
}
