//! Guardrails: what providers must not see, what is not answered, and how much may go in and
//! come out. The operator sets a floor for all workspaces; a workspace has a policy, and so
//! may each of its keys. The stricter one holds, rule by rule.
//!
//! Invariants: no policy loosens what stands below it. Personal data is found by rules alone,
//! so the same text always comes to the same. What was decided is kept with its rule, its
//! action and how often; the text that it is about is stored and logged nowhere. A changed
//! policy holds from the next call on, on every process: it moves the number that cached API
//! keys are good for, so that a call which came with a key costs no query of its own.
//!
//! Deliberately absent: judging what an answer says, looking into pictures and files, and
//! understanding a text. The heuristics against prompt injection are a tripwire and no wall.

mod error;
mod http;
mod model;
mod operations;
mod rules;
mod store;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use contracts::{Audit, audit::NoAudit, guardrails::Floor, identity::KEYS_EPOCH};
use database::{Db, Epochs};
use kernel::{ApiKeyId, Env, WorkspaceId};

pub use error::GuardrailsError;
pub use http::routes;
pub use model::{Injection, Pattern, Policy, PolicyView, Recorded, Tried};
pub use operations::{KEPT, Subject, Trial};
pub use rules::HEURISTICS;

use rules::Rules;

/// Workspaces whose rules are kept in memory.
const KNOWN: usize = 10_000;

/// The policies and what they decided. A clone is another handle to the same ones.
#[derive(Clone)]
pub struct Guardrails(Arc<Inner>, Arc<dyn Audit>);

struct Inner {
    db: Db,
    env: Env,
    epochs: Epochs,
    floor: Policy,
    known: Mutex<Known>,
}

/// Rules by workspace, all as of one epoch.
#[derive(Default)]
struct Known {
    epoch: i64,
    by_workspace: HashMap<WorkspaceId, Arc<Compiled>>,
}

/// The rules of one workspace, ready for use.
struct Compiled {
    /// For calls without a key, and with one that has no policy; none: nothing holds.
    everybody: Option<Arc<Rules>>,
    by_key: HashMap<ApiKeyId, Arc<Rules>>,
}

impl Guardrails {
    /// An error says which setting of the operator's can't be used.
    pub fn new(db: Db, env: Env, floor: &Floor) -> Result<Self, GuardrailsError> {
        let floor = Policy::from(floor);
        if let Some(wrong) = floor.first_mistake() {
            return Err(GuardrailsError::Setting(wrong));
        }
        Rules::new(&floor).map_err(GuardrailsError::Setting)?;
        let epochs = Epochs::new(db.clone(), KEYS_EPOCH);
        let inner = Inner { db, env, epochs, floor, known: Mutex::default() };
        Ok(Self(Arc::new(inner), Arc::new(NoAudit)))
    }

    /// The same where changes of policies are written down.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn Audit>) -> Self {
        Self(self.0, audit)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
