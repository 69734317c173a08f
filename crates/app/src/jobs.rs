//! What this installation does by itself, again and again: which operation of which context, and when.
//!
//! Each is a job of the [queue](jobs), put there by its schedule: one process does it, once a tick, with retries, and
//! operators see when it ran and what went wrong. What each process does for its own memory is not here.

use std::{sync::Arc, time::Duration};

use contracts::audit::Origin;
use jobs::{Context, Failure, Job, Policy, Priority, Queue, Registry, Schedule, Settings, Workers};
use kernel::{Tasks, TenantScope};
use serde::{Deserialize, Serialize};
use web::idempotency::Idempotency;

/// What chores work on.
#[derive(Clone)]
pub struct Chores {
    pub identity: Arc<identity::Identity>,
    pub tenancy: Arc<tenancy::Tenancy>,
    pub metering: metering::Metering,
    pub guardrails: guardrails::Guardrails,
    pub notifications: notifications::Notifications,
    pub idempotency: Idempotency,
}

impl Chores {
    /// Deletes for good the workspaces whose grace is over, with every row that is theirs.
    pub async fn purge_workspaces(&self) -> Result<(), database::Error> {
        for workspace in self.tenancy.purge().await? {
            // What belongs to a workspace refers to it and goes with it; these alone only name it.
            self.idempotency.forget(&TenantScope::assume(workspace)).await?;
        }
        Ok(())
    }
}

/// Nobody waits for them, and what fails comes again with the next tick. What they did can be seen for a day.
const CHORE: Policy = Policy {
    priority: Priority::Low,
    attempts: 3,
    timeout: Duration::from_secs(10 * 60),
    keep: Duration::from_secs(24 * 3600),
    ..Policy::DEFAULT
};

/// Declares jobs without a payload and their schedules: `Name = "kind", "cron", |chores| what is awaited;`
macro_rules! chores {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $cron:literal, |$chores:ident| $work:expr;)*) => {
        $($(#[$doc])*
        #[derive(Serialize, Deserialize)]
        struct $name {}

        impl Job for $name {
            type Service = Chores;
            const KIND: &'static str = $kind;
            const POLICY: Policy = CHORE;

            async fn run(self, $chores: Chores, _: Context) -> Result<(), Failure> {
                Origin::system($kind).around(async move { $work.await.map(drop) }).await?;
                Ok(())
            }
        })*

        fn registry(chores: &Chores) -> Registry {
            let mut registry = Registry::new();
            $(registry
                .add::<$name>(chores.clone())
                .schedule(Schedule::new($kind, $cron, |_| $name {}));)*
            registry
        }
    };
}

chores! {
    /// Sessions, tokens, links, challenges and devices that have ended; accounts whose grace is over.
    CleanUpIdentity = "identity.clean_up", "7 * * * *", |chores| chores.identity.clean_up();
    /// Holds of budgets whose process has died.
    ReleaseHolds = "metering.release_holds", "*/10 * * * *", |chores| chores.metering.sweep();
    ForgetDecisions = "guardrails.forget_decisions", "*/10 * * * *", |chores| chores.guardrails.sweep();
    ForgetInvitations = "tenancy.forget_invitations", "*/10 * * * *", |chores| chores.tenancy.forget_invitations();
    PurgeWorkspaces = "tenancy.purge", "*/10 * * * *", |chores| chores.purge_workspaces();
    ForgetLetters = "notifications.forget_letters", "37 * * * *", |chores| chores.notifications.sweep();
    ForgetAnswers = "web.forget_answers", "*/10 * * * *", |chores| chores.idempotency.sweep();
}

/// The workers of this process.
pub fn workers(queue: &Queue, tasks: &Tasks, chores: &Chores, slots: u32) -> Workers {
    // Where that is not told, the number of the process has to do.
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = format!("{} ({})", host.trim(), std::process::id()).trim().to_owned();
    let settings = Settings { name, slots, ..Settings::default() };
    Workers::new(queue.clone(), tasks.clone(), registry(chores), settings)
}
