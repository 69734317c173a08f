//! Putting back into a provider's own answer what its request had to hide.
//!
//! A placeholder may come in pieces. What may be the beginning of one is held back until the
//! next piece, and goes out before anything that is not text.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use contracts::{
    guardrails::Vault,
    providers::{NativeEvent, NativeStream, ProviderError},
};
use futures_util::{StreamExt as _, stream};

/// A whole answer.
pub(crate) fn whole(vault: &Vault, body: Bytes) -> Bytes {
    match std::str::from_utf8(&body) {
        Ok(text) if !vault.is_empty() => vault.undo(text).into(),
        _ => body,
    }
}

/// A provider's own events; `keys` stand before their texts (`"content":`).
pub(crate) fn events(vault: Arc<Vault>, keys: &'static [&'static str], upstream: NativeStream) -> NativeStream {
    if vault.is_empty() {
        return upstream;
    }
    let state = (upstream, Lanes { vault, keys, pending: Vec::new() }, VecDeque::new());
    Box::pin(stream::unfold(state, async |(mut upstream, mut lanes, mut ready)| {
        loop {
            if let Some(item) = ready.pop_front() {
                return Some((item, (upstream, lanes, ready)));
            }
            match upstream.next().await {
                Some(Ok(event)) => lanes.push(event, &mut ready),
                Some(Err(error)) => ready.push_back(Err(error)),
                None => return None,
            }
        }
    }))
}

/// Texts of events on their way, each with what of it is held back. Works on JSON as it
/// stands: nothing of a placeholder is ever escaped.
struct Lanes {
    vault: Arc<Vault>,
    keys: &'static [&'static str],
    pending: Vec<Lane>,
}

struct Lane {
    key: &'static str,
    index: usize,
    rest: String,
    /// An event of this text, before and after it.
    around: (String, String),
}

impl Lanes {
    fn push(&mut self, event: NativeEvent, ready: &mut VecDeque<Result<NativeEvent, ProviderError>>) {
        let Ok(text) = std::str::from_utf8(&event.bytes) else {
            ready.push_back(Ok(event));
            return;
        };
        let index = number(text);
        let mut text = text.to_owned();
        let mut spoke = false;
        for key in self.keys {
            let Some((start, end)) = span(&text, key) else { continue };
            let lane = self.pending.iter().position(|lane| lane.key == *key && lane.index == index);
            let before = lane.map(|at| self.pending.swap_remove(at).rest).unwrap_or_default();
            let said = format!("{before}{}", text.get(start..end).unwrap_or_default());
            spoke |= !said.is_empty();
            let cut = said.len() - self.vault.unsure(&said);
            let (now, rest) = said.split_at(cut);
            let around = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
            if !rest.is_empty() {
                let around = (around.0.to_owned(), around.1.to_owned());
                self.pending.push(Lane { key, index, rest: rest.to_owned(), around });
            }
            text = format!("{}{now}{}", around.0, around.1);
        }
        if !spoke {
            // The text has ended: what looked like a placeholder is none.
            for lane in self.pending.drain(..) {
                let bytes = format!("{}{}{}", lane.around.0, lane.rest, lane.around.1).into();
                ready.push_back(Ok(NativeEvent { bytes, usage: None, only_usage: false }));
            }
        }
        let bytes = self.vault.undo(&text).into();
        ready.push_back(Ok(NativeEvent { bytes, ..event }));
    }
}

/// Where the string after a key begins and ends.
fn span(text: &str, key: &str) -> Option<(usize, usize)> {
    let after = text.find(key)? + key.len();
    let rest = text.get(after..)?;
    let start = after + rest.len() - rest.trim_start().len() + 1;
    if text.as_bytes().get(start - 1) != Some(&b'"') {
        return None;
    }
    let mut escaped = false;
    let length = text.get(start..)?.bytes().position(|byte| {
        let ends = !escaped && byte == b'"';
        escaped = !escaped && byte == b'\\';
        ends
    })?;
    Some((start, start + length))
}

/// Which of several texts an event belongs to.
fn number(text: &str) -> usize {
    let after = text.find("\"index\":").and_then(|at| text.get(at + 8..)).unwrap_or_default().trim_start();
    after.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
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
    async fn events_come_back_however_they_were_cut() {
        let event = |bytes: String| Ok(NativeEvent { bytes: bytes.into(), usage: None, only_usage: false });
        for pieces in cuts("x [EMAIL_1], [EMAIL") {
            let mut list: Vec<_> = pieces
                .iter()
                .map(|piece| event(format!("data: {{\"index\":0,\"content\":{}}}\n\n", serde_json::json!(piece))))
                .collect();
            list.push(event("data: [DONE]\n\n".to_owned()));
            let restored: Vec<_> = events(vault(), &["\"content\":"], Box::pin(stream::iter(list))).collect().await;
            let texts: Vec<String> =
                restored.into_iter().map(|event| String::from_utf8(event.unwrap().bytes.to_vec()).unwrap()).collect();
            assert_eq!(texts.last().unwrap(), "data: [DONE]\n\n");
            let said: String = texts
                .iter()
                .filter_map(|text| {
                    let json = text.strip_prefix("data: ")?;
                    let value: serde_json::Value = serde_json::from_str(json.trim()).ok()?;
                    value["content"].as_str().map(str::to_owned)
                })
                .collect();
            assert_eq!(said, "x ann@example.com, [EMAIL", "{pieces:?}");
        }
    }
}
