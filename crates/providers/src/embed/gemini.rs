//! Gemini `batchEmbedContents`: <https://ai.google.dev/api/embeddings>.

use serde::Deserialize;
use serde_json::json;

use crate::{
    account::Account,
    adapter,
    client::{self, Call, Client, Fault},
    gemini,
    generate::Patience,
    registry::Entry,
};

#[derive(Deserialize)]
struct Answer {
    embeddings: Vec<Values>,
}

#[derive(Deserialize)]
struct Values {
    values: Vec<f32>,
}

/// One vector per text.
pub(super) async fn embed(
    client: &Client,
    entry: &Entry,
    account: &Account,
    texts: &[String],
    dimensions: Option<u32>,
    patience: Patience,
) -> Result<Vec<Vec<f32>>, Fault> {
    let model = format!("models/{}", entry.name);
    let one = |text: &String| {
        let mut request = json!({ "model": model, "content": { "parts": [{ "text": text }] } });
        if let Some(dimensions) = dimensions {
            request["outputDimensionality"] = dimensions.into();
        }
        request
    };
    let body = json!({ "requests": texts.iter().map(one).collect::<Vec<_>>() });
    let url = format!("{}/{model}:batchEmbedContents", account.base_url);
    let call = Call::json(url, gemini::headers(account), &body)?.for_account(account);
    let response = client.send(call, patience.first_byte).await?;
    let answer: Answer = adapter::json(&client::body(response, patience.between).await?)?;
    if answer.embeddings.len() != texts.len() {
        return Err(Fault::Protocol("it sent another number of vectors than there are texts"));
    }
    Ok(answer.embeddings.into_iter().map(|embedding| embedding.values).collect())
}
