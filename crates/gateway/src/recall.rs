//! Whether a call has been answered before.
//!
//! Invariants: a cache that fails answers nothing and refuses nothing; what looking for the
//! meaning of a question costs is an embedding call in the ledger like any other; where
//! something personal was hidden from the provider, only the very same question counts.

use std::sync::Arc;

use axum::response::Response;
use contracts::providers::InferredAnswer;
use serde_json::json;

use crate::{
    body::Wishes,
    cache::{self, Found, Held, Kept, Place},
    call::Call,
    front::Front,
    openai::embeddings::Embeddings,
    refusal::{Reason, Refusal},
    telemetry::Timer,
};

/// What the cache has.
pub(crate) enum Recalled {
    Answer(Response),
    /// Where the answer can be kept once it is there, if it may.
    Nothing(Option<Place>),
}

impl Call {
    pub async fn recall<F: Front>(&self) -> Result<Recalled, Refusal> {
        let Some(wanted) = self.wishes.cache else { return Ok(Recalled::Nothing(None)) };
        let (scope, pinned) = (&self.caller.scope, self.wishes.no_fallback);
        // What an answer shows also depends on what guardrails made of its request.
        let changed = (self.asked != self.body).then(|| (&self.body[..], !self.vault.is_empty()));
        let held = Held { changed, max_input: self.max_input };
        let Some(mut place) = self.gateway.answers().place(scope, F::NAME, (&self.asked, held), pinned, wanted)? else {
            return Ok(Recalled::Nothing(None));
        };
        if let Some(kept) = place.look().await {
            cache::count("hit");
            return Ok(Recalled::Answer(self.recalled(&kept, Found::Exact)));
        }
        if let Some((kept, likeness)) = self.recall_alike(&mut place).await {
            cache::count("semantic_hit");
            return Ok(Recalled::Answer(self.recalled(&kept, Found::Alike(likeness))));
        }
        cache::count("miss");
        Ok(Recalled::Nothing(Some(place)))
    }

    fn recalled(&self, kept: &Kept, found: Found) -> Response {
        let cost = kept.cost();
        metrics::counter!("parlance_gateway_cache_saved_nano_usd_total")
            .increment(u64::try_from(cost.units()).unwrap_or(0));
        self.gateway.metering().saved(&self.caller.scope, self.caller.user, cost);
        kept.response(found, self.gateway.env().now())
    }

    async fn recall_alike(&self, place: &mut Place) -> Option<(Arc<Kept>, f32)> {
        // Two people's data behind one placeholder would look like one question; and a question
        // that may be too long is sent nowhere before it was counted.
        if self.body != self.asked || self.max_input.is_some() {
            place.question = None;
        }
        let words = &place.question.as_ref()?.words;
        match self.vector(words).await {
            Ok(vector) => place.look_by(vector).await,
            Err(refusal) => {
                tracing::warn!(reason = ?refusal.reason, refusal.message, "the meaning of a question can't be told");
                cache::count("error");
                None
            }
        }
    }

    /// The vector of a text, by an embedding call of the same caller.
    async fn vector(&self, words: &str) -> Result<Box<[f32]>, Refusal> {
        let model = &self.gateway.config().semantic_cache.model;
        let body = json!({ "model": model, "input": words, "encoding_format": "float" }).to_string();
        let call = Self {
            gateway: self.gateway.clone(),
            caller: self.caller.clone(),
            wishes: Wishes::default(),
            body: body.clone().into(),
            asked: body.into(),
            vault: Arc::default(),
            decisions: Vec::new(),
            max_input: None,
            request_id: self.request_id.clone(),
            timer: Timer::start("semantic_cache"),
        };
        let head = Embeddings::head(&call.body)?;
        // The operator has chosen the model; a key need not allow it.
        let (first, candidates) = call.candidates(&head).await?;
        let mut tab = call.make_room(&head, &first, &candidates).await?;
        let inferred = call.infer::<Embeddings>(&head).await?;
        tab.model = inferred.model;
        let InferredAnswer::Native { body, usage } = inferred.answer else {
            return Err(Refusal::new(Reason::Failed, format!("{model} makes no embeddings.")));
        };
        tab.usage = usage;
        tab.settle(true).await?;
        cache::vector(&body).ok_or_else(|| Refusal::new(Reason::Failed, format!("{model} gave no vector.")))
    }
}
