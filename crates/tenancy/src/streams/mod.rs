//! The two ways in which an audit log leaves: as documents to a webhook, and as lines to a log server.

mod syslog;
mod webhook;

use std::{sync::Arc, time::Duration};

use outbound::{Fault, Outbound};
use secrecy::SecretSlice;
use tokio::sync::Notify;
use vault::{Vault, VaultError};

use crate::{AuditStreamKind, Chain, store::streams::Target};

pub(crate) use webhook::{Batch, Document, SECRET, show_secret};

/// Sets secrets apart from others in the vault.
const KIND: &[u8] = b"audit-stream";

/// What streams are sent with.
pub struct Streams {
    vault: Vault,
    outbound: Outbound,
    /// What a log server sees as the sender.
    host: String,
    /// Wakes the delivery when an entry was written.
    pub(crate) written: Arc<Notify>,
}

/// Why an attempt did not come off. In words that the workspace may read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("it answered {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("it took longer than {} seconds", .0.as_secs())]
    TooSlow(Duration),
    #[error("it did not take all of it and close the connection")]
    NotTaken,
    #[error("the secret can't be opened: the server's master key is missing")]
    Closed,
    #[error("the address can't be used any more")]
    NoAddress,
    #[error("the entries can't be written down")]
    Unwritable,
}

impl Unsent {
    /// How long the receiver asks to be left alone.
    pub(crate) const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The receiver says that it is gone for good.
    pub(crate) const fn is_gone(&self) -> bool {
        matches!(self, Self::Status { status: 410, .. })
    }
}

impl Streams {
    /// `host` is this installation's name, as log servers see it.
    pub fn new(vault: Vault, outbound: Outbound, host: String) -> Self {
        Self { vault, outbound, host, written: Arc::default() }
    }

    /// Whether the operator lets workspaces call into networks of their own, where TLS is not everywhere.
    pub(crate) fn networks_open(&self) -> bool {
        self.outbound.guard().opens_networks()
    }

    /// Says what is wrong with an address, if anything is.
    pub(crate) fn check(&self, kind: AuditStreamKind, address: &str) -> Result<(), &'static str> {
        let guard = self.outbound.guard();
        let refused = "must be an address in the public internet, without a user name or a password";
        match kind {
            AuditStreamKind::Webhook => {
                let url = guard.permits(address).map_err(|_| refused)?;
                if url.scheme() != "https" && !self.networks_open() {
                    return Err("must begin with https://");
                }
                if url.fragment().is_some() { Err("must have no fragment") } else { Ok(()) }
            }
            AuditStreamKind::Syslog => {
                let server = syslog::Server::parse(address).ok_or("must be tls:// with a host and a port")?;
                if !server.tls && !self.networks_open() {
                    return Err("must begin with tls://");
                }
                guard.permits(&format!("https://{}:{}/", server.host, server.port)).map_err(|_| refused)?;
                Ok(())
            }
        }
    }

    pub(crate) fn seal(&self, env: &kernel::Env, chain: Chain, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.vault.seal(env, &[KIND, chain.id().as_bytes()], secret)
    }

    fn unseal(&self, chain: Chain, target: &Target) -> Result<SecretSlice<u8>, Unsent> {
        let sealed = target.sealed_secret.as_deref().ok_or(Unsent::Closed)?;
        self.vault.unseal(&[KIND, chain.id().as_bytes()], sealed).map_err(|_| Unsent::Closed)
    }

    /// One attempt.
    pub(crate) async fn send(
        &self,
        chain: Chain,
        target: &Target,
        document: &Document<'_>,
        patience: Duration,
    ) -> Result<(), Unsent> {
        let attempt = async {
            match target.kind {
                AuditStreamKind::Webhook => {
                    let secret = self.unseal(chain, target)?;
                    webhook::post(&self.outbound, &target.address, &secret, document).await
                }
                AuditStreamKind::Syslog => {
                    syslog::write(&self.outbound, target, &self.host, document.data.entries).await
                }
            }
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or(Err(Unsent::TooSlow(patience)))
    }
}
