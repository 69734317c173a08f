//! Reads Gemini's responses: each event of a stream is one, and so is a whole answer.

use std::collections::VecDeque;

use contracts::providers::{Chunk, ExtraUsage, FinishReason, TokenUsage, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    adapter::{Decoder, finish, json, push_reasoning, push_text},
    client::Fault,
    error,
};

pub(crate) fn decoder() -> Box<dyn Decoder> {
    Box::<Generate>::default()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(default)]
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    function_call: Option<FunctionCall>,
}

#[derive(Deserialize)]
struct FunctionCall {
    id: Option<String>,
    name: String,
    #[serde(default)]
    args: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    /// Cached ones included.
    prompt_token_count: u64,
    tool_use_prompt_token_count: u64,
    cached_content_token_count: u64,
    candidates_token_count: u64,
    /// Not part of the candidates' tokens.
    thoughts_token_count: u64,
    prompt_tokens_details: Vec<Modality>,
    cache_tokens_details: Vec<Modality>,
    candidates_tokens_details: Vec<Modality>,
}

/// Tokens of one kind of content.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Modality {
    modality: String,
    token_count: u64,
}

fn of_kind(details: &[Modality], kind: &str) -> u64 {
    details.iter().filter(|part| part.modality == kind).map(|part| part.token_count).sum()
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let input = usage.prompt_token_count + usage.tool_use_prompt_token_count;
        let cached = usage.cached_content_token_count.min(input);
        let read = |kind| {
            of_kind(&usage.prompt_tokens_details, kind).saturating_sub(of_kind(&usage.cache_tokens_details, kind))
        };
        let written = |kind| of_kind(&usage.candidates_tokens_details, kind);
        let audio_input = read("AUDIO").min(input - cached);
        let audio_output = written("AUDIO").min(usage.candidates_token_count);
        let extra = ExtraUsage {
            audio_input,
            audio_output,
            image_input: read("IMAGE").min(input - cached - audio_input),
            image_output: written("IMAGE").min(usage.candidates_token_count - audio_output),
            ..ExtraUsage::default()
        };
        Self {
            input,
            cached_input: cached,
            cache_write: 0,
            output: usage.candidates_token_count + usage.thoughts_token_count,
            reasoning: usage.thoughts_token_count,
            extra,
        }
    }
}

#[derive(Default)]
struct Generate {
    calls: usize,
    usage: Option<TokenUsage>,
    reason: Option<FinishReason>,
}

impl Decoder for Generate {
    fn event(&mut self, data: &str, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        self.read(json(data.as_bytes())?, out)
    }

    fn whole(&mut self, body: &[u8], out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        self.read(json(body)?, out)?;
        self.end(out)
    }

    fn end(&mut self, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        let reason = self.reason.ok_or(Fault::BrokeOff)?;
        out.push_back(finish(reason, self.calls > 0));
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.reason.is_some()
    }
}

impl Generate {
    fn read(&mut self, response: Response, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        if let Some(error) = response.error {
            let (code, message) = error::describe(&error);
            return Err(Fault::Reported { code, message });
        }
        if let Some(usage) = response.usage_metadata.map(TokenUsage::from)
            && self.usage.replace(usage) != Some(usage)
        {
            out.push_back(Chunk::Usage(usage));
        }
        if let Some(blocked) = response.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            return Err(Fault::Reported { code: "prompt_blocked".to_owned(), message: blocked });
        }
        let Some(candidate) = response.candidates.into_iter().next() else { return Ok(()) };
        for part in candidate.content.map(|content| content.parts).unwrap_or_default() {
            match (part.function_call, part.text) {
                (Some(call), _) => self.call(call, out),
                (None, Some(text)) if part.thought => push_reasoning(out, text),
                (None, Some(text)) => push_text(out, text),
                (None, None) => {}
            }
        }
        if let Some(reason) = candidate.finish_reason {
            self.reason = Some(reason_of(&reason, candidate.finish_message)?);
        }
        Ok(())
    }

    /// Calls come whole.
    fn call(&mut self, call: FunctionCall, out: &mut VecDeque<Chunk>) {
        let id = call.id.unwrap_or_else(|| format!("call_{}_{}", self.calls, call.name));
        self.calls += 1;
        let input = if call.args.is_null() { Value::Object(serde_json::Map::new()) } else { call.args };
        out.push_back(Chunk::ToolStart { id: id.clone(), name: call.name.clone() });
        out.push_back(Chunk::ToolInput { id: id.clone(), delta: input.to_string() });
        out.push_back(Chunk::ToolCall(ToolCall { id, name: call.name, input }));
    }
}

fn reason_of(reason: &str, message: Option<String>) -> Result<FinishReason, Fault> {
    Ok(match reason {
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" | "MALFORMED_RESPONSE" | "OTHER" => {
            let message = message.unwrap_or_else(|| format!("the answer ended with {reason}"));
            return Err(Fault::Reported { code: reason.to_lowercase(), message });
        }
        _ => FinishReason::Stop,
    })
}
