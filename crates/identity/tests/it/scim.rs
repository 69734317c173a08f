//! Provisioning with the bodies that Okta and Entra ID document.

use axum::http::{Method, header};
use contracts::tenancy::Role;
use serde_json::{Value, json};
use testkit::{TestDb, db_test};

use crate::{
    oidc_provider::refusal,
    sso::Team,
    support::{ANN, Answer, Node, Person, call, get, post},
};

/// A directory with its token.
pub struct Scim<'a> {
    pub node: &'a Node,
    pub token: String,
}

impl Scim<'_> {
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = call(method, &format!("/scim/v2{path}")).bearer(&self.token);
        if let Some(body) = body {
            request = request.bytes(body.to_string().into_bytes()).header("content-type", "application/scim+json");
        }
        let answer = request.on(self.node).await;
        if !answer.bytes.is_empty() {
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/scim+json", "{path}");
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn create(&self, name: &str) -> Answer {
        self.call(Method::POST, "/Users", Some(okta_user(name))).await
    }

    /// Creates somebody; gives their id.
    pub async fn user(&self, name: &str) -> String {
        id(&self.create(name).await.expect(201))
    }

    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
        });
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// The ids of what passes the filter.
    pub async fn find(&self, kind: &str, filter: &str) -> Vec<String> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        let found = self.get(&format!("/{kind}?{query}")).await.expect(200).json();
        found["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// As Okta creates somebody.
pub fn okta_user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": name, "type": "work" }],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

/// A token of the person's workspace.
pub async fn let_in<'a>(node: &'a Node, person: &Person) -> Scim<'a> {
    let made = post("/sso/scim/token").bearer(&person.token).on(node).await.expect(201).json();
    Scim { node, token: made["secret"].as_str().unwrap().to_owned() }
}

#[db_test]
async fn okta_takes_people_on_and_lets_them_go(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    let node = team.node();
    let okta = let_in(node, &team.owner).await;

    // The way of Okta's documentation: is it reached, is the person there, create, read, update, switch off.
    let first = okta.get("/Users?startIndex=1&count=2").await.expect(200).json();
    assert_eq!((&first["totalResults"], &first["Resources"]), (&json!(0), &json!([])));
    assert!(okta.find("Users", "userName eq \"ann@example.com\"").await.is_empty());
    let made = okta.create(ANN).await.expect(201);
    let (ann, body) = (id(&made), made.json());
    assert_eq!(made.headers[header::LOCATION].to_str().unwrap(), body["meta"]["location"].as_str().unwrap());
    assert_eq!(
        (&body["userName"], &body["active"], &body["name"]["familyName"], &body["externalId"]),
        (&json!(ANN), &json!(true), &json!("User"), &json!("00ujl29u0le5T6Aj10h7"))
    );
    assert!(!made.text().contains("1mz050nq"));
    assert_eq!(okta.find("Users", "userName eq \"ANN@example.com\"").await, std::slice::from_ref(&ann));
    assert_eq!(okta.find("Users", "externalId eq \"00ujl29u0le5T6Aj10h7\"").await, std::slice::from_ref(&ann));
    assert_eq!(okta.find("Users", &format!("id eq \"{ann}\" and active eq true")).await, std::slice::from_ref(&ann));
    assert_eq!(okta.find("Users", "name.givenName sw \"te\"").await, std::slice::from_ref(&ann));
    okta.create(ANN).await.expect(409);

    let mut changed = okta_user(ANN);
    changed["name"]["givenName"] = json!("Another");
    let path = format!("/Users/{ann}");
    let now = okta.call(Method::PUT, &path, Some(changed)).await.expect(200).json();
    assert_eq!(now["name"]["givenName"], "Another");

    // She signs in by the provider, and has an API key.
    team.set(|_| {}).await.expect(200);
    let signed_in = team.person(&team.sign_in("1", ANN, json!({})).await).await;
    assert_eq!(signed_in.user.to_string(), ann);
    assert_eq!(team.role(&signed_in).await, Some(Role::Member));
    let (key_id, key) = node.key(&signed_in, json!({ "name": "Key", "scopes": ["read"] })).await;
    get("/me").bearer(&key).on(node).await.expect(200);

    let off = okta.patch(&path, json!([{ "op": "replace", "value": { "active": false } }])).await.expect(200).json();
    assert_eq!(off["active"], false);
    assert_eq!(team.role(&signed_in).await, None);
    get("/me").bearer(&signed_in.token).on(node).await.expect(401);
    node.refresh(&signed_in.cookie).await.expect(401);
    get("/me").bearer(&key).on(node).await.expect(401);
    assert_eq!(refusal(&team.sign_in("1", ANN, json!({})).await), "disabled", "no sign-in brings her back");
    assert_eq!(
        okta.find("Users", "active eq false").await,
        std::slice::from_ref(&ann),
        "she is still there to be switched on"
    );

    // Switched on again she is a member, and the key of before stays void.
    okta.patch(&path, json!([{ "op": "replace", "value": { "active": true } }])).await.expect(200);
    let again = team.person(&team.sign_in("1", ANN, json!({})).await).await;
    assert_eq!(again.user, signed_in.user);
    get("/me").bearer(&key).on(node).await.expect(401);
    assert!(get(&format!("/keys/{key_id}")).bearer(&again.token).on(node).await.text().contains("revoked_at"));

    okta.call(Method::DELETE, &path, None).await.expect(204);
    okta.get(&path).await.expect(404);
    assert!(okta.find("Users", "userName eq \"ann@example.com\"").await.is_empty());
    assert_eq!(refusal(&team.sign_in("1", ANN, json!({})).await), "disabled");
    assert_eq!(okta.user(ANN).await, ann, "the same account comes back");
    team.sign_in("1", ANN, json!({})).await.expect(303);
}

#[db_test]
async fn entra_id_speaks_in_its_own_forms(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    let entra = let_in(team.node(), &team.owner).await;
    let body = json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "mai@example.com",
        "active": true,
        "emails": [{ "primary": true, "type": "work", "value": "mai@example.com" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Mai Lan", "familyName": "Lan", "givenName": "Mai" },
        "roles": [],
    });
    let mai = id(&entra.call(Method::POST, "/Users", Some(body)).await.expect(201));
    let path = format!("/Users/{mai}");
    let operations = json!([
        { "op": "Replace", "path": "name.familyName", "value": "Nguyen" },
        { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "R" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1" },
        { "op": "Replace", "path": "displayName", "value": "Mai N." },
    ]);
    let now = entra.patch(&path, operations).await.expect(200).json();
    assert_eq!((&now["name"]["familyName"], &now["displayName"]), (&json!("Nguyen"), &json!("Mai N.")));
    assert_eq!(now["externalId"], "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef");
    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    assert_eq!(entra.patch(&path, off).await.expect(200).json()["active"], false);
    let on = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
    assert_eq!(entra.patch(&path, on).await.expect(200).json()["active"], true);

    // Groups, by its documentation.
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "Research",
        "meta": { "resourceType": "Group" },
    });
    let group = id(&entra.call(Method::POST, "/Groups", Some(group)).await.expect(201));
    let path = format!("/Groups/{group}");
    assert_eq!(entra.find("Groups", "displayName eq \"research\"").await, std::slice::from_ref(&group));
    let without = entra.get(&format!("{path}?excludedAttributes=members")).await.expect(200).json();
    assert!(without.get("members").is_none() && without["displayName"] == "Research");
    let zoe = entra.user("zoe@example.com").await;
    let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": mai }, { "value": zoe }] }]);
    let now = entra.patch(&path, add).await.expect(200).json();
    assert_eq!(now["members"].as_array().unwrap().len(), 2);
    let remove = json!([{ "op": "Remove", "path": format!("members[value eq \"{zoe}\"]") }]);
    let now = entra.patch(&path, remove).await.expect(200).json();
    assert_eq!(now["members"][0]["value"], json!(mai));
    let named = json!([{ "op": "Remove", "path": "members", "value": [{ "value": mai }] }]);
    assert_eq!(entra.patch(&path, named).await.expect(200).json()["members"], json!([]));
    let replace = json!({ "displayName": "Research & more", "members": [{ "value": zoe }] });
    let now = entra.call(Method::PUT, &path, Some(replace)).await.expect(200).json();
    assert_eq!((&now["displayName"], &now["members"][0]["value"]), (&json!("Research & more"), &json!(zoe)));

    // They are the workspace's groups.
    let seen = get("/groups").bearer(&team.owner.token).on(team.node()).await.expect(200).json();
    assert_eq!((&seen["data"][0]["id"], &seen["data"][0]["members"]), (&json!(group), &json!(1)));
    entra.patch(&format!("/Users/{zoe}"), json!([{ "op": "replace", "path": "active", "value": false }])).await;
    assert_eq!(entra.get(&path).await.expect(200).json()["members"], json!([]));
    entra.call(Method::DELETE, &path, None).await.expect(204);
    entra.get(&path).await.expect(404);
}

#[db_test]
async fn a_directory_reads_page_by_page_what_the_service_is(db: TestDb) {
    let team = Team::start(&db).await;
    team.verify().await;
    let scim = let_in(team.node(), &team.owner).await;
    for name in ["a", "b", "c", "d", "e"] {
        scim.user(&format!("{name}@example.com")).await;
    }
    let mut seen = Vec::new();
    for start in [1, 3, 5] {
        let page = scim.get(&format!("/Users?startIndex={start}&count=2&attributes=userName")).await.expect(200).json();
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(5), &json!(start)));
        for user in page["Resources"].as_array().unwrap() {
            assert!(user.get("emails").is_none() && user.get("id").is_some());
            seen.push(user["userName"].as_str().unwrap().to_owned());
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let none = scim.get("/Users?count=0").await.expect(200).json();
    assert_eq!((&none["totalResults"], &none["itemsPerPage"]), (&json!(5), &json!(0)));
    assert_eq!(scim.get("/ServiceProviderConfig").await.expect(200).json()["patch"]["supported"], true);
    assert_eq!(scim.get("/ResourceTypes").await.expect(200).json()["totalResults"], 2);
    let schemas = scim.get("/Schemas").await.expect(200).json();
    assert_eq!(schemas["Resources"][0]["id"], "urn:ietf:params:scim:schemas:core:2.0:User");

    // Errors have the protocol's shape.
    for (answer, status, kind) in [
        (scim.get("/Users?filter=userName%20is%20x").await, 400, json!("invalidFilter")),
        (scim.get("/Users?startIndex=x").await, 400, json!("invalidValue")),
        (scim.get("/Users/user_01h455vb4pex5vsknk084sn02q").await, 404, Value::Null),
        (scim.get("/Users/nonsense").await, 404, Value::Null),
        (scim.get("/Bulk").await, 404, Value::Null),
        (scim.call(Method::POST, "/Users", Some(json!([]))).await, 400, json!("invalidSyntax")),
        (scim.call(Method::POST, "/Users", Some(json!({ "active": true }))).await, 400, json!("invalidValue")),
        (scim.call(Method::POST, "/Groups", Some(json!({}))).await, 400, json!("invalidValue")),
        (scim.create("a@example.com").await, 409, json!("uniqueness")),
    ] {
        let body = answer.expect(status).json();
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!((&body["status"], &body["scimType"]), (&json!(status.to_string()), &kind), "{body}");
    }
}
