//! The models as one workspace sees them, and the ways to them.

use std::{
    iter,
    sync::{Arc, PoisonError},
};

use contracts::{
    plans::Plan,
    providers::{Model, NativeRequest, ProviderError, ProviderErrorKind as Kind, Shape},
};
use kernel::{Env, TenantScope};

use crate::{
    Providers, choose,
    config::DefaultFallbacks,
    error, facts,
    model::{Facts, Route, Strategy},
    own::Own,
    registry::{Entry, Snapshot},
    resolve,
};

/// One workspace's models and routes at one moment.
pub(crate) struct View<'a> {
    providers: &'a Providers,
    pub snapshot: Arc<Snapshot>,
    pub own: Option<Arc<Own>>,
    /// The workspace's plan, if it leaves models out.
    plan: Option<Arc<Plan>>,
}

/// What a model must be able to do for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Chat,
    Vision,
    Embeddings,
    /// Not known yet: any answer.
    Anything,
}

/// The models to try, in order.
pub(crate) struct Way {
    pub entries: Vec<Arc<Entry>>,
    /// The route that led to them.
    pub route: Option<Arc<Route>>,
}

impl Providers {
    /// What the workspace sees now.
    pub(crate) async fn view(&self, scope: &TenantScope) -> Result<View<'_>, ProviderError> {
        let base = self.snapshot();
        let plan = match &self.plans {
            Some(plans) => plans.restricted_to(scope).await.map_err(|error| {
                tracing::error!(%error, "a workspace's plan can't be read");
                ProviderError::new(Kind::Unavailable, "The workspace's plan can't be read. Try again.")
            })?,
            None => None,
        };
        let Some(workspaces) = &self.workspaces else {
            return Ok(View { providers: self, snapshot: base, own: None, plan });
        };
        let registry = &self.inner.registry;
        let own = workspaces.of(scope, registry.config()).await?;
        let snapshot = own.snapshot(&base, |overlay| {
            let discoveries = self.inner.discoveries.lock().unwrap_or_else(PoisonError::into_inner);
            registry.snapshot(base.day, &discoveries, overlay)
        });
        Ok(View { providers: self, snapshot, own: Some(own), plan })
    }
}

impl View<'_> {
    /// The entry, if the plan has it.
    fn allowed(&self, entry: Arc<Entry>) -> Result<Arc<Entry>, ProviderError> {
        match &self.plan {
            Some(plan) if !plan.allows(&entry.model.id) => Err(error::not_in_plan(&plan.name, &entry.model.name)),
            _ => Ok(entry),
        }
    }

    /// The models to show, the usable first. One that the plan leaves out says so.
    pub fn listed(&self) -> Arc<[Arc<Model>]> {
        let Some(plan) = &self.plan else { return Arc::clone(&self.snapshot.listed) };
        let default = self.default_model();
        let mut listed: Vec<Arc<Model>> = self.snapshot.listed.to_vec();
        for model in &mut listed {
            let left_out = model.unavailable.is_none() && !plan.allows(&model.id);
            let preselected = default.as_ref().is_some_and(|default| default.id == model.id);
            if left_out || preselected != model.default {
                let model = Arc::make_mut(model);
                model.default = preselected;
                if left_out {
                    model.unavailable = Some(error::left_out(&plan.name, &model.name));
                }
            }
        }
        listed.sort_by_key(|model| model.unavailable.is_some());
        listed.into()
    }

    /// The model to use when nobody chose one.
    pub fn default_model(&self) -> Option<Arc<Model>> {
        let model = |id: &str| self.snapshot.entry(id).map(|entry| Arc::clone(&entry.model));
        let Some(plan) = &self.plan else { return self.snapshot.default.as_deref().and_then(model) };
        let listed = self.snapshot.listed.iter().filter(|model| plan.allows(&model.id));
        let entries: Vec<_> = listed.filter_map(|model| self.snapshot.entry(&model.id).cloned()).collect();
        let wanted = self.providers.inner.registry.config().default_model.as_deref();
        choose::default(&entries, wanted, self.snapshot.day).as_deref().and_then(model)
    }

    /// The entry of an id, usable or not.
    fn entry(&self, id: &str) -> Result<Arc<Entry>, ProviderError> {
        if let Some(entry) = self.snapshot.entry(id) {
            return Ok(Arc::clone(entry));
        }
        self.unlisted(id).map(Arc::new).ok_or_else(|| self.unknown(id, iter::empty()))
    }

    /// A model of a server whose list is not here: the server itself knows best.
    fn unlisted(&self, id: &str) -> Option<Entry> {
        let own = self.own.as_ref().and_then(|own| own.overlay.unlisted(id));
        own.or_else(|| self.providers.unlisted(id))
    }

    fn unknown<'a>(&'a self, name: &str, more: impl Iterator<Item = &'a str>) -> ProviderError {
        let routes = self.own.iter().flat_map(|own| own.routes.keys()).map(String::as_str);
        resolve::unknown(&self.snapshot, name, more.chain(routes))
    }

    /// The entry of an id that can be used now.
    pub fn usable(&self, id: &str) -> Result<Arc<Entry>, ProviderError> {
        self.allowed(usable(self.entry(id)?)?)
    }

    /// The entry of a name that developers may use: an id, or what its provider calls it.
    fn named(&self, name: &str) -> Result<Arc<Entry>, ProviderError> {
        let entry = match self.entry(name) {
            Err(unknown) if unknown.kind == Kind::UnknownModel => {
                resolve::bare(self.snapshot.named(name), name)?.ok_or(unknown)?
            }
            found => found?,
        };
        self.allowed(usable(entry)?)
    }

    /// The same for models that make vectors.
    fn embedder(&self, name: &str) -> Result<Arc<Entry>, ProviderError> {
        // A server may have more than it lists, but what is known to chat makes no vectors.
        let unlisted = || self.unlisted(name).filter(|_| self.snapshot.entry(name).is_none()).map(Arc::new);
        let names = || self.snapshot.embedders.iter().map(|entry| entry.model.id.as_str());
        let entry = resolve::embedder(&self.snapshot, name)?.or_else(unlisted);
        self.allowed(usable(entry.ok_or_else(|| self.unknown(name, names()))?)?)
    }

    /// An entry for a request of this shape; of any shape if there is none.
    pub fn fitting(&self, name: &str, shape: Option<Shape>) -> Result<Arc<Entry>, ProviderError> {
        match shape {
            Some(Shape::OpenAiEmbeddings) => self.embedder(name),
            Some(_) => self.named(name),
            None => self.named(name).or_else(|error| self.embedder(name).map_err(|_| error)),
        }
    }

    /// The models to try for a name, in order: those of a route, or the model of the name and
    /// the fallbacks that the operator set for it.
    pub fn way(&self, name: &str, request: Option<(&NativeRequest, bool)>) -> Result<Way, ProviderError> {
        let shape = request.map(|(request, _)| request.shape);
        if let Some(route) = self.own.as_ref().and_then(|own| own.routes.get(name)) {
            let facts = request.map(|(request, stream)| facts::of(request, stream));
            let entries = self.along(route, shape, facts.as_ref(), &self.providers.inner.env)?;
            return Ok(Way { entries, route: Some(Arc::clone(route)) });
        }
        let asked = self.fitting(name, shape);
        let config = self.providers.inner.registry.config();
        let need = match request {
            _ if config.default_fallbacks.is_empty() => Need::Anything,
            Some((request, _)) if request.shape == Shape::OpenAiEmbeddings => Need::Embeddings,
            Some((request, stream)) if facts::of(request, stream).vision => Need::Vision,
            Some(_) => Need::Chat,
            None => {
                let embeds = |entry: &Arc<Entry>| self.snapshot.entry(&entry.model.id).is_none();
                if asked.as_ref().is_ok_and(embeds) { Need::Embeddings } else { Need::Anything }
            }
        };
        let entries = self.with_fallbacks(asked, name, need)?;
        Ok(Way { entries, route: None })
    }

    /// The entry that was asked for, and the fallbacks of its id, or those of all models that
    /// have none. Without the former the fallbacks of its id answer; without any, the error stands.
    pub fn with_fallbacks(
        &self,
        asked: Result<Arc<Entry>, ProviderError>,
        name: &str,
        need: Need,
    ) -> Result<Vec<Arc<Entry>>, ProviderError> {
        let config = self.providers.inner.registry.config();
        let id = asked.as_ref().map_or(name, |entry| entry.model.id.as_str());
        let own = config.fallbacks.get(id);
        let fallbacks = own.into_iter().flatten().filter_map(|id| self.usable(id).ok());
        match asked {
            Ok(entry) if own.is_none() => Ok(self.with_default_fallbacks(entry, need)),
            Ok(entry) => Ok(iter::once(Arc::clone(&entry)).chain(fallbacks).collect()),
            // Another model is no way around the plan.
            Err(error) if error.kind == Kind::NotAllowed => Err(error),
            Err(error) => {
                let entries: Vec<_> = fallbacks.collect();
                if entries.is_empty() { Err(error) } else { Ok(entries) }
            }
        }
    }

    fn with_default_fallbacks(&self, entry: Arc<Entry>, need: Need) -> Vec<Arc<Entry>> {
        let DefaultFallbacks { chat, vision, embeddings } = &self.providers.inner.registry.config().default_fallbacks;
        let (first, second): (&[String], &[String]) = match need {
            Need::Chat => (chat, &[]),
            Need::Vision => (vision, &[]),
            Need::Embeddings => (embeddings, &[]),
            Need::Anything => (chat, vision),
        };
        let mut entries = vec![entry];
        for id in first.iter().chain(second) {
            let found = if need == Need::Embeddings { self.embedder(id) } else { self.usable(id) };
            if let Ok(found) = found
                && !entries.iter().any(|entry| entry.model.id == found.model.id)
            {
                entries.push(found);
            }
        }
        entries
    }

    /// The models of a route that fit the request and can be used.
    fn along(
        &self,
        route: &Route,
        shape: Option<Shape>,
        facts: Option<&Facts>,
        env: &Env,
    ) -> Result<Vec<Arc<Entry>>, ProviderError> {
        let fits = |when: &crate::model::Condition| facts.is_none_or(|facts| when.fits(facts));
        let mut targets: Vec<_> = route.targets.iter().filter(|target| target.when.as_ref().is_none_or(fits)).collect();
        if targets.is_empty() {
            return Err(error::no_target(&route.name));
        }
        if route.strategy == Strategy::Weighted && facts.is_some() {
            // By Efraimidis and Spirakis: the largest u^(1/w) first is a draw by weight.
            let draw = |weight: u32| env.unit().max(f64::MIN_POSITIVE).ln() / f64::from(weight.max(1));
            let mut drawn: Vec<_> = targets.into_iter().map(|target| (draw(target.weight), target)).collect();
            drawn.sort_by(|a, b| b.0.total_cmp(&a.0));
            targets = drawn.into_iter().map(|(_, target)| target).collect();
        }
        let mut failed = None;
        let mut entries = Vec::with_capacity(targets.len());
        for target in targets {
            match self.fitting(&target.model, shape) {
                Ok(entry) => entries.push(entry),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            Some(error) if entries.is_empty() => Err(error),
            _ => Ok(entries),
        }
    }
}

/// The entry, or why it can't be used now.
fn usable(entry: Arc<Entry>) -> Result<Arc<Entry>, ProviderError> {
    match &entry.model.unavailable {
        Some(reason) => Err(error::unavailable(reason)),
        None => Ok(entry),
    }
}
