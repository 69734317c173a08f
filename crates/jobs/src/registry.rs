//! Which kinds of jobs this process knows, and who does them.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc};

use crate::{Context, Failure, Job, Policy, Schedule};

type Attempt = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;
type Body = Arc<dyn Fn(&str, Context) -> Attempt + Send + Sync>;

/// A kind of job and its body.
#[derive(Clone)]
pub(crate) struct Kind {
    pub name: &'static str,
    pub policy: Policy,
    pub body: Body,
}

/// The kinds and schedules of all contexts. Each adds its own (`pub fn jobs(…, registry: &mut Registry)`).
#[derive(Default, Clone)]
pub struct Registry {
    pub(crate) kinds: HashMap<&'static str, Kind>,
    pub(crate) schedules: Vec<Schedule>,
}

impl Registry {
    pub fn new() -> Self {
        Self::default()
    }

    /// Has jobs of this kind done by `service`.
    pub fn add<J: Job>(&mut self, service: J::Service) -> &mut Self {
        let body: Body = Arc::new(move |payload, context| match serde_json::from_str::<J>(payload) {
            Ok(job) => Box::pin(job.run(service.clone(), context)),
            // What an older or newer version wrote. It can be put back after an upgrade.
            Err(error) => Box::pin(async move { Err(Failure::Discard(format!("the payload can't be read: {error}"))) }),
        });
        self.kinds.insert(J::KIND, Kind { name: J::KIND, policy: J::POLICY, body });
        self
    }

    /// Has a job put into the queue again and again. Its kind is [added](Self::add) as well.
    pub fn schedule(&mut self, schedule: Schedule) -> &mut Self {
        self.schedules.push(schedule);
        self
    }
}
