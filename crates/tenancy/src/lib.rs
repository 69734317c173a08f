//! Workspaces, their members, and what a role may do.
//!
//! Invariants:
//! - A workspace always has an owner. Whatever changes memberships locks the workspace's row
//!   first, so that two changes at once can't each remove "the other" owner.
//! - What somebody may do is the union of their role's permissions and of those of their groups' roles. Roles are
//!   built in, or a workspace's own; what makes an owner is in none but `owner`.
//! - Nobody grants what they may not do, nor changes a member or a role that allows it: permissions are compared as
//!   sets, and the actor's are read again inside the transaction that changes something.
//! - Who is removed or demoted has lost it at the next request, on other nodes three seconds later at the most.
//!   What is cached of memberships, here and in API keys, is told of each change.
//!
//! - A deleted workspace is closed at once: nobody has a membership in it until it is restored. So is a
//!   suspended one until it is resumed; its answers under way end.
//! - What administrators of the platform do over all tenants stands apart, in `platform`: their queries alone
//!   run in platform scope for the sake of somebody who asks.
//! - Who is in a group is a member. What is cached of groups, budgets over them, is told of each change.
//!
//! - An invitation rests on the rights of whoever sent it, as they are when it is accepted. Its secret
//!   is in its link alone; the database holds a hash.
//!
//! Deliberately absent: users' names and addresses (identity's), and letters (the mailer's).

mod error;
mod http;
mod model;
mod operations;
mod profile;
mod store;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{
    Mailer,
    identity::KEYS_EPOCH,
    metering::BUDGETS_EPOCH,
    plans::Plan,
    tenancy::{Closed, GroupMembers, Membership, Role},
};
use database::{Db, Epochs, Tx};
use kernel::{Env, GroupId, TenantScope, UserId, WorkspaceId};
use moka::sync::Cache;

pub use error::TenancyError;
pub use http::routes;
pub use model::{
    AcceptedInvitation, Actor, AuditVerdict, DeletedWorkspace, ExplainedPermission, Group, GroupGrant, HeldRole,
    Invitation, InvitationView, MadeInvitation, Member, MemberPermissions, MemberProfile, MemberRow, NewInvitation,
    NewRole, PermissionSource, PlatformWorkspace, RoleChanges, RoleUse, SourceGroup, Standing, StoredRole,
    WorkspaceFilter, WorkspaceOwner, WorkspaceRole, WorkspaceRow, WorkspaceStatus,
};
pub use operations::{GRACE, MAX_REASON};
pub use store::audit::{Chain, Row as AuditRow, Search as AuditSearch};

/// Memberships that are kept in memory: some hundred bytes each.
const KNOWN: u64 = 50_000;

/// The tenancy service.
pub struct Tenancy {
    db: Db,
    env: Env,
    /// API keys rest on memberships.
    keys: Epochs,
    /// Memberships, each as of an epoch of [`KEYS_EPOCH`].
    known: Cache<(WorkspaceId, UserId), (i64, Membership)>,
    /// Budgets may be over groups.
    budgets: Epochs,
    /// None: the links of invitations are handed over by hand.
    mailer: Option<Arc<dyn Mailer>>,
    /// The plan of workspaces that have been given none.
    default_plan: String,
}

impl Tenancy {
    pub fn new(db: Db, env: Env) -> Self {
        Self {
            keys: Epochs::new(db.clone(), KEYS_EPOCH),
            known: Cache::new(KNOWN),
            budgets: Epochs::new(db.clone(), BUDGETS_EPOCH),
            mailer: None,
            default_plan: Plan::unlimited().id,
            db,
            env,
        }
    }

    /// The same where invitations go out as letters.
    #[must_use]
    pub fn with_mailer(self, mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer: Some(mailer), ..self }
    }

    /// The same where workspaces that nobody has given a plan have this one. For the list of all of them.
    #[must_use]
    pub fn with_default_plan(self, id: &str) -> Self {
        Self { default_plan: id.to_owned(), ..self }
    }
}

#[async_trait]
impl contracts::Tenancy for Tenancy {
    async fn membership(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, database::Error> {
        store::membership(&self.db, workspace, user).await
    }

    async fn recent_membership(
        &self,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<Option<Membership>, database::Error> {
        // Before the row is read: a change in between makes it newer than it claims to be.
        let epoch = self.keys.recent().await?;
        if let Some((_, known)) = self.known.get(&(workspace, user)).filter(|(as_of, _)| *as_of == epoch) {
            return Ok(Some(known));
        }
        let membership = store::membership(&self.db, workspace, user).await?;
        match &membership {
            Some(membership) => self.known.insert((workspace, user), (epoch, membership.clone())),
            None => self.known.invalidate(&(workspace, user)),
        }
        Ok(membership)
    }

    async fn closed(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Closed>, database::Error> {
        // As with a membership: the question is asked for the user's sake, in the workspace that they named.
        store::deletion::closed(&self.db, &TenantScope::assume(workspace), user).await
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, database::Error> {
        store::memberships(&self.db, user).await
    }

    async fn admit(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        user: UserId,
        role: Role,
        keeps_role: bool,
    ) -> Result<bool, database::Error> {
        operations::admit(self, tx, scope, user, (role, keeps_role)).await
    }

    async fn invites(&self, link: &str, email: &str) -> Result<bool, database::Error> {
        let Some(token) = token::Token::parse(link) else { return Ok(false) };
        let found = store::invitations::by_token(&self.db, token.hash()).await?;
        Ok(found.is_some_and(|found| {
            let is_theirs = found.invitation.email.as_ref().is_none_or(|of| of.eq_ignore_ascii_case(email.trim()));
            found.open && found.invitation.expires_at > self.env.now() && is_theirs
        }))
    }

    async fn owned_alone(&self, user: UserId) -> Result<Vec<(WorkspaceId, String)>, database::Error> {
        store::personal::owned_alone(&self.db, user).await
    }

    async fn create_personal(&self, tx: &mut Tx, user: UserId, name: &str) -> Result<WorkspaceId, database::Error> {
        let workspace = self.insert_workspace(tx, user, name, true).await?;
        Ok(workspace.workspace)
    }
}

#[async_trait]
impl contracts::Groups for Tenancy {
    async fn groups(&self, scope: &TenantScope) -> Result<Vec<GroupMembers>, database::Error> {
        store::groups::everybody(&self.db, scope).await
    }

    async fn groups_within(&self, tx: &mut Tx, scope: &TenantScope) -> Result<Vec<GroupMembers>, database::Error> {
        store::groups::everybody_within(tx, scope).await
    }

    async fn names(&self, scope: &TenantScope, ids: &[GroupId]) -> Result<Vec<(GroupId, String)>, database::Error> {
        let all = store::directory::groups(&self.db, scope).await?;
        Ok(all.into_iter().filter(|(id, ..)| ids.contains(id)).map(|(id, name, _)| (id, name)).collect())
    }
}
