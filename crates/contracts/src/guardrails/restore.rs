//! Putting back into an answer what its request had to hide.
//!
//! A placeholder may come in pieces. What may be the beginning of one is held back until the
//! next piece, and goes out before anything that is not text.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{StreamExt as _, stream};

use super::Vault;
use crate::providers::{Chunk, GenerationStream, ProviderError};

/// The chunks of an answer, with what their call had to hide.
pub fn restore(vault: Arc<Vault>, chunks: GenerationStream) -> GenerationStream {
    if vault.is_empty() {
        return chunks;
    }
    let state = (chunks, Held { vault, pending: None }, VecDeque::new());
    Box::pin(stream::unfold(state, async |(mut chunks, mut held, mut ready)| {
        loop {
            if let Some(item) = ready.pop_front() {
                return Some((item, (chunks, held, ready)));
            }
            match chunks.next().await {
                Some(Ok(chunk)) => held.push(chunk, &mut ready),
                Some(Err(error)) => {
                    held.flush(&mut ready);
                    ready.push_back(Err(error));
                }
                None => {
                    held.flush(&mut ready);
                    if ready.is_empty() {
                        return None;
                    }
                }
            }
        }
    }))
}

/// What waits for its end.
struct Held {
    vault: Arc<Vault>,
    pending: Option<Chunk>,
}

type Ready = VecDeque<Result<Chunk, ProviderError>>;

/// The text of a chunk that may hold a part of a placeholder.
fn text_of(chunk: &mut Chunk) -> Option<&mut String> {
    match chunk {
        Chunk::Text(text) | Chunk::Reasoning(text) | Chunk::ToolInput { delta: text, .. } => Some(text),
        _ => None,
    }
}

/// Whether two chunks are pieces of one text.
fn continues(a: &Chunk, b: &Chunk) -> bool {
    match (a, b) {
        (Chunk::Text(_), Chunk::Text(_)) | (Chunk::Reasoning(_), Chunk::Reasoning(_)) => true,
        (Chunk::ToolInput { id: a, .. }, Chunk::ToolInput { id: b, .. }) => a == b,
        _ => false,
    }
}

impl Held {
    fn push(&mut self, mut chunk: Chunk, ready: &mut Ready) {
        if self.pending.as_ref().is_some_and(|pending| !continues(pending, &chunk)) {
            self.flush(ready);
        }
        if let Some(text) = text_of(&mut chunk) {
            if let Some(mut pending) = self.pending.take()
                && let Some(before) = text_of(&mut pending)
            {
                text.insert_str(0, before);
            }
            let rest = text.split_off(text.len() - self.vault.unsure(text));
            *text = self.vault.undo(text);
            let empty = text.is_empty();
            if !rest.is_empty() {
                let mut pending = chunk.clone();
                if let Some(text) = text_of(&mut pending) {
                    *text = rest;
                }
                self.pending = Some(pending);
            }
            if empty {
                return;
            }
        } else if let Chunk::ToolCall(call) = &mut chunk
            && let Ok(input) = serde_json::from_str(&self.vault.undo(&call.input.to_string()))
        {
            call.input = input;
        }
        ready.push_back(Ok(chunk));
    }

    fn flush(&mut self, ready: &mut Ready) {
        ready.extend(self.pending.take().map(Ok));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Arc<Vault> {
        let mut vault = Vault::default();
        vault.put("[EMAIL_1]".to_owned(), "ann@example.com".to_owned());
        Arc::new(vault)
    }

    /// Every way to cut a text into three.
    fn cuts(text: &str) -> impl Iterator<Item = [String; 3]> {
        (0..=text.len()).flat_map(move |a| {
            (a..=text.len()).map(move |b| [text[..a].to_owned(), text[a..b].to_owned(), text[b..].to_owned()])
        })
    }

    #[tokio::test]
    async fn chunks_come_back_however_they_were_cut() {
        for pieces in cuts("x [EMAIL_1], [EMAIL") {
            let chunks: Vec<_> = pieces.iter().map(|piece| Ok(Chunk::Text(piece.clone()))).collect();
            let restored: Vec<_> = restore(vault(), Box::pin(stream::iter(chunks))).collect().await;
            let text: String = restored
                .into_iter()
                .map(|chunk| match chunk {
                    Ok(Chunk::Text(text)) => text,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(text, "x ann@example.com, [EMAIL", "{pieces:?}");
        }
    }
}
