//! What a model is given to read.
//!
//! The rule: the system prompt and the newest turns (a person's message and what answered
//! it), as many whole turns as fit into the model's window less what is reserved for the
//! answer, and into what guardrails let in; the oldest turns are dropped first, and the person
//! is told. Reasoning and tool
//! calls of earlier answers are not repeated. Of the images, the newest are sent, up to
//! [`MAX_IMAGES`] bytes, to models that can see; elsewhere their names stand for them.
//!
//! A text never has more tokens than bytes, so a conversation that fits by its bytes is
//! not tokenized at all; where it must be, the counts are kept in the rows.

use bytes::Bytes;
use contracts::{
    guardrails::{Blocked, Guard},
    providers::{ChatMessage, ChatPart, ChatRole, Model, Parameters},
};
use kernel::{MessageId, TenantScope, UserId};

use super::Engine;
use crate::{
    Admitted,
    error::ChatError,
    model::{FilePart, Notice, Part, Role, text_of},
    store::{self, messages::ContextMessage, runs::RunRecord},
};

/// Messages read at a time.
const PAGE: u32 = 100;
/// Tokens around each message.
pub(super) const MESSAGE_TOKENS: u64 = 8;
/// Tokens of an image, about: providers scale large ones down to that.
pub(super) const IMAGE_TOKENS: u64 = 1_600;
/// The window of a model that nobody knows the window of.
const ASSUMED_WINDOW: u64 = 128_000;
/// Reserved for an answer whose length nobody chose.
const USUAL_ANSWER: u64 = 8_192;
/// Bytes of images in one request.
const MAX_IMAGES: usize = 20 * 1024 * 1024;

/// What is asked.
pub(crate) struct Question<'a> {
    pub scope: &'a TenantScope,
    pub user: UserId,
    pub conversation: Admitted,
    pub model: &'a Model,
    pub system: Option<&'a str>,
    pub parameters: &'a Parameters,
    /// The message to go on from.
    pub parent: Option<MessageId>,
    /// A new message below it; none: the parent is the one to answer.
    pub parts: Option<&'a [Part]>,
    /// The rules that hold for it.
    pub guard: Option<&'a dyn Guard>,
}

/// What the model gets.
#[derive(Debug)]
pub(crate) struct Context {
    /// Oldest first.
    pub messages: Vec<ChatMessage>,
    pub notice: Option<Notice>,
    pub max_output_tokens: u64,
    /// What the messages have at the most: their bytes, unless they had to be counted.
    pub input_tokens: u64,
    /// Token counts that were not known before, to keep.
    pub counted: Vec<(MessageId, u64)>,
}

/// The branch as far as it is read, the newest message first.
struct Branch {
    messages: Vec<ContextMessage>,
    next: Option<MessageId>,
    counted: Vec<(MessageId, u64)>,
}

impl Engine {
    pub async fn context(&self, question: &Question<'_>) -> Result<Context, ChatError> {
        let (model, parameters) = (question.model, question.parameters);
        let window = model.context_window.unwrap_or(ASSUMED_WINDOW);
        let wanted = parameters
            .max_output_tokens
            .or(model.max_output_tokens)
            .unwrap_or(self.config.max_output_tokens)
            .min(model.max_output_tokens.unwrap_or(u64::MAX))
            .min(self.config.max_output_tokens)
            .min(question.guard.and_then(Guard::max_output_tokens).unwrap_or(u64::MAX));
        let reserved = parameters.max_output_tokens.unwrap_or(USUAL_ANSWER).min(wanted).min(window / 2);
        let most = question.guard.and_then(Guard::max_input_tokens).filter(|most| *most < window - reserved);
        let limit = most.unwrap_or(window - reserved);

        let mut branch = Branch { messages: Vec::new(), next: question.parent, counted: Vec::new() };
        let mut fits = self.fit(question, &mut branch, limit, Measure::Bytes).await?;
        if fits.overflows || window.saturating_sub(fits.total) < wanted {
            fits = self.fit(question, &mut branch, limit, Measure::Tokens).await?;
        }
        if let Some(most) = most.filter(|_| fits.messages == 0) {
            return Err(ChatError::Blocked(Blocked::too_long(fits.total, most)));
        }
        if fits.messages == 0 {
            return Err(ChatError::ContextTooLong { tokens: fits.total, limit });
        }
        let notice = match branch.messages.get(fits.stored) {
            Some(oldest) if fits.overflows => Some(Notice::ContextTrimmed {
                dropped_messages: store::messages::depth(&self.db, question.scope, question.conversation, oldest.id)
                    .await?,
                kept_messages: fits.messages,
            }),
            _ => None,
        };
        branch.messages.truncate(fits.stored);
        let messages = self.for_model(question, branch.messages).await?;
        let margin = fits.total / 50 + 64;
        let left = window.saturating_sub(fits.total + margin).max(1);
        Ok(Context {
            messages,
            notice,
            max_output_tokens: wanted.min(left),
            input_tokens: fits.total + margin,
            counted: branch.counted,
        })
    }

    /// Measures from the newest message towards the root until the limit or the root is reached.
    async fn fit(
        &self,
        question: &Question<'_>,
        branch: &mut Branch,
        limit: u64,
        measure: Measure,
    ) -> Result<Fit, ChatError> {
        let model = question.model;
        let count = |text: &str| match measure {
            Measure::Bytes => text.len() as u64,
            Measure::Tokens => self.providers.count_tokens(model, text),
        };
        let mut fit = Fit { total: question.system.map_or(0, count), messages: 0, stored: 0, overflows: false };
        if let Some(parts) = question.parts {
            fit.total += cost(parts, count(&text_of(parts)));
            if fit.total > limit {
                fit.overflows = true;
                return Ok(fit);
            }
            fit.messages = 1;
        }
        let new = fit.messages;
        let mut index = 0;
        loop {
            if index == branch.messages.len() && !self.read_on(question, branch).await? {
                // The root: everything fits.
                fit.stored = index;
                fit.messages = new + index as u64;
                return Ok(fit);
            }
            let message = &branch.messages[index];
            let tokens = match measure {
                Measure::Bytes => text_of(&message.parts).len() as u64,
                Measure::Tokens => match message.token_count {
                    Some(tokens) if message.token_model.as_deref() == Some(&model.id) => tokens,
                    _ => {
                        let tokens = self.providers.count_tokens(model, &text_of(&message.parts));
                        branch.counted.push((message.id, tokens));
                        tokens
                    }
                },
            };
            fit.total += cost(&message.parts, tokens);
            if fit.total > limit {
                fit.overflows = true;
                return Ok(fit);
            }
            index += 1;
            if message.role == Role::User {
                // A whole turn.
                fit.stored = index;
                fit.messages = new + index as u64;
            }
        }
    }

    /// Reads the next page of the branch. False: there is none.
    async fn read_on(&self, question: &Question<'_>, branch: &mut Branch) -> Result<bool, ChatError> {
        let Some(from) = branch.next else { return Ok(false) };
        let Question { scope, conversation, .. } = *question;
        let page = store::messages::context(&self.db, scope, conversation, from, PAGE).await?;
        let Some(last) = page.last() else {
            return Err(ChatError::NotFound("message"));
        };
        branch.next = last.parent;
        branch.messages.extend(page);
        Ok(true)
    }

    /// Translates messages (the newest first) for a model, with images as far as they may go.
    async fn for_model(
        &self,
        question: &Question<'_>,
        messages: Vec<ContextMessage>,
    ) -> Result<Vec<ChatMessage>, ChatError> {
        let mut newest_first = Vec::with_capacity(messages.len() + 1);
        if let Some(parts) = question.parts {
            newest_first.push((Role::User, parts.to_vec()));
        }
        newest_first.extend(messages.into_iter().map(|message| (message.role, message.parts)));
        let mut images = if question.model.capabilities.vision { MAX_IMAGES } else { 0 };
        let mut translated = Vec::<ChatMessage>::with_capacity(newest_first.len());
        for (role, parts) in newest_first {
            let mut contents = Vec::with_capacity(parts.len());
            for part in parts {
                match part {
                    Part::Text { text } if !text.is_empty() => contents.push(ChatPart::Text(text)),
                    Part::File(file) => contents.push(self.image(question, file, &mut images).await?),
                    Part::Text { .. } | Part::Reasoning { .. } | Part::ToolCall(_) | Part::Notice(_) => {}
                }
            }
            if contents.is_empty() {
                continue;
            }
            let role = match role {
                Role::User => ChatRole::User,
                Role::Assistant => ChatRole::Assistant,
            };
            match translated.last_mut() {
                // An answer in between was empty: what surrounds it is one message.
                Some(newer) if newer.role == role => {
                    contents.append(&mut newer.parts);
                    newer.parts = contents;
                }
                _ => translated.push(ChatMessage { role, parts: contents }),
            }
        }
        translated.reverse();
        Ok(translated)
    }

    async fn image(
        &self,
        question: &Question<'_>,
        file: FilePart,
        allowance: &mut usize,
    ) -> Result<ChatPart, ChatError> {
        let named = |name: &str| ChatPart::Text(format!("[image: {name}]"));
        let size = usize::try_from(file.size).unwrap_or(usize::MAX);
        let Some(left) = allowance.checked_sub(size) else {
            return Ok(named(&file.name));
        };
        match store::files::content(&self.db, question.scope, question.user, file.file_id).await? {
            Some((_, media_type, content)) => {
                *allowance = left;
                Ok(ChatPart::Image { media_type, data: Bytes::from(content) })
            }
            None => Ok(named(&file.name)),
        }
    }

    /// The input tokens of a run, counted again from what it was given.
    pub(super) async fn input_tokens(&self, record: &RunRecord, model: &Model) -> Result<u64, database::Error> {
        let (scope, conversation, run) = (record.scope(), record.admitted(), &record.run);
        let system = store::conversations::system_prompt(&self.db, &scope, conversation).await?;
        let mut total = system.map_or(0, |text| self.providers.count_tokens(model, &text));
        let mut from = Some(run.message_id);
        let mut left = None;
        while let Some(id) = from {
            let page = store::messages::context(&self.db, &scope, conversation, id, PAGE).await?;
            from = page.last().and_then(|message| message.parent);
            for message in page {
                let Some(left) = &mut left else {
                    // The first is the answer itself; it says how much was kept before it.
                    left = Some(kept(&message.parts));
                    continue;
                };
                if *left == 0 {
                    return Ok(total);
                }
                *left -= 1;
                let tokens = match message.token_count {
                    Some(tokens) if message.token_model.as_deref() == Some(&model.id) => tokens,
                    _ => self.providers.count_tokens(model, &text_of(&message.parts)),
                };
                total += cost(&message.parts, tokens);
            }
        }
        Ok(total)
    }

    /// Keeps token counts in the rows. They can be counted again, so a failure is no harm.
    pub async fn keep_counts(&self, scope: &TenantScope, model: &str, counted: Vec<(MessageId, u64)>) {
        let written = async {
            let mut tx = self.db.begin_relaxed(scope).await?;
            for (id, tokens) in counted {
                store::messages::set_token_count(&mut tx, scope, id, model, tokens).await?;
            }
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::debug!(%error, "token counts are not kept");
        }
    }
}

/// How a text is measured.
#[derive(Clone, Copy)]
enum Measure {
    /// An upper bound.
    Bytes,
    Tokens,
}

/// What fits.
struct Fit {
    /// Of everything that was measured.
    total: u64,
    /// Messages kept, a new one included.
    messages: u64,
    /// Stored messages kept.
    stored: usize,
    overflows: bool,
}

fn cost(parts: &[Part], text: u64) -> u64 {
    let images = parts.iter().filter(|part| matches!(part, Part::File(_))).count();
    text + MESSAGE_TOKENS + images as u64 * IMAGE_TOKENS
}

/// How many messages the notice says were kept; without one all were.
fn kept(parts: &[Part]) -> u64 {
    parts
        .iter()
        .find_map(|part| match part {
            Part::Notice(Notice::ContextTrimmed { kept_messages, .. }) => Some(*kept_messages),
            _ => None,
        })
        .unwrap_or(u64::MAX)
}
