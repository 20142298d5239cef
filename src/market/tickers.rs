//! Tickers: what an exchange says of a pair becomes a quote of a coin.
//!
//! The coin is the one that the pair's left side means: of those held the largest with that ticker, else the one of
//! the embedded list. The right side must be a dollar, or a coin that follows it and is worth 0.995 to 1.005 by a
//! fresh polled quote, if there is one. Where an exchange has several such pairs of one coin, one of them speaks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::asset::Arrival;
use super::dollar::{self, Dollars, Paid};
use super::figure::rounded;
use super::state::Market;
use crate::model::{
    Catalog, CoinId, Decimal, MarketEvent, Pair, Quote, Source, Symbol, Ticker, UnixMillis, ordered,
};

/// Changes are told to so many decimal places, per cent.
const CHANGE_PLACES: i32 = 5;
/// As many digits as an `f64` holds for certain.
const CHANGE_DIGITS: u32 = 15;

/// The coins that are known before anybody has named one, by ticker.
static EMBEDDED: LazyLock<BTreeMap<Symbol, CoinId>> = LazyLock::new(|| {
    let catalog = Catalog::embedded();
    let coins = catalog.coins();
    ordered(coins.map(|(coin, ticker)| (ticker.clone(), coin.clone())))
});

impl Market {
    /// Takes in what an exchange says of pairs: prices and their signals first, then candles.
    pub(super) fn apply_tickers(
        &mut self,
        tickers: &[Ticker],
        source: Source,
        now: UnixMillis,
    ) -> Vec<MarketEvent> {
        self.begin_anew_if_need_be(source, now);
        let quotes = self.quotes(tickers, now);
        let arrivals = quotes
            .iter()
            .map(|(quote, place)| Arrival { quote, place: *place });
        let mut events = self.take_in(arrivals).events;
        let wanted = &self.config.candle_pairs;
        events.extend(self.state.candles.tickers(tickers, wanted, now));
        events
    }

    /// The pairs whose tickers are prices: each coin that is held, the largest first, against tether; before any
    /// is held, those of the embedded list.
    pub fn ticker_pairs(&self) -> Vec<Pair> {
        let held = self
            .state
            .assets
            .by_cap()
            .into_iter()
            .map(|asset| &asset.price.symbol);
        let embedded = EMBEDDED.keys().filter(|_| self.state.assets.len() == 0);
        let symbols = held.chain(embedded).filter(|symbol| !dollar::is_dollar(symbol));
        let tether = Symbol::new("USDT");
        let pair = |symbol: &Symbol| Pair::new(symbol.clone(), tether.clone()?);
        symbols.filter_map(pair).collect()
    }

    /// The tickers that are prices of known coins, and the place of what they are paid in.
    fn quotes(&mut self, tickers: &[Ticker], now: UnixMillis) -> Vec<(Quote, u8)> {
        let assets = &self.state.assets;
        let dollars = Dollars::at(now, assets, &self.config);
        let mut off_peg: u64 = 0;
        let mut quotes = Vec::with_capacity(tickers.len());
        for ticker in tickers {
            let base = ticker.pair.base();
            let Some(coin) = assets.owner(base).or_else(|| EMBEDDED.get(base)) else {
                continue;
            };
            match dollars.paid(base, ticker.pair.quote()) {
                Paid::Dollar(place) => quotes.push((quote(ticker, coin), place)),
                Paid::OffPeg => off_peg = off_peg.saturating_add(1),
                Paid::Other => {}
            }
        }
        self.state.off_peg = self.state.off_peg.saturating_add(off_peg);
        quotes
    }
}

/// What `ticker` says of `coin`: all that it knows of the market is its own pair.
fn quote(ticker: &Ticker, coin: &CoinId) -> Quote {
    Quote {
        coin: coin.clone(),
        symbol: ticker.pair.base().clone(),
        price: ticker.price,
        change_1h: None,
        change_24h: ticker.open_24h.and_then(|open| change(open, ticker.price)),
        change_7d: None,
        volume_24h: ticker.quote_volume_24h.filter(|volume| !volume.is_negative()),
        market_cap: None,
        source: ticker.source,
        observed_at: ticker.observed_at,
    }
}

/// The change from `open` to `price` in per cent, to five places; `None` if there is no telling.
fn change(open: Decimal, price: Decimal) -> Option<Decimal> {
    let per_cent = (price.to_f64() / open.to_f64() - 1.0) * 100.0;
    let known = !open.is_zero() && !open.is_negative() && per_cent.is_finite();
    known
        .then(|| Decimal::from_f64(rounded(per_cent, CHANGE_PLACES), CHANGE_DIGITS))
        .flatten()
}
