//! CoinMarketCap: `listings/latest` and `global-metrics` of
//! <https://coinmarketcap.com/api/documentation/v1/>.

mod names;
mod status;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::exchange::{Answer, Call, Endpoint, Parsed, Reader, Request};
use super::fault::FeedFault;
use super::question::{Question, Topic};
use super::strict::{self, MAX_CAP, MAX_PRICE, MAX_VOLUME, Raw};
use crate::model::{CoinId, GlobalStats, Observation, Quote, Source, Symbol, UnixMillis};
use names::Names;

/// The market model holds no more coins than this.
const MAX_COINS: u32 = 500;
/// The listings cost a credit for so many coins.
const COINS_A_CREDIT: u32 = 200;

/// What to ask for the top `coins` (1 to 500, else the nearest): the whole market first, since the
/// volume and mood that the coins are then measured by depend on it. Without a key
/// everything is refused.
pub fn plan(endpoint: &Endpoint, coins: u32) -> Vec<Question> {
    let coins = coins.clamp(1, MAX_COINS);
    let listings = format!("/v1/cryptocurrency/listings/latest?start=1&limit={coins}&convert=USD");
    let global = "/v1/global-metrics/quotes/latest?convert=USD";
    let global = call(endpoint, "global_metrics", global, read_global);
    let listings = call(endpoint, "listings", &listings, read_listings);
    vec![
        Question::new(Topic::Market, vec![global]),
        Question {
            topic: Topic::Prices,
            calls: vec![listings],
            cost: u64::from(coins.div_ceil(COINS_A_CREDIT)),
        },
    ]
}

fn call(endpoint: &Endpoint, name: &'static str, path: &str, parse: Reader) -> Call {
    let mut request = Request::get(endpoint, path);
    if let Some(key) = &endpoint.api_key {
        request.headers.push(("x-cmc_pro_api_key", key.clone()));
    }
    let mut call = Call::new(name, request, parse);
    call.explain = status::explain;
    call
}

/// `listings/latest`; of some 20 fields a row those that are used:
///
/// ```json
/// {"status":{"timestamp":"2026-05-18T12:49:30.000Z","error_code":0,"error_message":null,"credit_count":1},
///  "data":[{"id":1,"symbol":"BTC","slug":"bitcoin","cmc_rank":1,"quote":{"USD":{"price":77671.12345678901,
///   "volume_24h":33235034316.5,"percent_change_24h":-0.95302,"market_cap":1555886872303.1,
///   "last_updated":"2026-05-18T12:49:00.000Z"}}}]}
/// ```
#[derive(Deserialize)]
struct CoinMarketCapListings<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct CoinMarketCapRow<'a> {
    #[serde(borrow)]
    symbol: Raw<'a>,
    #[serde(borrow)]
    slug: Raw<'a>,
    #[serde(borrow)]
    quote: Option<Quotes<'a>>,
}

#[derive(Deserialize)]
struct Quotes<'a> {
    #[serde(borrow, rename = "USD")]
    usd: Option<InUsd<'a>>,
}

#[derive(Deserialize)]
struct InUsd<'a> {
    #[serde(borrow)]
    price: Raw<'a>,
    #[serde(borrow)]
    volume_24h: Raw<'a>,
    #[serde(borrow)]
    percent_change_1h: Raw<'a>,
    #[serde(borrow)]
    percent_change_24h: Raw<'a>,
    #[serde(borrow)]
    percent_change_7d: Raw<'a>,
    #[serde(borrow)]
    market_cap: Raw<'a>,
    #[serde(borrow)]
    last_updated: Raw<'a>,
}

/// Who a row is about, before it is settled which coin that is.
struct Listing<'a> {
    slug: String,
    symbol: Symbol,
    usd: InUsd<'a>,
}

/// Reads `listings/latest`. Rows without a credible price are left out; if none is left, the fault
/// of the first is the fault of the whole.
fn read_listings(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    status::check(answer)?;
    let CoinMarketCapListings { data } = strict::body(answer.body, "data")?;
    let rows = data.into_iter().take(MAX_COINS as usize);
    let listings: Vec<_> = rows.map(listing).collect();
    let slugs = listings.iter().flatten().map(|listing| listing.slug.as_str());
    let mut names = Names::new(slugs);
    let quotes = Parsed::rows(listings.into_iter().map(|listing| {
        let listing = listing?;
        let coin = names.coin(&listing.slug, &listing.symbol);
        let coin = coin.ok_or(FeedFault::WrongShape { field: "slug" })?;
        quote(coin, listing, answer.received_at)
    }))?;
    Ok(quotes.map(Observation::Quotes))
}

fn listing(row: &RawValue) -> Result<Listing<'_>, FeedFault> {
    let row: CoinMarketCapRow<'_> =
        serde_json::from_str(row.get()).map_err(|_| FeedFault::WrongShape { field: "row" })?;
    let symbol = strict::text(row.symbol).and_then(|symbol| Symbol::new(&symbol));
    let usd = row.quote.and_then(|quote| quote.usd);
    Ok(Listing {
        slug: strict::text(row.slug).ok_or(FeedFault::WrongShape { field: "slug" })?,
        symbol: symbol.ok_or(FeedFault::WrongShape { field: "symbol" })?,
        usd: usd.ok_or(FeedFault::WrongShape { field: "quote" })?,
    })
}

fn quote(coin: CoinId, listing: Listing<'_>, received_at: UnixMillis) -> Result<Quote, FeedFault> {
    let Listing { symbol, usd, .. } = listing;
    let said = strict::text(usd.last_updated).and_then(|text| UnixMillis::parse_rfc3339(&text));
    Ok(Quote {
        coin,
        symbol,
        price: strict::positive(usd.price, "price", MAX_PRICE)?,
        change_1h: strict::maybe_per_cent(usd.percent_change_1h),
        change_24h: strict::maybe_per_cent(usd.percent_change_24h),
        change_7d: strict::maybe_per_cent(usd.percent_change_7d),
        volume_24h: strict::maybe_amount(usd.volume_24h, MAX_VOLUME),
        market_cap: strict::maybe_amount(usd.market_cap, MAX_CAP),
        source: Source::CoinMarketCap,
        observed_at: strict::observed_at(said, received_at),
    })
}

/// `global-metrics/quotes/latest`:
///
/// ```json
/// {"status":{"error_code":0},"data":{"active_cryptocurrencies":9876,"btc_dominance":57.9539332566265,
///  "eth_dominance":11.2,"quote":{"USD":{"total_market_cap":2621040321355.0405,
///  "total_volume_24h":95133256404.37308,"total_market_cap_yesterday_percentage_change":-1.6081983639177684}},
///  "last_updated":"2026-05-18T12:49:00.000Z"}}
/// ```
#[derive(Deserialize)]
struct CoinMarketCapGlobal<'a> {
    #[serde(borrow)]
    data: GlobalData<'a>,
}

#[derive(Deserialize)]
struct GlobalData<'a> {
    #[serde(borrow)]
    active_cryptocurrencies: Raw<'a>,
    #[serde(borrow)]
    btc_dominance: Raw<'a>,
    #[serde(borrow)]
    quote: Option<Totals<'a>>,
    #[serde(borrow)]
    last_updated: Raw<'a>,
}

#[derive(Deserialize)]
struct Totals<'a> {
    #[serde(borrow, rename = "USD")]
    usd: Option<TotalsInUsd<'a>>,
}

#[derive(Deserialize)]
struct TotalsInUsd<'a> {
    #[serde(borrow)]
    total_market_cap: Raw<'a>,
    #[serde(borrow)]
    total_volume_24h: Raw<'a>,
    #[serde(borrow)]
    total_market_cap_yesterday_percentage_change: Raw<'a>,
}

/// Reads `global-metrics`. The four figures of the market's summary are needed, the others may be missing.
fn read_global(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    status::check(answer)?;
    let CoinMarketCapGlobal { data } = strict::body(answer.body, "data")?;
    let usd = data.quote.and_then(|quote| quote.usd);
    let usd = usd.ok_or(FeedFault::WrongShape { field: "quote" })?;
    let said = strict::text(data.last_updated).and_then(|text| UnixMillis::parse_rfc3339(&text));
    Ok(Parsed::whole(Observation::Global(GlobalStats {
        total_market_cap: strict::positive(usd.total_market_cap, "total_market_cap", MAX_CAP)?,
        total_volume_24h: strict::not_negative(usd.total_volume_24h, "total_volume_24h", MAX_VOLUME)?,
        bitcoin_dominance: strict::not_negative(data.btc_dominance, "btc_dominance", 100)?,
        active_cryptocurrencies: strict::count(data.active_cryptocurrencies, "active_cryptocurrencies")?,
        market_cap_change_24h: strict::maybe_per_cent(usd.total_market_cap_yesterday_percentage_change),
        source: Source::CoinMarketCap,
        observed_at: strict::observed_at(said, answer.received_at),
    })))
}

#[cfg(test)]
mod tests;
