//! Two accounts of the same use, side by side.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kernel::NanoUsd;
use metering::DayCost;

use super::export::{Billed, bare};

/// What may be off, on each line and in total: one cent.
const TOLERANCE: u64 = 10_000_000;

/// What one model cost on one day, by our account and by the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub date: Date,
    pub model: String,
    pub sides: Sides,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sides {
    pub ledger: NanoUsd,
    pub provider: NanoUsd,
}

pub struct Comparison {
    /// By day and model.
    pub lines: Vec<Line>,
    pub total: Sides,
}

impl Sides {
    /// Ledger, provider, and what the ledger has more.
    pub fn amounts(self) -> String {
        format!("{}\t{}\t{}", self.ledger, self.provider, self.difference())
    }

    fn difference(self) -> NanoUsd {
        self.ledger - self.provider
    }

    fn agree(self) -> bool {
        self.difference().units().unsigned_abs() <= TOLERANCE
    }
}

impl Line {
    pub fn differs(&self) -> bool {
        self.sides.ledger != self.sides.provider
    }

    pub fn amounts(&self) -> String {
        self.sides.amounts()
    }
}

impl Comparison {
    /// Whether nothing is off by more than a cent: what is too much here and too little there
    /// is not made good by its sum.
    pub fn agrees(&self) -> bool {
        self.total.agree() && self.lines.iter().all(|line| line.sides.agree())
    }
}

/// Compares the models of `provider`; unless told, of the providers that the export has models of.
pub fn compare(ledger: &[DayCost], billed: &Billed, provider: Option<&str>) -> Comparison {
    let names: BTreeSet<&str> = billed.keys().map(|(_, model)| model.as_str()).collect();
    let of = |cost: &DayCost| cost.model.split('/').next().unwrap_or_default().to_owned();
    let providers: BTreeSet<String> = match provider {
        Some(provider) => BTreeSet::from([provider.to_owned()]),
        None => ledger.iter().filter(|cost| names.contains(bare(&cost.model).as_str())).map(of).collect(),
    };
    let mut sides: BTreeMap<(Date, String), Sides> = BTreeMap::new();
    for cost in ledger.iter().filter(|cost| providers.contains(&of(cost))) {
        sides.entry((cost.date, bare(&cost.model))).or_default().ledger += cost.cost;
    }
    for (key, cost) in billed {
        sides.entry(key.clone()).or_default().provider += *cost;
    }
    let total = Sides {
        ledger: sides.values().map(|sides| sides.ledger).sum(),
        provider: sides.values().map(|sides| sides.provider).sum(),
    };
    let lines = sides.into_iter().map(|((date, model), sides)| Line { date, model, sides }).collect();
    Comparison { lines, total }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::usage::export;

    fn cost(date: &str, model: &str, cost: &str) -> DayCost {
        DayCost { date: date.parse().unwrap(), model: model.into(), cost: cost.parse().unwrap() }
    }

    fn lines(comparison: &Comparison) -> Vec<String> {
        let differing = comparison.lines.iter().filter(|line| line.differs());
        differing.map(|line| format!("{} {} {}", line.date, line.model, line.amounts().replace('\t', " "))).collect()
    }

    #[test]
    fn finds_what_differs() {
        let ledger = [
            cost("2026-11-20", "openai/gpt-5.2", "1.5"),
            cost("2026-11-20", "openai/gpt-5.2-mini", "0.25"),
            cost("2026-11-21", "openai/gpt-5.2", "2"),
            cost("2026-11-21", "anthropic/claude-sonnet-4-5", "7"),
        ];
        let billed = export::read(
            "date,model,cost_usd\n2026-11-20,gpt-5.2,1.5\n2026-11-21,gpt-5.2,2.005\n2026-11-21,whisper,0.004\n",
        )
        .unwrap();
        let found = compare(&ledger, &billed, None);
        assert_eq!(
            lines(&found),
            [
                "2026-11-20 gpt-5.2-mini 0.25 0 0.25",
                "2026-11-21 gpt-5.2 2 2.005 -0.005",
                "2026-11-21 whisper 0 0.004 -0.004"
            ]
        );
        assert_eq!(found.total.amounts(), "3.75\t3.509\t0.241");
        assert!(!found.agrees());
        let named = compare(&ledger, &billed, Some("anthropic"));
        assert_eq!(named.total.ledger.to_string(), "7");
    }

    #[test]
    fn a_cent_is_no_difference_but_two_that_cancel_out_are() {
        let billed = export::read("date,model,cost_usd\n2026-11-20,a,1\n2026-11-20,b,1\n").unwrap();
        let with = |a, b| compare(&[cost("2026-11-20", "x/a", a), cost("2026-11-20", "x/b", b)], &billed, None);
        assert!(with("1", "1").agrees() && with("1.01", "1").agrees());
        assert!(!with("1.010000001", "1").agrees());
        assert!(!with("1.5", "0.5").agrees());
    }
}
