//! Policies are stored, cached and bounded.

use std::{net::IpAddr, sync::Arc};

use contracts::{
    ApiKeys, Guardrails as _,
    guardrails::{Action, Decision, Floor, Guard, NewDecisions, Text},
    identity::{ApiKey, AuthenticationError},
};
use database::{Db, Platform, params};
use guardrails::{Guardrails, KEPT, Policy, Subject};
use kernel::{ApiKeyId, Env, ManualClock, TenantScope, WorkspaceId};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

/// Knows one key.
struct Keys(ApiKeyId);

#[async_trait::async_trait]
impl ApiKeys for Keys {
    async fn authenticate_key(&self, _: &str, _: IpAddr) -> Result<Arc<ApiKey>, AuthenticationError> {
        Err(AuthenticationError::Invalid)
    }

    async fn has_key(&self, _: &TenantScope, id: ApiKeyId) -> Result<bool, database::Error> {
        Ok(id == self.0)
    }
}

struct World {
    db: Db,
    env: Env,
    clock: Arc<ManualClock>,
    guardrails: Guardrails,
    keys: Keys,
    scope: TenantScope,
}

impl World {
    async fn new(db: &TestDb, floor: Value) -> Self {
        let (env, clock) = testkit::env_with_clock();
        let floor: Floor = serde_json::from_value(floor).unwrap();
        Self {
            guardrails: Guardrails::new(Db::clone(db), env.clone(), &floor).unwrap(),
            keys: Keys(env.id()),
            scope: workspace(db, &env).await,
            db: Db::clone(db),
            env,
            clock,
        }
    }

    async fn set(&self, subject: Subject, policy: Value) {
        let policy: Policy = serde_json::from_value(policy).unwrap();
        self.guardrails.set_policy(&self.keys, &self.scope, subject, (policy, self.env.id())).await.unwrap();
    }

    async fn guard(&self, key: Option<ApiKeyId>) -> Option<Arc<dyn Guard>> {
        self.guardrails.guard(&self.scope, key, None).await.unwrap()
    }

    fn decided(&self, rule: &str, action: Action) -> NewDecisions {
        let decision = Decision { rule: rule.into(), action, count: 3 };
        NewDecisions { user: self.env.id(), key: None, run: None, usage: None, decisions: vec![decision] }
    }
}

async fn workspace(db: &Db, env: &Env) -> TenantScope {
    let id: WorkspaceId = env.id();
    // A new workspace: nobody's rows yet.
    db.execute(
        Platform,
        "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
        params![id, "Test", false, env.now(), env.now()],
    )
    .await
    .unwrap();
    TenantScope::assume(id)
}

fn blocks(guard: Option<&Arc<dyn Guard>>, text: &str) -> bool {
    let mut text = text.to_owned();
    guard.is_some_and(|guard| guard.screen(&mut [Text { text: &mut text, said: true }], "").is_err())
}

#[db_test]
async fn without_a_policy_nothing_holds(db: TestDb) {
    let world = World::new(&db, json!({})).await;
    assert!(world.guard(None).await.is_none());
    world.set(Subject::Workspace, json!({ "restore": false })).await;
    assert!(world.guard(None).await.is_none(), "restoring alone changes no call");
    let shown = world.guardrails.policy(&world.keys, &world.scope, Subject::Workspace).await.unwrap();
    assert!(!shown.policy.restore && shown.updated_at.is_some());
}

#[db_test]
async fn a_change_holds_on_every_process_and_for_one_workspace_alone(db: TestDb) {
    let world = World::new(&db, json!({ "blocked_terms": ["osprey"] })).await;
    let elsewhere = db.reconnect().await;
    let floor: Floor = serde_json::from_value(json!({})).unwrap();
    let other_process = Guardrails::new(elsewhere, world.env.clone(), &floor).unwrap();
    let other_workspace = workspace(&db, &world.env).await;
    let there = async || other_process.guard(&world.scope, None, None).await.unwrap();
    assert!(there().await.is_none());
    world.set(Subject::Workspace, json!({ "blocked_terms": ["Falcon"] })).await;
    assert!(blocks(there().await.as_ref(), "a falcon"));
    assert!(other_process.guard(&other_workspace, None, None).await.unwrap().is_none());
    let here = world.guard(None).await;
    assert!(blocks(here.as_ref(), "falcon") && blocks(here.as_ref(), "osprey"), "the operator's rules hold as well");
    world.set(Subject::Workspace, json!({})).await;
    assert!(there().await.is_none());
}

/// A call that came with a key knows the epoch, and costs no query.
#[db_test]
async fn what_is_known_as_of_an_epoch_needs_no_database(db: TestDb) {
    let world = World::new(&db, json!({})).await;
    world.set(Subject::Workspace, json!({ "redact": ["email"] })).await;
    let epochs = database::Epochs::new(world.db.clone(), contracts::identity::KEYS_EPOCH);
    let epoch = epochs.current().await.unwrap();
    let guard = async || world.guardrails.guard(&world.scope, None, Some(epoch)).await.unwrap();
    assert!(guard().await.is_some());
    // Behind the back of the cache: nobody moves the epoch.
    db.execute(Platform, "DELETE FROM guardrail_policies", Vec::new()).await.unwrap();
    assert!(guard().await.is_some());
    assert!(world.guardrails.guard(&world.scope, None, Some(epoch + 1)).await.unwrap().is_none());
}

#[db_test]
async fn a_keys_policy_adds_to_the_workspaces(db: TestDb) {
    let world = World::new(&db, json!({})).await;
    let key = world.keys.0;
    world.set(Subject::Workspace, json!({ "blocked_terms": ["falcon"], "max_output_tokens": 100 })).await;
    world.set(Subject::Key(key), json!({ "blocked_terms": ["heron"], "max_output_tokens": 500 })).await;
    let (everybody, own) = (world.guard(None).await, world.guard(Some(key)).await);
    assert!(blocks(own.as_ref(), "falcon") && blocks(own.as_ref(), "heron"));
    assert!(blocks(everybody.as_ref(), "falcon") && !blocks(everybody.as_ref(), "heron"));
    assert_eq!(own.unwrap().max_output_tokens(), Some(100), "a key's policy loosens nothing");
    let view = world.guardrails.policy(&world.keys, &world.scope, Subject::Key(key)).await.unwrap();
    assert_eq!((view.floor.blocked_terms, view.policy.blocked_terms), (vec!["falcon".into()], vec!["heron".into()]));
    let view = world.guardrails.policy(&world.keys, &world.scope, Subject::Workspace).await.unwrap();
    assert_eq!(view.keys, [key]);
    world.guardrails.remove_policy(&world.keys, &world.scope, Subject::Key(key)).await.unwrap();
    assert!(!blocks(world.guard(Some(key)).await.as_ref(), "heron"));
    let unknown = Subject::Key(world.env.id());
    let error = world.guardrails.policy(&world.keys, &world.scope, unknown).await.unwrap_err();
    assert_eq!(error.code().as_str(), "not_found");
}

#[db_test]
async fn decisions_are_paged_kept_apart_and_forgotten(db: TestDb) {
    let world = World::new(&db, json!({})).await;
    let other = workspace(&db, &world.env).await;
    for (rule, action) in [("email", Action::Redacted), ("blocked_term", Action::Blocked), ("card", Action::Redacted)] {
        // Ids of one millisecond are in no order.
        world.clock.advance(std::time::Duration::from_millis(1));
        world.guardrails.note(&world.scope, world.decided(rule, action)).await;
    }
    world.guardrails.note(&other, world.decided("phone", Action::Redacted)).await;
    let list = async |action, before, limit| {
        let page = world.guardrails.decisions(&world.scope, action, before, limit).await.unwrap();
        let last = page.data.last().map(|it| it.id);
        (page.data.into_iter().map(|it| it.rule).collect::<Vec<_>>(), page.next_cursor.is_some(), last)
    };
    let (rules, more, last) = list(None, None, 2).await;
    assert_eq!((rules, more), (vec!["card".to_owned(), "blocked_term".to_owned()], true));
    let (rules, more, _) = list(None, last, 2).await;
    assert_eq!((rules, more), (vec!["email".to_owned()], false));
    let (rules, ..) = list(Some(Action::Blocked), None, 10).await;
    assert_eq!(rules, ["blocked_term"]);
    db.execute(
        Platform,
        "UPDATE guardrail_decisions SET occurred_at = $1 WHERE rule = 'email'",
        params![world.env.now() - KEPT - std::time::Duration::from_secs(1)],
    )
    .await
    .unwrap();
    assert_eq!(world.guardrails.sweep().await.unwrap(), 1);
}

#[db_test]
async fn a_bad_setting_stops_the_start(db: TestDb) {
    let floor: Floor = serde_json::from_value(json!({ "patterns": { "staff": "[0-9" } })).unwrap();
    let error = Guardrails::new(Db::clone(&db), testkit::env(), &floor).err().unwrap().to_string();
    assert!(error.contains("gateway.guardrails") && error.contains("unclosed"), "{error}");
    let world = World::new(&db, json!({ "patterns": { "staff": "S-[0-9]{4}" } })).await;
    assert!(world.guard(None).await.is_some(), "the operator's rules hold without a policy");
}
