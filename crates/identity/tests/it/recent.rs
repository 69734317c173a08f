//! Who calls is known without asking, and what has ended is known to have.

use axum::http::Request;
use contracts::tenancy::{Role, can};
use futures_util::FutureExt as _;
use serde_json::json;
use testkit::{TestDb, db_test};
use web::Allowed;

use crate::support::{ANN, Node, World};

/// Whether the caller was found without waiting for anything; and whether they were let in.
fn at_once(node: &Node, credential: &str) -> Option<bool> {
    let request = Request::get("/").header("authorization", format!("Bearer {credential}"));
    let mut parts = request.extension(node.auth.clone()).body(()).unwrap().into_parts().0;
    let found = <Allowed<can::ReadChat> as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &());
    found.now_or_never().map(|found| found.is_ok())
}

#[db_test]
async fn a_known_caller_is_let_in_without_a_question(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    node.whoami(&ann.token).await.expect(200);
    assert_eq!(at_once(node, &ann.token), Some(true));

    // A renewed session is the same one.
    let renewed = node.refresh(&ann.cookie).await.expect(200).person();
    assert_eq!(at_once(node, &ann.token), Some(true));
    node.whoami(&renewed.token).await.expect(200);
    assert_eq!(at_once(node, &renewed.token), Some(true));

    // Somebody else's end costs a question, and no more.
    let bob = node.join("bob@example.com").await;
    crate::support::post("/auth/logout").bearer(&bob.token).on(node).await.expect(204);
    node.whoami(&ann.token).await.expect(200);
    assert_eq!(at_once(node, &ann.token), Some(true));
}

#[db_test]
async fn a_lower_role_holds_from_the_next_request(db: TestDb) {
    let world = World::new(&db);
    let node = &world.node;
    let ann = node.join(ANN).await;
    let bob = node.colleague(&ann, "bob@example.com", Role::Admin).await;
    let invite = async || {
        let body = json!({ "email": "carol@example.com", "role": "guest" });
        crate::support::post("/invitations").bearer(&bob.token).json(body).on(node).await
    };
    invite().await.expect(201);
    let scope = kernel::TenantScope::assume(ann.workspace);
    let actor = tenancy::Actor { user: ann.user, scope };
    node.tenancy.update_member(&actor, bob.user, Role::Guest).await.unwrap();
    invite().await.refused(403, "forbidden");
}
