use serde::Serialize;
use worker::{D1PreparedStatement, Env, Result};

use super::statement;
use crate::model::Signal;

/// An id is the same whenever the same data is replayed.
const UPSERT: &str = "
    INSERT INTO signals (id, type, coin, symbol, confidence, description, price_change, volume_spike,
                         sources, created_at)
    SELECT value ->> 'id', value ->> 'type', value ->> 'coin', value ->> 'symbol', value ->> 'confidence',
           value ->> 'description', value ->> 'price_change', value ->> 'volume_spike',
           value -> 'sources', value ->> 'created_at'
    FROM json_each(?1) WHERE true
    ON CONFLICT (id) DO NOTHING";

#[derive(Serialize)]
struct Row<'a> {
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

/// Stores signals, each once.
pub fn upsert(env: &Env, signals: &[Signal]) -> Result<D1PreparedStatement> {
    statement(env, UPSERT, signals.iter().map(row).collect())
}

fn row(signal: &Signal) -> Row<'_> {
    let sources = signal.metadata.sources.iter();
    Row {
        id: &signal.id,
        kind: signal.kind.as_str(),
        coin: signal.coin.as_str(),
        symbol: signal.symbol.as_str(),
        confidence: signal.confidence,
        description: &signal.description,
        price_change: signal.metadata.price_change,
        volume_spike: signal.metadata.volume_spike,
        sources: sources.map(|source| source.as_str()).collect(),
        created_at: signal.timestamp.get(),
    }
}
