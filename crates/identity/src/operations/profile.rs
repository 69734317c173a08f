//! The caller: who they are, and what they may change of themselves.

use database::Platform;
use kernel::{UserId, WorkspaceId};

use super::choose;
use crate::{
    Identity, IdentityError,
    model::{Attributes, Locale, Me, Theme, User},
    store::users::{self, Changes},
};

/// What to change; absent fields stay as they are.
#[derive(Debug, Default)]
pub struct ProfileChanges {
    pub name: Option<String>,
    pub locale: Option<Locale>,
    pub theme: Option<Theme>,
    /// Replaces all attributes.
    pub attributes: Option<Attributes>,
}

impl Identity {
    /// The user, the workspace they are in now, and the others.
    pub async fn me(&self, user: UserId, workspace: WorkspaceId) -> Result<Me, IdentityError> {
        let user = users::user(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        let memberships = self.tenancy.memberships(user.id).await?;
        let current = choose(memberships.clone(), Some(workspace), None)?;
        Ok(Me {
            user,
            permissions: current.permissions.iter().collect(),
            workspace: current.into(),
            workspaces: memberships.into_iter().map(Into::into).collect(),
        })
    }

    pub async fn update_profile(&self, user: UserId, changes: ProfileChanges) -> Result<User, IdentityError> {
        let changes = Changes {
            name: changes.name.as_deref().map(str::trim),
            locale: changes.locale,
            theme: changes.theme,
            attributes: changes.attributes,
        };
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let user = users::update(&mut tx, user, changes, self.env.now()).await?.ok_or(IdentityError::NoUser)?;
        tx.commit().await?;
        Ok(user)
    }
}
