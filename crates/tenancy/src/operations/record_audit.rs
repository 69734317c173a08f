//! Writes down who changed what.

use async_trait::async_trait;
use contracts::audit::{ActorKind, Audit, Entry, Origin};
use database::Tx;
use serde_json::Value;

use crate::{Tenancy, store::audit};

/// Words in the names of fields whose values must not be kept. Nobody writes such; this is a second wall.
const SECRETS: [&str; 5] = ["password", "secret", "token", "hash", "credential"];
/// Characters of a state. It is a summary and no copy.
const MOST: usize = 16 * 1024;

#[async_trait]
impl Audit for Tenancy {
    async fn record(&self, tx: &mut Tx, entry: Entry) -> Result<(), database::Error> {
        let origin = Origin::here();
        let caller = origin.caller();
        let kind = match (origin.kind(), entry.by) {
            (ActorKind::Anonymous, Some(_)) => ActorKind::User,
            (kind, _) => kind,
        };
        let (subject_kind, subject_id) = entry.subject.map(|it| (it.kind.to_owned(), it.id)).unzip();
        let row = audit::Row {
            position: 0,
            id: self.env.id(),
            workspace: entry.workspace,
            occurred_at: self.env.now(),
            action: entry.action.as_str().to_owned(),
            actor_kind: kind.as_str().to_owned(),
            actor: caller.map(|caller| caller.user).or(entry.by),
            actor_name: origin.name().map(str::to_owned),
            impersonator: caller.and_then(|caller| caller.impersonator),
            api_key: caller.and_then(|caller| caller.key),
            subject_kind,
            subject_id,
            before: entry.before.map(text),
            after: entry.after.map(text),
            ip: origin.ip().map(|ip| ip.to_string()),
            user_agent: origin.user_agent().map(str::to_owned),
            request_id: origin.request_id().map(str::to_owned),
            hash: Vec::new(),
        };
        // Operators see it as it happens, too.
        tracing::info!(
            target: "audit",
            event = %row.action,
            workspace = row.workspace.map(tracing::field::display),
            actor = row.actor.map(tracing::field::display),
            subject = row.subject_id,
        );
        audit::append(tx, row).await?;
        if let Some(streams) = &self.streams {
            let written = streams.written.clone();
            tx.on_commit(move || written.notify_one());
        }
        Ok(())
    }
}

/// The state as it is kept.
fn text(mut state: Value) -> String {
    hide(&mut state);
    let text = state.to_string();
    if text.chars().count() <= MOST { text } else { r#"{"omitted":"too long"}"#.to_owned() }
}

fn hide(state: &mut Value) {
    match state {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let name = name.to_lowercase();
                // How many tokens somebody may use is no secret.
                if value.is_string() && SECRETS.iter().any(|word| name.contains(word)) {
                    *value = Value::from("…");
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::String(text) if text.starts_with("sk-") => "…".clone_into(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn acceptance_17_what_looks_like_a_secret_is_not_kept() {
        let state = json!({
            "name": "n", "password": "p", "tokens_per_minute": 5, "nested": [{ "refresh_token": "t" }, "sk-parl-x"],
        });
        let kept = text(state);
        assert_eq!(
            serde_json::from_str::<Value>(&kept).unwrap(),
            json!({ "name": "n", "password": "…", "tokens_per_minute": 5, "nested": [{ "refresh_token": "…" }, "…"] }),
        );
        assert!(text(json!({ "name": "x".repeat(MOST) })).len() < 100);
    }
}
