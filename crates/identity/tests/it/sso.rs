//! Acceptance 6 and 7 with a workspace's own identity provider.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::http::Method;
use contracts::tenancy::Role;
use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{RData, Record, rdata::TXT},
    serialize::binary::{BinDecodable as _, BinEncodable as _},
};
use ipnet::IpNet;
use outbound::Guard;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};
use tokio::net::UdpSocket;

use crate::{
    oidc_provider::{Away, CLIENT, Provider, SECRET, away, come_back, location, refusal},
    support::{ANN, Answer, BASE, Node, Person, World, call, get, post},
};

/// A name server with the texts that a test publishes.
pub struct Names {
    pub address: SocketAddr,
    texts: Arc<Mutex<Vec<(String, String)>>>,
}

impl Names {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, texts) = (socket.local_addr().unwrap(), Arc::<Mutex<Vec<(String, String)>>>::default());
        let known = texts.clone();
        kernel::Tasks::new().spawn("a name server", async move {
            let mut bytes = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let Ok(question) = Message::from_bytes(&bytes[..length]) else { continue };
                let query = question.queries.first().unwrap().clone();
                let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
                answer.metadata.message_type = MessageType::Response;
                answer.add_query(query.clone());
                let name = query.name().to_string();
                let found: Vec<String> = known
                    .lock()
                    .unwrap()
                    .iter()
                    .filter(|(known, _)| format!("{known}.") == name)
                    .map(|(_, text)| text.clone())
                    .collect();
                if found.is_empty() {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                for text in found {
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(TXT::new(vec![text]))));
                }
                socket.send_to(&answer.to_bytes().unwrap(), from).await.unwrap();
            }
        });
        Self { address, texts }
    }

    fn publish(&self, name: &Value, text: &Value) {
        let text_of = |value: &Value| value.as_str().unwrap().to_owned();
        self.texts.lock().unwrap().push((text_of(name), text_of(text)));
    }
}

/// A team with a provider of its own, which vouches for addresses of example.com.
pub struct Team {
    pub world: World,
    pub names: Names,
    pub provider: Provider,
    pub owner: Person,
}

fn settings(provider: &Provider) -> Value {
    json!({
        "name": "Acme", "issuer": provider.issuer(), "client_id": CLIENT, "client_secret": SECRET, "enabled": true,
    })
}

impl Team {
    pub async fn start(db: &TestDb) -> Self {
        Self::with(db, false).await
    }

    pub async fn with(db: &TestDb, proof: bool) -> Self {
        let (names, provider) = (Names::start().await, Provider::start().await);
        let local: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap()];
        let world = World::with(db, |config| {
            BASE.clone_into(&mut config.federation.base_url);
            config.federation.dns_server = Some(names.address);
            config.federation.guard = Guard { open: false, allowed: local.into() };
            config.require_verified_email = proof;
        });
        let node = &world.node;
        let owner = if proof {
            node.join_with_proof("owner@other.example").await
        } else {
            node.join("owner@other.example").await
        };
        let owner = team(node, &owner, "Acme").await;
        Self { world, names, provider, owner }
    }

    pub fn node(&self) -> &Node {
        &self.world.node
    }

    pub async fn set(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let mut body = settings(&self.provider);
        change(&mut body);
        call(Method::PUT, "/sso").bearer(&self.owner.token).json(body).on(self.node()).await
    }

    /// Adds and verifies example.com.
    pub async fn verify(&self) {
        verify(self.node(), &self.names, &self.owner, "example.com").await.expect(200);
    }

    async fn begin(&self, email: &str) -> Answer {
        post("/auth/sso").json(json!({ "email": email, "next": "/c/1" })).on(self.node()).await
    }

    /// A whole sign-in, for which the provider says this.
    pub async fn sign_in(&self, subject: &str, email: &str, more: Value) -> Answer {
        let away = away(&self.begin(ANN).await.expect(200));
        self.finish(&away, subject, email, more).await
    }

    async fn finish(&self, away: &Away, subject: &str, email: &str, more: Value) -> Answer {
        let mut claims = self.provider.claims(away, subject, email);
        for (name, value) in more.as_object().unwrap() {
            claims.insert(name.clone(), value.clone());
        }
        let code = self.provider.grant(away, &self.provider.sign(&claims)).await;
        let parameters = [("code", code.as_str()), ("state", &away.parameter("state"))];
        come_back(self.node(), &self.owner.workspace.to_string(), &away.cookie, &parameters).await
    }

    pub async fn person(&self, answer: &Answer) -> Person {
        assert_eq!(location(answer), "/c/1");
        self.node().refresh(&answer.cookie()).await.expect(200).person()
    }

    pub async fn role(&self, person: &Person) -> Option<Role> {
        let tenancy: &dyn contracts::Tenancy = &*self.node().tenancy;
        tenancy.membership(self.owner.workspace, person.user).await.unwrap().map(|membership| membership.role)
    }
}

/// A shared workspace of the person's, and they in it.
pub async fn team(node: &Node, person: &Person, name: &str) -> Person {
    let made =
        post("/workspaces").bearer(&person.token).json(json!({ "name": name })).on(node).await.expect(201).json();
    let body = json!({ "workspace": made["id"] });
    post("/auth/refresh").cookie(&person.cookie).json(body).on(node).await.expect(200).person()
}

pub async fn verify(node: &Node, names: &Names, person: &Person, domain: &str) -> Answer {
    let added = post("/sso/domains").bearer(&person.token).json(json!({ "domain": domain })).on(node).await;
    let added = added.expect(201).json();
    names.publish(&added["record_name"], &added["record_value"]);
    post(&format!("/sso/domains/{domain}/verify")).bearer(&person.token).on(node).await
}

#[db_test]
async fn members_of_a_verified_domain_come_in_by_their_provider(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    let unset = get("/sso").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!((&unset["connection"], &unset["domains"]), (&Value::Null, &json!([])));
    let set = team.set(|_| {}).await.expect(200);
    assert!(!set.text().contains("a client's secret"), "{}", set.text());
    assert_eq!(set.json()["redirect_uri"], format!("{BASE}/api/v1/auth/callback/{}", team.owner.workspace));
    let looked = post("/sso/test").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!((&looked["issuer"], &looked["signing_keys"]), (&json!(team.provider.issuer()), &json!(1)));

    // Nobody is led there before DNS has shown whose the domain is.
    team.begin(ANN).await.refused(404, "not_found");
    let added = post("/sso/domains").bearer(&team.owner.token).json(json!({ "domain": "Example.COM" })).on(node).await;
    let added = added.expect(201).json();
    let check = || post("/sso/domains/example.com/verify").bearer(&team.owner.token).on(node);
    check().await.refused(409, "domain_unverified");
    team.names.publish(&added["record_name"], &json!("parlance-verification=another"));
    check().await.refused(409, "domain_unverified");
    team.begin(ANN).await.refused(404, "not_found");
    team.names.publish(&added["record_name"], &added["record_value"]);
    check().await.expect(200);

    // The address says nothing of an account, only its domain counts.
    for address in [ANN, "nobody@example.com", "Nobody@EXAMPLE.com"] {
        team.begin(address).await.expect(200);
    }
    for address in ["ann@sub.example.com", "ann@example.com.evil.example", "owner@other.example"] {
        team.begin(address).await.refused(404, "not_found");
    }
    let ann = team.person(&team.sign_in("1", ANN, json!({})).await).await;
    assert_eq!(ann.workspace, team.owner.workspace, "she is where she signed in");
    assert_eq!(team.role(&ann).await, Some(Role::Member));
    // The same person, whatever her address is now.
    let again = team.person(&team.sign_in("1", "ann.lee@example.com", json!({})).await).await;
    assert_eq!(again.user, ann.user);
}

#[db_test]
async fn acceptance_6_a_workspaces_provider_speaks_for_its_own_domains_alone(db: TestDb) {
    let team = Team::with(&db, true).await;
    team.set(|_| {}).await.expect(200);
    team.verify().await;
    let node = team.node();
    let victim = node.join_with_proof("victim@elsewhere.example").await;
    assert_eq!(refusal(&team.sign_in("1", "victim@elsewhere.example", json!({})).await), "other_domain");
    assert_eq!(refusal(&team.sign_in("1", "victim@sub.example.com", json!({})).await), "other_domain");
    assert_eq!(refusal(&team.sign_in("1", ANN, json!({ "email_verified": false })).await), "email_unverified");
    node.whoami(&victim.token).await.expect(200);

    // An account of the domain is found by its address, for DNS has shown who governs that.
    let ann = node.join_with_proof(ANN).await;
    let signed_in = team.person(&team.sign_in("1", ANN, json!({})).await).await;
    assert_eq!(signed_in.user, ann.user);
    node.whoami(&ann.token).await.expect(200);
    node.log_in(ANN).await.expect(200);
    // Whoever owns a workspace is not: an administrator sets the provider, and is less.
    let boss = node.join_with_proof("boss@example.com").await;
    self::team(node, &boss, "Theirs").await;
    assert_eq!(refusal(&team.sign_in("2", "boss@example.com", json!({})).await), "account_exists");
    // The same subject of another provider is another identity.
    let other = Provider::start().await;
    team.set(|body| body["issuer"] = json!(other.issuer())).await.expect(200);
    let own = get("/auth/identities").bearer(&ann.token).on(node).await.expect(200).json();
    assert_eq!(own["data"], json!([]), "what the old issuer said is worth nothing");
}

#[db_test]
async fn acceptance_7_a_provider_that_is_off_neither_logs_in_nor_links(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    team.set(|_| {}).await.expect(200);
    team.verify().await;
    let ann = team.person(&team.sign_in("1", ANN, json!({})).await).await;
    let under_way = away(&team.begin(ANN).await.expect(200));
    team.set(|body| body["enabled"] = json!(false)).await.expect(200);

    team.begin(ANN).await.refused(404, "not_found");
    let provider = team.owner.workspace.to_string();
    post(&format!("/auth/federated/{provider}")).json(json!({})).on(node).await.refused(404, "not_found");
    let body = json!({ "provider": provider });
    post("/auth/identities").bearer(&ann.token).json(body.clone()).on(node).await.refused(404, "not_found");
    assert_eq!(refusal(&team.finish(&under_way, "1", ANN, json!({})).await), "off");

    // On again, a member links; a stranger does not even find it.
    team.set(|_| {}).await.expect(200);
    let stranger = node.join("stranger@elsewhere.example").await;
    post("/auth/identities").bearer(&stranger.token).json(body.clone()).on(node).await.refused(404, "not_found");
    let linking = away(&post("/auth/identities").bearer(&team.owner.token).json(body).on(node).await.expect(200));
    let linked = team.finish(&linking, "77", "owner@other.example", json!({})).await;
    assert_eq!(location(&linked), "/");
    let own = get("/auth/identities").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!(own["data"][0]["provider_name"], "Acme");

    // Deleted, it is gone with what it gave.
    call(Method::DELETE, "/sso").bearer(&team.owner.token).on(node).await.expect(204);
    team.begin(ANN).await.refused(404, "not_found");
    let own = get("/auth/identities").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!(own["data"], json!([]));
}

#[db_test]
async fn roles_follow_groups_and_nobody_becomes_an_owner(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    let mapping = json!([{ "group": "staff", "role": "member" }, { "group": "it", "role": "admin" }]);
    team.set(|body| {
        body["role_mapping"] = mapping.clone();
        body["default_role"] = json!("guest");
        body["claims"] = json!({ "email": "upn", "name": "display", "groups": "roles" });
    })
    .await
    .expect(200);
    team.verify().await;
    let said = |groups: Value| json!({ "upn": ANN, "display": "Ann of Acme", "roles": groups, "email": null });
    for (groups, role) in [
        (json!(["it", "staff"]), Role::Admin),
        (json!(["staff"]), Role::Member),
        (json!("it"), Role::Admin),
        (json!(["IT", "owner"]), Role::Guest),
        (json!({ "it": true }), Role::Guest),
    ] {
        let ann = team.person(&team.sign_in("1", "ignored@example.com", said(groups.clone())).await).await;
        assert_eq!(team.role(&ann).await, Some(role), "{groups}");
        let me = node.whoami(&ann.token).await.expect(200).json();
        assert_eq!(me["user"]["name"], "Ann of Acme");
    }
    let body = json!([{ "group": "chiefs", "role": "owner" }]);
    let refused = team.set(|settings| settings["role_mapping"] = body).await.expect(422);
    assert_eq!(refused.fields(), ["role_mapping"]);
    // Without groups, a role that somebody was given here stays.
    team.set(|_| {}).await.expect(200);
    let ann = team.person(&team.sign_in("1", ANN, json!({})).await).await;
    assert_eq!(team.role(&ann).await, Some(Role::Guest));
}

#[db_test]
async fn enforcement_leaves_owners_a_way_in(db: TestDb) {
    let team = Team::with(&db, true).await;
    let node = team.node();
    let (ann, boss) = (node.join_with_proof(ANN).await, node.join_with_proof("boss@example.com").await);
    for (person, role) in [(&ann, Role::Admin), (&boss, Role::Owner)] {
        node.tenancy.add_member(team.owner.workspace, person.user, role).await.unwrap();
    }
    let outsider = node.join_with_proof("outsider@example.com").await;
    let enforce = |body: &mut Value| body["enforced"] = json!(true);
    assert_eq!(team.set(enforce).await.expect(422).fields(), ["enforced"], "a domain comes first");
    team.verify().await;
    team.set(enforce).await.expect(200);

    node.log_in(ANN).await.refused(403, "sso_required");
    // Only whoever knows the password is told.
    let wrong = json!({ "email": ANN, "password": "not the password" });
    post("/auth/login").json(wrong).on(node).await.refused(401, "invalid_credentials");
    node.log_in("boss@example.com").await.expect(200);
    node.log_in("outsider@example.com").await.expect(200);
    node.whoami(&ann.token).await.expect(200);
    assert_eq!(team.person(&team.sign_in("1", ANN, json!({})).await).await.user, ann.user);
    assert_ne!(outsider.user, boss.user);

    // With the last domain, and with the provider, the rule ends.
    call(Method::DELETE, "/sso/domains/example.com").bearer(&team.owner.token).on(node).await.expect(204);
    node.log_in(ANN).await.expect(200);
    let now = get("/sso").bearer(&team.owner.token).on(node).await.expect(200).json();
    assert_eq!(now["connection"]["enforced"], false);
}

#[db_test]
async fn a_domain_is_one_workspaces_alone(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    team.set(|_| {}).await.expect(200);
    team.verify().await;
    let eve = node.join("eve@evil.example").await;
    let eve = self::team(node, &eve, "Evil").await;
    let body = settings(&team.provider);
    call(Method::PUT, "/sso").bearer(&eve.token).json(body).on(node).await.expect(200);
    verify(node, &team.names, &eve, "example.com").await.refused(409, "domain_unverified");
    let begun = away(&team.begin(ANN).await.expect(200));
    assert!(begun.parameter("redirect_uri").ends_with(&team.owner.workspace.to_string()));
    for bad in ["", "localhost", "127.0.0.1", "*.example.com", "https://example.com/", "exa mple.com"] {
        let answer = post("/sso/domains").bearer(&eve.token).json(json!({ "domain": bad })).on(node).await;
        assert_eq!(answer.expect(422).fields(), ["domain"], "{bad:?}");
    }
}

#[db_test]
async fn a_provider_is_reached_safely_and_its_secret_stays_put(db: TestDb) {
    let team = Team::start(&db).await;
    let node = team.node();
    for bad in [
        "http://169.254.169.254",
        "https://10.0.0.1",
        "https://localhost.example/?x=1",
        "ftp://example.com",
        "https://me:pw@example.com",
        "nonsense",
    ] {
        let answer = team.set(|body| body["issuer"] = json!(bad)).await.expect(422);
        assert_eq!(answer.fields(), ["issuer"], "{bad}");
    }
    team.set(|_| {}).await.expect(200);
    let without = |body: &mut Value| {
        body.as_object_mut().unwrap().remove("client_secret");
    };
    team.set(without).await.expect(200);
    let moved = team.set(|body| {
        without(body);
        body["issuer"] = json!("https://evil.example");
    });
    assert_eq!(moved.await.expect(422).fields(), ["client_secret"], "it goes to no other address by itself");
    let guest = node.colleague(&team.owner, "guest@elsewhere.example", Role::Member).await;
    get("/sso").bearer(&guest.token).on(node).await.refused(403, "forbidden");
    // A personal workspace takes nobody in.
    let alone = node.join("alone@example.org").await;
    call(Method::PUT, "/sso").bearer(&alone.token).json(settings(&team.provider)).on(node).await.expect(200);
    verify(node, &team.names, &alone, "example.org").await.expect(200);
    let away = away(&team.begin("zoe@example.org").await.expect(200));
    let code =
        team.provider.grant(&away, &team.provider.sign(&team.provider.claims(&away, "9", "zoe@example.org"))).await;
    let parameters = [("code", code.as_str()), ("state", &away.parameter("state"))];
    let answer = come_back(node, &alone.workspace.to_string(), &away.cookie, &parameters).await;
    assert_eq!(refusal(&answer), "disabled");
}
