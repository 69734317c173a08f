//! `cargo xtask prices --from FILE --date DAY`: the catalogue of models from a price list.
//!
//! The list is a JSON object of rows by model name, prices decimal strings in USD per unit,
//! as the LiteLLM project (MIT) publishes them. Out comes
//! `crates/providers/catalogue/models.json`: every row, under the id `provider/name`, prices
//! rounded half up to whole pico-dollars, checked by the code that will read it.
//!
//! Left out: prices of service tiers that are never asked for (batch, flex, priority, …) and
//! of tools that run at the provider.

mod name;
mod visible;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
};

use anyhow::{Context as _, bail, ensure};
use providers::catalogue::{self, Can, Catalogue, Price, Row, Service, ServicePrice, Tier};
use serde_json::{Map, Value};

type Listed = Map<String, Value>;

/// Where the facts come from.
const SOURCE: &str = "Public prices and limits, gathered by the LiteLLM project (MIT)";

/// Writes the catalogue of the workspace at `root`.
pub fn run(root: &Path, from: &Path, date: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(from).with_context(|| from.display().to_string())?;
    let list: BTreeMap<String, Listed> = serde_json::from_str(&text).context("not a price list")?;
    let read = list.len();
    let catalogue = convert(list, date)?;
    let json = write(&catalogue)?;
    catalogue::parse(&json).map_err(anyhow::Error::msg)?;
    let to = root.join("crates/providers/catalogue/models.json");
    std::fs::write(&to, &json).with_context(|| to.display().to_string())?;
    let listed = catalogue.models.iter().filter(|row| row.api().is_some() && !row.hidden).count();
    println!(
        "{read} rows read, {} models written ({listed} listed for chat), {} bytes",
        catalogue.models.len(),
        json.len()
    );
    Ok(())
}

fn convert(list: BTreeMap<String, Listed>, date: &str) -> anyhow::Result<Catalogue> {
    let mut rows: BTreeMap<String, (bool, Row)> = BTreeMap::new();
    for (key, listed) in &list {
        let row = row(key, listed).with_context(|| key.clone())?;
        // Some models stand twice, with and without their provider: the fuller name wins.
        let full = key.starts_with(&format!("{}/", row.provider()));
        match rows.entry(row.id.clone()) {
            Entry::Vacant(place) => _ = place.insert((full, row)),
            Entry::Occupied(mut place) => {
                if full && !place.get().0 {
                    place.insert((full, row));
                }
            }
        }
    }
    let mut models: Vec<Row> = rows.into_values().map(|(_, row)| row).collect();
    let ids: Vec<String> = models.iter().map(|row| row.id.clone()).collect();
    for row in &mut models {
        row.hidden = !visible::is_visible(row, &ids);
    }
    Ok(Catalogue { version: date.to_owned(), source: SOURCE.to_owned(), models })
}

fn row(key: &str, listed: &Listed) -> anyhow::Result<Row> {
    let provider = match text(listed, "provider")? {
        "cohere_chat" => "cohere",
        other => other,
    };
    let name = key.strip_prefix(&format!("{provider}/")).unwrap_or(key);
    let mode = text(listed, "mode")?;
    let mut row = Row {
        id: format!("{provider}/{name}"),
        name: name::for_people(name),
        mode: mode.to_owned(),
        hidden: false,
        context: None,
        output_limit: count(listed, "max_output_tokens")?,
        can: abilities(listed),
        efforts: Vec::new(),
        retires: listed.get("deprecation_date").and_then(Value::as_str).map(str::to_owned),
        price: price(listed, "")?,
        tiers: tiers(listed, "")?,
        cache_write_1h: pico(listed, "cache_creation_input_token_cost_above_1hr")?,
        search: search(listed)?,
        services: services(listed)?,
        units: units(listed)?,
    };
    row.context = context(provider, count(listed, "max_input_tokens")?, row.output_limit);
    if row.can(Can::Reasoning) {
        row.efforts = efforts(provider, name, listed);
    }
    Ok(row)
}

/// The list gives the most input. For most that is the whole window; OpenAI's newer models
/// are listed with the window less the output.
fn context(provider: &str, input: Option<u64>, output: Option<u64>) -> Option<u64> {
    match (provider, input, output) {
        ("openai" | "azure", Some(input @ (272_000 | 922_000)), Some(output)) => Some(input + output),
        _ => input,
    }
}

fn abilities(listed: &Listed) -> Vec<Can> {
    let flags = [
        ("supports_vision", Can::Vision),
        ("supports_function_calling", Can::Tools),
        ("supports_reasoning", Can::Reasoning),
        ("supports_pdf_input", Can::Pdf),
        ("supports_response_schema", Can::StructuredOutput),
        ("supports_adaptive_thinking", Can::AdaptiveThinking),
        ("supports_legacy_thinking", Can::LegacyThinking),
        ("supports_output_config", Can::Effort),
    ];
    flags.iter().filter(|(flag, _)| has(listed, flag)).map(|(_, can)| *can).collect()
}

/// The values of reasoning effort that the provider documents for the model.
fn efforts(provider: &str, name: &str, listed: &Listed) -> Vec<String> {
    const COMMON: [&str; 3] = ["low", "medium", "high"];
    let with_flags = |base: &[&'static str]| {
        let mut efforts: Vec<&'static str> = Vec::new();
        for (flag, effort) in [("none", "none"), ("minimal", "minimal")] {
            efforts.extend(has(listed, &format!("supports_{flag}_reasoning_effort")).then_some(effort));
        }
        efforts.extend_from_slice(base);
        for (flag, effort) in [("xhigh", "xhigh"), ("max", "max")] {
            efforts.extend(has(listed, &format!("supports_{flag}_reasoning_effort")).then_some(effort));
        }
        efforts
    };
    let efforts: Vec<&str> = match provider {
        "openai" | "azure" if name.contains("chat") || name.contains("deep-research") => Vec::new(),
        "openai" | "azure" if name.contains("gpt-5-pro") => vec!["high"],
        "openai" | "azure" if name.contains("-pro") && name.contains("gpt") => {
            let mut efforts = with_flags(&COMMON[1..]);
            efforts.retain(|effort| *effort != "minimal");
            efforts
        }
        "openai" | "azure" | "anthropic" => with_flags(&COMMON),
        "gemini" if name.contains("gemini-2.5-pro") => COMMON.to_vec(),
        "gemini" if name.contains("gemini-2.5") => vec!["none", "low", "medium", "high"],
        "gemini" if name.contains("flash") => vec!["minimal", "low", "medium", "high"],
        "gemini" if name.contains("gemini") => COMMON.to_vec(),
        "groq" | "cerebras" if name.contains("gpt-oss") => COMMON.to_vec(),
        "groq" if name.contains("qwen") => vec!["none", "default"],
        "deepseek" if name.contains("v4") || name.contains("flash") => vec!["none", "low", "high", "max"],
        "mistral" if name.contains("large-4") => COMMON.to_vec(),
        "mistral" if name.contains("mistral-small") || name.contains("mistral-medium") => vec!["none", "high"],
        "perplexity" if name.contains("deep-research") => COMMON.to_vec(),
        _ => Vec::new(),
    };
    efforts.into_iter().map(str::to_owned).collect()
}

fn price(listed: &Listed, suffix: &str) -> anyhow::Result<Price> {
    let get = |field: &str| pico(listed, &format!("{field}{suffix}"));
    Ok(Price {
        input: get("input_cost_per_token")?,
        output: get("output_cost_per_token")?,
        cached_input: get("cache_read_input_token_cost")?,
        cache_write: get("cache_creation_input_token_cost")?,
        reasoning: get("output_cost_per_reasoning_token")?,
    })
}

/// A search of the web, with as much context as unless told.
fn search(listed: &Listed) -> anyhow::Result<Option<i64>> {
    match listed.get("search_context_cost_per_query") {
        Some(Value::Object(sizes)) => pico(sizes, "search_context_size_medium"),
        _ => Ok(None),
    }
}

/// Prices of other services: fields that end in `_flex` and the like.
fn services(listed: &Listed) -> anyhow::Result<Vec<ServicePrice>> {
    let mut services = Vec::new();
    for (service, suffix) in [(Service::Batch, "_batches"), (Service::Flex, "_flex"), (Service::Priority, "_priority")]
    {
        let (price, tiers) = (price(listed, suffix)?, tiers(listed, suffix)?);
        if price != Price::default() || !tiers.is_empty() {
            services.push(ServicePrice { service, price, tiers });
        }
    }
    Ok(services)
}

/// Long-context prices: fields that end in `_above_200k_tokens` and the like, with the suffix of
/// a service.
fn tiers(listed: &Listed, suffix: &str) -> anyhow::Result<Vec<Tier>> {
    let mut thousands: Vec<u64> = listed
        .keys()
        .filter_map(|field| {
            field.strip_suffix(suffix)?.strip_suffix("k_tokens")?.split_once("_token_above_")?.1.parse().ok()
        })
        .collect();
    thousands.sort_unstable();
    thousands.dedup();
    thousands
        .into_iter()
        .map(|k| Ok(Tier { above: k * 1000, price: price(listed, &format!("_above_{k}k_tokens{suffix}"))? }))
        .collect()
}

/// Prices that are not per token of text: `input_cost_per_image` becomes `input_image`.
fn units(listed: &Listed) -> anyhow::Result<BTreeMap<String, i64>> {
    let mut units = BTreeMap::new();
    for field in listed.keys() {
        let Some((side, unit)) = field.split_once("_cost_per_") else { continue };
        let is_service = ["batches", "flex", "priority", "ultrafast", "decisions", "session", "query"]
            .iter()
            .any(|word| field.ends_with(word));
        if unit.starts_with("token") || unit.contains("reasoning_token") || is_service {
            continue;
        }
        if let Some(amount) = pico(listed, field)? {
            units.insert(format!("{side}_{unit}"), amount);
        }
    }
    Ok(units)
}

/// A decimal amount in USD as whole pico-dollars, rounded half up.
fn pico(listed: &Listed, field: &str) -> anyhow::Result<Option<i64>> {
    let text = match listed.get(field) {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        Some(other) => bail!("{field}: {other} is no decimal string"),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(digits(whole) && digits(fraction), "{field}: {text} is no plain decimal");
    let kept: String = fraction.chars().chain("000000000000".chars()).take(12).collect();
    let up = fraction.as_bytes().get(12).is_some_and(|digit| *digit >= b'5');
    let amount: i64 = format!("{whole}{kept}").parse().with_context(|| format!("{field}: {text} is too much"))?;
    Ok(Some(amount + i64::from(up)))
}

fn text<'a>(listed: &'a Listed, field: &str) -> anyhow::Result<&'a str> {
    listed.get(field).and_then(Value::as_str).with_context(|| format!("has no {field}"))
}

fn count(listed: &Listed, field: &str) -> anyhow::Result<Option<u64>> {
    listed
        .get(field)
        .map(|value| value.as_u64().with_context(|| format!("{field}: {value} is no count")))
        .transpose()
        .map(|count| count.filter(|count| *count > 0))
}

fn has(listed: &Listed, flag: &str) -> bool {
    listed.get(flag).and_then(Value::as_bool).unwrap_or(false)
}

/// One model a line, so that a change of prices reads well in a diff.
fn write(catalogue: &Catalogue) -> anyhow::Result<String> {
    let quoted = |text: &str| serde_json::to_string(text);
    let rows = catalogue.models.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(format!(
        "{{\"version\":{},\"source\":{},\"models\":[\n{}\n]}}\n",
        quoted(&catalogue.version)?,
        quoted(&catalogue.source)?,
        rows.join(",\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: &str) -> Listed {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn rounds_to_whole_pico_dollars() {
        for (text, expected) in [
            ("0.0000025", 2_500_000),
            ("0.00000000000149999", 1),
            ("0.0000000000015", 2),
            ("0.0", 0),
            ("10", 10_000_000_000_000),
        ] {
            let row = listed(&format!(r#"{{"p": "{text}"}}"#));
            assert_eq!(pico(&row, "p").unwrap(), Some(expected), "{text}");
        }
        for text in ["1e-6", "-1", "", "."] {
            assert!(pico(&listed(&format!(r#"{{"p": "{text}"}}"#)), "p").is_err(), "{text}");
        }
    }

    #[test]
    fn reads_a_row_with_tiers_and_units() {
        let row = row(
            "gemini/gemini-2.5-pro",
            &listed(
                r#"{"provider": "gemini", "mode": "chat", "max_input_tokens": 1048576, "supports_vision": true,
                "input_cost_per_token": "0.00000125", "output_cost_per_token": "0.00001",
                "input_cost_per_token_above_200k_tokens": "0.0000025", "input_cost_per_token_batches": "0.000000625",
                "input_cost_per_token_above_200k_tokens_priority": "0.0000045", "input_cost_per_image": "0.01"}"#,
            ),
        )
        .unwrap();
        assert_eq!(row.id, "gemini/gemini-2.5-pro");
        assert_eq!(row.price.input, Some(1_250_000));
        assert_eq!(row.tiers.len(), 1);
        assert_eq!((row.tiers[0].above, row.tiers[0].price.input), (200_000, Some(2_500_000)));
        assert_eq!(row.units, BTreeMap::from([("input_image".to_owned(), 10_000_000_000)]));
        assert_eq!(row.can, [Can::Vision]);
    }

    #[test]
    fn the_fuller_name_of_a_model_wins() {
        let row = |price: &str| {
            listed(&format!(
                r#"{{"provider": "deepseek", "mode": "chat", "input_cost_per_token": "{price}", "output_cost_per_token": "0"}}"#
            ))
        };
        let list = BTreeMap::from([
            ("deepseek-chat".to_owned(), row("0.1")),
            ("deepseek/deepseek-chat".to_owned(), row("0.2")),
        ]);
        let catalogue = convert(list, "2026-01-01").unwrap();
        assert_eq!(catalogue.models.len(), 1);
        assert_eq!(catalogue.models[0].price.input, Some(200_000_000_000));
    }
}
