//! What a message is made of.

use kernel::FileId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One part of a message, in the order to show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Text; in an answer it is Markdown.
    Text { text: String },
    /// What the model thought before it answered, as far as its provider tells.
    Reasoning { text: String },
    /// A file that the person attached.
    File(FilePart),
    /// A call that the model asked for.
    ToolCall(ToolCallPart),
    /// Something that the person should know about the answer.
    Notice(Notice),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilePart {
    pub file_id: FileId,
    #[schema(example = "plan.png")]
    pub name: String,
    #[schema(example = "image/png")]
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolCallPart {
    pub tool_call_id: String,
    pub name: String,
    /// The arguments, by the tool's JSON schema.
    pub input: serde_json::Value,
}

/// A notice, named by its `code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Notice {
    /// The conversation is longer than the model can read: its oldest turns were left out.
    ContextTrimmed { dropped_messages: u64, kept_messages: u64 },
}

/// The text of the parts that a model reads as text, for counting and for titles.
pub(crate) fn text_of(parts: &[Part]) -> String {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.join("\n\n")
}
