//! Workspaces, their members, and what a role may do.
//!
//! Invariants:
//! - A workspace always has an owner. Whatever changes memberships locks the workspace's row
//!   first, so that two changes at once can't each remove "the other" owner.
//! - Nobody grants a role above their own, nor changes a member above themselves; the actor's
//!   role is read again inside the transaction that changes something.
//! - A membership is read for each request, never cached: who is removed or demoted has
//!   lost it at the next request, on every node. API keys, which are cached, are told.
//!
//! - A deleted workspace is closed at once: nobody has a membership in it until it is restored.
//! - Who is in a group is a member. What is cached of groups, budgets over them, is told of each change.
//!
//! - An invitation rests on the rights of whoever sent it, as they are when it is accepted. Its secret
//!   is in its link alone; the database holds a hash.
//!
//! Deliberately absent: users' names and addresses (identity's), letters (the mailer's), and
//! roles that a workspace makes for itself.

mod error;
mod http;
mod model;
mod operations;
mod store;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{
    Mailer,
    identity::KEYS_EPOCH,
    metering::BUDGETS_EPOCH,
    tenancy::{GroupMembers, Membership},
};
use database::{Db, Epochs, Tx};
use kernel::{Env, TenantScope, UserId, WorkspaceId};

pub use error::TenancyError;
pub use http::routes;
pub use model::{
    AcceptedInvitation, Actor, DeletedWorkspace, Group, Invitation, InvitationView, MadeInvitation, Member, MemberRow,
    NewInvitation, WorkspaceRow,
};
pub use operations::GRACE;

/// The tenancy service.
pub struct Tenancy {
    db: Db,
    env: Env,
    /// API keys rest on memberships.
    keys: Epochs,
    /// Budgets may be over groups.
    budgets: Epochs,
    /// None: the links of invitations are handed over by hand.
    mailer: Option<Arc<dyn Mailer>>,
}

impl Tenancy {
    pub fn new(db: Db, env: Env) -> Self {
        Self {
            keys: Epochs::new(db.clone(), KEYS_EPOCH),
            budgets: Epochs::new(db.clone(), BUDGETS_EPOCH),
            mailer: None,
            db,
            env,
        }
    }

    /// The same where invitations go out as letters.
    #[must_use]
    pub fn with_mailer(self, mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer: Some(mailer), ..self }
    }
}

#[async_trait]
impl contracts::Tenancy for Tenancy {
    async fn membership(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, database::Error> {
        store::membership(&self.db, workspace, user).await
    }

    async fn is_deleted(&self, workspace: WorkspaceId, user: UserId) -> Result<bool, database::Error> {
        // As with a membership: the question is asked for the user's sake, in the workspace that they named.
        store::deletion::is_deleted(&self.db, &TenantScope::assume(workspace), user).await
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, database::Error> {
        store::memberships(&self.db, user).await
    }

    async fn create_personal(&self, tx: &mut Tx, user: UserId, name: &str) -> Result<WorkspaceId, database::Error> {
        let workspace = operations::insert_workspace(&self.env, tx, user, name, true).await?;
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
}
