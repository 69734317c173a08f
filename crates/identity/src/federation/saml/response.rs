//! What a SAML answer must be like to be believed (SAML 2.0 profiles, 4.1.4.3), and what it says.
//!
//! Invariants:
//! - Every signature in the answer must be good, by a certificate that was set, and must cover the element that it stands in:
//!   the answer itself, or its one assertion. Nothing is read from elements that no signature covers, except what can
//!   only lead to a refusal.
//! - There is one assertion, and one answer around it. A second one anywhere is refused, wherever it stands.
//! - Algorithms are ours to choose. A key or a certificate in the answer counts for nothing.
//! - The answer is to a request that this browser has made: the request's id is derived from its cookie and used once, so
//!   that no answer counts twice.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bergshamra_dsig::{DsigContext, VerifyResult, verify::verify_all_document};
use bergshamra_keys::{KeysManager, loader::load_x509_cert_der};
use kernel::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;
use uppsala::{Document, NodeId};

use super::{ASSERTION, LONGEST, PROTOCOL, SIGNATURE, SamlService, xml};
use crate::federation::{FederationError, Refusal, model::Claims};

/// How far clocks may differ.
const LEEWAY: Duration = Duration::from_secs(60);
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// What may be named in a signature: SHA-2 by RSA or ECDSA, exclusive canonicalization without comments.
const SIGNED_BY: [&str; 6] = [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
const DIGESTED_BY: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];
const CANONICAL_BY: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Of whom and for what an answer must be.
pub(crate) struct Expected<'a> {
    /// The provider's entity id.
    pub issuer: &'a str,
    pub certificates: &'a [String],
    pub service: &'a SamlService,
    pub request_id: &'a str,
    pub now: Timestamp,
}

fn untrusted(why: impl Into<String>) -> FederationError {
    FederationError::untrusted(why)
}

/// Reads an answer as it was posted: whom it names, and all that it says of them.
pub(crate) fn read(posted: &str, expected: &Expected<'_>) -> Result<(Claims, Map<String, Value>), FederationError> {
    if posted.len() > LONGEST {
        return Err(untrusted("the answer is too long"));
    }
    let compact: String = posted.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|_| untrusted("the answer is no base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| untrusted("the answer is no UTF-8"))?;
    let doc = xml::parse(&text).map_err(|error| untrusted(format!("the answer can't be read: {error}")))?;
    let root = doc.document_element().filter(|root| xml::is(&doc, *root, PROTOCOL, "Response"));
    let root = root.ok_or_else(|| untrusted("it is no answer of SAML 2.0"))?;
    check_answer(&doc, root, expected)?;
    let assertion = one_assertion(&doc, root)?;
    check_signatures(&doc, root, assertion, expected.certificates)?;
    check_assertion(&doc, assertion, expected)?;
    claims(&doc, assertion, expected.issuer)
}

/// What the answer itself says: to whom, from whom, to which request, and whether anybody signed in.
fn check_answer(doc: &Document<'_>, root: NodeId, expected: &Expected<'_>) -> Result<(), FederationError> {
    let named = |name: &str| xml::attribute(doc, root, name);
    if named("Version") != Some("2.0") {
        return Err(untrusted("it is of another version"));
    }
    if named("Destination") != Some(expected.service.acs_url.as_str()) {
        return Err(untrusted("its destination is another"));
    }
    if named("InResponseTo") != Some(expected.request_id) {
        return Err(untrusted("it answers another request, or none"));
    }
    let issuers = xml::children(doc, root, ASSERTION, "Issuer");
    if issuers.len() > 1 || issuers.iter().any(|node| xml::text(doc, *node).as_deref() != Some(expected.issuer)) {
        return Err(untrusted("it is of another issuer"));
    }
    let status = xml::child(doc, root, PROTOCOL, "Status")
        .and_then(|status| xml::child(doc, status, PROTOCOL, "StatusCode"))
        .and_then(|code| xml::attribute(doc, code, "Value"));
    if status != Some(SUCCESS) {
        let shown: String = status.unwrap_or("none").chars().take(100).collect();
        return Err(FederationError::refused(Refusal::Cancelled, format!("its status is {shown}")));
    }
    Ok(())
}

/// The answer's one assertion. Another one, or another answer, anywhere in the document is a sign of wrapping.
fn one_assertion(doc: &Document<'_>, root: NodeId) -> Result<NodeId, FederationError> {
    if !doc.get_elements_by_tag_name_ns(ASSERTION, "EncryptedAssertion").is_empty() {
        return Err(untrusted("its assertion is encrypted, which is not understood; switch encryption off"));
    }
    if doc.get_elements_by_tag_name_ns(PROTOCOL, "Response").len() != 1 {
        return Err(untrusted("it has another answer in it"));
    }
    let everywhere = doc.get_elements_by_tag_name_ns(ASSERTION, "Assertion");
    match (&everywhere[..], xml::child(doc, root, ASSERTION, "Assertion")) {
        ([one], Some(child)) if *one == child => Ok(child),
        _ => Err(untrusted("it must have one assertion")),
    }
}

fn check_signatures(
    doc: &Document<'_>,
    root: NodeId,
    assertion: NodeId,
    certificates: &[String],
) -> Result<(), FederationError> {
    let signatures = doc.get_elements_by_tag_name_ns(SIGNATURE, "Signature");
    if signatures.is_empty() {
        return Err(untrusted("nothing of it is signed"));
    }
    if signatures.len() > 2 {
        return Err(untrusted("it has more signatures than it can have"));
    }
    for signature in &signatures {
        let parent = doc.parent(*signature);
        if parent != Some(root) && parent != Some(assertion) {
            return Err(untrusted("a signature stands where none may be"));
        }
        check_algorithms(doc, *signature)?;
    }
    let mut keys = KeysManager::new();
    for certificate in certificates {
        let der = STANDARD.decode(certificate).map_err(|_| untrusted("a certificate that was set is no base64"))?;
        keys.add_key(load_x509_cert_der(&der).map_err(|error| untrusted(format!("a certificate: {error}")))?);
    }
    // Trusts the keys that were set alone, and wants what is signed around or beside the signature.
    let context = DsigContext::new(keys);
    let results = verify_all_document(&context, doc).map_err(|error| untrusted(format!("signatures: {error}")))?;
    if results.len() != signatures.len() {
        return Err(untrusted("a signature was not looked at"));
    }
    for result in results {
        let (signature, references) = match result {
            VerifyResult::Valid { signature_node, references, .. } => (signature_node, references),
            VerifyResult::Invalid { reason } => return Err(untrusted(format!("a signature is not good: {reason}"))),
        };
        let [reference] = &references[..] else { return Err(untrusted("a signature must be about one element")) };
        let covered = reference.resolved_node.filter(|_| reference.digest_verified && reference.uri.starts_with('#'));
        // What is signed is what is read: the answer, or the assertion.
        if covered.is_none() || covered != doc.parent(signature) {
            return Err(untrusted("a signature is about another element than it stands in"));
        }
    }
    Ok(())
}

/// Whether the signature uses nothing but what is allowed, wherever in it.
fn check_algorithms(doc: &Document<'_>, signature: NodeId) -> Result<(), FederationError> {
    for node in doc.descendants(signature) {
        let Some(element) = doc.element(node) else { continue };
        let Some(algorithm) = xml::attribute(doc, node, "Algorithm") else { continue };
        let is_allowed = match element.name.local_name.as_ref() {
            "SignatureMethod" => SIGNED_BY.contains(&algorithm),
            "DigestMethod" => DIGESTED_BY.contains(&algorithm),
            "CanonicalizationMethod" => algorithm == CANONICAL_BY,
            "Transform" => [CANONICAL_BY, ENVELOPED].contains(&algorithm),
            _ => false,
        };
        if !is_allowed {
            let shown: String = algorithm.chars().take(100).collect();
            return Err(untrusted(format!("a signature uses {shown}, which is not accepted")));
        }
    }
    Ok(())
}

/// Whether the assertion is for us, now, and about whoever brings it.
fn check_assertion(doc: &Document<'_>, assertion: NodeId, expected: &Expected<'_>) -> Result<(), FederationError> {
    let (now, service) = (expected.now, expected.service);
    if xml::attribute(doc, assertion, "Version") != Some("2.0") {
        return Err(untrusted("the assertion is of another version"));
    }
    let issuer = xml::child(doc, assertion, ASSERTION, "Issuer").and_then(|node| xml::text(doc, node));
    if issuer.as_deref() != Some(expected.issuer) {
        return Err(untrusted("the assertion is of another issuer"));
    }
    let conditions = xml::child(doc, assertion, ASSERTION, "Conditions");
    let conditions = conditions.ok_or_else(|| untrusted("the assertion has no conditions"))?;
    check_times(doc, conditions, now)?;
    let audiences = xml::children(doc, conditions, ASSERTION, "AudienceRestriction");
    let names_us = |restriction: &NodeId| {
        let listed = xml::children(doc, *restriction, ASSERTION, "Audience");
        listed.iter().any(|audience| xml::text(doc, *audience).as_deref() == Some(service.entity_id.as_str()))
    };
    if audiences.is_empty() || !audiences.iter().all(names_us) {
        return Err(untrusted("the assertion is for another audience"));
    }
    let subject = xml::child(doc, assertion, ASSERTION, "Subject");
    let subject = subject.ok_or_else(|| untrusted("the assertion is about nobody"))?;
    let confirmed = xml::children(doc, subject, ASSERTION, "SubjectConfirmation").into_iter().any(|confirmation| {
        let Some(data) = xml::child(doc, confirmation, ASSERTION, "SubjectConfirmationData") else { return false };
        xml::attribute(doc, confirmation, "Method") == Some(BEARER)
            && xml::attribute(doc, data, "Recipient") == Some(service.acs_url.as_str())
            && xml::attribute(doc, data, "InResponseTo") == Some(expected.request_id)
            && xml::attribute(doc, data, "NotOnOrAfter").is_some()
            && check_times(doc, data, now).is_ok()
    });
    if !confirmed {
        return Err(untrusted("the assertion is for another recipient, another request or another time"));
    }
    let statements = xml::children(doc, assertion, ASSERTION, "AuthnStatement");
    if statements.is_empty() {
        return Err(untrusted("the assertion says of no sign-in"));
    }
    for statement in statements {
        let ends = xml::attribute(doc, statement, "SessionNotOnOrAfter").map(time).transpose()?;
        if ends.is_some_and(|ends| ends + LEEWAY <= now) {
            return Err(untrusted("the sign-in has ended"));
        }
    }
    Ok(())
}

/// `NotBefore` and `NotOnOrAfter`.
fn check_times(doc: &Document<'_>, node: NodeId, now: Timestamp) -> Result<(), FederationError> {
    let begins = xml::attribute(doc, node, "NotBefore").map(time).transpose()?;
    let ends = xml::attribute(doc, node, "NotOnOrAfter").map(time).transpose()?;
    if begins.is_some_and(|begins| begins > now + LEEWAY) {
        return Err(untrusted("the assertion is not yet good"));
    }
    if ends.is_some_and(|ends| ends + LEEWAY <= now) {
        return Err(untrusted("the assertion has expired"));
    }
    Ok(())
}

fn time(text: &str) -> Result<Timestamp, FederationError> {
    text.trim().parse().map_err(|_| untrusted("a time in it can't be read"))
}

/// Whom the assertion names, and its attributes: a text, or a list where there are several.
fn claims(
    doc: &Document<'_>,
    assertion: NodeId,
    issuer: &str,
) -> Result<(Claims, Map<String, Value>), FederationError> {
    let name = xml::child(doc, assertion, ASSERTION, "Subject")
        .and_then(|subject| xml::child(doc, subject, ASSERTION, "NameID"))
        .ok_or_else(|| untrusted("the assertion has no NameID"))?;
    let format = xml::attribute(doc, name, "Format").unwrap_or_default();
    if format == TRANSIENT {
        return Err(untrusted("its NameID is transient: people could not be known again; set it to persistent"));
    }
    let subject = xml::text(doc, name).filter(|text| !text.is_empty() && text.len() <= 512);
    let subject = subject.ok_or_else(|| untrusted("its NameID is empty, too long, or has more than text in it"))?;
    let mut said = Map::new();
    for statement in xml::children(doc, assertion, ASSERTION, "AttributeStatement") {
        for attribute in xml::children(doc, statement, ASSERTION, "Attribute") {
            let mut values = Vec::new();
            for value in xml::children(doc, attribute, ASSERTION, "AttributeValue") {
                let text = xml::text(doc, value);
                values.push(Value::String(text.ok_or_else(|| untrusted("an attribute has more than text in it"))?));
            }
            let value = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
            // By its name, and by the one for people.
            for key in ["FriendlyName", "Name"] {
                if let Some(key) = xml::attribute(doc, attribute, key) {
                    said.insert(key.to_owned(), value.clone());
                }
            }
        }
    }
    // What OpenID providers say with it, nobody says here.
    said.remove("email_verified");
    if format == EMAIL {
        said.insert(NAME_ID.to_owned(), Value::String(subject.clone()));
    }
    let claims = Claims { issuer: issuer.to_owned(), subject, email: None, email_verified: false, name: None };
    Ok((claims, said))
}

/// What a NameID that is an address can be read by.
pub(crate) const NAME_ID: &str = "NameID";
