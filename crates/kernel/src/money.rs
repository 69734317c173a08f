//! Money as integers: prices in pico-dollars, the ledger in nano-dollars. No floating point.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Sub},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A text that is not an amount in USD of the expected precision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal amount in USD with at most {0} decimals")]
pub struct MoneyError(u32);

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $decimals:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(i64);

        impl $name {
            pub const ZERO: Self = Self(0);
            /// Decimal places of one dollar that a unit stands for.
            pub const DECIMALS: u32 = $decimals;

            pub const fn new(units: i64) -> Self {
                Self(units)
            }

            pub const fn units(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            /// A plain decimal in USD without trailing zeros: `0.0015`, `-2`, `0`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_decimal(f, self.0, Self::DECIMALS)
            }
        }

        impl FromStr for $name {
            type Err = MoneyError;
            fn from_str(text: &str) -> Result<Self, MoneyError> {
                parse_decimal(text, Self::DECIMALS).map(Self).ok_or(MoneyError(Self::DECIMALS))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, Add::add)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some("An exact decimal amount in USD"))
                    .pattern(Some("^-?[0-9]+(\\.[0-9]+)?$"))
                    .examples(["0.00123"])
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

amount! {
    /// Billionths of a US dollar: what the ledger counts in.
    NanoUsd, 9
}
amount! {
    /// Trillionths of a US dollar: the unit of a price per token.
    PicoUsd, 12
}

impl PicoUsd {
    /// The price of a million, as price lists show it.
    pub fn per_million(self) -> NanoUsd {
        // 1e6 pico-dollars are 1e3 nano-dollars.
        NanoUsd(self.0.saturating_mul(1000))
    }

    /// The cost of `counts` at their prices, summed exactly and rounded once,
    /// half away from zero, to the nano-dollar. Saturates at the largest amount.
    pub fn cost(items: impl IntoIterator<Item = (u64, Self)>) -> NanoUsd {
        let pico = items
            .into_iter()
            .fold(0_i128, |sum, (count, price)| sum.saturating_add(i128::from(count) * i128::from(price.0)));
        let rounded = (pico.saturating_add(if pico < 0 { -500 } else { 500 })) / 1000;
        NanoUsd(i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX }))
    }
}

fn write_decimal(f: &mut fmt::Formatter<'_>, units: i64, decimals: u32) -> fmt::Result {
    let scale = 10_u64.pow(decimals);
    let magnitude = units.unsigned_abs();
    let sign = if units < 0 { "-" } else { "" };
    let (whole, fraction) = (magnitude / scale, magnitude % scale);
    if fraction == 0 {
        return write!(f, "{sign}{whole}");
    }
    let digits = format!("{fraction:0width$}", width = decimals as usize);
    write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
}

fn parse_decimal(text: &str, decimals: u32) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !digits_only(whole)
        || !digits_only(fraction)
        || (text.contains('.') && fraction.is_empty())
        || fraction.len() > decimals as usize
    {
        return None;
    }
    let padded = format!("{whole}{fraction:0<width$}", width = decimals as usize);
    let magnitude: i64 = padded.parse().ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_exact_decimals() {
        for (units, text) in [(0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (-20, "-0.00000002")] {
            assert_eq!(NanoUsd::new(units).to_string(), text);
            assert_eq!(text.parse::<NanoUsd>().unwrap().units(), units);
        }
        for text in ["", ".", "1.", ".5", "1e3", "+1", "0.0000000001", "9999999999999"] {
            assert!(text.parse::<NanoUsd>().is_err(), "{text}");
        }
    }

    #[test]
    fn rounds_a_cost_once() {
        // Two items of half a nano-dollar each are one nano-dollar, not two.
        let half = PicoUsd::new(500);
        assert_eq!(PicoUsd::cost([(1, half), (1, half)]).units(), 1);
        assert_eq!(PicoUsd::cost([(1, half)]).units(), 1);
        assert_eq!(PicoUsd::cost([(1, PicoUsd::new(499))]).units(), 0);
        assert_eq!(PicoUsd::new(2_500_000).per_million().to_string(), "2.5");
    }

    proptest! {
        #[test]
        fn text_and_back(units: i64) {
            prop_assume!(units != i64::MIN);
            let amount = PicoUsd::new(units);
            prop_assert_eq!(amount.to_string().parse::<PicoUsd>().unwrap(), amount);
        }
    }
}
