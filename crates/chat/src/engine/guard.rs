//! What guardrails do to an answer: the provider sees placeholders, the person their own words.
//! The conversation keeps what was said; only what is sent is changed.

use std::sync::Arc;

use contracts::{
    guardrails::{Decision, Guard, NewDecisions, Text, Vault},
    providers::{ChatPart, ChatRole},
};

use super::{Context, Engine, Question};
use crate::{Caller, error::ChatError, store::runs::RunRecord};

/// A context after the rules.
#[derive(Default)]
pub(crate) struct Held {
    /// The rules; none: there are none.
    pub guard: Option<Arc<dyn Guard>>,
    /// The system prompt as the provider may see it.
    pub system: Option<String>,
    /// What stands between what was said and what is sent.
    pub vault: Arc<Vault>,
    pub decisions: Vec<Decision>,
}

impl Engine {
    /// Holds what a model would be given to the rules: the messages are changed in place.
    pub fn hold(
        guard: Option<Arc<dyn Guard>>,
        question: &Question<'_>,
        context: &mut Context,
    ) -> Result<Held, ChatError> {
        let mut held = Held { system: question.system.map(str::to_owned), ..Held::default() };
        let Some(guard) = guard else { return Ok(held) };
        if guard.reads_texts() {
            let newest = context.messages.len().saturating_sub(1);
            let mut texts: Vec<Text<'_>> = held.system.iter_mut().map(|text| Text { text, said: false }).collect();
            for (index, message) in context.messages.iter_mut().enumerate() {
                // What was said before was judged when it was said.
                let said = index == newest && message.role == ChatRole::User;
                for part in &mut message.parts {
                    match part {
                        ChatPart::Text(text) | ChatPart::ToolResult { content: text, .. } => {
                            texts.push(Text { text, said });
                        }
                        ChatPart::Image { .. } | ChatPart::ToolCall(_) => {}
                    }
                }
            }
            let screened = guard.screen(&mut texts, "").map_err(ChatError::Blocked)?;
            (held.vault, held.decisions) = (screened.vault, screened.decisions);
        }
        let wanted = question.parameters.max_output_tokens;
        if wanted.zip(guard.max_output_tokens()).is_some_and(|(wanted, most)| wanted > most) {
            held.decisions.push(Decision::limited());
        }
        held.guard = Some(guard);
        Ok(held)
    }

    /// Notes what was refused before a run began.
    pub async fn note_blocked(&self, caller: Caller, error: &ChatError) {
        let ChatError::Blocked(blocked) = error else { return };
        let decisions = NewDecisions {
            user: caller.user,
            key: caller.key,
            run: None,
            usage: None,
            decisions: blocked.decisions.clone(),
        };
        self.guardrails.note(&caller.scope, decisions).await;
    }

    /// What was decided of a run, to be written with its beginning.
    pub(super) fn decisions_of(record: &RunRecord, caller: Caller) -> Option<NewDecisions> {
        let decisions = record.run.guardrails.clone();
        let (run, usage) = (Some(record.run.id), Some(record.usage_id));
        (!decisions.is_empty()).then_some(NewDecisions { user: caller.user, key: caller.key, run, usage, decisions })
    }
}
