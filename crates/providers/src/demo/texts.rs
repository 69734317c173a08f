//! The words of the demo provider, in the languages it answers in.

/// Texts with `{topic}` and other placeholders.
pub(super) struct Texts {
    pub answers: &'static [&'static str],
    pub follow_up: &'static str,
    pub reasoning: &'static str,
    pub long: &'static str,
    pub image: &'static str,
    pub tool_result: &'static str,
    pub empty_topic: &'static str,
    /// One image, several images.
    pub images: [&'static str; 2],
}

macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("texts/", $path, ".md"))
    };
}

const ENGLISH: Texts = Texts {
    answers: &[text!("en/answer-1"), text!("en/answer-2"), text!("en/answer-3")],
    follow_up: text!("en/follow-up"),
    reasoning: text!("en/reasoning"),
    long: text!("en/long"),
    image: text!("en/image"),
    tool_result: text!("en/tool-result"),
    empty_topic: text!("en/empty-topic"),
    images: ["an image", "images"],
};

const VIETNAMESE: Texts = Texts {
    answers: &[text!("vi/answer-1"), text!("vi/answer-2")],
    follow_up: text!("vi/follow-up"),
    reasoning: text!("vi/reasoning"),
    long: text!("vi/long"),
    image: text!("vi/image"),
    tool_result: text!("vi/tool-result"),
    empty_topic: text!("vi/empty-topic"),
    images: ["một hình ảnh", "hình ảnh"],
};

pub(super) const TABLE: &str = text!("en/table");
pub(super) const CODE: &str = text!("en/code");
pub(super) const MATH: &str = text!("en/math");
pub(super) const MARKDOWN: &str = text!("en/markdown");
pub(super) const HOSTILE: &str = text!("en/hostile");

/// The language of a prompt: Vietnamese when it has a letter that only Vietnamese uses.
pub(super) fn for_prompt(prompt: &str) -> &'static Texts {
    let vietnamese =
        prompt.chars().any(|c| matches!(c, 'ă' | 'Ă' | 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1EA0}'..='\u{1EF9}'));
    if vietnamese { &VIETNAMESE } else { &ENGLISH }
}

pub(super) fn vietnamese() -> &'static Texts {
    &VIETNAMESE
}
