//! The same with roles that a workspace makes for itself: the one permission that such a role lacks is refused, whatever
//! else it has; and the one that it has is enough.

use std::collections::BTreeSet;

use contracts::tenancy::{Permission, Permissions, Role};
use hyper::Method;
use serde_json::json;
use tenancy::{Actor, NewRole, RoleChanges};
use testkit::{TestDb, db_test};

use super::{Operation, PLATFORM, Theirs, call, case, is_compatible, is_endless, join, operations, snapshot};
use crate::support::{Person, TestApp};

/// All that a role can have.
fn grantable() -> Permissions {
    Permission::ALL.iter().copied().filter(|permission| permission.is_grantable()).collect()
}

fn asks_for(operation: &Operation, permission: Permission) -> bool {
    operation.permissions.as_ref().is_some_and(|needed| needed.iter().any(|name| name == permission.as_str()))
}

/// A member of the owner's workspace with a role that can be changed.
struct Changing {
    actor: Actor,
    role: kernel::RoleId,
    token: String,
}

impl Changing {
    async fn new(app: &TestApp, owner: &Person<'_>) -> Self {
        let person = app.sign_up("custom@example.com").await;
        let token = join(app, owner, &person, Role::Guest).await;
        let scope = kernel::TenantScope::assume(owner.workspace_id().parse().unwrap());
        let actor = Actor { user: owner.user_id().parse().unwrap(), scope };
        let new = NewRole {
            name: "Changing".to_owned(),
            description: String::new(),
            base: None,
            permissions: Permissions::NONE,
        };
        let role = app.platform.tenancy.create_role(&actor, new).await.unwrap().id;
        let user = person.user_id().parse().unwrap();
        app.platform.tenancy.update_member(&actor, user, role).await.unwrap();
        let contracts::tenancy::RoleChoice::Custom(role) = role else { panic!("{role} is built in") };
        Self { actor, role, token }
    }

    async fn allow(&self, app: &TestApp, permissions: Permissions) {
        let changes = RoleChanges { permissions: Some(permissions), ..RoleChanges::default() };
        app.platform.tenancy.update_role(&self.actor, self.role, changes).await.unwrap();
    }
}

#[db_test]
async fn acceptance_14_a_custom_role_without_the_permission_is_refused(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let member = Changing::new(&app, &owner).await;
    let all = operations(&app);
    let mut refused = BTreeSet::new();
    for permission in Permission::ALL.iter().copied() {
        // All but this one; what is the owners' alone, no such role has.
        member.allow(&app, grantable().without(Permissions::NONE.with(permission))).await;
        let before = snapshot(&owner).await;
        for operation in all.iter().filter(|operation| asks_for(operation, permission)) {
            let Some(body) = case(&operation.id, &theirs).body() else { panic!("{} is public", operation.id) };
            let path = theirs.path(&operation.template);
            let answer = call(&app, operation, &path, Some(&member.token), &body).await;
            let what = format!("{} without {}", operation.id, permission.as_str());
            assert_eq!(answer.status.as_u16(), 403, "{what}: {}", answer.text);
            if !is_compatible(operation) {
                assert_eq!(answer.code(), "forbidden", "{what}");
            }
            let named = format!("needs the permission `{}`", permission.as_str());
            assert!(answer.text.contains(&named), "{what}: {}", answer.text);
            refused.insert(operation.id.as_str());
        }
        assert_eq!(snapshot(&owner).await, before, "without {} something changed", permission.as_str());
    }
    // With everything that a role can have, nobody operates the platform.
    member.allow(&app, grantable()).await;
    let platform =
        |operation: &&Operation| operation.permissions.as_ref().is_some_and(|all| all.iter().any(|it| it == PLATFORM));
    for operation in all.iter().filter(platform) {
        let Some(body) = case(&operation.id, &theirs).body() else { panic!("{} is public", operation.id) };
        let answer = call(&app, operation, &theirs.path(&operation.template), Some(&member.token), &body).await;
        assert_eq!(answer.status.as_u16(), 403, "{}: {}", operation.id, answer.text);
        refused.insert(operation.id.as_str());
    }
    // No operation that the document puts under a permission was left out.
    for operation in &all {
        let names_one =
            operation.permission.is_some() || operation.permissions.as_ref().is_some_and(|all| !all.is_empty());
        assert!(!names_one || refused.contains(operation.id.as_str()), "{} was not tried", operation.id);
    }
    assert!(refused.len() > 60, "{} operations are under a permission", refused.len());
}

#[db_test]
async fn acceptance_14_a_custom_role_with_the_permission_alone_reads(db: TestDb) {
    let app = TestApp::start(&db).await;
    let owner = app.sign_up("owner@example.com").await;
    let theirs = Theirs::of(&owner).await;
    let member = Changing::new(&app, &owner).await;
    let all = operations(&app);
    let mut read = 0;
    for permission in grantable().iter() {
        member.allow(&app, Permissions::NONE.with(permission)).await;
        let reads = |operation: &&Operation| operation.method == Method::GET && !is_endless(operation);
        for operation in all.iter().filter(|operation| asks_for(operation, permission)).filter(reads) {
            let path = theirs.path(&operation.template);
            let answer = call(&app, operation, &path, Some(&member.token), &json!(null)).await;
            let status = answer.status.as_u16();
            assert!(status != 403 && status < 500, "{} with {}: {}", operation.id, permission.as_str(), answer.text);
            read += 1;
        }
    }
    assert!(read > 25, "{read} operations read");
}
