//! Acceptance 8: what a SAML answer must be like, and each way in which it is not.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::tenancy::Role;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{TestDb, db_test};

use crate::{
    oidc_provider::refusal,
    saml_provider::{ENTITY, HONEST, MALLORY, SSO, Said, Signer, attribute, metadata, name_id, settings},
    sso::Team,
    support::{ANN, BASE, call, get, post},
};

async fn team(db: &TestDb) -> Team {
    let team = Team::start(db).await;
    team.set_saml(|_| {}).await.expect(200);
    team.verify().await;
    team
}

/// Why an answer that a test has changed was refused.
async fn refused(team: &Team, change: impl FnOnce(&mut Said)) -> String {
    let mut said = team.asked().await;
    change(&mut said);
    let answer = said.answer();
    refusal(&team.bring(&said.away, &answer).await)
}

#[db_test]
async fn people_come_in_by_a_saml_provider(db: TestDb) {
    let team = team(&db).await;
    let node = team.node();
    let set = get("/sso").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!(set["connection"]["issuer"], ENTITY);
    assert_eq!(set["connection"]["saml"]["sso_url"], SSO);
    let entity = set["saml"]["entity_id"].as_str().unwrap();
    let service = get(entity.strip_prefix(BASE).unwrap().strip_prefix("/api/v1").unwrap()).on(node).await.expect(200);
    assert_eq!(service.headers["content-type"], "application/samlmetadata+xml");
    assert!(service.text().contains(&format!("entityID=\"{entity}\"")) && service.text().contains("HTTP-POST"));
    let looked = post("/sso/test").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!((&looked["signing_keys"], &looked["authorization_endpoint"]), (&json!(1), &json!(SSO)));

    // The assertion signed, the answer signed, and both.
    let said = team.asked().await;
    let ann = team.person(&team.bring(&said.away, &said.answer()).await).await;
    assert_eq!(team.role(&ann).await, Some(Role::Member));
    let mut said = team.asked().await;
    (said.assertion_signed, said.response_signed) = (None, Some(HONEST));
    assert_eq!(team.person(&team.bring(&said.away, &said.answer()).await).await.user, ann.user);
    let mut said = team.asked().await;
    said.response_signed = Some(HONEST);
    assert_eq!(team.person(&team.bring(&said.away, &said.answer()).await).await.user, ann.user);

    // Roles follow the groups; a NameID that is an address does without an attribute.
    let mapping = json!([{ "group": "engineering", "role": "admin" }]);
    team.set_saml(|body| body["role_mapping"] = mapping).await.expect(200);
    let said = team.asked().await;
    let ann = team.person(&team.bring(&said.away, &said.answer()).await).await;
    assert_eq!(team.role(&ann).await, Some(Role::Admin));
    let mut said = team.asked().await;
    said.attributes = attribute("groups", &["staff"]);
    "<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">mai@example.com</saml:NameID>"
        .clone_into(&mut said.name_id);
    let mai = team.person(&team.bring(&said.away, &said.answer()).await).await;
    assert_ne!(mai.user, ann.user);

    // An address of another domain, and nobody's identity by an address alone.
    let other = refused(&team, |said| {
        said.name_id = name_id("eve-1");
        said.attributes = attribute("email", &["eve@evil.example"]);
    });
    assert_eq!(other.await, "other_domain");
}

#[db_test]
async fn acceptance_8_what_is_not_signed_is_not_believed(db: TestDb) {
    let team = team(&db).await;
    assert_eq!(refused(&team, |said| said.assertion_signed = None).await, "untrusted");
    assert_eq!(refused(&team, |said| said.assertion_signed = Some(MALLORY)).await, "untrusted");
    assert_eq!(refused(&team, |said| said.response_signed = Some(MALLORY)).await, "untrusted", "one bad one is enough");
    // Changed after it was signed.
    for (before, after) in [
        (ANN, "eve@example.com"),
        ("ann-1", "ann-2"),
        ("engineering", "owners"),
        ("<saml:AudienceRestriction>", "<saml:AudienceRestriction><!-- -->"),
    ] {
        let said = team.asked().await;
        let changed = said.answer().replacen(before, after, 1);
        assert!(changed.contains(after) && uppsala::parse(&changed).is_ok(), "{changed}");
        let expected = if after.contains("<!--") { None } else { Some("untrusted") };
        let answer = team.bring(&said.away, &changed).await;
        match expected {
            Some(why) => assert_eq!(refusal(&answer), why, "{after}"),
            // Comments are outside of what is signed, and change nothing there.
            None => assert!(team.person(&answer).await.user.to_string().starts_with("user_")),
        }
    }
    // A signature without what it signs, and one that was cut out.
    let said = team.asked().await;
    let xml = said.answer();
    let (head, rest) = xml.split_once("<ds:SignatureValue>").unwrap();
    let emptied = format!("{head}<ds:SignatureValue>{}", &rest[rest.find("</").unwrap()..]);
    assert_eq!(refusal(&team.bring(&said.away, &emptied).await), "untrusted");
}

#[db_test]
async fn acceptance_8_weak_algorithms_are_refused(db: TestDb) {
    let team = team(&db).await;
    for (from, to) in [
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", ""),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5"),
        ("http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ("http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    ] {
        let said = team.asked().await;
        let xml = said.answer();
        assert!(xml.contains(from), "{from} in {xml}");
        assert_eq!(refusal(&team.bring(&said.away, &xml.replace(from, to)).await), "untrusted", "{to}");
    }
    // Good of itself, but with comments in what is signed.
    let comments = Signer { canonical: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", ..HONEST };
    assert_eq!(refused(&team, |said| said.assertion_signed = Some(comments)).await, "untrusted");
}

#[db_test]
async fn acceptance_8_wrapped_signatures_are_refused(db: TestDb) {
    let team = team(&db).await;
    // The eight ways of "On Breaking SAML" (XSW 1 to 8): a good signature about something else than what is read.
    for way in 1..=8 {
        let mut said = team.asked().await;
        if way <= 2 {
            (said.assertion_signed, said.response_signed) = (None, Some(HONEST));
        }
        let good = said.answer();
        let assertion = said.assertion();
        let start = assertion.find("<ds:Signature").unwrap_or(0);
        let end = assertion.find("</ds:Signature>").map_or(0, |at| at + "</ds:Signature>".len());
        let (signature, bare) = (assertion[start..end].to_owned(), assertion[..start].to_owned() + &assertion[end..]);
        let evil = bare.replace("_a1", "_evil").replace("ann-1", "evil-1").replace(ANN, "boss@example.com");
        let forged = match way {
            // The signed answer as a copy inside of, or before, the signature of a forged one.
            1 | 2 => {
                let start = good.find("<ds:Signature").unwrap();
                let end = good.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
                let signature = &good[start..end];
                let original = good[..start].to_owned() + &good[end..];
                let inner = if way == 1 {
                    signature.replace("</ds:Signature>", &format!("<ds:Object>{original}</ds:Object></ds:Signature>"))
                } else {
                    format!("{original}{signature}")
                };
                said.response_signed = None;
                said.around(&format!("{inner}{evil}")).replacen("_r1", "_evil_r", 1)
            }
            // A forged assertion beside the signed one, before and after.
            3 => said.around(&format!("{evil}{assertion}")),
            4 => said.around(&evil.replace("</saml:Assertion>", &format!("{assertion}</saml:Assertion>"))),
            // The signature in the forged assertion, what it signs elsewhere.
            5 => said.around(&format!(
                "{}{bare}",
                evil.replacen("<saml:Subject>", &format!("{signature}<saml:Subject>"), 1)
            )),
            6 => {
                let with =
                    signature.replace("</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object></ds:Signature>"));
                said.around(&evil.replacen("<saml:Subject>", &format!("{with}<saml:Subject>"), 1))
            }
            // In extensions, and in an object of the signature.
            7 => said.around(&format!("<samlp:Extensions>{assertion}</samlp:Extensions>{evil}")),
            _ => {
                let with =
                    signature.replace("</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object></ds:Signature>"));
                said.around(&format!("{with}{evil}"))
            }
        };
        assert!(forged.contains("boss@example.com") && uppsala::parse(&forged).is_ok(), "{forged}");
        assert_eq!(refusal(&team.bring(&said.away, &forged).await), "untrusted", "way {way}");
    }
    // One id for two elements.
    let said = team.asked().await;
    let twice = said.around(&said.assertion()).replacen("ID=\"_r1\"", "ID=\"_a1\"", 1);
    assert_eq!(refusal(&team.bring(&said.away, &twice).await), "untrusted");
}

#[db_test]
async fn acceptance_8_an_answer_is_for_us_now_and_once(db: TestDb) {
    let team = team(&db).await;
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let elsewhere = "https://other.example/api/v1/auth/saml/ws_1";
    for (what, why) in [
        ("audience", refused(&team, |said| "https://other.example".clone_into(&mut said.audience)).await),
        ("recipient", refused(&team, |said| elsewhere.clone_into(&mut said.recipient)).await),
        ("destination", refused(&team, |said| elsewhere.clone_into(&mut said.destination)).await),
        ("issuer", refused(&team, |said| "https://other.example".clone_into(&mut said.issuer)).await),
        ("request", refused(&team, |said| "_other".clone_into(&mut said.in_response_to)).await),
        ("request of the subject", refused(&team, |said| "_other".clone_into(&mut said.confirmed_for)).await),
        ("expired", refused(&team, |said| said.not_on_or_after = said.not_before - minutes(5)).await),
        ("not yet", refused(&team, |said| said.not_before = said.not_before + minutes(5)).await),
        ("transient", refused(&team, |said| said.name_id = said.name_id.replace("persistent", "transient")).await),
        ("nobody", refused(&team, |said| said.name_id = name_id("")).await),
    ] {
        assert_eq!(why, "untrusted", "{what}");
    }
    let failed = refused(&team, |said| "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".clone_into(&mut said.status));
    assert_eq!(failed.await, "cancelled");

    // Once: neither the same answer again, nor in another browser, nor to another request.
    let said = team.asked().await;
    let xml = said.answer();
    team.person(&team.bring(&said.away, &xml).await).await;
    assert_eq!(refusal(&team.bring(&said.away, &xml).await), "state");
    let other = team.asked().await;
    assert_eq!(refusal(&team.bring(&other.away, &xml).await), "untrusted", "it answers another request");
    let mut stolen = team.asked().await;
    let xml = stolen.answer();
    stolen.away.cookie = other.away.cookie.clone();
    assert_eq!(refusal(&team.bring(&stolen.away, &xml).await), "state");
    // Nobody asked for it (sign-in begun by the provider).
    let mut unasked = team.asked().await;
    unasked.away.url = "https://x.example/?RelayState=bm90aGluZw".parse().unwrap();
    let xml = unasked.answer();
    assert_eq!(refusal(&team.bring(&unasked.away, &xml).await), "state");
    // Begun, and no answer.
    let begun = team.asked().await;
    let state = begun.away.parameter("RelayState");
    let path = format!("/auth/callback/{}?state={state}&code=x", team.owner.workspace);
    assert_eq!(refusal(&get(&path).cookie(&begun.away.cookie).on(team.node()).await), "cancelled");
    // Too late.
    let late = team.asked().await;
    let xml = late.answer();
    team.world.clock.advance(minutes(11));
    assert_eq!(refusal(&team.bring(&late.away, &xml).await), "state");
}

#[db_test]
async fn acceptance_8_comments_and_entities_get_nobody_in(db: TestDb) {
    let team = team(&db).await;
    // `admin@example.com<!-- -->.evil.example` must never be read as `admin@example.com`.
    let split = refused(&team, |said| said.name_id = name_id("ann-1<!-- -->.evil"));
    assert_eq!(split.await, "untrusted");
    let split = refused(&team, |said| said.attributes = attribute("email", &["ann@example.com<!-- -->.evil.example"]));
    assert_eq!(split.await, "untrusted");
    let nested = refused(&team, |said| said.attributes = attribute("email", &["ann@example.com<x>y</x>"]));
    assert_eq!(nested.await, "untrusted");
    for doctype in [
        "<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\">",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>",
        "<!DOCTYPE x>",
    ] {
        let said = team.asked().await;
        let xml = format!("{doctype}{}", said.answer());
        assert_eq!(refusal(&team.bring(&said.away, &xml).await), "untrusted", "{doctype}");
        let answer = team.set_saml(|body| body["metadata"] = json!(format!("{doctype}{}", metadata()))).await;
        answer.refused(424, "identity_provider_failed");
    }
    for nonsense in ["", "%%%", "PHg+", &STANDARD.encode("<x/>"), &STANDARD.encode([0xff, 0xfe]), &"A".repeat(300_000)]
    {
        let said = team.asked().await;
        let why = refusal(&team.bring_encoded(&said.away, nonsense).await);
        assert_eq!(why, "untrusted", "{}", &nonsense[..nonsense.len().min(20)]);
    }
    let deep = "<a>".repeat(5000);
    let said = team.asked().await;
    assert_eq!(refusal(&team.bring(&said.away, &deep).await), "untrusted");
    let encrypted = said.around("<saml:EncryptedAssertion/>");
    let said = team.asked().await;
    assert_eq!(refusal(&team.bring(&said.away, &encrypted).await), "untrusted");
}

#[db_test]
async fn a_saml_provider_is_set_safely(db: TestDb) {
    let team = team(&db).await;
    let node = team.node();
    for (metadata, why) in [
        ("<x/>".to_owned(), "no metadata"),
        (metadata().replace("entityID", "entity"), "entityID"),
        (metadata().replace("IDPSSODescriptor", "SPSSODescriptor"), "no identity provider"),
        (metadata().replace("HTTP-Redirect", "HTTP-Artifact"), "HTTP-Redirect"),
        (metadata().replace("MII", "AAA"), "certificate"),
        (metadata().replace("use=\"signing\"", "use=\"encryption\""), "no certificate"),
    ] {
        let answer = team.set_saml(|body| body["metadata"] = json!(metadata)).await.expect(424);
        assert!(answer.json()["detail"].as_str().unwrap().contains(why), "{why}: {}", answer.text());
    }
    for bad in ["http://169.254.169.254/metadata", "https://10.0.0.1/", "file:///etc/passwd"] {
        let fetched = team.set_saml(|body| {
            body.as_object_mut().unwrap().remove("metadata");
            body["metadata_url"] = json!(bad);
        });
        assert_eq!(fetched.await.expect(422).fields(), ["metadata_url"], "{bad}");
        let inside = metadata().replace(SSO, bad);
        let answer = team.set_saml(|body| body["metadata"] = json!(inside)).await.expect(422);
        assert_eq!(answer.fields(), ["metadata"], "{bad}");
    }
    let owners = json!([{ "group": "x", "role": "owner" }]);
    team.set_saml(|body| body["role_mapping"] = owners).await.expect(422);

    // Without new metadata it stays; from OpenID to SAML and back, what the one before called its people means nothing.
    let without = team.set_saml(|body| {
        body.as_object_mut().unwrap().remove("metadata");
    });
    without.await.expect(200);
    let said = team.asked().await;
    team.person(&team.bring(&said.away, &said.answer()).await).await;
    team.set(|_| {}).await.expect(200);
    let now = get("/sso").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!(now["connection"]["saml"], Value::Null);
    let (left,): (i64,) = db.one(database::Platform, "SELECT count(*) FROM identities", Vec::new()).await.unwrap();
    assert_eq!(left, 0);
    // Off, it neither begins nor ends.
    team.set_saml(|_| {}).await.expect(200);
    let said = team.asked().await;
    let xml = said.answer();
    team.set_saml(|body| body["enabled"] = json!(false)).await.expect(200);
    assert_eq!(refusal(&team.bring(&said.away, &xml).await), "off");
    let body = json!({ "email": ANN });
    post("/auth/sso").json(body).on(node).await.refused(404, "not_found");

    // Nobody else sets it, and not without a proof of lately.
    let member = node.colleague(&team.owner, "member@other.example", Role::Member).await;
    let set = call(Method::PUT, "/sso/saml").bearer(&member.token).json(settings()).on(node).await;
    set.refused(403, "forbidden");
    team.world.clock.advance(Duration::from_secs(11 * 60));
    let owner = node.refresh(&team.owner.cookie).await.expect(200).person();
    let set = call(Method::PUT, "/sso/saml").bearer(&owner.token).json(settings()).on(node).await;
    set.refused(403, "step_up_required");
}
