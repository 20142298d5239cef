use crate::model::{Pair, Source};

/// A price is stale when it was not confirmed for this many poll intervals.
const STALE_INTERVALS: u64 = 3;
/// Rolling statistics forget half of what they know in this time, milliseconds ...
const HALF_LIFE_MS: u64 = 30 * 60_000;
/// ... or in this many poll intervals, if that is longer: they need that many samples.
const HALF_LIFE_INTERVALS: u64 = 30;

/// The settings of the market model. They are no part of its snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketConfig {
    /// Signals with at least this confidence, 0 to 1, are high (`SIGNAL_HIGH_CONFIDENCE`).
    pub signal_high_confidence: f64,
    /// How often a polled provider is asked at most, milliseconds (`POLL_INTERVAL_S`).
    pub poll_interval_ms: u64,
    /// How often prices are really confirmed at present, milliseconds: the interval, or less often where a
    /// provider's plan allows no more. What is stale follows it.
    pub confirm_interval_ms: u64,
    /// As `confirm_interval_ms`, of the figures of the whole market.
    pub market_interval_ms: u64,
    /// Whose price it is where too few agree: the first of these that is fresh. A provider that is not named
    /// gives no prices. The simulated market always does, and is always alone.
    pub prices_from: Vec<Source>,
    /// The pairs of which tickers may make candles where nothing better does (`CANDLE_PAIRS`).
    pub candle_pairs: Vec<Pair>,
}

impl Default for MarketConfig {
    /// The settings' own defaults: 0.8, and a minute; exchanges before those who sum them up; no pairs.
    fn default() -> Self {
        Self {
            signal_high_confidence: 0.8,
            poll_interval_ms: 60_000,
            confirm_interval_ms: 0,
            market_interval_ms: 0,
            prices_from: vec![
                Source::Binance,
                Source::Bitget,
                Source::CoinGecko,
                Source::CoinMarketCap,
            ],
            candle_pairs: Vec::new(),
        }
    }
}

impl MarketConfig {
    /// What was not confirmed for longer than this, milliseconds, is stale.
    pub(super) fn stale_after_ms(&self) -> u64 {
        let interval = self.poll_interval_ms.max(self.confirm_interval_ms).max(1);
        interval.saturating_mul(STALE_INTERVALS)
    }

    /// Figures of the whole market that were not confirmed for longer than this, milliseconds, are stale.
    pub(super) fn market_stale_after_ms(&self) -> u64 {
        self.stale_after_ms()
            .max(self.market_interval_ms.saturating_mul(STALE_INTERVALS))
    }

    /// How long a polled provider may take to see what has changed, milliseconds.
    pub(super) fn polled_lag_ms(&self) -> u64 {
        self.poll_interval_ms.max(self.confirm_interval_ms)
    }

    /// Half-life of the rolling statistics, milliseconds.
    pub(super) fn half_life_ms(&self) -> u64 {
        self.poll_interval_ms
            .saturating_mul(HALF_LIFE_INTERVALS)
            .max(HALF_LIFE_MS)
    }

    /// The place of `source` among those who give prices, from 0; `None` if it does not.
    pub(super) fn rank(&self, source: Source) -> Option<usize> {
        match source {
            Source::Simulated => Some(0),
            source => self.prices_from.iter().position(|it| *it == source),
        }
    }

    /// Of polled providers, the one with the least of these speaks for the whole market: the order of
    /// prices, then whoever gives none.
    pub(super) fn figure_rank(&self, source: Source) -> (usize, Source) {
        (self.rank(source).unwrap_or(usize::MAX), source)
    }
}
