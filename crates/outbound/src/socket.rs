//! Connections that are not HTTP's, such as to a log server: to an address that was judged, and no other.

use std::{net::SocketAddr, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use url::Host;

use crate::{Fault, Named, Outbound, PATIENCE, Refused};

/// Bytes in both directions.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// An open connection.
pub type Connection = Box<dyn Wire>;

/// How a connection is protected.
#[derive(Debug, Clone, Copy)]
pub enum Security<'a> {
    Plain,
    /// By a certificate of the host's name, from an authority that this machine trusts.
    Tls,
    /// From these authorities (PEM) and no others.
    TlsOf(&'a str),
}

/// A text that holds no certificate.
#[derive(Debug, thiserror::Error)]
#[error("it is no certificate in PEM")]
pub struct NoAuthority;

/// Whether the text holds certificates that a server's can be judged by.
pub fn check_authority(pem: &str) -> Result<(), NoAuthority> {
    authorities(pem).map(drop)
}

fn authorities(pem: &str) -> Result<RootCertStore, NoAuthority> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|_| NoAuthority)?).map_err(|_| NoAuthority)?;
    }
    if roots.is_empty() { Err(NoAuthority) } else { Ok(roots) }
}

fn tls(authority: Option<&str>) -> Result<ClientConfig, Fault> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Fault::Tls)?;
    let builder = match authority {
        Some(pem) => builder.with_root_certificates(authorities(pem).map_err(|_| Fault::Tls)?),
        None => builder.with_platform_verifier().map_err(|_| Fault::Tls)?,
    };
    Ok(builder.with_no_client_auth())
}

impl Outbound {
    /// Connects. The name is resolved once, all that it has is judged, and one of those is connected to.
    pub async fn connect(
        &self,
        host: &str,
        port: u16,
        security: Security<'_>,
        named: Named,
    ) -> Result<Connection, Fault> {
        let connecting = self.connect_in_time(host, port, security, named);
        tokio::time::timeout(PATIENCE, connecting).await.unwrap_or(Err(Fault::Timeout))
    }

    async fn connect_in_time(
        &self,
        host: &str,
        port: u16,
        security: Security<'_>,
        named: Named,
    ) -> Result<Connection, Fault> {
        // As for HTTP: dotted numbers of every other way to write them.
        let host = match Host::parse(host).map_err(|_| Refused::NoAddress(host.to_owned()))? {
            Host::Domain(name) => name,
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        let found = match named {
            Named::ByWorkspace => self.guard().resolve(&host).await?,
            Named::ByOperator => {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await;
                found.map_err(|_| Refused::NotFound(host.clone()))?.collect()
            }
        };
        let addresses: Vec<SocketAddr> = found.into_iter().map(|found| SocketAddr::new(found.ip(), port)).collect();
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|_| Fault::Unreachable)?;
        let authority = match security {
            Security::Plain => return Ok(Box::new(stream)),
            Security::Tls => None,
            Security::TlsOf(pem) => Some(pem),
        };
        let name = ServerName::try_from(host).map_err(|_| Fault::Tls)?;
        let connector = TlsConnector::from(Arc::new(tls(authority)?));
        let stream = connector.connect(name, stream).await.map_err(|_| Fault::Tls)?;
        Ok(Box::new(stream))
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::Guard;

    #[tokio::test]
    async fn acceptance_32_sockets_are_guarded_as_requests_are() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let outbound = Outbound::new(Guard::default());
        for host in ["127.0.0.1", "localhost", "127.1", "[::1]", "0x7f000001", "[::ffff:127.0.0.1]"] {
            let refused = outbound.connect(host, port, Security::Plain, Named::ByWorkspace).await;
            assert!(matches!(refused, Err(Fault::Refused(Refused::Private(_)))), "{host}");
        }
        assert!(outbound.connect("127.0.0.1", port, Security::Plain, Named::ByOperator).await.is_ok());
        let open = Outbound::new(Guard { open: true, ..Guard::default() });
        assert!(open.connect("localhost", port, Security::Plain, Named::ByWorkspace).await.is_ok());
    }

    #[test]
    fn what_is_no_certificate_is_no_authority() {
        for text in ["", "nope", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(check_authority(text).is_err(), "{text}");
        }
    }
}
