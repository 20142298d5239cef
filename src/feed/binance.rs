//! Binance's combined market streams: `miniTicker` and `kline_1m` of
//! <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams>.
//!
//! The server pings every 20 s in frames, which a WebSocket answers by itself, and ends a connection
//! after 24 hours. It reads at most 5 messages a second, and takes 300 connections in 5 minutes from
//! an IP. The main host refuses some countries: use `wss://data-stream.binance.vision`.

mod venue;

pub use venue::VENUE;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::FeedFault;
use super::stream::{Klines, MAX_AMOUNT, RawCandle, StreamMessage, TradeSpan, pair_of};
use super::strict::{self, MAX_PRICE, Raw};
use crate::model::{Interval, Kline, Pair, Source, Ticker, UnixMillis};

/// A frame of the combined stream, the answer to a subscription, or a refusal:
///
/// ```json
/// {"stream":"btcusdt@miniTicker","data":{"e":"24hrMiniTicker"}}
/// {"result":null,"id":1}
/// {"error":{"code":2,"msg":"Invalid request"},"id":1}
/// {"code":3,"msg":"Invalid JSON"}
/// ```
#[derive(Deserialize)]
struct BinanceFrame<'a> {
    #[serde(borrow)]
    data: Raw<'a>,
    #[serde(borrow)]
    result: Raw<'a>,
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    error: Option<BinanceError<'a>>,
    #[serde(borrow)]
    code: Raw<'a>,
}

#[derive(Deserialize)]
struct BinanceError<'a> {
    #[serde(borrow)]
    code: Raw<'a>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "e")]
    kind: Raw<'a>,
}

/// Reads one frame. A fault is one frame's: the stream goes on. What is unknown is
/// [`StreamMessage::Other`], also the notice that the server is about to end the connection.
pub fn read(text: &str, received_at: UnixMillis) -> Result<StreamMessage, FeedFault> {
    let frame: BinanceFrame<'_> = match strict::body(text.as_bytes(), "frame") {
        Err(FeedFault::WrongShape { .. }) => return Ok(StreamMessage::Other),
        frame => frame?,
    };
    let id = strict::count(frame.id, "id").ok();
    let code = frame.error.map_or(frame.code, |error| error.code);
    match (frame.data, code) {
        (Some(data), _) => event(data, received_at),
        (None, Some(_)) => Ok(StreamMessage::Refused {
            id,
            code: strict::integer(code, "code")?,
            unlisted: None,
        }),
        (None, None) if id.is_some() && frame.result.is_none() => Ok(StreamMessage::Subscribed { id }),
        (None, None) => Ok(StreamMessage::Other),
    }
}

fn event(data: &RawValue, received_at: UnixMillis) -> Result<StreamMessage, FeedFault> {
    let Ok(event) = serde_json::from_str::<Event<'_>>(data.get()) else {
        return Ok(StreamMessage::Other);
    };
    match strict::text(event.kind).as_deref() {
        Some("24hrMiniTicker") => ticker(data, received_at),
        Some("kline") => kline(data, received_at),
        _ => Ok(StreamMessage::Other),
    }
}

/// A pair's last 24 hours, once a second while they change:
///
/// ```json
/// {"e":"24hrMiniTicker","E":1672515782136,"s":"BTCUSDT","c":"77671.01000000","o":"78418.33000000",
///  "h":"78500.00000000","l":"77000.00000000","v":"10000.12345000","q":"776710100.00000000"}
/// ```
#[derive(Deserialize)]
struct BinanceMiniTicker<'a> {
    #[serde(borrow, rename = "E")]
    at: Raw<'a>,
    #[serde(borrow, rename = "s")]
    symbol: Raw<'a>,
    #[serde(borrow, rename = "c")]
    close: Raw<'a>,
    #[serde(borrow, rename = "o")]
    open: Raw<'a>,
    #[serde(borrow, rename = "v")]
    base_volume: Raw<'a>,
    #[serde(borrow, rename = "q")]
    quote_volume: Raw<'a>,
}

fn ticker(data: &RawValue, received_at: UnixMillis) -> Result<StreamMessage, FeedFault> {
    let ticker: BinanceMiniTicker<'_> =
        serde_json::from_str(data.get()).map_err(|_| FeedFault::WrongShape { field: "data" })?;
    let Some(pair) = pair(ticker.symbol)? else {
        return Ok(StreamMessage::Other);
    };
    let said = UnixMillis::new(strict::count(ticker.at, "E")?);
    Ok(StreamMessage::Ticker(Ticker {
        pair,
        price: strict::positive_text(ticker.close, "c", MAX_PRICE)?,
        open_24h: strict::positive_text(ticker.open, "o", MAX_PRICE).ok(),
        base_volume_24h: strict::not_negative_text(ticker.base_volume, "v", MAX_AMOUNT).ok(),
        quote_volume_24h: strict::not_negative_text(ticker.quote_volume, "q", MAX_AMOUNT).ok(),
        source: Source::Binance,
        observed_at: strict::observed_at(Some(said), received_at),
    }))
}

/// The running minute, every second or two while it changes, and once more when it is over. `f` and
/// `L` number its first and last trade, -1 where there is none:
///
/// ```json
/// {"e":"kline","E":1672515782136,"s":"BTCUSDT","k":{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT",
///  "i":"1m","f":100,"L":200,"o":"77660.00000000","c":"77671.01000000","h":"77672.00000000",
///  "l":"77650.00000000","v":"12.34500000","n":101,"x":false,"q":"958786.61845000"}}
/// ```
#[derive(Deserialize)]
struct BinanceKline<'a> {
    #[serde(borrow, rename = "E")]
    at: Raw<'a>,
    #[serde(borrow, rename = "s")]
    symbol: Raw<'a>,
    #[serde(borrow, rename = "k")]
    kline: BinanceMinute<'a>,
}

#[derive(Deserialize)]
struct BinanceMinute<'a> {
    #[serde(borrow, rename = "t")]
    open_at: Raw<'a>,
    #[serde(borrow, rename = "i")]
    interval: Raw<'a>,
    #[serde(borrow, rename = "f")]
    first: Raw<'a>,
    #[serde(borrow, rename = "L")]
    last: Raw<'a>,
    #[serde(borrow, rename = "o")]
    open: Raw<'a>,
    #[serde(borrow, rename = "c")]
    close: Raw<'a>,
    #[serde(borrow, rename = "h")]
    high: Raw<'a>,
    #[serde(borrow, rename = "l")]
    low: Raw<'a>,
    #[serde(borrow, rename = "v")]
    volume: Raw<'a>,
    #[serde(borrow, rename = "q")]
    quote_volume: Raw<'a>,
    #[serde(borrow, rename = "x")]
    closed: Raw<'a>,
}

fn kline(data: &RawValue, received_at: UnixMillis) -> Result<StreamMessage, FeedFault> {
    let BinanceKline { at, symbol, kline } =
        serde_json::from_str(data.get()).map_err(|_| FeedFault::WrongShape { field: "data" })?;
    let Some(pair) = pair(symbol)? else {
        return Ok(StreamMessage::Other);
    };
    if strict::text(kline.interval).as_deref() != Some("1m") {
        return Ok(StreamMessage::Other);
    }
    let raw = RawCandle {
        open: kline.open,
        high: kline.high,
        low: kline.low,
        close: kline.close,
        volume: kline.volume,
        quote_volume: kline.quote_volume,
    };
    let open_at = UnixMillis::new(strict::count(kline.open_at, "open_at")?);
    let said = strict::count(at, "E").ok().map(UnixMillis::new);
    let read = Kline {
        candle: raw.read(open_at, Interval::M1, received_at)?,
        closed: strict::flag(kline.closed, "closed")?,
    };
    Ok(StreamMessage::Klines(Klines {
        pair,
        interval: Interval::M1,
        source: Source::Binance,
        klines: vec![read],
        observed_at: strict::observed_at(said, received_at),
        refused: Vec::new(),
        trades: trades(kline.first, kline.last),
    }))
}

fn trades(first: Raw<'_>, last: Raw<'_>) -> Option<TradeSpan> {
    let first = strict::count(first, "first").ok()?;
    let last = strict::count(last, "last").ok()?;
    (first <= last).then_some(TradeSpan { first, last })
}

/// `Ok(None)` for a pair in a currency that is not known.
fn pair(symbol: Raw<'_>) -> Result<Option<Pair>, FeedFault> {
    let name = strict::text(symbol).ok_or(FeedFault::WrongShape { field: "s" })?;
    Ok(pair_of(&name))
}

#[cfg(test)]
mod tests;
