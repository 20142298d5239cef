use serde::{Deserialize, Serialize};

use super::config::MarketConfig;
use crate::model::{Decimal, GlobalStats, MarketSummary, Source, UnixMillis};

/// The figures of the whole market, as a provider gave them.
///
/// Providers count different coins and exchanges, so figures of two are never mixed: of several the first in
/// the order of [`Source::ALL`] is told as long as it was heard within three of the intervals at which they are
/// asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Whole {
    pub(super) summary: MarketSummary,
    confirmed_at: UnixMillis,
}

impl Whole {
    /// As said at `now`.
    pub(super) fn new(stats: &GlobalStats, now: UnixMillis) -> Self {
        let summary = MarketSummary {
            total_market_cap: stats.total_market_cap,
            total_volume_24h: stats.total_volume_24h,
            bitcoin_dominance: stats.bitcoin_dominance,
            active_cryptocurrencies: stats.active_cryptocurrencies,
            market_cap_change_24h: stats.market_cap_change_24h,
            source: stats.source,
            timestamp: stats.observed_at,
            stale: false,
        };
        Self {
            summary,
            confirmed_at: now,
        }
    }

    /// What becomes of `stats`.
    pub(super) fn judge(&self, stats: &GlobalStats, now: UnixMillis, config: &MarketConfig) -> Verdict {
        let known = &self.summary;
        if stats.source == known.source {
            if stats.observed_at < known.timestamp {
                Verdict::Late
            } else {
                Verdict::Taken
            }
        } else if stats.source < known.source || self.is_unconfirmed(now, config) {
            Verdict::Taken
        } else {
            Verdict::Spare
        }
    }

    /// Marks it stale if nobody has confirmed it for as long; `true` the first time.
    pub(super) fn mark_stale(&mut self, now: UnixMillis, config: &MarketConfig) -> bool {
        let newly = !self.summary.stale && self.is_unconfirmed(now, config);
        self.summary.stale |= newly;
        newly
    }

    /// What is traded in 24 hours and what all coins are worth, US dollars, if that is recent.
    pub(super) fn totals(&self, now: UnixMillis, config: &MarketConfig) -> Option<Totals> {
        let totals = Totals {
            volume: (self.summary.total_volume_24h, self.summary.source),
            market_cap: self.summary.total_market_cap,
        };
        (!self.is_unconfirmed(now, config)).then_some(totals)
    }

    fn is_unconfirmed(&self, now: UnixMillis, config: &MarketConfig) -> bool {
        now.since(self.confirmed_at) > config.market_stale_after_ms()
    }
}

/// What becomes of figures of the whole market, beside those that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are the newest of the provider that is told, or of one that comes before it.
    Taken,
    /// They are older than what the same provider has said.
    Late,
    /// They are of a provider that is told only when those before it are silent.
    Spare,
}

/// The whole market's totals, US dollars.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    /// And who says so.
    pub(super) volume: (Decimal, Source),
    pub(super) market_cap: Decimal,
}
