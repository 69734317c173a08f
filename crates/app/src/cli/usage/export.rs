//! A provider's cost export: CSV, whose columns each provider calls otherwise.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use jiff::civil::Date;
use kernel::{NanoUsd, Timestamp};

/// What was billed, by day and model.
pub type Billed = BTreeMap<(Date, String), NanoUsd>;

const DATES: &[&str] = &["date", "usage_date_utc", "start_time_iso", "start_time"];
const MODELS: &[&str] = &["model", "line_item"];
const COSTS: &[&str] = &["cost_usd", "amount_value"];
const CURRENCY: &str = "amount_currency";

/// Decimal places in which the costs of rows are added up: exports are finer than a nano-dollar.
const DECIMALS: u32 = 18;

/// Sums the export by day and model. Models are bare names, as [`bare`] makes them.
pub fn read(text: &str) -> anyhow::Result<Billed> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    // Spreadsheets begin a file with a mark that nobody sees.
    let place = |name: &str| header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let column = |names: &[&str]| {
        names.iter().find_map(|name| place(name)).with_context(|| format!("has no column {}", names.join(" or ")))
    };
    let (date, model, cost, currency) = (column(DATES)?, column(MODELS)?, column(COSTS)?, place(CURRENCY));
    let mut sums: BTreeMap<(Date, String), i128> = BTreeMap::new();
    for (number, row) in reader.records().enumerate() {
        let row = row?;
        let at = || format!("row {}", number + 1);
        let field = |place: usize| row.get(place).unwrap_or_default();
        if row.iter().all(str::is_empty) {
            continue;
        }
        if let Some(currency) = currency.map(field).filter(|currency| !currency.is_empty()) {
            ensure!(currency.eq_ignore_ascii_case("usd"), "{}: the amount is in {currency}, not in USD", at());
        }
        let day = day(field(date)).with_context(at)?;
        let amount = decimal(field(cost)).with_context(at)?;
        *sums.entry((day, bare(field(model)))).or_default() += amount;
    }
    sums.into_iter().map(|(key, sum)| Ok((key, nano(sum)?))).collect()
}

/// The name of a model as both sides can be compared by: without its provider, the kind of
/// token that a line is about (`gpt-5.2, input`) and the date of a snapshot.
pub fn bare(name: &str) -> String {
    let name = name.split(',').next().unwrap_or_default().trim().to_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    let is_date = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (text.len(), digits) == (8, 8) || (text.len() == 10 && text.parse::<Date>().is_ok())
    };
    for length in [9, 11] {
        if let Some((head, tail)) = name.len().checked_sub(length).and_then(|at| name.split_at_checked(at))
            && !head.is_empty()
            && tail.strip_prefix('-').is_some_and(is_date)
        {
            return head.to_owned();
        }
    }
    name.to_owned()
}

/// A date, a time in RFC 3339, or seconds since 1970.
fn day(text: &str) -> anyhow::Result<Date> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(Timestamp::from_micros(seconds.saturating_mul(1_000_000)).date());
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.date());
    }
    let date = text.get(..10).unwrap_or(text);
    date.parse().with_context(|| format!("`{text}` is no date; expected one such as 2026-11-21"))
}

/// A decimal number, maybe with an exponent, in units of 10^-18; finer places are cut off.
fn decimal(text: &str) -> anyhow::Result<i128> {
    let parse = || {
        let text = text.trim_start_matches('$');
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok()?;
        let (sign, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        // Where the last digit stands, counted from the decimal point.
        let place = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let shift = i32::try_from(DECIMALS).ok()?.checked_sub(place)?;
        let number: i128 = digits.parse().ok()?;
        let scale = 10_i128.checked_pow(shift.unsigned_abs());
        match (shift >= 0, scale) {
            (true, Some(scale)) => number.checked_mul(scale),
            (false, Some(scale)) => Some(number / scale),
            (true, None) => (number == 0).then_some(0),
            (false, None) => Some(0),
        }
        .map(|number| sign * number)
    };
    parse().with_context(|| format!("`{text}` is no amount; expected one such as 12.50"))
}

/// Rounds half away from zero.
fn nano(sum: i128) -> anyhow::Result<NanoUsd> {
    let unit = 10_i128.pow(DECIMALS - NanoUsd::DECIMALS);
    let rounded = (sum + sum.signum() * unit / 2) / unit;
    match i64::try_from(rounded) {
        Ok(units) => Ok(NanoUsd::new(units)),
        Err(_) => bail!("the costs are more than can be counted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(text: &str) -> Vec<(String, String, String)> {
        let row = |((date, model), cost): ((Date, String), NanoUsd)| (date.to_string(), model, cost.to_string());
        read(text).unwrap().into_iter().map(row).collect()
    }

    fn line(date: &str, model: &str, cost: &str) -> (String, String, String) {
        (date.into(), model.into(), cost.into())
    }

    #[test]
    fn reads_the_exports_of_several_providers() {
        let plain = "\u{feff}date,model,cost_usd,input_tokens\n2026-11-20,openai/gpt-5.2,1.25,1000\n\n2026-11-20,gpt-5.2,0.25,1\n";
        assert_eq!(costs(plain), [line("2026-11-20", "gpt-5.2", "1.5")]);
        let openai = "start_time,end_time,start_time_iso,amount_value,amount_currency,line_item\n\
            1763596800,1763683200,2025-11-20T00:00:00+00:00,0.0012345678901234,usd,\"gpt-5.2-2025-12-11, input\"\n\
            1763596800,1763683200,2025-11-20T00:00:00+00:00,1.5e-3,usd,\"gpt-5.2-2025-12-11, output\"\n";
        assert_eq!(costs(openai), [line("2025-11-20", "gpt-5.2", "0.002734568")]);
        let anthropic = "usage_date_utc,model,workspace,token_type,cost_usd\n\
            2026-11-20,claude-sonnet-4-5-20250929,Default,input_no_cache,3\n\
            2026-11-21,claude-sonnet-4-5-20250929,Default,output,$-0.5\n";
        assert_eq!(
            costs(anthropic),
            [line("2026-11-20", "claude-sonnet-4-5", "3"), line("2026-11-21", "claude-sonnet-4-5", "-0.5")]
        );
    }

    #[test]
    fn adds_up_what_is_finer_than_it_counts() {
        let rows = "2026-11-20,m,0.00000000025\n".repeat(4);
        assert_eq!(costs(&format!("date,model,cost_usd\n{rows}")), [line("2026-11-20", "m", "0.000000001")]);
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, said) in [
            ("model,cost_usd\n", "date or usage_date_utc"),
            ("date,cost_usd\n", "model or line_item"),
            ("date,model\n", "cost_usd or amount_value"),
            ("date,model,cost_usd\n2026-11-20,m,many\n", "row 1: `many` is no amount"),
            ("date,model,cost_usd\n2026-11-20,m,1\n21.11.2026,m,1\n", "row 2: `21.11.2026` is no date"),
            ("date,model,amount_value,amount_currency\n2026-11-20,m,1,eur\n", "row 1: the amount is in eur"),
            ("date,model,cost_usd\n2026-11-20,m,1e400\n", "no amount"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn names_are_bare() {
        for (name, expected) in [
            ("openai/gpt-5.2", "gpt-5.2"),
            ("GPT-4o-2024-08-06, cached input", "gpt-4o"),
            ("claude-opus-4-20250514", "claude-opus-4"),
            ("groq/meta/llama-4", "llama-4"),
            ("2025-01-01", "2025-01-01"),
            ("", ""),
        ] {
            assert_eq!(bare(name), expected, "{name}");
        }
    }
}
