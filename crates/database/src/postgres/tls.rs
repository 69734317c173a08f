//! Encryption on the way to the server, with the words of libpq: `sslmode` is `disable`, `prefer`
//! (the default for another machine), `require`, `verify-ca` or `verify-full`; `sslrootcert` names a
//! PEM file that replaces the public authorities.
//!
//! As with libpq, `prefer` and `require` encrypt without asking who is at the other end; the other
//! two check the certificate and the name.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

/// Whom to trust.
#[derive(Debug, PartialEq, Eq)]
pub enum Verify {
    Anyone,
    PublicAuthorities,
    File(String),
}

/// Takes the parameters that the driver doesn't know out of the address.
pub fn split(url: &str) -> Result<(String, Verify), Error> {
    let Some((address, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), Verify::Anyone));
    };
    let mut kept = Vec::new();
    let mut full = false;
    let mut file = None;
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "verify-ca" | "verify-full")) => {
                full = true;
                kept.push("sslmode=require");
            }
            Some(("sslrootcert", path)) => file = Some(path.to_owned()),
            _ => kept.push(pair),
        }
    }
    let verify = match (full, file) {
        (true, Some(path)) => Verify::File(path),
        (true, None) => Verify::PublicAuthorities,
        (false, None) => Verify::Anyone,
        (false, Some(_)) => {
            return Err(Error::Options("sslrootcert is used with sslmode=verify-full".to_owned()));
        }
    };
    Ok((format!("{address}?{}", kept.join("&")), verify))
}

/// Makes what the driver encrypts with.
pub fn connector(verify: &Verify) -> Result<MakeRustlsConnect, Error> {
    let invalid = |error: &dyn std::fmt::Display| Error::Options(format!("TLS: {error}"));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error))?;
    let roots = match verify {
        Verify::Anyone => {
            let config = builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(TrustAnyone(provider)))
                .with_no_client_auth();
            return Ok(MakeRustlsConnect::new(config));
        }
        Verify::PublicAuthorities => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Verify::File(path) => {
            let mut roots = RootCertStore::empty();
            let bad_file = |error: &dyn std::fmt::Display| Error::Options(format!("sslrootcert {path}: {error}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad_file(&error))? {
                let certificate = certificate.map_err(|error| bad_file(&error))?;
                roots.add(certificate).map_err(|error| bad_file(&error))?;
            }
            roots
        }
    };
    Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Accepts every certificate, yet checks that the server holds its key.
#[derive(Debug)]
struct TrustAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
