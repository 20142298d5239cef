use super::retention::is_kept;
use super::rows::{MAX_ROWS, Rows};
use crate::model::{CandleUpdate, UnixMillis};

/// Most chunks of one call. An invocation has 50 queries on the free plan, of which a cycle's own writes and
/// a step of retention take a dozen.
pub const MAX_CHUNKS: usize = 20;

/// One statement of a backfill.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// Not empty.
    pub rows: Rows,
    /// Once these are stored, so many of the candles given, from the first on, are done with.
    pub done: usize,
}

/// Cuts candles into statements, in order: [`MAX_CHUNKS`] of [`MAX_ROWS`] at most, so that what is left over is
/// the next call's. What is running, or older than what is kept, is left out.
pub fn chunks(candles: &[CandleUpdate], now: UnixMillis) -> Vec<Chunk> {
    let worth = |update: &CandleUpdate| update.closed && is_kept(update.interval, update.candle.open_at, now);
    let mut chunks = Vec::new();
    let mut rows = Vec::new();
    for (done, update) in (1..).zip(candles) {
        if worth(update) {
            rows.push(update.clone());
        }
        let is_last = done == candles.len();
        if rows.len() == MAX_ROWS || (is_last && !rows.is_empty()) {
            chunks.push(Chunk {
                rows: Rows::Candles(std::mem::take(&mut rows)),
                done,
            });
        }
        if chunks.len() == MAX_CHUNKS {
            break;
        }
    }
    chunks
}
