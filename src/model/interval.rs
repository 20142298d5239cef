use std::fmt;

use serde::{Deserialize, Serialize};

use super::UnixMillis;

const MINUTE_MS: u64 = 60_000;
const WEEK_MS: u64 = 7 * 24 * 60 * MINUTE_MS;
/// From the Monday before the epoch, 1969-12-29, to the epoch, a Thursday.
const MONDAY_TO_EPOCH_MS: u64 = 3 * 24 * 60 * MINUTE_MS;

/// How long a candle is. Its number rests in snapshots: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Interval {
    /// `1m`
    M1,
    /// `5m`
    M5,
    /// `15m`
    M15,
    /// `1h`
    H1,
    /// `4h`
    H4,
    /// `1D`: from midnight UTC.
    D1,
    /// `1W`: from Monday's midnight UTC.
    W1,
}

impl Interval {
    /// Every interval there is, shortest first. Each is a whole number of minutes.
    pub const ALL: [Self; 7] = [
        Self::M1,
        Self::M5,
        Self::M15,
        Self::H1,
        Self::H4,
        Self::D1,
        Self::W1,
    ];

    /// The name on the wire, in exactly this case: `1m` is a minute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::M1 => "1m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::D1 => "1D",
            Self::W1 => "1W",
        }
    }

    /// The interval of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.as_str() == name)
    }

    /// Milliseconds from a candle's begin to its end.
    pub const fn millis(self) -> u64 {
        match self {
            Self::M1 => MINUTE_MS,
            Self::M5 => 5 * MINUTE_MS,
            Self::M15 => 15 * MINUTE_MS,
            Self::H1 => 60 * MINUTE_MS,
            Self::H4 => 240 * MINUTE_MS,
            Self::D1 => 1_440 * MINUTE_MS,
            Self::W1 => WEEK_MS,
        }
    }

    /// When the candle that `at` falls into begins, in UTC. The week of the epoch begins with the epoch.
    pub const fn floor(self, at: UnixMillis) -> UnixMillis {
        let lead = self.lead();
        let since_first = at.get().saturating_add(lead);
        UnixMillis::new((since_first - since_first % self.millis()).saturating_sub(lead))
    }

    /// When the candle that begins at `open` ends and the next one begins; never before `open`.
    pub const fn end(self, open: UnixMillis) -> UnixMillis {
        let lead = self.lead();
        let since_first = open.get().saturating_add(lead);
        let begun = since_first - since_first % self.millis();
        let end = begun.saturating_add(self.millis()).saturating_sub(lead);
        if end < open.get() {
            open
        } else {
            UnixMillis::new(end)
        }
    }

    /// How long before the epoch the candle that holds it began.
    const fn lead(self) -> u64 {
        match self {
            Self::W1 => MONDAY_TO_EPOCH_MS,
            _ => 0,
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn names_are_the_documented_ones_in_their_case() {
        let names: Vec<&str> = Interval::ALL.map(Interval::as_str).to_vec();
        assert_eq!(names, ["1m", "5m", "15m", "1h", "4h", "1D", "1W"]);
        for interval in Interval::ALL {
            assert_eq!(Interval::parse(interval.as_str()), Some(interval));
        }
        for bad in ["1M", "1d", "1w", "10m", "", "5m "] {
            assert_eq!(Interval::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn candles_begin_at_utc_boundaries() {
        let time = at("2019-10-13T23:59:59.999Z");
        let begins = [
            (Interval::M1, "2019-10-13T23:59:00Z"),
            (Interval::M5, "2019-10-13T23:55:00Z"),
            (Interval::M15, "2019-10-13T23:45:00Z"),
            (Interval::H1, "2019-10-13T23:00:00Z"),
            (Interval::H4, "2019-10-13T20:00:00Z"),
            (Interval::D1, "2019-10-13T00:00:00Z"),
            (Interval::W1, "2019-10-07T00:00:00Z"),
        ];
        for (interval, begin) in begins {
            assert_eq!(interval.floor(time), at(begin), "{interval}");
            if interval != Interval::H4 {
                assert_eq!(interval.end(at(begin)), at("2019-10-14T00:00:00Z"), "{interval}");
            }
        }
    }

    #[test]
    fn weeks_begin_on_monday_through_new_year_and_leap_day() {
        for (time, monday) in [
            ("2019-10-14T00:00:00Z", "2019-10-14T00:00:00Z"),
            ("2019-10-13T23:59:59.999Z", "2019-10-07T00:00:00Z"),
            ("2025-01-01T12:00:00Z", "2024-12-30T00:00:00Z"),
            ("2024-02-29T12:00:00Z", "2024-02-26T00:00:00Z"),
            ("1970-01-05T00:00:00Z", "1970-01-05T00:00:00Z"),
            ("1970-01-04T23:59:59Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(Interval::W1.floor(at(time)), at(monday), "{time}");
        }
        assert_eq!(
            Interval::W1.end(at("1970-01-01T00:00:00Z")),
            at("1970-01-05T00:00:00Z")
        );
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_its_candle_and_every_candle_in_the_longer_ones(now in 0..u64::MAX / 2) {
            let now = UnixMillis::new(now);
            for interval in Interval::ALL {
                let open = interval.floor(now);
                let end = interval.end(open);
                prop_assert!(open <= now && now < end);
                prop_assert_eq!(interval.floor(end), end);
                prop_assert_eq!(interval.floor(UnixMillis::new(end.get() - 1)), open);
                prop_assert_eq!(interval.floor(Interval::M1.floor(now)), open);
            }
        }

        #[test]
        fn the_end_of_time_is_no_trap(now in u64::MAX - 10..=u64::MAX) {
            for interval in Interval::ALL {
                let open = interval.floor(UnixMillis::new(now));
                prop_assert!(interval.end(open) >= open);
            }
        }
    }
}
