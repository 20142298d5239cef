//! The object's own SQLite: one row a tick, in slots that are used again, and one checkpoint.

use serde::Deserialize;
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;
use worker::{Error, Result, SqlStorage, SqlStorageValue, Storage};

use crate::hub::broker::{Broker, Commit, Row};
use crate::model::UnixMillis;

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS ticks (slot INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS checkpoint (slot INTEGER PRIMARY KEY CHECK (slot = 0), body BLOB NOT NULL)",
];

#[derive(Deserialize)]
struct Stored {
    slot: u32,
    body: ByteBuf,
}

/// All that an earlier life stored.
pub fn load(sql: &SqlStorage, now: UnixMillis) -> Result<Broker> {
    for table in TABLES {
        sql.exec(table, None)?;
    }
    let checkpoint: Vec<Stored> = sql.exec("SELECT slot, body FROM checkpoint", None)?.to_array()?;
    let checkpoint = checkpoint.first().map(|stored| stored.body.as_slice());
    // One after the other: all at once they would be in the memory of both languages.
    let ticks = sql.exec("SELECT slot, body FROM ticks", None)?.next::<Stored>();
    let rows = ticks.map(|stored| {
        let Stored { slot, body } = stored?;
        let bytes = body.into_vec();
        Ok(Row { slot, bytes })
    });
    Ok(Broker::restore(checkpoint, rows.collect::<Result<_>>()?, now))
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
            store_checkpoint(&sql, &checkpoint)
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
pub fn store_checkpoint(sql: &SqlStorage, checkpoint: &[u8]) -> Result<()> {
    let bindings = vec![SqlStorageValue::Blob(checkpoint.to_vec())];
    sql.exec(
        "INSERT OR REPLACE INTO checkpoint (slot, body) VALUES (0, ?)",
        bindings,
    )?;
    Ok(())
}
