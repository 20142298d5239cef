//! History: what is kept in D1, when it is written, and for how long. No I/O, no clock.
//!
//! ```text
//! MarketEvent ─▶ History::note ─┬ signals, closed candles ─▶ waiting ──┐
//!                               └ prices ─▶ hours ─(hour over)─▶ waiting ├─▶ History::due ─▶ [Rows] ─▶ D1
//! latest prices, now and then ───────────────────────────────────────────┘        ▲
//!                                                     History::stored, failed ────┘
//! ```
//!
//! What holds, and is tested:
//! - what D1 did not take waits, across evictions, and is offered again; a row that was amended on its way
//!   there waits on with its newer state;
//! - every table waits for itself: one that fails holds back no other, and is left alone for longer and longer;
//! - memory is bounded: beyond its bound a waiting list gives up its oldest row, and counts it;
//! - each of [`Rows`] is one statement with one bound value far below what D1 takes.

mod backfill;
mod hours;
mod pace;
mod retention;
mod rows;
mod state;
mod waiting;

pub use backfill::{Chunk, MAX_CHUNKS, chunks};
pub use retention::{Expiry, KEPT_DAYS, Kept, MAX_DELETED, is_kept};
pub use rows::{HourlyPrice, MAX_ROWS, Rows, Table};
pub use state::{History, IDLE_PRICES_EVERY_MS, PRICES_EVERY_MS};

#[cfg(test)]
mod tests;
