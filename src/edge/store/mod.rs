//! D1: what is kept beyond the objects. What is due, and when, [`crate::history`] says.
//!
//! One file per table. All rows of a statement go in by one bound parameter, a JSON list: D1 counts statements
//! and parameters both.

mod candles;
mod prices_hourly;
mod prices_latest;
mod retention;
mod signals;

use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use wasm_bindgen::JsValue;
use worker::{D1PreparedStatement, Env, Error, Result};

use super::outbound::within;
use crate::history::{Rows, chunks};
use crate::model::{CandleUpdate, UnixMillis};

pub use retention::expire;

/// D1 that says nothing for so long has failed.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Writes all of these at once, and gives how each went: one that fails holds back no other.
pub async fn write_all(env: &Env, writes: Vec<Rows>) -> Vec<(Rows, Result<()>)> {
    join_all(writes.into_iter().map(async |rows| {
        let outcome = write(env, &rows).await;
        (rows, outcome)
    }))
    .await
}

/// Writes closed candles past the waiting list: the past of a pair, of any number. Gives how many of `candles`,
/// from the first on, are done with, and the error that ended it, if one did. What is left over without an
/// error is for the next call: an invocation may ask D1 only so often.
pub async fn backfill(env: &Env, candles: &[CandleUpdate], now: UnixMillis) -> (usize, Result<()>) {
    let mut done = 0;
    for chunk in chunks(candles, now) {
        if let Err(error) = write(env, &chunk.rows).await {
            return (done, Err(error));
        }
        done = chunk.done;
    }
    (done, Ok(()))
}

async fn write(env: &Env, rows: &Rows) -> Result<()> {
    let statement = match rows {
        Rows::Signals(rows) => signals::upsert(env, rows),
        Rows::PricesLatest(rows) => prices_latest::upsert(env, rows),
        Rows::PricesHourly(rows) => prices_hourly::upsert(env, rows),
        Rows::Candles(rows) => candles::upsert(env, rows),
    }?;
    in_time(statement.run()).await.map(|_| ())
}

/// `sql`, with the rows as its one parameter.
fn statement(env: &Env, sql: &str, rows: Vec<impl Serialize>) -> Result<D1PreparedStatement> {
    let rows = serde_json::to_string(&rows)?;
    env.d1("DB")?.prepare(sql).bind(&[JsValue::from_str(&rows)])
}

async fn in_time<T>(query: impl Future<Output = Result<T>>) -> Result<T> {
    within(TIMEOUT, query)
        .await
        .unwrap_or_else(|| Err(Error::RustError("no answer in 5 s".to_owned())))
}
