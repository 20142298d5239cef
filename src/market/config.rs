/// A price is stale when it was not confirmed for this many poll intervals.
const STALE_INTERVALS: u64 = 3;
/// Rolling statistics forget half of what they know in this time, milliseconds ...
const HALF_LIFE_MS: u64 = 30 * 60_000;
/// ... or in this many poll intervals, if that is longer: they need that many samples.
const HALF_LIFE_INTERVALS: u64 = 30;

/// The settings of the market model. They are no part of its snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarketConfig {
    /// Signals with at least this confidence, 0 to 1, are high (`SIGNAL_HIGH_CONFIDENCE`).
    pub signal_high_confidence: f64,
    /// How often a polled provider is asked at most, milliseconds (`POLL_INTERVAL_S`).
    pub poll_interval_ms: u64,
}

impl Default for MarketConfig {
    /// The settings' own defaults: 0.8, and a minute.
    fn default() -> Self {
        Self {
            signal_high_confidence: 0.8,
            poll_interval_ms: 60_000,
        }
    }
}

impl MarketConfig {
    /// What was not confirmed for longer than this, milliseconds, is stale.
    pub(super) fn stale_after_ms(&self) -> u64 {
        self.poll_interval_ms.max(1).saturating_mul(STALE_INTERVALS)
    }

    /// Half-life of the rolling statistics, milliseconds.
    pub(super) fn half_life_ms(&self) -> u64 {
        self.poll_interval_ms
            .saturating_mul(HALF_LIFE_INTERVALS)
            .max(HALF_LIFE_MS)
    }
}
