//! A workspace's keys, single sign-on and directory, for its archive. Secrets and their hashes stay out.

use contracts::archived;
use database::Json;
use kernel::{ApiKeyId, GroupId, Timestamp, UserId, WorkspaceId};
use serde_json::Value;

archived! {
    Key in "api_keys" of ["api_keys"] after [id: ApiKeyId] {
        id: ApiKeyId, user_id: UserId, name: String, prefix: String, scopes: Json<Value>, models: Option<Json<Value>>,
        allowed_ips: Option<Json<Value>>, requests_per_minute: Option<i64>, tokens_per_minute: Option<i64>,
        expires_at: Option<Timestamp>, created_at: Timestamp, updated_at: Timestamp, last_used_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
    "SELECT id, user_id, name, prefix, scopes, models, allowed_ips, requests_per_minute, tokens_per_minute, expires_at,
            created_at, updated_at, last_used_at, revoked_at
     FROM api_keys WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"
}

archived! {
    Sso in "single_sign_on" of ["sso_connections"] after [id: WorkspaceId] {
        id: WorkspaceId, name: String, issuer: String, client_id: String, scopes: String, email_claim: String,
        name_claim: String, groups_claim: String, default_role: String, role_mapping: Json<Value>, enabled: bool,
        enforced: bool, second_factor: bool, saml: Option<Json<Value>>, created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT workspace_id, name, issuer, client_id, scopes, email_claim, name_claim, groups_claim, default_role,
            role_mapping, enabled, enforced, second_factor, saml, created_at, updated_at
     FROM sso_connections WHERE workspace_id = $1 AND workspace_id > $2 ORDER BY workspace_id LIMIT $3"
}

archived! {
    Domain in "domains" of ["sso_domains"] after [domain: String] {
        domain: String, verified_at: Option<Timestamp>, created_at: Timestamp,
    }
    "SELECT domain, verified_at, created_at FROM sso_domains
     WHERE workspace_id = $1 AND domain > $2 ORDER BY domain LIMIT $3"
}

archived! {
    DirectoryUser in "directory_users" of ["scim_users"] after [user_id: UserId] {
        user_id: UserId, user_name: String, external_id: Option<String>, given_name: Option<String>,
        family_name: Option<String>, display_name: Option<String>, active: bool, deleted_at: Option<Timestamp>,
        created_at: Timestamp, updated_at: Timestamp,
    }
    "SELECT user_id, user_name, external_id, given_name, family_name, display_name, active, deleted_at, created_at,
            updated_at
     FROM scim_users WHERE workspace_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3"
}

archived! {
    DirectoryGroup in "directory_groups" of ["scim_groups"] after [group_id: GroupId] {
        group_id: GroupId, external_id: Option<String>,
    }
    "SELECT group_id, external_id FROM scim_groups
     WHERE workspace_id = $1 AND group_id > $2 ORDER BY group_id LIMIT $3"
}
