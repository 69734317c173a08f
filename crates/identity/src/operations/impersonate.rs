//! An administrator of the platform acts as somebody else: for a reason, for a while, and seen by both.

use contracts::audit::{Action, Entry};
use database::{Platform, Tx};
use kernel::{SessionId, TenantScope, UserId, WorkspaceId};
use serde_json::json;
use web::Client;

use super::{SignedIn, choose};
use crate::{
    Identity, IdentityError,
    config::IMPERSONATION_MAX,
    model::Impersonation,
    store::{
        sessions::{self, Reason},
        users,
    },
    token::RefreshToken,
};

/// Who wants to act as whom.
#[derive(Debug)]
pub struct Impersonate {
    /// The administrator.
    pub by: UserId,
    pub user: UserId,
    /// Absent: the user's first.
    pub workspace: Option<WorkspaceId>,
    pub reason: String,
    pub client: Client,
}

impl Identity {
    /// Begins a session of `user` that says whose it really is. It ends after [`IMPERSONATION_MAX`] however
    /// often it is renewed, and with the administrator's rights.
    pub async fn impersonate(&self, wanted: Impersonate) -> Result<SignedIn, IdentityError> {
        let Impersonate { by, user, workspace, reason, client } = wanted;
        let memberships = self.tenancy.memberships(user).await?;
        let now = self.env.now();
        let session = self.env.id();
        let token = RefreshToken::new(&self.env);
        let ends_at = now + IMPERSONATION_MAX;
        // Users and sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let found = users::find(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        // Another administrator could do more than be helped.
        if found.disabled || found.user.platform_admin {
            return Err(IdentityError::NotImpersonable);
        }
        let membership = choose(memberships, workspace, None)?;
        let row = sessions::NewSession {
            id: session,
            user,
            workspace: membership.workspace,
            user_agent: client.user_agent.as_deref(),
            ip: &client.ip.to_string(),
            now,
            expires_at: ends_at,
            absolute_expires_at: ends_at,
            token_hash: token.hash(),
            impersonation: Some((by, &reason)),
        };
        sessions::insert(&mut tx, row).await?;
        let at = (session, TenantScope::assume(membership.workspace));
        self.note_impersonation(&mut tx, Action::ImpersonationBegan, (by, user), at, &reason).await?;
        tx.commit().await?;
        let impersonation = Impersonation { by, reason, ends_at };
        self.signed_in(found.user, membership, session, &token, ends_at, Some(impersonation))
    }

    /// Ends the session of the refresh token, if an administrator acts as somebody else in it. A token that
    /// leads nowhere is no error: it has ended.
    pub async fn end_impersonation(&self, refresh_token: &str) -> Result<(), IdentityError> {
        let Some(token) = RefreshToken::parse(refresh_token) else { return Ok(()) };
        let now = self.env.now();
        let Some(found) = sessions::presented(&self.db, token.hash(), now).await? else { return Ok(()) };
        let Some(impersonation) = found.impersonation else { return Err(IdentityError::NotImpersonating) };
        let mut tx = self.db.begin(Platform).await?;
        sessions::revoke(&mut tx, found.session, found.user.id, Reason::LoggedOut, now).await?;
        let at = (found.session, TenantScope::assume(found.last_workspace));
        let who = (impersonation.by, found.user.id);
        self.note_impersonation(&mut tx, Action::ImpersonationEnded, who, at, &impersonation.reason).await?;
        Ok(tx.commit().await?)
    }

    /// For the platform and for the workspace: both see who was there, and why.
    async fn note_impersonation(
        &self,
        tx: &mut Tx,
        action: Action,
        (by, user): (UserId, UserId),
        (session, scope): (SessionId, TenantScope),
        reason: &str,
    ) -> Result<(), IdentityError> {
        let state = json!({ "session": session, "reason": reason });
        for entry in [Entry::platform(action), Entry::of(action, &scope)] {
            self.audit.record(tx, entry.about(user).by(by).after(state.clone())).await?;
        }
        Ok(())
    }
}
