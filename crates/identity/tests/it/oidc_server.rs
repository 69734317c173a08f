//! Sign-in with an identity provider that we did not write. `scripts/oidc-server-test.sh` starts it.

use std::collections::BTreeMap;

use identity::federation::{FederationConfig, Google};
use kernel::Env;
use testkit::{TestDb, db_test};
use url::Url;

use crate::{
    oidc_provider::{begin, come_back, location, refusal},
    support::{BASE, Node},
};

/// What a browser does, as far as this needs it: cookies, redirects and forms.
pub struct Browser {
    cookies: BTreeMap<String, String>,
    http: reqwest::Client,
}

impl Browser {
    #[allow(clippy::disallowed_methods, reason = "a browser is no part of the server")]
    pub fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { cookies: BTreeMap::new(), http }
    }

    /// Follows a link or sends a form, until a page comes or the way leads back to us.
    pub async fn go(&mut self, url: Url, form: Option<&[(&str, &str)]>) -> (Url, String) {
        let (mut url, mut form) = (url, form);
        loop {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = match form.take() {
                Some(form) => self
                    .http
                    .post(url.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()),
                None => self.http.get(url.clone()),
            };
            let answer =
                request.header("cookie", cookies.join("; ")).header("accept", "text/html").send().await.unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let next = answer.headers().get("location").map(|next| next.to_str().unwrap().to_owned());
            let Some(next) = next else { return (url, answer.text().await.unwrap()) };
            url = url.join(&next).unwrap();
            if url.as_str().starts_with(BASE) {
                return (url, String::new());
            }
        }
    }

    /// The address of the page's form.
    pub fn form(url: &Url, page: &str) -> Url {
        let rest = page.split_once("action=\"").unwrap_or_else(|| panic!("no form: {page}")).1;
        url.join(rest.split('"').next().unwrap()).unwrap()
    }
}

async fn sign_in(node: &Node, name: &str) -> crate::support::Answer {
    let away = begin(node, "google").await;
    let mut browser = Browser::new();
    let (url, page) = browser.go(away.url.clone(), None).await;
    let login = [("prompt", "login"), ("login", name), ("password", "any")];
    let (url, page) = browser.go(Browser::form(&url, &page), Some(&login)).await;
    let (back, _) = browser.go(Browser::form(&url, &page), Some(&[("prompt", "consent")])).await;
    let parameters: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(parameters.iter().any(|(name, _)| *name == "iss"), "it promises its name: {parameters:?}");
    let answer = come_back(node, "google", &away.cookie, &parameters).await;
    // A code that came back is good once.
    assert_eq!(refusal(&come_back(node, "google", &away.cookie, &parameters).await), "state");
    answer
}

#[db_test]
#[ignore = "needs scripts/oidc-server-test.sh"]
async fn acceptance_7_a_provider_that_others_wrote_signs_people_in(db: TestDb) {
    #[allow(clippy::disallowed_methods, reason = "the script says where its server is")]
    let issuer = std::env::var("PARLANCE_TEST_OIDC_ISSUER").unwrap();
    let data = tempfile::tempdir().unwrap();
    // The provider's clock is the machine's.
    let env = Env::system();
    let clock = std::sync::Arc::new(kernel::ManualClock::at(env.now()));
    let mut config = crate::support::config(&data);
    config.federation = FederationConfig {
        base_url: BASE.to_owned(),
        google: Some(Google {
            client_id: "parlance".to_owned(),
            client_secret: "a secret: /+%".into(),
            issuer: issuer.parse().unwrap(),
        }),
        ..FederationConfig::default()
    };
    let node = Node::start(&db, &env, &clock, config);
    let first = sign_in(&node, "ann").await;
    assert_eq!(location(&first), "/c/1?x=y");
    let ann = node.refresh(&first.cookie()).await.expect(200).person();
    let me = node.whoami(&ann.token).await.expect(200).json();
    assert_eq!(
        (me["user"]["email"].as_str(), me["user"]["name"].as_str()),
        (Some("ann@example.com"), Some("ann of the provider"))
    );
    let again = node.refresh(&sign_in(&node, "ann").await.cookie()).await.expect(200).person();
    assert_eq!(again.user, ann.user);
    let mai = node.refresh(&sign_in(&node, "mai").await.cookie()).await.expect(200).person();
    assert_ne!(mai.user, ann.user);
}
