//! Real identity and tenancy, and people in a workspace.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    http::{Method, Request, header},
};
use contracts::{Mailer, tenancy::Role};
use database::{Db, Engine, Platform};
use http_body_util::BodyExt;
use identity::{Config, Identity, NewUser};
use kernel::{Env, Tasks, TenantScope, UserId, WorkspaceId};
use serde_json::{Value, json};
use tempfile::TempDir;
use tenancy::{Actor, Tenancy};
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use web::{
    Auth, layers,
    limit::{Limiter, Policy},
};

const PASSWORD: &str = "correct horse battery staple";

pub struct World {
    pub tenancy: Arc<Tenancy>,
    pub identity: Arc<Identity>,
    router: Router,
    _data: TempDir,
}

/// Somebody signed in to one workspace.
#[derive(Debug, Clone)]
pub struct Person {
    pub user: UserId,
    pub workspace: WorkspaceId,
    pub token: String,
    cookie: String,
}

impl Person {
    pub fn actor(&self) -> Actor {
        Actor { user: self.user, scope: TenantScope::assume(self.workspace) }
    }
}

/// The status and the body.
pub type Answer = (u16, Value);

impl World {
    pub fn new(db: &Db) -> Self {
        Self::on(db, Tenancy::new(db.clone(), Env::system()))
    }

    /// The same where invitations go out as letters.
    pub fn with_mailer(db: &Db, mailer: Arc<dyn Mailer>) -> Self {
        Self::on(db, Tenancy::new(db.clone(), Env::system()).with_mailer(mailer))
    }

    fn on(db: &Db, tenancy: Tenancy) -> Self {
        let data = tempfile::tempdir().unwrap();
        let env = Env::system();
        let limiter = Limiter::in_process();
        let tenancy = Arc::new(tenancy);
        let config = Config {
            public_url: None,
            data_dir: data.path().to_owned(),
            signing_keys: Vec::new(),
            refresh_secret: None,
            require_verified_email: false,
            sign_up_open: true,
            sign_up_rules: identity::SignUpRules::default(),
            master_keys: Vec::new(),
            federation: identity::federation::FederationConfig::default(),
            requests_per_ip: 100_000,
            proof_of_work: identity::ProofOfWork::Never,
            strangers: 1,
        };
        let (tasks, letters) = (Tasks::new(), notifications::Config::default());
        let mailer = notifications::Notifications::new(db.clone(), env.clone(), tasks.clone(), letters).unwrap();
        let mailer = Arc::new(mailer);
        let identity =
            Identity::new(db.clone(), env.clone(), tasks, tenancy.clone(), mailer, config, limiter.clone()).unwrap();
        let identity = Arc::new(identity.with_audit(tenancy.clone()));
        let user_policy = Policy { name: "user", burst: 100_000, period: Duration::from_secs(60) };
        let auth =
            Auth { identity: identity.clone(), keys: identity.clone(), tenancy: tenancy.clone(), limiter, user_policy };
        let (api, _) = OpenApiRouter::new()
            .nest("/api/v1", identity::routes(identity.clone()))
            .nest("/api/v1", tenancy::routes(tenancy.clone(), identity.clone()))
            .split_for_parts();
        let settings = layers::Settings { env, trusted_proxies: 0, https: false };
        let router = layers::wrap(api.layer(Extension(auth)), settings);
        Self { tenancy, identity, router, _data: data }
    }

    /// A new user in their personal workspace.
    pub async fn join(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let new = NewUser {
            email: email.clone(),
            password: PASSWORD.into(),
            name: None,
            locale: None,
            platform_admin: false,
        };
        self.identity.create_user(new).await.unwrap();
        let body = json!({ "email": email, "password": PASSWORD });
        self.session("/auth/login", "", body).await
    }

    /// Makes the person a member of the workspace and signs them in to it.
    pub async fn place(&self, person: &Person, workspace: WorkspaceId, role: Role) -> Person {
        self.tenancy.add_member(workspace, person.user, role).await.unwrap();
        self.enter(person, workspace).await
    }

    /// The same person in another workspace of theirs.
    pub async fn enter(&self, person: &Person, workspace: WorkspaceId) -> Person {
        self.session("/auth/refresh", &person.cookie, json!({ "workspace": workspace })).await
    }

    /// A person whose one workspace is this one and their own.
    pub async fn member(&self, name: &str, workspace: WorkspaceId, role: Role) -> Person {
        let person = self.join(name).await;
        self.place(&person, workspace, role).await
    }

    async fn session(&self, path: &str, cookie: &str, body: Value) -> Person {
        let request = Request::post(format!("/api/v1{path}"))
            .header("content-type", "application/json")
            .header("cookie", cookie)
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            user: text(&session["user"]["id"]).parse().unwrap(),
            workspace: text(&session["workspace"]["id"]).parse().unwrap(),
            token: text(&session["access_token"]),
            cookie,
        }
    }

    pub async fn call(&self, who: &Person, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", who.token));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// The status and the body as text.
    pub async fn text(&self, who: &Person, path: &str) -> (u16, String) {
        let request = Request::get(format!("/api/v1{path}")).header("authorization", format!("Bearer {}", who.token));
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub async fn get(&self, who: &Person, path: &str) -> Answer {
        self.call(who, Method::GET, path, None).await
    }

    pub async fn role(&self, person: &Person) -> Option<Role> {
        let membership = contracts::Tenancy::membership(&*self.tenancy, person.workspace, person.user).await;
        membership.unwrap().map(|membership| membership.role)
    }
}

/// Writes past the triggers of the audit log, as somebody can who owns the database.
pub async fn as_owner(db: &Db, statements: &[&'static str]) {
    let mut tx = db.begin(Platform).await.unwrap();
    let without_triggers: &[&'static str] = match db.engine() {
        Engine::Sqlite => {
            &["DROP TRIGGER IF EXISTS audit_entries_no_update", "DROP TRIGGER IF EXISTS audit_entries_no_delete"]
        }
        Engine::Postgres => &["RESET ROLE", "ALTER TABLE audit_entries DISABLE TRIGGER USER"],
    };
    for sql in without_triggers.iter().chain(statements) {
        tx.execute(sql, vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
    if db.engine() == Engine::Postgres {
        // Another test gets this database.
        let mut tx = db.begin(Platform).await.unwrap();
        for sql in ["RESET ROLE", "ALTER TABLE audit_entries ENABLE TRIGGER USER"] {
            tx.execute(sql, vec![]).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// The status and the problem's code.
pub fn outcome((status, body): &Answer) -> (u16, &str) {
    (*status, body["code"].as_str().unwrap_or_default())
}
