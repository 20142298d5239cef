use wasm_bindgen::JsValue;
use worker::{D1PreparedStatement, Env, Error, Result};

use super::in_time;
use crate::history::{Expiry, Kept, MAX_DELETED};

/// Every condition is a range of an index or of the primary key, so that what is kept is not read.
const SIGNALS: &str = "
    DELETE FROM signals WHERE id IN (SELECT id FROM signals WHERE created_at < ?1 LIMIT ?2)";

/// The pairs and the coins are found one after the other by the primary key, and so are the rows of each.
const CANDLES: &str = "
    WITH RECURSIVE pairs (pair) AS (
        SELECT min(pair) FROM candles
        UNION ALL
        SELECT (SELECT min(candles.pair) FROM candles WHERE candles.pair > pairs.pair)
        FROM pairs WHERE pairs.pair IS NOT NULL
    )
    DELETE FROM candles WHERE (pair, interval, open_at) IN (
        SELECT candles.pair, candles.interval, candles.open_at
        FROM pairs CROSS JOIN candles ON candles.pair = pairs.pair
        WHERE candles.interval = ?3 AND candles.open_at < ?1 LIMIT ?2
    )";

const PRICES_HOURLY: &str = "
    WITH RECURSIVE coins (coin) AS (
        SELECT min(coin) FROM prices_hourly
        UNION ALL
        SELECT (SELECT min(prices_hourly.coin) FROM prices_hourly WHERE prices_hourly.coin > coins.coin)
        FROM coins WHERE coins.coin IS NOT NULL
    )
    DELETE FROM prices_hourly WHERE (coin, hour) IN (
        SELECT prices_hourly.coin, prices_hourly.hour
        FROM coins CROSS JOIN prices_hourly ON prices_hourly.coin = coins.coin
        WHERE prices_hourly.hour < ?1 LIMIT ?2
    )";

/// What an [`Expiry`] came to.
pub struct Expired {
    pub what: Kept,
    /// Rows deleted.
    pub rows: u32,
    /// Rows read to find them: billed, too.
    pub rows_read: usize,
}

/// Deletes what is old, all of it or, if one statement fails, none.
pub async fn expire(env: &Env, expiries: &[Expiry]) -> Result<Vec<Expired>> {
    let statements: Result<Vec<_>> = expiries.iter().map(|expiry| delete(env, expiry)).collect();
    let results = in_time(env.d1("DB")?.batch(statements?)).await?;
    let expired = expiries.iter().zip(results).map(|(expiry, result)| {
        let meta = result.meta()?;
        let changes = meta.as_ref().and_then(|meta| meta.changes);
        let changes = changes.ok_or_else(|| Error::RustError("D1 does not count".to_owned()))?;
        Ok(Expired {
            what: expiry.what,
            rows: u32::try_from(changes).unwrap_or(u32::MAX),
            rows_read: meta.and_then(|meta| meta.rows_read).unwrap_or(0),
        })
    });
    expired.collect()
}

fn delete(env: &Env, expiry: &Expiry) -> Result<D1PreparedStatement> {
    let (sql, interval) = match expiry.what {
        Kept::Candles(interval) => (CANDLES, Some(interval)),
        Kept::PricesHourly => (PRICES_HOURLY, None),
        Kept::Signals => (SIGNALS, None),
    };
    let before = JsValue::from_f64(expiry.before.get() as f64);
    let mut values = vec![before, JsValue::from_f64(f64::from(MAX_DELETED))];
    values.extend(interval.map(|interval| JsValue::from_str(interval.as_str())));
    env.d1("DB")?.prepare(sql).bind(&values)
}
