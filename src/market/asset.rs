use serde::{Deserialize, Serialize};

use super::config::MarketConfig;
use super::signals::{Seen, Watch};
use crate::model::{Decimal, Price, Quote, Signal, UnixMillis};

/// One coin, as the market holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Asset {
    pub(super) price: Price,
    pub(super) market_cap: Option<Decimal>,
    /// When a provider last said anything of it that was not late.
    pub(super) confirmed_at: UnixMillis,
    watch: Watch,
}

/// What a quote did to an asset.
pub(super) enum Outcome {
    /// It is older than what is known.
    Late,
    /// It says what is known.
    Confirmed,
    /// The price is new, and these are the alerts it gives.
    Changed(Vec<Signal>),
}

impl Asset {
    /// A coin seen for the first time.
    pub(super) fn new(quote: &Quote, now: UnixMillis) -> Self {
        Self {
            price: price(quote),
            market_cap: quote.market_cap,
            confirmed_at: now,
            watch: Watch::begin(quote),
        }
    }

    /// Takes in the next quote of this coin.
    pub(super) fn update(&mut self, quote: &Quote, now: UnixMillis, config: &MarketConfig) -> Outcome {
        if quote.observed_at < self.price.timestamp {
            return Outcome::Late;
        }
        self.confirmed_at = now;
        self.market_cap = quote.market_cap;
        let next = price(quote);
        if next == self.price {
            return Outcome::Confirmed;
        }
        let fresh_again = Price {
            stale: false,
            ..self.price.clone()
        } == next;
        // What is merely confirmed after a pause is no new sample.
        let signals = if fresh_again {
            Vec::new()
        } else {
            let seen = Seen {
                before: &self.price,
                quote,
                rivals: &[(quote.source, quote.price.to_f64())],
                now,
            };
            self.watch.see(&seen, config)
        };
        self.price = next;
        Outcome::Changed(signals)
    }

    /// Whether nobody has confirmed the price for three poll intervals.
    pub(super) fn is_unconfirmed(&self, now: UnixMillis, config: &MarketConfig) -> bool {
        now.since(self.confirmed_at) > config.stale_after_ms()
    }

    /// Whether what was restored can be reckoned with.
    pub(super) fn is_sane(&self) -> bool {
        is_credible(self.price.price) && self.watch.is_sane()
    }
}

/// Whether a price can be reckoned with: above zero.
pub(super) fn is_credible(price: Decimal) -> bool {
    !price.is_zero() && !price.is_negative()
}

fn price(quote: &Quote) -> Price {
    Price {
        coin: quote.coin.clone(),
        symbol: quote.symbol.clone(),
        price: quote.price,
        change_24h: quote.change_24h,
        volume_24h: quote.volume_24h,
        source: quote.source,
        sources: quote.source.into(),
        timestamp: quote.observed_at,
        stale: false,
    }
}
