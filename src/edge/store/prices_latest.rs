use serde::Serialize;
use worker::{D1PreparedStatement, Env, Result};

use super::statement;
use crate::model::Price;

/// What is no newer than what is there is no row written, and rows written are billed.
const UPSERT: &str = "
    INSERT INTO prices_latest (coin, symbol, price, change_24h, volume_24h, source, observed_at)
    SELECT value ->> 'coin', value ->> 'symbol', value ->> 'price', value ->> 'change_24h',
           value ->> 'volume_24h', value ->> 'source', value ->> 'observed_at'
    FROM json_each(?1) WHERE true
    ON CONFLICT (coin) DO UPDATE SET
        symbol = excluded.symbol, price = excluded.price, change_24h = excluded.change_24h,
        volume_24h = excluded.volume_24h, source = excluded.source, observed_at = excluded.observed_at
    WHERE excluded.observed_at > prices_latest.observed_at";

#[derive(Serialize)]
struct Row<'a> {
    coin: &'a str,
    symbol: &'a str,
    price: String,
    change_24h: Option<String>,
    volume_24h: Option<String>,
    source: &'static str,
    observed_at: u64,
}

/// Replaces the price of each coin by a newer one.
pub fn upsert(env: &Env, prices: &[Price]) -> Result<D1PreparedStatement> {
    statement(env, UPSERT, prices.iter().map(row).collect())
}

fn row(price: &Price) -> Row<'_> {
    Row {
        coin: price.coin.as_str(),
        symbol: price.symbol.as_str(),
        price: price.price.to_string(),
        change_24h: price.change_24h.map(|change| change.to_string()),
        volume_24h: price.volume_24h.map(|volume| volume.to_string()),
        source: price.source.as_str(),
        observed_at: price.timestamp.get(),
    }
}
