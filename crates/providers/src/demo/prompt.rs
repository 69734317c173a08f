//! What a prompt tells the demo provider to do.

use contracts::providers::{ChatMessage, ChatPart, ChatRole};

/// How a generation fails, when the prompt asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Auth,
    Rate,
    Overloaded,
    Failed,
    /// After some of the answer was streamed.
    Mid,
}

/// The content that a command asks for instead of the usual answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Usual,
    Long(usize),
    Table,
    Code,
    Math,
    Markdown,
    Hostile,
    Tool,
    Echo(String),
}

/// A prompt, read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent commands")]
pub(super) struct Prompt {
    pub content: Content,
    pub slow: bool,
    pub hang: bool,
    pub reason: bool,
    pub vietnamese: bool,
    pub failure: Option<Failure>,
    /// The prompt without its commands, as one short line of plain text; may be empty.
    pub topic: String,
}

/// Most characters of a topic.
const TOPIC: usize = 80;
/// Most words that `/long` writes.
const LONGEST: usize = 100_000;

impl Prompt {
    pub fn read(text: &str) -> Self {
        let mut prompt = Self {
            content: Content::Usual,
            slow: false,
            hang: false,
            reason: false,
            vietnamese: false,
            failure: None,
            topic: String::new(),
        };
        let mut rest = Vec::new();
        let mut words = text.split_whitespace().peekable();
        while let Some(word) = words.next() {
            match word {
                "/slow" => prompt.slow = true,
                "/hang" => prompt.hang = true,
                "/reason" => prompt.reason = true,
                "/vi" => prompt.vietnamese = true,
                "/table" => prompt.content = Content::Table,
                "/code" => prompt.content = Content::Code,
                "/math" => prompt.content = Content::Math,
                "/markdown" => prompt.content = Content::Markdown,
                "/hostile" => prompt.content = Content::Hostile,
                "/tool" => prompt.content = Content::Tool,
                "/long" => {
                    let count = words.peek().and_then(|next| next.parse::<usize>().ok());
                    if count.is_some() {
                        words.next();
                    }
                    prompt.content = Content::Long(count.unwrap_or(1000).clamp(1, LONGEST));
                }
                "/fail" => {
                    let failure = words.peek().and_then(|next| failure(next));
                    if failure.is_some() {
                        words.next();
                    }
                    prompt.failure = Some(failure.unwrap_or(Failure::Failed));
                }
                "/echo" => {
                    // Everything after the command, line breaks included.
                    let echoed = text.split_once("/echo").map_or("", |(_, after)| after);
                    prompt.content = Content::Echo(echoed.trim().to_owned());
                    break;
                }
                other => rest.push(other),
            }
        }
        prompt.topic = plain(&rest.join(" "));
        prompt
    }
}

fn failure(word: &str) -> Option<Failure> {
    Some(match word {
        "auth" => Failure::Auth,
        "rate" => Failure::Rate,
        "overloaded" => Failure::Overloaded,
        "mid" => Failure::Mid,
        _ => return None,
    })
}

/// A topic that can stand in the middle of a sentence of Markdown.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() && !"*_`[]<>|#$\\~".contains(*c)).collect();
    let sentence = text.split_inclusive(['?', '!', '.']).next().unwrap_or("");
    let sentence = sentence.trim().trim_end_matches(['?', '!', '.', ',', ':', ';']);
    if sentence.chars().count() <= TOPIC {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(TOPIC).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole}…")
}

/// What was said last in a message. Questions that got no answer stand before it: they were
/// joined with it, and their commands are not to be followed again.
pub(super) fn text_of(message: &ChatMessage) -> String {
    let newest = message.parts.iter().rev().find_map(|part| match part {
        ChatPart::Text(text) => Some(text),
        _ => None,
    });
    newest.cloned().unwrap_or_default()
}

/// The topic of the question before the last one.
pub(super) fn previous_topic(messages: &[ChatMessage]) -> Option<String> {
    messages
        .iter()
        .rev()
        .filter(|message| message.role == ChatRole::User)
        .map(|message| Prompt::read(&text_of(message)).topic)
        .nth(1)
        .filter(|topic| !topic.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands_anywhere() {
        let prompt = Prompt::read("/slow /long 250 Tell me about **whales**. And more.");
        assert!(prompt.slow);
        assert_eq!(prompt.content, Content::Long(250));
        assert_eq!(prompt.topic, "Tell me about whales");

        let prompt = Prompt::read("please /fail mid");
        assert_eq!(prompt.failure, Some(Failure::Mid));
        assert_eq!(Prompt::read("/fail now").failure, Some(Failure::Failed));
        assert_eq!(Prompt::read("/echo a\n  b /slow").content, Content::Echo("a\n  b /slow".into()));
        assert_eq!(Prompt::read("and/or").content, Content::Usual);
    }

    #[test]
    fn shortens_a_topic_between_words() {
        let topic = Prompt::read(&"word ".repeat(60)).topic;
        assert!(topic.ends_with("word…") && topic.chars().count() <= TOPIC, "{topic}");
    }
}
