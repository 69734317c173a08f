//! Shows an invitation to whoever has its link, and lets them in.

use contracts::{
    Audit as _, Identity,
    audit::{Action, Entry},
    tenancy::{Permission, Workspace},
};
use kernel::{TenantScope, UserId};
use serde_json::json;

use super::{
    begin,
    invite::{chosen, email_key},
};
use crate::{
    AcceptedInvitation, Actor, InvitationView, Tenancy, TenancyError,
    store::{self, deletion, invitations, roles},
    token::Token,
};

impl Tenancy {
    /// What the link is worth, for the page that asks whether to accept.
    pub async fn view_invitation(&self, identity: &dyn Identity, token: &str) -> Result<InvitationView, TenancyError> {
        let found = self.find_invitation(token).await?;
        if !found.open || found.invitation.expires_at <= self.env.now() {
            return Err(TenancyError::InvitationEnded);
        }
        let inviter = identity.users(&[found.invitation.invited_by]).await?.pop();
        let inviter = inviter.ok_or(TenancyError::InvitationEnded)?;
        Ok(InvitationView {
            workspace_name: found.workspace_name,
            inviter_name: if inviter.name.is_empty() { inviter.email } else { inviter.name },
            email: found.invitation.email,
            role: found.invitation.role,
            custom_role: found.invitation.custom_role,
            expires_at: found.invitation.expires_at,
        })
    }

    /// Makes the user a member. Who is one already stays what they are, and takes no use.
    pub async fn accept_invitation(
        &self,
        user: UserId,
        identity: &dyn Identity,
        token: &str,
    ) -> Result<AcceptedInvitation, TenancyError> {
        let found = self.find_invitation(token).await?;
        let invitation = found.invitation;
        if let Some(invited) = &invitation.email {
            let person = identity.users(&[user]).await?.pop();
            if person.is_none_or(|person| email_key(&person.email) != email_key(invited)) {
                return Err(TenancyError::InvitationForOther);
            }
        }
        let actor = Actor { user, scope: TenantScope::assume(found.workspace) };
        let now = self.env.now();
        let mut tx = begin(self, &actor).await?;
        if !store::lock_workspace(&mut tx, &actor.scope).await?
            || deletion::is_personal(&mut tx, &actor.scope).await?.is_none()
        {
            return Err(TenancyError::InvitationEnded);
        }
        if store::role_of(&mut tx, &actor.scope, user).await?.is_some() {
            drop(tx);
            return Ok(AcceptedInvitation { workspace: Workspace::from(self.workspace(&actor).await?), joined: false });
        }
        // It rests on the rights of whoever invites, as they are now.
        let inviter = roles::standing(&mut tx, &actor.scope, invitation.invited_by).await?;
        let role = roles::resolve(&mut tx, &actor.scope, chosen(&invitation)).await?;
        let role = role.ok_or(TenancyError::InvitationEnded)?;
        let may_invite =
            inviter.is_some_and(|own| own.may(Permission::ManageMembers) && own.permissions().covers(role.permissions));
        if !may_invite
            || !invitations::take_use(&mut tx, &actor.scope, invitation.id, user, now).await?
            || !store::insert_member(&mut tx, &actor.scope, user, (role.role, role.custom_id()), now).await?
        {
            return Err(TenancyError::InvitationEnded);
        }
        // Somebody who comes back finds the keys that they had.
        self.keys.bump(&mut tx).await?;
        let entry = Entry::of(Action::InvitationAccepted, &actor.scope).about(invitation.id).by(user);
        self.record(&mut tx, entry.after(json!({ "member": user, "role": role.choice() }))).await?;
        tx.commit().await?;
        Ok(AcceptedInvitation { workspace: Workspace::from(self.workspace(&actor).await?), joined: true })
    }

    async fn find_invitation(&self, token: &str) -> Result<invitations::Found, TenancyError> {
        let token = Token::parse(token).ok_or(TenancyError::NoInvitation)?;
        invitations::by_token(&self.db, token.hash()).await?.ok_or(TenancyError::NoInvitation)
    }
}
