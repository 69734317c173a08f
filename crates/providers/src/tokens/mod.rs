//! How many tokens a text has.
//!
//! Exact for models of OpenAI, whose tokenizers are public (o200k_base, and cl100k_base for
//! GPT-4 and GPT-3.5), and for the open gpt-oss models. Elsewhere a careful estimate, which
//! is meant to be too high rather than too low, by this rule: a run of letters or digits is
//! one token per four characters begun, one per two beyond ASCII; a character of a script
//! without spaces (Chinese, Japanese, Korean, …) and an emoji is up to two tokens; every
//! other visible character is one token; white space is free except for line breaks.
//!
//! The tokenizers are our own ([`bpe`]), on the vocabularies that OpenAI has published: the
//! usual ones build tables of some 45 MB before they count a word.

mod bpe;
mod hash;
mod split;

use contracts::providers::Model;

use bpe::Bpe;

/// What a picture counts as, where its provider does not say: that of a large one.
pub(crate) const IMAGE: u64 = 1600;

/// The tokens of `text` for the model. Linear in its length: some 10 µs a kilobyte.
pub(crate) fn count(model: &Model, text: &str) -> u64 {
    match tokenizer(model) {
        Some(bpe) => bpe.count(text),
        None => estimate(text),
    }
}

/// The model's own, where it is public.
fn tokenizer(model: &Model) -> Option<Bpe> {
    let name = model.id.rsplit('/').next().unwrap_or_default();
    let old = name == "gpt-4" || ["gpt-4-", "gpt-3.5", "gpt-35"].iter().any(|start| name.starts_with(start));
    match model.provider.as_str() {
        // Their “harmony” differs in special tokens only, which no text has.
        _ if name.starts_with("gpt-oss") => Some(Bpe::o200k()),
        "openai" | "azure" if old => Some(Bpe::cl100k()),
        "openai" | "azure" if is_openai(name) => Some(Bpe::o200k()),
        _ => None,
    }
}

/// Whether the name is one of OpenAI's own: its interface may serve other models too.
fn is_openai(name: &str) -> bool {
    ["gpt-", "o1", "o3", "o4", "chat-latest", "codex"].iter().any(|prefix| name.starts_with(prefix))
}

/// The careful estimate. Linear in the length of the text.
pub(crate) fn estimate(text: &str) -> u64 {
    let mut quarters: u64 = 0;
    let mut in_word = false;
    for c in text.chars() {
        let cost = match c {
            '\n' => 4,
            c if c.is_whitespace() => 0,
            c if c.is_ascii_alphanumeric() => 1,
            '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => 6,
            '\u{E00}'..='\u{E7F}' => 4,
            c if c as u32 > 0xFFFF => 8,
            c if c.is_alphanumeric() => 2,
            _ => 4,
        };
        let word = c.is_alphanumeric();
        if word && !in_word {
            // A word that has begun costs a whole token.
            quarters = quarters.next_multiple_of(4);
        }
        in_word = word;
        quarters += cost;
    }
    quarters.div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_not_far_below_the_real_count() {
        let bpe = tiktoken_rs::o200k_base_singleton();
        for text in [
            "The quick brown fox jumps over the lazy dog, again and again.",
            "Tiếng Việt có sáu thanh điệu, và mỗi thanh điệu đổi nghĩa của từ.",
            "你好，世界。今天的天气很好，我们去公园吧。",
            "fn main() { println!(\"{:?}\", vec![1, 2, 3]); }",
            "https://example.com/a/b?c=d&e=f#g 1234567890 3.14159",
            "🎉🎊 émoji naïve façade",
            "\n\n\n- a\n- b\n",
        ] {
            let (real, guess) = (bpe.count_ordinary(text), estimate(text));
            let guess = usize::try_from(guess).unwrap();
            assert!(guess * 10 >= real * 9, "{text}: {guess} for {real}");
            assert!(guess <= real * 3, "{text}: {guess} for {real}");
        }
        assert_eq!(estimate(""), 0);
    }

    #[test]
    fn openai_models_are_counted_exactly() {
        let mut model = crate::demo::models().remove(0);
        let text = "hello world, how are you?";
        assert_eq!(count(&model, text), estimate(text));
        "openai".clone_into(&mut model.provider);
        for id in ["openai/gpt-5.2", "openai/gpt-4", "groq/openai/gpt-oss-120b"] {
            id.clone_into(&mut model.id);
            assert_eq!(count(&model, text), 7, "{id}");
        }
    }
}
