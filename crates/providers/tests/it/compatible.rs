//! Groq, and the others that imitate Chat Completions.

use contracts::providers::{FinishReason, Parameters, ProviderErrorKind};
use serde_json::{Value, json};
use testkit::fake::{ReplayServer, Script};

use crate::harness::{ask, at, fixture, play, run, usage};

#[tokio::test]
async fn acceptance_22_groq_tells_its_usage_in_a_field_of_its_own() {
    let outcome = play("groq", "groq/openai/gpt-oss-120b", "groq/reasoning.sse").await;
    assert_eq!(outcome.reasoning, "The person says hello.");
    assert_eq!(outcome.text, "Xin chào, thế giới 👋!");
    assert_eq!(outcome.usage, usage(78, 64, 0, 45, 32));
}

#[tokio::test]
async fn mistral_thinks_in_parts_of_the_content() {
    let outcome = play("mistral", "mistral/mistral-medium-3-5", "compatible/mistral.sse").await;
    assert_eq!((outcome.reasoning.as_str(), outcome.text.as_str()), ("The person says hello.", "Hello!"));
    assert_eq!(outcome.usage, usage(10, 0, 0, 20, 0));
}

#[tokio::test]
async fn deepseek_thinks_in_reasoning_content() {
    let outcome = play("deepseek", "deepseek/deepseek-v4-pro", "compatible/deepseek.sse").await;
    assert_eq!((outcome.reasoning.as_str(), outcome.text.as_str()), ("The person says hello.", "Hello!"));
    assert_eq!(outcome.usage, usage(100, 64, 0, 50, 40));
}

#[tokio::test]
async fn acceptance_22_reasoning_that_xai_counts_apart_is_output_too() {
    let outcome = play("xai", "xai/grok-4.7", "compatible/xai.sse").await;
    assert_eq!(outcome.usage, usage(32, 6, 0, 9 + 94, 94));
}

#[tokio::test]
async fn acceptance_22_an_explicit_zero_stays_zero() {
    let outcome = play("compatible", "compatible/Qwen/Qwen3", "compatible/vllm.sse").await;
    assert_eq!((outcome.reasoning.as_str(), outcome.text.as_str()), ("Hm.", "Hello!"));
    assert_eq!(outcome.usage, usage(0, 0, 0, 0, 0));
    assert_eq!(outcome.finish, Some(FinishReason::Length));
}

#[tokio::test]
async fn acceptance_40_an_error_in_a_choice_is_a_clear_error() {
    let outcome = play("openrouter", "openrouter/meta/llama", "compatible/openrouter_error.sse").await;
    assert_eq!(outcome.error_kind, Some(ProviderErrorKind::Failed));
    let message = outcome.error.unwrap();
    assert!(message.contains("OpenRouter") && message.contains("disconnected unexpectedly"), "{message}");
}

#[tokio::test]
async fn a_server_need_not_say_done() {
    let outcome = play("compatible", "compatible/model", "compatible/no_done.sse").await;
    assert_eq!((outcome.text.as_str(), outcome.finish), ("Hello!", Some(FinishReason::Stop)));
    assert_eq!(outcome.usage, None);
}

async fn body(provider: &str, model: &str, effort: &str) -> Value {
    let server = ReplayServer::start([Script::events([fixture("compatible/no_done.sse")])]).await;
    let parameters =
        Parameters { reasoning_effort: Some(effort.to_owned()), max_output_tokens: Some(100), temperature: None };
    run(&at(provider, &server), contracts::providers::GenerationRequest { parameters, ..ask(model, "Hello") }).await;
    server.request().json()
}

#[tokio::test]
async fn each_imitator_is_asked_in_its_own_dialect() {
    let groq = body("groq", "groq/qwen/qwen3.8-27b", "none").await;
    assert_eq!((&groq["reasoning_format"], &groq["reasoning_effort"]), (&json!("parsed"), &json!("none")));
    assert_eq!((&groq["model"], &groq["max_completion_tokens"]), (&json!("qwen/qwen3.8-27b"), &json!(100)));

    let deepseek = body("deepseek", "deepseek/deepseek-v4-pro", "none").await;
    assert_eq!((&deepseek["thinking"], deepseek.get("reasoning_effort")), (&json!({ "type": "disabled" }), None));
    let deepseek = body("deepseek", "deepseek/deepseek-v4-pro", "max").await;
    assert_eq!((&deepseek["thinking"], &deepseek["reasoning_effort"]), (&json!({ "type": "enabled" }), &json!("max")));

    let mistral = body("mistral", "mistral/mistral-medium-3-5", "high").await;
    assert_eq!((mistral.get("stream_options"), &mistral["reasoning_effort"]), (None, &json!("high")));
    assert_eq!(mistral["max_tokens"], json!(100));

    let unknown = body("mistral", "mistral/mistral-medium-3-5", "ludicrous").await;
    assert_eq!(unknown.get("reasoning_effort"), None);
}
