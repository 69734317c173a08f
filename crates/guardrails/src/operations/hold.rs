//! Which rules hold for a call. On the way of every call of the gateway.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use contracts::guardrails::{Guard, NewDecisions};
use database::{Error, Tx};
use kernel::{ApiKeyId, TenantScope};

use crate::{Compiled, Guardrails, KNOWN, model::Policy, rules::Rules, store};

#[async_trait]
impl contracts::Guardrails for Guardrails {
    async fn guard(
        &self,
        scope: &TenantScope,
        key: Option<ApiKeyId>,
        epoch: Option<i64>,
    ) -> Result<Option<Arc<dyn Guard>>, Error> {
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => self.0.epochs.current().await?,
        };
        let compiled = self.compiled(scope, epoch).await?;
        let own = key.and_then(|key| compiled.by_key.get(&key));
        Ok(own.or(compiled.everybody.as_ref()).map(|rules| Arc::clone(rules) as Arc<dyn Guard>))
    }

    async fn record(&self, tx: &mut Tx, scope: &TenantScope, decisions: NewDecisions) -> Result<(), Error> {
        self.write(tx, scope, decisions).await
    }

    async fn note(&self, scope: &TenantScope, decisions: NewDecisions) {
        if decisions.decisions.is_empty() {
            return;
        }
        let written = async {
            let mut tx = self.0.db.begin_relaxed(scope).await?;
            self.write(&mut tx, scope, decisions).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::error!(%error, workspace = %scope.workspace(), "what a guardrail decided is not in the record");
        }
    }
}

impl Guardrails {
    async fn compiled(&self, scope: &TenantScope, epoch: i64) -> Result<Arc<Compiled>, Error> {
        {
            let known = self.known();
            if known.epoch == epoch
                && let Some(compiled) = known.by_workspace.get(&scope.workspace())
            {
                return Ok(compiled.clone());
            }
        }
        // Read after the epoch: if they are younger than it says, they are read once more.
        let stored = store::policies(&self.0.db, scope).await?;
        let everybody = stored.iter().find(|stored| stored.key.is_none()).map(|stored| &stored.policy);
        let everybody = everybody.map_or_else(|| self.0.floor.clone(), |policy| self.0.floor.and(policy));
        let mut by_key = HashMap::new();
        for stored in &stored {
            if let Some(key) = stored.key
                && let Some(rules) = compile(&everybody.and(&stored.policy))?
            {
                by_key.insert(key, rules);
            }
        }
        let compiled = Arc::new(Compiled { everybody: compile(&everybody)?, by_key });
        let mut known = self.known();
        if epoch > known.epoch || known.by_workspace.len() >= KNOWN {
            known.by_workspace.clear();
            known.epoch = known.epoch.max(epoch);
        }
        if epoch == known.epoch {
            known.by_workspace.insert(scope.workspace(), compiled.clone());
        }
        Ok(compiled)
    }
}

/// None: there is nothing to hold. What can't be compiled holds the call up rather than
/// letting it pass; it was checked when it was stored.
fn compile(policy: &Policy) -> Result<Option<Arc<Rules>>, Error> {
    if policy.is_empty() {
        return Ok(None);
    }
    let decode = |message| Error::Decode { column: "policy".to_owned(), message };
    Ok(Some(Arc::new(Rules::new(policy).map_err(decode)?)))
}
