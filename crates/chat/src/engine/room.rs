//! Room for what a model is about to use, in every budget and quota that applies. It is kept until the
//! use is settled, so that a hard cap is never passed, whatever runs at the same time.

use contracts::{
    metering::{NewReservation, Reservation, ReserveError, worst_case},
    providers::{ChatPart, Model},
};
use kernel::{NanoUsd, TenantScope, UserId};

use super::{
    Context, Engine, Question,
    context::{IMAGE_TOKENS, MESSAGE_TOKENS},
};

impl Engine {
    /// Keeps room for an answer: its context, and the longest text that it may become.
    pub async fn room_for_answer(
        &self,
        question: &Question<'_>,
        context: &Context,
    ) -> Result<Reservation, ReserveError> {
        let Question { scope, user, model, .. } = *question;
        let output = context.max_output_tokens;
        match self.room(scope, user, model, (context.input_tokens, output), 1).await {
            // A text has fewer tokens than bytes: near the cap it is worth counting them.
            Err(refused @ (ReserveError::Cap(_) | ReserveError::Quota(_))) => {
                let counted = self.counted(question, context);
                if counted >= context.input_tokens {
                    return Err(refused);
                }
                self.room(scope, user, model, (counted, output), 1).await
            }
            kept => kept,
        }
    }

    /// Keeps room for a call with so many tokens (input, output) that counts as so many messages,
    /// whichever model answers it in the end.
    pub async fn room(
        &self,
        scope: &TenantScope,
        user: UserId,
        model: &Model,
        (input, output): (u64, u64),
        messages: u32,
    ) -> Result<Reservation, ReserveError> {
        let cost =
            |model: &Model| model.prices.as_ref().map_or(NanoUsd::ZERO, |prices| worst_case(prices, input, output));
        let others = self.providers.may_answer(scope, &model.id).await;
        let worst = others.iter().map(|other| cost(other)).fold(cost(model), NanoUsd::max);
        let wanted = NewReservation { user, key: None, worst, tokens: input.saturating_add(output), messages };
        self.metering.reserve(scope, wanted).await
    }

    /// The input's tokens by the model's own tokenizer, with something to spare.
    fn counted(&self, question: &Question<'_>, context: &Context) -> u64 {
        let count = |text: &str| self.providers.count_tokens(question.model, text);
        let parts = context.messages.iter().map(|message| {
            let tokens = message.parts.iter().map(|part| match part {
                ChatPart::Text(text) => count(text),
                ChatPart::Image { .. } => IMAGE_TOKENS,
                ChatPart::ToolCall(call) => count(&call.input.to_string()),
                ChatPart::ToolResult { content, .. } => count(content),
            });
            MESSAGE_TOKENS + tokens.sum::<u64>()
        });
        let total = question.system.map_or(0, count) + parts.sum::<u64>();
        total + total / 50 + 64
    }
}
