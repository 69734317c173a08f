//! Sums over the ledger.

use std::collections::BTreeMap;

use contracts::{
    Metering as _,
    metering::{NewUsage, UsageEntry},
    providers::TokenUsage,
    tenancy::Role,
};
use kernel::{NanoUsd, TenantScope, Timestamp, UserId};
use metering::{ReportError, ReportRequest, UsageGroup, UsageReport, UsageRow};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use testkit::{TestDb, db_test};

use crate::support::{Ledger, People, at, prices};

impl Ledger {
    async fn report(&self, people: &People, request: ReportRequest) -> UsageReport {
        self.metering.report(people, &self.scope, request).await.unwrap()
    }

    async fn january(&self, people: &People, only: Option<UserId>, group_by: UsageGroup) -> UsageReport {
        let (from, to) = (Some("2026-01-01".parse().unwrap()), Some("2026-01-31".parse().unwrap()));
        self.report(people, ReportRequest { only, from, to, group_by }).await
    }
}

fn keys(report: &UsageReport) -> Vec<&str> {
    report.data.iter().map(|row| row.key.as_str()).collect()
}

#[db_test]
async fn acceptance_23_late_entries_land_in_their_period(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let people = People::new(&ledger.scope);
    // The test's clock says the 2nd; all of these are written now.
    for time in ["2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z", "2026-01-01T23:59:59.999999Z"] {
        ledger.record(NewUsage { occurred_at: at(time), ..ledger.usage() }).await.unwrap();
    }
    ledger.record(ledger.usage()).await.unwrap();
    let january = ledger.january(&people, None, UsageGroup::Day).await;
    assert_eq!(keys(&january), ["2026-01-01", "2026-01-02"]);
    assert_eq!(january.data[0].runs, 2);
    let december = ReportRequest { to: Some("2025-12-31".parse().unwrap()), ..ReportRequest::default() };
    let december = ledger.report(&people, december).await;
    assert_eq!(keys(&december), ["2025-12-31"]);
    assert_eq!(december.from.to_string(), "2025-12-01");
}

#[db_test]
async fn groups_have_labels_and_an_order(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let mut people = People::new(&ledger.scope);
    let (mai, unnamed, gone) = (ledger.env.id(), ledger.env.id(), ledger.env.id());
    people.add(mai, "Mai", Role::Owner);
    people.add(unnamed, "", Role::Member);
    for (user, model, output) in
        [(mai, "openai/a", 10), (unnamed, "openai/b", 30), (gone, "openai/b", 20), (gone, "openai/c", 25)]
    {
        let tokens = TokenUsage { output, ..TokenUsage::default() };
        ledger.record(NewUsage { user, model: model.into(), tokens, ..ledger.usage() }).await.unwrap();
    }
    let by_user = ledger.january(&people, None, UsageGroup::User).await;
    assert_eq!(keys(&by_user), [gone.to_string(), unnamed.to_string(), mai.to_string()]);
    let labels: Vec<&str> = by_user.data.iter().map(|row| row.label.as_str()).collect();
    let address = people.known[1].0.email.as_str();
    assert_eq!(labels, [gone.to_string().as_str(), address, "Mai"], "a user who is gone keeps the id");
    let by_model = ledger.january(&people, None, UsageGroup::Model).await;
    assert_eq!(keys(&by_model), ["openai/b", "openai/c", "openai/a"]);
    assert_eq!(by_model.data[0].label, "openai/b");
    let own = ledger.january(&people, Some(mai), UsageGroup::Model).await;
    assert_eq!(keys(&own), ["openai/a"]);
}

#[db_test]
async fn use_without_a_run_costs_but_is_no_run(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let people = People::new(&ledger.scope);
    ledger.record(ledger.usage()).await.unwrap();
    ledger.record(NewUsage { run: None, ..ledger.usage() }).await.unwrap();
    let report = ledger.january(&people, None, UsageGroup::Day).await;
    assert_eq!((report.total.runs, report.total.input_tokens), (1, 2000));
}

#[db_test]
async fn a_report_shows_one_workspace(db: TestDb) {
    let ours = Ledger::new(&db).await;
    let theirs = ours.another().await;
    theirs.record(theirs.usage()).await.unwrap();
    let people = People::new(&ours.scope);
    for group in [UsageGroup::Day, UsageGroup::Model, UsageGroup::User] {
        let report = ours.january(&people, None, group).await;
        assert!(report.data.is_empty());
        assert_eq!(report.total.cost_usd, NanoUsd::ZERO);
    }
}

#[db_test]
async fn a_range_is_checked(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let people = People::new(&ledger.scope);
    let ask = async |from: &str, to: &str| {
        let request = ReportRequest { from: from.parse().ok(), to: to.parse().ok(), ..ReportRequest::default() };
        ledger.metering.report(&people, &ledger.scope, request).await
    };
    assert!(ask("2025-01-01", "2026-01-01").await.is_ok());
    assert!(matches!(ask("2025-01-01", "2026-01-02").await, Err(ReportError::TooLong(366))));
    assert!(matches!(ask("2026-01-02", "2026-01-01").await, Err(ReportError::Backwards)));
}

prop_compose! {
    /// A use in January 2026 by one of a few users and models, priced or not.
    fn usage(users: Vec<UserId>)(
        user in proptest::sample::select(users),
        model in proptest::sample::select(vec!["openai/a", "anthropic/b", "gemini/c"]),
        micros in 0_i64..31 * 86_400_000_000,
        counts in proptest::array::uniform5(0_u64..300_000),
        priced in proptest::bool::weighted(0.9),
    ) -> (UserId, &'static str, Timestamp, TokenUsage, bool) {
        let [plain, cached_input, cache_write, text, reasoning] = counts;
        let tokens = TokenUsage {
            input: plain + cached_input + cache_write, cached_input, cache_write,
            output: text + reasoning, reasoning, extra: contracts::providers::ExtraUsage::default(),
        };
        let start = at("2026-01-01T00:00:00Z");
        (user, model, Timestamp::from_micros(start.micros() + micros), tokens, priced)
    }
}

/// What a report must say of some entries: the count, five token counts, nano-dollars.
type Expected = [i128; 7];

fn expected<'a>(entries: impl IntoIterator<Item = &'a UsageEntry>) -> Expected {
    let mut sums = [0; 7];
    for entry in entries {
        let tokens = entry.tokens;
        let counts = [tokens.input, tokens.cached_input, tokens.cache_write, tokens.output, tokens.reasoning];
        sums[0] += 1;
        for (sum, count) in sums[1..6].iter_mut().zip(counts) {
            *sum += i128::from(count);
        }
        sums[6] += i128::from(entry.cost.units());
    }
    sums
}

fn shown(row: &UsageRow) -> Expected {
    [
        row.runs,
        row.input_tokens,
        row.cached_input_tokens,
        row.cache_write_tokens,
        row.output_tokens,
        row.reasoning_tokens,
        row.cost_usd.units(),
    ]
    .map(i128::from)
}

#[db_test]
async fn acceptance_26_the_ledger_equals_every_report_to_the_nano_dollar(db: TestDb) {
    let mut runner = TestRunner::deterministic();
    let mut ledger = Ledger::new(&db).await;
    for _ in 0..6 {
        ledger = ledger.another().await;
        let people = People::new(&ledger.scope);
        let users: Vec<UserId> = (0..4).map(|_| ledger.env.id()).collect();
        let cases = proptest::collection::vec(usage(users.clone()), 0..60);
        let cases = cases.new_tree(&mut runner).unwrap().current();
        let mut entries = Vec::new();
        for (user, model, occurred_at, tokens, priced) in cases {
            let prices = priced.then(prices);
            let usage = NewUsage { user, model: model.into(), occurred_at, tokens, prices, ..ledger.usage() };
            let date = occurred_at.date().to_string();
            entries.push(((date, model.to_owned(), user.to_string()), ledger.record(usage).await.unwrap()));
        }
        let whole = expected(entries.iter().map(|(_, entry)| entry));
        for (group, key) in [
            (UsageGroup::Day, (|keys| &keys.0) as fn(&(String, String, String)) -> &String),
            (UsageGroup::Model, |keys| &keys.1),
            (UsageGroup::User, |keys| &keys.2),
        ] {
            let report = ledger.january(&people, None, group).await;
            assert_eq!(shown(&report.total), whole, "{group:?}");
            let mut groups: BTreeMap<&str, Vec<&UsageEntry>> = BTreeMap::new();
            for (keys, entry) in &entries {
                groups.entry(key(keys)).or_default().push(entry);
            }
            let rows: BTreeMap<&str, Expected> = report.data.iter().map(|row| (row.key.as_str(), shown(row))).collect();
            let by_hand: BTreeMap<&str, Expected> =
                groups.into_iter().map(|(key, entries)| (key, expected(entries))).collect();
            assert_eq!(rows, by_hand, "{group:?}");
            // What each of them sees of their own adds up to the same.
            let mut own = [0; 7];
            for user in &users {
                let report = ledger.january(&people, Some(*user), group).await;
                for (sum, part) in own.iter_mut().zip(shown(&report.total)) {
                    *sum += part;
                }
            }
            assert_eq!(own, whole, "{group:?}");
        }
    }
}

#[db_test]
async fn what_the_cache_saves_is_written_before_the_process_stops_and_told_to_whom_it_concerns(db: TestDb) {
    let ledger = Ledger::new(&db).await;
    let people = People::new(&ledger.scope);
    let (ada, bob): (UserId, UserId) = (ledger.env.id(), ledger.env.id());
    let elsewhere = ledger.another().await;
    for _ in 0..500 {
        ledger.metering.saved(&ledger.scope, ada, NanoUsd::new(1_000_000_007));
    }
    ledger.metering.saved(&ledger.scope, bob, NanoUsd::new(1));
    elsewhere.metering.saved(&elsewhere.scope, ada, NanoUsd::new(5));
    // A workspace that is gone by then doesn't keep the others from being written.
    ledger.metering.saved(&TenantScope::assume(ledger.env.id()), ada, NanoUsd::new(3));
    assert!(ledger.tasks.drain(std::time::Duration::from_secs(30)).await);

    let saved = async |ledger: &Ledger, only| {
        let report = ledger.january(&people, only, UsageGroup::Day).await;
        assert!(report.data.is_empty(), "nothing was used");
        (report.cached_answers, report.saved_usd.units())
    };
    assert_eq!(saved(&ledger, None).await, (501, 500_000_003_501));
    assert_eq!(saved(&ledger, Some(bob)).await, (1, 1));
    assert_eq!(saved(&elsewhere, None).await, (1, 5));
    let december = ReportRequest { to: Some("2025-12-31".parse().unwrap()), ..ReportRequest::default() };
    assert_eq!(ledger.report(&people, december).await.cached_answers, 0);

    // Another process adds to it.
    let node = ledger.another_node(&db).await;
    node.metering.saved(&node.scope, bob, NanoUsd::new(9));
    assert!(node.tasks.drain(std::time::Duration::from_secs(30)).await);
    assert_eq!(saved(&ledger, Some(bob)).await, (2, 10));
}
