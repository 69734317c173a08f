use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::{Extension, Router, body::Body, extract::State, http::StatusCode, middleware, routing::post};
use contracts::{
    ApiKeys, Identity, Tenancy,
    identity::{ApiKey, Authenticated, AuthenticationError, Claimed, UserSummary},
    tenancy::{Membership, Role},
};
use database::Tx;
use http::Request;
use http_body_util::BodyExt;
use kernel::{SessionId, UserId, WorkspaceId};
use testkit::{TestDb, db_test};
use tower::ServiceExt;
use uuid::Uuid;
use web::{
    Auth,
    idempotency::Idempotency,
    limit::{Limiter, Policy},
};

const WORKSPACE: WorkspaceId = WorkspaceId::from_uuid(Uuid::from_u128(1));

/// The token is the user's number.
struct Doorman;

#[async_trait]
impl Identity for Doorman {
    async fn verify(&self, token: &str) -> Result<Claimed, AuthenticationError> {
        let number: u128 = token.parse().map_err(|_| AuthenticationError::Invalid)?;
        Ok(Claimed {
            user: UserId::from_uuid(Uuid::from_u128(number)),
            session: SessionId::from_uuid(Uuid::from_u128(number)),
            workspace: WORKSPACE,
            impersonator: None,
        })
    }

    async fn live(&self, claimed: &Claimed) -> Result<Authenticated, AuthenticationError> {
        let Claimed { user, session, workspace, .. } = *claimed;
        Ok(Authenticated { user, session, workspace, platform_admin: false })
    }

    async fn users(&self, _: &[UserId]) -> Result<Vec<UserSummary>, database::Error> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ApiKeys for Doorman {
    async fn authenticate_key(&self, _: &str, _: IpAddr) -> Result<Arc<ApiKey>, AuthenticationError> {
        Err(AuthenticationError::Invalid)
    }
}

#[async_trait]
impl Tenancy for Doorman {
    async fn membership(&self, workspace: WorkspaceId, _: UserId) -> Result<Option<Membership>, database::Error> {
        Ok(Some(Membership::new(workspace, Role::Member)))
    }

    async fn memberships(&self, _: UserId) -> Result<Vec<Membership>, database::Error> {
        Ok(Vec::new())
    }

    async fn create_personal(&self, _: &mut Tx, _: UserId, _: &str) -> Result<WorkspaceId, database::Error> {
        Ok(WORKSPACE)
    }
}

/// Counts how often it really ran; the body chooses its status.
async fn create(State(count): State<Arc<AtomicUsize>>, body: String) -> (StatusCode, String) {
    let number = count.fetch_add(1, Ordering::SeqCst) + 1;
    let status = if body.contains("fail") { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::CREATED };
    (status, format!("made {number}"))
}

struct App {
    router: Router,
    ran: Arc<AtomicUsize>,
}

impl App {
    fn new(db: &TestDb) -> Self {
        let ran = Arc::new(AtomicUsize::new(0));
        let auth = Auth {
            identity: Arc::new(Doorman),
            keys: Arc::new(Doorman),
            tenancy: Arc::new(Doorman),
            limiter: Limiter::in_process(),
            user_policy: Policy { name: "user", burst: 1000, period: std::time::Duration::from_secs(1) },
        };
        let router = Router::new()
            .route("/things", post(create).with_state(ran.clone()))
            .route("/secrets/thing", post(create).with_state(ran.clone()))
            .layer(middleware::from_fn_with_state(
                Idempotency::new((**db).clone(), testkit::env()).except(&["/secrets/"]),
                web::idempotency::middleware,
            ))
            .layer(Extension(auth));
        Self { router, ran }
    }

    async fn send(&self, user: &str, key: &str, body: &str) -> (StatusCode, String) {
        self.send_to("/things", user, key, body).await
    }

    async fn send_to(&self, path: &str, user: &str, key: &str, body: &str) -> (StatusCode, String) {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {user}"))
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    fn ran(&self) -> usize {
        self.ran.load(Ordering::SeqCst)
    }
}

#[db_test]
async fn a_repetition_gets_the_first_answer(db: TestDb) {
    let app = App::new(&db);
    let first = app.send("7", "k1", "{}").await;
    assert_eq!(first, (StatusCode::CREATED, "made 1".to_owned()));
    assert_eq!(app.send("7", "k1", "{}").await, first);
    assert_eq!(app.ran(), 1);
    assert_eq!(app.send("7", "k2", "{}").await.1, "made 2");
    assert_eq!(app.send("8", "k1", "{}").await.1, "made 3", "another user's key is another key");
}

#[db_test]
async fn another_body_under_the_same_key_is_refused(db: TestDb) {
    let app = App::new(&db);
    app.send("7", "k", "{}").await;
    let (status, body) = app.send("7", "k", r#"{"other":1}"#).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(body.contains("idempotency_conflict"), "{body}");
    assert_eq!(app.ran(), 1);
}

#[db_test]
async fn a_failure_may_be_tried_again(db: TestDb) {
    let app = App::new(&db);
    assert_eq!(app.send("7", "k", r#""fail""#).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(app.send("7", "k", r#""fail""#).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(app.ran(), 2);
}

#[db_test]
async fn parallel_repetitions_run_once(db: TestDb) {
    let app = Arc::new(App::new(&db));
    let answers = futures_util::future::join_all((0..16).map(|_| {
        let app = app.clone();
        async move { app.send("7", "k", "{}").await.0 }
    }))
    .await;
    assert_eq!(app.ran(), 1);
    assert!(answers.contains(&StatusCode::CREATED));
    assert!(answers.iter().all(|status| matches!(status.as_u16(), 201 | 409)), "{answers:?}");
}

#[db_test]
async fn nothing_of_an_excepted_path_is_kept(db: TestDb) {
    let app = App::new(&db);
    for number in 1..=2 {
        let (status, body) = app.send_to("/secrets/thing", "7", "k", "{}").await;
        assert_eq!((status, body), (StatusCode::CREATED, format!("made {number}")));
    }
    assert_eq!(app.send("7", "k", "{}").await.1, "made 3", "the key is still free");
}

#[db_test]
async fn a_key_that_is_not_one_is_named(db: TestDb) {
    let app = App::new(&db);
    let (status, body) = app.send("7", &"k".repeat(256), "{}").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("Idempotency-Key"), "{body}");
    assert_eq!(app.ran(), 0);
}
