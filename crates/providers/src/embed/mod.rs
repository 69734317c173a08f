//! Vectors of texts, from providers that do not speak OpenAI's embeddings.
//!
//! The shape of requests and answers is that of `POST /v1/embeddings`, whoever answers:
//! <https://platform.openai.com/docs/api-reference/embeddings>.

mod demo;
mod gemini;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use contracts::providers::{EmbeddingRequest, ProviderError, ProviderErrorKind as Kind, TokenUsage};
use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, Api},
    client::{Client, Fault},
    compatible::Usage,
    error,
    generate::Patience,
    registry::Entry,
    tokens,
};

pub(crate) use self::demo::model as demo_model;

/// What a developer asks.
#[derive(Deserialize)]
struct Request {
    input: Input,
    dimensions: Option<u32>,
    encoding_format: Option<Encoding>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Texts(Vec<String>),
    /// Token ids, which mean something to their own model only.
    Tokens(serde::de::IgnoredAny),
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    Float,
    Base64,
}

#[derive(Serialize)]
struct Answer<'a> {
    object: &'static str,
    data: Vec<Datum>,
    model: &'a str,
    usage: Figures,
}

#[derive(Serialize)]
struct Datum {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Numbers(Vec<f32>),
    /// The numbers as little-endian bytes.
    Base64(String),
}

#[derive(Serialize)]
struct Figures {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// Answers a request through a provider with another interface, or in this process.
pub(crate) async fn answer(
    client: &Client,
    entry: &Entry,
    account: Option<&Account>,
    body: &[u8],
    patience: Patience,
) -> Result<(Bytes, TokenUsage), ProviderError> {
    let invalid = |what: String| ProviderError::new(Kind::InvalidRequest, what);
    let request: Request =
        serde_json::from_slice(body).map_err(|error| invalid(format!("The request can't be read: {error}.")))?;
    let texts = match request.input {
        Input::Text(text) => vec![text],
        Input::Texts(texts) => texts,
        Input::Tokens(_) => {
            let what = format!("{} reads texts, not token ids. Send `input` as text.", entry.model.provider_name);
            return Err(ProviderError::new(Kind::Unsupported, what));
        }
    };
    if texts.is_empty() || request.dimensions == Some(0) {
        return Err(invalid("`input` needs a text, and `dimensions` must be at least 1.".to_owned()));
    }
    let vectors = match (entry.api, account) {
        (Api::Demo, _) => texts.iter().map(|text| demo::embed(text, request.dimensions)).collect(),
        (Api::Generate, Some(account)) => gemini::embed(client, entry, account, &texts, request.dimensions, patience)
            .await
            .map_err(|fault| error::explain(account, fault))?,
        _ => {
            let what = format!("{} makes no embeddings.", entry.model.provider_name);
            return Err(ProviderError::new(Kind::Unsupported, what));
        }
    };
    let input = texts.iter().map(|text| tokens::estimate(text)).sum();
    let encoding = request.encoding_format.unwrap_or(Encoding::Float);
    let data = vectors.into_iter().enumerate().map(|(index, vector)| Datum {
        object: "embedding",
        index,
        embedding: encode(vector, encoding),
    });
    let usage = Figures { prompt_tokens: input, total_tokens: input };
    let answer = Answer { object: "list", data: data.collect(), model: &entry.name, usage };
    let body = serde_json::to_vec(&answer).map_err(|_| invalid("A vector has numbers that are none.".to_owned()))?;
    Ok((body.into(), TokenUsage { input, ..TokenUsage::default() }))
}

fn encode(vector: Vec<f32>, encoding: Encoding) -> Vector {
    match encoding {
        Encoding::Float => Vector::Numbers(vector),
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            Vector::Base64(STANDARD.encode(bytes))
        }
    }
}

/// The request in the common shape.
pub(crate) fn request(request: &EmbeddingRequest) -> Bytes {
    let mut body = serde_json::json!({
        "model": request.model,
        "input": request.inputs,
        "encoding_format": "float",
    });
    if let Some(dimensions) = request.dimensions {
        body["dimensions"] = dimensions.into();
    }
    body.to_string().into()
}

/// The vectors of an answer in the common shape, in the order of the texts.
pub(crate) fn read(body: &[u8], texts: usize) -> Result<(Vec<Vec<f32>>, Option<TokenUsage>), Fault> {
    #[derive(Deserialize)]
    struct Listed {
        data: Vec<One>,
        usage: Option<Usage>,
    }
    #[derive(Deserialize)]
    struct One {
        index: usize,
        embedding: Vec<f32>,
    }
    let mut listed: Listed = crate::adapter::json(body)?;
    listed.data.sort_by_key(|one| one.index);
    if listed.data.len() != texts {
        return Err(Fault::Protocol("it sent another number of vectors than there are texts"));
    }
    Ok((listed.data.into_iter().map(|one| one.embedding).collect(), listed.usage.map(TokenUsage::from)))
}
