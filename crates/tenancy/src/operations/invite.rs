//! Invites somebody: writes to an address, or makes a link; sends it again; takes it back.

use std::time::Duration;

use contracts::{
    Audit as _, Identity,
    audit::{Action, Entry},
    mail::{Letter, Mail},
    tenancy::RoleChoice,
};
use database::Tx;
use kernel::{InvitationId, Page, TenantScope};
use serde_json::json;

use super::{begin, members_manager, within};
use crate::{
    Actor, HeldRole, Invitation, MadeInvitation, NewInvitation, Tenancy, TenancyError,
    store::{self, invitations, roles},
    token::Token,
};

/// Invitations of a workspace that lead somewhere.
const MOST_OPEN: i64 = 500;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an invitation that is sent again leads somewhere.
const RENEWED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long one that has ended is kept, to tell that it has.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Tenancy {
    /// Invitations that were neither taken back nor used up, the oldest first; those that have run
    /// out can be sent again.
    pub async fn invitations(
        &self,
        scope: &TenantScope,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<Page<Invitation>, TenancyError> {
        let rows = invitations::page(&self.db, scope, after, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id)))
    }

    /// Invites an address, or whoever has the link, with a role that allows nothing that the actor may not do.
    pub async fn invite(
        &self,
        actor: &Actor,
        identity: &dyn Identity,
        new: NewInvitation,
    ) -> Result<MadeInvitation, TenancyError> {
        let known = match &new.email {
            Some(email) => identity.user_by_email(email).await?,
            None => None,
        };
        let inviter = name_of(identity, actor).await?;
        let now = self.env.now();
        let mut tx = begin(self, actor).await?;
        let role = may_grant(&mut tx, actor, new.role).await?;
        if let Some(known) = known
            && store::role_of(&mut tx, &actor.scope, known.id).await?.is_some()
        {
            return Err(TenancyError::AlreadyMember);
        }
        let key = new.email.as_deref().map(email_key);
        let (open, same) = invitations::count_open(&mut tx, &actor.scope, key.as_deref(), now).await?;
        if same > 0 {
            return Err(TenancyError::AlreadyInvited);
        }
        if open >= MOST_OPEN {
            return Err(TenancyError::TooManyInvitations(MOST_OPEN));
        }
        let token = Token::new(&self.env);
        let invitation = Invitation {
            id: self.env.id(),
            max_uses: if new.email.is_some() { 1 } else { i64::from(new.max_uses) },
            email: new.email,
            role: role.role,
            custom_role: role.custom.clone(),
            invited_by: actor.user,
            uses: 0,
            created_at: now,
            expires_at: now + DAY * new.days,
        };
        invitations::insert(&mut tx, &actor.scope, &invitation, token.hash()).await?;
        let mailed = self.write_to(&mut tx, actor, &invitation, &token, inviter, new.locale).await?;
        let entry = Entry::of(Action::InvitationCreated, &actor.scope).about(invitation.id).after(json!({
            "email": invitation.email,
            "role": role.choice(),
            "max_uses": invitation.max_uses,
            "expires_at": invitation.expires_at,
        }));
        self.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(MadeInvitation { invitation, path: token.path(), mailed })
    }

    /// Sends it again, with another link: the one of before leads nowhere. It rests on the actor's
    /// rights from now on.
    pub async fn resend_invitation(
        &self,
        actor: &Actor,
        identity: &dyn Identity,
        id: InvitationId,
        locale: String,
    ) -> Result<MadeInvitation, TenancyError> {
        let inviter = name_of(identity, actor).await?;
        let mut tx = begin(self, actor).await?;
        let mut invitation = self.own_invitation(&mut tx, actor, id).await?;
        let token = Token::new(&self.env);
        invitation.invited_by = actor.user;
        invitation.expires_at = self.env.now() + RENEWED;
        invitations::renew(&mut tx, &actor.scope, &invitation, token.hash()).await?;
        let mailed = self.write_to(&mut tx, actor, &invitation, &token, inviter, locale).await?;
        let entry = Entry::of(Action::InvitationResent, &actor.scope).about(id);
        let after = json!({ "email": invitation.email, "expires_at": invitation.expires_at });
        self.record(&mut tx, entry.after(after)).await?;
        tx.commit().await?;
        Ok(MadeInvitation { invitation, path: token.path(), mailed })
    }

    /// Takes it back: its link leads nowhere.
    pub async fn revoke_invitation(&self, actor: &Actor, id: InvitationId) -> Result<(), TenancyError> {
        let mut tx = begin(self, actor).await?;
        let revoked = self.own_invitation(&mut tx, actor, id).await?;
        invitations::revoke(&mut tx, &actor.scope, id, self.env.now()).await?;
        let entry = Entry::of(Action::InvitationRevoked, &actor.scope).about(id);
        self.record(&mut tx, entry.before(json!({ "email": revoked.email, "role": chosen(&revoked) }))).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets invitations that ended long ago.
    pub async fn forget_invitations(&self) -> Result<u64, database::Error> {
        invitations::forget(&self.db, self.env.now() - REMEMBERED).await
    }

    /// An invitation whose role the actor might have given.
    async fn own_invitation(&self, tx: &mut Tx, actor: &Actor, id: InvitationId) -> Result<Invitation, TenancyError> {
        let own = members_manager(tx, actor).await?;
        let invitation = invitations::find(tx, &actor.scope, id).await?.ok_or(TenancyError::NoInvitation)?;
        let role = roles::resolve(tx, &actor.scope, chosen(&invitation)).await?.ok_or(TenancyError::NoInvitation)?;
        within(own, role.permissions)?;
        Ok(invitation)
    }

    /// Puts the letter to an invited address into the outbox; without a mail server its link is
    /// handed over by hand. Tells whether there is a letter.
    async fn write_to(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        invitation: &Invitation,
        token: &Token,
        inviter: String,
        locale: String,
    ) -> Result<bool, TenancyError> {
        let (Some(mailer), Some(to)) = (&self.mailer, invitation.email.clone()) else { return Ok(false) };
        let workspace = invitations::workspace_name(tx, &actor.scope).await?.ok_or(TenancyError::NoWorkspace)?;
        let letter = Letter::Invitation {
            workspace,
            inviter,
            role: match &invitation.custom_role {
                Some(custom) => custom.name.clone(),
                None => invitation.role.as_str().to_owned(),
            },
            path: token.path(),
            expires_at: invitation.expires_at,
        };
        mailer.post(tx, Mail { to, locale, letter }).await?;
        Ok(true)
    }
}

/// As addresses are compared.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// What the inviter is called.
async fn name_of(identity: &dyn Identity, actor: &Actor) -> Result<String, TenancyError> {
    let inviter = identity.users(&[actor.user]).await?.pop().ok_or(TenancyError::NoMember)?;
    Ok(if inviter.name.is_empty() { inviter.email } else { inviter.name })
}

/// Refuses an actor who may not invite with the role. Locks the workspace's memberships.
async fn may_grant(tx: &mut Tx, actor: &Actor, role: RoleChoice) -> Result<HeldRole, TenancyError> {
    let own = members_manager(tx, actor).await?;
    let role = roles::resolve(tx, &actor.scope, role).await?.ok_or(TenancyError::NoRole)?;
    within(own, role.permissions)?;
    Ok(role)
}

/// The role that it lets people in with.
pub(super) fn chosen(invitation: &Invitation) -> RoleChoice {
    invitation.custom_role.as_ref().map_or(RoleChoice::BuiltIn(invitation.role), |custom| RoleChoice::Custom(custom.id))
}
