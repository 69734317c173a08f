//! The same by role: what a role doesn't have is refused, and what it has ends at its workspace.

use contracts::tenancy::{Permission, Role};
use testkit::{TestDb, db_test};

use super::{Case, Operation, PLATFORM, Theirs, call, case, is_compatible, is_endless, join, operations, snapshot};
use crate::support::TestApp;

/// Whether the document asks for a permission that the role doesn't have.
fn lacks(operation: &Operation, role: Role) -> bool {
    let needed = operation.permissions.clone().unwrap_or_default();
    needed.iter().any(|name| {
        if name == PLATFORM {
            return true;
        }
        let permission = Permission::ALL.iter().find(|permission| permission.as_str() == name);
        !role.grants(*permission.unwrap_or_else(|| panic!("{name} is not a permission")))
    })
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
        let before = snapshot(&owner).await;
        for operation in operations(&app) {
            let lacks = lacks(&operation, role);
            if !lacks {
                continue;
            }
            refusals += 1;
            let Some(body) = case(&operation.id, &theirs).body() else { panic!("{} is public", operation.id) };
            let answer = call(&app, &operation, &theirs.path(&operation.template), Some(&token), &body).await;
            assert_eq!(answer.status.as_u16(), 403, "{} as {}: {}", operation.id, role.as_str(), answer.text);
            if !is_compatible(&operation) {
                assert_eq!(answer.code(), "forbidden");
            }
        }
        assert_eq!(snapshot(&owner).await, before, "a {} changed something", role.as_str());
    }
    assert!(refusals > 10, "the document names permissions");
}

/// What would end the caller's own membership, account or other sessions.
const ENDS: &[&str] = &["leave_workspace", "delete_workspace", "delete_account", "revoke_other_sessions"];

#[db_test]
async fn acceptance_14_a_role_with_the_permission_finds_nothing_of_others(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let boss = app.sign_up("boss@example.com").await;
    let before = snapshot(&owner).await;
    for role in [Role::Guest, Role::Member, Role::Admin, Role::Owner] {
        let somebody = app.sign_up(&format!("a-{}@example.com", role.as_str())).await;
        let token = join(&app, &boss, &somebody, role).await;
        let mut allowed = 0;
        for operation in operations(&app).iter().filter(|operation| !is_endless(operation)) {
            let what = format!("{} as {}", operation.id, role.as_str());
            let lacks = lacks(operation, role);
            let found = case(&operation.id, &theirs);
            let foreign = matches!(found, Case::Foreign(_));
            let Some(body) = found.body() else { continue };
            if !lacks && !foreign && ENDS.contains(&operation.id.as_str()) {
                continue;
            }
            let answer = call(&app, operation, &theirs.path(&operation.template), Some(&token), &body).await;
            let status = answer.status.as_u16();
            match (lacks, foreign) {
                (true, _) => assert_eq!(status, 403, "{what}: {}", answer.text),
                (false, true) => assert_eq!(status, 404, "{what}: {}", answer.text),
                (false, false) => {
                    assert!(!matches!(status, 401 | 403) && status < 500, "{what}: {status} {}", answer.text);
                }
            }
            assert!(!answer.text.contains("a secret of ours"), "{what}");
            allowed += usize::from(!lacks);
        }
        assert!(allowed > 20, "{} may do something: {allowed}", role.as_str());
    }
    assert_eq!(snapshot(&owner).await, before);
}
