//! What a SAML provider publishes of itself.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bergshamra_keys::loader::load_x509_cert_der;
use uppsala::{Document, NodeId};

use super::{METADATA, PROTOCOL, REDIRECT, SIGNATURE, SamlProvider, xml};

/// Certificates of a provider: the one in use, and those around it.
const MOST: usize = 10;

/// Reads a provider's entity id and what else we need to know of it. An error says what is missing.
pub(crate) fn read(text: &str) -> Result<(String, SamlProvider), String> {
    let doc = xml::parse(text.trim_start_matches('\u{feff}'))?;
    let root = doc.document_element().ok_or("it is empty")?;
    let entity = one_provider(&doc, root)?;
    let id = xml::attribute(&doc, entity, "entityID").map(str::trim).filter(|id| !id.is_empty() && id.len() <= 1024);
    let id = id.ok_or("it has no entityID")?;
    let descriptor = xml::children(&doc, entity, METADATA, "IDPSSODescriptor").into_iter().find(|node| {
        let spoken = xml::attribute(&doc, *node, "protocolSupportEnumeration").unwrap_or_default();
        spoken.split_whitespace().any(|one| one == PROTOCOL)
    });
    let descriptor = descriptor.ok_or("it describes no identity provider of SAML 2.0")?;
    let sso_url = xml::children(&doc, descriptor, METADATA, "SingleSignOnService")
        .into_iter()
        .find(|node| xml::attribute(&doc, *node, "Binding") == Some(REDIRECT))
        .and_then(|node| xml::attribute(&doc, node, "Location"))
        .ok_or("it has no SingleSignOnService by HTTP-Redirect")?;
    let mut certificates: Vec<String> = Vec::new();
    for key in xml::children(&doc, descriptor, METADATA, "KeyDescriptor") {
        if xml::attribute(&doc, key, "use").is_some_and(|usage| usage != "signing") {
            continue;
        }
        let certificate = |info: NodeId| xml::children(&doc, info, SIGNATURE, "X509Data");
        let listed = xml::children(&doc, key, SIGNATURE, "KeyInfo").into_iter().flat_map(certificate);
        for data in listed {
            for node in xml::children(&doc, data, SIGNATURE, "X509Certificate") {
                let text: String = xml::text(&doc, node).unwrap_or_default().split_whitespace().collect();
                let der = STANDARD.decode(&text).map_err(|_| "a certificate is no base64")?;
                load_x509_cert_der(&der).map_err(|error| format!("a certificate can't be used: {error}"))?;
                let canonical = STANDARD.encode(der);
                if !certificates.contains(&canonical) {
                    certificates.push(canonical);
                }
            }
        }
    }
    if certificates.is_empty() {
        return Err("it has no certificate to sign with".to_owned());
    }
    if certificates.len() > MOST {
        return Err(format!("it has more than {MOST} certificates to sign with"));
    }
    Ok((id.to_owned(), SamlProvider { sso_url: sso_url.trim().to_owned(), certificates, metadata_url: None }))
}

/// The document's one entity that is an identity provider.
fn one_provider(doc: &Document<'_>, root: NodeId) -> Result<NodeId, String> {
    if xml::is(doc, root, METADATA, "EntityDescriptor") {
        return Ok(root);
    }
    if !xml::is(doc, root, METADATA, "EntitiesDescriptor") {
        return Err("it is no metadata of SAML 2.0".to_owned());
    }
    let mut providers = xml::children(doc, root, METADATA, "EntityDescriptor");
    providers.retain(|entity| !xml::children(doc, *entity, METADATA, "IDPSSODescriptor").is_empty());
    match providers[..] {
        [one] => Ok(one),
        _ => Err("it must describe one identity provider".to_owned()),
    }
}
