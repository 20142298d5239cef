//! Bitget v2: the candle stream, without a login, and the candles of the past
//! (<https://www.bitget.com/api-doc/spot/websocket/public/Candlesticks-Channel>,
//! <https://www.bitget.com/api-doc/spot/market/Get-Candle-Data>).
//!
//! The stream says nothing by itself for a quiet pair: send `ping` every 30 s, or the
//! server ends the connection after 2 minutes. It reads at most 10 messages a second and takes 240
//! subscriptions an hour: one message asks for all pairs.

mod history;

pub use history::archive;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::exchange::Parsed;
use super::fault::FeedFault;
use super::stream::{
    Klines, Limits, Ping, RawCandle, StreamMessage, TradeSpan, Venue, Wanted, pair_of, venue_name,
};
use super::strict::{self, Raw};
use crate::model::{Candle, Interval, Kline, Pair, Source, UnixMillis};

/// Of more rows in one message the rest is left out; a snapshot has 500.
const MAX_ROWS: usize = 1_000;
/// The code of a refusal to tell what does not exist.
const NO_SUCH_CHANNEL: i64 = 30_001;

/// How Bitget is listened to.
pub static VENUE: Venue = Venue {
    source: Source::Bitget,
    streams: stream_names,
    url: |base, _| format!("{}/v2/ws/public", base.trim().trim_end_matches('/')),
    subscribe: |names, _| subscribe(names, Interval::M1),
    limits: Limits {
        streams: 240,
        streams_in_url: 0,
        streams_a_message: 240,
    },
    // Text, not a frame of its own kind; the answer is `pong`. Twice as often as Bitget asks for: one may come late.
    ping: Some(Ping {
        text: "ping",
        every_ms: 15_000,
    }),
    read,
    numbered: minutes,
    candles_tell_prices: true,
};

/// The pairs whose candles tell what is wanted: prices, too. A pair that Bitget cannot have is left out.
fn stream_names(wanted: &Wanted<'_>) -> Vec<String> {
    wanted.candle_pairs.iter().filter_map(venue_name).collect()
}

/// The message that asks for the candles of the pairs of these [names](stream_names).
fn subscribe(names: &[String], interval: Interval) -> String {
    let channel = channel(interval);
    let args: Vec<_> = names
        .iter()
        .map(|name| json!({"instType": "SPOT", "channel": channel, "instId": name}))
        .collect();
    json!({"op": "subscribe", "args": args}).to_string()
}

/// Trades have no numbers, but minutes do: Bitget tells those without a trade, too.
fn minutes(klines: &Klines) -> Vec<TradeSpan> {
    let minutes = klines.klines.iter().map(|kline| {
        let minute = kline.candle.open_at.get() / klines.interval.millis();
        TradeSpan {
            first: minute,
            last: minute,
        }
    });
    minutes.collect()
}

/// Days and weeks of UTC: the plain ones begin at 16:00, midnight in Hong Kong.
const fn channel(interval: Interval) -> &'static str {
    match interval {
        Interval::M1 => "candle1m",
        Interval::M5 => "candle5m",
        Interval::M15 => "candle15m",
        Interval::H1 => "candle1H",
        Interval::H4 => "candle4H",
        Interval::D1 => "candle1Dutc",
        Interval::W1 => "candle1Wutc",
    }
}

/// A message with candles, the answer to a [`subscribe`], or a refusal, whose code may be text:
///
/// ```json
/// {"action":"snapshot","arg":{"instType":"SPOT","channel":"candle1m","instId":"ETHUSDT"},
///  "data":[["1695672780000","2200.1","2200.1","2200.1","2200.1","0","0","0"]],"ts":1695702747821}
/// {"event":"subscribe","arg":{"instType":"SPOT","channel":"candle1m","instId":"ETHUSDT"}}
/// {"event":"error","arg":{"instType":"SPOT","channel":"candle1m","instId":"NOPE"},"code":30001,
///  "msg":"instType:SPOT,channel:candle1m,instId:NOPE doesn't exist","op":"subscribe"}
/// ```
#[derive(Deserialize)]
struct BitgetMessage<'a> {
    #[serde(borrow)]
    event: Raw<'a>,
    #[serde(borrow)]
    action: Raw<'a>,
    #[serde(borrow)]
    code: Raw<'a>,
    #[serde(borrow)]
    arg: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
    #[serde(borrow, rename = "ts")]
    at: Raw<'a>,
}

#[derive(Deserialize)]
struct BitgetArg<'a> {
    #[serde(borrow)]
    channel: Raw<'a>,
    #[serde(borrow, rename = "instId")]
    name: Raw<'a>,
}

/// Reads one message. A fault is one message's: the stream goes on. What is unknown is
/// [`StreamMessage::Other`].
///
/// Bitget does not say that a candle is over: all but the newest of a message are, and the market
/// closes the newest when the next one comes.
pub fn read(text: &str, received_at: UnixMillis) -> Result<StreamMessage, FeedFault> {
    if text.trim() == "pong" {
        return Ok(StreamMessage::Pong);
    }
    let message: BitgetMessage<'_> = match strict::body(text.as_bytes(), "message") {
        Err(FeedFault::WrongShape { .. }) => return Ok(StreamMessage::Other),
        message => message?,
    };
    match (strict::text(message.event).as_deref(), message.data) {
        (Some("subscribe"), _) => Ok(StreamMessage::Subscribed { id: None }),
        (Some("error"), _) => refused(&message),
        (None, Some(data)) if is_update(message.action) => candles(&message, data, received_at),
        _ => Ok(StreamMessage::Other),
    }
}

fn refused(message: &BitgetMessage<'_>) -> Result<StreamMessage, FeedFault> {
    let code = strict::integer(message.code, "code")?;
    let named = message.arg.and_then(subscribed).map(|(pair, _)| pair);
    Ok(StreamMessage::Refused {
        id: None,
        code,
        unlisted: named.filter(|_| code == NO_SUCH_CHANNEL),
    })
}

fn is_update(action: Raw<'_>) -> bool {
    matches!(strict::text(action).as_deref(), Some("snapshot" | "update"))
}

fn candles(
    message: &BitgetMessage<'_>,
    data: &RawValue,
    received_at: UnixMillis,
) -> Result<StreamMessage, FeedFault> {
    let Some((pair, interval)) = message.arg.and_then(subscribed) else {
        return Ok(StreamMessage::Other);
    };
    let said = strict::count(message.at, "ts").ok().map(UnixMillis::new);
    let rows: Vec<&RawValue> = strict::body(data.get().as_bytes(), "data")?;
    let rows = rows.into_iter().take(MAX_ROWS);
    let read = Parsed::rows(rows.map(|row| candle(row, interval, received_at)))?;
    Ok(StreamMessage::Klines(Klines {
        pair,
        interval,
        source: Source::Bitget,
        klines: closed_but_for_the_newest(read.observation),
        observed_at: strict::observed_at(said, received_at),
        refused: read.refused,
        trades: None,
    }))
}

/// Which candles of which pair a message is about.
fn subscribed(arg: &RawValue) -> Option<(Pair, Interval)> {
    let arg: BitgetArg<'_> = serde_json::from_str(arg.get()).ok()?;
    let named = strict::text(arg.channel)?;
    let interval = Interval::ALL
        .into_iter()
        .find(|interval| channel(*interval) == named)?;
    Some((pair_of(&strict::text(arg.name)?)?, interval))
}

fn closed_but_for_the_newest(mut candles: Vec<Candle>) -> Vec<Kline> {
    candles.sort_by_key(|candle| candle.open_at);
    let newest = candles.last().map(|candle| candle.open_at);
    let klines = candles.into_iter().map(|candle| Kline {
        closed: Some(candle.open_at) != newest,
        candle,
    });
    klines.collect()
}

/// A row of 7 or 8 texts: begin, open, high, low, close, volume in the base, and then in the quote and
/// in USDT, in an order that the documents disagree about. So where those two differ, the volume in
/// the quote is not known.
fn candle(row: &RawValue, interval: Interval, received_at: UnixMillis) -> Result<Candle, FeedFault> {
    let wrong = FeedFault::WrongShape { field: "row" };
    let columns: Vec<Raw<'_>> = serde_json::from_str(row.get()).map_err(|_| wrong.clone())?;
    let (at, candle) = match *columns.as_slice() {
        [at, open, high, low, close, volume, amount, ref rest @ ..] if rest.len() <= 1 => {
            let other = rest.first().copied().flatten();
            let differ = other.is_some_and(|other| Some(other.get()) != amount.map(RawValue::get));
            let candle = RawCandle {
                open,
                high,
                low,
                close,
                volume,
                quote_volume: amount.filter(|_| !differ),
            };
            (at, candle)
        }
        _ => return Err(wrong),
    };
    let open_at = u64::try_from(strict::integer(at, "open_at")?);
    let open_at = open_at.map_err(|_| FeedFault::Implausible { field: "open_at" })?;
    candle.read(UnixMillis::new(open_at), interval, received_at)
}

#[cfg(test)]
mod tests;
