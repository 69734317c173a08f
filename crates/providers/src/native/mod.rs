//! Passing a request on to a provider that speaks its shape, and the answer back, unread.
//!
//! Invariants: of a request, the model's name and the wish for usage change and nothing else
//! does; of an answer, no byte does. No tree is made of either. What of it we must know
//! (tokens, the end, a failure) is looked for where it stands.

mod events;
mod read;
mod splice;
mod stream;

use contracts::providers::{NativeRequest, Shape, TokenUsage};
use tokio::time::Instant;

use crate::{
    account::{Account, Api},
    anthropic,
    client::{self, Call, Client, Fault},
    compatible::{self, Dialect},
    generate::Patience,
    registry::Entry,
};

pub(crate) use self::stream::Opened;

/// An answer in the shape of the request.
pub(crate) enum Answer {
    Whole {
        body: bytes::Bytes,
        usage: Option<TokenUsage>,
    },
    Events(Box<Opened>),
    /// A stream was wanted, and the answer came whole.
    Unstreamed(bytes::Bytes),
}

/// Whether the model's provider takes requests of this shape for it.
pub(crate) fn speaks(entry: &Entry, shape: Shape) -> bool {
    let Some(account) = &entry.account else { return false };
    let provider = account.provider;
    match shape {
        Shape::OpenAiChat => provider.api == Api::Chat && !entry.responses_only && account.api != Some(Api::Responses),
        Shape::OpenAiResponses => {
            entry.api == Api::Responses || (provider.id == "openai" && !account.custom && account.api.is_none())
        }
        Shape::OpenAiEmbeddings => provider.api == Api::Chat,
        Shape::AnthropicMessages => entry.api == Api::Messages,
    }
}

/// Whether a field of the request is a list with something in it.
pub(crate) fn has_items(body: &[u8], field: &str) -> bool {
    let Ok(splice::Members(members)) = serde_json::from_slice(body) else { return false };
    let value = members.iter().find(|(name, _)| name == field).map(|(_, value)| value.get());
    value.and_then(|list| list.strip_prefix('[')).is_some_and(|rest| !rest.trim_start().starts_with(']'))
}

/// The call that passes the request on, and whether the client had asked for usage.
fn prepare(entry: &Entry, account: &Account, request: &NativeRequest, stream: bool) -> Result<(Call, bool), Fault> {
    let (path, headers) = match request.shape {
        Shape::OpenAiChat => ("chat/completions", compatible::headers(account)),
        Shape::OpenAiResponses => ("responses", compatible::headers(account)),
        Shape::OpenAiEmbeddings => ("embeddings", compatible::headers(account)),
        Shape::AnthropicMessages => ("messages", anthropic::headers(account)),
    };
    let chat_stream = stream && request.shape == Shape::OpenAiChat;
    let ask_usage = chat_stream && Dialect::of(account.provider.id).asks_usage;
    let changes = splice::Changes { model: &entry.name, ask_usage };
    let spliced = splice::splice(&request.body, &changes)?;
    let call = Call {
        url: format!("{}/{path}", account.base_url),
        headers,
        body: spliced.body,
        guarded: account.own.is_some(),
    };
    // Where we do not ask, what comes is what the client asked for.
    Ok((call, spliced.usage_was_asked || !ask_usage))
}

/// Calls the provider and waits until its answer has begun.
pub(crate) async fn open(
    client: &Client,
    entry: &Entry,
    account: &Account,
    request: &NativeRequest,
    stream: bool,
    patience: Patience,
) -> Result<Answer, Fault> {
    let began = Instant::now();
    let (call, usage_was_asked) = prepare(entry, account, request, stream)?;
    let response = client.send(call, patience.first_byte).await?;
    match (stream, client::is_event_stream(&response)) {
        (true, true) => {
            let mut opened = Opened::new(response, request.shape, usage_was_asked, patience, began);
            let first = tokio::time::timeout_at(began + patience.first_byte + patience.between, opened.begin());
            first.await.unwrap_or(Err(Fault::Timeout))?;
            Ok(Answer::Events(Box::new(opened)))
        }
        (false, true) => Err(Fault::Protocol("a stream came where none was asked for")),
        (stream, false) => {
            let body = client::body(response, patience.between).await?;
            if stream {
                return Ok(Answer::Unstreamed(body));
            }
            let usage = read::whole(request.shape, &body)?;
            Ok(Answer::Whole { body, usage })
        }
    }
}
