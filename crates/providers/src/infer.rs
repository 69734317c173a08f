//! What developers ask through the compatible APIs, on its way to a model.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::providers::{
    EmbeddingRequest, Embeddings, Inference, Inferred, InferredAnswer, Model, NativeRequest, ProviderError,
    ProviderErrorKind as Kind, Shape,
};
use kernel::TenantScope;
use tokio_util::sync::CancellationToken;

use crate::{
    Providers, embed, error, tokens,
    walk::{self, Ask, Begun},
};

#[async_trait]
impl contracts::Routing for Providers {
    async fn infer(
        &self,
        scope: &TenantScope,
        inference: Inference,
        cancel: CancellationToken,
    ) -> Result<Inferred, ProviderError> {
        let way = self.view(scope).await?.way(&inference.model, Some((&inference.native, inference.stream)))?;
        let mut entries = way.entries;
        if inference.no_fallback {
            entries.truncate(1);
        }
        let ask = Ask::Inference(&inference, Box::default());
        let walked = walk::walk(&self.context(cancel), &entries, &ask).await?;
        let answer = match walked.begun {
            Begun::Chunks(chunks) => InferredAnswer::Translated(chunks),
            Begun::Whole { body, usage } => InferredAnswer::Native { body, usage },
            Begun::Events(events) => InferredAnswer::NativeStream(events),
        };
        let abort_on_disconnect = way.route.is_some_and(|route| route.abort_on_disconnect);
        let model = Arc::clone(&walked.entry.model);
        Ok(Inferred { model, attempts: walked.attempts, answer, abort_on_disconnect })
    }

    async fn candidates(&self, scope: &TenantScope, model: &str) -> Result<Vec<Arc<Model>>, ProviderError> {
        let way = self.view(scope).await?.way(model, None)?;
        Ok(way.entries.iter().map(|entry| Arc::clone(&entry.model)).collect())
    }

    async fn embed(&self, scope: &TenantScope, request: EmbeddingRequest) -> Result<Embeddings, ProviderError> {
        let inference = Inference {
            model: request.model.clone(),
            stream: false,
            native: NativeRequest { shape: Shape::OpenAiEmbeddings, body: embed::request(&request) },
            translated: Arc::new(|| Err(error::unavailable("Texts to embed have no other shape."))),
            no_fallback: false,
        };
        let inferred = self.infer(scope, inference, CancellationToken::new()).await?;
        let InferredAnswer::Native { body, .. } = inferred.answer else {
            return Err(ProviderError::new(Kind::Protocol, "The vectors came in another shape."));
        };
        let model = inferred.model;
        let (vectors, usage) = embed::read(&body, request.inputs.len()).map_err(|_| {
            let what = format!("{} sent vectors that can't be read.", model.provider_name);
            ProviderError::new(Kind::Protocol, what)
        })?;
        let counted = || request.inputs.iter().map(|text| tokens::estimate(text)).sum();
        let usage =
            usage.unwrap_or_else(|| contracts::providers::TokenUsage { input: counted(), ..Default::default() });
        Ok(Embeddings { model, vectors, usage })
    }
}
