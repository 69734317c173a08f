use contracts::providers::{FinishReason, ProviderErrorKind};
use serde_json::json;
use testkit::fake::{ReplayServer, Script};

use crate::harness::{ask, at, fixture, play, run, sent, usage};

const MODEL: &str = "gemini/gemini-2.5-flash";

#[tokio::test]
async fn acceptance_22_thoughts_are_added_to_the_output_once() {
    let outcome = play("gemini", MODEL, "gemini/thinking.sse").await;
    assert_eq!(outcome.reasoning, "**Greeting**\n\nThe person says hello.");
    assert_eq!(outcome.text, "Xin chào, thế giới 👋!");
    assert_eq!(outcome.usage, usage(2300, 2048, 0, 9 + 64, 64));
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
}

#[tokio::test]
async fn tools_are_called_whether_or_not_calls_have_ids() {
    let outcome = play("gemini", MODEL, "gemini/tool.sse").await;
    assert_eq!(outcome.calls[0].input, json!({ "city": "Hà Nội" }));
    assert_eq!((outcome.calls[1].id.as_str(), &outcome.calls[1].input), ("fn_7", &json!({})));
    assert_ne!(outcome.calls[0].id, "");
    assert_eq!(outcome.finish, Some(FinishReason::ToolCalls));
}

#[tokio::test]
async fn blocked_prompts_and_unsafe_answers_are_the_content_filter() {
    let outcome = play("gemini", MODEL, "gemini/blocked.sse").await;
    assert_eq!(outcome.error_kind, Some(ProviderErrorKind::ContentFilter));
    let outcome = play("gemini", MODEL, "gemini/safety.sse").await;
    assert_eq!(outcome.finish, Some(FinishReason::ContentFilter));
}

#[tokio::test]
async fn acceptance_40_an_error_in_mid_stream_is_a_clear_error() {
    let outcome = play("gemini", MODEL, "gemini/error.sse").await;
    assert_eq!(outcome.text, "Half an");
    assert_eq!(outcome.error_kind, Some(ProviderErrorKind::Overloaded));
}

#[tokio::test]
async fn a_response_comes_whole_too() {
    let server = ReplayServer::start([Script::json(200, &fixture("gemini/response.json"))]).await;
    let outcome = run(&at("gemini", &server), ask(MODEL, "Hello")).await;
    assert_eq!(outcome.text, "Xin chào, thế giới 👋!");
    assert_eq!((outcome.finish, outcome.usage), (Some(FinishReason::Length), usage(8, 0, 0, 10, 0)));
}

#[tokio::test]
async fn acceptance_40_a_long_wait_is_told_and_not_waited_for() {
    let server = ReplayServer::start([Script::json(429, &fixture("gemini/quota.json"))]).await;
    let outcome = run(&at("gemini", &server), ask(MODEL, "Hello")).await;
    assert_eq!(outcome.error_kind, Some(ProviderErrorKind::RateLimited));
    assert_eq!(outcome.error.as_deref(), Some("Google Gemini is limiting requests. Try again in 34 seconds."));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn it_gets_what_the_documentation_asks_for() {
    let request = sent("gemini", MODEL, "gemini/thinking.sse").await;
    assert_eq!(request.target, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_eq!(request.header("x-goog-api-key"), Some("sk-test-key-1234"));
    insta::assert_json_snapshot!(request.json());
    let request = sent("gemini", "gemini/gemini-3.8-flash", "gemini/thinking.sse").await;
    let thinking = request.json()["generationConfig"]["thinkingConfig"].clone();
    assert_eq!(thinking, json!({ "includeThoughts": true, "thinkingLevel": "LOW" }));
}
