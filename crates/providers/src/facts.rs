//! What a request is like, for the conditions of routes: looked up, not parsed.

use contracts::providers::NativeRequest;
use memchr::memmem;

use crate::{model::Facts, native};

/// Bytes of JSON that make a token, roughly: names and quotes are cheap.
const BYTES_PER_TOKEN: usize = 4;
/// What a picture counts as.
const IMAGE: u64 = crate::tokens::IMAGE;

/// The facts of a request.
pub(crate) fn of(request: &NativeRequest, stream: bool) -> Facts {
    let body = &request.body;
    let images = [&b"\"image_url\""[..], b"\"input_image\"", b"\"type\":\"image\"", b"\"type\": \"image\""]
        .iter()
        .map(|name| memmem::find_iter(body, name).count())
        .max()
        .unwrap_or(0);
    let text = body.len().saturating_sub(base64(body));
    let tokens = u64::try_from(text / BYTES_PER_TOKEN).unwrap_or(u64::MAX);
    Facts {
        input_tokens: tokens.saturating_add(IMAGE.saturating_mul(u64::try_from(images).unwrap_or(0))),
        vision: images > 0,
        tools: native::has_items(body, "tools"),
        stream,
    }
}

/// Bytes of files that stand in the body.
fn base64(body: &[u8]) -> usize {
    let starts = memmem::find_iter(body, b";base64,").chain(memmem::find_iter(body, b"\"data\":\""));
    let length = |at: usize| {
        let rest = body.get(at + 8..).unwrap_or_default();
        memchr::memchr(b'"', rest).unwrap_or(rest.len())
    };
    starts.map(length).sum::<usize>().min(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::providers::Shape;

    fn facts(body: &serde_json::Value) -> Facts {
        of(&NativeRequest { shape: Shape::OpenAiChat, body: body.to_string().into() }, true)
    }

    #[test]
    fn requests_are_known_by_what_stands_in_them() {
        let plain = serde_json::json!({ "model": "fast", "tools": [], "messages": [{ "content": "x".repeat(4000) }] });
        let plain = facts(&plain);
        assert!(!plain.vision && !plain.tools && plain.stream);
        assert!((1000..1050).contains(&plain.input_tokens), "{plain:?}");
        let url = format!("data:image/png;base64,{}", "A".repeat(400_000));
        let image = serde_json::json!({
            "tools": [{ "type": "function" }],
            "messages": [{ "content": [{ "type": "image_url", "image_url": { "url": url } }] }],
        });
        let image = facts(&image);
        assert!(image.vision && image.tools);
        assert!(image.input_tokens < 10_000, "a file is no text: {image:?}");
    }
}
