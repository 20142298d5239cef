use std::fmt;

use serde::{Deserialize, Serialize};

/// A run of a channel's offsets. Another epoch is another run: offsets of two epochs say nothing of each other.
///
/// Displays as a decimal number; clients treat it as opaque and compare it for equality alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch that began with the tick of that number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// An epoch that follows this one, and did not begin before the tick of that number.
    pub const fn followed_by(self, number: u64) -> Self {
        let next = self.0.saturating_add(1);
        Self(if number > next { number } else { next })
    }

    /// What [`Display`](fmt::Display) wrote; `None` if it wrote no such thing.
    pub fn parse(text: &str) -> Option<Self> {
        let number = Self(text.parse().ok()?);
        (number.to_string() == text).then_some(number)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A place in a channel's order of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The run that `offset` counts in.
    pub epoch: Epoch,
    /// 1 for the first message of the epoch, and one more for each that follows; 0 before the first.
    pub offset: u64,
}

impl Position {
    /// The place of the message that follows.
    pub const fn next(self) -> Self {
        Self {
            epoch: self.epoch,
            offset: self.offset.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_read_as_it_was_written_and_nothing_else_is_one() {
        for number in [0, 1, 1_795_209_207_483, u64::MAX] {
            let epoch = Epoch::new(number);
            assert_eq!(Epoch::parse(&epoch.to_string()), Some(epoch));
        }
        for text in ["", " 1", "+1", "01", "1.0", "-1", "x", "18446744073709551616"] {
            assert_eq!(Epoch::parse(text), None, "{text}");
        }
    }
}
