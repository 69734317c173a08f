//! The token that lets a workspace's directory in.

use std::time::Duration;

use aws_lc_rs::constant_time;
use contracts::{
    audit::{Action, Entry},
    tenancy::{Permissions, Role},
};
use kernel::{TenantScope, Timestamp};
use secrecy::SecretString;
use serde::Serialize;

use super::Provisioner;
use crate::{
    Identity, IdentityError,
    scim::{ScimError, store},
    token::Opaque,
};

const PREFIX: &str = "scim-parl-";
/// Characters of the random part that are shown.
const SHOWN: usize = 4;
/// How often a use is noted.
const NOTED: Duration = Duration::from_secs(60);

/// A workspace's token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ScimToken {
    /// What it begins with.
    #[schema(example = "scim-parl-3q2-")]
    pub prefix: String,
    pub created_at: Timestamp,
    /// To the minute; null: never.
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
}

/// How the workspace's directory is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ScimSettings {
    /// What to enter at the directory, beside the token.
    #[schema(example = "https://chat.example.com/scim/v2")]
    pub base_url: String,
    /// Null: no directory is let in.
    #[schema(required)]
    pub token: Option<ScimToken>,
}

impl Identity {
    pub async fn scim_settings(&self, scope: &TenantScope) -> Result<ScimSettings, IdentityError> {
        let token = store::token(&self.db, scope).await?;
        Ok(ScimSettings {
            base_url: self.scim_base(),
            token: token.map(|token| ScimToken {
                prefix: token.prefix,
                created_at: token.created_at,
                last_used_at: token.last_used_at,
            }),
        })
    }

    /// Makes a token, and gives it: nobody sees it again. One that the workspace had is void. It may do what an
    /// administrator may, by the roles that members and groups have; so must whoever makes it, by `own`.
    pub async fn create_scim_token(
        &self,
        scope: &TenantScope,
        own: Permissions,
    ) -> Result<SecretString, IdentityError> {
        if !own.covers(Role::Admin.permissions()) {
            return Err(IdentityError::BeyondOwn);
        }
        let secret = Opaque::new(&self.env);
        let text = format!("{PREFIX}{}", secret.expose());
        let prefix: String = text.chars().take(PREFIX.len() + SHOWN).collect();
        let mut tx = self.db.begin(scope).await?;
        store::put_token(&mut tx, scope, secret.hash(), &prefix, self.env.now()).await?;
        let entry = Entry::of(Action::ScimTokenCreated, scope).about(scope.workspace());
        self.audit.record(&mut tx, entry.after(serde_json::json!({ "prefix": prefix }))).await?;
        tx.commit().await?;
        Ok(text.into())
    }

    /// Lets no directory in any more. Members stay members; whom it had switched off can come in by single sign-on again.
    pub async fn delete_scim(&self, scope: &TenantScope) -> Result<bool, IdentityError> {
        let mut tx = self.db.begin(scope).await?;
        if !store::delete_token(&mut tx, scope).await? {
            return Ok(false);
        }
        let entry = Entry::of(Action::ScimDisabled, scope).about(scope.workspace());
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whose directory has this token.
    pub(in crate::scim) async fn provisioner(&self, token: &str) -> Result<Provisioner, ScimError> {
        let secret = token.strip_prefix(PREFIX).and_then(Opaque::parse).ok_or(ScimError::Unauthenticated)?;
        let hash = secret.hash();
        let found = store::by_token(&self.db, &hash).await?.ok_or(ScimError::Unauthenticated)?;
        // The index has found it by its hash; what lets somebody in is compared without telling how far it fits.
        constant_time::verify_slices_are_equal(&found.hash, &hash).map_err(|_| ScimError::Unauthenticated)?;
        if found.closed {
            return Err(ScimError::Closed);
        }
        let (scope, now) = (TenantScope::assume(found.workspace), self.env.now());
        if found.last_used_at.is_none_or(|at| at <= now - NOTED) {
            store::note_use(&self.db, &scope, now).await?;
        }
        Ok(Provisioner { scope })
    }
}
