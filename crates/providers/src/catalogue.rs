//! The models that are known by name: facts and prices, one version of them at a time.
//!
//! The file `catalogue/models.json` is made by `cargo xtask prices` and embedded. It keeps
//! every row of the price list, models that don't chat included; [`load`] reads only what a
//! chat can use. Prices are whole pico-dollars per token.

pub use contracts::providers::Service;
use contracts::providers::{ExtraPrices, PriceTier, ServicePrices};
use kernel::PicoUsd;
use serde::{Deserialize, Serialize};

use crate::account::Api;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Catalogue {
    /// Names this version in prices and in the ledger: the day the list was taken.
    pub version: String,
    /// Where the facts come from, and their licence.
    pub source: String,
    pub models: Vec<Row>,
}

/// A model of the price list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// `provider/name`.
    pub id: String,
    pub name: String,
    /// What it does: `chat`, `responses` (a chat through that interface only), `embedding`, …
    pub mode: String,
    /// Not worth a line in a list of models: a dated snapshot of another row, say. Usable by id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Tokens of input and output together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_limit: Option<u64>,
    /// Of `vision`, `tools`, `reasoning`, `pdf`, `structured_output`, and of what adapters
    /// need to know: `adaptive_thinking`, `legacy_thinking`, `effort`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub can: Vec<Can>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub efforts: Vec<String>,
    /// ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires: Option<String>,
    #[serde(flatten)]
    pub price: Price,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// Pico-dollars per token that the prompt cache keeps for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<i64>,
    /// Pico-dollars for a search of the web by the provider's own tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<i64>,
    /// What is charged at other services than the ordinary one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServicePrice>,
    /// Prices of other units than text tokens (`input_image`, `output_second`, …), in pico-dollars.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub units: std::collections::BTreeMap<String, i64>,
}

/// What a model can do, or how it wants to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Can {
    Vision,
    Tools,
    Reasoning,
    Pdf,
    StructuredOutput,
    /// Anthropic: decides by itself how long to think.
    AdaptiveThinking,
    /// Anthropic: takes a thinking budget too.
    LegacyThinking,
    /// Anthropic: takes `output_config.effort`.
    Effort,
}

/// Pico-dollars per token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Price {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<i64>,
}

/// Prices of calls with more than `above` tokens of input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub above: u64,
    #[serde(flatten)]
    pub price: Price,
}

/// Prices of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePrice {
    pub service: Service,
    #[serde(flatten)]
    pub price: Price,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
}

/// Tiers as the ledger knows them.
fn tiers(tiers: &[Tier]) -> Vec<PriceTier> {
    let pico = |units: Option<i64>| units.map(PicoUsd::new);
    let tier = |tier: &Tier| PriceTier {
        above: tier.above,
        input: pico(tier.price.input),
        output: pico(tier.price.output),
        cached_input: pico(tier.price.cached_input),
        cache_write: pico(tier.price.cache_write),
    };
    tiers.iter().map(tier).collect()
}

impl Row {
    /// The part of the id before the first slash.
    pub fn provider(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    pub fn can(&self, what: Can) -> bool {
        self.can.contains(&what)
    }

    /// The interface to call it through; none: it is no model to chat with.
    pub fn api(&self) -> Option<Api> {
        match (self.provider(), self.mode.as_str()) {
            ("openai" | "azure" | "xai", "responses") => Some(Api::Responses),
            ("openai" | "azure", "chat") if self.can(Can::Reasoning) => Some(Api::Responses),
            ("anthropic", "chat") => Some(Api::Messages),
            ("gemini", "chat") => Some(Api::Generate),
            (_, "chat") => Some(Api::Chat),
            _ => None,
        }
    }

    /// Whether it makes vectors of texts.
    pub fn embeds(&self) -> bool {
        self.mode == "embedding"
    }

    /// The row's prices under the name of their version; none: unpriced.
    pub fn prices(&self, version: &str) -> Option<contracts::providers::Prices> {
        let pico = |units: Option<i64>| units.map(PicoUsd::new);
        let unit = |name: &str| pico(self.units.get(name).copied());
        Some(contracts::providers::Prices {
            version: version.to_owned(),
            input: pico(self.price.input)?,
            output: pico(self.price.output.or(self.embeds().then_some(0)))?,
            cached_input: pico(self.price.cached_input),
            cache_write: pico(self.price.cache_write),
            reasoning: pico(self.price.reasoning),
            tiers: tiers(&self.tiers),
            extra: ExtraPrices {
                cache_write_1h: pico(self.cache_write_1h),
                audio_input: unit("input_audio_token"),
                audio_output: unit("output_audio_token"),
                image_input: unit("input_image_token"),
                image_output: unit("output_image_token"),
                search: pico(self.search),
                services: self
                    .services
                    .iter()
                    .map(|other| ServicePrices {
                        service: other.service,
                        input: pico(other.price.input),
                        output: pico(other.price.output),
                        cached_input: pico(other.price.cached_input),
                        cache_write: pico(other.price.cache_write),
                        tiers: tiers(&other.tiers),
                    })
                    .collect(),
            },
        })
    }
}

/// Reads a catalogue file and checks it: ids are unique and complete, prices not negative,
/// tiers in order, dates dates.
pub fn parse(json: &str) -> Result<Catalogue, String> {
    let catalogue: Catalogue = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let mut seen = std::collections::HashSet::new();
    for row in &catalogue.models {
        let fault = |what: &str| Err(format!("{}: {what}", row.id));
        if !row.id.contains('/') || row.name.is_empty() {
            return fault("has no provider or no name");
        }
        if !seen.insert(row.id.as_str()) {
            return fault("stands twice");
        }
        let prices = std::iter::once(&row.price).chain(row.tiers.iter().map(|tier| &tier.price));
        let mut amounts = prices
            .flat_map(|price| [price.input, price.output, price.cached_input, price.cache_write, price.reasoning])
            .flatten()
            .chain(row.units.values().copied());
        if amounts.any(|amount| amount < 0) {
            return fault("has a negative price");
        }
        if !row.tiers.is_sorted_by(|a, b| a.above < b.above) {
            return fault("has tiers out of order");
        }
        if row.retires.as_ref().is_some_and(|day| day.parse::<jiff::civil::Date>().is_err()) {
            return fault("has a retirement that is no date");
        }
        if row.context == Some(0) || row.output_limit == Some(0) {
            return fault("has a limit of zero");
        }
    }
    Ok(catalogue)
}

/// The rows of the embedded file that can chat or make vectors, and its version.
pub(crate) fn load() -> Result<(String, Vec<Row>), String> {
    let catalogue = parse(include_str!("../catalogue/models.json"))?;
    let rows = catalogue.models.into_iter().filter(|row| row.api().is_some() || row.embeds()).collect();
    Ok((catalogue.version, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_is_valid() {
        let (version, rows) = load().unwrap();
        assert!(version.parse::<jiff::civil::Date>().is_ok(), "{version}");
        assert!(rows.len() > 500, "{}", rows.len());
        let row = rows.iter().find(|row| row.id == "openai/gpt-5.2").unwrap();
        assert_eq!(row.name, "GPT-5.2");
        let prices = row.prices(&version).unwrap();
        assert_eq!(prices.input.per_million().to_string(), "1.75");
        assert_eq!(prices.cached_input.unwrap().per_million().to_string(), "0.175");
        assert_eq!(prices.version, version);
        assert_eq!(row.context, Some(400_000));
        let row = rows.iter().find(|row| row.id == "gemini/gemini-2.5-pro").unwrap();
        assert_eq!(row.tiers[0].above, 200_000);
    }

    #[test]
    fn a_broken_catalogue_says_where() {
        for (rows, expected) in [
            (r#"{"id":"a","name":"A","mode":"chat"}"#, "a: has no provider"),
            (r#"{"id":"a/b","name":"A","mode":"chat","input":-1}"#, "a/b: has a negative price"),
            (r#"{"id":"a/b","name":"A","mode":"chat","retires":"soon"}"#, "a/b: has a retirement"),
            (r#"{"id":"a/b","name":"A","mode":"chat"},{"id":"a/b","name":"A","mode":"chat"}"#, "a/b: stands twice"),
        ] {
            let error = parse(&format!(r#"{{"version":"1","source":"","models":[{rows}]}}"#)).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
