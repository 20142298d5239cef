//! CoinGecko: `/coins/markets`, `/global`, `/search/trending` and `/coins/{id}/ohlc` of
//! <https://docs.coingecko.com/reference/introduction>.

mod ohlc;
mod trending;

pub use ohlc::{OhlcBar, ohlc};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::exchange::{Answer, Call, Endpoint, Parsed, Reader, Request};
use super::fault::FeedFault;
use super::question::{Question, Topic};
use super::strict::{self, MAX_CAP, MAX_PRICE, MAX_VOLUME, Raw};
use crate::model::{CoinId, GlobalStats, Observation, Quote, Source, Symbol, UnixMillis};

/// Rows of one page at most, CoinGecko's own limit.
const PAGE_ROWS: u32 = 250;
/// The market model holds no more coins than this.
const MAX_COINS: u32 = 500;

/// What to ask for the top `coins` (1 to 500, else the nearest): the whole market first, since the
/// volume and mood that the coins are then measured by depend on it.
pub fn plan(endpoint: &Endpoint, coins: u32) -> Vec<Question> {
    let global = call(endpoint, "global", "/api/v3/global", read_global);
    vec![
        Question::new(Topic::Market, vec![global]),
        Question::new(Topic::Prices, markets(endpoint, coins)),
        Question::new(Topic::Trending, vec![trending::trending(endpoint)]),
    ]
}

/// The pages that hold the top `coins`.
fn markets(endpoint: &Endpoint, coins: u32) -> Vec<Call> {
    let coins = coins.clamp(1, MAX_COINS);
    let pages = coins.div_ceil(PAGE_ROWS).max(1);
    // Pages of one size, or their rows would overlap.
    let per_page = coins.div_ceil(pages);
    let page = |page| {
        let path = format!(
            "/api/v3/coins/markets?vs_currency=usd&order=market_cap_desc&per_page={per_page}&page={page}&price_change_percentage=1h,7d"
        );
        call(endpoint, "markets", &path, read_markets)
    };
    (1..=pages).map(page).collect()
}

fn call<T>(endpoint: &Endpoint, name: &'static str, path: &str, parse: Reader<T>) -> Call<T> {
    let mut request = Request::get(endpoint, path);
    if let Some(key) = &endpoint.api_key {
        request
            .headers
            .push((key_header(&endpoint.base_url), key.clone()));
    }
    Call::new(name, request, parse)
}

/// Paid keys work on their own host only, and under another name.
fn key_header(base_url: &str) -> &'static str {
    let pro = base_url.contains("://pro-api.coingecko.com");
    if pro {
        "x-cg-pro-api-key"
    } else {
        "x-cg-demo-api-key"
    }
}

/// A row of `/coins/markets`; of some 30 fields those that are used:
///
/// ```json
/// {"id":"bitcoin","symbol":"btc","current_price":77671,"market_cap":1555886872303,"total_volume":33235034316,
///  "price_change_percentage_24h":-0.95302,"price_change_percentage_1h_in_currency":0.21,
///  "price_change_percentage_7d_in_currency":-4.1,"last_updated":"2026-05-18T12:49:21.599Z"}
/// ```
#[derive(Deserialize)]
struct CoinGeckoRow<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    symbol: Raw<'a>,
    #[serde(borrow)]
    current_price: Raw<'a>,
    #[serde(borrow)]
    market_cap: Raw<'a>,
    #[serde(borrow)]
    total_volume: Raw<'a>,
    #[serde(borrow)]
    price_change_percentage_24h: Raw<'a>,
    #[serde(borrow)]
    price_change_percentage_1h_in_currency: Raw<'a>,
    #[serde(borrow)]
    price_change_percentage_7d_in_currency: Raw<'a>,
    #[serde(borrow)]
    last_updated: Raw<'a>,
}

/// Reads `/coins/markets`. Rows without a credible price are left out; if none is left, the fault
/// of the first is the fault of the whole.
fn read_markets(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    let rows: Vec<&RawValue> = strict::body(answer.body, "rows")?;
    let rows = rows.into_iter().take(PAGE_ROWS as usize);
    let quotes = Parsed::rows(rows.map(|row| quote(row, answer.received_at)))?;
    Ok(quotes.map(Observation::Quotes))
}

fn quote(row: &RawValue, received_at: UnixMillis) -> Result<Quote, FeedFault> {
    let row: CoinGeckoRow<'_> =
        serde_json::from_str(row.get()).map_err(|_| FeedFault::WrongShape { field: "row" })?;
    let coin = strict::text(row.id).and_then(|id| CoinId::new(&id));
    let symbol = strict::text(row.symbol).and_then(|symbol| Symbol::new(&symbol));
    let said = strict::text(row.last_updated).and_then(|text| UnixMillis::parse_rfc3339(&text));
    Ok(Quote {
        coin: coin.ok_or(FeedFault::WrongShape { field: "id" })?,
        symbol: symbol.ok_or(FeedFault::WrongShape { field: "symbol" })?,
        price: strict::positive(row.current_price, "current_price", MAX_PRICE)?,
        change_1h: strict::maybe_per_cent(row.price_change_percentage_1h_in_currency),
        change_24h: strict::maybe_per_cent(row.price_change_percentage_24h),
        change_7d: strict::maybe_per_cent(row.price_change_percentage_7d_in_currency),
        volume_24h: strict::maybe_amount(row.total_volume, MAX_VOLUME),
        market_cap: strict::maybe_amount(row.market_cap, MAX_CAP),
        source: Source::CoinGecko,
        observed_at: strict::observed_at(said, received_at),
    })
}

/// `/global`:
///
/// ```json
/// {"data":{"active_cryptocurrencies":17397,"total_market_cap":{"usd":2621040321355.0405},
///  "total_volume":{"usd":95133256404.37308},"market_cap_percentage":{"btc":57.9539332566265},
///  "market_cap_change_percentage_24h_usd":-1.6081983639177684,"updated_at":1779878351}}
/// ```
#[derive(Deserialize)]
struct CoinGeckoGlobal<'a> {
    #[serde(borrow)]
    data: GlobalData<'a>,
}

#[derive(Deserialize)]
struct GlobalData<'a> {
    #[serde(borrow)]
    active_cryptocurrencies: Raw<'a>,
    #[serde(borrow)]
    total_market_cap: Option<InUsd<'a>>,
    #[serde(borrow)]
    total_volume: Option<InUsd<'a>>,
    #[serde(borrow)]
    market_cap_percentage: Option<Shares<'a>>,
    #[serde(borrow)]
    market_cap_change_percentage_24h_usd: Raw<'a>,
    #[serde(borrow)]
    updated_at: Raw<'a>,
}

#[derive(Deserialize)]
struct InUsd<'a> {
    #[serde(borrow)]
    usd: Raw<'a>,
}

#[derive(Deserialize)]
struct Shares<'a> {
    #[serde(borrow)]
    btc: Raw<'a>,
}

/// Reads `/global`. The four figures of the market's summary are needed, the others may be missing.
fn read_global(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    let CoinGeckoGlobal { data } = strict::body(answer.body, "data")?;
    let cap = data.total_market_cap.and_then(|amount| amount.usd);
    let volume = data.total_volume.and_then(|amount| amount.usd);
    let bitcoin = data.market_cap_percentage.and_then(|shares| shares.btc);
    let said = strict::count(data.updated_at, "updated_at")
        .ok()
        .map(UnixMillis::from_secs);
    let stats = GlobalStats {
        total_market_cap: strict::positive(cap, "total_market_cap", MAX_CAP)?,
        total_volume_24h: strict::not_negative(volume, "total_volume", MAX_VOLUME)?,
        bitcoin_dominance: strict::not_negative(bitcoin, "market_cap_percentage", 100)?,
        active_cryptocurrencies: strict::count(data.active_cryptocurrencies, "active_cryptocurrencies")?,
        market_cap_change_24h: strict::maybe_per_cent(data.market_cap_change_percentage_24h_usd),
        source: Source::CoinGecko,
        observed_at: strict::observed_at(said, answer.received_at),
    };
    Ok(Parsed::whole(Observation::Global(stats)))
}

#[cfg(test)]
mod tests;
