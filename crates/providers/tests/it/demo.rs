use bytes::Bytes;
use contracts::providers::{ChatPart, FinishReason, GenerationRequest, Parameters, ProviderErrorKind as Kind, Tool};
use providers::Providers;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::{Now as _, Outcome, ask, assistant, providers, run, run_cancellable, user};

fn demo() -> Providers {
    providers(json!({ "demo": { "chunk_delay_ms": 0 } }))
}

async fn say(text: &str) -> Outcome {
    run(&demo(), ask("demo/parlance", text)).await
}

#[tokio::test]
async fn answers_the_same_to_the_same_prompt_and_speaks_of_it() {
    let first = say("How do whales sleep?").await;
    assert_eq!(say("How do whales sleep?").await, first);
    assert!(first.text.contains("**How do whales sleep**"), "{}", first.text);
    let usage = first.usage.unwrap();
    assert!(usage.input > 0 && usage.output > 50);
    assert_eq!((first.finish, usage.reasoning), (Some(FinishReason::Stop), 0));
    assert_ne!(say("What is a monad?").await.text, first.text);
}

#[tokio::test]
async fn answers_in_vietnamese() {
    for prompt in ["Cá voi ngủ như thế nào?", "/vi whales"] {
        let text = say(prompt).await.text;
        assert!(text.contains("Bạn"), "{text}");
    }
}

#[tokio::test]
async fn writes_what_a_command_asks_for() {
    for (prompt, part) in [
        ("/table", "|:--|--:|"),
        ("/code", "```rust"),
        ("/math", "\\frac"),
        ("/markdown", "- [x] done"),
        ("/hostile", "<script>"),
    ] {
        assert!(say(prompt).await.text.contains(part), "{prompt}");
    }
    assert_eq!(say("/echo  two\n lines").await.text, "two\n lines");
    let long = say("/long 2500 about whales").await;
    assert_eq!(long.text.split_whitespace().count(), 2500);
    assert_eq!(long.usage.unwrap().output, 2500);
}

#[tokio::test]
async fn reasons_on_request_and_always_as_the_reasoner() {
    for outcome in [say("/reason why?").await, run(&demo(), ask("demo/parlance-reasoner", "why?")).await] {
        let usage = outcome.usage.unwrap();
        assert!(outcome.reasoning.contains("why"));
        assert!(usage.reasoning > 0 && usage.reasoning < usage.output);
    }
}

#[tokio::test]
async fn fails_as_it_is_told() {
    for (prompt, kind) in [
        ("/fail auth", Kind::Auth),
        ("/fail rate", Kind::RateLimited),
        ("/fail overloaded", Kind::Overloaded),
        ("/fail", Kind::Failed),
    ] {
        let outcome = say(prompt).await;
        assert_eq!((outcome.error_kind, outcome.text.as_str()), (Some(kind), ""), "{prompt}");
    }
    let mid = say("/fail mid").await;
    assert_eq!(mid.error_kind, Some(Kind::Failed));
    assert!(!mid.text.is_empty() && mid.usage.is_some());
}

#[tokio::test]
async fn calls_a_tool_and_uses_its_result() {
    let tool = Tool { name: "search".into(), description: String::new(), parameters: json!({ "type": "object" }) };
    let request = GenerationRequest { tools: vec![tool], ..ask("demo/parlance", "/tool whales") };
    let outcome = run(&demo(), request.clone()).await;
    assert_eq!((outcome.calls[0].name.as_str(), outcome.finish), ("search", Some(FinishReason::ToolCalls)));
    let call = outcome.calls[0].clone();
    let result = ChatPart::ToolResult { tool_call_id: call.id.clone(), content: "They nap.".into(), is_error: false };
    let mut messages = request.messages.clone();
    messages.extend([assistant(vec![ChatPart::ToolCall(call)]), user(vec![result])]);
    let outcome = run(&demo(), GenerationRequest { messages, ..request }).await;
    assert!(outcome.text.contains("They nap."), "{}", outcome.text);
}

#[tokio::test]
async fn describes_the_images_it_got() {
    let png = Bytes::from_static(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06");
    let image = ChatPart::Image { media_type: "image/png".into(), data: png };
    let messages = vec![user(vec![ChatPart::Text("What is it?".into()), image])];
    let request = GenerationRequest { messages, ..ask("demo/parlance-vision", "") };
    let outcome = run(&demo(), request).await;
    assert!(outcome.text.contains("`image/png`, 640 × 480, 26 bytes"), "{}", outcome.text);
}

#[tokio::test]
async fn keeps_to_the_most_tokens() {
    let parameters = Parameters { max_output_tokens: Some(5), ..Parameters::default() };
    let outcome = run(&demo(), GenerationRequest { parameters, ..ask("demo/parlance", "/echo a b c d e f g") }).await;
    assert_eq!((outcome.text.trim(), outcome.finish), ("a b c d e", Some(FinishReason::Length)));
}

#[tokio::test]
async fn refers_to_the_question_before() {
    let text = |text: &str| vec![ChatPart::Text(text.to_owned())];
    let messages = vec![user(text("What is a whale?")), assistant(text("Big.")), user(text("And a dolphin?"))];
    let outcome = run(&demo(), GenerationRequest { messages, ..ask("demo/parlance", "") }).await;
    assert!(outcome.text.contains("“What is a whale”"), "{}", outcome.text);
}

#[tokio::test]
async fn acceptance_42_stops_while_it_hangs_and_says_what_it_used() {
    let cancel = CancellationToken::new();
    let demo = demo();
    let running = run_cancellable(&demo, ask("demo/parlance", "/slow tell me"), cancel.clone());
    let stopping = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(running, stopping);
    assert_eq!(outcome.finish, Some(FinishReason::Cancelled));
    assert_eq!(outcome.usage.unwrap().output, 1);
}

#[tokio::test]
async fn acceptance_40_a_hang_ends_in_a_timeout() {
    let outcome = say("/hang").await;
    assert_eq!((outcome.error_kind, outcome.text.as_str()), (Some(Kind::Timeout), ""));
}

#[tokio::test]
async fn can_be_switched_off() {
    let providers = providers(json!({ "demo": { "enabled": false } }));
    let error = providers.default_now().unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("OPENAI_API_KEY"));
    assert_eq!(providers.model_now("demo/parlance").unwrap_err().kind, Kind::UnknownModel);
}
