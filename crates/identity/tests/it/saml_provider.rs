//! A SAML provider that says whatever a test wants, signed or not.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bergshamra_dsig::{
    DsigContext,
    sign::{EnvelopedSignatureOptions, sign_enveloped_document},
};
use bergshamra_keys::{KeysManager, loader::load_pem_auto};
use kernel::Timestamp;
use serde_json::{Value, json};
use std::{io::Read as _, time::Duration};

use crate::{
    oidc_provider::{Away, away},
    sso::Team,
    support::{ANN, Answer, BASE, call, get, post},
};

pub const ENTITY: &str = "https://idp.example/metadata";
pub const SSO: &str = "https://idp.example/sso?tenant=1";
const KEY: &str = include_str!("../saml/key.pem");
const OTHER_KEY: &str = include_str!("../saml/other-key.pem");
const CERTIFICATE: &str = include_str!("../saml/cert.pem");

/// The certificate as it stands in metadata.
pub fn certificate() -> String {
    CERTIFICATE.lines().filter(|line| !line.starts_with("---")).collect()
}

pub fn metadata() -> String {
    format!(
        r#"<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{ENTITY}">
        <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>
{}
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{SSO}"/>
        </md:IDPSSODescriptor></md:EntityDescriptor>"#,
        certificate()
    )
}

pub fn settings() -> Value {
    json!({ "name": "Acme", "metadata": metadata(), "enabled": true })
}

/// A sign-in that was begun, and what an honest provider would say.
pub struct Said {
    pub away: Away,
    pub destination: String,
    pub in_response_to: String,
    pub issuer: String,
    pub audience: String,
    pub recipient: String,
    pub confirmed_for: String,
    pub status: String,
    pub not_before: Timestamp,
    pub not_on_or_after: Timestamp,
    /// The `NameID` element.
    pub name_id: String,
    /// Inside of the `AttributeStatement`.
    pub attributes: String,
    /// Of the assertion's signature; none: none.
    pub assertion_signed: Option<Signer>,
    pub response_signed: Option<Signer>,
}

#[derive(Clone, Copy)]
pub struct Signer {
    pub key: &'static str,
    pub signature: &'static str,
    pub digest: &'static str,
    pub canonical: &'static str,
}

pub const HONEST: Signer = Signer {
    key: KEY,
    signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    digest: "http://www.w3.org/2001/04/xmlenc#sha256",
    canonical: "http://www.w3.org/2001/10/xml-exc-c14n#",
};
pub const MALLORY: Signer = Signer { key: OTHER_KEY, ..HONEST };

pub fn attribute(name: &str, values: &[&str]) -> String {
    let values = values.join("</saml:AttributeValue><saml:AttributeValue>");
    let values = format!("<saml:AttributeValue>{values}</saml:AttributeValue>");
    format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
}

impl Team {
    pub async fn set_saml(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let mut body = settings();
        change(&mut body);
        call(Method::PUT, "/sso/saml").bearer(&self.owner.token).json(body).on(self.node()).await
    }

    /// Begins a sign-in.
    pub async fn asked(&self) -> Said {
        let body = json!({ "email": ANN, "next": "/c/1" });
        let away = away(&post("/auth/sso").json(body).on(self.node()).await.expect(200));
        assert!(away.url.as_str().starts_with(SSO), "{}", away.url);
        let deflated = STANDARD.decode(away.parameter("SAMLRequest")).unwrap();
        let mut request = String::new();
        flate2::read::DeflateDecoder::new(&deflated[..]).read_to_string(&mut request).unwrap();
        let after = |before: &str| request.split_once(before).unwrap().1.split('"').next().unwrap().to_owned();
        let acs = format!("{BASE}/api/v1/auth/saml/{}", self.owner.workspace);
        assert_eq!(after("AssertionConsumerServiceURL=\""), acs);
        let now = self.world.env.now();
        Said {
            in_response_to: after("ID=\""),
            confirmed_for: after("ID=\""),
            away,
            destination: acs.clone(),
            issuer: ENTITY.to_owned(),
            audience: format!("{acs}/metadata"),
            recipient: acs,
            status: "urn:oasis:names:tc:SAML:2.0:status:Success".to_owned(),
            not_before: now - Duration::from_secs(30),
            not_on_or_after: now + Duration::from_secs(300),
            name_id: name_id("ann-1"),
            attributes: attribute("email", &[ANN]) + &attribute("groups", &["staff", "engineering"]),
            assertion_signed: Some(HONEST),
            response_signed: None,
        }
    }

    /// Posts an answer as a browser does that comes from another site, and follows where it is sent.
    pub async fn bring(&self, away: &Away, xml: &str) -> Answer {
        self.bring_encoded(away, &STANDARD.encode(xml)).await
    }

    pub async fn bring_encoded(&self, away: &Away, response: &str) -> Answer {
        let state = away.parameter("RelayState");
        let form = [("SAMLResponse", response), ("RelayState", &state)];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let posted = call(Method::POST, &format!("/auth/saml/{}", self.owner.workspace))
            .header("content-type", "application/x-www-form-urlencoded")
            .bytes(form.into_bytes())
            .on(self.node())
            .await
            .expect(303);
        let onward = posted.headers["location"].to_str().unwrap().to_owned();
        match onward.strip_prefix("/api/v1") {
            Some(callback) => get(callback).cookie(&away.cookie).on(self.node()).await,
            None => posted,
        }
    }
}

pub fn name_id(text: &str) -> String {
    format!(r#"<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{text}</saml:NameID>"#)
}

impl Said {
    pub fn assertion(&self) -> String {
        let Self { issuer, audience, recipient, confirmed_for, not_before, not_on_or_after, .. } = self;
        let (name_id, attributes) = (&self.name_id, &self.attributes);
        let xml = format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0" IssueInstant="{not_before}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>{name_id}<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="{confirmed_for}" NotOnOrAfter="{not_on_or_after}" Recipient="{recipient}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{not_before}" NotOnOrAfter="{not_on_or_after}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{not_before}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"#
        );
        self.assertion_signed.map_or(xml.clone(), |signer| signed(&xml, "_a1", signer))
    }

    /// The answer around what stands in it.
    pub fn around(&self, inside: &str) -> String {
        let Self { destination, in_response_to, issuer, status, .. } = self;
        let xml = format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1" Version="2.0" IssueInstant="{}" Destination="{destination}" InResponseTo="{in_response_to}"><saml:Issuer>{issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{inside}</samlp:Response>"#,
            self.not_before
        );
        self.response_signed.map_or(xml.clone(), |signer| signed(&xml, "_r1", signer))
    }

    pub fn answer(&self) -> String {
        self.around(&self.assertion())
    }
}

/// The document, signed as its element of this id.
pub fn signed(xml: &str, id: &str, signer: Signer) -> String {
    let mut doc = uppsala::parse(xml).unwrap();
    let mut keys = KeysManager::new();
    keys.add_key(load_pem_auto(signer.key.as_bytes(), None).unwrap());
    let options = EnvelopedSignatureOptions::new(Some(id), signer.signature, signer.digest, signer.canonical, None);
    sign_enveloped_document(&DsigContext::new_permissive(keys), &mut doc, options).unwrap();
    let xml = doc.to_xml();
    xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap_or(&xml).trim().to_owned()
}
