//! Acceptance 26: thousands of random calls, some of them broken off, and all sums agree.

use std::sync::{Arc, Mutex};

use contracts::{
    Metering as _,
    metering::{BudgetPeriod, NewReservation, NewUsage, ReserveError, worst_case},
    providers::TokenUsage,
};
use database::params;
use kernel::{ApiKeyId, NanoUsd, UserId};
use metering::{Budget, BudgetSubject, NewBudget, ReportRequest, UsageGroup};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::{
    caps::hard,
    support::{Ledger, People, prices},
};

const CALLS: u32 = 2500;

/// A call: who, through which key, what it may use and what it does use, and how it goes.
#[derive(Debug, Clone)]
struct Call {
    user: usize,
    key: Option<usize>,
    input: u64,
    output: u64,
    used: u64,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Settled,
    SettledTwice,
    /// Its entry is part of another transaction.
    Recorded,
    /// Whoever asked leaves while the room is being looked for.
    Abandoned,
    /// It has room and fails before it uses any.
    Failed,
}

fn call() -> impl Strategy<Value = Call> {
    let end = prop_oneof![
        6 => Just(End::Settled),
        1 => Just(End::SettledTwice),
        2 => Just(End::Recorded),
        1 => Just(End::Abandoned),
        1 => Just(End::Failed),
    ];
    (0..3_usize, proptest::option::of(0..3_usize), 0..5000_u64, 1..500_u64, 0..=100_u64, end).prop_map(
        |(user, key, input, output, share, end)| Call { user, key, input, output, used: output * share / 100, end },
    )
}

struct World {
    nodes: [Ledger; 2],
    users: [UserId; 3],
    keys: [ApiKeyId; 3],
    /// What ended, to the nano-dollar: user, key, cost.
    ended: Mutex<Vec<(UserId, Option<ApiKeyId>, NanoUsd)>>,
}

impl World {
    async fn run(&self, number: u32, call: Call) {
        let node = &self.nodes[usize::from(number % 2 == 1)];
        let (user, key) = (self.users[call.user], call.key.map(|key| self.keys[key]));
        let worst = worst_case(&prices(), call.input, call.output);
        let wanted = NewReservation { user, key, worst, tokens: call.input + call.output, messages: 1 };
        if call.end == End::Abandoned {
            let asked = node.metering.reserve(&node.scope, wanted);
            let _ = tokio::time::timeout(std::time::Duration::from_micros(u64::from(number % 700)), asked).await;
            return;
        }
        let reservation = match node.metering.reserve(&node.scope, wanted).await {
            Ok(reservation) => reservation,
            Err(ReserveError::Cap(_)) => return,
            Err(other) => panic!("{other}"),
        };
        let tokens = TokenUsage {
            input: call.input,
            cached_input: call.input / 3,
            output: call.used,
            reasoning: call.used / 2,
            ..TokenUsage::default()
        };
        let usage = NewUsage { user, key, tokens, ..node.usage() };
        let entry = match call.end {
            End::Settled | End::SettledTwice => {
                let entry = node.metering.settle(&node.scope, reservation, usage.clone()).await.unwrap();
                if call.end == End::SettledTwice {
                    let again = contracts::metering::Reservation::none();
                    assert_eq!(node.metering.settle(&node.scope, again, usage).await.unwrap(), entry);
                }
                entry
            }
            End::Recorded => {
                let entry = node.record(usage).await.unwrap();
                drop(reservation);
                entry
            }
            End::Abandoned | End::Failed => return,
        };
        assert!(entry.cost <= worst);
        self.ended.lock().unwrap().push((user, key, entry.cost));
    }

    /// What a subject has spent, by our own count.
    fn spent(&self, subject: BudgetSubject) -> NanoUsd {
        let ended = self.ended.lock().unwrap();
        let counts = |of: &UserId, through: &Option<ApiKeyId>| match subject {
            BudgetSubject::Workspace {} => true,
            BudgetSubject::User { id } => *of == id,
            BudgetSubject::Key { id } => *through == Some(id),
            BudgetSubject::Group { .. } => unreachable!("nobody is in a group here"),
        };
        ended.iter().filter(|(user, key, _)| counts(user, key)).map(|(_, _, cost)| *cost).sum()
    }
}

#[db_test]
async fn acceptance_26_ledger_budgets_and_reports_agree(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let users = [(); 3].map(|()| ledger.env.id());
    let keys = [(); 3].map(|()| ledger.env.id());
    let budget = |subject, period, dollars: i64, hard_cap| NewBudget {
        subject,
        period,
        hard: hard_cap,
        ..hard(dollars * 1_000_000_000)
    };
    let subjects = [
        budget(BudgetSubject::Workspace {}, BudgetPeriod::Month, 9, true),
        budget(BudgetSubject::Workspace {}, BudgetPeriod::Total, 5, false),
        budget(BudgetSubject::User { id: users[0] }, BudgetPeriod::Day, 2, true),
        budget(BudgetSubject::User { id: users[1] }, BudgetPeriod::Day, 1, false),
        budget(BudgetSubject::Key { id: keys[0] }, BudgetPeriod::Total, 1, true),
        budget(BudgetSubject::Key { id: keys[1] }, BudgetPeriod::Month, 1, true),
    ];
    let mut budgets: Vec<Budget> = Vec::new();
    for new in subjects {
        budgets.push(ledger.budget(new).await);
    }
    let nodes = [ledger.another_node(&db).await, ledger.another_node(&db).await];
    let world = Arc::new(World { nodes, users, keys, ended: Mutex::default() });

    let mut runner = TestRunner::deterministic();
    let mut running = JoinSet::new();
    for number in 0..CALLS {
        let call = call().new_tree(&mut runner).unwrap().current();
        let world = world.clone();
        running.spawn(async move { world.run(number, call).await });
        // Some at a time, as they come.
        while running.len() >= 64 {
            running.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }

    let sum = world.spent(BudgetSubject::Workspace {});
    assert!(sum > NanoUsd::ZERO);
    let sql = "SELECT CAST(sum(cost_nano) AS BIGINT), count(*) FROM usage_entries WHERE workspace_id = $1";
    let (stored, entries): (NanoUsd, i64) =
        ledger.db.one(&ledger.scope, sql, params![ledger.scope.workspace()]).await.unwrap();
    assert_eq!(
        (stored, entries),
        (sum, i64::try_from(world.ended.lock().unwrap().len()).unwrap()),
        "the ledger is what ended"
    );
    assert!(entries < i64::from(CALLS) * 3 / 4, "caps have refused some: {entries}");
    for group_by in [UsageGroup::Day, UsageGroup::Model, UsageGroup::User, UsageGroup::Key] {
        let request = ReportRequest { group_by, ..ReportRequest::default() };
        let report = ledger.metering.report(&People::new(&ledger.scope), &ledger.scope, request).await.unwrap();
        assert_eq!(report.total.cost_usd, sum, "{group_by:?}");
    }
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        for budget in &budgets {
            while ledger.look(budget).await.reserved_usd != NanoUsd::ZERO {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
    })
    .await
    .expect("all room is given back");
    for budget in &budgets {
        let now = ledger.look(budget).await;
        assert_eq!(now.spent_usd, world.spent(budget.subject), "{now:?}");
        assert!(!now.hard || now.spent_usd <= now.limit_usd, "a cap was passed: {now:?}");
        let due = [80, 90, 100].into_iter().filter(|percent| {
            i128::from(now.spent_usd.units()) * 100 >= i128::from(now.limit_usd.units()) * i128::from(*percent)
        });
        assert_eq!(now.warned, due.collect::<Vec<i64>>());
    }
}
