//! Which models there are, and which one is chosen.

use std::{sync::Arc, time::Duration};

use contracts::providers::{Model, ProviderErrorKind as Kind};
use kernel::Tasks;
use providers::Providers;
use serde_json::{Value, json};
use testkit::fake::{ReplayServer, Script};

use crate::harness::{Now as _, config, providers};

fn find(providers: &Providers, id: &str) -> Option<Arc<Model>> {
    providers.models_now().iter().find(|model| model.id == id).cloned()
}

fn chosen(extra: Value) -> String {
    providers(extra).default_now().unwrap().id.clone()
}

#[test]
fn without_keys_only_the_demo_can_be_used_and_others_say_why() {
    let providers = providers(json!({}));
    let models = providers.models_now();
    let usable: Vec<_> = models.iter().filter(|model| model.unavailable.is_none()).map(|model| &model.id).collect();
    assert_eq!(usable, ["demo/parlance", "demo/parlance-reasoner", "demo/parlance-vision"]);
    assert_eq!(models[0].id, "demo/parlance", "what can be used comes first");
    assert!(models[0].default);
    assert_eq!(models.iter().filter(|model| model.default).count(), 1);
    let error = providers.model_now("openai/gpt-5.2").unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Unavailable, "Set OPENAI_API_KEY to use OpenAI."));
    let error = providers.model_now("openai/gpt-99").unwrap_err();
    assert_eq!(error.kind, Kind::UnknownModel);
}

#[test]
fn a_key_makes_its_models_usable_and_one_of_them_the_default() {
    let key = json!({ "api_key": "sk-test-key-1234" });
    assert_eq!(chosen(json!({ "openai": key })), "openai/gpt-6.1-sol");
    assert_eq!(chosen(json!({ "anthropic": key })), "anthropic/claude-sonnet-5-5");
    assert_eq!(chosen(json!({ "gemini": key })), "gemini/gemini-4-argon");
    assert_eq!(chosen(json!({ "groq": key, "anthropic": key })), "anthropic/claude-sonnet-5-5");
    assert_eq!(chosen(json!({ "openai": key, "default_model": "openai/gpt-4o" })), "openai/gpt-4o");
    assert_eq!(chosen(json!({ "default_model": "openai/gpt-4o" })), "demo/parlance", "it has no key");
}

#[test]
fn facts_come_from_the_catalogue() {
    let providers = providers(json!({ "anthropic": { "api_key": "k" }, "openai": { "api_key": "k" } }));
    let model = find(&providers, "openai/gpt-5.2").unwrap();
    assert_eq!((model.name.as_str(), model.provider_name.as_str()), ("GPT-5.2", "OpenAI"));
    assert_eq!((model.context_window, model.max_output_tokens), (Some(400_000), Some(128_000)));
    assert_eq!(model.reasoning_efforts, ["none", "low", "medium", "high", "xhigh"]);
    let prices = model.prices.as_ref().unwrap();
    assert_eq!((prices.input.to_string(), prices.output.to_string()), ("0.00000175".into(), "0.000014".into()));
    assert_eq!(prices.version, "2026-11-21");
    let model = find(&providers, "anthropic/claude-sonnet-4-5").unwrap();
    assert_eq!(model.name, "Claude Sonnet 4.5");
    assert_eq!(model.prices.as_ref().unwrap().cache_write.unwrap().to_string(), "0.00000375");
    let tiers = &providers.model_now("anthropic/claude-haiku-5-5").unwrap().prices.clone().unwrap().tiers;
    assert_eq!((tiers[0].above, tiers[0].input.unwrap().to_string()), (100_000, "0.0000005".into()));
    // A dated snapshot is not listed, but can be called.
    assert!(find(&providers, "openai/gpt-5.2-2025-12-11").is_none());
    assert!(providers.model_now("openai/gpt-5.2-2025-12-11").is_ok());
}

#[test]
fn a_model_retires_on_its_day() {
    let (env, clock) = testkit::env_with_clock();
    let providers = Providers::new(env, Tasks::new(), config(json!({ "openai": { "api_key": "k" } }))).unwrap();
    assert!(find(&providers, "openai/o4-mini").is_some());
    // From January to November.
    clock.advance(Duration::from_secs(3600 * 24 * 310));
    assert!(find(&providers, "openai/o4-mini").is_none());
    let error = providers.model_now("openai/o4-mini").unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert_eq!(error.message, "OpenAI retired o4 mini on 2026-10-23. Choose another model.");
}

#[test]
fn an_operator_adds_models_and_changes_prices() {
    let providers = providers(json!({
        "openai": { "api_key": "k" },
        "models": {
            "openai/gpt-5.2": { "prices": { "input": "1", "output": "2.5" }, "name": "Ours" },
            "openai/gpt-4o": { "hidden": true },
            "openai/in-house": { "context_window": 9000, "vision": true },
        },
    }));
    let changed = find(&providers, "openai/gpt-5.2").unwrap();
    let prices = changed.prices.as_ref().unwrap();
    assert_eq!((changed.name.as_str(), prices.version.as_str()), ("Ours", "operator"));
    assert_eq!(prices.output.per_million().to_string(), "2.5");
    assert_eq!(changed.context_window, Some(400_000));
    assert!(find(&providers, "openai/gpt-4o").is_none());
    let added = find(&providers, "openai/in-house").unwrap();
    assert_eq!((added.context_window, added.capabilities.vision, &added.prices), (Some(9000), true, &None));
}

#[test]
fn wrong_settings_are_named() {
    for (extra, part) in [
        (json!({ "opnai": { "api_key": "k" } }), "providers.opnai"),
        (json!({ "openai": { "base_url": "ftp://example.org" } }), "providers.openai.base_url"),
        (json!({ "models": { "gpt-5": {} } }), "gpt-5"),
    ] {
        let error = Providers::new(testkit::env(), Tasks::new(), config(extra)).err().unwrap();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn keys_never_show() {
    let config = config(json!({ "openai": { "api_key": "sk-test-key-1234" } }));
    assert!(!format!("{config:?}").contains("sk-test"));
}

/// Waits for a model to appear.
async fn until(providers: &Providers, id: &str) -> Arc<Model> {
    for _ in 0..200 {
        if let Some(model) = find(providers, id) {
            return model;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{id} did not appear");
}

#[tokio::test]
async fn servers_list_their_own_models() {
    let list = r#"{"object":"list","data":[{"id":"llama3.2:latest","object":"model","owned_by":"library"}]}"#;
    let shown = r#"{"capabilities":["completion","tools","vision"],"model_info":{"llama.context_length":131072}}"#;
    let ollama =
        ReplayServer::start([Script::json(200, list).on("/v1/models"), Script::json(200, shown).on("/api/show")]).await;
    let vllm = r#"{"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model","max_model_len":40960}]}"#;
    let compatible = ReplayServer::start([Script::json(200, vllm).on("/v1/models")]).await;
    let providers = providers(json!({
        "ollama": { "base_url": ollama.url() },
        "compatible": { "base_url": compatible.url(), "api_key": "sk-test-key-1234", "name": "Our GPUs" },
    }));
    providers.start();
    let model = until(&providers, "ollama/llama3.2:latest").await;
    assert!(model.capabilities.vision && model.capabilities.tools);
    assert_eq!(model.context_window, Some(131_072));
    assert_eq!(model.prices.as_ref().unwrap().version, "local");
    let model = until(&providers, "compatible/Qwen/Qwen3-8B").await;
    assert_eq!((model.provider_name.as_str(), model.context_window), ("Our GPUs", Some(40_960)));
    assert_eq!(model.prices, None, "nobody said what it costs");
    assert_eq!(compatible.request().header("authorization"), Some("Bearer sk-test-key-1234"));
    assert_eq!(providers.default_now().unwrap().id, "compatible/Qwen/Qwen3-8B");
    let error = providers.model_now("compatible/other").unwrap_err();
    assert_eq!(error.kind, Kind::UnknownModel, "its list is known by now");
}

#[tokio::test]
async fn an_address_instead_of_openais_serves_what_it_lists() {
    let list = r#"{"object":"list","data":[{"id":"gpt-4o"},{"id":"our-model"}]}"#;
    let server = ReplayServer::start([Script::json(200, list).on("/v1/models")]).await;
    let providers = providers(json!({ "openai": { "base_url": server.url() } }));
    assert!(providers.model_now("openai/our-model").is_ok(), "before it listed anything");
    providers.start();
    until(&providers, "openai/our-model").await;
    assert!(find(&providers, "openai/gpt-4o").unwrap().prices.is_some(), "the catalogue knows it");
    assert!(find(&providers, "openai/gpt-5.2").is_none(), "it does not serve it");
}
