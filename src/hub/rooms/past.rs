use std::collections::BTreeMap;

use crate::model::{CandleUpdate, UnixMillis};

/// Candles remembered of a room: as many as a chart may begin with.
const MAX_CANDLES: usize = 1_000;

/// What was read is good for so long, milliseconds: candles that were missing, or a part of them, may be filled in where they are
/// kept, of which nothing is published.
const FRESH_MS: u64 = 60_000;

/// What is remembered of a room.
#[derive(Debug, Default)]
pub struct Past {
    /// How many candles were asked for when it was read; `None` before.
    pub depth: Option<u16>,
    /// When that was.
    pub read_at: UnixMillis,
    /// A question for so many is under way.
    pub asked: Option<u16>,
    /// The answer that is under way was read before something that did not come.
    pub spoilt: bool,
    /// By their begin.
    pub candles: BTreeMap<UnixMillis, CandleUpdate>,
}

impl Past {
    /// Whether a chart can begin with so many.
    pub fn serves(&self, bars: u16, now: UnixMillis) -> bool {
        let is_fresh = now.since(self.read_at) < FRESH_MS;
        is_fresh && self.depth.is_some_and(|depth| bars <= depth)
    }

    /// Takes what was read: what was published meanwhile is newer, unless it is not final or knows of less.
    pub fn learn(&mut self, read: Vec<CandleUpdate>) {
        for update in read {
            let known = self.candles.get(&update.candle.open_at);
            if known.is_none_or(|known| is_later(&update, known)) {
                self.candles.insert(update.candle.open_at, update);
            }
        }
        self.trim();
    }

    /// The newest stay.
    pub fn trim(&mut self) {
        while self.candles.len() > MAX_CANDLES {
            self.candles.pop_first();
        }
    }
}

/// Whether what was read is a later state of a candle than the one that is known: a final one, or one to which was added where
/// candles are kept. Of two by one provider the one with more volume is the later.
fn is_later(read: &CandleUpdate, known: &CandleUpdate) -> bool {
    let has_more = read.source == known.source && read.candle.volume > known.candle.volume;
    read.closed && (!known.closed || has_more)
}
