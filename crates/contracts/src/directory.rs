//! What a workspace's directory (SCIM) does to its members and groups.
//!
//! All of it happens in the caller's transaction, beside what the caller keeps of the directory itself.

use async_trait::async_trait;
use database::Tx;
use kernel::{GroupId, TenantScope, UserId};

use crate::tenancy::Role;

/// What has become of somebody whom the directory lets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dismissal {
    /// They are no member any more.
    Done,
    /// They were none.
    NoMember,
    /// An owner stays one: a directory is set by administrators, who are less than owners.
    Owner,
}

/// Why a group can't be made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupRefusal {
    NoGroup,
    NameTaken,
    /// There are as many as there can be.
    TooMany,
    /// Somebody to be put in is no member of the workspace.
    NoMember,
}

/// Outside: the database. Inside: what the workspace's own rules say.
pub type Settled<T> = Result<Result<T, GroupRefusal>, database::Error>;

#[async_trait]
pub trait Directory: Send + Sync {
    /// Makes the user a member; who is one already stays as they are. False: the workspace is closed, or personal.
    async fn enlist(&self, tx: &mut Tx, scope: &TenantScope, user: UserId, role: Role)
    -> Result<bool, database::Error>;

    /// Takes a member out of the workspace and its groups.
    async fn dismiss(&self, tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<Dismissal, database::Error>;

    /// Makes a group without members.
    async fn make_group(&self, tx: &mut Tx, scope: &TenantScope, name: &str) -> Settled<GroupId>;

    async fn name_group(&self, tx: &mut Tx, scope: &TenantScope, id: GroupId, name: &str) -> Settled<()>;

    async fn drop_group(&self, tx: &mut Tx, scope: &TenantScope, id: GroupId) -> Settled<()>;

    /// Puts members into a group and takes others out; who is in or out already stays so.
    async fn move_members(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        id: GroupId,
        put_in: &[UserId],
        taken_out: &[UserId],
    ) -> Settled<()>;
}
