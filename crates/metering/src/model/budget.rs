//! Budgets as they are stored and as the API shows them.

use std::{collections::HashMap, sync::Arc};

use contracts::{
    metering::{BudgetPeriod, CapReached, NewReservation, ReserveError},
    plans::{Plan, Quota, QuotaReached, QuotaUnit},
    tenancy::GroupMembers,
};
use kernel::{ApiKeyId, BudgetId, GroupId, NanoUsd, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Amount, Entry};

/// Percent of the limit at which a warning is given, the lowest first.
pub const WARNINGS: [i64; 3] = [80, 90, 100];

/// Whose spending a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BudgetSubject {
    /// Everybody's in the workspace.
    Workspace {},
    /// One member's, with all their keys.
    User { id: UserId },
    /// One API key's.
    Key { id: ApiKeyId },
    /// That of all who are in a group when they spend it, with all their keys.
    Group { id: GroupId },
}

impl BudgetSubject {
    /// How it is stored.
    pub(crate) fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Workspace {} => ("workspace", None),
            Self::User { id } => ("user", Some(id.uuid())),
            Self::Key { id } => ("key", Some(id.uuid())),
            Self::Group { id } => ("group", Some(id.uuid())),
        }
    }

    /// Reads what [`BudgetSubject::columns`] gave.
    pub(crate) fn from_columns(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (kind, id) {
            ("workspace", None) => Some(Self::Workspace {}),
            ("user", Some(id)) => Some(Self::User { id: UserId::from_uuid(id) }),
            ("key", Some(id)) => Some(Self::Key { id: ApiKeyId::from_uuid(id) }),
            ("group", Some(id)) => Some(Self::Group { id: GroupId::from_uuid(id) }),
            _ => None,
        }
    }

    /// The group whose members' use counts.
    pub(crate) const fn group(self) -> Option<GroupId> {
        match self {
            Self::Group { id } => Some(id),
            Self::Workspace {} | Self::User { .. } | Self::Key { .. } => None,
        }
    }
}

/// The rules of a budget, or of a quota of the workspace's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    pub id: BudgetId,
    /// The plan's, for a quota.
    pub name: String,
    pub subject: BudgetSubject,
    pub period: BudgetPeriod,
    pub unit: QuotaUnit,
    /// Whether it is a quota.
    pub quota: bool,
    pub limit: Amount,
    pub hard: bool,
    /// The start of the first period that it counts.
    pub counts_from: Timestamp,
    pub created_at: Timestamp,
}

impl Rules {
    /// The account for what happens at `at`.
    pub fn account(&self, at: Timestamp) -> Account {
        Account { budget: self.id, starts_at: self.period.start(at) }
    }

    /// What use brings a warning of `percent`.
    pub fn threshold(&self, percent: i64) -> Amount {
        // Rounded up, so that the warning never comes early. It can't exceed the limit.
        let share = (i128::from(self.limit.get()) * i128::from(percent) + 99) / 100;
        Amount::new(i64::try_from(share).unwrap_or(i64::MAX))
    }

    /// What an entry adds to it.
    pub fn charge(&self, entry: &Entry) -> Amount {
        match self.unit {
            QuotaUnit::Usd => entry.cost.into(),
            QuotaUnit::Tokens => Amount::new(entry.input_tokens.saturating_add(entry.output_tokens)),
            QuotaUnit::Messages => Amount::new(entry.messages),
        }
    }

    /// What a call may add to it.
    pub fn claim(&self, wanted: &NewReservation) -> Amount {
        match self.unit {
            QuotaUnit::Usd => wanted.worst.into(),
            QuotaUnit::Tokens => Amount::new(i64::try_from(wanted.tokens).unwrap_or(i64::MAX)),
            QuotaUnit::Messages => Amount::new(wanted.messages.into()),
        }
    }

    /// That it leaves no room at `now`.
    pub fn reached(&self, used: Amount, now: Timestamp) -> ReserveError {
        let resets_at = self.period.end(now);
        if self.quota {
            let quota = Quota { unit: self.unit, period: self.period, limit: self.limit.get() };
            let wait = resets_at.map(|at| at.since(now));
            let reached = QuotaReached { plan: self.name.clone(), quota, used: used.get(), resets_at, wait };
            return ReserveError::Quota(Box::new(reached));
        }
        ReserveError::Cap(Box::new(CapReached {
            budget: self.id,
            name: self.name.clone(),
            period: self.period,
            limit: NanoUsd::new(self.limit.get()),
            spent: NanoUsd::new(used.get()),
            resets_at,
        }))
    }
}

/// One budget in one of its periods: what spending and reservations are counted on. The order
/// is that in which rows are locked, so that nobody waits in a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Account {
    pub budget: BudgetId,
    pub starts_at: Timestamp,
}

/// All budgets of a workspace and the quotas of its plan, as of one epoch.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub epoch: i64,
    pub plan: Arc<Plan>,
    /// Quotas of the plan that have no account yet.
    pub missing: Vec<Quota>,
    by_id: HashMap<BudgetId, Arc<Rules>>,
    everybody: Vec<Arc<Rules>>,
    by_user: HashMap<UserId, Vec<Arc<Rules>>>,
    by_key: HashMap<ApiKeyId, Vec<Arc<Rules>>>,
}

impl Budgets {
    /// `rules` as they are stored: a quota's limit is the plan's. One that the plan doesn't
    /// have still counts, so that it is right should another plan have it. `groups` are those that
    /// rules are about, at least; of a group that is gone nobody is a member.
    pub fn new(epoch: i64, plan: Arc<Plan>, rules: Vec<Rules>, groups: &[GroupMembers]) -> Self {
        let mut budgets = Self {
            epoch,
            missing: plan.quotas.clone(),
            plan,
            by_id: HashMap::new(),
            everybody: Vec::new(),
            by_user: HashMap::new(),
            by_key: HashMap::new(),
        };
        for mut rules in rules {
            if rules.quota {
                budgets.missing.retain(|quota| (quota.unit, quota.period) != (rules.unit, rules.period));
                let limit = budgets.plan.limit(rules.unit, rules.period);
                rules.name.clone_from(&budgets.plan.name);
                rules.hard = limit.is_some();
                rules.limit = limit.map_or(Amount::MAX, Amount::new);
            }
            let rules = Arc::new(rules);
            budgets.by_id.insert(rules.id, rules.clone());
            match rules.subject {
                BudgetSubject::Workspace {} => budgets.everybody.push(rules),
                BudgetSubject::User { id } => budgets.by_user.entry(id).or_default().push(rules),
                BudgetSubject::Key { id } => budgets.by_key.entry(id).or_default().push(rules),
                BudgetSubject::Group { id } => {
                    for user in groups.iter().filter(|group| group.id == id).flat_map(|group| &group.members) {
                        budgets.by_user.entry(*user).or_default().push(rules.clone());
                    }
                }
            }
        }
        budgets
    }

    /// Whether it is over this person, alone or with others of a group.
    pub fn concerns(&self, id: BudgetId, user: UserId) -> bool {
        self.by_user.get(&user).is_some_and(|own| own.iter().any(|rules| rules.id == id))
    }

    pub fn get(&self, id: BudgetId) -> Option<&Arc<Rules>> {
        self.by_id.get(&id)
    }

    /// The quotas of the plan that are counted.
    pub fn quotas(&self) -> impl Iterator<Item = &Arc<Rules>> {
        self.everybody.iter().filter(|rules| rules.quota && rules.hard)
    }

    /// Those that count the use of this person, through this key.
    fn of(&self, user: UserId, key: Option<ApiKeyId>) -> impl Iterator<Item = &Arc<Rules>> {
        let own = self.by_user.get(&user).into_iter().flatten();
        let keyed = key.and_then(|key| self.by_key.get(&key)).into_iter().flatten();
        self.everybody.iter().chain(own).chain(keyed)
    }

    /// The hard ones that a call needs room in, and how much.
    pub fn claimed(&self, wanted: &NewReservation) -> impl Iterator<Item = (&Arc<Rules>, Amount)> {
        self.of(wanted.user, wanted.key)
            .filter(|rules| rules.hard)
            .map(|rules| (rules, rules.claim(wanted)))
            .filter(|(_, claim)| *claim > Amount::ZERO)
    }

    /// The accounts that an entry adds to, and what.
    pub fn charged(&self, entry: &Entry) -> impl Iterator<Item = (Account, &Arc<Rules>, Amount)> {
        self.of(entry.user, entry.key)
            .map(|rules| (rules.account(entry.occurred_at), rules, rules.charge(entry)))
            .filter(|(account, rules, charge)| *charge > Amount::ZERO && account.starts_at >= rules.counts_from)
    }
}

/// A budget as the API shows it, with its state in the current period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Budget {
    pub id: BudgetId,
    #[schema(example = "Team")]
    pub name: String,
    pub subject: BudgetSubject,
    pub period: BudgetPeriod,
    #[schema(example = "50")]
    pub limit_usd: NanoUsd,
    /// Whether it refuses what would pass the limit; else it only warns.
    pub hard: bool,
    /// Spent in the current period, to the nano-dollar.
    pub spent_usd: NanoUsd,
    /// Kept for calls under way.
    pub reserved_usd: NanoUsd,
    /// When the current period ends; null: never.
    #[schema(required)]
    pub resets_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// The warnings given in the current period, in percent of the limit.
    #[schema(example = json!([80]))]
    pub warned: Vec<i64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(limit: i64) -> Rules {
        Rules {
            id: BudgetId::from_uuid(Uuid::nil()),
            name: "Team".into(),
            subject: BudgetSubject::Workspace {},
            period: BudgetPeriod::Month,
            unit: QuotaUnit::Usd,
            quota: false,
            limit: Amount::new(limit),
            hard: true,
            counts_from: Timestamp::EPOCH,
            created_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn periods_are_those_of_utc() {
        let at: Timestamp = "2026-01-31T23:59:59.999999Z".parse().unwrap();
        for (period, start, end) in [
            (BudgetPeriod::Day, "2026-01-31T00:00:00.000000Z", Some("2026-02-01T00:00:00.000000Z")),
            (BudgetPeriod::Month, "2026-01-01T00:00:00.000000Z", Some("2026-02-01T00:00:00.000000Z")),
            (BudgetPeriod::Total, "1970-01-01T00:00:00.000000Z", None),
        ] {
            assert_eq!(period.start(at).to_string(), start);
            assert_eq!(period.end(at).map(|end| end.to_string()).as_deref(), end);
        }
    }

    #[test]
    fn subjects_are_stored_and_read() {
        let id = Uuid::from_u128(7);
        for subject in [
            BudgetSubject::Workspace {},
            BudgetSubject::User { id: UserId::from_uuid(id) },
            BudgetSubject::Key { id: ApiKeyId::from_uuid(id) },
            BudgetSubject::Group { id: GroupId::from_uuid(id) },
        ] {
            let (kind, id) = subject.columns();
            assert_eq!(BudgetSubject::from_columns(kind, id), Some(subject));
        }
        assert_eq!(BudgetSubject::from_columns("user", None), None);
    }

    proptest! {
        #[test]
        fn warnings_come_neither_early_nor_past_the_limit(limit in 1..=i64::MAX) {
            let rules = rules(limit);
            let at = WARNINGS.map(|percent| rules.threshold(percent).get());
            prop_assert!(at.is_sorted() && at[2] == limit);
            prop_assert!(i128::from(at[0]) * 100 >= i128::from(limit) * 80);
            prop_assert!(i128::from(at[0] - 1) * 100 < i128::from(limit) * 80);
        }
    }
}
