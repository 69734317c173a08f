//! `GET /usage` as callers see it.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use contracts::{metering::NewUsage, tenancy::Role};
use kernel::UserId;
use metering::UsageReport;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use tower::ServiceExt as _;
use web::{
    Auth,
    limit::{Limiter, Policy},
};

use crate::support::{Ledger, People};

/// The routes for an owner and two others, each with one use.
async fn app(db: &TestDb) -> (Router, Ledger, [UserId; 3]) {
    let ledger = Ledger::new(db).await;
    let mut people = People::new(&ledger.scope);
    let mut users = [ledger.env.id(); 3];
    for (user, (name, role)) in
        users.iter_mut().zip([("owner", Role::Owner), ("member", Role::Member), ("guest", Role::Guest)])
    {
        *user = ledger.env.id();
        people.add(*user, name, role);
        ledger.record(NewUsage { user: *user, ..ledger.usage() }).await.unwrap();
    }
    let people = people.shared();
    let auth = Auth {
        identity: people.clone(),
        tenancy: people.clone(),
        limiter: Limiter::in_process(),
        user_policy: Policy { name: "user", burst: 1000, period: Duration::from_mins(1) },
    };
    let (router, _) = metering::routes(ledger.metering.clone(), people as Arc<_>).split_for_parts();
    (router.layer(Extension(auth)), ledger, users)
}

async fn get(app: &Router, token: &str, query: &str) -> (StatusCode, Value) {
    let request = Request::get(format!("/usage{query}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[db_test]
async fn reports_in_exact_decimals(db: TestDb) {
    let (app, ..) = app(&db).await;
    let (status, report) = get(&app, "owner", "").await;
    assert_eq!(status, StatusCode::OK, "{report}");
    let row = |key: &str| {
        json!({
            "key": key, "label": key, "runs": 3, "input_tokens": 3000, "cached_input_tokens": 0,
            "cache_write_tokens": 0, "output_tokens": 300, "reasoning_tokens": 0, "cost_usd": "0.0105",
        })
    };
    let expected = json!({
        "data": [row("2026-01-02")], "total": row("total"),
        "from": "2026-01-01", "to": "2026-01-02", "group_by": "day",
    });
    assert_eq!(report, expected);
}

#[db_test]
async fn members_see_their_own_and_admins_everybody(db: TestDb) {
    let (app, _, users) = app(&db).await;
    for (token, user) in [("member", users[1]), ("guest", users[2])] {
        let (_, report) = get(&app, token, "?group_by=user").await;
        let report: UsageReport = serde_json::from_value(report).unwrap();
        assert_eq!(report.data.len(), 1);
        assert_eq!((report.data[0].key.as_str(), report.data[0].label.as_str()), (user.to_string().as_str(), token));
        assert_eq!(report.total.runs, 1);
    }
    let (_, report) = get(&app, "owner", "?group_by=user").await;
    assert_eq!(report["data"].as_array().unwrap().len(), 3);
}

#[db_test]
async fn refuses_strangers(db: TestDb) {
    let (app, ..) = app(&db).await;
    let (status, problem) = get(&app, "stranger", "").await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthenticated")));
}

#[db_test]
async fn names_what_is_wrong_with_a_query(db: TestDb) {
    let (app, ..) = app(&db).await;
    for (query, said) in [
        ("?from=2026-02-30", "from: "),
        ("?to=yesterday", "to: "),
        ("?group_by=month", "month"),
        ("?since=2026-01-01", "since"),
        ("?from=2026-01-02&to=2026-01-01", "later than"),
        ("?from=2024-01-01&to=2026-01-01", "366"),
    ] {
        let (status, problem) = get(&app, "owner", query).await;
        assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_query")), "{query}");
        assert!(problem.to_string().contains(said), "{query}: {problem}");
    }
    let (_, problem) = get(&app, "owner", "?from=2026-01-02&to=2026-01-01").await;
    assert_eq!(problem["errors"][0]["field"], "from");
}
