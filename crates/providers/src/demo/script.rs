//! What the demo provider will say: the whole generation, decided before it is streamed.

use contracts::providers::{
    AnswerFormat, ChatMessage, ChatPart, ChatRole, Chunk, FinishReason, GenerationRequest, TokenUsage, ToolCall,
    ToolChoice,
};
use serde_json::json;

use super::{
    image,
    prompt::{Content, Failure, Prompt, previous_topic, text_of},
    sample,
    texts::{self, Texts},
};
use crate::tokens;

/// A generation to be.
pub(super) struct Script {
    pub prompt: Prompt,
    pub chunks: Vec<Chunk>,
    pub finish: FinishReason,
    /// Input counted; output counts up as the chunks go out.
    pub usage: TokenUsage,
}

/// Prefixes shorter than this are not cached, as with most providers.
const CACHED_FROM: u64 = 1024;

/// Decides what `model` answers.
pub(super) fn write(model: &str, request: &GenerationRequest) -> Script {
    let last = request.messages.iter().rev().find(|message| message.role == ChatRole::User);
    let question = last.map(text_of).unwrap_or_default();
    let prompt = Prompt::read(&question);
    let language = if prompt.vietnamese { texts::vietnamese() } else { texts::for_prompt(&question) };
    let topic = if prompt.topic.is_empty() { language.empty_topic.trim() } else { prompt.topic.as_str() };

    let mut chunks = Vec::new();
    if prompt.reason || model.ends_with("reasoner") {
        let thought = language.reasoning.replace("{topic}", topic);
        chunks.extend(pieces(thought.trim_end()).map(|piece| Chunk::Reasoning(piece.to_owned())));
    }
    let mut finish = FinishReason::Stop;
    let result = last.and_then(tool_result);
    if calls_tool(&prompt, request, result.is_some()) {
        chunks.extend(tool_call(request, topic));
        finish = FinishReason::ToolCalls;
    } else {
        let mut text = match &request.tuning.format {
            AnswerFormat::Text => answer(request, last, &prompt, language, topic, result),
            AnswerFormat::Json => json!({ "topic": topic }).to_string(),
            AnswerFormat::Schema { schema, .. } => sample::of(schema, topic).to_string(),
        };
        let stops = request.tuning.stop.iter().filter(|stop| !stop.is_empty());
        if let Some(end) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
            text.truncate(end);
        }
        chunks.extend(pieces(&text).map(|piece| Chunk::Text(piece.to_owned())));
    }
    if prompt.failure == Some(Failure::Mid) {
        chunks.truncate(chunks.len().min(12));
    }
    if let Some(most) = request.parameters.max_output_tokens {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if chunks.len() > most {
            chunks.truncate(most);
            finish = FinishReason::Length;
        }
    }
    Script { usage: input_usage(request), prompt, chunks, finish }
}

/// Whether it answers with a call: because the prompt or the request wants one.
fn calls_tool(prompt: &Prompt, request: &GenerationRequest, has_result: bool) -> bool {
    match request.tuning.tool_choice {
        ToolChoice::Auto => prompt.content == Content::Tool && !has_result,
        ToolChoice::None => false,
        ToolChoice::Required | ToolChoice::Named(_) => !request.tools.is_empty(),
    }
}

fn answer(
    request: &GenerationRequest,
    last: Option<&ChatMessage>,
    prompt: &Prompt,
    language: &Texts,
    topic: &str,
    result: Option<&str>,
) -> String {
    let mut text = String::new();
    if let Some(images) = last.and_then(|message| describe_images(message, language)) {
        text.push_str(&images);
    }
    if let Some(result) = result {
        text.push_str(&language.tool_result.replace("{result}", result).replace("{topic}", topic));
        return text;
    }
    let fixed = |body: &str| body.replace("{topic}", topic);
    match &prompt.content {
        Content::Usual | Content::Tool => {
            if let Some(previous) = previous_topic(&request.messages) {
                text.push_str(&language.follow_up.replace("{previous}", &previous));
            }
            let choice = fingerprint(&prompt.topic) % language.answers.len().max(1);
            text.push_str(&fixed(language.answers.get(choice).copied().unwrap_or_default()));
        }
        Content::Long(words) => text.push_str(&long(&fixed(language.long), *words)),
        Content::Table => text.push_str(&fixed(texts::TABLE)),
        Content::Code => text.push_str(&fixed(texts::CODE)),
        Content::Math => text.push_str(&fixed(texts::MATH)),
        Content::Markdown => text.push_str(texts::MARKDOWN),
        Content::Hostile => text.push_str(texts::HOSTILE),
        Content::Echo(echoed) => text.push_str(echoed),
    }
    text.truncate(text.trim_end().len());
    text
}

/// Exactly `count` words of `passage`, over and over, its paragraphs kept apart.
fn long(passage: &str, count: usize) -> String {
    let mut text = String::new();
    let paragraphs: Vec<&str> = passage.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).collect();
    let mut left = count;
    for paragraph in paragraphs.iter().cycle() {
        for (index, word) in paragraph.split_whitespace().take(left).enumerate() {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        left = left.saturating_sub(paragraph.split_whitespace().count());
        if left == 0 || paragraphs.is_empty() {
            break;
        }
        text.push_str("\n\n");
    }
    text
}

fn describe_images(message: &ChatMessage, language: &Texts) -> Option<String> {
    let lines: Vec<String> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            ChatPart::Image { media_type, data } => Some((media_type, data)),
            _ => None,
        })
        .map(|(media_type, data)| {
            let size = image::size(data).map_or(String::new(), |(width, height)| format!(", {width} × {height}"));
            format!("- `{media_type}`{size}, {} bytes", data.len())
        })
        .collect();
    let [one, many] = language.images;
    let count = match lines.len() {
        0 => return None,
        1 => one.to_owned(),
        several => format!("{several} {many}"),
    };
    Some(language.image.replace("{count}", &count).replace("{images}", &lines.join("\n")))
}

fn tool_result(message: &ChatMessage) -> Option<&str> {
    message.parts.iter().find_map(|part| match part {
        ChatPart::ToolResult { content, .. } => Some(content.as_str()),
        _ => None,
    })
}

/// A call of the first tool there is, or of one that any demonstration has.
fn tool_call(request: &GenerationRequest, topic: &str) -> Vec<Chunk> {
    let tool = match &request.tuning.tool_choice {
        ToolChoice::Named(name) => request.tools.iter().find(|tool| tool.name == *name),
        _ => request.tools.first(),
    };
    let name = tool.map_or("get_weather", |tool| tool.name.as_str());
    let id = format!("call_demo_{:08x}", fingerprint(topic) & 0xFFFF_FFFF);
    let example = tool.map(|tool| sample::of(&tool.parameters, topic));
    let input = example.filter(serde_json::Value::is_object).unwrap_or_else(|| json!({ "query": topic }));
    let arguments = input.to_string();
    let mut chunks = vec![Chunk::ToolStart { id: id.clone(), name: name.to_owned() }];
    chunks.extend(pieces(&arguments).map(|delta| Chunk::ToolInput { id: id.clone(), delta: delta.to_owned() }));
    chunks.push(Chunk::ToolCall(ToolCall { id, name: name.to_owned(), input }));
    chunks
}

/// Words with the white space after them: about one token each.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        let space = rest.get(word..)?.find(char::is_whitespace).map_or(rest.len(), |at| word + at);
        let end = rest.get(space..)?.find(|c: char| !c.is_whitespace()).map_or(rest.len(), |at| space + at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn input_usage(request: &GenerationRequest) -> TokenUsage {
    let count = |message: &ChatMessage| -> u64 {
        message
            .parts
            .iter()
            .map(|part| match part {
                ChatPart::Text(text) => tokens::estimate(text),
                ChatPart::Image { .. } => tokens::IMAGE,
                ChatPart::ToolCall(call) => tokens::estimate(&call.input.to_string()),
                ChatPart::ToolResult { content, .. } => tokens::estimate(content),
            })
            .sum()
    };
    let system = request.system.as_deref().map_or(0, tokens::estimate);
    let (last, before) = request
        .messages
        .split_last()
        .map_or((0, 0), |(last, before)| (count(last), before.iter().map(count).sum::<u64>()));
    let prefix = system + before;
    TokenUsage {
        input: prefix + last,
        cached_input: if prefix >= CACHED_FROM { prefix } else { 0 },
        ..TokenUsage::default()
    }
}

/// FNV-1a: the same choice for the same words, on every machine.
fn fingerprint(text: &str) -> usize {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    usize::try_from(hash >> 33).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_writes_exactly_that_many_words() {
        for count in [1, 7, 333, 5000] {
            let text = long("one two three\n\nfour five\n\n", count);
            assert_eq!(text.split_whitespace().count(), count);
        }
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_text(text in "\\PC*[ \\n]*\\PC*") {
            prop_assert_eq!(pieces(&text).collect::<String>(), text);
        }
    }
}
