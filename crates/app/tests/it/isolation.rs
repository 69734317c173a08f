//! Acceptance 14: no route gives a stranger anything, whatever id they know.
//!
//! The routes come from the OpenAPI document. One that has no case here fails the suite.

mod by_custom;
mod by_key;
mod by_role;
mod by_scim;
mod rows;
mod suspended;

use app::{Config, router};
use contracts::tenancy::Role;
use hyper::Method;
use kernel::{TenantScope, WorkspaceId};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::support::{Answer, Person, TestApp, final_run, text};

pub(crate) use rows::snapshot;

/// What a stranger's call of an operation must come to.
enum Case {
    /// Needs no token, and tells nothing of anybody.
    Public,
    /// Takes no id: it can only touch what is the caller's own. The body is a valid one.
    Own(Value),
    /// Takes ids of another tenant's things: not found, and nothing changes. The body is a
    /// valid one.
    Foreign(Value),
    /// For administrators of the platform: forbidden to everybody else, whatever they own. The body is a
    /// valid one.
    Platform(Value),
    /// For a workspace's directory alone, with a token of its own: see [`by_scim`]. The body is a valid one.
    Directory(Value),
}

impl Case {
    /// A valid body, if the operation needs the token of a person or a program.
    fn body(self) -> Option<Value> {
        match self {
            Self::Public | Self::Directory(_) => None,
            Self::Own(body) | Self::Foreign(body) | Self::Platform(body) => Some(body),
        }
    }
}

#[allow(clippy::too_many_lines, reason = "a line for each operation")]
fn case(operation: &str, theirs: &Theirs) -> Case {
    use Case::{Directory, Foreign, Own, Platform, Public};
    match operation {
        "get_instance"
        | "sign_up"
        | "log_in"
        | "finish_log_in"
        | "log_in_with_passkey"
        | "ask_passkey"
        | "refresh_session"
        | "log_out"
        | "verify_email"
        | "resend_verification"
        | "forgot_password"
        | "reset_password"
        | "set_up"
        | "end_impersonation"
        | "begin_federated"
        | "begin_sso"
        | "finish_federated"
        | "get_saml_metadata"
        | "receive_saml_response"
        | "view_invitation" => Public,
        "list_platform_workspaces"
        | "list_platform_audit_entries"
        | "get_platform_workspace"
        | "list_platform_workspace_members"
        | "get_platform_workspace_usage"
        | "resume_platform_workspace"
        | "delete_platform_workspace"
        | "restore_platform_workspace"
        | "list_platform_plans"
        | "list_platform_users"
        | "get_platform_user"
        | "disable_platform_user"
        | "enable_platform_user"
        | "revoke_platform_user_sessions"
        | "reset_platform_user_password"
        | "promote_platform_user"
        | "demote_platform_user" => Platform(Value::Null),
        "create_platform_workspace" => Platform(json!({ "name": "Mallory's", "owner_email": "owner@example.com" })),
        "suspend_platform_workspace" => Platform(json!({ "reason": "Mallory was here" })),
        "set_platform_workspace_plan" => Platform(json!({ "plan": "unlimited" })),
        "impersonate" => Platform(json!({ "user_id": theirs.user, "reason": "Mallory was here" })),
        "get_scim_config"
        | "list_scim_resource_types"
        | "list_scim_schemas"
        | "list_scim_users"
        | "list_scim_groups"
        | "get_scim_user"
        | "delete_scim_user"
        | "get_scim_group"
        | "delete_scim_group" => Directory(Value::Null),
        "create_scim_user" | "replace_scim_user" => Directory(json!({ "userName": "mallory@ours.example" })),
        "create_scim_group" | "replace_scim_group" => Directory(json!({ "displayName": "Mallory was here" })),
        "patch_scim_user" => {
            Directory(json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] }))
        }
        "patch_scim_group" => Directory(json!({
            "Operations": [{ "op": "replace", "path": "displayName", "value": "Mallory was here" }],
        })),
        "list_sessions"
        | "list_identities"
        | "get_scim"
        | "delete_scim"
        | "create_scim_token"
        | "get_sso"
        | "delete_sso"
        | "test_sso"
        | "get_factors"
        | "begin_totp"
        | "remove_totp"
        | "renew_recovery_codes"
        | "list_passkeys"
        | "restore_account"
        | "export_account"
        | "delete_account"
        | "begin_passkey"
        | "get_me"
        | "list_workspaces"
        | "list_deleted_workspaces"
        | "leave_workspace"
        | "delete_workspace"
        | "get_workspace"
        | "list_members"
        | "get_own_profile"
        | "list_profiles"
        | "get_profile_schema"
        | "list_audit_entries"
        | "export_audit"
        | "verify_audit"
        | "list_groups"
        | "list_roles"
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
        | "list_share_candidates"
        | "stream_events"
        | "get_usage"
        | "get_quota"
        | "revoke_other_sessions"
        | "set_avatar"
        | "delete_avatar"
        | "list_compatible_models"
        | "upload_file" => Own(Value::Null),
        "confirm_totp" => Own(json!({ "code": "000000" })),
        "step_up" => Own(json!({ "method": "password", "password": "not the password" })),
        "add_passkey" => Own(json!({ "name": "Mallory's", "ceremony": "bm90IG9uZQ", "credential": {} })),
        // A valid one would end the stranger's own session.
        "change_password" => Own(json!({ "current_password": "not the password", "new_password": "another long one" })),
        "change_email" => Own(json!({ "current_password": "not the password", "email": "mallory@example.org" })),
        // The tenant's id in a body is not a way in (acceptance 16).
        "connect_identity" => Own(json!({ "provider": "google" })),
        "set_sso" => Own(json!({
            "name": "Mallory's", "issuer": "https://mallory.example", "client_id": "m", "client_secret": "m",
        })),
        "set_saml" => Own(json!({ "name": "Mallory's", "metadata": "<x/>" })),
        "add_sso_domain" => Own(json!({ "domain": "mallory.example" })),
        "set_own_profile" => Own(json!({ "attributes": { "name": "Mallory" } })),
        "set_profile_schema" => Own(json!({ "schema": null })),
        "update_me" => Own(json!({ "name": "Mallory" })),
        "create_workspace" | "update_workspace" | "create_key" | "create_group" => Own(json!({ "name": "Mallory's" })),
        "create_role" => Own(json!({ "name": "Mallory's", "permissions": [] })),
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
        | "disconnect_identity"
        | "delete_sso_domain"
        | "remove_passkey"
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
        | "list_shares"
        | "unshare_conversation"
        | "list_participants"
        | "get_run"
        | "stream_run"
        | "get_file"
        | "get_file_content"
        | "revoke_invitation"
        | "get_member_profile"
        | "get_role"
        | "delete_role"
        | "explain_member"
        | "get_group"
        | "delete_group"
        | "list_group_members"
        | "add_group_member"
        | "remove_group_member"
        | "remove_member" => Foreign(Value::Null),
        "resend_invitation"
        | "restore_workspace"
        | "restore_conversation"
        | "copy_conversation"
        | "cancel_run"
        | "rotate_key"
        | "verify_sso_domain"
        | "test_connection" => Foreign(json!({})),
        "transfer_workspace" => Foreign(json!({ "user_id": theirs.user })),
        "update_member" | "give_group_role" => Foreign(json!({ "role": "guest" })),
        "update_passkey" | "update_key" | "update_connection" | "update_budget" | "update_group" | "update_role" => {
            Foreign(json!({ "name": "Mallory was here" }))
        }
        "set_member_profile" => Foreign(json!({ "attributes": { "name": "Mallory was here" } })),
        "update_route" => Foreign(json!({ "description": "Mallory was here" })),
        "set_key_guardrails" => Foreign(json!({ "blocked_terms": ["Mallory was here"] })),
        "update_conversation" => Foreign(json!({ "title": "Mallory was here" })),
        "share_conversation" => Foreign(json!({ "access": "edit" })),
        "select_branch" => Foreign(json!({ "message_id": theirs.message })),
        "start_run" => Foreign(json!({ "message": { "text": "Mallory was here" } })),
        other => panic!("the operation {other} has no case in the isolation suite: add one"),
    }
}

fn route(name: &str) -> Value {
    json!({ "name": name, "strategy": "ordered", "targets": [{ "model": "demo/parlance" }] })
}

/// Adds a passkey; gives its id.
async fn passkey(person: &Person<'_>) -> String {
    let begun = person.post("/auth/passkeys/begin", Value::Null).await.expect(200);
    let credential = testkit::fake::Authenticator::new().create(&begun["options"]);
    let body = json!({ "name": "a secret of ours", "ceremony": begun["ceremony"], "credential": credential });
    text(&person.post("/auth/passkeys", body).await.expect(201)["passkey"]["id"])
}

/// One of each thing that a tenant has.
pub(crate) struct Theirs {
    user: String,
    workspace: String,
    session: String,
    identity: String,
    domain: String,
    passkey: String,
    pub(crate) conversation: String,
    message: String,
    run: String,
    pub(crate) file: String,
    key: String,
    budget: String,
    pub(crate) group: String,
    role: String,
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
        let passkey = passkey(person).await;
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
        let role = json!({ "name": "a secret of ours", "permissions": ["audit.read"] });
        let member = format!("/groups/{group}/members/{}", person.user_id());
        person.put(&member, Value::Null).await.expect(204);
        let share = format!("/conversations/{conversation}/shares/{group}");
        person.put(&share, json!({ "access": "edit" })).await.expect(200);
        person.put("/profile", json!({ "attributes": { "note": "a secret of ours" } })).await.expect(200);
        let invited = json!({ "email": "a-secret-of-ours@example.com", "role": "guest" });
        let invited = person.post("/invitations", invited).await.expect(201);
        Self {
            invitation: text(&invited["invitation"]["id"]),
            group,
            role: text(&person.post("/roles", role).await.expect(201)["id"]),
            user: person.user_id(),
            workspace: person.workspace_id(),
            session: text(&sessions["data"][0]["id"]),
            identity: person.connect_google().await,
            domain: text(
                &person.post("/sso/domains", json!({ "domain": "a-secret-of-ours.example" })).await.expect(201)["domain"],
            ),
            passkey,
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
            () if template.contains("/Groups/") => &self.group,
            () if template.contains("/conversations/") => &self.conversation,
            () if template.contains("/runs/") => &self.run,
            () if template.contains("/files/") => &self.file,
            () if template.contains("/budgets/") => &self.budget,
            () if template.contains("/workspaces/") => &self.workspace,
            () if template.contains("/invitations/") => &self.invitation,
            () if template.contains("/groups/") => &self.group,
            () if template.contains("/roles/") => &self.role,
            () if template.contains("/routes/") => &self.route,
            () if template.contains("/connections/") => &self.connection,
            () if template.contains("/keys/") => &self.key,
            () if template.contains("/passkeys/") => &self.passkey,
            () if template.contains("/sessions/") => &self.session,
            () if template.contains("/identities/") => &self.identity,
            () if template.contains("/domains/") => &self.domain,
            () => &self.user,
        };
        template
            .split('/')
            .map(|segment| match segment {
                "{user_id}" | "{subject}" => self.user.as_str(),
                segment if segment.starts_with('{') => id.as_str(),
                segment => segment,
            })
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// What the document says in place of a permission where none of a workspace's roles is enough.
const PLATFORM: &str = "platform";

struct Operation {
    id: String,
    method: Method,
    /// Under `/api/v1`, or that of a compatible API.
    template: String,
    /// What the document says the caller needs; none: no token.
    permissions: Option<Vec<String>>,
    /// The one that it stands under, as the document has it for programs.
    permission: Option<String>,
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
                permission: operation["x-permission"].as_str().map(str::to_owned),
            });
        }
    }
    assert!(operations.len() > 30, "the document lists the routes");
    operations
}

fn template(path: &str) -> String {
    let ours = path.strip_prefix("/api/v1").or(path.starts_with("/v1/").then_some(path));
    let ours = ours.or(path.starts_with("/scim/v2/").then_some(path));
    ours.expect("every path stands under /api/v1, /v1 or /scim/v2").to_owned()
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
    let before = snapshot(&owner).await;
    for operation in operations(&app) {
        let Some(body) = case(&operation.id, &theirs).body() else {
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
    assert_eq!(snapshot(&owner).await, before);
}

#[db_test]
async fn acceptance_14_a_stranger_finds_nothing(db: TestDb) {
    nothing_is_found(&TestApp::start(&db).await).await;
}

/// The second wall by itself: each statement of a tenant has forgotten its filter by workspace, and row-level
/// security alone keeps the tenants apart (ADR 0002).
#[cfg(debug_assertions)]
#[test]
fn acceptance_14_row_level_security_holds_alone() {
    testkit::db::run(database::Engine::Postgres, async |db: TestDb| {
        let forgetful = TestApp::on(db.unfiltered().await, |_| {}).await;
        nothing_is_found(&forgetful).await;
        // The filter is really gone: a workspace's own rows come, whatever workspace is asked for.
        let one = "SELECT workspace_id FROM memberships LIMIT 1";
        let (workspace,): (WorkspaceId,) = db.one(database::Platform, one, Vec::new()).await.unwrap();
        let asked = "SELECT workspace_id FROM memberships WHERE workspace_id = $1";
        let nobody = WorkspaceId::from_uuid(uuid::Uuid::nil());
        let scope = TenantScope::assume(workspace);
        let found = forgetful.platform.db.all::<(WorkspaceId,)>(scope, asked, database::params![nobody]).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|(id,)| *id == workspace), "{found:?}");
    });
}

async fn nothing_is_found(app: &TestApp) {
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    // The owner of another workspace, and a colleague: conversations are a person's own.
    let stranger = app.sign_up("stranger@example.com").await;
    let colleague = app.sign_up("colleague@example.com").await;
    let colleague = join(app, &owner, &colleague, Role::Member).await;
    let before = snapshot(&owner).await;

    for operation in operations(app) {
        if is_endless(&operation) {
            continue;
        }
        let path = theirs.path(&operation.template);
        match case(&operation.id, &theirs) {
            Case::Public | Case::Directory(_) => {}
            Case::Own(body) => {
                let answer = call(app, &operation, &path, Some(&stranger.token), &body).await;
                assert!(!answer.text.contains("a secret of ours"), "{}", operation.id);
                assert!(!answer.text.contains(&theirs.conversation), "{}", operation.id);
                assert!(!answer.text.contains("owner@example.com"), "{}", operation.id);
            }
            Case::Foreign(body) => {
                let answer = call(app, &operation, &path, Some(&stranger.token), &body).await;
                assert_eq!(answer.status.as_u16(), 404, "{} as a stranger: {}", operation.id, answer.text);
                if is_shared(&operation) {
                    continue;
                }
                let answer = call(app, &operation, &path, Some(&colleague), &body).await;
                assert_eq!(answer.status.as_u16(), 404, "{} as a colleague: {}", operation.id, answer.text);
            }
            Case::Platform(body) => {
                for token in [&stranger.token, &owner.token, &colleague] {
                    let answer = call(app, &operation, &path, Some(token), &body).await;
                    assert_eq!(answer.status.as_u16(), 403, "{} as no administrator: {}", operation.id, answer.text);
                    assert_eq!(answer.code(), "forbidden", "{}", operation.id);
                }
            }
        }
    }
    assert_eq!(snapshot(&owner).await, before);
}

/// What a workspace's members have in common, and that they know of each other: what they may do is
/// a matter of their role.
fn is_shared(operation: &Operation) -> bool {
    ["get_avatar", "transfer_workspace"].contains(&operation.id.as_str())
        || [
            "_member",
            "_member_profile",
            "_invitation",
            "_group",
            "_role",
            "_group_members",
            "_budget",
            "_route",
            "_connection",
            "_key_guardrails",
            "_sso_domain",
        ]
        .iter()
        .any(|kind| operation.id.ends_with(kind))
}

/// A refusal names the permission that the handler's type asks for; the document must name the same.
#[db_test]
async fn acceptance_14_the_document_names_the_permission_that_is_asked_for(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let guest = app.sign_up("guest@example.com").await;
    let token = join(&app, &owner, &guest, Role::Guest).await;
    let mut named = 0;
    for operation in operations(&app).iter().filter(|operation| !is_endless(operation)) {
        let Some(body) = case(&operation.id, &theirs).body() else { continue };
        // They end the guest's own membership.
        if ["leave_workspace"].contains(&operation.id.as_str()) {
            continue;
        }
        let answer = call(&app, operation, &theirs.path(&operation.template), Some(&token), &body).await;
        let asked = answer.text.split_once("needs the permission `").and_then(|(_, rest)| rest.split_once('`'));
        let Some((asked, _)) = asked.filter(|_| answer.status.as_u16() == 403) else { continue };
        assert_eq!(operation.permission.as_deref(), Some(asked), "{}", operation.id);
        named += 1;
    }
    assert!(named > 20, "{named} refusals name their permission");
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
