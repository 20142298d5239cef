use std::str::FromStr;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::call;
use crate::feed::FeedFault;
use crate::feed::exchange::{Answer, Call, Endpoint, Parsed};
use crate::feed::strict::{self, MAX_PRICE, MAX_VOLUME, Raw};
use crate::model::{CoinId, Decimal, Observation, Source, Symbol, TrendingCoin, TrendingSearch};

/// CoinGecko sends 15 coins, 30 to paid keys; of more than these the rest is left out.
const MAX_ROWS: usize = 100;

/// What to ask for the coins that most people look for: gives [`Observation::Trending`].
/// CoinGecko renews the list every 10 minutes.
pub(super) fn trending(endpoint: &Endpoint) -> Call {
    call(endpoint, "trending", "/api/v3/search/trending", read)
}

/// `/search/trending`, without its NFTs and categories
/// (<https://docs.coingecko.com/reference/trending-search>):
///
/// ```json
/// {"coins":[{"item":{"id":"bonk","symbol":"BONK","market_cap_rank":103,"score":0,
///  "data":{"price":5.938674704566297e-06,"price_change_percentage_24h":{"usd":-3.2712597351582655},
///          "total_volume":"$31,701,707"}}}]}
/// ```
#[derive(Deserialize)]
struct CoinGeckoTrending<'a> {
    #[serde(borrow)]
    coins: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    item: Item<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    symbol: Raw<'a>,
    #[serde(borrow)]
    market_cap_rank: Raw<'a>,
    #[serde(borrow)]
    score: Raw<'a>,
    /// Descriptive as a whole: a coin is wanted whether or not it has figures.
    #[serde(borrow)]
    data: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct Figures<'a> {
    #[serde(borrow)]
    price: Raw<'a>,
    #[serde(borrow)]
    price_change_percentage_24h: Raw<'a>,
    #[serde(borrow)]
    total_volume: Raw<'a>,
}

#[derive(Deserialize)]
struct InUsd<'a> {
    #[serde(borrow)]
    usd: Raw<'a>,
}

/// Reads `/search/trending`. Which coins, and how wanted, is needed; their figures may be missing.
fn read(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    let CoinGeckoTrending { coins } = strict::body(answer.body, "coins")?;
    let coins = Parsed::rows(coins.into_iter().take(MAX_ROWS).map(coin))?;
    Ok(coins.map(|coins| {
        Observation::Trending(TrendingSearch {
            coins,
            source: Source::CoinGecko,
        })
    }))
}

fn coin(row: &RawValue) -> Result<TrendingCoin, FeedFault> {
    let Row { item } =
        serde_json::from_str(row.get()).map_err(|_| FeedFault::WrongShape { field: "item" })?;
    let coin = strict::text(item.id).and_then(|id| CoinId::new(&id));
    let symbol = strict::text(item.symbol).and_then(|symbol| Symbol::new(&symbol));
    let score = strict::count(item.score, "score")?;
    let rank = strict::count(item.market_cap_rank, "market_cap_rank").ok();
    let figures: Figures<'_> = item.data.and_then(object).unwrap_or_default();
    let change: Option<InUsd<'_>> = figures.price_change_percentage_24h.and_then(object);
    Ok(TrendingCoin {
        coin: coin.ok_or(FeedFault::WrongShape { field: "id" })?,
        symbol: symbol.ok_or(FeedFault::WrongShape { field: "symbol" })?,
        rank: rank.and_then(|rank| u32::try_from(rank).ok()),
        score: u32::try_from(score).map_err(|_| FeedFault::Implausible { field: "score" })?,
        price: strict::positive(figures.price, "price", MAX_PRICE).ok(),
        change_24h: strict::maybe_per_cent(change.and_then(|change| change.usd)),
        volume: dollars(figures.total_volume),
    })
}

fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// `"$31,701,707"`, or a plain number.
fn dollars(raw: Raw<'_>) -> Option<Decimal> {
    let Some(text) = strict::text(raw) else {
        return strict::maybe_amount(raw, MAX_VOLUME);
    };
    let digits = text.strip_prefix('$')?.replace(',', "");
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let amount = Decimal::from_str(&digits).ok().filter(|_| plain)?;
    (amount <= Decimal::from(MAX_VOLUME)).then_some(amount)
}

#[cfg(test)]
mod tests;
