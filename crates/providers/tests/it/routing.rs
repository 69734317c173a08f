//! Routes and connections: what workspaces set for their own models, on both engines.

use std::collections::BTreeMap;

use contracts::{
    Providers as _, Routing as _,
    providers::{InferredAnswer, ProviderErrorKind as Kind, Shape},
};
use database::{Db, params};
use kernel::{Code, Env, NanoUsd, TenantScope, WorkspaceId};
use providers::{
    Providers,
    model::{
        Condition, ConnectionChange, Deployment, DeploymentPrices, NewConnection, NewRoute, Route, RouteChange,
        Strategy, Target,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    TestDb, db_test,
    fake::{ReplayServer, Script},
};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{config, fixture, scope},
    native::{chat, infer_in, inference},
};

const KEY: &str = "sk-of-the-workspace-a1b2";

struct World {
    env: Env,
    data: TempDir,
    db: Db,
}

impl World {
    fn new(db: &TestDb) -> Self {
        Self { env: Env::system(), data: tempfile::tempdir().unwrap(), db: (*db).clone() }
    }

    /// A process of the installation.
    fn process(&self, extra: Value) -> Providers {
        let mut settings = json!({ "allowed_networks": ["127.0.0.0/8"] });
        for (key, value) in extra.as_object().unwrap() {
            settings[key] = value.clone();
        }
        Providers::new(self.env.clone(), kernel::Tasks::new(), config(settings))
            .unwrap()
            .with_workspaces(self.db.clone(), self.data.path())
            .unwrap()
    }

    async fn workspace(&self) -> TenantScope {
        let id: WorkspaceId = self.env.id();
        let now = self.env.now();
        self.db
            .execute(
                database::Platform,
                "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, 'Ours', $2, $3, $3)",
                params![id, false, now],
            )
            .await
            .unwrap();
        TenantScope::assume(id)
    }
}

fn target(model: &str) -> Target {
    Target { model: model.to_owned(), weight: 1, when: None }
}

fn route(name: &str, targets: Vec<Target>) -> NewRoute {
    NewRoute {
        name: name.to_owned(),
        description: String::new(),
        strategy: Strategy::Ordered,
        targets,
        abort_on_disconnect: false,
    }
}

fn connection(provider: &str, base_url: Option<&str>, models: Vec<Deployment>) -> NewConnection {
    NewConnection {
        provider: provider.to_owned(),
        name: "Ours".to_owned(),
        base_url: base_url.map(str::to_owned),
        key: Some(KEY.into()),
        enabled: true,
        models,
    }
}

fn deployment(name: &str) -> Deployment {
    let usd = |text: &str| text.parse::<NanoUsd>().unwrap();
    Deployment {
        name: name.to_owned(),
        display_name: None,
        context_window: Some(32_000),
        max_output_tokens: None,
        prices: Some(DeploymentPrices { input: usd("0.5"), output: usd("1.5"), cached_input: None }),
    }
}

/// The model that answers a request, if one does.
async fn answered(providers: &Providers, scope: &TenantScope, model: &str) -> Result<String, Kind> {
    infer_in(providers, scope, chat(model, false)).await.map(|it| it.model.id.clone()).map_err(|error| error.kind)
}

#[db_test]
async fn a_route_is_a_model_name_from_the_next_request_on_everywhere(db: TestDb) {
    let world = World::new(&db);
    let (here, there) = (world.process(json!({})), world.process(json!({})));
    let (ours, theirs) = (world.workspace().await, world.workspace().await);
    assert_eq!(answered(&there, &ours, "fast").await, Err(Kind::UnknownModel));
    let made = here.create_route(&ours, route("fast", vec![target("demo/parlance")])).await.unwrap();
    assert_eq!(answered(&there, &ours, "fast").await.as_deref(), Ok("demo/parlance"));
    assert_eq!(answered(&there, &theirs, "fast").await, Err(Kind::UnknownModel), "of this workspace alone");
    let candidates = there.candidates(&ours, "fast").await.unwrap();
    assert_eq!(candidates.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["demo/parlance"]);

    let change = RouteChange {
        targets: Some(vec![target("demo/parlance-vision")]),
        abort_on_disconnect: Some(true),
        ..RouteChange::default()
    };
    let changed = there.update_route(&ours, made.id, change).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.created_at), ("fast", made.created_at));
    let inferred = infer_in(&here, &ours, chat("fast", true)).await.unwrap();
    assert_eq!((inferred.model.id.as_str(), inferred.abort_on_disconnect), ("demo/parlance-vision", true));

    here.delete_route(&ours, made.id).await.unwrap();
    assert_eq!(answered(&there, &ours, "fast").await, Err(Kind::UnknownModel));
}

#[db_test]
async fn routes_are_checked_paged_and_of_their_workspace(db: TestDb) {
    let world = World::new(&db);
    let providers = world.process(json!({}));
    let (ours, theirs) = (world.workspace().await, world.workspace().await);
    let unknown = providers.create_route(&ours, route("a", vec![target("openai/gpt-99")])).await.unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidBody);
    assert!(unknown.to_string().starts_with("targets[0].model: There is no model"), "{unknown}");
    let mut made = Vec::new();
    for name in ["b", "a", "c"] {
        made.push(providers.create_route(&ours, route(name, vec![target("openai/gpt-5.2")])).await.unwrap());
    }
    let nested = providers.create_route(&ours, route("d", vec![target("b")])).await.unwrap_err();
    assert!(nested.to_string().starts_with("targets[0].model: “b” is a route"), "{nested}");
    let again = providers.create_route(&ours, route("a", vec![target("demo/parlance")])).await.unwrap_err();
    assert_eq!(again.code(), Code::Conflict);
    let renamed = RouteChange { name: Some("c".to_owned()), ..RouteChange::default() };
    assert_eq!(providers.update_route(&ours, made[0].id, renamed).await.unwrap_err().code(), Code::Conflict);
    let names = |rows: &[Route]| rows.iter().map(|route| route.name.clone()).collect::<Vec<_>>();
    let page = providers.routes_of(&ours, None, 2).await.unwrap();
    assert_eq!((names(&page.data), page.next_cursor.is_some()), (vec!["a".to_owned(), "b".to_owned()], true));
    let rest = providers.routes_of(&ours, Some("b".to_owned()), 2).await.unwrap();
    assert_eq!((names(&rest.data), rest.next_cursor), (vec!["c".to_owned()], None));
    assert_eq!(providers.route(&ours, made[0].id).await.unwrap(), made[0]);

    // Acceptance 14: another workspace sees and changes nothing.
    assert!(providers.routes_of(&theirs, None, 9).await.unwrap().data.is_empty());
    assert_eq!(providers.route(&theirs, made[0].id).await.unwrap_err().code(), Code::NotFound);
    let change = RouteChange { description: Some("mine".to_owned()), ..RouteChange::default() };
    assert_eq!(providers.update_route(&theirs, made[0].id, change).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(providers.delete_route(&theirs, made[0].id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(providers.route(&ours, made[0].id).await.unwrap(), made[0]);
}

#[db_test]
async fn conditions_choose_and_weights_draw(db: TestDb) {
    let world = World::new(&db);
    let providers = world.process(json!({}));
    let ours = world.workspace().await;
    let when = |condition| Some(condition);
    let mut by_size = route(
        "sized",
        vec![
            Target {
                when: when(Condition { needs_vision: Some(true), ..Condition::default() }),
                ..target("demo/parlance-vision")
            },
            Target {
                when: when(Condition { max_input_tokens: Some(100), ..Condition::default() }),
                ..target("demo/parlance")
            },
        ],
    );
    providers.create_route(&ours, by_size.clone()).await.unwrap();
    assert_eq!(answered(&providers, &ours, "sized").await.as_deref(), Ok("demo/parlance"));
    let image = r#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#;
    let asked = inference("sized", Shape::OpenAiChat, false, image);
    assert_eq!(infer_in(&providers, &ours, asked).await.unwrap().model.id, "demo/parlance-vision");
    let long = format!("{{\"messages\":[{{\"content\":\"{}\"}}]}}", "word ".repeat(500));
    let Err(error) = infer_in(&providers, &ours, inference("sized", Shape::OpenAiChat, false, &long)).await else {
        panic!("nothing fits")
    };
    assert!(error.message.contains("“sized” has no model for such a request"), "{}", error.message);

    "drawn".clone_into(&mut by_size.name);
    by_size.strategy = Strategy::Weighted;
    by_size.targets = vec![Target { weight: 3, ..target("demo/parlance") }, target("demo/parlance-vision")];
    providers.create_route(&ours, by_size).await.unwrap();
    let mut drawn: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..400 {
        *drawn.entry(answered(&providers, &ours, "drawn").await.unwrap()).or_default() += 1;
    }
    // Three in four, within five standard deviations.
    assert!((257..=343).contains(&drawn["demo/parlance"]), "{drawn:?}");
}

#[db_test]
async fn a_connection_serves_its_workspace_with_its_own_key(db: TestDb) {
    let world = World::new(&db);
    let providers = world.process(json!({}));
    let (ours, theirs) = (world.workspace().await, world.workspace().await);
    assert_eq!(answered(&providers, &ours, "openai/gpt-4o").await, Err(Kind::Unavailable));
    let server = ReplayServer::start([Script::json(200, &fixture("openai/chat.json"))]).await;
    let made = providers.create_connection(&ours, connection("openai", Some(server.url()), Vec::new())).await.unwrap();
    assert_eq!((made.key_hint.as_deref(), made.enabled), (Some("…a1b2"), true));
    assert_eq!(answered(&providers, &ours, "gpt-4o").await.as_deref(), Ok("openai/gpt-4o"));
    assert_eq!(server.request().header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let listed = |models: &[std::sync::Arc<contracts::providers::Model>]| {
        models.iter().any(|model| model.id == "openai/gpt-5.2" && model.unavailable.is_none())
    };
    assert!(listed(&providers.models(&ours).await));
    assert!(!listed(&providers.models(&theirs).await), "nobody else gets the key");
    assert_eq!(answered(&providers, &theirs, "openai/gpt-4o").await, Err(Kind::Unavailable));

    let off = ConnectionChange { enabled: Some(false), ..ConnectionChange::default() };
    providers.update_connection(&ours, made.id, off).await.unwrap();
    assert_eq!(answered(&providers, &ours, "openai/gpt-4o").await, Err(Kind::Unavailable));
    assert_eq!(providers.connection(&theirs, made.id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(providers.test_connection(&theirs, made.id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(providers.delete_connection(&theirs, made.id).await.unwrap_err().code(), Code::NotFound);
    providers.delete_connection(&ours, made.id).await.unwrap();
    assert!(providers.connections_of(&ours, None, 9).await.unwrap().data.is_empty());
}

#[db_test]
async fn own_deployments_have_names_and_prices(db: TestDb) {
    let world = World::new(&db);
    let providers = world.process(json!({}));
    let ours = world.workspace().await;
    let server = ReplayServer::start([Script::events([fixture("compatible/no_done.sse")])]).await;
    let new = connection("compatible", Some(server.url()), vec![deployment("llama-4")]);
    providers.create_connection(&ours, new).await.unwrap();
    let model = providers.model(&ours, "compatible/llama-4").await.unwrap();
    let prices = model.prices.clone().unwrap();
    assert_eq!((prices.input.per_million().to_string(), prices.version.as_str()), ("0.5".to_owned(), "workspace"));
    assert_eq!(model.provider_name, "Ours");
    let inferred = infer_in(&providers, &ours, chat("llama-4", true)).await.unwrap();
    assert!(matches!(inferred.answer, InferredAnswer::NativeStream(_)));
    assert_eq!(server.request().json()["model"], json!("llama-4"));
}

#[db_test]
async fn keys_are_sealed_and_open_nowhere_else(db: TestDb) {
    let world = World::new(&db);
    let providers = world.process(json!({}));
    let (ours, theirs) = (world.workspace().await, world.workspace().await);
    let server = ReplayServer::start([]).await;
    let made = providers.create_connection(&ours, connection("openai", Some(server.url()), Vec::new())).await.unwrap();
    let rows: Vec<(Vec<u8>,)> = world
        .db
        .all(database::Platform, "SELECT sealed_key FROM provider_connections WHERE id = $1", params![made.id])
        .await
        .unwrap();
    assert!(!rows[0].0.windows(6).any(|part| KEY.as_bytes().windows(6).any(|key| key == part)));

    // Whoever can write to the database gives another workspace the row: the key stays shut.
    world
        .db
        .execute(
            database::Platform,
            "UPDATE provider_connections SET workspace_id = $2 WHERE id = $1",
            params![made.id, theirs.workspace()],
        )
        .await
        .unwrap();
    let stolen = world.process(json!({}));
    let outcome = stolen.test_connection(&theirs, made.id).await.unwrap();
    assert_eq!(outcome.ok, server.requests().iter().all(|request| request.header("authorization").is_some()));
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));

    // The address of a key can't be changed without the key.
    let made = providers.create_connection(&ours, connection("openai", Some(server.url()), Vec::new())).await.unwrap();
    let elsewhere = || ConnectionChange { base_url: Some(Some("http://127.0.0.2".to_owned())), ..Default::default() };
    let refused = providers.update_connection(&ours, made.id, elsewhere()).await.unwrap_err();
    assert_eq!(refused.to_string(), "key: must be given again for another address");
    let with_key = ConnectionChange { key: Some(Some("sk-another-key-c3d4".into())), ..elsewhere() };
    let moved = providers.update_connection(&ours, made.id, with_key).await.unwrap();
    assert_eq!(moved.key_hint.as_deref(), Some("…c3d4"));
}

#[db_test]
async fn acceptance_32_workspaces_reach_no_private_network(db: TestDb) {
    let world = World::new(&db);
    let open = world.process(json!({}));
    let guarded = world.process(json!({ "allowed_networks": [] }));
    let ours = world.workspace().await;
    let server = ReplayServer::start([]).await;
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] {
        let address = format!("http://{host}:{port}/v1");
        let refused = guarded.create_connection(&ours, connection("compatible", Some(&address), Vec::new())).await;
        let error = refused.expect_err(&address);
        assert!(error.to_string().contains("does not call for workspaces"), "{address}: {error}");
    }
    for host in ["169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1"] {
        let address = format!("http://{host}/v1");
        assert!(guarded.create_connection(&ours, connection("compatible", Some(&address), Vec::new())).await.is_err());
    }
    // Made while the operator allowed it, or by a name that has moved since: not called either.
    for host in ["127.0.0.1", "localhost"] {
        let address = format!("http://{host}:{port}/v1");
        let allowing = world.process(json!({ "allow_private_addresses": true }));
        let new = connection("compatible", Some(&address), vec![deployment("llama")]);
        let made = allowing.create_connection(&ours, new).await.unwrap();
        let Err(error) = infer_in(&guarded, &ours, chat("compatible/llama", true)).await else { panic!("{host}") };
        assert!(error.message.contains("does not call for workspaces"), "{}", error.message);
        let test = guarded.test_connection(&ours, made.id).await.unwrap();
        assert!(!test.ok && test.message.contains("does not call for workspaces"), "{}", test.message);
        open.delete_connection(&ours, made.id).await.unwrap();
    }
    assert!(server.requests().is_empty(), "nothing was ever sent");

    let elsewhere = ReplayServer::start([]).await;
    server.push(Script::new(302).header("location", elsewhere.url()).body(""));
    let new = connection("compatible", Some(server.url()), vec![deployment("llama")]);
    open.create_connection(&ours, new).await.unwrap();
    assert!(infer_in(&open, &ours, chat("compatible/llama", true)).await.is_err());
    assert!(elsewhere.requests().is_empty(), "no redirect is followed");
}

#[db_test]
async fn the_test_button_says_what_happened(db: TestDb) {
    let world = World::new(&db);
    let providers = world.process(json!({}));
    let ours = world.workspace().await;
    let server = ReplayServer::start([
        Script::json(200, r#"{"data":[{"id":"a"},{"id":"b"}]}"#),
        Script::json(401, r#"{"error":{"message":"bad key sk-of-the-workspace-a1b2"}}"#),
        Script::json(404, "{}"),
        Script::events([fixture("compatible/no_done.sse")]),
    ])
    .await;
    let new = connection("compatible", Some(server.url()), vec![deployment("llama")]);
    let made = providers.create_connection(&ours, new).await.unwrap();
    let test = || async { providers.test_connection(&ours, made.id).await.unwrap() };
    let listed = test().await;
    assert_eq!((listed.ok, listed.message.as_str()), (true, "Ours answered and lists 2 models."));
    let refused = test().await;
    let expected = "Ours refused the key. Check the key of the connection “Ours”.";
    assert_eq!((refused.ok, refused.message.as_str()), (false, expected));
    let spoken = test().await;
    assert_eq!((spoken.ok, spoken.message.as_str()), (true, "Ours answered with llama."));
    drop(server);
    let gone = test().await;
    assert!(!gone.ok && gone.message.contains("can't be reached"), "{}", gone.message);
}

#[tokio::test]
async fn without_a_database_there_are_the_installations_models() {
    let providers = crate::harness::providers(json!({}));
    assert_eq!(providers.routes_of(&scope(), None, 5).await.unwrap_err().code(), Code::Internal);
    let inferring = chat("demo/parlance", true);
    assert!(providers.infer(&scope(), inferring, CancellationToken::new()).await.is_ok());
}
