use serde::Deserialize;
use serde_json::value::RawValue;

use super::candle;
use crate::feed::FeedFault;
use crate::feed::archive::Archive;
use crate::feed::exchange::{Answer, Call, Endpoint, Parsed, Reader, Request};
use crate::feed::stream::venue_name;
use crate::feed::strict::{self, Raw};
use crate::model::{Interval, Kline, Pair, Source};

/// Candles of one answer at most, Bitget's own limit.
const MAX_HISTORY: u32 = 1_000;
/// The code of a refusal to tell of a pair that is not traded.
const NO_SUCH_SYMBOL: i64 = 40_034;
/// A candle that ended this long before its receipt, milliseconds, is over for sure.
const GRACE_MS: u64 = 2_000;

/// Bitget's candles of the past, which are at `endpoint`.
pub fn archive(endpoint: Endpoint) -> Archive {
    Archive {
        source: Source::Bitget,
        endpoint,
        most: MAX_HISTORY,
        ask: history,
    }
}

/// What to ask for the last `limit` (1 to 1,000, else the nearest) candles of `pair`: oldest first, and for
/// 1m what [`Observation::Klines`](crate::model::Observation::Klines) takes. The newest may still run. Bitget has minutes of the last month and takes 20 questions a
/// second. `None` for a pair that Bitget cannot have.
fn history(endpoint: &Endpoint, pair: &Pair, granularity: Interval, limit: u32) -> Option<Call<Vec<Kline>>> {
    let name = venue_name(pair)?;
    let limit = limit.clamp(1, MAX_HISTORY);
    let (spelling, parse) = reader(granularity);
    let path = format!("/api/v2/spot/market/candles?symbol={name}&granularity={spelling}&limit={limit}");
    let mut call = Call::new("history", Request::get(endpoint, &path), parse);
    call.explain = explain;
    Some(call)
}

/// What REST calls `interval`, and who reads it: an answer does not say what was asked.
fn reader(interval: Interval) -> (&'static str, Reader<Vec<Kline>>) {
    match interval {
        Interval::M1 => ("1min", |answer| read(answer, Interval::M1)),
        Interval::M5 => ("5min", |answer| read(answer, Interval::M5)),
        Interval::M15 => ("15min", |answer| read(answer, Interval::M15)),
        Interval::H1 => ("1h", |answer| read(answer, Interval::H1)),
        Interval::H4 => ("4h", |answer| read(answer, Interval::H4)),
        Interval::D1 => ("1Dutc", |answer| read(answer, Interval::D1)),
        Interval::W1 => ("1Wutc", |answer| read(answer, Interval::W1)),
    }
}

/// `/api/v2/spot/market/candles`, rows as in the stream:
///
/// ```json
/// {"code":"00000","msg":"success","requestTime":1695800278693,
///  "data":[["1656604800000","37834.5","37849.5","37773.5","37773.5","428.3462","16198849.1079","16198849.1079"]]}
/// ```
#[derive(Deserialize)]
struct BitgetHistory<'a> {
    #[serde(borrow)]
    code: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
}

/// A refusal says which pair is not traded in its body alone:
///
/// ```json
/// {"code":"40034","msg":"Parameter NOPEUSDT does not exist","requestTime":1695800278693,"data":null}
/// ```
fn explain(answer: &Answer<'_>) -> Option<FeedFault> {
    let refusal: BitgetHistory<'_> = strict::body(answer.body, "code").ok()?;
    let code = strict::integer(refusal.code, "code").ok()?;
    (code == NO_SUCH_SYMBOL).then_some(FeedFault::NotListed)
}

/// Reads the candles. A refusal is one whatever the status; a row that cannot be is left out.
fn read(answer: &Answer<'_>, interval: Interval) -> Result<Parsed<Vec<Kline>>, FeedFault> {
    let history: BitgetHistory<'_> = strict::body(answer.body, "code")?;
    match strict::integer(history.code, "code")? {
        0 => {}
        429 => {
            return Err(FeedFault::RateLimited {
                retry_after_ms: answer.wait_ms(),
            });
        }
        NO_SUCH_SYMBOL => return Err(FeedFault::NotListed),
        code => return Err(FeedFault::ProviderError { code: Some(code) }),
    }
    let data = history.data.ok_or(FeedFault::WrongShape { field: "data" })?;
    let rows: Vec<&RawValue> = strict::body(data.get().as_bytes(), "data")?;
    let rows = rows.into_iter().take(MAX_HISTORY as usize);
    let mut read = Parsed::rows(rows.map(|row| {
        let candle = candle(row, interval, answer.received_at)?;
        let ended = interval.end(candle.open_at).plus(GRACE_MS);
        Ok(Kline {
            closed: ended <= answer.received_at,
            candle,
        })
    }))?;
    read.observation.sort_by_key(|kline| kline.candle.open_at);
    Ok(read)
}

#[cfg(test)]
mod tests;
