//! Budgets over groups: what members spend together is counted and stopped, on one process and on
//! two, whoever comes and goes meanwhile.

use std::{collections::BTreeSet, sync::Arc};

use contracts::{
    Metering as _,
    metering::{NewReservation, NewUsage, ReserveError},
    tenancy::Role,
};
use database::{Platform, params};
use kernel::{GroupId, NanoUsd, UserId};
use metering::{Budget, BudgetError, BudgetSubject, NewBudget, Sight};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use tenancy::{Actor, Tenancy};
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::{
    caps::{COST, hard, refused},
    support::Ledger,
};

/// A workspace with people and a group.
struct Team {
    ledger: Ledger,
    tenancy: Tenancy,
    people: Vec<UserId>,
    group: GroupId,
}

impl Team {
    async fn new(db: &TestDb, people: usize) -> Self {
        let ledger = Ledger::new(db).await;
        let tenancy = Tenancy::new(ledger.db.clone(), ledger.env.clone());
        let mut team = Self { people: Vec::new(), group: ledger.env.id(), tenancy, ledger };
        for _ in 0..people {
            team.people.push(team.user(Role::Member).await);
        }
        team.group = team.tenancy.create_group(&team.boss(), "Research").await.unwrap().id;
        team
    }

    /// Somebody new in the workspace.
    async fn user(&self, role: Role) -> UserId {
        let id: UserId = self.ledger.env.id();
        let email = format!("{}@example.com", id.uuid().simple());
        self.ledger
            .db
            .execute(
                Platform,
                "INSERT INTO users (id, email, email_lower, name, password_hash, locale, theme, attributes,
                     platform_admin, created_at, updated_at)
                 VALUES ($1, $2, $2, 'Somebody', 'none', 'en', 'system', '{}', $3, $4, $4)",
                params![id, email.as_str(), false, self.ledger.env.now()],
            )
            .await
            .unwrap();
        self.tenancy.add_member(self.ledger.scope.workspace(), id, role).await.unwrap();
        id
    }

    fn boss(&self) -> Actor {
        Actor { user: self.people[0], scope: self.ledger.scope }
    }

    async fn joins(&self, person: usize) {
        self.tenancy.add_to_group(&self.boss(), self.group, self.people[person]).await.unwrap();
    }

    async fn leaves(&self, person: usize) {
        self.tenancy.remove_from_group(&self.boss(), self.group, self.people[person]).await.unwrap();
    }

    fn over_group(&self, limit: i64) -> NewBudget {
        NewBudget { name: "Research".into(), subject: BudgetSubject::Group { id: self.group }, ..hard(limit) }
    }

    async fn spends(&self, person: usize) {
        self.ledger.record(NewUsage { user: self.people[person], ..self.ledger.usage() }).await.unwrap();
    }

    fn wants(&self, person: usize) -> NewReservation {
        NewReservation { user: self.people[person], ..self.ledger.wants(COST) }
    }

    async fn spent(&self, budget: &Budget) -> i64 {
        self.ledger.look(budget).await.spent_usd.units()
    }
}

#[db_test]
async fn acceptance_20_a_groups_budget_counts_and_stops_its_members_alone(db: TestDb) {
    let team = Team::new(&db, 3).await;
    team.joins(0).await;
    team.joins(1).await;
    let budget = team.ledger.budget(team.over_group(2 * COST)).await;
    team.spends(0).await;
    team.spends(2).await;
    assert_eq!(team.spent(&budget).await, COST, "the third is not in the group");

    let metering = &team.ledger.metering;
    let key = team.ledger.env.id();
    let through_key = NewReservation { key: Some(key), ..team.wants(1) };
    let held = metering.reserve(&team.ledger.scope, through_key).await.unwrap();
    let cap = refused(metering.reserve(&team.ledger.scope, team.wants(0)).await);
    assert_eq!((cap.budget, cap.name.as_str()), (budget.id, "Research"));
    assert!(cap.to_string().contains("Research"), "{cap}");
    assert!(metering.reserve(&team.ledger.scope, team.wants(2)).await.unwrap().is_none());

    let usage = NewUsage { user: team.people[1], key: Some(key), ..team.ledger.usage() };
    metering.settle(&team.ledger.scope, held, usage).await.unwrap();
    let now = team.ledger.look(&budget).await;
    assert_eq!((now.spent_usd.units(), now.reserved_usd), (2 * COST, NanoUsd::ZERO));
    assert_eq!(now.warned, [80, 90, 100]);
}

#[db_test]
async fn acceptance_20_of_a_groups_parallel_calls_exactly_those_with_room_pass_on_two_processes(db: TestDb) {
    let team = Team::new(&db, 5).await;
    for person in 0..5 {
        team.joins(person).await;
    }
    let budget = team.ledger.budget(team.over_group(30 * COST + COST - 1)).await;
    let other = team.ledger.another_node(&db).await;
    let nodes = Arc::new([team.ledger.clone(), other]);
    let mut calls = JoinSet::new();
    for number in 0..150_usize {
        let (nodes, wanted) = (nodes.clone(), team.wants(number % 5));
        calls.spawn(async move {
            let node = &nodes[number % 2];
            let user = wanted.user;
            let reservation = match node.metering.reserve(&node.scope, wanted).await {
                Ok(reservation) => reservation,
                Err(ReserveError::Cap(_)) => return false,
                Err(other) => panic!("{other}"),
            };
            node.metering.settle(&node.scope, reservation, NewUsage { user, ..node.usage() }).await.unwrap();
            true
        });
    }
    let passed = calls.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!(passed, 30);
    assert_eq!(team.spent(&budget).await, 30 * COST);
}

#[db_test]
async fn a_new_budget_begins_with_what_the_members_have_spent(db: TestDb) {
    let team = Team::new(&db, 3).await;
    for person in 0..3 {
        team.spends(person).await;
    }
    team.joins(0).await;
    team.joins(2).await;
    let budget = team.ledger.budget(team.over_group(100 * COST)).await;
    assert_eq!(budget.spent_usd.units(), 2 * COST);
}

#[db_test]
async fn who_comes_and_goes_counts_while_they_are_in_the_group_on_every_process(db: TestDb) {
    let team = Team::new(&db, 2).await;
    team.joins(0).await;
    let budget = team.ledger.budget(team.over_group(2 * COST)).await;
    let other = team.ledger.another_node(&db).await;
    // Both processes have it in memory.
    for node in [&team.ledger, &other] {
        drop(node.metering.reserve(&node.scope, team.wants(0)).await.unwrap());
        assert!(node.metering.reserve(&node.scope, team.wants(1)).await.unwrap().is_none());
        node.until_rows_hold(0).await;
    }
    team.spends(1).await;
    team.joins(1).await;
    let elsewhere = NewUsage { user: team.people[1], ..other.usage() };
    other.record(elsewhere).await.unwrap();
    assert_eq!(team.spent(&budget).await, COST, "what was spent before stays outside");

    // Room that was held for somebody who leaves meanwhile is given back as they end.
    let held = other.metering.reserve(&other.scope, team.wants(1)).await.unwrap();
    team.leaves(1).await;
    let usage = NewUsage { user: team.people[1], ..other.usage() };
    other.metering.settle(&other.scope, held, usage).await.unwrap();
    let now = team.ledger.look(&budget).await;
    assert_eq!((now.spent_usd.units(), now.reserved_usd), (COST, NanoUsd::ZERO));
    assert!(other.metering.reserve(&other.scope, team.wants(1)).await.unwrap().is_none());

    // Leaving the workspace is leaving its groups.
    team.joins(1).await;
    let owner = team.user(Role::Owner).await;
    team.tenancy.remove_member(&Actor { user: owner, ..team.boss() }, team.people[1]).await.unwrap();
    assert!(other.metering.reserve(&other.scope, team.wants(1)).await.unwrap().is_none());
    assert_eq!(team.tenancy.group(&team.ledger.scope, team.group).await.unwrap().members, 1);
}

#[db_test]
async fn a_group_that_is_deleted_or_unknown_counts_nobody(db: TestDb) {
    let team = Team::new(&db, 1).await;
    team.joins(0).await;
    let budget = team.ledger.budget(team.over_group(COST)).await;
    team.spends(0).await;
    refused(team.ledger.metering.reserve(&team.ledger.scope, team.wants(0)).await);
    team.tenancy.delete_group(&team.boss(), team.group).await.unwrap();
    assert!(team.ledger.metering.reserve(&team.ledger.scope, team.wants(0)).await.unwrap().is_none());
    team.spends(0).await;
    assert_eq!(team.spent(&budget).await, COST, "it keeps what it has counted");

    let gone = team.ledger.metering.create_budget(&team.ledger.scope, team.over_group(COST)).await;
    assert!(matches!(gone, Err(BudgetError::NoGroup)), "{gone:?}");
    // Nor can another workspace's be named.
    let elsewhere = Actor { scope: team.ledger.another().await.scope, ..team.boss() };
    let theirs = team.tenancy.create_group(&elsewhere, "Research").await.unwrap().id;
    let foreign = NewBudget { subject: BudgetSubject::Group { id: theirs }, ..team.over_group(COST) };
    let foreign = team.ledger.metering.create_budget(&team.ledger.scope, foreign).await;
    assert!(matches!(foreign, Err(BudgetError::NoGroup)), "{foreign:?}");
}

#[db_test]
async fn members_see_the_budgets_of_their_own_groups(db: TestDb) {
    let team = Team::new(&db, 2).await;
    team.joins(0).await;
    let budget = team.ledger.budget(team.over_group(COST)).await;
    let everybody = team.ledger.budget(hard(COST)).await;
    let seen = async |person: usize, after, limit| {
        let sight = Sight::Own(team.people[person]);
        let page = team.ledger.metering.budgets(&team.ledger.scope, sight, after, limit).await.unwrap();
        page.data.into_iter().map(|budget| budget.id).collect::<Vec<_>>()
    };
    // The test's clock stands still, so that chance alone orders ids.
    let both = [budget.id.min(everybody.id), budget.id.max(everybody.id)];
    assert_eq!(seen(0, None, 10).await, both);
    assert_eq!(seen(0, None, 1).await, both[..1]);
    assert_eq!(seen(0, Some(both[0]), 10).await, both[1..]);
    assert_eq!(seen(1, None, 1).await, [everybody.id]);
    let theirs = team.ledger.metering.budget(&team.ledger.scope, Sight::Own(team.people[1]), budget.id).await;
    assert!(matches!(theirs, Err(BudgetError::NotFound)), "{theirs:?}");
}

/// What happens next in a workspace of four people.
#[derive(Debug, Clone)]
enum Step {
    Joins(usize),
    Leaves(usize),
    Spends(usize),
}

#[db_test]
async fn acceptance_26_a_groups_budget_is_the_sum_of_what_its_members_spent_in_it(db: TestDb) {
    let team = Team::new(&db, 4).await;
    let budget = team.ledger.budget(NewBudget { hard: false, ..team.over_group(i64::MAX / 4) }).await;
    let other = team.ledger.another_node(&db).await;
    let step = prop_oneof![
        1 => (0..4_usize).prop_map(Step::Joins),
        1 => (0..4_usize).prop_map(Step::Leaves),
        4 => (0..4_usize).prop_map(Step::Spends),
    ];
    let steps = proptest::collection::vec(step, 120).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let (mut inside, mut expected) = (BTreeSet::new(), 0);
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Joins(person) => {
                team.joins(person).await;
                inside.insert(person);
            }
            Step::Leaves(person) => {
                team.leaves(person).await;
                inside.remove(&person);
            }
            Step::Spends(person) => {
                let node = if number % 2 == 0 { &team.ledger } else { &other };
                let usage = NewUsage { user: team.people[person], ..node.usage() };
                let none = contracts::metering::Reservation::none();
                let entry = node.metering.settle(&node.scope, none, usage).await.unwrap();
                expected += if inside.contains(&person) { entry.cost.units() } else { 0 };
            }
        }
    }
    assert!(expected > 0, "somebody spent within the group");
    assert_eq!(team.spent(&budget).await, expected);
}
