use contracts::providers::{FinishReason, ProviderErrorKind};
use serde_json::json;
use testkit::fake::{ReplayServer, Script};

use crate::harness::{ask, at, fixture, play, run, sent, usage};

const MODEL: &str = "anthropic/claude-sonnet-4-5";

#[tokio::test]
async fn acceptance_22_input_holds_cache_reads_and_writes_once() {
    let outcome = play("anthropic", MODEL, "anthropic/text.sse").await;
    assert_eq!(outcome.text, "Xin chào, thế giới 👋!");
    assert_eq!(outcome.usage, usage(25 + 4096 + 2048, 4096, 2048, 15, 0));
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
}

#[tokio::test]
async fn thinking_is_reasoning_and_counted_within_the_output() {
    let outcome = play("anthropic", MODEL, "anthropic/thinking.sse").await;
    assert_eq!(outcome.reasoning, "The person says hello.");
    assert_eq!(outcome.text, "Hello!");
    assert_eq!(outcome.usage, usage(43, 0, 0, 120, 96));
}

#[tokio::test]
async fn tools_are_called_with_and_without_arguments() {
    let outcome = play("anthropic", MODEL, "anthropic/tool.sse").await;
    assert_eq!(outcome.text, "Okay, let me look.");
    let calls: Vec<_> = outcome.calls.iter().map(|call| (call.name.as_str(), call.input.clone())).collect();
    assert_eq!(calls, [("get_weather", json!({ "city": "San Francisco, CA" })), ("get_time", json!({}))]);
    assert_eq!(outcome.finish, Some(FinishReason::ToolCalls));
    assert_eq!(outcome.usage, usage(472, 0, 0, 89, 0));
}

#[tokio::test]
async fn a_refusal_is_the_content_filter() {
    let outcome = play("anthropic", MODEL, "anthropic/refusal.sse").await;
    assert_eq!(outcome.finish, Some(FinishReason::ContentFilter));
}

#[tokio::test]
async fn acceptance_40_an_error_event_in_mid_stream_is_a_clear_error() {
    let outcome = play("anthropic", MODEL, "anthropic/error.sse").await;
    assert_eq!(outcome.text, "Half an");
    assert_eq!(outcome.error_kind, Some(ProviderErrorKind::Overloaded));
    assert_eq!(outcome.error.as_deref(), Some("Anthropic is overloaded. Try again in a moment."));
}

#[tokio::test]
async fn a_message_comes_whole_too() {
    let server = ReplayServer::start([Script::json(200, &fixture("anthropic/message.json"))]).await;
    let outcome = run(&at("anthropic", &server), ask(MODEL, "Hello")).await;
    assert_eq!((outcome.reasoning.as_str(), outcome.text.as_str()), ("The person says hello.", "Hello!"));
    assert_eq!(outcome.calls[0].input, json!({ "city": "Huế" }));
    assert_eq!(outcome.usage, usage(2095, 0, 0, 503, 0));
    assert_eq!(outcome.finish, Some(FinishReason::ToolCalls));
}

#[tokio::test]
async fn it_gets_what_the_documentation_asks_for() {
    let request = sent("anthropic", MODEL, "anthropic/text.sse").await;
    assert_eq!(request.path(), "/v1/messages");
    assert_eq!(request.header("x-api-key"), Some("sk-test-key-1234"));
    assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(request.header("authorization"), None);
    insta::assert_json_snapshot!("anthropic_with_a_budget", request.json());

    // The newest decide for themselves how long to think, and take no temperature.
    let request = sent("anthropic", "anthropic/claude-opus-5", "anthropic/text.sse").await;
    let body = request.json();
    assert_eq!(body["thinking"], json!({ "type": "adaptive", "display": "summarized" }));
    assert_eq!(body["output_config"], json!({ "effort": "low" }));
    assert_eq!(body.get("temperature"), None);
}
