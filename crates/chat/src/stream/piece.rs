//! What a provider said, in the form that the journal stores.

use contracts::providers::{TokenUsage, ToolCall};
use serde::{Deserialize, Serialize};

use crate::model::{Part, ToolCallPart};

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Piece {
    Text(String),
    Reasoning(String),
    /// A whole call: half of one is of no use to anybody.
    ToolCall(ToolCallPart),
    /// Tokens so far; not shown before the end, but kept to settle a run that was cut off.
    Usage(TokenUsage),
}

impl Piece {
    pub fn tool_call(call: ToolCall) -> Self {
        Self::ToolCall(ToolCallPart { tool_call_id: call.id, name: call.name, input: call.input })
    }

    /// Bytes of content, about.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Reasoning(text) => text.len(),
            Self::ToolCall(call) => call.name.len() + 64,
            Self::Usage(_) => 0,
        }
    }

    /// The pieces that a stored message is made of; notices and files are not the model's.
    pub fn of_part(part: &Part) -> Option<Self> {
        match part {
            Part::Text { text } => Some(Self::Text(text.clone())),
            Part::Reasoning { text } => Some(Self::Reasoning(text.clone())),
            Part::ToolCall(call) => Some(Self::ToolCall(call.clone())),
            Part::File(_) | Part::Notice(_) => None,
        }
    }
}

/// Adds a piece; text joins the text before it, a usage replaces the one before it.
pub(crate) fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Text(text)), Piece::Text(more)) | (Some(Piece::Reasoning(text)), Piece::Reasoning(more)) => {
            text.push_str(&more);
        }
        (Some(Piece::Usage(usage)), Piece::Usage(newer)) => *usage = newer,
        (_, piece) => pieces.push(piece),
    }
}
