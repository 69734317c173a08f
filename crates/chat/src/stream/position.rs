//! Where an event stands in a run's stream.

use std::{fmt, str::FromStr};

/// The place right after an event, as `part.offset`: parts count from 1, offsets are bytes
/// of the part's text; 0 is the part's start and `end` its end. Part 0 is the opening,
/// part `end` the closing; there offsets number the events. The order is that of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

const END: u32 = u32::MAX;

impl Position {
    /// Before every event.
    pub const START: Self = Self(0);

    /// After the opening.
    pub(crate) const OPENED: Self = Self::opening(4);

    const fn new(part: u32, offset: u32) -> Self {
        Self(((part as u64) << 32) | offset as u64)
    }

    /// The `number`-th event of the opening, from 1.
    pub(crate) const fn opening(number: u32) -> Self {
        Self::new(0, number)
    }

    /// After `offset` bytes of a part, from 1.
    pub(crate) const fn within(part: u32, offset: u32) -> Self {
        Self::new(part, offset)
    }

    /// The end of a part.
    pub(crate) const fn end_of(part: u32) -> Self {
        Self::new(part, END)
    }

    /// The `number`-th event of the closing, from 1.
    pub(crate) const fn closing(number: u32) -> Self {
        Self::new(END, number)
    }

    /// As a log orders its entries.
    pub(crate) const fn key(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_key(key: u64) -> Self {
        Self(key)
    }

    pub(crate) fn part(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(END)
    }

    pub(crate) fn offset(self) -> u32 {
        u32::try_from(self.0 & u64::from(END)).unwrap_or(END)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.part(), self.offset()) {
            (END, offset) => write!(f, "end.{offset}"),
            (part, END) => write!(f, "{part}.end"),
            (part, offset) => write!(f, "{part}.{offset}"),
        }
    }
}

/// An event id that we never gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an event id of this stream, such as `1.204`")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let number = |text: &str| match text {
            "end" => Ok(END),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().map_err(|_| PositionError),
            _ => Err(PositionError),
        };
        let (part, offset) = text.split_once('.').ok_or(PositionError)?;
        Ok(Self::new(number(part)?, number(offset)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stands_in_the_order_of_the_stream() {
        let stream = [
            Position::START,
            Position::opening(1),
            Position::opening(4),
            Position::within(1, 0),
            Position::within(1, 7),
            Position::end_of(1),
            Position::within(2, 0),
            Position::closing(1),
        ];
        assert!(stream.is_sorted());
        let ids: Vec<String> = stream.iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["0.0", "0.1", "0.4", "1.0", "1.7", "1.end", "2.0", "end.1"]);
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in ["", "1", "1.", ".1", "a.1", "1.-1", "+1.1", "1.99999999999"] {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(key: u64) {
            let position = Position::from_key(key);
            prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        }
    }
}
