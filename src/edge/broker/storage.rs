//! The object's own SQLite: one row a tick, in slots that are used again, and one checkpoint.

use serde::Deserialize;
use serde_bytes::ByteBuf;
use worker::{Result, SqlStorage, SqlStorageValue};

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
    let ticks: Vec<Stored> = sql.exec("SELECT slot, body FROM ticks", None)?.to_array()?;
    let checkpoint = checkpoint.first().map(|stored| stored.body.as_slice());
    let rows = ticks.into_iter().map(|Stored { slot, body }| Row {
        slot,
        bytes: body.into_vec(),
    });
    Ok(Broker::restore(checkpoint, rows.collect(), now))
}

/// Stores a commit. Both writes are one: the runtime keeps what one turn wrote, or nothing of it.
pub fn store(sql: &SqlStorage, commit: &mut Commit) -> Result<()> {
    if let Some(Row { slot, bytes }) = commit.row.take() {
        let bindings = vec![i64::from(slot).into(), SqlStorageValue::Blob(bytes)];
        sql.exec(
            "INSERT OR REPLACE INTO ticks (slot, body) VALUES (?, ?)",
            bindings,
        )?;
    }
    match commit.checkpoint.take() {
        Some(checkpoint) => store_checkpoint(sql, &checkpoint),
        None => Ok(()),
    }
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
