//! What would become of a text. Nothing is sent and nothing is kept.

use contracts::{
    Providers,
    guardrails::{Blocked, Guard as _, Text},
};
use kernel::{ApiKeyId, TenantScope};

use crate::{
    Guardrails, GuardrailsError,
    model::{Policy, Tried},
    rules::Rules,
    store,
};

/// A text, and by which rules it is judged.
#[derive(Debug, Clone)]
pub struct Trial {
    pub text: String,
    /// As if a call came with this key.
    pub key: Option<ApiKeyId>,
    /// In place of the policy that is stored, of the key or else of the workspace.
    pub policy: Option<Policy>,
}

impl Guardrails {
    pub async fn try_out(
        &self,
        providers: &dyn Providers,
        scope: &TenantScope,
        trial: Trial,
    ) -> Result<Tried, GuardrailsError> {
        let Trial { mut text, key, policy } = trial;
        let tokens = match providers.default_model(scope).await {
            Ok(model) => Some(providers.count_tokens(&model, &text)),
            Err(_) => None,
        };
        let rules = Rules::new(&self.policy_of_trial(scope, key, policy).await?).map_err(GuardrailsError::Rules)?;
        let refused = match (tokens, rules.max_input_tokens()) {
            (Some(tokens), Some(most)) if tokens > most => Err(Blocked::too_long(tokens, most)),
            _ => rules.screen(&mut [Text { text: &mut text, said: true }], ""),
        };
        Ok(match refused {
            Ok(screened) => Tried { blocked: None, text: Some(text), decisions: screened.decisions, tokens },
            Err(blocked) => Tried { blocked: Some(blocked.message), text: None, decisions: blocked.decisions, tokens },
        })
    }

    async fn policy_of_trial(
        &self,
        scope: &TenantScope,
        key: Option<ApiKeyId>,
        draft: Option<Policy>,
    ) -> Result<Policy, database::Error> {
        let stored = store::policies(&self.0.db, scope).await?;
        let of = |key: Option<ApiKeyId>| {
            stored.iter().find(|stored| stored.key == key).map(|stored| stored.policy.clone()).unwrap_or_default()
        };
        Ok(match (key, draft.map(Policy::tidy)) {
            (None, draft) => self.0.floor.and(&draft.unwrap_or_else(|| of(None))),
            (key, draft) => self.0.floor.and(&of(None)).and(&draft.unwrap_or_else(|| of(key))),
        })
    }
}
