//! What D1 has.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::json;
use wasm_bindgen::JsValue;
use worker::{Env, Error, Result};

use crate::api::{CandleRow, Candles, Problem, SignalRow, Signals};
use crate::edge::log;
use crate::edge::outbound::within;

/// D1 that says nothing for so long is not there.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Later than every time that can be asked for, milliseconds.
const END_OF_TIME: u64 = 9_000_000_000_000_000;

/// In the order of an index, so that only the rows of a page are read, and those that a filter passes over.
const SIGNALS: &str = "
    SELECT id, type, coin, symbol, confidence, description, price_change, volume_spike, sources, created_at
    FROM signals
    WHERE created_at BETWEEN ?1 AND ?2 AND (created_at < ?2 OR id > ?3) AND confidence >= ?4
    ORDER BY created_at DESC, id
    LIMIT ?5";

/// As [`SIGNALS`], of one type: that has an index of its own.
const SIGNALS_OF_TYPE: &str = "
    SELECT id, type, coin, symbol, confidence, description, price_change, volume_spike, sources, created_at
    FROM signals
    WHERE type = ?6
        AND created_at BETWEEN ?1 AND ?2 AND (created_at < ?2 OR id > ?3) AND confidence >= ?4
    ORDER BY created_at DESC, id
    LIMIT ?5";

const CANDLES: &str = "
    SELECT open_at, open, high, low, close, volume, quote_volume, source
    FROM candles
    WHERE pair = ?1 AND interval = ?2 AND open_at < ?3
    ORDER BY open_at DESC
    LIMIT ?4";

/// The rows that a page of signals is made of, newest first.
///
/// # Errors
/// D1 does not answer.
pub async fn signals(env: &Env, asked: &Signals) -> std::result::Result<Vec<SignalRow>, Problem> {
    let after = asked.after.as_ref();
    let mut bound = vec![
        number(asked.since.get()),
        number(after.map_or(END_OF_TIME, |after| after.created_at.get())),
        JsValue::from_str(after.map_or("", |after| after.id.as_str())),
        JsValue::from_f64(asked.min_confidence),
        JsValue::from(asked.rows()),
    ];
    match asked.kind {
        None => read(env, SIGNALS, &bound).await,
        Some(kind) => {
            bound.push(JsValue::from_str(kind.as_str()));
            read(env, SIGNALS_OF_TYPE, &bound).await
        }
    }
}

/// The rows that a page of candles is made of, newest first.
///
/// # Errors
/// D1 does not answer.
pub async fn candles(env: &Env, asked: &Candles) -> std::result::Result<Vec<CandleRow>, Problem> {
    let bound = [
        JsValue::from_str(&asked.pair.to_string()),
        JsValue::from_str(asked.interval.as_str()),
        number(asked.before.map_or(END_OF_TIME, |before| before.get())),
        JsValue::from(asked.rows()),
    ];
    read(env, CANDLES, &bound).await
}

async fn read<T: DeserializeOwned>(
    env: &Env,
    sql: &str,
    bound: &[JsValue],
) -> std::result::Result<Vec<T>, Problem> {
    let answer = within(TIMEOUT, rows(env, sql, bound)).await;
    let answer = answer.unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned())));
    answer.map_err(|error| {
        log::event("database_failed", json!({"error": error.to_string()}));
        Problem::Unavailable("The database")
    })
}

async fn rows<T: DeserializeOwned>(env: &Env, sql: &str, bound: &[JsValue]) -> Result<Vec<T>> {
    env.d1("DB")?.prepare(sql).bind(bound)?.all().await?.results()
}

/// As JavaScript has it; times are far below the 2^53 up to which that is exact.
fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}
