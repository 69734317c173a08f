//! What it costs to find out who calls and whether they may: the extractor of every route, alone.
//!
//! Each call is polled once and must be done: one that waited for a database would fail the bench.
//! `cold` is the same after a change, when the rows are read again.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic ends the bench, and says why")]

#[path = "../tests/it/support.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod support;

use axum::{extract::FromRequestParts, http::Request};
use contracts::tenancy::can;
use database::{Engine, Epochs, Platform};
use divan::Bencher;
use futures_util::FutureExt as _;
use http::request::Parts;
use kernel::Tasks;
use serde_json::json;
use testkit::TestDb;
use web::Allowed;

use support::{ANN, Node, World};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

fn main() {
    divan::main();
}

#[divan::bench(args = ENGINES)]
fn session(bencher: Bencher<'_, '_>, engine: Engine) {
    warm(bencher, engine, false);
}

// A key asks each time whether anything has changed; on PostgreSQL that is a query, and no matter of this bench.
#[divan::bench(args = [Engine::Sqlite])]
fn api_key(bencher: Bencher<'_, '_>, engine: Engine) {
    warm(bencher, engine, true);
}

fn warm(bencher: Bencher<'_, '_>, engine: Engine, by_key: bool) {
    testkit::db::run(engine, async move |db: TestDb| {
        let stage = Stage::on(&db).await;
        let credential = if by_key { &stage.key } else { &stage.token };
        assert!(stage.admit(credential).await, "the credential is good");
        bencher.with_inputs(|| stage.request(credential)).bench_local_values(|mut parts| {
            let found = <Allowed<can::ReadChat> as FromRequestParts<()>>::from_request_parts(&mut parts, &());
            // So many in one poll of a task would use up its budget, and wait for no other reason.
            tokio::task::unconstrained(found).now_or_never().expect("asks nothing").expect("is let in")
        });
        stage.tasks.drain(std::time::Duration::ZERO).await;
    });
}

#[divan::bench(args = ENGINES, sample_count = 50)]
fn session_cold(bencher: Bencher<'_, '_>, engine: Engine) {
    testkit::db::run(engine, async move |db: TestDb| {
        let stage = Stage::on(&db).await;
        let handle = tokio::runtime::Handle::current();
        let epochs = ["sessions", contracts::identity::KEYS_EPOCH].map(|name| Epochs::new((*db).clone(), name));
        let change = async || {
            let mut tx = db.begin(Platform).await.unwrap();
            for epoch in &epochs {
                epoch.bump(&mut tx).await.unwrap();
            }
            tx.commit().await.unwrap();
        };
        tokio::task::block_in_place(|| {
            bencher
                .with_inputs(|| handle.block_on(change()))
                .bench_local_values(|()| handle.block_on(stage.admit(&stage.token)));
        });
        stage.tasks.drain(std::time::Duration::ZERO).await;
    });
}

/// Somebody who is signed in, and their API key.
struct Stage {
    world: World,
    tasks: Tasks,
    token: String,
    key: String,
}

impl Stage {
    async fn on(db: &TestDb) -> Self {
        let world = World::new(db);
        let ann = world.node.join(ANN).await;
        let (_, key) = world.node.key(&ann, json!({ "name": "Bench", "scopes": ["read"] })).await;
        let tasks = Tasks::new();
        let follower: database::Db = (**db).clone();
        tasks.spawn("numbers of caches", async move { follower.follow_epochs().await });
        Self { world, tasks, token: ann.token, key }
    }

    fn node(&self) -> &Node {
        &self.world.node
    }

    fn request(&self, credential: &str) -> Parts {
        let request = Request::get("/").header("authorization", format!("Bearer {credential}"));
        request.extension(self.node().auth.clone()).body(()).unwrap().into_parts().0
    }

    async fn admit(&self, credential: &str) -> bool {
        let mut parts = self.request(credential);
        <Allowed<can::ReadChat> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await.is_ok()
    }
}
