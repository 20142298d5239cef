use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, never negative.
///
/// Displays as RFC 3339 in UTC, with a fraction only where there is one: `2025-12-02T12:30:00Z`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnixMillis(u64);

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

    /// Parses RFC 3339 (`2026-05-18T12:49:21.599Z`); `None` for anything else or before 1970.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let millis = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
        u64::try_from(millis).ok().map(Self)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = i64::try_from(self.0)
            .ok()
            .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
        match timestamp {
            Some(timestamp) => timestamp.fmt(f),
            None => jiff::Timestamp::MAX.fmt(f),
        }
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
            "2025-12-02T12:30:00.25Z"
        );
        assert_eq!(
            UnixMillis::new(u64::MAX).to_string(),
            jiff::Timestamp::MAX.to_string()
        );
    }

    #[test]
    fn parses_what_providers_send() {
        let parsed = UnixMillis::parse_rfc3339("2026-05-18T12:49:21.599Z");
        assert_eq!(parsed, Some(UnixMillis::new(1_779_108_561_599)));
        assert_eq!(UnixMillis::parse_rfc3339("yesterday"), None);
        assert_eq!(UnixMillis::parse_rfc3339("1969-12-31T23:59:59Z"), None);
    }
}
