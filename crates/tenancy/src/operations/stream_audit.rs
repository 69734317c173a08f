//! Chooses where an audit log is sent as it grows.

use contracts::{
    Audit as _, Identity,
    audit::{Action, ActorKind, Entry, Origin, Subject},
};
use database::Tx;
use kernel::TenantScope;
use serde_json::{Value, json};

use super::deliver_audit::PATIENCE;
use crate::{
    AuditRow, AuditStream, AuditStreamKind, Chain, NewAuditStream, SetAuditStream, Tenancy, TenancyError,
    entry::present,
    store::{audit, streams, streams::Target},
    streams::{Batch, Document, SECRET, Streams, Unsent, show_secret},
};

/// The entry of a change to a log's stream, in that log.
pub(super) fn entry(chain: Chain, action: Action) -> Entry {
    let subject = chain.0.map_or_else(|| Subject::named("platform", "platform"), Subject::from);
    match chain.0 {
        Some(workspace) => Entry::of(action, &TenantScope::assume(workspace)),
        None => Entry::platform(action),
    }
    .about(subject)
}

fn told(kind: AuditStreamKind, address: &str) -> Value {
    json!({ "kind": kind, "address": address })
}

impl Tenancy {
    pub(crate) fn streams(&self) -> Result<&Streams, TenancyError> {
        self.streams.as_ref().ok_or(TenancyError::NoStreams)
    }

    /// Where the log is sent; none: nowhere.
    pub async fn audit_stream(&self, chain: Chain) -> Result<Option<AuditStream>, TenancyError> {
        Ok(streams::find(&self.db, chain.scope(), chain).await?)
    }

    /// Whether the operator lets logs go into networks of their own, and there without TLS.
    pub fn streams_inside(&self) -> bool {
        self.streams.as_ref().is_some_and(Streams::networks_open)
    }

    /// Sets where the log is sent, from now on or from its beginning. Another address of a stream that is there gets
    /// what the one before has not got.
    pub async fn set_audit_stream(&self, chain: Chain, new: NewAuditStream) -> Result<SetAuditStream, TenancyError> {
        let streams = self.streams()?;
        let address = new.address.trim();
        streams.check(new.kind, address).map_err(|why| TenancyError::StreamField("address", why))?;
        let is_tls = address.starts_with("tls://");
        let authority = new.authority.map(|pem| pem.trim().to_owned()).filter(|pem| !pem.is_empty());
        if let Some(pem) = &authority {
            if !is_tls {
                return Err(TenancyError::StreamField("authority", "is for log servers with TLS"));
            }
            let bad = |_| TenancyError::StreamField("authority", "must be certificates in PEM");
            outbound::check_authority(pem).map_err(bad)?;
        }
        let before = streams::target(&self.db, chain.scope(), chain).await?;
        let mut target = Target { kind: new.kind, address: address.to_owned(), authority, sealed_secret: None };
        let mut secret = None;
        if new.kind == AuditStreamKind::Webhook {
            let same = before.as_ref().filter(|before| before.address == target.address);
            target.sealed_secret = same.and_then(|same| same.sealed_secret.clone());
            if target.sealed_secret.is_none() {
                let (sealed, shown) = self.new_secret(streams, chain)?;
                (target.sealed_secret, secret) = (Some(sealed), Some(shown));
            }
        }
        let now = self.env.now();
        let mut tx = self.db.begin(chain.scope()).await?;
        let position = match (new.from_start, streams::find_within(&mut tx, chain).await?) {
            (true, _) => 0,
            (false, Some(stream)) => stream.position,
            // The first that it gets is the entry of its own making.
            (false, None) => audit::end(&mut tx, chain).await?,
        };
        streams::put(&mut tx, chain, &target, position, now).await?;
        let entry = entry(chain, Action::AuditStreamSet).after(told(target.kind, &target.address));
        let entry = match &before {
            Some(before) => entry.before(told(before.kind, &before.address)),
            None => entry,
        };
        self.record(&mut tx, entry).await?;
        let stream = self.changed(tx, chain).await?;
        Ok(SetAuditStream { stream, secret })
    }

    /// Gives the webhook's deliveries another secret; the one before is void at once.
    pub async fn renew_audit_stream_secret(&self, chain: Chain) -> Result<SetAuditStream, TenancyError> {
        let (sealed, secret) = self.new_secret(self.streams()?, chain)?;
        let mut tx = self.db.begin(chain.scope()).await?;
        if !streams::set_secret(&mut tx, chain, sealed, self.env.now()).await? {
            return Err(TenancyError::NoStream);
        }
        self.record(&mut tx, entry(chain, Action::AuditStreamSecretRenewed)).await?;
        let stream = self.changed(tx, chain).await?;
        Ok(SetAuditStream { stream, secret: Some(secret) })
    }

    /// Sends nothing more, and forgets how far it was.
    pub async fn delete_audit_stream(&self, chain: Chain) -> Result<(), TenancyError> {
        let before = streams::target(&self.db, chain.scope(), chain).await?.ok_or(TenancyError::NoStream)?;
        let mut tx = self.db.begin(chain.scope()).await?;
        if !streams::delete(&mut tx, chain).await? {
            return Err(TenancyError::NoStream);
        }
        let entry = entry(chain, Action::AuditStreamDeleted).before(told(before.kind, &before.address));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Sends nothing for now. Paused already: nothing happens.
    pub async fn pause_audit_stream(&self, chain: Chain) -> Result<AuditStream, TenancyError> {
        let mut tx = self.db.begin(chain.scope()).await?;
        if streams::pause(&mut tx, chain, self.env.now()).await? {
            self.record(&mut tx, entry(chain, Action::AuditStreamPaused)).await?;
        }
        self.changed(tx, chain).await
    }

    /// Goes on from where it was, without a gap. Under way already: nothing happens.
    pub async fn resume_audit_stream(&self, chain: Chain) -> Result<AuditStream, TenancyError> {
        let mut tx = self.db.begin(chain.scope()).await?;
        if streams::resume(&mut tx, chain, self.env.now()).await? {
            self.record(&mut tx, entry(chain, Action::AuditStreamResumed)).await?;
        }
        self.changed(tx, chain).await
    }

    /// Sends an entry that is in no log. The words say why it did not arrive.
    pub async fn test_audit_stream(
        &self,
        chain: Chain,
        identity: &dyn Identity,
    ) -> Result<Result<(), String>, TenancyError> {
        let streams = self.streams()?;
        let target = streams::target(&self.db, chain.scope(), chain).await?.ok_or(TenancyError::NoStream)?;
        let (now, origin) = (self.env.now(), Origin::here());
        let row = AuditRow {
            position: 0,
            id: self.env.id(),
            workspace: chain.0,
            occurred_at: now,
            action: "audit_stream.tested".to_owned(),
            actor_kind: ActorKind::as_str(origin.kind()).to_owned(),
            actor: origin.caller().map(|caller| caller.user),
            actor_name: None,
            impersonator: None,
            api_key: origin.caller().and_then(|caller| caller.key),
            subject_kind: None,
            subject_id: None,
            before: None,
            after: None,
            ip: None,
            user_agent: None,
            request_id: origin.request_id().map(str::to_owned),
            hash: audit::GENESIS.to_vec(),
        };
        let entries = present(identity, vec![row]).await?;
        let data = Batch { workspace_id: chain.0, entries: &entries };
        let document = Document { kind: "audit.test", timestamp: now, data };
        let sent = streams.send(chain, &target, &document, PATIENCE).await;
        Ok(sent.map_err(|unsent: Unsent| unsent.to_string()))
    }

    fn new_secret(&self, streams: &Streams, chain: Chain) -> Result<(Vec<u8>, secrecy::SecretString), TenancyError> {
        let secret = self.env.random::<SECRET>();
        let sealed = streams.seal(&self.env, chain, &secret).map_err(TenancyError::Vault)?;
        Ok((sealed, show_secret(&secret)))
    }

    async fn changed(&self, mut tx: Tx, chain: Chain) -> Result<AuditStream, TenancyError> {
        let stream = streams::find_within(&mut tx, chain).await?.ok_or(TenancyError::NoStream)?;
        tx.commit().await?;
        Ok(stream)
    }
}
