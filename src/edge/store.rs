//! D1: what is kept beyond the objects.

use serde::Serialize;
use wasm_bindgen::JsValue;
use worker::{D1PreparedStatement, Env, Result};

use crate::model::MarketEvent;

/// All rows of one kind go in by one statement with one bound parameter, a JSON list: D1 counts both.
const PRICES: &str = "
    INSERT INTO prices_latest (coin, symbol, price, change_24h, volume_24h, source, observed_at)
    SELECT value ->> 'coin', value ->> 'symbol', value ->> 'price', value ->> 'change_24h',
           value ->> 'volume_24h', value ->> 'source', value ->> 'observed_at'
    FROM json_each(?1) WHERE true
    ON CONFLICT (coin) DO UPDATE SET
        symbol = excluded.symbol, price = excluded.price, change_24h = excluded.change_24h,
        volume_24h = excluded.volume_24h, source = excluded.source, observed_at = excluded.observed_at
    WHERE excluded.observed_at > prices_latest.observed_at";

const SIGNALS: &str = "
    INSERT INTO signals (id, type, coin, symbol, confidence, description, price_change, volume_spike,
                         sources, created_at)
    SELECT value ->> 'id', value ->> 'type', value ->> 'coin', value ->> 'symbol', value ->> 'confidence',
           value ->> 'description', value ->> 'price_change', value ->> 'volume_spike',
           value -> 'sources', value ->> 'created_at'
    FROM json_each(?1) WHERE true
    ON CONFLICT (id) DO NOTHING";

#[derive(Serialize)]
struct PriceRow<'a> {
    coin: &'a str,
    symbol: &'a str,
    price: String,
    change_24h: Option<String>,
    volume_24h: Option<String>,
    source: &'static str,
    observed_at: u64,
}

#[derive(Serialize)]
struct SignalRow<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    coin: &'a str,
    symbol: &'a str,
    confidence: f64,
    description: &'a str,
    price_change: f64,
    volume_spike: f64,
    sources: Vec<&'static str>,
    created_at: u64,
}

/// Writes the signals among `signals` and the prices among `prices`; nothing if there are none.
pub async fn save(env: &Env, signals: &[MarketEvent], prices: &[MarketEvent]) -> Result<()> {
    let signals: Vec<_> = signals.iter().filter_map(signal_row).collect();
    let prices: Vec<_> = prices.iter().filter_map(price_row).collect();
    let mut statements = Vec::new();
    if !signals.is_empty() {
        statements.push(statement(env, SIGNALS, &signals)?);
    }
    if !prices.is_empty() {
        statements.push(statement(env, PRICES, &prices)?);
    }
    if !statements.is_empty() {
        env.d1("DB")?.batch(statements).await?;
    }
    Ok(())
}

fn statement(env: &Env, sql: &str, rows: &impl Serialize) -> Result<D1PreparedStatement> {
    let rows = serde_json::to_string(rows)?;
    env.d1("DB")?.prepare(sql).bind(&[JsValue::from_str(&rows)])
}

fn price_row(event: &MarketEvent) -> Option<PriceRow<'_>> {
    let MarketEvent::Price(price) = event else {
        return None;
    };
    Some(PriceRow {
        coin: price.coin.as_str(),
        symbol: price.symbol.as_str(),
        price: price.price.to_string(),
        change_24h: price.change_24h.map(|change| change.to_string()),
        volume_24h: price.volume_24h.map(|volume| volume.to_string()),
        source: price.source.as_str(),
        observed_at: price.timestamp.get(),
    })
}

fn signal_row(event: &MarketEvent) -> Option<SignalRow<'_>> {
    let MarketEvent::Signal(signal) = event else {
        return None;
    };
    Some(SignalRow {
        id: &signal.id,
        kind: signal.kind.as_str(),
        coin: signal.coin.as_str(),
        symbol: signal.symbol.as_str(),
        confidence: signal.confidence,
        description: &signal.description,
        price_change: signal.metadata.price_change,
        volume_spike: signal.metadata.volume_spike,
        sources: signal
            .metadata
            .sources
            .iter()
            .map(|source| source.as_str())
            .collect(),
        created_at: signal.timestamp.get(),
    })
}
