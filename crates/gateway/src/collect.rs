//! A whole answer out of its chunks.

use contracts::providers::{Chunk, FinishReason, ToolCall};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Collected {
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<ToolCall>,
    pub finish: Option<FinishReason>,
}

impl Collected {
    pub fn push(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Text(text) => self.text.push_str(&text),
            Chunk::Reasoning(text) => self.reasoning.push_str(&text),
            Chunk::ToolCall(call) => self.calls.push(call),
            Chunk::Finish(reason) => self.finish = Some(reason),
            Chunk::ToolStart { .. } | Chunk::ToolInput { .. } | Chunk::Usage(_) => {}
        }
    }
}

/// The bytes of text in a chunk.
pub(crate) fn bytes(chunk: &Chunk) -> usize {
    match chunk {
        Chunk::Text(text) | Chunk::Reasoning(text) => text.len(),
        Chunk::ToolStart { name, .. } => name.len(),
        Chunk::ToolInput { delta, .. } => delta.len(),
        Chunk::ToolCall(_) | Chunk::Usage(_) | Chunk::Finish(_) => 0,
    }
}
