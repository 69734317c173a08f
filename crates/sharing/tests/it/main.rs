//! Shares on both engines: who has access by which way, and what takes it away.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is the report")]

mod personal;
mod shares;
mod wall;

use database::{Db, Platform, params};
use kernel::{ConversationId, GroupId, Id, TenantScope, UserId, WorkspaceId};
use sharing::{Access, Resource, ShareError, Subject};
use testkit::TestDb;
use uuid::Uuid;

/// A workspace with people, groups and conversations, by numbers.
pub struct World {
    pub db: Db,
    pub scope: TenantScope,
}

pub fn id<P>(number: u128) -> Id<P> {
    Id::from_uuid(Uuid::from_u128(number))
}

impl World {
    pub async fn new(db: &TestDb, number: u128) -> Self {
        let workspace: WorkspaceId = id(number);
        db.execute(
            Platform,
            "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, 'Test', FALSE, 0, 0)",
            params![workspace],
        )
        .await
        .unwrap();
        Self { db: Db::clone(db), scope: TenantScope::assume(workspace) }
    }

    /// Somebody new, who is no member of anything.
    pub async fn person(&self, number: u128) -> UserId {
        let (user, email): (UserId, _) = (id(number), format!("{number}@example.com"));
        self.db
            .execute(
                Platform,
                "INSERT INTO users (id, email, email_lower, name, password_hash, locale, theme, attributes,
                     platform_admin, created_at, updated_at)
                 VALUES ($1, $2, $2, 'x', 'x', 'en', 'system', '{}', FALSE, 0, 0)",
                params![user, email],
            )
            .await
            .unwrap();
        user
    }

    pub async fn member(&self, number: u128, role: &str) -> UserId {
        let user = self.person(number).await;
        self.join(user, role).await;
        user
    }

    pub async fn join(&self, user: UserId, role: &str) {
        self.run(
            "INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, 0)",
            params![self.scope.workspace(), user, role],
        )
        .await;
    }

    pub async fn leave(&self, user: UserId) {
        self.run(
            "DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2",
            params![self.scope.workspace(), user],
        )
        .await;
    }

    pub async fn group(&self, number: u128, members: &[UserId]) -> GroupId {
        let group: GroupId = id(number);
        self.run(
            "INSERT INTO groups (id, workspace_id, name, created_at, updated_at) VALUES ($2, $1, $3, 0, 0)",
            params![self.scope.workspace(), group, number.to_string()],
        )
        .await;
        for member in members {
            self.run(
                "INSERT INTO group_members (workspace_id, group_id, user_id, created_at) VALUES ($1, $2, $3, 0)",
                params![self.scope.workspace(), group, *member],
            )
            .await;
        }
        group
    }

    pub async fn conversation(&self, number: u128, owner: UserId) -> ConversationId {
        let conversation: ConversationId = id(number);
        self.run(
            "INSERT INTO conversations (id, workspace_id, user_id, parameters, pinned, archived, created_at, updated_at)
             VALUES ($2, $1, $3, '{}', FALSE, FALSE, 0, 0)",
            params![self.scope.workspace(), conversation, owner],
        )
        .await;
        conversation
    }

    pub async fn run(&self, sql: &'static str, values: Vec<database::Value>) {
        self.db.execute(self.scope, sql, values).await.unwrap();
    }

    pub async fn share(
        &self,
        resource: ConversationId,
        subject: Subject,
        access: Access,
    ) -> Result<Option<Access>, ShareError> {
        let mut tx = self.db.begin(self.scope).await.unwrap();
        let by = id(1);
        let before = sharing::set(&mut tx, &self.scope, resource.into(), subject, access, by, testkit::START).await?;
        tx.commit().await.unwrap();
        Ok(before)
    }

    pub async fn unshare(&self, resource: ConversationId, subject: Subject) -> Option<Access> {
        let mut tx = self.db.begin(self.scope).await.unwrap();
        let before = sharing::remove(&mut tx, &self.scope, resource.into(), subject).await.unwrap();
        tx.commit().await.unwrap();
        before
    }

    pub async fn access(&self, user: UserId, resource: ConversationId) -> Option<Access> {
        sharing::access_of(&self.db, &self.scope, user, Resource::from(resource)).await.unwrap()
    }

    pub async fn shares(&self) -> i64 {
        let (count,): (i64,) = self.db.one(Platform, "SELECT count(*) FROM shares", vec![]).await.unwrap();
        count
    }
}
