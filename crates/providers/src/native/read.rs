//! What must be known of an answer that is passed on unread: its tokens, its end, its failure.
//!
//! Nothing is parsed that does not hold the word in question, and then only the fields that
//! matter. Bytes are never changed here.

use std::borrow::Cow;

use contracts::providers::{Service, Shape, TokenUsage};
use memchr::{memchr, memmem};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    adapter::{json, service},
    anthropic::Usage as MessagesUsage,
    client::Fault,
    compatible::{Usage as ChatUsage, XGroq},
    error,
    openai::Usage as ResponsesUsage,
};

/// What one event says.
#[derive(Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts about an event")]
pub(super) struct Seen {
    pub usage: Option<TokenUsage>,
    /// It holds figures and no part of the answer.
    pub only_usage: bool,
    /// It comes before the answer: if the stream fails now, nothing was said yet.
    pub preamble: bool,
    /// The answer is whole; figures may follow.
    pub complete: bool,
    /// Nothing follows.
    pub last: bool,
}

/// Reads the events of one answer.
pub(super) struct Reader {
    shape: Shape,
    /// Anthropic tells the tokens in two places.
    messages: MessagesUsage,
}

#[derive(Deserialize)]
struct ChatEvent<'a> {
    #[serde(borrow)]
    choices: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    usage: Option<ChatUsage>,
    #[serde(default)]
    x_groq: Option<XGroq>,
    #[serde(default, deserialize_with = "service")]
    service_tier: Option<Service>,
}

#[derive(Deserialize)]
struct ResponsesEvent {
    response: Option<ResponsesFigures>,
}

#[derive(Deserialize)]
struct ResponsesFigures {
    usage: Option<ResponsesUsage>,
    #[serde(default, deserialize_with = "service")]
    service_tier: Option<Service>,
    #[serde(default)]
    output: Vec<Item>,
}

/// What of an answer's item matters here.
#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    r#type: String,
}

impl ResponsesFigures {
    fn tokens(self) -> Option<TokenUsage> {
        let mut usage = TokenUsage::from(self.usage?);
        let searches = self.output.iter().filter(|item| item.r#type == "web_search_call").count();
        usage.extra.searches = u64::try_from(searches).unwrap_or_default();
        usage.extra.service = self.service_tier.unwrap_or_default();
        Some(usage)
    }
}

#[derive(Deserialize)]
struct MessagesEvent {
    message: Option<MessagesFigures>,
    usage: Option<MessagesUsage>,
}

#[derive(Deserialize)]
struct MessagesFigures {
    usage: Option<MessagesUsage>,
}

impl Reader {
    pub fn new(shape: Shape) -> Self {
        Self { shape, messages: MessagesUsage::default() }
    }

    /// Reads the data of an event; a failure that the provider reports is a fault.
    pub fn event(&mut self, data: &[u8]) -> Result<Seen, Fault> {
        match self.shape {
            Shape::OpenAiChat => chat(data),
            Shape::OpenAiResponses => responses(data),
            Shape::AnthropicMessages => self.messages(data),
            Shape::OpenAiEmbeddings => Err(Fault::Protocol("vectors do not come as a stream")),
        }
    }

    fn messages(&mut self, data: &[u8]) -> Result<Seen, Fault> {
        let data = object(data)?;
        let kind = kind(data)?;
        let kind = kind.as_ref();
        if kind == "error" {
            return Err(reported(data));
        }
        let mut seen = Seen {
            preamble: matches!(kind, "message_start" | "ping"),
            complete: kind == "message_delta",
            last: kind == "message_stop",
            ..Seen::default()
        };
        if matches!(kind, "message_start" | "message_delta") && says(data, b"\"usage\"") {
            let event: MessagesEvent = json(data)?;
            for usage in event.message.and_then(|message| message.usage).into_iter().chain(event.usage) {
                self.messages.update(usage);
                seen.usage = Some(self.messages.into());
            }
        }
        Ok(seen)
    }
}

fn chat(data: &[u8]) -> Result<Seen, Fault> {
    if data.trim_ascii() == b"[DONE]" {
        return Ok(Seen { complete: true, last: true, ..Seen::default() });
    }
    let data = object(data)?;
    if says(data, b"\"error\"") {
        failure(data)?;
    }
    let mut seen = Seen { complete: says(data, b"\"finish_reason\""), ..Seen::default() };
    // The first chunk of OpenAI tells the role and an empty text.
    seen.preamble = !seen.complete
        && memmem::find(data, b"\"role\"").is_some()
        && [&b"\"content\":\"\""[..], b"\"content\": \"\""].iter().any(|empty| memmem::find(data, empty).is_some())
        && memmem::find(data, b"\"tool_calls\"").is_none()
        && memmem::find(data, b"\"reasoning").is_none();
    if says(data, b"\"usage\"") {
        let event: ChatEvent<'_> = json(data)?;
        seen.usage = event.usage.or(event.x_groq.and_then(|groq| groq.usage)).map(TokenUsage::from);
        if let (Some(usage), Some(service)) = (&mut seen.usage, event.service_tier) {
            usage.extra.service = service;
        }
        seen.only_usage = seen.usage.is_some() && event.choices.is_none_or(|choices| choices.is_empty());
    }
    Ok(seen)
}

fn responses(data: &[u8]) -> Result<Seen, Fault> {
    // Imitators end with this; OpenAI itself just ends.
    if data.trim_ascii() == b"[DONE]" {
        return Ok(Seen { last: true, ..Seen::default() });
    }
    let data = object(data)?;
    let kind = kind(data)?;
    let kind = kind.as_ref();
    if matches!(kind, "error" | "response.failed") {
        return Err(reported(data));
    }
    let last = matches!(kind, "response.completed" | "response.incomplete" | "response.cancelled");
    let preamble = matches!(kind, "response.created" | "response.in_progress" | "response.queued");
    let mut seen = Seen { last, complete: last, preamble, ..Seen::default() };
    if last {
        let event: ResponsesEvent = json(data)?;
        seen.usage = event.response.and_then(ResponsesFigures::tokens);
    }
    Ok(seen)
}

/// The tokens of an answer that came whole, which is checked to be one.
pub(super) fn whole(shape: Shape, body: &[u8]) -> Result<Option<TokenUsage>, Fault> {
    #[derive(Deserialize)]
    struct Whole<'a, U> {
        usage: Option<U>,
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        #[serde(default, deserialize_with = "service")]
        service_tier: Option<Service>,
    }
    fn read<'a, U: Deserialize<'a> + Into<TokenUsage>>(body: &'a [u8]) -> Result<Option<TokenUsage>, Fault> {
        let whole: Whole<'a, U> = json(object(body)?)?;
        if whole.error.is_some() {
            return Err(reported(body));
        }
        let mut usage: Option<TokenUsage> = whole.usage.map(Into::into);
        if let (Some(usage), Some(service)) = (&mut usage, whole.service_tier) {
            usage.extra.service = service;
        }
        Ok(usage)
    }
    match shape {
        Shape::OpenAiChat | Shape::OpenAiEmbeddings => read::<ChatUsage>(body),
        Shape::OpenAiResponses => {
            let usage = read::<ResponsesUsage>(body)?;
            // The items matter only where there are searches to pay for.
            if memmem::find(body, b"web_search_call").is_none() {
                return Ok(usage);
            }
            json::<ResponsesFigures>(object(body)?).map(ResponsesFigures::tokens)
        }
        Shape::AnthropicMessages => read::<MessagesUsage>(body),
    }
}

/// What looks like an object, without white space around it.
fn object(data: &[u8]) -> Result<&[u8], Fault> {
    let data = data.trim_ascii();
    if data.starts_with(b"{") && data.ends_with(b"}") {
        return Ok(data);
    }
    Err(Fault::Protocol("its answer is not the JSON it documents"))
}

/// Whether a member of this name (with its quotes) stands somewhere, and is not null.
fn says(data: &[u8], name: &[u8]) -> bool {
    memmem::find_iter(data, name).any(|at| {
        let after = data.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
        after.strip_prefix(b":").is_some_and(|value| !value.trim_ascii_start().starts_with(b"null"))
    })
}

/// The type of an event, which both interfaces write first.
fn kind(data: &[u8]) -> Result<Cow<'_, str>, Fault> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
    }
    let first = data.strip_prefix(b"{\"type\":\"").and_then(|rest| rest.get(..memchr(b'"', rest)?));
    match first.and_then(|kind| std::str::from_utf8(kind).ok()) {
        Some(kind) => Ok(kind.into()),
        None => json::<Kind<'_>>(data).map(|event| event.kind),
    }
}

/// An error in a chunk of Chat Completions, at the places where imitators put it.
fn failure(data: &[u8]) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Failed<'a> {
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        #[serde(borrow, default)]
        choices: Vec<FailedChoice<'a>>,
        #[serde(default)]
        x_groq: Option<XGroq>,
    }
    #[derive(Deserialize)]
    struct FailedChoice<'a> {
        #[serde(borrow)]
        error: Option<&'a RawValue>,
    }
    let failed: Failed<'_> = json(data)?;
    if failed.error.is_some() {
        return Err(reported(data));
    }
    if let Some(error) = failed.choices.into_iter().find_map(|choice| choice.error) {
        return Err(reported(format!("{{\"error\":{}}}", error.get()).as_bytes()));
    }
    match failed.x_groq.and_then(|groq| groq.error) {
        Some(message) => Err(Fault::Reported { code: String::new(), message }),
        None => Ok(()),
    }
}

/// The failure that an object tells of; failures are rare, so trees are fine.
fn reported(data: &[u8]) -> Fault {
    let value: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    // `response.failed` has it in the response.
    let (code, message) = error::describe(value.get("response").unwrap_or(&value));
    Fault::Reported { code, message }
}

#[cfg(test)]
mod tests {
    use contracts::providers::ExtraUsage;

    use super::*;

    fn seen(shape: Shape, data: &str) -> Seen {
        Reader::new(shape).event(data.as_bytes()).unwrap()
    }

    #[test]
    fn usage_is_read_where_it_stands_and_nowhere_else() {
        let chat = |data| seen(Shape::OpenAiChat, data);
        let text = chat(r#"{"choices":[{"delta":{"content":"the \"usage\": 5"}}],"usage":null}"#);
        assert_eq!(text, Seen::default());
        let last = chat(r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#);
        assert_eq!((last.usage.unwrap().input, last.only_usage), (7, true));
        let with_text = chat(r#"{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":7}}"#);
        assert!(with_text.complete && !with_text.only_usage && with_text.usage.is_some());
        assert!(chat(r#"{"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#).preamble);
        assert!(!chat(r#"{"choices":[{"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}"#).preamble);
        assert!(chat("[DONE]").last);
    }

    #[test]
    fn anthropic_tells_input_first_and_output_last() {
        let mut reader = Reader::new(Shape::AnthropicMessages);
        let start = reader.event(br#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":3,"cache_read_input_tokens":10,"cache_creation_input_tokens":5,"output_tokens":1}}}"#).unwrap();
        assert!(start.preamble);
        let end = reader
            .event(br#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":42}}"#)
            .unwrap();
        let expected = TokenUsage {
            input: 18,
            cached_input: 10,
            cache_write: 5,
            output: 42,
            reasoning: 0,
            extra: ExtraUsage::default(),
        };
        assert_eq!(end.usage, Some(expected));
        assert!(reader.event(br#"{"type":"message_stop"}"#).unwrap().last);
    }

    #[test]
    fn failures_in_the_stream_are_faults() {
        for (shape, data, expected) in [
            (Shape::OpenAiChat, r#"{"error":{"message":"overloaded","code":503}}"#, "overloaded"),
            (Shape::OpenAiChat, r#"{"choices":[{"delta":{},"error":{"message":"gone"}}]}"#, "gone"),
            (Shape::AnthropicMessages, r#"{"type":"error","error":{"type":"api_error","message":"oops"}}"#, "oops"),
            (Shape::OpenAiResponses, r#"{"type":"error","message":"bad","code":"server_error"}"#, "bad"),
            (Shape::OpenAiResponses, r#"{"type":"response.failed","response":{"error":{"message":"worse"}}}"#, "worse"),
        ] {
            let fault = Reader::new(shape).event(data.as_bytes()).unwrap_err();
            assert!(matches!(&fault, Fault::Reported { message, .. } if message == expected), "{fault:?}");
        }
        let talk = r#"{"choices":[{"delta":{"content":"an \"error\" occurred"}}],"error":null}"#;
        assert_eq!(seen(Shape::OpenAiChat, talk), Seen::default());
        for bad in ["<html>", "{\"a\":", ""] {
            assert!(matches!(Reader::new(Shape::OpenAiChat).event(bad.as_bytes()), Err(Fault::Protocol(_))), "{bad}");
        }
    }

    #[test]
    fn acceptance_22_services_and_what_is_no_text_are_read() {
        let read = |shape, body: &str| whole(shape, body.as_bytes()).unwrap().unwrap().extra;
        let chat = r#"{"service_tier": "flex", "choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 12},
            "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 5}}}"#;
        let expected = ExtraUsage { service: Service::Flex, audio_input: 12, audio_output: 5, ..ExtraUsage::default() };
        assert_eq!(read(Shape::OpenAiChat, chat), expected);
        let responses = r#"{"service_tier": "priority", "output": [{"type": "web_search_call", "id": "a"},
            {"type": "message", "content": [{"text": "web_search_call"}]}, {"type": "web_search_call"}],
            "usage": {"input_tokens": 3, "output_tokens": 1}}"#;
        let expected = ExtraUsage { service: Service::Priority, searches: 2, ..ExtraUsage::default() };
        assert_eq!(read(Shape::OpenAiResponses, responses), expected);
        let messages = r#"{"type": "message", "usage": {"input_tokens": 3, "output_tokens": 1, "service_tier": "batch",
            "cache_creation_input_tokens": 50, "server_tool_use": {"web_search_requests": 4},
            "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 20}}}"#;
        let expected = ExtraUsage { service: Service::Batch, cache_write_1h: 20, searches: 4, ..ExtraUsage::default() };
        assert_eq!(read(Shape::AnthropicMessages, messages), expected);
        let odd = r#"{"service_tier": null, "choices": [], "usage": {"prompt_tokens": 1}}"#;
        assert_eq!(read(Shape::OpenAiChat, odd), ExtraUsage::default());
        // In a stream, too.
        let event = format!(r#"{{"type":"response.completed","response":{responses}}}"#);
        let seen = Reader::new(Shape::OpenAiResponses).event(event.replace('\n', "").as_bytes()).unwrap();
        assert_eq!(seen.usage.unwrap().extra.searches, 2);
    }
}
