use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::market::config::MarketConfig;
use crate::model::{Decimal, Quote, Source, UnixMillis};

/// A stream tells what is new by itself: what it has not repeated for this long, milliseconds, is not fresh.
const STREAM_FRESH_MS: u64 = 30_000;

/// What one provider last said of one coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::market) struct Said {
    pub(in crate::market) source: Source,
    /// US dollars, above zero.
    pub(in crate::market) price: Decimal,
    pub(in crate::market) figures: Figures,
    /// When it was so, by the provider.
    pub(in crate::market) observed_at: UnixMillis,
    pub(in crate::market) received_at: UnixMillis,
    /// Which of a stream's pairs said so: the lower counts more. 0 for a polled quote.
    pub(in crate::market) place: u8,
    /// Its provider has been asked since, and has not answered.
    pub(in crate::market) is_doubtful: bool,
}

/// What a provider says of a coin beside its price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::market) struct Figures {
    /// Per cent, over an hour.
    pub(in crate::market) change_1h: Option<Decimal>,
    /// Per cent, over 24 hours.
    pub(in crate::market) change_24h: Option<Decimal>,
    /// Per cent, over seven days.
    pub(in crate::market) change_7d: Option<Decimal>,
    /// Traded over 24 hours, US dollars.
    pub(in crate::market) volume_24h: Option<Decimal>,
    /// US dollars.
    pub(in crate::market) market_cap: Option<Decimal>,
}

impl Said {
    /// What `quote` says, received at `now`.
    pub(in crate::market) fn new(quote: &Quote, place: u8, now: UnixMillis) -> Self {
        Self {
            source: quote.source,
            price: quote.price,
            figures: Figures {
                change_1h: quote.change_1h,
                change_24h: quote.change_24h,
                change_7d: quote.change_7d,
                volume_24h: quote.volume_24h,
                market_cap: quote.market_cap,
            },
            observed_at: quote.observed_at,
            received_at: now,
            place,
            is_doubtful: false,
        }
    }

    /// Whether it still counts at `now`.
    pub(super) fn is_fresh(&self, now: UnixMillis, config: &MarketConfig) -> bool {
        let lasts_ms = if self.source.is_stream() {
            STREAM_FRESH_MS
        } else {
            config.stale_after_ms()
        };
        now.since(self.received_at) <= lasts_ms
    }

    /// The greatest is the freshest; where nothing tells two apart, the order does.
    pub(super) fn freshness(&self, config: &MarketConfig) -> impl Ord + use<> {
        (
            self.received_at,
            self.observed_at,
            Reverse(config.rank(self.source)),
        )
    }

    /// Whether its price lies within this fraction of `price`.
    pub(super) fn is_within(&self, fraction: f64, price: f64) -> bool {
        (self.price.to_f64() - price).abs() <= fraction * price
    }
}
