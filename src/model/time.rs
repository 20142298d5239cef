use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, never negative.
///
/// Displays as RFC 3339 in UTC, with three digits of a fraction where there is one: `2025-12-02T12:30:00Z`; a time after
/// the year 9999 as its last millisecond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnixMillis(u64);

/// 9999-12-31T23:59:59.999Z: RFC 3339 has four digits for the year.
const LAST_OF_RFC3339: i64 = 253_402_300_799_999;

impl UnixMillis {
    /// From milliseconds since the Unix epoch.
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// From seconds since the Unix epoch; saturates.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn secs(self) -> u64 {
        self.0 / 1000
    }

    /// This instant, `millis` later; saturates.
    pub const fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; 0 if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// As JavaScript's `toISOString` writes it, always with milliseconds: `2026-05-18T12:49:00.000Z`.
    pub fn to_iso_string(self) -> String {
        self.time().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    fn time(self) -> DateTime<Utc> {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX).min(LAST_OF_RFC3339);
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Parses RFC 3339 (`2026-05-18T12:49:21.599Z`); `None` for anything else or before 1970.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let millis = DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
        u64::try_from(millis).ok().map(Self)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.time().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_as_rfc3339_with_a_fraction_only_where_there_is_one() {
        assert_eq!(
            UnixMillis::from_secs(1_764_678_600).to_string(),
            "2025-12-02T12:30:00Z"
        );
        assert_eq!(
            UnixMillis::new(1_764_678_600_250).to_string(),
            "2025-12-02T12:30:00.250Z"
        );
        assert_eq!(UnixMillis::new(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn parses_what_providers_send() {
        let parsed = UnixMillis::parse_rfc3339("2026-05-18T12:49:21.599Z");
        assert_eq!(parsed, Some(UnixMillis::new(1_779_108_561_599)));
        assert_eq!(UnixMillis::parse_rfc3339("yesterday"), None);
        assert_eq!(UnixMillis::parse_rfc3339("1969-12-31T23:59:59Z"), None);
    }
}
