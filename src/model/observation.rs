use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CoinId, Decimal, FearGreed, Kline, Pair, Symbol, Trade, UnixMillis};

/// Who an observation comes from. Its number rests in snapshots: never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The embedded simulated market: nothing real.
    Simulated,
    /// api.coingecko.com
    CoinGecko,
    /// pro-api.coinmarketcap.com
    CoinMarketCap,
    /// data-stream.binance.vision
    Binance,
    /// ws.bitget.com and api.bitget.com
    Bitget,
    /// api.alternative.me
    AlternativeMe,
    /// Another back end, by the publish API: it names nobody else.
    Published,
}

impl Source {
    /// Every source there is.
    pub const ALL: [Self; 7] = [
        Self::Simulated,
        Self::CoinGecko,
        Self::CoinMarketCap,
        Self::Binance,
        Self::Bitget,
        Self::AlternativeMe,
        Self::Published,
    ];

    /// Whether it tells by itself what is new, and is not asked.
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::Binance | Self::Bitget)
    }

    /// The source of that [name](Self::as_str), if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }

    /// The name on the wire: `coingecko`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::CoinGecko => "coingecko",
            Self::CoinMarketCap => "coinmarketcap",
            Self::Binance => "binance",
            Self::Bitget => "bitget",
            Self::AlternativeMe => "alternative_me",
            Self::Published => "published",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a provider said, parsed and checked: the only input of the market model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Observation {
    /// Prices of many coins, by market cap.
    Quotes(Vec<Quote>),
    /// Prices of pairs, as an exchange tells them.
    Tickers(Vec<Ticker>),
    /// A stream was lost: what it said last says nothing of what is now.
    Lost(Source),
    /// Figures of the whole market.
    Global(GlobalStats),
    /// Single trades of one pair, in any order.
    Trades {
        /// What was traded for what.
        pair: Pair,
        /// Who said so.
        source: Source,
        /// The trades.
        trades: Vec<Trade>,
    },
    /// Whole minutes of one pair, or what there is of the running one, oldest first.
    Klines {
        /// What was traded for what.
        pair: Pair,
        /// Who said so.
        source: Source,
        /// The minutes.
        klines: Vec<Kline>,
        /// When they were told, by the provider's clock, but never after they were received.
        observed_at: UnixMillis,
    },
    /// The fear and greed index.
    FearGreed(FearGreed),
    /// What most people look for.
    Trending(TrendingSearch),
    /// A polled provider was asked for prices and did not answer, or not well.
    Unanswered(Source),
}

/// One coin's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// US dollars for one coin, above zero.
    pub price: Decimal,
    /// Change over an hour, per cent.
    pub change_1h: Option<Decimal>,
    /// Change over 24 hours, per cent.
    pub change_24h: Option<Decimal>,
    /// Change over seven days, per cent.
    pub change_7d: Option<Decimal>,
    /// Traded over 24 hours, US dollars, not negative.
    pub volume_24h: Option<Decimal>,
    /// US dollars, not negative.
    pub market_cap: Option<Decimal>,
    /// Who said so.
    pub source: Source,
    /// When the provider last updated it.
    pub observed_at: UnixMillis,
}

/// A pair's price, and its last 24 hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticker {
    /// What is traded for what.
    pub pair: Pair,
    /// The last price in the pair's quote, above zero.
    pub price: Decimal,
    /// The price 24 hours ago.
    pub open_24h: Option<Decimal>,
    /// Traded over 24 hours in the pair's base, not negative.
    pub base_volume_24h: Option<Decimal>,
    /// Traded over 24 hours in the pair's quote, not negative.
    pub quote_volume_24h: Option<Decimal>,
    /// Who said so.
    pub source: Source,
    /// When it was so; never after it was received.
    pub observed_at: UnixMillis,
}

/// Figures of the whole market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalStats {
    /// US dollars.
    pub total_market_cap: Decimal,
    /// Traded over 24 hours, US dollars.
    pub total_volume_24h: Decimal,
    /// Bitcoin's share of the market cap, per cent.
    pub bitcoin_dominance: Decimal,
    /// How many coins trade.
    pub active_cryptocurrencies: u64,
    /// Change of the market cap over 24 hours, per cent.
    pub market_cap_change_24h: Option<Decimal>,
    /// Who said so.
    pub source: Source,
    /// When the provider last updated it.
    pub observed_at: UnixMillis,
}

/// The coins that most people look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendingSearch {
    /// Most wanted first.
    pub coins: Vec<TrendingCoin>,
    /// Who said so.
    pub source: Source,
}

/// A coin that many people look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendingCoin {
    /// Which coin.
    pub coin: CoinId,
    /// Its ticker.
    pub symbol: Symbol,
    /// By market cap, from 1; `None` where it has none.
    pub rank: Option<u32>,
    /// Its place in the list as the provider counts it, from 0: the lower, the more wanted.
    pub score: u32,
    /// US dollars for one coin, above zero.
    pub price: Option<Decimal>,
    /// Change over 24 hours, per cent.
    pub change_24h: Option<Decimal>,
    /// Traded over 24 hours, US dollars, not negative.
    pub volume: Option<Decimal>,
}
