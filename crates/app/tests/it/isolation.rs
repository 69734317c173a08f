//! Acceptance 14: no route gives a stranger anything, whatever id they know.
//!
//! The routes come from the OpenAPI document. One that has no case here fails the suite.

mod by_key;

use app::{Config, router};
use contracts::tenancy::{Permission, Role};
use hyper::Method;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{Answer, Person, TestApp, final_run, text};

/// What a stranger's call of an operation must come to.
enum Case {
    /// Needs no token, and tells nothing of anybody.
    Public,
    /// Takes no id: it can only touch what is the caller's own. The body is a valid one.
    Own(Value),
    /// Takes ids of another tenant's things: not found, and nothing changes. The body is a
    /// valid one.
    Foreign(Value),
}

#[allow(clippy::too_many_lines, reason = "a line for each operation")]
fn case(operation: &str, theirs: &Theirs) -> Case {
    use Case::{Foreign, Own, Public};
    match operation {
        "get_instance"
        | "sign_up"
        | "log_in"
        | "refresh_session"
        | "log_out"
        | "verify_email"
        | "resend_verification"
        | "forgot_password"
        | "reset_password"
        | "view_invitation" => Public,
        "list_sessions"
        | "get_me"
        | "list_workspaces"
        | "list_deleted_workspaces"
        | "leave_workspace"
        | "delete_workspace"
        | "get_workspace"
        | "list_members"
        | "list_groups"
        | "list_invitations"
        | "list_keys"
        | "list_budgets"
        | "get_guardrails"
        | "list_guardrail_decisions"
        | "list_routes"
        | "list_connections"
        | "get_provider_health"
        | "list_models"
        | "list_conversations"
        | "stream_events"
        | "get_usage"
        | "get_quota"
        | "revoke_other_sessions"
        | "set_avatar"
        | "delete_avatar"
        | "list_compatible_models"
        | "upload_file" => Own(Value::Null),
        // A valid one would end the stranger's own session.
        "change_password" => Own(json!({ "current_password": "not the password", "new_password": "another long one" })),
        "change_email" => Own(json!({ "current_password": "not the password", "email": "mallory@example.org" })),
        // The tenant's id in a body is not a way in (acceptance 16).
        "update_me" => Own(json!({ "name": "Mallory" })),
        "create_workspace" | "update_workspace" | "create_key" | "create_group" => Own(json!({ "name": "Mallory's" })),
        "create_invitation" => Own(json!({ "email": "mallory@example.com", "role": "guest" })),
        "accept_invitation" => Own(json!({ "token": "bm90IGEgdG9rZW4" })),
        "create_route" => Own(route("mallorys")),
        "create_connection" => Own(json!({ "provider": "openai", "name": "Mallory's", "key": "sk-mallory" })),
        "create_budget" => Own(json!({
            "name": "Mallory's", "subject": { "kind": "workspace" }, "period": "month", "limit_usd": "1", "hard": true,
        })),
        "set_guardrails" => Own(json!({ "redact": ["email"] })),
        "test_guardrails" => Own(json!({ "text": "mine", "policy": { "redact": ["email"] } })),
        "create_conversation" => Own(json!({ "title": "Mallory's" })),
        "create_chat_completion" | "create_message" | "count_message_tokens" => Own(json!({
            "model": "demo/parlance", "max_tokens": 8, "messages": [{ "role": "user", "content": "/echo mine" }],
        })),
        "create_response" => Own(json!({ "model": "demo/parlance", "input": "/echo mine" })),
        "create_embeddings" => Own(json!({ "model": "demo/parlance", "input": "mine" })),
        // A model is nobody's own; somebody's id names none.
        "get_compatible_model"
        | "revoke_session"
        | "get_avatar"
        | "get_key"
        | "get_key_guardrails"
        | "delete_key_guardrails"
        | "get_budget"
        | "delete_budget"
        | "get_route"
        | "delete_route"
        | "get_connection"
        | "delete_connection"
        | "revoke_key"
        | "get_conversation"
        | "delete_conversation"
        | "list_messages"
        | "get_run"
        | "stream_run"
        | "get_file"
        | "get_file_content"
        | "revoke_invitation"
        | "get_group"
        | "delete_group"
        | "list_group_members"
        | "add_group_member"
        | "remove_group_member"
        | "remove_member" => Foreign(Value::Null),
        "resend_invitation"
        | "restore_workspace"
        | "restore_conversation"
        | "cancel_run"
        | "rotate_key"
        | "test_connection" => Foreign(json!({})),
        "transfer_workspace" => Foreign(json!({ "user_id": theirs.user })),
        "update_member" => Foreign(json!({ "role": "guest" })),
        "update_key" | "update_connection" | "update_budget" | "update_group" => {
            Foreign(json!({ "name": "Mallory was here" }))
        }
        "update_route" => Foreign(json!({ "description": "Mallory was here" })),
        "set_key_guardrails" => Foreign(json!({ "blocked_terms": ["Mallory was here"] })),
        "update_conversation" => Foreign(json!({ "title": "Mallory was here" })),
        "select_branch" => Foreign(json!({ "message_id": theirs.message })),
        "start_run" => Foreign(json!({ "message": { "text": "Mallory was here" } })),
        other => panic!("the operation {other} has no case in the isolation suite: add one"),
    }
}

fn route(name: &str) -> Value {
    json!({ "name": name, "strategy": "ordered", "targets": [{ "model": "demo/parlance" }] })
}

/// One of each thing that a tenant has.
pub(crate) struct Theirs {
    user: String,
    workspace: String,
    session: String,
    pub(crate) conversation: String,
    message: String,
    run: String,
    pub(crate) file: String,
    key: String,
    budget: String,
    pub(crate) group: String,
    invitation: String,
    route: String,
    connection: String,
}

impl Theirs {
    pub(crate) async fn of(person: &Person<'_>) -> Self {
        let conversation = person.conversation().await;
        let events = person.say(&conversation, "/echo a secret of ours").await;
        let run = final_run(&events);
        let sessions = person.get("/auth/sessions").await.expect(200);
        let connection = json!({ "provider": "openai", "name": "a secret of ours", "key": "sk-a-secret-of-ours" });
        let budget = json!({
            "name": "a secret of ours", "subject": { "kind": "workspace" }, "period": "month", "limit_usd": "100",
            "hard": false,
        });
        let key = text(&person.post("/keys", json!({ "name": "a secret of ours" })).await.expect(201)["key"]["id"]);
        for path in ["/guardrails".to_owned(), format!("/keys/{key}/guardrails")] {
            person.put(&path, json!({ "blocked_terms": ["a secret of ours that is blocked"] })).await.expect(200);
        }
        let group = text(&person.post("/groups", json!({ "name": "a secret of ours" })).await.expect(201)["id"]);
        let member = format!("/groups/{group}/members/{}", person.user_id());
        person.put(&member, Value::Null).await.expect(204);
        let invited = json!({ "email": "a-secret-of-ours@example.com", "role": "guest" });
        let invited = person.post("/invitations", invited).await.expect(201);
        Self {
            invitation: text(&invited["invitation"]["id"]),
            group,
            user: person.user_id(),
            workspace: person.workspace_id(),
            session: text(&sessions["data"][0]["id"]),
            conversation,
            message: text(&run["message_id"]),
            run: text(&run["id"]),
            file: text(&person.upload().await.expect(201)["id"]),
            key,
            route: text(&person.post("/routes", route("ours")).await.expect(201)["id"]),
            connection: text(&person.post("/connections", connection).await.expect(201)["id"]),
            budget: text(&person.post("/budgets", budget).await.expect(201)["id"]),
        }
    }

    /// The path with their ids in place of its parameters.
    fn path(&self, template: &str) -> String {
        let id = match () {
            () if template.contains("/conversations/") => &self.conversation,
            () if template.contains("/runs/") => &self.run,
            () if template.contains("/files/") => &self.file,
            () if template.contains("/budgets/") => &self.budget,
            () if template.contains("/workspaces/") => &self.workspace,
            () if template.contains("/invitations/") => &self.invitation,
            () if template.contains("/groups/") => &self.group,
            () if template.contains("/routes/") => &self.route,
            () if template.contains("/connections/") => &self.connection,
            () if template.contains("/keys/") => &self.key,
            () if template.contains("/sessions/") => &self.session,
            () => &self.user,
        };
        template
            .split('/')
            .map(|segment| match segment {
                "{user_id}" => self.user.as_str(),
                segment if segment.starts_with('{') => id.as_str(),
                segment => segment,
            })
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// Everything that a tenant can see of its own.
pub(crate) async fn snapshot(person: &Person<'_>, theirs: &Theirs) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        "/workspace".to_owned(),
        "/members".to_owned(),
        "/conversations".to_owned(),
        format!("/conversations/{}/messages", theirs.conversation),
        format!("/runs/{}", theirs.run),
        format!("/files/{}", theirs.file),
        "/usage?group_by=model".to_owned(),
        "/keys".to_owned(),
        "/budgets".to_owned(),
        "/groups".to_owned(),
        "/invitations".to_owned(),
        format!("/groups/{}/members", theirs.group),
        "/quota".to_owned(),
        "/guardrails".to_owned(),
        "/guardrails/decisions".to_owned(),
        format!("/keys/{}/guardrails", theirs.key),
        "/routes".to_owned(),
        "/connections".to_owned(),
    ] {
        seen.push(person.get(&path).await.expect(200));
    }
    seen
}

struct Operation {
    id: String,
    method: Method,
    /// Under `/api/v1`, or that of a compatible API.
    template: String,
    /// What the document says the caller needs; none: no token.
    permissions: Option<Vec<String>>,
}

fn operations(app: &TestApp) -> Vec<Operation> {
    let document = router::document(&app.platform, &Config::default()).to_json().unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if operation["operationId"].is_null() {
                continue;
            }
            operations.push(Operation {
                id: text(&operation["operationId"]),
                method,
                template: template(path),
                permissions: operation["security"][0]["bearer"].as_array().map(|list| list.iter().map(text).collect()),
            });
        }
    }
    assert!(operations.len() > 30, "the document lists the routes");
    operations
}

fn template(path: &str) -> String {
    let ours = path.strip_prefix("/api/v1").or(path.starts_with("/v1/").then_some(path));
    ours.expect("every path stands under /api/v1 or /v1").to_owned()
}

/// Whether errors have a vendor's shape instead of ours.
fn is_compatible(operation: &Operation) -> bool {
    operation.template.starts_with("/v1/")
}

async fn call(app: &TestApp, operation: &Operation, path: &str, token: Option<&str>, body: &Value) -> Answer {
    let body = (!body.is_null()).then(|| body.clone());
    app.call(operation.method.clone(), path, token, body).await
}

/// An endless stream, which an in-process call would wait for.
fn is_endless(operation: &Operation) -> bool {
    operation.id == "stream_events"
}

#[db_test]
async fn acceptance_14_without_a_token_nothing_is_told(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let before = snapshot(&owner, &theirs).await;
    for operation in operations(&app) {
        let (Case::Own(body) | Case::Foreign(body)) = case(&operation.id, &theirs) else {
            assert!(operation.permissions.is_none(), "{} is public but documented otherwise", operation.id);
            continue;
        };
        assert!(operation.permissions.is_some(), "{} does not document that it needs a token", operation.id);
        for token in [None, Some("nonsense"), Some("eyJhbGciOiJub25lIn0.e30.")] {
            let answer = call(&app, &operation, &theirs.path(&operation.template), token, &body).await;
            assert_eq!(answer.status.as_u16(), 401, "{} with {token:?}: {}", operation.id, answer.text);
            let shape = if is_compatible(&operation) { "application/json" } else { "application/problem+json" };
            assert_eq!(answer.headers["content-type"], shape, "{}", operation.id);
        }
    }
    assert_eq!(snapshot(&owner, &theirs).await, before);
}

#[db_test]
async fn acceptance_14_a_stranger_finds_nothing(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let before = snapshot(&owner, &theirs).await;
    // The owner of another workspace, and a colleague: conversations are a person's own.
    let stranger = app.sign_up("stranger@example.com").await;
    let colleague = app.sign_up("colleague@example.com").await;
    let colleague = join(&app, &owner, &colleague, Role::Member).await;

    for operation in operations(&app) {
        if is_endless(&operation) {
            continue;
        }
        let path = theirs.path(&operation.template);
        match case(&operation.id, &theirs) {
            Case::Public => {}
            Case::Own(body) => {
                let answer = call(&app, &operation, &path, Some(&stranger.token), &body).await;
                assert!(!answer.text.contains("a secret of ours"), "{}", operation.id);
                assert!(!answer.text.contains(&theirs.conversation), "{}", operation.id);
                assert!(!answer.text.contains("owner@example.com"), "{}", operation.id);
            }
            Case::Foreign(body) => {
                let answer = call(&app, &operation, &path, Some(&stranger.token), &body).await;
                assert_eq!(answer.status.as_u16(), 404, "{} as a stranger: {}", operation.id, answer.text);
                if is_shared(&operation) {
                    continue;
                }
                let answer = call(&app, &operation, &path, Some(&colleague), &body).await;
                assert_eq!(answer.status.as_u16(), 404, "{} as a colleague: {}", operation.id, answer.text);
            }
        }
    }
    let mut after = snapshot(&owner, &theirs).await;
    // The colleague who joined is the one thing that changed.
    after[1] = before[1].clone();
    assert_eq!(after, before);
}

/// What a workspace's members have in common, and that they know of each other: what they may do is
/// a matter of their role.
fn is_shared(operation: &Operation) -> bool {
    ["get_avatar", "transfer_workspace"].contains(&operation.id.as_str())
        || ["_member", "_invitation", "_group", "_group_members", "_budget", "_route", "_connection", "_key_guardrails"]
            .iter()
            .any(|kind| operation.id.ends_with(kind))
}

#[db_test]
async fn acceptance_14_a_role_without_the_permission_is_refused(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let mut refusals = 0;
    for role in [Role::Guest, Role::Member, Role::Admin] {
        let somebody = app.sign_up(&format!("{}@example.com", role.as_str())).await;
        let token = join(&app, &owner, &somebody, role).await;
        let before = snapshot(&owner, &theirs).await;
        for operation in operations(&app) {
            let needed = operation.permissions.clone().unwrap_or_default();
            let lacks = needed.iter().any(|name| {
                let permission = Permission::ALL.iter().find(|permission| permission.as_str() == name);
                !role.grants(*permission.unwrap_or_else(|| panic!("{name} is not a permission")))
            });
            if !lacks {
                continue;
            }
            refusals += 1;
            let (Case::Own(body) | Case::Foreign(body)) = case(&operation.id, &theirs) else {
                panic!("{} is public", operation.id)
            };
            let answer = call(&app, &operation, &theirs.path(&operation.template), Some(&token), &body).await;
            assert_eq!(answer.status.as_u16(), 403, "{} as {}: {}", operation.id, role.as_str(), answer.text);
            if !is_compatible(&operation) {
                assert_eq!(answer.code(), "forbidden");
            }
        }
        assert_eq!(snapshot(&owner, &theirs).await, before, "a {} changed something", role.as_str());
    }
    assert!(refusals > 10, "the document names permissions");
}

#[db_test]
async fn acceptance_16_a_role_in_a_body_changes_nothing(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let guest = app.sign_up("guest@example.com").await;
    let token = join(&app, &owner, &guest, Role::Guest).await;
    for body in
        [json!({ "name": "Me", "role": "owner" }), json!({ "name": "Me", "workspace_id": owner.workspace_id() })]
    {
        let answer = app.call(Method::PATCH, "/me", Some(&token), Some(body)).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    }
    let me = app.call(Method::GET, "/me", Some(&token), None).await.expect(200);
    assert_eq!(me["workspace"]["role"], "guest");
}

/// Makes `person` a member of the owner's workspace; gives their token there.
async fn join(app: &TestApp, owner: &Person<'_>, person: &Person<'_>, role: Role) -> String {
    let workspace = owner.workspace_id();
    app.platform.tenancy.add_member(workspace.parse().unwrap(), person.user_id().parse().unwrap(), role).await.unwrap();
    let mut request =
        crate::support::request(Method::POST, "/auth/refresh", None, Some(json!({ "workspace": workspace })));
    request.headers_mut().insert("cookie", person.cookie.parse().unwrap());
    let session = app.send(request).await.expect(200);
    assert_eq!(session["workspace"]["role"], role.as_str());
    text(&session["access_token"])
}
