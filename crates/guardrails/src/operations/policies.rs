//! Setting and showing policies.

use contracts::{
    ApiKeys,
    audit::{Action, Entry},
};
use kernel::{ApiKeyId, TenantScope, UserId};
use serde_json::json;

use crate::{
    Guardrails, GuardrailsError,
    model::{Policy, PolicyView},
    rules::Rules,
    store,
};

/// Whose policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Workspace,
    Key(ApiKeyId),
}

impl Subject {
    const fn key(self) -> Option<ApiKeyId> {
        match self {
            Self::Workspace => None,
            Self::Key(id) => Some(id),
        }
    }

    fn entry(self, scope: &TenantScope) -> Entry {
        match self {
            Self::Workspace => Entry::of(Action::GuardrailsUpdated, scope).about(scope.workspace()),
            Self::Key(id) => Entry::of(Action::KeyGuardrailsUpdated, scope).about(id),
        }
    }
}

impl Guardrails {
    pub async fn policy(
        &self,
        keys: &dyn ApiKeys,
        scope: &TenantScope,
        subject: Subject,
    ) -> Result<PolicyView, GuardrailsError> {
        check(keys, scope, subject).await?;
        let stored = store::policies(&self.0.db, scope).await?;
        let floor = match subject {
            Subject::Workspace => self.0.floor.clone(),
            Subject::Key(_) => stored
                .iter()
                .find(|stored| stored.key.is_none())
                .map_or_else(|| self.0.floor.clone(), |stored| self.0.floor.and(&stored.policy)),
        };
        let keys = match subject {
            Subject::Workspace => stored.iter().filter_map(|stored| stored.key).collect(),
            Subject::Key(_) => Vec::new(),
        };
        let own = stored.into_iter().find(|stored| stored.key == subject.key());
        let (policy, updated_at) = own.map_or_else(Default::default, |own| (own.policy, Some(own.updated_at)));
        Ok(PolicyView { policy, floor, updated_at, keys })
    }

    /// Sets it as a whole. It holds from the next call on.
    pub async fn set_policy(
        &self,
        keys: &dyn ApiKeys,
        scope: &TenantScope,
        subject: Subject,
        (policy, by): (Policy, UserId),
    ) -> Result<PolicyView, GuardrailsError> {
        check(keys, scope, subject).await?;
        let policy = policy.tidy();
        // Each field was checked; together with the floor they must be compiled, too.
        Rules::new(&self.0.floor.and(&policy)).map_err(GuardrailsError::Rules)?;
        let now = self.0.env.now();
        let before = self.stored(scope, subject).await?;
        let mut tx = self.0.db.begin(scope).await?;
        store::put(&mut tx, scope, subject.key(), &policy, (by, now)).await?;
        self.0.epochs.bump(&mut tx).await?;
        let entry = subject.entry(scope).after(json!(policy));
        self.1.record(&mut tx, Entry { before: before.map(|policy| json!(policy)), ..entry }).await?;
        tx.commit().await?;
        self.policy(keys, scope, subject).await
    }

    /// Removes it; what stands below it holds.
    pub async fn remove_policy(
        &self,
        keys: &dyn ApiKeys,
        scope: &TenantScope,
        subject: Subject,
    ) -> Result<(), GuardrailsError> {
        check(keys, scope, subject).await?;
        let Some(before) = self.stored(scope, subject).await? else { return Ok(()) };
        let mut tx = self.0.db.begin(scope).await?;
        store::delete(&mut tx, scope, subject.key()).await?;
        self.0.epochs.bump(&mut tx).await?;
        self.1.record(&mut tx, subject.entry(scope).before(json!(before))).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn stored(&self, scope: &TenantScope, subject: Subject) -> Result<Option<Policy>, GuardrailsError> {
        let stored = store::policies(&self.0.db, scope).await?;
        Ok(stored.into_iter().find(|stored| stored.key == subject.key()).map(|stored| stored.policy))
    }
}

async fn check(keys: &dyn ApiKeys, scope: &TenantScope, subject: Subject) -> Result<(), GuardrailsError> {
    match subject {
        Subject::Key(id) if !keys.has_key(scope, id).await? => Err(GuardrailsError::NoKey),
        _ => Ok(()),
    }
}
