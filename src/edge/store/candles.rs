use serde::Serialize;
use worker::{D1PreparedStatement, Env, Result};

use super::statement;
use crate::model::CandleUpdate;

/// Of two states of one candle by one provider, the one with less volume is the older: a write that was given up
/// as lost and arrives late changes nothing. Nor does a simulated candle replace a real one. What is there
/// already is no row written, and rows written are billed.
const UPSERT: &str = "
    INSERT INTO candles (pair, interval, open_at, open, high, low, close, volume, quote_volume, source)
    SELECT value ->> 'pair', value ->> 'interval', value ->> 'open_at', value ->> 'open', value ->> 'high',
           value ->> 'low', value ->> 'close', value ->> 'volume', value ->> 'quote_volume', value ->> 'source'
    FROM json_each(?1) WHERE true
    ON CONFLICT (pair, interval, open_at) DO UPDATE SET
        open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        volume = excluded.volume, quote_volume = excluded.quote_volume, source = excluded.source
    WHERE CASE WHEN excluded.source = candles.source
        THEN CAST(excluded.volume AS REAL) >= CAST(candles.volume AS REAL)
        ELSE excluded.source <> 'simulated' END
      AND (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.quote_volume,
           excluded.source)
      IS NOT (candles.open, candles.high, candles.low, candles.close, candles.volume, candles.quote_volume,
              candles.source)";

#[derive(Serialize)]
struct Row {
    pair: String,
    interval: &'static str,
    open_at: u64,
    open: String,
    high: String,
    low: String,
    close: String,
    volume: String,
    quote_volume: Option<String>,
    source: &'static str,
}

/// Stores closed candles, or replaces them by their amended states.
pub fn upsert(env: &Env, candles: &[CandleUpdate]) -> Result<D1PreparedStatement> {
    statement(env, UPSERT, candles.iter().map(row).collect())
}

fn row(update: &CandleUpdate) -> Row {
    let candle = &update.candle;
    Row {
        pair: update.pair.to_string(),
        interval: update.interval.as_str(),
        open_at: candle.open_at.get(),
        open: candle.open.to_string(),
        high: candle.high.to_string(),
        low: candle.low.to_string(),
        close: candle.close.to_string(),
        volume: candle.volume.to_string(),
        quote_volume: candle.quote_volume.map(|volume| volume.to_string()),
        source: update.source.as_str(),
    }
}
