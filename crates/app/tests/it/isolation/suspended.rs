//! The same for a workspace that is suspended: closed to everybody in it, whatever they call.

use kernel::WorkspaceId;
use serde_json::json;
use testkit::{TestDb, db_test};

use super::{Theirs, call, case, is_compatible, operations, snapshot};
use crate::support::{TestApp, text};

#[db_test]
async fn acceptance_14_a_suspended_workspace_is_closed_to_people_and_keys(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let made =
        owner.post("/keys", json!({ "name": "Key", "scopes": ["inference", "read", "write"] })).await.expect(201);
    let key = text(&made["secret"]);
    let workspace: WorkspaceId = owner.workspace_id().parse().unwrap();
    app.platform.tenancy.suspend_workspace(workspace, "unpaid").await.unwrap();
    let before = snapshot(&owner).await;
    let mut refusals = 0;
    for operation in operations(&app) {
        let Some(body) = case(&operation.id, &theirs).body() else { continue };
        // Whoever logs out is out.
        for token in [&owner.token, &key] {
            let path = theirs.path(&operation.template);
            let answer = call(&app, &operation, &path, Some(token), &body).await;
            assert_eq!(answer.status.as_u16(), 403, "{}: {}", operation.id, answer.text);
            if !is_compatible(&operation) {
                assert_eq!(answer.code(), "workspace_suspended", "{}", operation.id);
            }
            assert!(!answer.text.contains("a secret of ours"), "{}", operation.id);
            refusals += 1;
        }
    }
    assert!(refusals > 120, "the document lists the routes: {refusals}");
    assert_eq!(snapshot(&owner).await, before);
    app.platform.tenancy.resume_workspace(workspace).await.unwrap();
    owner.get("/workspace").await.expect(200);
}
