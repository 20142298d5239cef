//! One coin as a desk with several phones sees it: who says what, when, and what is told of it.

use super::*;
use crate::model::{Pair, Ticker};

/// A market, and bitcoin as several providers see it.
pub(super) struct Desk {
    pub(super) market: Market,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { market: market() }
    }

    pub(super) fn with(prices_from: &[Source]) -> Self {
        let config = MarketConfig {
            prices_from: prices_from.to_vec(),
            ..MarketConfig::default()
        };
        Self {
            market: Market::new(config),
        }
    }

    /// `source` says `price` so many seconds after the start, as it is then. Gives what is told.
    pub(super) fn says(&mut self, second: u64, source: Source, price: &str) -> String {
        self.says_of(second, source, price, after(second))
    }

    /// As [`says`](Self::says), of an earlier time.
    pub(super) fn says_of(&mut self, second: u64, source: Source, price: &str, at: UnixMillis) -> String {
        let events = match source.is_stream() {
            true => self.ticks(second, ticker(source, "BTC/USDT", price, at)),
            false => apply(&mut self.market, vec![polled(source, price, at)], after(second)),
        };
        shown(&events)
    }

    pub(super) fn ticks(&mut self, second: u64, ticker: Ticker) -> Vec<MarketEvent> {
        self.market
            .apply(Observation::Tickers(vec![ticker]), after(second))
    }

    pub(super) fn loses(&mut self, second: u64, source: Source) {
        assert_eq!(self.market.apply(Observation::Lost(source), after(second)), []);
    }

    pub(super) fn does_not_answer(&mut self, second: u64, source: Source) {
        let told = self.market.apply(Observation::Unanswered(source), after(second));
        assert_eq!(told, []);
    }

    /// What a client that comes now is told of the coin.
    pub(super) fn price(&self) -> Price {
        let latest: Vec<_> = self.market.latest().collect();
        prices(&latest)[0].clone()
    }
}

pub(super) fn after(seconds: u64) -> UnixMillis {
    T0.plus(seconds * 1_000)
}

pub(super) fn polled(source: Source, price: &str, observed_at: UnixMillis) -> Quote {
    Quote {
        price: decimal(price),
        symbol: Symbol::new("BTC").unwrap(),
        source,
        ..quote("bitcoin", 1.0, 5e9, observed_at)
    }
}

pub(super) fn ticker(source: Source, pair: &str, price: &str, observed_at: UnixMillis) -> Ticker {
    Ticker {
        pair: Pair::parse(pair).unwrap(),
        price: decimal(price),
        open_24h: Some(decimal("80")),
        base_volume_24h: Some(decimal("7")),
        quote_volume_24h: Some(decimal("700")),
        source,
        observed_at,
    }
}

/// `100.5 bitget of coingecko bitget` for each price.
pub(super) fn shown(events: &[MarketEvent]) -> String {
    let lines = prices(events).into_iter().map(|price| {
        let sources: Vec<_> = price.sources.iter().map(Source::as_str).collect();
        format!("{} {} of {}", price.price, price.source, sources.join(" "))
    });
    lines.collect::<Vec<_>>().join("; ")
}
