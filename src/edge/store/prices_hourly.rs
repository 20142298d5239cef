use serde::Serialize;
use worker::{D1PreparedStatement, Env, Result};

use super::statement;
use crate::history::HourlyPrice;

/// An hour is written when it is over: one that is there is that hour, or was told before the clock was set back.
const UPSERT: &str = "
    INSERT INTO prices_hourly (coin, hour, symbol, open, high, low, close, volume_24h, source)
    SELECT value ->> 'coin', value ->> 'hour', value ->> 'symbol', value ->> 'open', value ->> 'high',
           value ->> 'low', value ->> 'close', value ->> 'volume_24h', value ->> 'source'
    FROM json_each(?1) WHERE true
    ON CONFLICT (coin, hour) DO NOTHING";

#[derive(Serialize)]
struct Row<'a> {
    coin: &'a str,
    hour: u64,
    symbol: &'a str,
    open: String,
    high: String,
    low: String,
    close: String,
    volume_24h: Option<String>,
    source: &'static str,
}

/// Stores hours that are over, each once.
pub fn upsert(env: &Env, hours: &[HourlyPrice]) -> Result<D1PreparedStatement> {
    statement(env, UPSERT, hours.iter().map(row).collect())
}

fn row(hour: &HourlyPrice) -> Row<'_> {
    Row {
        coin: hour.coin.as_str(),
        hour: hour.hour.get(),
        symbol: hour.symbol.as_str(),
        open: hour.open.to_string(),
        high: hour.high.to_string(),
        low: hour.low.to_string(),
        close: hour.close.to_string(),
        volume_24h: hour.volume_24h.map(|volume| volume.to_string()),
        source: hour.source.as_str(),
    }
}
