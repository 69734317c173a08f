//! The tables `member_profiles` and `member_profile_values`, and the schema that they follow.

use std::collections::BTreeSet;

use database::{Db, Error, FromRow, Json, Row, Tx, params};
use kernel::{TenantScope, Timestamp, UserId};
use uuid::Uuid;
use web::attributes::Attributes;

/// A member's attributes as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileRow {
    pub user: UserId,
    pub attributes: Attributes,
    pub updated_at: Timestamp,
}

impl FromRow for ProfileRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let user = row.next()?;
        let Json(attributes) = row.next()?;
        Ok(Self { user, attributes, updated_at: row.next()? })
    }
}

const SCHEMA: &str = "SELECT profile_schema FROM workspaces WHERE id = $1";

fn parse(found: Option<(Option<String>,)>) -> Result<Option<Attributes>, Error> {
    let Some((Some(text),)) = found else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| Error::Encode(error.to_string()))
}

pub async fn schema(db: &Db, scope: &TenantScope) -> Result<Option<Attributes>, Error> {
    parse(db.optional(scope, SCHEMA, params![scope.workspace()]).await?)
}

/// The same within a transaction.
pub async fn schema_now(tx: &mut Tx, scope: &TenantScope) -> Result<Option<Attributes>, Error> {
    parse(tx.optional(SCHEMA, params![scope.workspace()]).await?)
}

pub async fn set_schema(
    tx: &mut Tx,
    scope: &TenantScope,
    schema: Option<&Attributes>,
    now: Timestamp,
) -> Result<(), Error> {
    let text = schema.map(serde_json::to_string).transpose().map_err(|error| Error::Encode(error.to_string()))?;
    tx.execute(
        "UPDATE workspaces SET profile_schema = $2, updated_at = $3 WHERE id = $1",
        params![scope.workspace(), text, now],
    )
    .await?;
    Ok(())
}

pub async fn find(db: &Db, scope: &TenantScope, user: UserId) -> Result<Option<ProfileRow>, Error> {
    db.optional(
        scope,
        "SELECT user_id, attributes, updated_at FROM member_profiles WHERE workspace_id = $1 AND user_id = $2",
        params![scope.workspace(), user],
    )
    .await
}

/// Whether the user is a member.
pub async fn is_member(db: &Db, scope: &TenantScope, user: UserId) -> Result<bool, Error> {
    let found: Option<(i64,)> = db
        .optional(
            scope,
            "SELECT CAST(1 AS BIGINT) FROM memberships WHERE workspace_id = $1 AND user_id = $2",
            params![scope.workspace(), user],
        )
        .await?;
    Ok(found.is_some())
}

pub async fn set(
    tx: &mut Tx,
    scope: &TenantScope,
    profile: &ProfileRow,
    values: &BTreeSet<(String, String)>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO member_profiles (workspace_id, user_id, attributes, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET attributes = $3, updated_at = $4",
        params![scope.workspace(), profile.user, Json(&profile.attributes), profile.updated_at],
    )
    .await?;
    tx.execute(
        "DELETE FROM member_profile_values WHERE workspace_id = $1 AND user_id = $2",
        params![scope.workspace(), profile.user],
    )
    .await?;
    for (field, value) in values {
        tx.execute(
            "INSERT INTO member_profile_values (workspace_id, user_id, field, value) VALUES ($1, $2, $3, $4)",
            params![scope.workspace(), profile.user, field.as_str(), value.as_str()],
        )
        .await?;
    }
    Ok(())
}

/// Those after `after`, by user: of whom any value, or one of `field`, is like `pattern`.
pub async fn page(
    db: &Db,
    scope: &TenantScope,
    field: Option<&str>,
    pattern: Option<&str>,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<ProfileRow>, Error> {
    db.all(
        scope,
        "SELECT p.user_id, p.attributes, p.updated_at FROM member_profiles p
         WHERE p.workspace_id = $1 AND p.user_id > $2
           AND ((CAST($3 AS TEXT) IS NULL AND CAST($4 AS TEXT) IS NULL) OR EXISTS
               (SELECT 1 FROM member_profile_values v
                WHERE v.workspace_id = $1 AND v.user_id = p.user_id
                  AND (CAST($3 AS TEXT) IS NULL OR v.field = $3)
                  AND (CAST($4 AS TEXT) IS NULL OR v.value LIKE $4 ESCAPE '\\')))
         ORDER BY p.user_id LIMIT $5",
        params![scope.workspace(), after.unwrap_or(UserId::from_uuid(Uuid::nil())), field, pattern, limit],
    )
    .await
}
