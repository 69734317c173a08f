//! The one way that all fronts share: who asks, may they, is there room, answer, settle.
//!
//! Invariants: room for the dearest that the call can become is kept before it is made, and
//! given back or turned into usage after it, exactly once; the work outlives the client.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use contracts::{
    guardrails::{Blocked, Decision, Vault, restore},
    metering::NewReservation,
    providers::{
        Attempt, Chunk, FinishReason, GenerationStream, Inference, Inferred, InferredAnswer, Model, NativeRequest,
        ProviderError,
    },
};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, header};
use tokio_util::sync::CancellationToken;
use web::Caller;

use crate::{
    Gateway,
    body::{self, Wishes},
    cache::Place,
    collect::{self, Collected},
    front::{Answering, Front, Head},
    gateway::may_use,
    guard::{self, Guarded},
    minute::Taken,
    outlive::Outliving,
    recall::Recalled,
    refusal::{Reason, Refusal},
    relay,
    tab::{Settled, Tab},
    telemetry::Timer,
    tokens,
    worst::{asked, worst},
};

/// Answers one request of a front.
pub(crate) async fn answer<F: Front>(gateway: Gateway, request: Request) -> Response {
    let timer = Timer::start(F::NAME);
    let (mut parts, body) = request.into_parts();
    let request_id = body::request_id(&parts.extensions);
    let refuse = |refusal: &Refusal| {
        timer.refused(refusal.status());
        F::refuse(refusal, &request_id)
    };
    let prepared = async {
        let caller = Caller::of(&mut parts).await?;
        let wishes = Wishes::of(&parts.headers)?;
        let body = body::read(&parts, body).await?;
        Ok((caller, wishes, body))
    };
    let (caller, wishes, body) = match prepared.await {
        Ok(prepared) => prepared,
        Err(refusal) => return refuse(&refusal),
    };
    let tasks = gateway.tasks().clone();
    let guarded = match guard::hold(&gateway, &caller, F::SHAPE, body.clone()).await {
        Ok(guarded) => guarded,
        Err(refusal) => return refuse(&refusal),
    };
    let Guarded { body: seen, vault, decisions, max_input } = guarded;
    let call = Call {
        gateway,
        caller,
        wishes,
        body: seen,
        asked: body,
        vault,
        decisions,
        max_input,
        request_id: request_id.clone(),
        timer,
    };
    match Outliving::new(tasks, "gateway: call", call.run::<F>()).await {
        Ok(response) => response,
        Err(refusal) => refuse(&refusal),
    }
}

/// One call.
pub(crate) struct Call {
    pub gateway: Gateway,
    pub caller: Caller,
    pub wishes: Wishes,
    /// The request as providers may see it.
    pub body: Bytes,
    /// The request as it was asked.
    pub asked: Bytes,
    /// What stands between the two.
    pub vault: Arc<Vault>,
    /// What guardrails did to it.
    pub decisions: Vec<Decision>,
    /// The most tokens that guardrails let in.
    pub max_input: Option<u64>,
    pub request_id: String,
    pub timer: Timer,
}

impl Call {
    async fn run<F: Front>(self) -> Result<Response, Refusal> {
        let body = self.body.clone();
        let head = F::head(&body)?;
        let (first, candidates) = self.admit(&head).await?;
        let place = match self.recall::<F>().await? {
            Recalled::Answer(response) => {
                self.answered(&first);
                return Ok(response);
            }
            Recalled::Nothing(place) => place,
        };
        let mut tab = self.make_room(&head, &first, &candidates).await?;
        let inferred = if self.decisions.is_empty() {
            self.infer::<F>(&head).await?
        } else {
            let noted = guard::note(&self.gateway, &self.caller, Some(tab.id), self.decisions.clone());
            futures_util::future::join(self.infer::<F>(&head), noted).await.0?
        };
        tab.model = inferred.model.clone();
        let mut headers = headers(&inferred.model, &inferred.attempts);
        if self.wishes.cache.is_some() {
            headers.insert("x-cache", HeaderValue::from_static("MISS"));
        }
        let mut response = self.respond::<F>(&head, inferred, tab, place).await?;
        response.headers_mut().extend(headers);
        Ok(response)
    }

    fn answered(&self, model: &Model) {
        self.gateway.meters().answered(self.timer.front, model);
    }

    /// The models that may answer, if the call may be made at all.
    async fn admit(&self, head: &Head<'_>) -> Result<(Arc<Model>, Vec<Arc<Model>>), Refusal> {
        let (first, candidates) = self.candidates(head).await?;
        may_use(&self.caller, &head.model, &first)?;
        Ok((first, candidates))
    }

    /// The model that would answer, and all that could; all have a price, where they need one.
    pub async fn candidates(&self, head: &Head<'_>) -> Result<(Arc<Model>, Vec<Arc<Model>>), Refusal> {
        let (first, candidates) = self.gateway.candidates(&self.caller.scope, &head.model).await?;
        if let Some(model) = candidates.iter().find(|model| model.prices.is_none())
            && !self.gateway.config().allow_unpriced
        {
            let message = format!(
                "{} has no price, so its use can't be limited. An operator can set one, or allow models without.",
                model.id
            );
            return Err(Refusal::new(Reason::ModelUnpriced, message).at("model"));
        }
        Ok((first, candidates))
    }

    /// Keeps room for the dearest that the call can become.
    pub async fn make_room(
        &self,
        head: &Head<'_>,
        first: &Arc<Model>,
        candidates: &[Arc<Model>],
    ) -> Result<Tab, Refusal> {
        let scope = self.caller.scope;
        let input = tokens::of_request(&self.gateway, first, head).await;
        if let Some(most) = self.max_input
            && input > most
        {
            return Err(guard::refuse(&self.gateway, &self.caller, Blocked::too_long(input, most)).await);
        }
        let most = if head.generates { head.max_output } else { Some(0) };
        let worst = worst(candidates, input, most, head.choices, asked(&self.body));
        let key = self.caller.key.as_ref();
        let taken = match key.and_then(|key| key.tokens_per_minute.map(|limit| (key.id, limit))) {
            Some((key, limit)) => self.gateway.minutes().take(key, limit, worst.tokens).map_err(|wait| Refusal {
                retry_after: Some(wait),
                ..Refusal::new(
                    Reason::RateLimited,
                    format!("This key may use {limit} tokens a minute. Try again in {} seconds.", wait.as_secs() + 1),
                )
            })?,
            None => Taken::nothing(),
        };
        let wanted = NewReservation {
            user: self.caller.user,
            key: key.map(|key| key.id),
            worst: worst.cost,
            tokens: worst.tokens,
            messages: head.generates.into(),
        };
        let reservation = self.gateway.metering().reserve(&scope, wanted).await?;
        let env = self.gateway.env();
        Ok(Tab {
            gateway: self.gateway.clone(),
            scope,
            user: self.caller.user,
            key: key.map(|key| key.id),
            reservation,
            taken,
            id: env.id(),
            messages: head.generates.into(),
            model: Arc::clone(first),
            occurred_at: env.now(),
            input,
            usage: None,
            output_bytes: 0,
            timer: self.timer,
        })
    }

    pub async fn infer<F: Front>(&self, head: &Head<'_>) -> Result<Inferred, Refusal> {
        // What translating has to say names the field; the router passes on only the words.
        let said: Arc<Mutex<Option<Refusal>>> = Arc::default();
        let (slot, body) = (said.clone(), self.body.clone());
        let translated = move || {
            F::translate(&body).map_err(|refusal| {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal.clone());
                refusal.into_provider_error()
            })
        };
        let inference = Inference {
            model: head.model.clone(),
            stream: head.stream,
            native: NativeRequest { shape: F::SHAPE, body: self.body.clone() },
            translated: Arc::new(translated),
            no_fallback: self.wishes.no_fallback,
        };
        let scope = self.caller.scope;
        self.gateway.routing().infer(&scope, inference, CancellationToken::new()).await.map_err(|error| {
            let said = said.lock().unwrap_or_else(PoisonError::into_inner).take();
            match said {
                Some(refusal) if refusal.message == error.message => refusal,
                _ => error.into(),
            }
        })
    }

    async fn respond<F: Front>(
        &self,
        head: &Head<'_>,
        inferred: Inferred,
        mut tab: Tab,
        place: Option<Place>,
    ) -> Result<Response, Refusal> {
        let Inferred { model, answer, abort_on_disconnect, .. } = inferred;
        let abort = self.wishes.abort || abort_on_disconnect;
        let answering = || Answering {
            id: self.gateway.env().uuid().simple().to_string(),
            created: self.gateway.env().now().seconds(),
            model: model.id.clone(),
            include_usage: head.include_usage,
            input: tab.input,
            request_id: self.request_id.clone(),
            body: self.asked.clone(),
        };
        let vault = || Arc::clone(&self.vault);
        let tasks = self.gateway.tasks();
        match answer {
            InferredAnswer::Native { body, usage } => {
                tab.usage = usage;
                tab.output_bytes = tokens::text_bytes(&body, F::TEXTS);
                tab.begun();
                let settled = tab.settle(true).await?;
                self.answered(&model);
                Ok(whole(guard::whole(&self.vault, body), settled, place, &model).await)
            }
            InferredAnswer::NativeStream(events) => {
                self.answered(&model);
                let request_id = self.request_id.clone();
                let events = guard::events(vault(), F::TEXTS, events);
                let work = |outlet| relay::native::<F>(events, tab, request_id, outlet);
                Ok(relay::respond(tasks, abort, place, work))
            }
            InferredAnswer::Translated(chunks) if head.stream => {
                self.answered(&model);
                let encoder = F::encoder(answering());
                let chunks = restore(vault(), chunks);
                let work = |outlet| relay::translated::<F>(chunks, encoder, tab, outlet);
                Ok(relay::respond(tasks, abort, place, work))
            }
            InferredAnswer::Translated(chunks) => {
                let answering = answering();
                let collected = match gather(restore(vault(), chunks), &mut tab).await {
                    Ok(collected) => collected,
                    Err(error) => {
                        tab.settle(false).await?;
                        return Err(error.into());
                    }
                };
                let settled = tab.settle(true).await?;
                self.answered(&model);
                let body = F::whole(&answering, &collected, &settled.tokens);
                Ok(whole(body.into(), settled, place, &model).await)
            }
        }
    }
}

/// Reads an answer to its end.
async fn gather(mut chunks: GenerationStream, tab: &mut Tab) -> Result<Collected, ProviderError> {
    let failed = |message: &str| ProviderError::new(contracts::providers::ProviderErrorKind::Failed, message);
    let mut collected = Collected::default();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        tab.begun();
        tab.output_bytes += collect::bytes(&chunk);
        match chunk {
            Chunk::Usage(usage) => tab.usage = Some(usage),
            Chunk::Finish(FinishReason::Error) => {
                return Err(failed("The provider failed in the middle of its answer."));
            }
            chunk => collected.push(chunk),
        }
    }
    if collected.finish.is_none() {
        return Err(failed("The provider's answer broke off."));
    }
    Ok(collected)
}

/// A whole answer, with what it cost.
async fn whole(body: Bytes, settled: Settled, place: Option<Place>, model: &Model) -> Response {
    if let Some(place) = place {
        place.keep(body.clone(), false, model, settled.cost).await;
    }
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(cost) = HeaderValue::from_str(&settled.cost.to_string()) {
        headers.insert("x-parlance-cost-usd", cost);
    }
    response
}

/// Which model spoke, how often it was tried, and why more than once.
fn headers(model: &Model, attempts: &[Attempt]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set("x-parlance-model", model.id.clone());
    set("x-parlance-attempts", attempts.len().max(1).to_string());
    let failed: Vec<String> = attempts
        .iter()
        .filter_map(|attempt| attempt.failed.map(|kind| format!("{} {}", attempt.model, kind.code().as_str())))
        .collect();
    if !failed.is_empty() {
        set("x-parlance-tried", failed.join(", "));
    }
    headers
}
