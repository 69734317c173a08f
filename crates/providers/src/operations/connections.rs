//! Connections: list, make, change, delete.

use contracts::audit::{Action, Entry};
use kernel::{ConnectionId, Page, TenantScope};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{MOST, RoutingError};
use crate::{
    Providers,
    account::{self, Provider},
    model::{Connection, ConnectionChange, NewConnection, StoredConnection},
    store::connections,
};

/// Characters of a key that are shown.
const HINT: usize = 4;
/// Of a key shorter than this nothing is shown.
const SHORT: usize = 16;

impl Providers {
    /// Those after `after`, the oldest first.
    pub async fn connections_of(
        &self,
        scope: &TenantScope,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Page<Connection>, RoutingError> {
        let after = after.unwrap_or(ConnectionId::from_uuid(Uuid::nil()));
        let rows = connections::page(&self.workspaces()?.db, scope, after, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let shown = rows.into_iter().map(|row| row.shown).collect();
        Ok(Page::from_overfetch(shown, limit, |last: &Connection| web::cursor::encode(&last.id)))
    }

    pub async fn connection(&self, scope: &TenantScope, id: ConnectionId) -> Result<Connection, RoutingError> {
        Ok(self.stored_connection(scope, id).await?.shown)
    }

    pub(super) async fn stored_connection(
        &self,
        scope: &TenantScope,
        id: ConnectionId,
    ) -> Result<StoredConnection, RoutingError> {
        let mut tx = self.workspaces()?.db.begin(scope).await?;
        connections::find(&mut tx, scope, id).await?.ok_or(RoutingError::NotFound("connection"))
    }

    pub async fn create_connection(&self, scope: &TenantScope, new: NewConnection) -> Result<Connection, RoutingError> {
        let provider = account::provider(&new.provider).ok_or_else(|| {
            let known: Vec<&str> = account::ALL.iter().map(|provider| provider.id).collect();
            RoutingError::field("provider", "unknown_provider", format!("must be one of {}", known.join(", ")))
        })?;
        let now = self.inner.env.now();
        let shown = Connection {
            id: self.inner.env.id(),
            provider: new.provider,
            name: new.name,
            base_url: new.base_url,
            key_hint: None,
            enabled: new.enabled,
            models: new.models,
            created_at: now,
        };
        let mut connection = StoredConnection { shown, sealed_key: None };
        self.set_key(scope, &mut connection, new.key.as_ref())?;
        self.check(provider, &connection.shown).await?;
        let workspaces = self.workspaces()?;
        let mut tx = workspaces.db.begin(scope).await?;
        if connections::count(&mut tx, scope).await? >= MOST {
            return Err(RoutingError::TooMany("connections", MOST));
        }
        connections::put(&mut tx, scope, &connection, now).await?;
        workspaces.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::ConnectionCreated, scope).about(connection.shown.id);
        self.audit.record(&mut tx, entry.after(state(&connection.shown))).await?;
        tx.commit().await?;
        Ok(connection.shown)
    }

    /// A key goes to the address that it was given for: whoever changes the address gives the
    /// key again.
    pub async fn update_connection(
        &self,
        scope: &TenantScope,
        id: ConnectionId,
        change: ConnectionChange,
    ) -> Result<Connection, RoutingError> {
        let mut connection = self.stored_connection(scope, id).await?;
        let was = connection.shown.clone();
        let before = state(&was);
        let provider = account::provider(&was.provider).ok_or(RoutingError::NotFound("connection"))?;
        let shown = &mut connection.shown;
        shown.name = change.name.unwrap_or(was.name);
        shown.base_url = change.base_url.unwrap_or_else(|| was.base_url.clone());
        shown.enabled = change.enabled.unwrap_or(was.enabled);
        shown.models = change.models.unwrap_or(was.models);
        let moved = shown.base_url != was.base_url;
        match &change.key {
            Some(key) => self.set_key(scope, &mut connection, key.as_ref())?,
            None if moved && connection.sealed_key.is_some() => {
                return Err(RoutingError::field("key", "required", "must be given again for another address"));
            }
            None => {}
        }
        self.check(provider, &connection.shown).await?;
        let workspaces = self.workspaces()?;
        let mut tx = workspaces.db.begin(scope).await?;
        // Gone in between: a change makes none anew.
        connections::find(&mut tx, scope, id).await?.ok_or(RoutingError::NotFound("connection"))?;
        connections::put(&mut tx, scope, &connection, self.inner.env.now()).await?;
        workspaces.epochs.bump(&mut tx).await?;
        let mut after = state(&connection.shown);
        after["key_replaced"] = json!(change.key.is_some());
        let entry = Entry::of(Action::ConnectionUpdated, scope).about(id).before(before).after(after);
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(connection.shown)
    }

    pub async fn delete_connection(&self, scope: &TenantScope, id: ConnectionId) -> Result<(), RoutingError> {
        let workspaces = self.workspaces()?;
        let mut tx = workspaces.db.begin(scope).await?;
        let was = connections::find(&mut tx, scope, id).await?.ok_or(RoutingError::NotFound("connection"))?;
        if !connections::delete(&mut tx, scope, id).await? {
            return Err(RoutingError::NotFound("connection"));
        }
        workspaces.epochs.bump(&mut tx).await?;
        let entry = Entry::of(Action::ConnectionDeleted, scope).about(id).before(state(&was.shown));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    fn set_key(
        &self,
        scope: &TenantScope,
        connection: &mut StoredConnection,
        key: Option<&SecretString>,
    ) -> Result<(), RoutingError> {
        let Some(key) = key.map(|key| key.expose_secret().trim()) else {
            (connection.sealed_key, connection.shown.key_hint) = (None, None);
            return Ok(());
        };
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RoutingError::field("key", "invalid", "must be visible ASCII characters without spaces"));
        }
        let vault = &self.workspaces()?.vault;
        let place = (scope.workspace().uuid(), connection.shown.id.uuid());
        let place: vault::Place<'_> = &[place.0.as_bytes(), place.1.as_bytes()];
        let sealed = vault.seal(&self.inner.env, place, key.as_bytes())?;
        connection.sealed_key = Some(sealed);
        let end = key.get(key.len().saturating_sub(HINT)..).filter(|_| key.len() >= SHORT).unwrap_or_default();
        connection.shown.key_hint = Some(format!("…{end}"));
        Ok(())
    }

    /// Whether the parts make sense together, and the address may be called.
    async fn check(&self, provider: &Provider, connection: &Connection) -> Result<(), RoutingError> {
        let has_key = connection.key_hint.is_some();
        let required = |field: &str, message: &str| Err(RoutingError::field(field, "required", message));
        if connection.base_url.is_none() && (provider.base_url.is_empty() || provider.keyless) {
            return required("base_url", "must say where the server is");
        }
        // A server of one's own that speaks OpenAI's interface may ask for none.
        let keyless = provider.keyless || (provider.id == "openai" && connection.base_url.is_some());
        if !has_key && !keyless {
            return required("key", "must be given for this provider");
        }
        if let Some(address) = &connection.base_url {
            let url = account::normalize(address, provider.base_path);
            let url = url.ok_or_else(|| RoutingError::field("base_url", "invalid", "must be an http(s) address"))?;
            self.inner.client.guard().permits_now(&url).await.map_err(|refused| RoutingError::address(&refused))?;
        }
        Ok(())
    }
}

/// A connection for the audit log: nothing of its key, not even its end.
fn state(connection: &Connection) -> Value {
    json!({
        "name": connection.name,
        "provider": connection.provider,
        "base_url": connection.base_url,
        "enabled": connection.enabled,
        "models": connection.models,
        "has_key": connection.key_hint.is_some(),
    })
}
