//! Titles of conversations, made after the first answer and never over a person's own.

use std::time::Duration;

use contracts::{
    guardrails::{Guard, Screened, Text},
    metering::{NewUsage, Reservation},
    providers::{
        ChatMessage, ChatPart, ChatRole, Chunk, GenerationRequest, Model, Parameters, ProviderError, TokenUsage, Tuning,
    },
};
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::{
    config::Titles,
    model::{Conversation, Part, RunStatus, text_of},
    realtime::ChatEvent,
    store::{self, runs::RunRecord},
};

/// Characters of a title.
const MAX_TITLE: usize = 60;
/// Characters of a message that are read for its title.
const EXCERPT: usize = 2_000;
/// The longest that a model may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tokens that a model may use, its reasoning included.
const MAX_TOKENS: u64 = 512;
/// The provider that only pretends: its answers are no titles.
const DEMO: &str = "demo";

const INSTRUCTION: &str = "Give the conversation below a title of two to six words, in its language. \
    Answer with the title alone: no quotes, no full stop, no Markdown.";

/// A title, and what a model used for it.
struct Made {
    title: Option<String>,
    usage: Option<(std::sync::Arc<Model>, TokenUsage, bool)>,
    /// Room for that in the budgets, until it is recorded.
    reservation: Reservation,
}

impl Made {
    /// No model was asked, or none answered.
    const fn nothing() -> Self {
        Self { title: None, usage: None, reservation: Reservation::none() }
    }
}

impl Engine {
    pub(super) async fn make_title(
        &self,
        record: &RunRecord,
        conversation: &Conversation,
        status: RunStatus,
        guard: Option<&dyn Guard>,
    ) {
        if let Err(error) = self.try_make_title(record, conversation, status, guard).await {
            tracing::warn!(conversation = %conversation.id, %error, "a conversation stays without a title");
        }
    }

    async fn try_make_title(
        &self,
        record: &RunRecord,
        conversation: &Conversation,
        status: RunStatus,
        guard: Option<&dyn Guard>,
    ) -> Result<(), database::Error> {
        let (scope, user, run) = (record.scope(), record.user, &record.run);
        // The answer, and the question before it.
        let pair = store::messages::context(&self.db, &scope, record.admitted(), run.message_id, 2).await?;
        let [answer, question] = pair.as_slice() else { return Ok(()) };
        let made = if self.config.titles == Titles::Model && status == RunStatus::Completed {
            self.ask_for_title(record, &text_of(&question.parts), &text_of(&answer.parts), guard).await
        } else {
            Made::nothing()
        };
        let title = made.title.or_else(|| derive(&question.parts));

        let mut tx = self.db.begin(scope).await?;
        if let Some((model, tokens, estimated)) = made.usage {
            let usage = NewUsage {
                id: self.env.id(),
                user,
                conversation: Some(conversation.id),
                run: None,
                key: None,
                model: model.id.clone(),
                messages: 0,
                tokens,
                estimated,
                prices: model.prices.clone(),
                occurred_at: self.env.now(),
            };
            if let Err(error) = self.metering.record(&mut tx, &scope, usage).await {
                tracing::error!(%error, "the usage of a title can't be recorded");
                return Ok(());
            }
        }
        let titled = match &title {
            Some(title) => {
                store::conversations::set_missing_title(&mut tx, &scope, user, conversation.id, title).await?
            }
            None => None,
        };
        tx.commit().await?;
        drop(made.reservation);
        if let Some(conversation) = titled {
            self.tell(&scope, &conversation, |seen| ChatEvent::ConversationUpdated { conversation: seen }.frame())
                .await;
        }
        Ok(())
    }

    async fn ask_for_title(&self, record: &RunRecord, question: &str, answer: &str, guard: Option<&dyn Guard>) -> Made {
        let scope = record.scope();
        let model = match self.providers.model(&scope, &record.requested_model).await {
            Ok(model) if model.provider != DEMO => model,
            _ => return Made::nothing(),
        };
        let most = MAX_TOKENS
            .min(model.max_output_tokens.unwrap_or(MAX_TOKENS))
            .min(guard.and_then(Guard::max_output_tokens).unwrap_or(MAX_TOKENS));
        let mut prompt = format!("Question:\n{}\n\nAnswer:\n{}", excerpt(question), excerpt(answer));
        let screened = match guard {
            Some(guard) => guard.screen(&mut [Text { text: &mut prompt, said: false }], ""),
            None => Ok(Screened::default()),
        };
        // What may not be sent gets no title of a model.
        let Ok(Screened { vault, .. }) = screened else { return Made::nothing() };
        let request = GenerationRequest {
            model: model.id.clone(),
            system: Some(INSTRUCTION.to_owned()),
            messages: vec![ChatMessage { role: ChatRole::User, parts: vec![ChatPart::Text(prompt.clone())] }],
            parameters: Parameters {
                temperature: None,
                max_output_tokens: Some(most),
                reasoning_effort: ["minimal", "low"]
                    .into_iter()
                    .find(|effort| model.reasoning_efforts.iter().any(|known| known == effort))
                    .map(str::to_owned),
            },
            tools: Vec::new(),
            tuning: Tuning::default(),
        };
        // A text has fewer tokens than bytes. Where a cap leaves no room, the person's own words do.
        let input = u64::try_from(prompt.len() + INSTRUCTION.len()).unwrap_or(u64::MAX);
        let Ok(reservation) = self.room(&scope, record.user, &model, (input, most), 0).await else {
            return Made::nothing();
        };
        let cancel = CancellationToken::new();
        let _closes_upstream = cancel.clone().drop_guard();
        let shutdown = self.tasks.shutdown();
        let mut heard = Heard::default();
        let outcome = tokio::select! {
            outcome = self.hear_title(&scope, request, cancel, &mut heard) => outcome,
            () = tokio::time::sleep(PATIENCE) => Ok(()),
            () = shutdown.cancelled() => Ok(()),
        };
        if let Err(error) = outcome {
            tracing::info!(%error, "the model gave no title");
        }
        let Some(speaker) = heard.model else { return Made::nothing() };
        let (tokens, estimated) = if let Some(usage) = heard.usage {
            (usage, !heard.finished)
        } else {
            let count = |text: &str| self.providers.count_tokens(&speaker, text);
            let (input, output) = (count(&prompt) + count(INSTRUCTION), count(&heard.text));
            (TokenUsage { input, output, ..TokenUsage::default() }, true)
        };
        let title = if heard.finished { clean(&vault.undo(&heard.text)) } else { None };
        Made { title, usage: Some((speaker, tokens, estimated)), reservation }
    }

    async fn hear_title(
        &self,
        scope: &kernel::TenantScope,
        request: GenerationRequest,
        cancel: CancellationToken,
        heard: &mut Heard,
    ) -> Result<(), ProviderError> {
        let mut generation = self.providers.stream(scope, request, cancel).await?;
        heard.model = Some(generation.model);
        while let Some(chunk) = generation.chunks.next().await {
            match chunk? {
                Chunk::Text(text) if heard.text.len() < EXCERPT => heard.text.push_str(&text),
                Chunk::Usage(usage) => heard.usage = Some(usage),
                Chunk::Finish(_) => heard.finished = true,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a model said when it was asked for a title.
#[derive(Default)]
struct Heard {
    model: Option<std::sync::Arc<Model>>,
    text: String,
    usage: Option<TokenUsage>,
    finished: bool,
}

fn excerpt(text: &str) -> &str {
    text.char_indices().nth(EXCERPT).map_or(text, |(end, _)| &text[..end])
}

/// A title from the message that was sent: its first words, or the name of its file.
fn derive(parts: &[Part]) -> Option<String> {
    let text = text_of(parts);
    let line = text.lines().map(plain).find(|line| !line.is_empty());
    line.map(|line| shorten(&line)).or_else(|| {
        parts.iter().find_map(|part| match part {
            Part::File(file) => Some(shorten(&file.name)),
            _ => None,
        })
    })
}

/// A model's words as a title, if they are one.
fn clean(text: &str) -> Option<String> {
    let line = text.lines().map(plain).find(|line| !line.is_empty())?;
    let line = line
        .trim_matches(|letter: char| matches!(letter, '"' | '\'' | '“' | '”' | '«' | '»' | '„' | '‘' | '’'))
        .trim_end_matches(['.', '。'])
        .trim();
    (!line.is_empty()).then(|| shorten(line))
}

/// A line without the marks of Markdown and without control characters, single-spaced.
fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches(['#', '>', '-', '*', ' ']).replace("**", "").replace('`', "");
    let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most [`MAX_TITLE`] characters, cut between words where there are any.
fn shorten(line: &str) -> String {
    let Some((end, _)) = line.char_indices().nth(MAX_TITLE) else {
        return line.to_owned();
    };
    let (cut, _) = line.char_indices().nth(MAX_TITLE - 1).unwrap_or((end, ' '));
    let head = &line[..cut];
    let head = match head.rfind(' ') {
        Some(space) if space > cut / 2 => &head[..space],
        _ => head,
    };
    format!("{}…", head.trim_end_matches([' ', ',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<Part> {
        vec![Part::Text { text: text.to_owned() }]
    }

    #[test]
    fn derives_titles_from_what_was_said() {
        for (text, title) in [
            ("Hello there", Some("Hello there")),
            ("\n\n## **Plan** a week\nin Hội An", Some("Plan a week")),
            ("  two   spaces\t here ", Some("two spaces here")),
            ("", None),
            ("***", None),
        ] {
            assert_eq!(derive(&said(text)).as_deref(), title, "{text:?}");
        }
        let long = "Could you explain how a suspension bridge carries its load, and why the cables curve?";
        assert_eq!(derive(&said(long)).unwrap(), "Could you explain how a suspension bridge carries its…");
        assert_eq!(derive(&said(&"đ".repeat(90))).unwrap().chars().count(), MAX_TITLE);
    }

    #[test]
    fn cleans_what_a_model_says() {
        for (text, title) in [
            ("\"A Week in Hội An.\"", Some("A Week in Hội An")),
            ("# Title\n\nmore", Some("Title")),
            ("“”", None),
            ("\n", None),
        ] {
            assert_eq!(clean(text).as_deref(), title, "{text:?}");
        }
    }
}
