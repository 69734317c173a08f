//! A workspace with a ledger, and people who are known by name.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use contracts::{
    ApiKeys, Identity, Metering as _, Tenancy,
    identity::{ApiKey, Authenticated, AuthenticationError, Claimed, UserSummary},
    metering::{MeteringError, NewUsage, UsageEntry},
    plans::Plan,
    providers::{Prices, TokenUsage},
    tenancy::{Membership, Role},
};
use database::{Db, Platform, Tx, params};
use kernel::{Env, PicoUsd, SessionId, Tasks, TenantScope, Timestamp, UserId, WorkspaceId};
use metering::{Metering, Plans};
use testkit::TestDb;

#[derive(Clone)]
pub struct Ledger {
    pub db: Db,
    pub env: Env,
    pub tasks: Tasks,
    pub metering: Metering,
    pub scope: TenantScope,
}

impl Ledger {
    pub async fn new(db: &TestDb) -> Self {
        Self::in_world(db, testkit::env()).await
    }

    /// In a world whose clock the test moves.
    pub async fn in_world(db: &TestDb, env: Env) -> Self {
        let tasks = Tasks::new();
        Self {
            db: Db::clone(db),
            metering: metering_on(db, &env, &tasks, Plans::default()),
            scope: workspace(db, &env).await,
            tasks,
            env,
        }
    }

    /// The same where workspaces have these plans, the first unless told.
    pub async fn with_plans(db: &TestDb, env: Env, plans: &[Plan]) -> Self {
        let ledger = Self::in_world(db, env).await;
        Self { metering: ledger.metering_with(plans), ..ledger }
    }

    fn metering_with(&self, plans: &[Plan]) -> Metering {
        let default = plans.first().map(|plan| plan.id.clone());
        let plans = Plans::new(plans.to_vec(), default.as_deref()).unwrap();
        metering_on(&self.db, &self.env, &self.tasks, plans)
    }

    /// Another process on the same database, for the same workspace.
    pub async fn another_node(&self, db: &TestDb) -> Self {
        self.another_node_with_plans(db, &[]).await
    }

    pub async fn another_node_with_plans(&self, db: &TestDb, plans: &[Plan]) -> Self {
        let (db, tasks) = (db.reconnect().await, Tasks::new());
        let node = Self { db: db.clone(), env: self.env.clone(), tasks: tasks.clone(), ..self.clone() };
        Self { metering: node.metering_with(plans), db, tasks, env: self.env.clone(), scope: self.scope }
    }

    /// The same database, for another workspace.
    pub async fn another(&self) -> Self {
        Self {
            db: self.db.clone(),
            env: self.env.clone(),
            tasks: self.tasks.clone(),
            metering: self.metering.clone(),
            scope: workspace(&self.db, &self.env).await,
        }
    }

    /// Records in a transaction of its own.
    pub async fn record(&self, usage: NewUsage) -> Result<UsageEntry, MeteringError> {
        let mut tx = self.db.begin(&self.scope).await?;
        let entry = self.metering.record(&mut tx, &self.scope, usage).await?;
        tx.commit().await?;
        Ok(entry)
    }

    pub async fn entries(&self) -> i64 {
        let sql = "SELECT count(*) FROM usage_entries WHERE workspace_id = $1";
        let (count,): (i64,) = self.db.one(&self.scope, sql, params![self.scope.workspace()]).await.unwrap();
        count
    }

    /// A use of 1,000 tokens in and 100 out at the start of the test's clock.
    pub fn usage(&self) -> NewUsage {
        NewUsage {
            id: self.env.id(),
            user: self.env.id(),
            conversation: Some(self.env.id()),
            run: Some(self.env.id()),
            key: None,
            model: "openai/gpt-5.2".into(),
            messages: 1,
            tokens: TokenUsage { input: 1000, output: 100, ..TokenUsage::default() },
            estimated: false,
            prices: Some(prices()),
            occurred_at: testkit::START,
        }
    }
}

/// A process's metering; groups are those that tenancy stores.
fn metering_on(db: &Db, env: &Env, tasks: &Tasks, plans: Plans) -> Metering {
    let groups = Arc::new(tenancy::Tenancy::new(db.clone(), env.clone()));
    Metering::with_groups(db.clone(), env.clone(), tasks.clone(), plans, groups)
}

/// $2.50 in, $0.25 cached, $10 out a million.
pub fn prices() -> Prices {
    Prices {
        extra: contracts::providers::ExtraPrices::default(),
        version: "2026-01-01".into(),
        input: PicoUsd::new(2_500_000),
        output: PicoUsd::new(10_000_000),
        cached_input: Some(PicoUsd::new(250_000)),
        cache_write: None,
        reasoning: None,
        tiers: Vec::new(),
    }
}

pub fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

async fn workspace(db: &Db, env: &Env) -> TenantScope {
    let id: WorkspaceId = env.id();
    // A new workspace: nobody's rows yet.
    let mut tx: Tx = db.begin(Platform).await.unwrap();
    tx.execute(
        "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
        params![id, "Test", false, env.now(), env.now()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    TenantScope::assume(id)
}

/// Everybody whom the directory knows; their tokens are `<name>`.
#[derive(Clone)]
pub struct People {
    pub workspace: WorkspaceId,
    pub known: Vec<(UserSummary, Role)>,
}

impl People {
    pub fn new(scope: &TenantScope) -> Self {
        Self { workspace: scope.workspace(), known: Vec::new() }
    }

    pub fn add(&mut self, id: UserId, name: &str, role: Role) {
        let email = format!("{}@example.com", id.uuid().simple());
        self.known.push((UserSummary { id, email, name: name.into(), avatar_url: None }, role));
    }

    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}

#[async_trait]
impl Identity for People {
    async fn verify(&self, token: &str) -> Result<Claimed, AuthenticationError> {
        let (user, _) = self.known.iter().find(|(user, _)| user.name == token).ok_or(AuthenticationError::Invalid)?;
        let session = SessionId::from_uuid(user.id.uuid());
        Ok(Claimed { user: user.id, session, workspace: self.workspace, impersonator: None })
    }

    async fn live(&self, claimed: &Claimed) -> Result<Authenticated, AuthenticationError> {
        let Claimed { user, session, workspace, .. } = *claimed;
        Ok(Authenticated { user, session, workspace, platform_admin: false })
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserSummary>, database::Error> {
        Ok(self.known.iter().map(|(user, _)| user).filter(|user| ids.contains(&user.id)).cloned().collect())
    }
}

#[async_trait]
impl ApiKeys for People {
    async fn authenticate_key(&self, _: &str, _: IpAddr) -> Result<Arc<ApiKey>, AuthenticationError> {
        Err(AuthenticationError::Invalid)
    }
}

#[async_trait]
impl Tenancy for People {
    async fn membership(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, database::Error> {
        let role = self.known.iter().find(|(known, _)| known.id == user).map(|(_, role)| *role);
        Ok(role.filter(|_| workspace == self.workspace).map(|role| Membership {
            workspace_name: "Test".into(),
            created_at: testkit::START,
            ..Membership::new(workspace, role)
        }))
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, database::Error> {
        Ok(self.membership(self.workspace, user).await?.into_iter().collect())
    }

    async fn create_personal(&self, _: &mut Tx, _: UserId, _: &str) -> Result<WorkspaceId, database::Error> {
        Ok(self.workspace)
    }
}
