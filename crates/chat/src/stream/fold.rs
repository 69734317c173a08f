//! Pieces put together: the parts of the message, and what is known of the usage.

use contracts::providers::TokenUsage;

use super::Piece;
use crate::model::Part;

/// The answer so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fold {
    pub parts: Vec<Part>,
    /// What the provider said last.
    pub usage: Option<TokenUsage>,
    /// Whether nothing came after the usage: then it covers all that came.
    pub usage_is_last: bool,
}

impl Fold {
    /// Begins with what stands in the message before the answer: notices.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts, ..Self::default() }
    }

    pub fn add(&mut self, piece: Piece) {
        self.usage_is_last = matches!(piece, Piece::Usage(_));
        match (self.parts.last_mut(), piece) {
            (_, Piece::Usage(usage)) => self.usage = Some(usage),
            (Some(Part::Text { text }), Piece::Text(more))
            | (Some(Part::Reasoning { text }), Piece::Reasoning(more)) => {
                text.push_str(&more);
            }
            (_, Piece::Text(text)) => self.parts.push(Part::Text { text }),
            (_, Piece::Reasoning(text)) => self.parts.push(Part::Reasoning { text }),
            (_, Piece::ToolCall(call)) => self.parts.push(Part::ToolCall(call)),
        }
    }

    /// The texts that cost output tokens.
    pub fn output_texts(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text { text } | Part::Reasoning { text } => Some(text.as_str().into()),
            Part::ToolCall(call) => Some(format!("{} {}", call.name, call.input).into()),
            Part::File(_) | Part::Notice(_) => None,
        })
    }
}
