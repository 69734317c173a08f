//! Tries a connection, and says what happened.

use contracts::providers::{
    ChatMessage, ChatPart, ChatRole, GenerationRequest, Parameters, ProviderError, ProviderErrorKind as Kind, Tuning,
};
use kernel::{ConnectionId, TenantScope};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use super::RoutingError;
use crate::{
    Providers,
    account::{Account, Api},
    anthropic,
    client::Fault,
    compatible, error, gemini, generate,
    model::{ConnectionTest, Deployment},
    registry,
};

/// How long the provider may take.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
struct Listing {
    #[serde(alias = "models")]
    data: Vec<IgnoredAny>,
}

impl Providers {
    /// Asks the provider for its models; one that lists none is asked for a single token of the
    /// first deployment.
    pub async fn test_connection(&self, scope: &TenantScope, id: ConnectionId) -> Result<ConnectionTest, RoutingError> {
        let stored = self.stored_connection(scope, id).await?;
        let config = self.inner.registry.config();
        let account = self.workspaces()?.account(scope, &stored, None, config);
        let began = Instant::now();
        let outcome = match account {
            Some(account) => self.try_account(Arc::new(account), stored.shown.models.first()).await,
            None => Err(ProviderError::new(Kind::Unavailable, "The address is none.")),
        };
        let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(match outcome {
            Ok(message) => ConnectionTest { ok: true, message, latency_ms },
            Err(error) => ConnectionTest { ok: false, message: error.message, latency_ms },
        })
    }

    async fn try_account(
        &self,
        account: Arc<Account>,
        deployment: Option<&Deployment>,
    ) -> Result<String, ProviderError> {
        if let Some(reason) = account.missing() {
            return Err(error::unavailable(&reason));
        }
        let headers = match account.provider.api {
            Api::Messages => anthropic::headers(&account),
            Api::Generate => gemini::headers(&account),
            Api::Chat | Api::Responses | Api::Demo => compatible::headers(&account),
        };
        let url = format!("{}/models", account.base_url);
        let listed = self.inner.client.get(&url, headers, account.own.is_some(), PATIENCE).await;
        let listed = listed.and_then(|body| {
            let listing: Result<Listing, _> = serde_json::from_slice(&body);
            listing.map_err(|_| Fault::Protocol("its list of models is none"))
        });
        match (listed, deployment) {
            (Ok(listing), _) => {
                let (count, s) = (listing.data.len(), if listing.data.len() == 1 { "" } else { "s" });
                Ok(format!("{} answered and lists {count} model{s}.", account.name))
            }
            (Err(Fault::Status { status: 404 | 405, .. } | Fault::Protocol(_)), Some(deployment)) => {
                self.one_token(account, deployment).await
            }
            (Err(fault), _) => Err(error::explain(&account, fault)),
        }
    }

    async fn one_token(&self, account: Arc<Account>, deployment: &Deployment) -> Result<String, ProviderError> {
        let entry = registry::deployed(&account, deployment);
        let parts = vec![ChatPart::Text("Say OK.".to_owned())];
        let request = GenerationRequest {
            model: entry.model.id.clone(),
            system: None,
            messages: vec![ChatMessage { role: ChatRole::User, parts }],
            parameters: Parameters { max_output_tokens: Some(1), ..Parameters::default() },
            tools: Vec::new(),
            tuning: Tuning::default(),
        };
        let asking = generate::open(&self.inner.client, &entry, &account, &request);
        let opened = tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(Fault::Timeout));
        opened.map_err(|fault| error::explain(&account, fault))?;
        Ok(format!("{} answered with {}.", account.name, deployment.name))
    }
}
