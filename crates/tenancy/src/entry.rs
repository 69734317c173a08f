//! An entry of the audit log as the API, exports and streams show it.

use std::collections::HashMap;

use contracts::{Identity, audit::ActorKind};
use kernel::{ApiKeyId, AuditId, Timestamp, UserId};
use serde::Serialize;
use serde_json::Value;

use crate::{AuditRow, TenancyError};

/// Who acted.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditActor {
    pub kind: ActorKind,
    /// Null: nobody who has an account.
    #[schema(required)]
    pub user_id: Option<UserId>,
    /// What they are called today; null: the account is gone.
    #[schema(required, example = "Ann")]
    pub name: Option<String>,
    #[schema(required, example = "ann@example.com")]
    pub email: Option<String>,
    /// The job, the command or the system that acted.
    #[schema(required, example = "housekeeping")]
    pub system: Option<String>,
    /// The API key that was used.
    #[schema(required)]
    pub api_key_id: Option<ApiKeyId>,
    /// The platform's administrator who acted in the user's name.
    #[schema(required)]
    pub impersonator_id: Option<UserId>,
}

/// What was acted upon.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditSubject {
    #[schema(example = "user")]
    pub kind: String,
    #[schema(example = "user_01h455vb4pex5vsknk084sn02q")]
    pub id: String,
    /// What a user is called today.
    #[schema(required, example = "Bob")]
    pub name: Option<String>,
}

/// Something that somebody did.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditEntry {
    pub id: AuditId,
    /// Entries of a workspace, and those of the platform, are numbered from 1, without a gap.
    pub position: i64,
    pub occurred_at: Timestamp,
    #[schema(example = "member.role_changed")]
    pub action: String,
    pub actor: AuditActor,
    #[schema(required)]
    pub subject: Option<AuditSubject>,
    /// How it was, as far as the action is about it.
    #[schema(required, value_type = Option<Object>, example = json!({ "role": "member" }))]
    pub before: Option<Value>,
    #[schema(required, value_type = Option<Object>, example = json!({ "role": "admin" }))]
    pub after: Option<Value>,
    #[schema(required, example = "192.0.2.7")]
    pub ip: Option<String>,
    #[schema(required)]
    pub user_agent: Option<String>,
    #[schema(required)]
    pub request_id: Option<String>,
    /// SHA-256 over the hash of the entry before and all of this one, in hexadecimal.
    pub hash: String,
}

/// The entries with the names of whom they are about.
pub(crate) async fn present(identity: &dyn Identity, rows: Vec<AuditRow>) -> Result<Vec<AuditEntry>, TenancyError> {
    let about = |row: &AuditRow| row.subject_id.as_ref().and_then(|id| id.parse::<UserId>().ok());
    let mut ids: Vec<UserId> = rows.iter().flat_map(|row| [row.actor, about(row)]).flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let users = identity.users(&ids).await?;
    let users: HashMap<UserId, _> = users.into_iter().map(|user| (user.id, user)).collect();
    let state = |text: Option<String>| text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
    Ok(rows
        .into_iter()
        .map(|row| {
            let actor = row.actor.and_then(|id| users.get(&id));
            let subject = about(&row).and_then(|id| users.get(&id)).map(|user| user.name.clone());
            AuditEntry {
                id: row.id,
                position: row.position,
                occurred_at: row.occurred_at,
                actor: AuditActor {
                    kind: row.actor_kind(),
                    user_id: row.actor,
                    name: actor.map(|user| user.name.clone()),
                    email: actor.map(|user| user.email.clone()),
                    system: row.actor_name,
                    api_key_id: row.api_key,
                    impersonator_id: row.impersonator,
                },
                subject: row.subject_kind.zip(row.subject_id).map(|(kind, id)| AuditSubject {
                    kind,
                    id,
                    name: subject,
                }),
                action: row.action,
                before: state(row.before),
                after: state(row.after),
                ip: row.ip,
                user_agent: row.user_agent,
                request_id: row.request_id,
                hash: web::hex(&row.hash),
            }
        })
        .collect())
}

/// The names of an entry's columns in a table.
pub(crate) const COLUMNS: [&str; 18] = [
    "position",
    "id",
    "occurred_at",
    "action",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_email",
    "system",
    "api_key_id",
    "impersonator_id",
    "subject_kind",
    "subject_id",
    "before",
    "after",
    "ip",
    "request_id",
    "hash",
];

impl AuditEntry {
    /// Roughly its characters.
    pub fn size(&self) -> usize {
        let state = |state: &Option<Value>| state.as_ref().map_or(0, |state| state.to_string().len());
        // All else is bounded.
        1024 + state(&self.before) + state(&self.after)
    }

    pub fn columns(&self) -> [String; 18] {
        let id = |id: Option<UserId>| id.map(|id| id.to_string()).unwrap_or_default();
        let json = |state: &Option<Value>| state.as_ref().map(Value::to_string).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (kind, subject) = self.subject.as_ref().map(|it| (it.kind.clone(), it.id.clone())).unwrap_or_default();
        [
            self.position.to_string(),
            self.id.to_string(),
            self.occurred_at.to_string(),
            self.action.clone(),
            self.actor.kind.as_str().to_owned(),
            id(self.actor.user_id),
            text(&self.actor.name),
            text(&self.actor.email),
            text(&self.actor.system),
            self.actor.api_key_id.map(|id| id.to_string()).unwrap_or_default(),
            id(self.actor.impersonator_id),
            kind,
            subject,
            json(&self.before),
            json(&self.after),
            text(&self.ip),
            text(&self.request_id),
            self.hash.clone(),
        ]
    }
}
