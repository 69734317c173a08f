//! Sign-in with a SAML provider that we did not write, SimpleSAMLphp. `scripts/saml-server-test.sh` starts it.

use axum::http::Method;
use contracts::tenancy::Role;
use kernel::Env;
use outbound::Guard;
use serde_json::json;
use testkit::{TestDb, db_test};
use url::Url;

use crate::{
    oidc_provider::{away, location, refusal},
    oidc_server::Browser,
    sso::{Names, team, verify},
    support::{BASE, Node, Person, call, get, post},
};

/// What a page's hidden field holds.
fn hidden(page: &str, name: &str) -> String {
    let field = page.split("<input").find(|tag| tag.contains(&format!("name=\"{name}\"")));
    let field = field.unwrap_or_else(|| panic!("no {name}: {page}"));
    let value = field.split_once("value=\"").unwrap().1.split('"').next().unwrap();
    value.replace("&amp;", "&").replace("&#43;", "+").replace("&quot;", "\"")
}

async fn sign_in(node: &Node, owner: &Person, name: &str) -> crate::support::Answer {
    let body = json!({ "email": format!("{name}@example.com"), "next": "/c/1" });
    let away = away(&post("/auth/sso").json(body).on(node).await.expect(200));
    let mut browser = Browser::new();
    let (url, page) = browser.go(away.url.clone(), None).await;
    let state = hidden(&page, "AuthState");
    let login = [("username", name), ("password", "any"), ("AuthState", state.as_str())];
    let login_form = if page.contains("action=\"?\"") { url.clone() } else { Browser::form(&url, &page) };
    let (url, page) = browser.go(login_form, Some(&login)).await;
    // The page that has the browser post the answer here.
    let action = Browser::form(&url, &page);
    assert_eq!(action.as_str(), format!("{BASE}/api/v1/auth/saml/{}", owner.workspace));
    let (response, relay) = (hidden(&page, "SAMLResponse"), hidden(&page, "RelayState"));
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay.as_str())];
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let post = async || {
        let posted = call(Method::POST, &format!("/auth/saml/{}", owner.workspace))
            .bytes(form.clone().into_bytes())
            .on(node)
            .await
            .expect(303);
        let onward = posted.headers["location"].to_str().unwrap().to_owned();
        match onward.strip_prefix("/api/v1") {
            Some(callback) => get(callback).cookie(&away.cookie).on(node).await,
            None => posted,
        }
    };
    let answer = post().await;
    // An answer is good once.
    assert_eq!(refusal(&post().await), "state");
    answer
}

#[db_test]
#[ignore = "needs scripts/saml-server-test.sh"]
#[allow(clippy::disallowed_methods, reason = "the script says where its server is")]
async fn acceptance_8_a_saml_provider_that_others_wrote_signs_people_in(db: TestDb) {
    let metadata: Url = std::env::var("PARLANCE_TEST_SAML_METADATA").unwrap().parse().unwrap();
    let service = std::env::var("PARLANCE_TEST_SAML_SERVICE").unwrap();
    let data = tempfile::tempdir().unwrap();
    // The provider's clock is the machine's.
    let env = Env::system();
    let clock = std::sync::Arc::new(kernel::ManualClock::at(env.now()));
    let names = Names::start().await;
    let mut config = crate::support::config(&data);
    BASE.clone_into(&mut config.federation.base_url);
    config.federation.dns_server = Some(names.address);
    config.federation.guard =
        Guard { open: false, allowed: vec!["127.0.0.1/32".parse::<ipnet::IpNet>().unwrap()].into() };
    let node = Node::start(&db, &env, &clock, config);
    let owner = node.join("owner@other.example").await;
    let owner = team(&node, &owner, "Acme").await;
    let set = call(Method::PUT, "/sso/saml")
        .bearer(&owner.token)
        .json(json!({
            "name": "Acme", "metadata_url": metadata, "enabled": true,
            "claims": { "email": "mail", "name": "displayName", "groups": "groups" },
            "role_mapping": [{ "group": "engineering", "role": "admin" }],
        }))
        .on(&node)
        .await
        .expect(200)
        .json();
    // Both engines' tests may run: each tells the provider of its own workspace, and one at a time.
    std::fs::write(&service, set["saml"].to_string()).unwrap();
    verify(&node, &names, &owner, "example.com").await.expect(200);
    post("/sso/test").bearer(&owner.token).on(&node).await.expect(200);

    let first = sign_in(&node, &owner, "ann").await;
    assert_eq!(location(&first), "/c/1");
    let ann = node.refresh(&first.cookie()).await.expect(200).person();
    let me = node.whoami(&ann.token).await.expect(200).json();
    assert_eq!((me["user"]["email"].as_str(), me["user"]["name"].as_str()), (Some("ann@example.com"), Some("Ann")));
    let tenancy: &dyn contracts::Tenancy = &*node.tenancy;
    let role = tenancy.membership(owner.workspace, ann.user).await.unwrap().map(|membership| membership.role);
    assert_eq!(role, Some(Role::Admin));
    let again = node.refresh(&sign_in(&node, &owner, "ann").await.cookie()).await.expect(200).person();
    assert_eq!(again.user, ann.user);
    let mai = node.refresh(&sign_in(&node, &owner, "mai").await.cookie()).await.expect(200).person();
    assert_ne!(mai.user, ann.user);
}
