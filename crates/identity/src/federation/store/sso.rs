//! The tables `sso_connections` and `sso_domains`.

use contracts::tenancy::Role;
use database::{Db, Error, FromRow, Json, Platform, Row, Tx, params};
use kernel::{TenantScope, Timestamp, WorkspaceId};

use crate::federation::SamlProvider;
use crate::federation::sso::{ClaimNames, SsoConnection, SsoDomain, StoredSso};

impl FromRow for StoredSso {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let workspace = row.next()?;
        let (name, issuer, client_id, sealed_secret) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let scopes: String = row.next()?;
        let claims = ClaimNames { email: row.next()?, name: row.next()?, groups: row.next()? };
        let default_role: String = row.next()?;
        let Json(role_mapping) = row.next()?;
        let shown = SsoConnection {
            name,
            issuer,
            client_id,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            claims,
            // What this version does not know gives the least.
            default_role: Role::from_name(&default_role).unwrap_or(Role::Guest),
            role_mapping,
            enabled: row.next()?,
            enforced: row.next()?,
            second_factor: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
            saml: row.next::<Option<Json<SamlProvider>>>()?.map(|Json(saml)| saml),
        };
        Ok(Self { workspace, shown, sealed_secret })
    }
}

impl FromRow for SsoDomain {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (domain, token): (String, String) = (row.next()?, row.next()?);
        Ok(Self::new(domain, &token, row.next()?, row.next()?))
    }
}

pub(crate) async fn find(db: &Db, scope: &TenantScope) -> Result<Option<StoredSso>, Error> {
    db.optional(
        scope,
        "SELECT workspace_id, name, issuer, client_id, sealed_secret, scopes, email_claim, name_claim, groups_claim,
                default_role, role_mapping, enabled, enforced, second_factor, created_at, updated_at, saml
         FROM sso_connections WHERE workspace_id = $1",
        params![scope.workspace()],
    )
    .await
}

/// Writes the connection, new or changed.
pub(crate) async fn put(tx: &mut Tx, scope: &TenantScope, sso: &StoredSso) -> Result<(), Error> {
    let shown = &sso.shown;
    tx.execute(
        "INSERT INTO sso_connections (workspace_id, name, issuer, client_id, sealed_secret, scopes, email_claim,
             name_claim, groups_claim, default_role, role_mapping, enabled, enforced, second_factor, created_at,
             updated_at, saml)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (workspace_id) DO UPDATE SET name = excluded.name, issuer = excluded.issuer,
             client_id = excluded.client_id, sealed_secret = excluded.sealed_secret, scopes = excluded.scopes,
             email_claim = excluded.email_claim, name_claim = excluded.name_claim,
             groups_claim = excluded.groups_claim, default_role = excluded.default_role,
             role_mapping = excluded.role_mapping, enabled = excluded.enabled, enforced = excluded.enforced,
             second_factor = excluded.second_factor, updated_at = excluded.updated_at, saml = excluded.saml",
        params![
            scope.workspace(),
            shown.name.as_str(),
            shown.issuer.as_str(),
            shown.client_id.as_str(),
            sso.sealed_secret.clone(),
            shown.scopes.join(" "),
            shown.claims.email.as_str(),
            shown.claims.name.as_str(),
            shown.claims.groups.as_str(),
            shown.default_role.as_str(),
            Json(shown.role_mapping.clone()),
            shown.enabled,
            shown.enforced,
            shown.second_factor,
            shown.created_at,
            shown.updated_at,
            shown.saml.clone().map(Json)
        ],
    )
    .await?;
    Ok(())
}

/// Whether there was one.
pub(crate) async fn delete(tx: &mut Tx, scope: &TenantScope) -> Result<bool, Error> {
    let deleted = tx.execute("DELETE FROM sso_connections WHERE workspace_id = $1", params![scope.workspace()]).await?;
    Ok(deleted == 1)
}

/// By name.
pub(crate) async fn domains(db: &Db, scope: &TenantScope) -> Result<Vec<SsoDomain>, Error> {
    db.all(
        scope,
        "SELECT domain, token, verified_at, created_at FROM sso_domains WHERE workspace_id = $1 ORDER BY domain",
        params![scope.workspace()],
    )
    .await
}

pub(crate) async fn domain(db: &Db, scope: &TenantScope, domain: &str) -> Result<Option<SsoDomain>, Error> {
    db.optional(
        scope,
        "SELECT domain, token, verified_at, created_at FROM sso_domains WHERE workspace_id = $1 AND domain = $2",
        params![scope.workspace(), domain],
    )
    .await
}

/// False: the workspace has it already.
pub(crate) async fn insert_domain(
    tx: &mut Tx,
    scope: &TenantScope,
    domain: &str,
    token: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO sso_domains (workspace_id, domain, token, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace_id, domain) DO NOTHING",
            params![scope.workspace(), domain, token, now],
        )
        .await?;
    Ok(inserted == 1)
}

/// Notes that the record was found. A unique violation: another workspace speaks for the domain.
pub(crate) async fn verify_domain(
    tx: &mut Tx,
    scope: &TenantScope,
    domain: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let verified = tx
        .execute(
            "UPDATE sso_domains SET verified_at = COALESCE(verified_at, $3) WHERE workspace_id = $1 AND domain = $2",
            params![scope.workspace(), domain, now],
        )
        .await?;
    Ok(verified == 1)
}

/// Whether there was one.
pub(crate) async fn delete_domain(tx: &mut Tx, scope: &TenantScope, domain: &str) -> Result<bool, Error> {
    let deleted = tx
        .execute("DELETE FROM sso_domains WHERE workspace_id = $1 AND domain = $2", params![scope.workspace(), domain])
        .await?;
    Ok(deleted == 1)
}

pub(crate) async fn count_domains(tx: &mut Tx, scope: &TenantScope) -> Result<(i64, i64), Error> {
    tx.one("SELECT count(*), count(verified_at) FROM sso_domains WHERE workspace_id = $1", params![scope.workspace()])
        .await
}

/// Whether the workspace has verified the domain.
pub(crate) async fn speaks_for(tx: &mut Tx, scope: &TenantScope, domain: &str) -> Result<bool, Error> {
    let found: Option<(i64,)> = tx
        .optional(
            "SELECT CAST(1 AS BIGINT) FROM sso_domains
             WHERE workspace_id = $1 AND domain = $2 AND verified_at IS NOT NULL",
            params![scope.workspace(), domain],
        )
        .await?;
    Ok(found.is_some())
}

/// The role of new members, if a connection says one.
pub(crate) async fn default_role(tx: &mut Tx, scope: &TenantScope) -> Result<Option<Role>, Error> {
    let found: Option<(String,)> = tx
        .optional("SELECT default_role FROM sso_connections WHERE workspace_id = $1", params![scope.workspace()])
        .await?;
    Ok(found.map(|(name,)| Role::from_name(&name).unwrap_or(Role::Guest)))
}

/// Turns enforcement off, as there is no domain left that it could be about.
pub(crate) async fn end_enforcement(tx: &mut Tx, scope: &TenantScope, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE sso_connections SET enforced = FALSE, updated_at = $2 WHERE workspace_id = $1 AND enforced",
        params![scope.workspace(), now],
    )
    .await?;
    Ok(())
}

/// Which workspace's enabled provider speaks for a domain, and whether it must be used.
pub(crate) async fn of_domain(db: &Db, domain: &str) -> Result<Option<(WorkspaceId, bool)>, Error> {
    // Whoever signs in is in no workspace yet: it is found by their domain.
    db.optional(
        Platform,
        "SELECT c.workspace_id, c.enforced FROM sso_domains d JOIN sso_connections c ON c.workspace_id = d.workspace_id
         WHERE d.domain = $1 AND d.verified_at IS NOT NULL AND c.enabled",
        params![domain],
    )
    .await
}
