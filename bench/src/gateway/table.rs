//! The gateways' figures as Markdown.

use std::{fmt::Write as _, time::Duration};

use super::{Report, Row};
use crate::report::{line, megabytes, ms, percentiles};

const COLUMNS: [&str; 13] = [
    "",
    "requests/s at 16",
    "ms at 1 (p50 / p99)",
    "at 16",
    "at 64",
    "added at 1 (p50)",
    "CPU per request, µs",
    "streams/s at 64",
    "first chunk at 16, ms",
    "whole stream at 16, ms",
    "idle, MB",
    "peak, MB",
    "start, ms",
];

pub fn markdown(facts: &str, flush: Option<Duration>, pinned: bool, report: &Report) -> String {
    let cores = if pinned {
        "the gateway has one core to itself, the upstream and the loader share the other"
    } else {
        "gateway, upstream and loader share the cores"
    };
    let mut text =
        format!("Measured on {facts}; {cores}. The disk takes {} ms to flush 8 KiB (median).\n\n", ms(flush));
    line(&mut text, &COLUMNS.map(str::to_owned));
    text.push_str("|---");
    text.push_str(&"|--:".repeat(COLUMNS.len() - 1));
    text.push_str("|\n");
    for row in std::iter::once(&report.direct).chain(&report.rows) {
        line(&mut text, &cells(&report.direct, row));
    }
    text.push('\n');
    if report.calls > 0 {
        let _written =
            writeln!(text, "All {} calls that Parlance answered stand in its ledger, each once.", report.calls);
    }
    if let Some(open) = &report.open {
        let each = (open.open_kib.saturating_sub(open.closed_kib)) * 1024 / 100 / (open.streams as u64).max(1);
        let _written = writeln!(
            text,
            "{} open streams on one process of Parlance: {} MB, {} MB before them, {}.{} kB each.",
            open.streams,
            megabytes(open.open_kib),
            megabytes(open.closed_kib),
            each / 10,
            each % 10
        );
    }
    for (name, why) in &report.absent {
        let _written = writeln!(text, "{name} was not measured: {why}.");
    }
    text
}

fn cells(direct: &Row, row: &Row) -> [String; COLUMNS.len()] {
    let loads = &row.loads;
    let none = || "–".to_owned();
    let added = loads.one.total.percentile(50).zip(direct.loads.one.total.percentile(50));
    let process = row.process.as_ref();
    let name = match loads.failed() {
        0 => row.name.clone(),
        failed => format!("{} ({failed} failed)", row.name),
    };
    [
        name,
        format!("{:.0}", loads.sixteen.per_second()),
        percentiles(&loads.one.total),
        percentiles(&loads.sixteen.total),
        percentiles(&loads.many.total),
        process.and(added).map_or_else(none, |(here, there)| ms(Some(here.saturating_sub(there)))),
        process.map_or_else(none, |_| format!("{:.0}", loads.cpu_us)),
        format!("{:.0}", loads.streams_many.per_second()),
        percentiles(&loads.streams_sixteen.first),
        percentiles(&loads.streams_sixteen.total),
        process.map_or_else(none, |it| megabytes(it.idle_kib)),
        process.map_or_else(none, |it| megabytes(it.peak_kib)),
        process.map_or_else(none, |it| format!("{:.0}", it.start.as_secs_f64() * 1000.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{Footprint, Loads};

    fn row(name: &str, p50_ms: u64, process: Option<Footprint>) -> Row {
        let mut loads = Loads { cpu_us: 99.6, ..Loads::default() };
        loads.one.total.push(Duration::from_millis(p50_ms));
        loads.sixteen.elapsed = Duration::from_secs(1);
        Row { name: name.to_owned(), loads, process }
    }

    #[test]
    fn a_row_says_what_a_gateway_adds() {
        let direct = row("direct", 2, None);
        let footprint = Footprint { idle_kib: 39_063, peak_kib: 58_594, start: Duration::from_millis(12) };
        let mut gateway = row("Parlance", 5, Some(footprint));
        gateway.loads.many.failed = 3;
        let absent = vec![("Other".to_owned(), "not set up".to_owned())];
        let report = Report { direct, rows: vec![gateway], absent, open: None, calls: 7 };
        let text = markdown("a machine", None, true, &report);
        let row = text.lines().find(|line| line.starts_with("| Parlance")).unwrap();
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[1], "Parlance (3 failed)");
        assert_eq!((cells[6], cells[7], cells[11], cells[12], cells[13]), ("3.00", "100", "40.0", "60.0", "12"));
        assert!(text.contains("All 7 calls") && text.contains("Other was not measured: not set up."));
        assert!(text.lines().any(|line| line.starts_with("| direct") && line.contains("| – |")));
    }
}
