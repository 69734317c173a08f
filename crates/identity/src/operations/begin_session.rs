//! What every login ends with, whatever way it came: a session, and a look at the device.

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
    tenancy::Membership,
};
use database::Tx;
use kernel::{TenantScope, Timestamp};
use web::Client;

use super::SignedIn;
use crate::{
    Identity, IdentityError,
    config::{SESSION_IDLE, SESSION_MAX},
    device,
    model::User,
    store::{deletion, devices, sessions},
    token::{Opaque, RefreshToken},
};

/// A session that was written, for its answer once the transaction is committed.
pub(crate) struct Begun {
    user: User,
    membership: Membership,
    session: kernel::SessionId,
    token: RefreshToken,
    expires_at: Timestamp,
    /// For a browser that had none.
    device: Option<Opaque>,
}

impl Identity {
    /// Writes a session of somebody who has proved who they are, and a letter if the device is new to them.
    pub(crate) async fn begin_session(
        &self,
        tx: &mut Tx,
        user: User,
        membership: Membership,
        client: &Client,
        known: Option<&Opaque>,
    ) -> Result<Begun, IdentityError> {
        let now = self.env.now();
        let session = self.env.id();
        let token = RefreshToken::new(&self.env);
        let expires_at = now + SESSION_IDLE;
        let row = sessions::NewSession {
            id: session,
            user: user.id,
            workspace: membership.workspace,
            user_agent: client.user_agent.as_deref(),
            ip: &client.ip.to_string(),
            now,
            expires_at,
            absolute_expires_at: now + SESSION_MAX,
            token_hash: token.hash(),
            impersonation: None,
        };
        sessions::insert(tx, row).await?;
        let device = known.cloned().unwrap_or_else(|| Opaque::new(&self.env));
        if devices::note(tx, user.id, device.hash(), now).await? {
            let letter = Letter::NewDevice {
                name: user.name.clone(),
                device: device::describe(client.user_agent.as_deref()),
                ip: client.ip.to_string(),
                at: now,
            };
            self.write_to(tx, &user, letter).await?;
        }
        let scope = TenantScope::assume(membership.workspace);
        let entry = Entry::of(Action::LoginSucceeded, &scope).about(session).by(user.id);
        self.audit.record(tx, entry).await?;
        let device = known.is_none().then_some(device);
        Ok(Begun { user, membership, session, token, expires_at, device })
    }

    /// The answer to a login whose session is committed.
    pub(crate) async fn logged_in(&self, begun: Begun) -> Result<SignedIn, IdentityError> {
        let Begun { user, membership, session, token, expires_at, device } = begun;
        let erases_at = deletion::erases_at(&self.db, user.id).await?;
        let mut signed_in = self.signed_in(user, membership, session, &token, expires_at, None)?;
        signed_in.session.erases_at = erases_at;
        Ok(SignedIn { device: device.map(|device| device.expose().into()), ..signed_in })
    }
}
