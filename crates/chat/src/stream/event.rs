//! The events of a run's stream.

use std::borrow::Cow;

use kernel::MessageId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Message, Notice, Run};

/// One event, as the `data:` of a server-sent event. After the last one comes `[DONE]`.
/// A client ignores types that it does not know.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum UiEvent<'a> {
    /// The stream begins; `messageId` is the assistant's message.
    #[serde(rename_all = "camelCase")]
    Start {
        message_id: MessageId,
    },
    /// The run: with its messages at the start, with usage and cost at the end.
    DataRun {
        data: RunData<'a>,
        transient: bool,
    },
    /// Something that the person should know about the answer.
    DataNotice {
        data: Notice,
    },
    StartStep,
    TextStart {
        id: Cow<'a, str>,
    },
    TextDelta {
        id: Cow<'a, str>,
        delta: Cow<'a, str>,
    },
    TextEnd {
        id: Cow<'a, str>,
    },
    ReasoningStart {
        id: Cow<'a, str>,
    },
    ReasoningDelta {
        id: Cow<'a, str>,
        delta: Cow<'a, str>,
    },
    ReasoningEnd {
        id: Cow<'a, str>,
    },
    #[serde(rename_all = "camelCase")]
    ToolInputStart {
        tool_call_id: Cow<'a, str>,
        tool_name: Cow<'a, str>,
    },
    #[serde(rename_all = "camelCase")]
    ToolInputDelta {
        tool_call_id: Cow<'a, str>,
        input_text_delta: Cow<'a, str>,
    },
    #[serde(rename_all = "camelCase")]
    ToolInputAvailable {
        tool_call_id: Cow<'a, str>,
        tool_name: Cow<'a, str>,
        input: Cow<'a, serde_json::Value>,
    },
    FinishStep,
    /// The run failed or was interrupted.
    #[serde(rename_all = "camelCase")]
    Error {
        error_text: Cow<'a, str>,
    },
    /// A person stopped the run.
    Abort,
    /// The answer is complete.
    Finish,
}

/// The payload of `data-run`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunData<'a> {
    pub run: &'a Run,
    /// The message that was sent; only at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_message: Option<&'a Message>,
    /// The message that the run writes; only at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_message: Option<&'a Message>,
}
