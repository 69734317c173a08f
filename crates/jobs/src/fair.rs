//! Who goes next: a fair choice among the lanes in which jobs wait.
//!
//! Between owners (workspaces, and the platform as one of them) whoever has the fewest running goes first: *max-min
//! fairness* over slots. Among those with equally many, and within one owner, the lane goes first whose head has waited
//! longest, with the head start of its priority ([`Priority::head_start`]); that is *ageing*, as a head start is
//! caught up with by waiting.
//!
//! Invariants: limits of kinds are never passed, and a quarter of the room stays free of any one owner.
//! Deliberately absent: IO. Choices are exact because claims are made one after the other.

use std::collections::HashMap;

use kernel::Timestamp;
use uuid::Uuid;

use crate::job::{Policy, Priority};

/// Where jobs of one priority, kind and owner wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    pub priority: Priority,
    pub kind: String,
    /// None: the platform.
    pub workspace: Option<Uuid>,
}

impl Lane {
    /// As it is stored: `2/chat.title/018f…`, with `-` for the platform.
    pub fn text(&self) -> String {
        let owner = self.workspace.map_or_else(|| "-".to_owned(), |workspace| workspace.simple().to_string());
        format!("{}/{}/{owner}", self.priority.digit(), self.kind)
    }

    /// None: a later version wrote it.
    pub fn parse(text: &str) -> Option<Self> {
        let (digit, rest) = text.split_once('/')?;
        let (kind, owner) = rest.rsplit_once('/')?;
        let workspace = if owner == "-" { None } else { Some(Uuid::parse_str(owner).ok()?) };
        Some(Self { priority: Priority::from_digit(digit)?, kind: kind.to_owned(), workspace })
    }
}

/// A lane in which somebody waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub lane: Lane,
    /// Since when its first.
    pub since: Timestamp,
}

/// How many jobs run now.
#[derive(Debug, Default, Clone)]
pub(crate) struct Running {
    by_kind: HashMap<String, u32>,
    by_owner: HashMap<Option<Uuid>, u32>,
    by_both: HashMap<(String, Option<Uuid>), u32>,
}

impl Running {
    pub fn add(&mut self, lane: &Lane, count: u32) {
        *self.by_kind.entry(lane.kind.clone()).or_default() += count;
        *self.by_owner.entry(lane.workspace).or_default() += count;
        *self.by_both.entry((lane.kind.clone(), lane.workspace)).or_default() += count;
    }

    fn of_owner(&self, owner: Option<Uuid>) -> u32 {
        self.by_owner.get(&owner).copied().unwrap_or(0)
    }

    fn allows(&self, lane: &Lane, policy: &Policy) -> bool {
        let of_kind = self.by_kind.get(&lane.kind).copied().unwrap_or(0);
        let of_both = || self.by_both.get(&(lane.kind.clone(), lane.workspace)).copied().unwrap_or(0);
        policy.at_once.is_none_or(|most| of_kind < most)
            && policy.at_once_per_workspace.is_none_or(|most| of_both() < most)
    }
}

/// What this process has room for.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    /// How many it may hold in all.
    pub capacity: u32,
    /// What it holds, by owner.
    pub held: HashMap<Option<Uuid>, u32>,
}

impl Room {
    fn free(&self) -> u32 {
        self.capacity.saturating_sub(self.held.values().sum())
    }

    /// A quarter stays free for the others, so that long jobs of one owner don't keep everybody waiting.
    fn most_of_one(&self) -> u32 {
        if self.capacity > 1 { self.capacity - (self.capacity / 4).max(1) } else { self.capacity }
    }
}

/// How many jobs to take from each lane, in the order of `waiting`. Kinds without a policy are left to others.
pub(crate) fn allocate(
    waiting: &[Waiting],
    mut running: Running,
    mut room: Room,
    policy: impl Fn(&str) -> Option<Policy>,
) -> Vec<u32> {
    let mut taken = vec![0; waiting.len()];
    let most = room.most_of_one();
    let mut lanes: Vec<(usize, Policy, Timestamp)> = waiting
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((at, policy(&it.lane.kind)?, it.since - it.lane.priority.head_start())))
        .collect();
    for _ in 0..room.free() {
        lanes.retain(|(at, policy, _)| {
            let lane = &waiting[*at].lane;
            room.held.get(&lane.workspace).copied().unwrap_or(0) < most && running.allows(lane, policy)
        });
        let next =
            lanes.iter().min_by_key(|(at, _, since)| (running.of_owner(waiting[*at].lane.workspace), *since, *at));
        let Some(&(at, ..)) = next else { break };
        taken[at] += 1;
        running.add(&waiting[at].lane, 1);
        *room.held.entry(waiting[at].lane.workspace).or_default() += 1;
    }
    taken
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn owner(number: u8) -> Option<Uuid> {
        (number > 0).then(|| Uuid::from_u128(number.into()))
    }

    fn lane(priority: Priority, kind: &str, number: u8, since: u64) -> Waiting {
        let lane = Lane { priority, kind: kind.to_owned(), workspace: owner(number) };
        Waiting { lane, since: Timestamp::EPOCH + Duration::from_secs(10_000 + since) }
    }

    fn room(capacity: u32) -> Room {
        Room { capacity, held: HashMap::new() }
    }

    #[allow(clippy::unnecessary_wraps, reason = "it stands for a search")]
    fn unlimited(_: &str) -> Option<Policy> {
        Some(Policy::DEFAULT)
    }

    #[test]
    fn lanes_are_written_and_read() {
        for number in [0, 7] {
            let lane = lane(Priority::High, "chat.title", number, 0).lane;
            assert_eq!(Lane::parse(&lane.text()), Some(lane));
        }
        assert_eq!(Lane::parse("9/chat.title/-"), None);
    }

    #[test]
    fn owners_share_alike_and_nobody_gets_everything() {
        use Priority::{High, Normal};
        let waiting = [lane(High, "a", 1, 0), lane(Normal, "a", 2, 5), lane(Normal, "b", 2, 6)];
        assert_eq!(allocate(&waiting, Running::default(), room(8), unlimited), [4, 4, 0]);
        assert_eq!(allocate(&waiting[..1], Running::default(), room(8), unlimited), [6], "a quarter stays free");
        let mut running = Running::default();
        running.add(&waiting[0].lane, 3);
        assert_eq!(allocate(&waiting, running, room(4), unlimited), [1, 3, 0], "one has its share elsewhere");
    }

    #[test]
    fn priority_is_a_head_start_that_waiting_catches_up_with() {
        use Priority::{High, Low};
        let fresh = [lane(Low, "slow", 0, 0), lane(High, "quick", 0, 599)];
        assert_eq!(allocate(&fresh, Running::default(), room(1), unlimited), [0, 1]);
        let aged = [lane(Low, "slow", 0, 0), lane(High, "quick", 0, 601)];
        assert_eq!(allocate(&aged, Running::default(), room(1), unlimited), [1, 0]);
    }

    #[test]
    fn unknown_kinds_are_left_to_others() {
        let waiting = [lane(Priority::Normal, "later", 0, 0)];
        assert_eq!(allocate(&waiting, Running::default(), room(4), |_| None), [0]);
    }

    proptest! {
        #[test]
        fn limits_hold_and_shares_differ_by_one(
            lanes in proptest::collection::vec((0_u8..3, 0_u8..5, 0_u64..1000), 0..20),
            capacity in 0_u32..40,
            at_once in proptest::option::of(0_u32..6),
            each in proptest::option::of(1_u32..3),
        ) {
            let waiting: Vec<_> =
                lanes.iter().map(|(kind, owner, since)| lane(Priority::Normal, &kind.to_string(), *owner, *since)).collect();
            let policy = Policy { at_once, at_once_per_workspace: each, ..Policy::DEFAULT };
            let taken = allocate(&waiting, Running::default(), room(capacity), |_| Some(policy));
            let mut running = Running::default();
            for (waiting, count) in waiting.iter().zip(&taken) {
                running.add(&waiting.lane, *count);
            }
            prop_assert!(taken.iter().sum::<u32>() <= capacity);
            for count in running.by_kind.values() {
                prop_assert!(at_once.is_none_or(|most| *count <= most));
            }
            for count in running.by_both.values() {
                prop_assert!(each.is_none_or(|most| *count <= most));
            }
            // Without limits of kinds, owners that wait get alike.
            if at_once.is_none() && each.is_none() && running.by_owner.len() > 1 {
                let counts = || running.by_owner.values();
                prop_assert!(counts().max().unwrap() - counts().min().unwrap() <= 1);
            }
        }
    }
}
