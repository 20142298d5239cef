use crate::feed::Endpoint;
use crate::model::{Pair, Source};

/// What is wanted of the providers, where they are, and in which order they are believed.
#[derive(Debug, Clone)]
pub struct Supply {
    /// Whose prices are believed, the first that is well before the next.
    pub price_order: Vec<Source>,
    /// Whose candles are believed; streams only.
    pub candle_order: Vec<Source>,
    /// How many of the top coins.
    pub coins: u32,
    /// Which pairs have candles.
    pub candle_pairs: Vec<Pair>,
    /// A question is asked at most this often, milliseconds.
    pub poll_interval_ms: u64,
    /// CoinGecko: prices, the whole market, what people look for.
    pub coingecko: Polled,
    /// CoinMarketCap: prices and the whole market; `None` without a key.
    pub coinmarketcap: Option<Polled>,
    /// alternative.me: the fear and greed index.
    pub fear_greed: Endpoint,
    /// Scheme and host of Binance's streams.
    pub binance_ws: String,
    /// Scheme and host of Bitget's streams.
    pub bitget_ws: String,
    /// Bitget's candles of the past.
    pub bitget_rest: Endpoint,
}

/// A provider that is asked.
#[derive(Debug, Clone)]
pub struct Polled {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Calls (or credits) that its plan allows in a month; `None` for no such limit.
    pub per_month: Option<u32>,
}

impl Supply {
    /// Whether candles of the past may be asked for: Bitget's, if its candles are believed.
    pub fn has_history(&self) -> bool {
        self.candle_order.contains(&Source::Bitget)
    }

    /// The streams that somebody is to be believed on.
    pub(super) fn streams(&self) -> impl Iterator<Item = Source> + '_ {
        let wanted =
            |source: &Source| self.price_order.contains(source) || self.candle_order.contains(source);
        [Source::Binance, Source::Bitget].into_iter().filter(wanted)
    }
}
