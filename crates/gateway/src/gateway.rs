//! The service, and what it is made of.

use std::sync::Arc;

use contracts::{Guardrails, Metering, Providers, Routing, providers::Model};
use kernel::{Env, Tasks, TenantScope};
use web::Caller;

use crate::{
    Config,
    cache::{Answers, SharedAnswers},
    minute::Minutes,
    refusal::{Reason, Refusal},
    telemetry::Meters,
};

/// What the gateway needs of others.
pub struct Parts {
    pub env: Env,
    pub tasks: Tasks,
    pub providers: Arc<dyn Providers>,
    pub routing: Arc<dyn Routing>,
    pub metering: Arc<dyn Metering>,
    pub guardrails: Arc<dyn Guardrails>,
    /// Where answers are kept for all processes together; none: each keeps its own.
    pub shared_answers: Option<SharedAnswers>,
    pub config: Config,
}

/// The gateway can't be set up; says which setting is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

/// The service. A clone is another handle to it.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    parts: Parts,
    minutes: Minutes,
    meters: Meters,
    answers: Answers,
}

impl Gateway {
    pub fn new(parts: Parts) -> Result<Self, Error> {
        let minutes = Minutes::new(parts.env.clone());
        parts.config.semantic_cache.check().map_err(Error)?;
        let (env, tasks) = (parts.env.clone(), parts.tasks.clone());
        let answers = Answers::new(env, tasks, &parts.config, parts.shared_answers.clone());
        Ok(Self(Arc::new(Inner { parts, minutes, meters: Meters::default(), answers })))
    }

    pub(crate) fn env(&self) -> &Env {
        &self.0.parts.env
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.parts.tasks
    }

    pub(crate) fn providers(&self) -> &dyn Providers {
        &*self.0.parts.providers
    }

    pub(crate) fn routing(&self) -> &dyn Routing {
        &*self.0.parts.routing
    }

    pub(crate) fn metering(&self) -> &dyn Metering {
        &*self.0.parts.metering
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.parts.config
    }

    pub(crate) fn minutes(&self) -> &Minutes {
        &self.0.minutes
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }

    pub(crate) fn guardrails(&self) -> &dyn Guardrails {
        &*self.0.parts.guardrails
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.0.answers
    }

    /// The models that may answer a request for `model`: the first one, and all of them.
    pub(crate) async fn candidates(
        &self,
        scope: &TenantScope,
        model: &str,
    ) -> Result<(Arc<Model>, Vec<Arc<Model>>), Refusal> {
        let candidates = self.routing().candidates(scope, model).await?;
        let Some(first) = candidates.first() else {
            let message = format!("No model of “{model}” can be used now.");
            return Err(Refusal::new(Reason::ModelUnavailable, message).at("model"));
        };
        Ok((Arc::clone(first), candidates))
    }
}

/// Whether the caller's key allows the name that was asked for, or the model that a bare
/// name stands for.
pub(crate) fn may_use(caller: &Caller, asked: &str, first: &Model) -> Result<(), Refusal> {
    let Some(key) = &caller.key else { return Ok(()) };
    let bare = first.id.split_once('/').is_some_and(|(_, name)| name == asked);
    if key.may_use(asked) || (bare && key.may_use(&first.id)) {
        return Ok(());
    }
    Err(Refusal::new(Reason::ModelNotAllowed, format!("This key may not use the model “{asked}”.")).at("model"))
}
