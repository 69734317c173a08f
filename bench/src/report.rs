//! The figures as Markdown.

use std::{fmt::Write as _, time::Duration};

use anyhow::Context as _;

use crate::{
    chat::{Figures, Loads},
    load::Outcome,
    stats::Samples,
};

/// What the figures were measured on.
pub struct Machine {
    pub facts: String,
    /// How long a small flush of the disk takes, by the median.
    pub flush: Option<Duration>,
    /// Bytes of the server's binary.
    pub binary: u64,
}

/// All tables.
pub fn markdown(machine: &Machine, baseline: &Loads, figures: &[Figures]) -> String {
    let mut text = format!(
        "Measured on {}; the server, the mock, the client and PostgreSQL share them. \
         The disk takes {} ms to flush 8 KiB (median).\n\n",
        machine.facts,
        ms(machine.flush)
    );
    latency(&mut text, baseline, figures);
    throughput(&mut text, baseline, figures);
    memory(&mut text, machine.binary, figures);
    text
}

/// Puts the tables between the marks of this name in a document.
pub fn replace(document: &str, name: &str, table: &str) -> anyhow::Result<String> {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let (before, rest) = document.split_once(&begin).with_context(|| format!("no {begin}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no {end}"))?;
    Ok(format!("{before}{begin}\n{table}{end}{after}"))
}

fn latency(text: &mut String, baseline: &Loads, figures: &[Figures]) {
    text.push_str("### First token added, in milliseconds (p50 / p99)\n\n");
    heading(text, &["streams at once", "mock called directly"], figures, &["of it on the way back (p50)", "runs"]);
    for (level, (streams, direct)) in baseline.levels.iter().enumerate() {
        let mut row = vec![streams.to_string(), percentiles(&direct.added)];
        let here: Vec<&Outcome> = figures.iter().filter_map(|it| Some(&it.loads.levels.get(level)?.1)).collect();
        row.extend(here.iter().map(|outcome| percentiles(&outcome.added)));
        row.push(join(here.iter().map(|outcome| ms(outcome.back.percentile(50)))));
        row.push(join(here.iter().map(|outcome| count(outcome))));
        line(text, &row);
    }
    text.push('\n');
}

fn throughput(text: &mut String, baseline: &Loads, figures: &[Figures]) {
    text.push_str("### Saturation: 64 at once, answers without a pause\n\n");
    heading(text, &["", "mock called directly"], figures, &[]);
    let all = || std::iter::once(baseline).chain(figures.iter().map(|it| &it.loads));
    let row = |name: &str, value: &dyn Fn(&Loads) -> String| {
        std::iter::once(name.to_owned()).chain(all().map(value)).collect::<Vec<_>>()
    };
    line(text, &row("streams per second", &|loads| format!("{:.0}", loads.saturation.per_second())));
    line(text, &row("first token added, ms (p50 / p99)", &|loads| percentiles(&loads.saturation.added)));
    line(
        text,
        &row("processor time of the asked process per stream, ms", &|loads| {
            loads.cpu_ms_per_stream.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.2}"))
        }),
    );
    line(text, &row("failed", &|loads| loads.saturation.failed.to_string()));
    text.push('\n');
}

fn memory(text: &mut String, binary: u64, figures: &[Figures]) {
    text.push_str("### Memory, start, size\n\n");
    heading(text, &[""], figures, &[]);
    let row = |name: &str, value: &dyn Fn(&Figures) -> String| {
        std::iter::once(name.to_owned()).chain(figures.iter().map(value)).collect::<Vec<_>>()
    };
    line(text, &row("idle after the first start, MB", &|it| megabytes(it.idle_kib)));
    let streams: Vec<usize> =
        figures.first().into_iter().flat_map(|it| it.open_kib.iter().map(|open| open.0)).collect();
    for (index, streams) in streams.iter().enumerate() {
        let open = |it: &Figures| it.open_kib.get(index).map_or(0, |open| open.1);
        line(text, &row(&format!("{streams} open streams, MB"), &|it| megabytes(open(it))));
        line(
            text,
            &row(&format!("each of {streams} open streams, kB"), &|it| {
                kilobytes(open(it).saturating_sub(it.closed_kib), *streams)
            }),
        );
    }
    line(text, &row("start to ready, ms (median of 10)", &|it| ms(it.ready.percentile(50))));
    text.push('\n');
    let _written = writeln!(text, "The binary has {} MB, the web app included.", megabytes(binary / 1024));
}

fn heading(text: &mut String, first: &[&str], figures: &[Figures], last: &[&str]) {
    let names = figures.iter().map(|it| it.name.clone());
    let row: Vec<String> =
        first.iter().map(ToString::to_string).chain(names).chain(last.iter().map(ToString::to_string)).collect();
    line(text, &row);
    text.push_str("|---");
    text.push_str(&"|--:".repeat(row.len() - 1));
    text.push_str("|\n");
}

pub fn line(text: &mut String, cells: &[String]) {
    let _written = writeln!(text, "| {} |", cells.join(" | "));
}

fn join(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(" · ")
}

pub fn percentiles(samples: &Samples) -> String {
    format!("{} / {}", ms(samples.percentile(50)), ms(samples.percentile(99)))
}

fn count(outcome: &Outcome) -> String {
    match outcome.failed {
        0 => outcome.added.len().to_string(),
        failed => format!("{} ({failed} failed)", outcome.added.len()),
    }
}

pub fn ms(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "–".to_owned(), |it| format!("{:.2}", it.as_secs_f64() * 1000.0))
}

/// Megabytes of a million bytes, to one decimal.
pub fn megabytes(kib: u64) -> String {
    let tenths = (kib * 1024 + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Kilobytes of a thousand bytes for each of `count`, to one decimal.
fn kilobytes(kib: u64, count: usize) -> String {
    let tenths = kib * 1024 / 100 / (count as u64).max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let document = |text: &str| format!("a\n<!-- x: begin -->\n{text}\n<!-- x: end -->\nb\n");
        assert_eq!(replace(&document("old"), "x", "new\n").unwrap(), document("new"));
        assert!(replace(&document("old"), "y", "new").is_err());
    }

    #[test]
    fn units_are_decimal() {
        assert_eq!(megabytes(39_063), "40.0");
        assert_eq!(kilobytes(1000, 100), "10.2");
    }
}
