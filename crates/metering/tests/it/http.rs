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
        keys: people.clone(),
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
        "from": "2026-01-01", "to": "2026-01-02", "group_by": "day", "cached_answers": 0, "saved_usd": "0",
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

async fn call(app: &Router, token: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn team() -> Value {
    json!({ "name": " Team ", "subject": { "kind": "workspace" }, "period": "month", "limit_usd": "50.000000001", "hard": true })
}

#[db_test]
async fn budgets_are_made_shown_changed_and_deleted(db: TestDb) {
    let (app, _, users) = app(&db).await;
    let (status, made) = call(&app, "owner", "POST", "/budgets", team()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("/budgets/{}", made["id"].as_str().unwrap());
    let expected = json!({
        "id": made["id"], "name": "Team", "subject": { "kind": "workspace" }, "period": "month",
        "limit_usd": "50.000000001", "hard": true, "spent_usd": "0.0105", "reserved_usd": "0",
        "resets_at": "2026-02-01T00:00:00.000000Z", "created_at": "2026-01-02T03:04:05.000000Z", "warned": [],
    });
    assert_eq!(made, expected);
    assert_eq!(call(&app, "owner", "GET", &path, Value::Null).await, (StatusCode::OK, expected));
    let (status, changed) = call(&app, "owner", "PATCH", &path, json!({ "limit_usd": "0.0105", "hard": false })).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!((&changed["limit_usd"], &changed["hard"]), (&json!("0.0105"), &json!(false)));
    assert_eq!((&changed["name"], &changed["warned"]), (&json!("Team"), &json!([80, 90, 100])));

    // A member sees what concerns them, and sets nothing.
    let of = |id: UserId| json!({ "name": "One", "subject": { "kind": "user", "id": id }, "period": "total", "limit_usd": "1", "hard": true });
    let (_, own) = call(&app, "owner", "POST", "/budgets", of(users[1])).await;
    assert_eq!(own["resets_at"], Value::Null);
    let (_, others) = call(&app, "owner", "POST", "/budgets", of(users[0])).await;
    let (_, seen) = call(&app, "member", "GET", "/budgets", Value::Null).await;
    let ids = |page: &Value| page["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>();
    let seen = ids(&seen);
    assert!(seen.len() == 2 && seen.contains(&made["id"]) && seen.contains(&own["id"]), "{seen:?}");
    let hidden = format!("/budgets/{}", others["id"].as_str().unwrap());
    assert_eq!(call(&app, "member", "GET", &hidden, Value::Null).await.0, StatusCode::NOT_FOUND);
    for (method, path, body) in
        [("POST", "/budgets", team()), ("PATCH", &path, json!({})), ("DELETE", &path, Value::Null)]
    {
        assert_eq!(call(&app, "member", method, path, body).await.0, StatusCode::FORBIDDEN, "{method}");
    }
    assert_eq!(call(&app, "guest", "GET", "/budgets", Value::Null).await.0, StatusCode::FORBIDDEN);

    // Pages.
    let (_, first) = call(&app, "owner", "GET", "/budgets?limit=2", Value::Null).await;
    let next = format!("/budgets?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    let (_, second) = call(&app, "owner", "GET", &next, Value::Null).await;
    let mut all = [ids(&first), ids(&second)].concat();
    all.sort_unstable_by_key(Value::to_string);
    all.dedup();
    assert_eq!((all.len(), ids(&second).len(), &second["next_cursor"]), (3, 1, &Value::Null));

    assert_eq!(call(&app, "owner", "DELETE", &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    for (method, body) in [("GET", Value::Null), ("PATCH", json!({})), ("DELETE", Value::Null)] {
        let (status, problem) = call(&app, "owner", method, &path, body).await;
        assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{method}");
    }
}

#[db_test]
async fn names_what_is_wrong_with_a_budget(db: TestDb) {
    let (app, ..) = app(&db).await;
    for (field, value, said) in [
        ("name", json!("  "), "empty"),
        ("name", json!("x".repeat(81)), "80"),
        ("name", json!("a\u{202e}b"), "control"),
        ("limit_usd", json!("0"), "more than 0"),
        ("limit_usd", json!("-1"), "more than 0"),
        ("limit_usd", json!("1.0000000001"), "9 decimals"),
        ("limit_usd", json!("1000000000.000000001"), "at most"),
        ("limit_usd", json!("fifty"), "decimal"),
        ("limit_usd", json!(50), "string"),
        ("period", json!("week"), "week"),
        ("subject", json!({ "kind": "team", "id": "x" }), "team"),
        ("subject", json!({ "kind": "group", "id": "x" }), "grp_"),
        ("subject", json!({ "kind": "user" }), "id"),
        ("subject", json!({ "kind": "user", "id": "key_01h455vb4pex5vsknk084sn02q" }), "user_"),
        ("hard", json!("yes"), "boolean"),
        ("color", json!("red"), "unknown"),
    ] {
        let mut body = team();
        body[field] = value;
        let (status, problem) = call(&app, "owner", "POST", "/budgets", body).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_body")), "{said}");
        let error = &problem["errors"][0];
        assert!(error["field"].as_str().unwrap().starts_with(field), "{problem}");
        assert!(error.to_string().contains(said), "{said}: {problem}");
    }
    for field in ["name", "subject", "period", "limit_usd", "hard"] {
        let mut body = team();
        body.as_object_mut().unwrap().remove(field);
        let (_, problem) = call(&app, "owner", "POST", "/budgets", body).await;
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&json!(field), &json!("required"))
        );
    }
    let (_, seen) = call(&app, "owner", "GET", "/budgets", Value::Null).await;
    assert_eq!(seen["data"], json!([]), "nothing was made");
}

#[db_test]
async fn reports_by_key(db: TestDb) {
    let (app, ledger, users) = app(&db).await;
    let key: kernel::ApiKeyId = ledger.env.id();
    for _ in 0..5 {
        ledger.record(NewUsage { user: users[1], key: Some(key), ..ledger.usage() }).await.unwrap();
    }
    let (_, report) = get(&app, "owner", "?group_by=key").await;
    let rows: Vec<_> = report["data"].as_array().unwrap().iter().map(|row| (&row["key"], &row["cost_usd"])).collect();
    assert_eq!(rows, [(&json!(key), &json!("0.0175")), (&json!("none"), &json!("0.0105"))]);
    assert_eq!(report["total"]["cost_usd"], "0.028");
    let (_, own) = get(&app, "guest", "?group_by=key").await;
    assert_eq!(own["data"].as_array().unwrap().len(), 1);
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
