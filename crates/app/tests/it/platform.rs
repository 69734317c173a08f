//! What administrators of the platform do, end to end.

use std::time::Duration;

use hyper::Method;
use kernel::{UserId, WorkspaceId};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{PASSWORD, Person, TestApp, cookie, final_run, request, text};

async fn administrator<'a>(app: &'a TestApp, email: &str) -> Person<'a> {
    let person = app.sign_up(email).await;
    let user = person.user_id().parse().unwrap();
    app.platform.identity.set_platform_admin(user, true).await.unwrap();
    person
}

fn names(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| text(&row["name"])).collect()
}

#[db_test]
async fn the_link_that_a_start_prints_makes_one_administrator_and_no_more(db: TestDb) {
    let app = TestApp::start(&db).await;
    // The first to sign up is nobody special.
    let first = app.sign_up("first@example.com").await;
    assert_eq!(first.get("/platform/users").await.expect(403)["code"], "forbidden");
    let identity = &app.platform.identity;
    let token = |path: Option<String>| path.unwrap().split('#').nth(1).unwrap().to_owned();
    let (one, other) = (token(identity.setup_path().await.unwrap()), token(identity.setup_path().await.unwrap()));
    let set_up = async |token: &str, email: &str, password: &str| {
        let body = json!({ "token": token, "email": email, "password": password, "name": "Root" });
        let answer = app.call(Method::POST, "/auth/setup", None, Some(body)).await;
        (answer.status.as_u16(), if answer.text.is_empty() { String::new() } else { answer.code() })
    };
    let ended = (410, "link_invalid".to_owned());
    assert_eq!(set_up("bm90IGEgdG9rZW4", "root@example.com", PASSWORD).await, ended);
    // Somebody who is there already proves that it is them; a mistake doesn't use the link up.
    let wrong = set_up(&one, "first@example.com", "another long password").await;
    assert_eq!(wrong, (401, "invalid_credentials".to_owned()));
    assert_eq!(set_up(&one, "first@example.com", PASSWORD).await, (204, String::new()));
    first.get("/platform/users").await.expect(200);
    assert_eq!(set_up(&one, "root@example.com", PASSWORD).await, ended, "twice");
    assert_eq!(set_up(&other, "root@example.com", PASSWORD).await, ended, "the other link");
    assert_eq!(identity.setup_path().await.unwrap(), None);
    let (stored,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM setup_tokens", Vec::new()).await.unwrap();
    assert_eq!(stored, 0);
}

#[db_test]
async fn workspaces_are_found_made_and_given_plans(db: TestDb) {
    let app = TestApp::start(&db).await;
    let root = administrator(&app, "root@example.com").await;
    let mai = app.sign_up("mai@example.com").await;
    let acme = mai.workspace("Acme 100%").await;
    let all = root.get("/platform/workspaces").await.expect(200);
    assert_eq!(names(&all), ["Acme 100%", "mai", "root"], "the newest first");
    let first = root.get("/platform/workspaces?limit=1").await.expect(200);
    let next = format!("/platform/workspaces?limit=2&cursor={}", text(&first["next_cursor"]));
    assert_eq!(names(&root.get(&next).await.expect(200)), ["mai", "root"]);
    for (query, expected) in [
        ("q=acme", &["Acme 100%"][..]),
        ("q=100%25", &["Acme 100%"]),
        ("q=1_0", &[]),
        ("q=MAI@EXAMPLE", &["Acme 100%", "mai"]),
        (&format!("q={}", acme.workspace_id()), &["Acme 100%"]),
        ("status=active", &["Acme 100%", "mai", "root"]),
        ("status=suspended", &[]),
        ("plan=unlimited&q=root", &["root"]),
        ("plan=free", &[]),
    ] {
        let found = root.get(&format!("/platform/workspaces?{query}")).await.expect(200);
        assert_eq!(names(&found), expected, "{query}");
    }
    root.get("/platform/workspaces?status=gone").await.expect(400);

    let made = json!({ "name": "For Mai", "owner_email": "mai@example.com" });
    let made = root.post("/platform/workspaces", made).await.expect(201);
    assert_eq!((&made["owner"]["email"], &made["members"]), (&json!("mai@example.com"), &json!(1)));
    let nobody = json!({ "name": "For nobody", "owner_email": "nobody@example.com" });
    let refused = root.post("/platform/workspaces", nobody).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "owner_email");

    let id = acme.workspace_id();
    let path = format!("/platform/workspaces/{id}");
    let members = root.get(&format!("{path}/members")).await.expect(200);
    assert_eq!(members["data"][0]["email"], "mai@example.com");
    let plan = root.put(&format!("{path}/plan"), json!({ "plan": "gone" })).await.expect(422);
    assert_eq!(plan["errors"][0]["field"], "plan");
    root.put(&format!("{path}/plan"), json!({ "plan": "unlimited" })).await.expect(200);
    let usage = root.get(&format!("{path}/usage")).await.expect(200);
    assert_eq!((&usage["plan"]["id"], &usage["month"]["total"]["cost_usd"]), (&json!("unlimited"), &json!("0")));
    assert_eq!(root.get("/platform/plans").await.expect(200)["default"], "unlimited");
    let unknown = "/platform/workspaces/ws_01h455vb4pex5vsknk084sn02q";
    for path in ["", "/members", "/usage"] {
        root.get(&format!("{unknown}{path}")).await.expect(404);
    }
}

#[db_test]
async fn a_suspended_workspace_is_closed_at_once_and_its_answers_end(db: TestDb) {
    let app = TestApp::with(&db, |config| config.providers.demo.chunk_delay_ms = 50).await;
    let root = administrator(&app, "root@example.com").await;
    let home = app.sign_up("mai@example.com").await;
    let mai = home.workspace("Acme").await;
    let key = mai.post("/keys", json!({ "name": "Key", "scopes": ["inference", "read"] })).await.expect(201);
    let key = text(&key["secret"]);
    let conversation = mai.conversation().await;
    let path = format!("/platform/workspaces/{}", mai.workspace_id());
    let suspend = async {
        // Until the answer is being written.
        let messages = format!("/conversations/{conversation}/messages");
        while mai.get(&messages).await.expect(200)["data"][0]["run"]["status"] != "running" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let refused = root.post(&format!("{path}/suspend"), json!({ "reason": " " })).await;
        assert_eq!(refused.expect(422)["errors"][0]["field"], "reason");
        let now =
            root.post(&format!("{path}/suspend"), json!({ "reason": "Two invoices are open." })).await.expect(200);
        assert_eq!((&now["status"], &now["suspended_reason"]), (&json!("suspended"), &json!("Two invoices are open.")));
    };
    let (events, ()) = tokio::join!(mai.say(&conversation, "/long 2000 whales"), suspend);
    assert_eq!(final_run(&events)["status"], "cancelled", "an answer under way ends");

    let refused = mai.get("/conversations").await.expect(403);
    assert_eq!(refused["code"], "workspace_suspended");
    assert!(text(&refused["detail"]).contains("Two invoices are open."), "its owner reads why");
    for path in ["/conversations", "/v1/models"] {
        let answer = app.call(Method::GET, path, Some(&key), None).await;
        assert_eq!(answer.status.as_u16(), 403, "{}", answer.text);
        assert!(!answer.text.contains("invoices"), "a key need not be an owner's");
    }
    let listed = home.get("/workspaces").await.expect(200);
    assert_eq!(listed["data"][1]["suspended"], true);
    // A session goes on in an open workspace, unless it asks for this one.
    let mut refresh = request(Method::POST, "/auth/refresh", None, Some(json!({})));
    refresh.headers_mut().insert("cookie", mai.cookie.parse().unwrap());
    assert_eq!(app.send(refresh).await.expect(200)["workspace"]["personal"], true);

    assert_eq!(
        root.post(&format!("{path}/suspend"), json!({ "reason": "again" })).await.expect(409)["code"],
        "conflict"
    );
    root.post(&format!("{path}/resume"), json!({})).await.expect(200);
    root.post(&format!("{path}/resume"), json!({})).await.expect(409);
    mai.get("/conversations").await.expect(200);
    app.call(Method::GET, "/conversations", Some(&key), None).await.expect(200);

    let own = format!("/platform/workspaces/{}", root.workspace_id());
    root.post(&format!("{own}/suspend"), json!({ "reason": "myself" })).await.expect(409);
    root.delete(&own).await.expect(409);
    // Deleted and given back, a personal one too.
    let personal = format!("/platform/workspaces/{}", home.workspace_id());
    root.delete(&personal).await.expect(200);
    assert_eq!(home.get("/conversations").await.expect(403)["code"], "workspace_deleted");
    root.post(&format!("{personal}/restore"), json!({})).await.expect(200);
    root.post(&format!("{personal}/restore"), json!({})).await.expect(404);
    home.get("/conversations").await.expect(200);
}

#[db_test]
async fn users_are_found_disabled_signed_out_and_promoted(db: TestDb) {
    let app = TestApp::start(&db).await;
    let root = administrator(&app, "root@example.com").await;
    let mai = app.sign_up("mai@example.com").await;
    let found = root.get("/platform/users?q=MAI@").await.expect(200);
    assert_eq!(names(&found), ["mai"]);
    assert_eq!(names(&root.get("/platform/users?status=admin").await.expect(200)), ["root"]);
    let path = format!("/platform/users/{}", mai.user_id());
    let seen = root.get(&path).await.expect(200);
    assert_eq!((&seen["sessions"], &seen["live_sessions"][0]["ip"]), (&json!(1), &json!("127.0.0.1")));
    assert_eq!(seen["workspaces"][0]["role"], "owner");

    root.post(&format!("{path}/disable"), json!({})).await.expect(200);
    assert_eq!(mai.get("/me").await.status.as_u16(), 401, "their sessions have ended");
    assert_eq!(names(&root.get("/platform/users?status=disabled").await.expect(200)), ["mai"]);
    root.post(&format!("{path}/reset-password"), json!({})).await.expect(409);
    root.post(&format!("{path}/enable"), json!({})).await.expect(200);

    let log_in = async |password: &str| {
        let body = json!({ "email": "mai@example.com", "password": password });
        app.call(Method::POST, "/auth/login", None, Some(body)).await
    };
    let token = text(&log_in(PASSWORD).await.expect(200)["access_token"]);
    root.delete(&format!("{path}/sessions")).await.expect(204);
    app.call(Method::GET, "/me", Some(&token), None).await.expect(401);
    root.post(&format!("{path}/reset-password"), json!({})).await.expect(202);
    log_in(PASSWORD).await.expect(401);

    // There is always an administrator.
    let own = format!("/platform/users/{}", root.user_id());
    for step in ["demote", "disable"] {
        let refused = root.post(&format!("{own}/{step}"), json!({})).await.expect(409);
        assert_eq!(refused["code"], "last_administrator");
    }
    let kim = app.sign_up("kim@example.com").await;
    let other = format!("/platform/users/{}", kim.user_id());
    kim.get("/platform/users").await.expect(403);
    root.post(&format!("{other}/promote"), json!({})).await.expect(200);
    kim.get("/platform/users").await.expect(200);
    kim.post(&format!("{own}/demote"), json!({})).await.expect(200);
    root.get("/platform/users").await.expect(403);
    kim.get("/platform/users/user_01h455vb4pex5vsknk084sn02q").await.expect(404);

    // The platform's own log has all of it, and nobody else does.
    root.get("/platform/audit").await.expect(403);
    let entries = kim.get("/platform/audit?action=user.*").await.expect(200);
    let done = |action: &str, by: &Person<'_>, to: &Person<'_>| {
        entries["data"].as_array().unwrap().iter().any(|entry| {
            entry["action"] == action
                && entry["actor"]["user_id"] == by.user_id()
                && entry["subject"]["id"] == to.user_id()
        })
    };
    assert!(done("user.disabled", &root, &mai) && done("user.enabled", &root, &mai), "{entries}");
    assert!(done("user.promoted", &root, &kim) && done("user.demoted", &kim, &root), "{entries}");
    let first = kim.get("/platform/audit?limit=1").await.expect(200);
    assert_eq!(first["data"][0]["action"], "user.demoted", "the newest first");
    kim.get("/platform/audit?action=nothing").await.expect(400);
}

/// The session that an answer begins or gives back, and its cookies.
fn cookies(answer: &crate::support::Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter();
    let pairs: Vec<&str> = set.map(|value| value.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

#[db_test]
async fn whoever_acts_as_somebody_else_is_known_and_changes_nothing_of_theirs(db: TestDb) {
    let app = TestApp::start(&db).await;
    let root = administrator(&app, "root@example.com").await;
    let mai = app.sign_up("mai@example.com").await;
    let begin = async |person: &Person<'_>, body: Value| {
        let mut call = request(Method::POST, "/auth/impersonation", Some(&person.token), Some(body));
        call.headers_mut().insert("cookie", person.cookie.parse().unwrap());
        app.send(call).await
    };
    let wanted = json!({ "user_id": mai.user_id(), "reason": "Ticket 4711" });
    begin(&mai, json!({ "user_id": root.user_id(), "reason": "mine" })).await.expect(403);
    begin(&root, json!({ "user_id": mai.user_id(), "reason": "" })).await.expect(422);
    begin(&root, json!({ "user_id": root.user_id(), "reason": "myself" })).await.expect(409);
    let begun = begin(&root, wanted.clone()).await;
    let jar = cookies(&begun);
    assert!(jar.contains("parlance_refresh=") && jar.contains("parlance_return="), "{jar}");
    let session = begun.expect(200);
    assert_eq!(
        (&session["user"]["email"], &session["impersonation"]["reason"]),
        (&json!("mai@example.com"), &json!("Ticket 4711"))
    );
    let token = text(&session["access_token"]);
    let claims = {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()
    };
    assert_eq!((&claims["sub"], &claims["act"]["sub"]), (&json!(mai.user_id()), &json!(root.user_id())));

    // What is the person's own stays theirs.
    let call = async |method: Method, path: &str, body: Value| app.call(method, path, Some(&token), Some(body)).await;
    for (method, path, body) in [
        (Method::POST, "/auth/password", json!({ "current_password": PASSWORD, "new_password": "another long one" })),
        (Method::POST, "/auth/email", json!({ "current_password": PASSWORD, "email": "new@example.com" })),
        (Method::PATCH, "/me", json!({ "name": "Not Mai" })),
        (Method::POST, "/keys", json!({ "name": "Back door" })),
        (Method::POST, "/invitations", json!({ "role": "admin" })),
        (Method::DELETE, "/auth/sessions", Value::Null),
        (Method::DELETE, "/workspace", Value::Null),
        (Method::POST, "/auth/impersonation", wanted.clone()),
        (Method::GET, "/platform/users", Value::Null),
    ] {
        let refused = call(method.clone(), path, body).await;
        assert_eq!(refused.status.as_u16(), 403, "{method} {path}: {}", refused.text);
        assert_eq!(refused.code(), "impersonating", "{method} {path}");
    }
    call(Method::GET, "/conversations", Value::Null).await.expect(200);
    let me = call(Method::GET, "/me", Value::Null).await.expect(200);
    let may: Vec<&str> = me["permissions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(may.contains(&"chat.read") && !may.contains(&"keys.create"), "{may:?}");
    // The person sees it, and the workspace's audit has both.
    let workspace: WorkspaceId = mai.workspace_id().parse().unwrap();
    let noted: Vec<(String, String, UserId)> = db
        .all(
            database::Platform,
            "SELECT action, after_state, actor_id FROM audit_entries
             WHERE workspace_id = $1 AND action LIKE 'impersonation.%' ORDER BY position DESC",
            database::params![workspace],
        )
        .await
        .unwrap();
    let (action, state, actor) = &noted[0];
    assert_eq!((action.as_str(), actor.to_string()), ("impersonation.began", root.user_id()));
    assert!(state.contains("Ticket 4711"), "{state}");
    let seen = mai.get("/auth/sessions").await.expect(200);
    assert_eq!(seen["data"][0]["impersonation_reason"], "Ticket 4711");
    assert_eq!(seen["data"][1]["impersonation_reason"], Value::Null);

    // The way back.
    let end = |jar: &str| {
        let mut call = request(Method::DELETE, "/auth/impersonation", None, None);
        call.headers_mut().insert("cookie", jar.parse().unwrap());
        call
    };
    let ended = app.send(end(&jar)).await;
    let own = cookie(&ended);
    assert_eq!(ended.expect(200)["user"]["email"], "root@example.com");
    app.call(Method::GET, "/me", Some(&token), None).await.expect(401);
    assert_eq!(app.send(end(&own)).await.expect(409)["code"], "conflict", "a session of one's own");

    // It ends with the administrator's rights, and for a disabled person.
    let root = Person::with(&app, own, &root.token);
    let begun = begin(&root, wanted.clone()).await.expect(200);
    let kim = administrator(&app, "kim@example.com").await;
    kim.post(&format!("/platform/users/{}/demote", text(&claims["act"]["sub"])), json!({})).await.expect(200);
    app.call(Method::GET, "/me", Some(&text(&begun["access_token"])), None).await.expect(401);
    kim.post(&format!("/platform/users/{}/disable", mai.user_id()), json!({})).await.expect(200);
    begin(&kim, wanted).await.expect(409);
}
