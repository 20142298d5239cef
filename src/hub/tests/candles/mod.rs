//! Charts: what they begin with, and that it joins what comes live without a gap or a repetition.

mod past;
mod telling;
mod truth;

use serde_json::{Value, json};

use super::*;
use crate::model::{Candle, CandleUpdate, Interval, Pair};

/// The first minute; the others are counted from it.
const FIRST: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn at(minute: u64) -> UnixMillis {
    FIRST.plus(minute * 60_000)
}

fn bar(minute: u64, close: u64, closed: bool) -> CandleUpdate {
    let number = Decimal::from;
    CandleUpdate {
        pair: Pair::parse("BTC/USDT").unwrap(),
        interval: Interval::M1,
        candle: Candle {
            open_at: at(minute),
            open: number(1),
            high: number(1_000_000),
            low: number(1),
            close: number(close),
            volume: number(1),
            quote_volume: None,
        },
        closed,
        source: Source::Simulated,
    }
}

impl Rig {
    fn chart(&mut self) -> ConnId {
        let conn = self.open_in(Dialect::Candles, None);
        assert_eq!(self.read(conn), [] as [Value; 0]);
        conn
    }

    fn look_at(&mut self, conn: ConnId, bars: u16) {
        self.say(
            conn,
            json!({"type": "subscribe", "symbol": "BTC/USDT", "interval": "1m", "initialBars": bars}),
        );
    }

    fn candle(&mut self, minute: u64, close: u64, closed: bool) {
        self.publish(vec![MarketEvent::Candle(bar(minute, close, closed))]);
    }

    /// The store and the feed answer.
    fn found(&mut self, candles: Vec<CandleUpdate>) {
        let (pair, interval, _) = self.reading.remove(0);
        self.input(Input::Candles {
            pair,
            interval,
            candles: Some(candles),
        });
    }
}

/// The minute and the closing price of a bar.
fn told(bar: &Value) -> (u64, u64) {
    let open_at = UnixMillis::parse_rfc3339(bar["time"].as_str().unwrap()).unwrap();
    (open_at.since(FIRST) / 60_000, bar["close"].as_u64().unwrap())
}

/// The bars of an `initial`.
fn initial(message: &Value) -> Vec<(u64, u64)> {
    assert_eq!(message["type"], "initial");
    message["bars"].as_array().unwrap().iter().map(told).collect()
}

/// The bars of updates.
fn updates(messages: &[Value]) -> Vec<(u64, u64)> {
    let update = |message: &Value| {
        assert_eq!(message["type"], "update");
        told(&message["bar"])
    };
    messages.iter().map(update).collect()
}
