//! Acceptance 25: a hard cap stops answers and titles before a provider is asked.

use chat::{ChatError, Config, Titles, model::RunStatus};
use contracts::metering::BudgetPeriod;
use kernel::{Code, NanoUsd, Tasks};
use metering::{Budget, BudgetSubject, Metering, NewBudget, Sight};
use testkit::{TestDb, db_test};

use crate::{
    scripted::{Script, Step, done, say, used},
    support::{World, ask, config},
};

/// The metering of another process on the same database.
async fn metering(db: &TestDb, world: &World) -> Metering {
    Metering::new(db.reconnect().await, world.env.clone(), Tasks::new())
}

async fn cap(metering: &Metering, world: &World, limit: &str) -> Budget {
    let new = NewBudget {
        name: "Team".into(),
        subject: BudgetSubject::Workspace {},
        period: BudgetPeriod::Month,
        limit: limit.parse().unwrap(),
        hard: true,
    };
    metering.create_budget(&world.caller.scope, new).await.unwrap()
}

/// At most 100 tokens, at $2 a million.
fn short() -> Config {
    Config { max_output_tokens: 100, ..config() }
}

#[db_test]
async fn acceptance_25_a_hard_cap_refuses_before_anything_is_written(db: TestDb) {
    let world = World::with(&db, short()).await;
    let metering = metering(&db, &world).await;
    let budget = cap(&metering, &world, "0.0002").await;
    let conversation = world.conversation().await;
    let refused = world.chat.start_run(world.caller, conversation, ask("Hi"), Some("a-key")).await.err().unwrap();
    assert_eq!(refused.code(), Code::BudgetExceeded);
    assert_eq!(refused.code().status(), 402);
    let ChatError::Budget(reached) = refused else { panic!("{refused}") };
    assert_eq!((reached.budget, reached.spent), (budget.id, NanoUsd::ZERO));
    let said = web::Problem::from(ChatError::Budget(reached)).body(None).detail.into_owned();
    assert!(said.contains("Team") && said.contains("monthly") && said.contains("It resets at 2026-02-01"), "{said}");

    assert_eq!(world.provider.requests(), 0);
    let read = world.read(conversation).await;
    assert_eq!((read.active_message_id, read.active_run_id), (None, None));
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE workspace_id = $1").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM runs WHERE workspace_id = $1").await, 0);

    // With more room the same key begins the run.
    let more = metering::BudgetChange { limit: Some("0.001".parse().unwrap()), ..Default::default() };
    metering.update_budget(&world.caller.scope, budget.id, more).await.unwrap();
    let started = world.chat.start_run(world.caller, conversation, ask("Hi"), Some("a-key")).await.unwrap();
    assert_eq!(world.end(started.run_id()).await.status, RunStatus::Completed);
}

#[db_test]
async fn acceptance_25_an_answer_holds_its_room_until_it_is_settled(db: TestDb) {
    let world = World::with(&db, short()).await;
    let metering = metering(&db, &world).await;
    // Room for one answer of 100 tokens and its question, not for two.
    let budget = cap(&metering, &world, "0.0004").await;
    let look = async || metering.budget(&world.caller.scope, Sight::All, budget.id).await.unwrap();
    world.provider.next(Script::new(vec![say("Well"), Step::Hang]));
    let first = world.send(world.conversation().await, "Hi").await.run_id();
    assert!(look().await.reserved_usd >= "0.0002".parse().unwrap());
    let second = world.conversation().await;
    let refused = world.chat.start_run(world.caller, second, ask("Hi"), None).await.err().unwrap();
    assert_eq!(refused.code(), Code::BudgetExceeded);

    world.chat.cancel_run(world.caller, first).await.unwrap();
    let cut = world.end(first).await;
    assert_eq!(look().await.spent_usd, cut.usage.unwrap().cost_usd);
    let next = world.say(second, "Hi").await;
    assert_eq!(next.status, RunStatus::Completed);
    assert!(look().await.spent_usd <= budget.limit_usd);
}

#[db_test]
async fn acceptance_25_near_the_cap_tokens_are_counted_and_not_bytes(db: TestDb) {
    let world = World::with(&db, short()).await;
    let metering = metering(&db, &world).await;
    cap(&metering, &world, "0.0004").await;
    let conversation = world.conversation().await;
    // 1,000 bytes would be $0.001; it is one word.
    world.say(conversation, &"x".repeat(1000)).await;
    let long = "word ".repeat(400);
    let refused = world.chat.start_run(world.caller, conversation, ask(&long), None).await.err().unwrap();
    assert_eq!(refused.code(), Code::BudgetExceeded);
}

#[db_test]
async fn acceptance_25_a_title_respects_the_cap(db: TestDb) {
    let world = World::with(&db, Config { titles: Titles::Model, ..short() }).await;
    let metering = metering(&db, &world).await;
    // A title may use 512 tokens: more than $0.001.
    let budget = cap(&metering, &world, "0.0008").await;
    world.provider.next(Script::new(vec![say("Fine."), used(10, 2), done()]));
    let conversation = world.conversation().await;
    world.say(conversation, "How are you").await;
    let title = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        loop {
            if let Some(title) = world.read(conversation).await.title {
                break title;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    assert_eq!(title.await.unwrap(), "How are you", "the person's own words");
    assert_eq!(world.provider.requests(), 1, "no model was asked for it");
    let spent = metering.budget(&world.caller.scope, Sight::All, budget.id).await.unwrap().spent_usd;
    assert_eq!(spent.units(), 14_000);
}
