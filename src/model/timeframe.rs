use std::fmt;

use serde::{Deserialize, Serialize};

/// How far back a ranking looks. Its number rests in snapshots: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Timeframe {
    /// `1h`
    H1,
    /// `4h`
    H4,
    /// `24h`
    H24,
    /// `7d`
    D7,
}

impl Timeframe {
    /// Every timeframe there is, shortest first.
    pub const ALL: [Self; 4] = [Self::H1, Self::H4, Self::H24, Self::D7];

    /// The name on the wire, in exactly this case: `24h`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::H24 => "24h",
            Self::D7 => "7d",
        }
    }

    /// The timeframe of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|timeframe| timeframe.as_str() == name)
    }

    /// Milliseconds.
    pub const fn millis(self) -> u64 {
        const HOUR_MS: u64 = 3_600_000;
        match self {
            Self::H1 => HOUR_MS,
            Self::H4 => 4 * HOUR_MS,
            Self::H24 => 24 * HOUR_MS,
            Self::D7 => 7 * 24 * HOUR_MS,
        }
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timeframe_has_one_name_in_one_case() {
        for timeframe in Timeframe::ALL {
            assert_eq!(Timeframe::parse(&timeframe.to_string()), Some(timeframe));
        }
        for name in ["", "1H", "24H", "1d", "7D", " 1h", "1h ", "2h"] {
            assert_eq!(Timeframe::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn they_are_as_long_as_they_say() {
        let hours = Timeframe::ALL.map(|timeframe| timeframe.millis() / 3_600_000);
        assert_eq!(hours, [1, 4, 24, 168]);
    }
}
