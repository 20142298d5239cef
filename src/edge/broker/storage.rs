//! The object's own SQLite: one row a tick, in slots that are used again, and a checkpoint of one or more.

use serde::Deserialize;
use serde_bytes::ByteBuf;
use serde_json::json;
use wasm_bindgen::prelude::*;
use worker::{Error, Result, SqlStorage, SqlStorageValue, Storage};

use crate::edge::log;
use crate::hub::broker::{Broker, Commit, HEAD_BYTES, Loss, Restored, Row};
use crate::model::UnixMillis;

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS ticks (slot INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS checkpoints (part INTEGER PRIMARY KEY, body BLOB NOT NULL)",
];

#[derive(Deserialize)]
struct Stored {
    /// The number of the row.
    at: u32,
    body: ByteBuf,
}

/// All that an earlier life stored. Of the rows no more than one is held at a time, besides what becomes of them.
pub fn load(storage: &Storage, now: UnixMillis) -> Result<Broker> {
    let sql = &storage.sql();
    for table in TABLES {
        sql.exec(table, None)?;
    }
    let stored = |query: &str| sql.exec(query, None)?.to_array::<Stored>();
    let parts = stored("SELECT part AS at, body FROM checkpoints ORDER BY part")?;
    let parts: Vec<_> = parts.into_iter().map(|part| part.body.into_vec()).collect();
    let heads = stored(&format!(
        "SELECT slot AS at, substr(body, 1, {HEAD_BYTES}) AS body FROM ticks"
    ))?;
    let heads = heads.into_iter().map(|Stored { at, body }| Row {
        slot: at,
        bytes: body.into_vec(),
    });
    let Restored { broker, loss } =
        Broker::restore(&parts, heads.collect(), |slot| load_row(sql, slot), now)?;
    if let Some(loss) = loss {
        mend(storage, &loss);
    }
    Ok(broker)
}

/// If that fails, the next life finds the same loss, and begins yet another epoch: nothing is wrong but that.
fn mend(
    storage: &Storage,
    Loss {
        rows,
        checkpoint,
        mend,
    }: &Loss,
) {
    let sql = storage.sql();
    let outcome = in_one(storage, || {
        mend.0.iter().try_for_each(|row| store_row(&sql, row.clone()))?;
        store_parts(&sql, &mend.1)
    });
    log::event(
        "storage_unreadable",
        json!({"rows": rows, "checkpoint": checkpoint, "mended": outcome.is_ok()}),
    );
}

fn load_row(sql: &SqlStorage, slot: u32) -> Result<Vec<u8>> {
    let query = "SELECT slot AS at, body FROM ticks WHERE slot = ?";
    let stored: Vec<Stored> = sql.exec(query, vec![i64::from(slot).into()])?.to_array()?;
    let row = stored.into_iter().next();
    Ok(row.map(|row| row.body.into_vec()).unwrap_or_default())
}

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`, for what `worker` does not bind.
    type ObjectStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &ObjectStorage,
        writes: &mut dyn FnMut() -> std::result::Result<(), JsValue>,
    ) -> std::result::Result<(), JsValue>;
}

/// Stores a commit, all of it or nothing: a row may replace one that only the checkpoint with it makes up for.
pub fn store(storage: &Storage, commit: &mut Commit) -> Result<()> {
    let sql = storage.sql();
    match (commit.row.take(), commit.checkpoint.take()) {
        (Some(row), Some(checkpoint)) => in_one(storage, || {
            store_row(&sql, row.clone())?;
            store_parts(&sql, &checkpoint)
        }),
        (Some(row), None) => store_row(&sql, row),
        (None, _) => Ok(()),
    }
}

/// Writes all or nothing. That what one turn writes is written together holds for a crash alone: what comes before a
/// statement that fails would stay.
fn in_one(storage: &Storage, writes: impl Fn() -> Result<()>) -> Result<()> {
    let raw: &JsValue = storage.as_raw().as_ref();
    raw.unchecked_ref::<ObjectStorage>()
        .transaction_sync(&mut || writes().map_err(JsValue::from))
        .map_err(Error::from)
}

fn store_row(sql: &SqlStorage, Row { slot, bytes }: Row) -> Result<()> {
    let bindings = vec![i64::from(slot).into(), SqlStorageValue::Blob(bytes)];
    sql.exec(
        "INSERT OR REPLACE INTO ticks (slot, body) VALUES (?, ?)",
        bindings,
    )?;
    Ok(())
}

/// Stores a checkpoint in place of the one before.
pub fn store_checkpoint(storage: &Storage, parts: &[Vec<u8>]) -> Result<()> {
    let sql = storage.sql();
    in_one(storage, || store_parts(&sql, parts))
}

fn store_parts(sql: &SqlStorage, parts: &[Vec<u8>]) -> Result<()> {
    for (part, bytes) in (0_i64..).zip(parts) {
        let bindings = vec![part.into(), SqlStorageValue::Blob(bytes.clone())];
        sql.exec(
            "INSERT OR REPLACE INTO checkpoints (part, body) VALUES (?, ?)",
            bindings,
        )?;
    }
    // Of one that was longer.
    let parts = vec![(parts.len() as i64).into()];
    sql.exec("DELETE FROM checkpoints WHERE part >= ?", parts)?;
    Ok(())
}
