//! What an account counts.

use std::ops::{Add, AddAssign, Sub};

use database::Value;
use kernel::NanoUsd;

/// Nano-dollars, tokens or messages, as the account counts. Sums stop at the largest number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Amount(i64);

impl Amount {
    pub const ZERO: Self = Self(0);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    pub const fn get(self) -> i64 {
        self.0
    }
}

impl From<NanoUsd> for Amount {
    fn from(money: NanoUsd) -> Self {
        Self(money.units())
    }
}

impl From<Amount> for Value {
    fn from(amount: Amount) -> Self {
        Self::Int(amount.0)
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
