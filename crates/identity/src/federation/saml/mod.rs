//! SAML 2.0 as a service provider: the Web Browser SSO profile with requests by HTTP-Redirect and answers by HTTP-POST.
//!
//! What is believed of an answer is decided in [`response`]; this file makes what we send and publish. Requests are
//! not signed, as they say nothing that the address has not said already; answers must be.

mod metadata;
mod response;
mod xml;

use std::{fmt::Write as _, io::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

pub(super) use metadata::read as read_metadata;
pub(super) use response::{Expected, NAME_ID, read as read_response};

use super::{Federation, FederationError, Refusal};

pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
pub(super) const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// Characters of an answer, as it comes.
pub(super) const LONGEST: usize = 256 * 1024;

/// What a workspace's SAML provider has said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SamlProvider {
    /// Where people are sent to sign in.
    #[schema(example = "https://login.example.com/saml/sso")]
    pub sso_url: String,
    /// What it may sign with: X.509 certificates, base64 of DER. Their times are not asked.
    pub certificates: Vec<String>,
    /// Where its metadata came from; null: it was pasted.
    #[schema(required, example = "https://login.example.com/saml/metadata")]
    pub metadata_url: Option<String>,
}

/// What to tell a SAML provider of this workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SamlService {
    /// The service provider's entity id, and the address of its metadata.
    #[schema(example = "https://chat.example.com/api/v1/auth/saml/ws_01h455vb4pex5vsknk084sn02q/metadata")]
    pub entity_id: String,
    /// Where answers go (Assertion Consumer Service, HTTP-POST).
    #[schema(example = "https://chat.example.com/api/v1/auth/saml/ws_01h455vb4pex5vsknk084sn02q")]
    pub acs_url: String,
}

impl Federation {
    /// Who we are to a workspace's SAML provider: configured, and never a request's own address.
    pub(super) fn saml_service(&self, provider: &str) -> SamlService {
        let acs_url = format!("{}/api/v1/auth/saml/{provider}", self.config.base_url.trim_end_matches('/'));
        SamlService { entity_id: format!("{acs_url}/metadata"), acs_url }
    }
}

impl SamlService {
    /// The document that providers read.
    pub(super) fn metadata(&self) -> String {
        let (entity, acs) = (escaped(&self.entity_id), escaped(&self.acs_url));
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="{METADATA}" entityID="{entity}"><md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="{PROTOCOL}"><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat><md:AssertionConsumerService Binding="{POST}" Location="{acs}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>
"#
        )
    }

    /// Where to send the browser. The answer must name the request's id.
    pub(super) fn authorization_url(
        &self,
        provider: &SamlProvider,
        (request_id, state): (&str, &str),
        now: Timestamp,
    ) -> Result<String, FederationError> {
        let unusable = || FederationError::refused(Refusal::Unavailable, "its address can't be used");
        let (destination, acs, entity) = (escaped(&provider.sso_url), escaped(&self.acs_url), escaped(&self.entity_id));
        let request = format!(
            r#"<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="{request_id}" Version="2.0" IssueInstant="{now}" Destination="{destination}" AssertionConsumerServiceURL="{acs}" ProtocolBinding="{POST}"><saml:Issuer>{entity}</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"/></samlp:AuthnRequest>"#
        );
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(request.as_bytes()).map_err(|_| unusable())?;
        let deflated = deflated.finish().map_err(|_| unusable())?;
        let mut url = Url::parse(&provider.sso_url).map_err(|_| unusable())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable());
        }
        url.query_pairs_mut().append_pair("SAMLRequest", &STANDARD.encode(deflated)).append_pair("RelayState", state);
        Ok(url.into())
    }
}

/// A text inside an element or an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            control if control.is_control() => {
                // Writing to a String can't fail.
                let _ = write!(escaped, "&#{};", u32::from(control));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
