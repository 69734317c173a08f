//! The endpoints, as a client meets them.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{Extension, Router, body::Body};
use contracts::{
    ApiKeys, Identity, Tenancy,
    identity::{ApiKey, Authenticated, AuthenticationError, Claimed, UserSummary},
    tenancy::{Membership, Role},
};
use database::Tx;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kernel::{SessionId, UserId, WorkspaceId};
use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use tower::ServiceExt;
use web::{
    Auth,
    limit::{Limiter, Policy},
};

use crate::{files::png, support::World};

/// One person, whose token is their role.
struct Door {
    user: UserId,
    workspace: WorkspaceId,
}

#[async_trait]
impl Identity for Door {
    async fn verify(&self, token: &str) -> Result<Claimed, AuthenticationError> {
        let role = Role::from_name(token).ok_or(AuthenticationError::Invalid)?;
        // A guest is somebody else, so that nothing is found by being the owner.
        let user = if role == Role::Guest { UserId::from_uuid(self.workspace.uuid()) } else { self.user };
        let session = SessionId::from_uuid(user.uuid());
        Ok(Claimed { user, session, workspace: self.workspace, impersonator: None })
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
impl ApiKeys for Door {
    async fn authenticate_key(&self, _: &str, _: IpAddr) -> Result<Arc<ApiKey>, AuthenticationError> {
        Err(AuthenticationError::Invalid)
    }
}

#[async_trait]
impl Tenancy for Door {
    async fn membership(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, database::Error> {
        let role = if user == self.user { Role::Owner } else { Role::Guest };
        let workspace_name = "Test".to_owned();
        Ok(Some(Membership { workspace_name, personal: true, ..Membership::new(workspace, role) }))
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, database::Error> {
        Ok(self.membership(self.workspace, user).await?.into_iter().collect())
    }

    async fn create_personal(&self, _: &mut Tx, _: UserId, _: &str) -> Result<WorkspaceId, database::Error> {
        Ok(self.workspace)
    }
}

fn app(world: &World) -> Router {
    let door = Arc::new(Door { user: world.caller.user, workspace: world.caller.scope.workspace() });
    let auth = Auth {
        identity: door.clone(),
        keys: door.clone(),
        tenancy: door,
        limiter: Limiter::in_process(),
        user_policy: Policy { name: "user", burst: 1000, period: Duration::from_mins(1) },
    };
    let (router, _) = chat::routes(world.chat.clone()).split_for_parts();
    router.layer(Extension(auth))
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The field that was refused.
    fn field(&self) -> String {
        assert_eq!(self.status, 422, "{}", self.json());
        self.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
    }
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn send(app: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        request = request.header("authorization", "Bearer owner");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    read(app.clone().oneshot(request.body(body).unwrap()).await.unwrap()).await
}

async fn post(app: &Router, path: &str, body: Value) -> Answer {
    send(app, "POST", path, &[], Some(body)).await
}

#[db_test]
async fn a_conversation_over_http(db: TestDb) {
    let world = World::new(&db).await;
    let app = app(&world);
    let made = post(&app, "/conversations", json!({"system_prompt": "Be brief."})).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/conversations/{id}");

    let started = post(&app, &format!("{path}/runs"), json!({"message": {"text": "Hi"}})).await;
    assert_eq!(started.status, 201);
    let run = started.json()["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(started.json()["user_message"]["sibling_ids"].as_array().unwrap().len(), 1);

    let stream = send(&app, "GET", &format!("/runs/{run}/stream"), &[], None).await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["x-vercel-ai-ui-message-stream"], "v1");
    let whole = String::from_utf8(stream.body).unwrap();
    assert!(whole.starts_with("id: 0.1\ndata: {\"type\":\"start\""), "{whole}");
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");

    // Resumed by header and by query: byte for byte the rest.
    for (at, _) in whole.match_indices("\n\n") {
        let (seen, rest) = whole.split_at(at + 2);
        let last = seen.rsplit("id: ").next().unwrap().split('\n').next().unwrap();
        let by_header = send(&app, "GET", &format!("/runs/{run}/stream"), &[("last-event-id", last)], None).await;
        let by_query = send(&app, "GET", &format!("/runs/{run}/stream?after={last}"), &[], None).await;
        assert_eq!((by_header.body.as_slice(), by_query.body.as_slice()), (rest.as_bytes(), rest.as_bytes()));
    }
    let wrong = send(&app, "GET", &format!("/runs/{run}/stream"), &[("last-event-id", "x")], None).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["code"].as_str()), (400, Some("invalid_header")));
    let wrong = send(&app, "GET", &format!("/runs/{run}/stream?after=x"), &[], None).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["code"].as_str()), (400, Some("invalid_query")));

    let page = send(&app, "GET", &format!("{path}/messages?limit=1"), &[], None).await.json();
    assert_eq!(page["data"][0]["role"], "assistant");
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = send(&app, "GET", &format!("{path}/messages?limit=1&cursor={cursor}"), &[], None).await.json();
    assert_eq!((&next["data"][0]["role"], &next["next_cursor"]), (&json!("user"), &Value::Null));

    assert_eq!(send(&app, "DELETE", &path, &[], None).await.status, 204);
    assert_eq!(send(&app, "GET", &path, &[], None).await.status, 404);
    assert_eq!(send(&app, "POST", &format!("{path}/restore"), &[], None).await.status, 200);
}

#[db_test]
async fn a_send_can_be_its_own_stream(db: TestDb) {
    let world = World::new(&db).await;
    let app = app(&world);
    let path = format!("/conversations/{}/runs", world.conversation().await);
    let headers = [("accept", "text/event-stream"), ("idempotency-key", "k1")];
    let body = json!({"message": {"text": "Hi"}});
    let first = send(&app, "POST", &path, &headers, Some(body.clone())).await;
    assert_eq!(first.status, 200);
    let again = send(&app, "POST", &path, &headers, Some(body)).await;
    assert_eq!(again.headers["x-run-id"], first.headers["x-run-id"]);
    assert_eq!(again.body, first.body);
    let other = send(&app, "POST", &path, &headers, Some(json!({"message": {"text": "Ho"}}))).await;
    assert_eq!(other.json()["code"], "idempotency_conflict");
}

#[db_test]
async fn bad_input_is_named(db: TestDb) {
    let world = World::new(&db).await;
    let app = app(&world);
    let id = world.conversation().await;
    let path = format!("/conversations/{id}");
    let runs = format!("{path}/runs");
    for (body, field) in [
        (json!({"message": {"text": "x".repeat(200_001)}}), "message.text"),
        (json!({"message": {"text": ""}}), "message.text"),
        (json!({"message": {"text": "Hi"}, "parameters": {"temperature": 3}}), "parameters.temperature"),
        (json!({"message": {"text": "Hi", "role": "system"}}), "message.role"),
        (json!({"message": {"text": "Hi"}, "workspace_id": "ws_01h455vb4pex5vsknk084sn02q"}), "workspace_id"),
        (json!({"message": {"text": "Hi"}, "parent_id": "user_01h455vb4pex5vsknk084sn02q"}), "parent_id"),
        (json!({}), "message"),
    ] {
        assert_eq!(post(&app, &runs, body).await.field(), field);
    }
    let files: Vec<String> = (0..11).map(|_| world.env.id::<kernel::id::kind::File>().to_string()).collect();
    assert_eq!(
        post(&app, &runs, json!({"message": {"text": "Hi", "file_ids": files}})).await.field(),
        "message.file_ids"
    );
    for (body, field) in [
        (json!({"title": "x".repeat(201)}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"title": "  "}), "title"),
        (json!({"system_prompt": "x".repeat(32_001)}), "system_prompt"),
        (json!({"system_prompt": "\u{0}"}), "system_prompt"),
    ] {
        assert_eq!(send(&app, "PATCH", &path, &[], Some(body)).await.field(), field);
    }
    let unknown = post(&app, &runs, json!({"message": {"text": "Hi"}, "model": "test/absent"})).await;
    assert_eq!(unknown.json()["code"], "unknown_model");
    for path in ["/conversations/nonsense", "/runs/conv_01h455vb4pex5vsknk084sn02q"] {
        assert_eq!(send(&app, "GET", path, &[], None).await.status, 404, "{path}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "pinned=maybe"] {
        let refused = send(&app, "GET", &format!("/conversations?{query}"), &[], None).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (400, Some("invalid_query")), "{query}");
    }
    assert!(world.branch(id).await.is_empty(), "nothing was written");
    // The longest that is taken.
    let longest = post(&app, &runs, json!({"message": {"text": "é".repeat(200_000)}})).await;
    assert_eq!(longest.status, 201, "many bytes, and one word");
}

#[db_test]
async fn a_guest_reads_and_does_not_write(db: TestDb) {
    let world = World::new(&db).await;
    let app = app(&world);
    let guest = [("authorization", "Bearer guest")];
    assert_eq!(send(&app, "GET", "/conversations", &guest, None).await.status, 200);
    let refused = send(&app, "POST", "/conversations", &guest, Some(json!({}))).await;
    assert_eq!(refused.json()["code"], "forbidden");
    let nobody = [("authorization", "Bearer nobody")];
    assert_eq!(send(&app, "GET", "/events", &nobody, None).await.status, 401);
}

async fn upload(app: &Router, field: &str, name: &str, content: &[u8]) -> Answer {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let request = Request::post("/files")
        .header("authorization", "Bearer owner")
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .unwrap();
    read(app.clone().oneshot(request).await.unwrap()).await
}

/// Acceptances 43 and 45: limits while it streams; a download that no browser runs.
#[db_test]
async fn a_file_over_http(db: TestDb) {
    let world = World::new(&db).await;
    let app = app(&world);
    let made = upload(&app, "file", "cat.html", &png(4, 5)).await;
    assert_eq!(made.status, 201);
    let file = made.json();
    assert_eq!((&file["media_type"], &file["width"]), (&json!("image/png"), &json!(4)), "its bytes decide");
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    let content = send(&app, "GET", &format!("{path}/content"), &[], None).await;
    assert_eq!(content.body, png(4, 5));
    assert_eq!(content.headers["content-type"], "image/png");
    assert_eq!(content.headers["x-content-type-options"], "nosniff");
    assert_eq!(content.headers["content-security-policy"], "default-src 'none'; sandbox");
    assert!(content.headers["content-disposition"].to_str().unwrap().contains("filename=\"cat.html\""));

    let mut large = png(4, 5);
    large.resize(chat::MAX_FILE + 1, 0);
    assert_eq!(upload(&app, "file", "x.png", &large).await.json()["code"], "payload_too_large");
    large.resize(chat::MAX_FILE * 2, 0);
    assert_eq!(upload(&app, "file", "x.png", &large).await.json()["code"], "payload_too_large");
    assert_eq!(upload(&app, "file", "x.png", b"<script>").await.json()["code"], "unsupported_media_type");
    assert_eq!(upload(&app, "other", "x.png", &png(1, 1)).await.field(), "file");
    let not_multipart = post(&app, "/files", json!({})).await;
    assert_eq!(not_multipart.json()["code"], "unsupported_media_type");
}
