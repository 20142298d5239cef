use std::collections::VecDeque;
use std::rc::Rc;

use crate::model::UnixMillis;

/// Ticks are kept for shards that lag, for so long, milliseconds: longer than a shard that lost the broker needs to
/// notice ...
pub(super) const KEPT_MS: u64 = 3 * 60_000;
/// ... and so many bytes of them, whoever's they are: a shard has one cursor, and a log with holes would need one for each
/// owner. Who falls out of it asks for the messages themselves, which have budgets of their own.
const KEPT_BYTES: usize = 8 << 20;

/// The newest ticks, encoded once for whoever has not got them yet.
#[derive(Debug, Default)]
pub(super) struct Log {
    ticks: VecDeque<Logged>,
    bytes: usize,
    /// The tick before the first of `ticks`.
    before: u64,
    newest: u64,
}

#[derive(Debug)]
struct Logged {
    number: u64,
    at: UnixMillis,
    bytes: Rc<[u8]>,
}

impl Log {
    /// Without a tick so far. The number of its beginning tells a shard that was told where everything stands from
    /// one that was told nothing.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            before: now.get(),
            newest: now.get(),
            ..Self::default()
        }
    }

    /// A number for the next tick: greater than all before, even if what was known of those is lost.
    pub fn next_number(&self, now: UnixMillis) -> u64 {
        now.get().max(self.newest + 1)
    }

    /// The number of the newest tick; 0 if there was none.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// The newest tick is one that is not here.
    pub fn begin_after(&mut self, number: u64) {
        if number > self.newest {
            self.ticks.clear();
            self.bytes = 0;
            self.before = number;
            self.newest = number;
        }
    }

    pub fn push(&mut self, number: u64, bytes: Vec<u8>, at: UnixMillis) {
        self.newest = number;
        self.bytes += bytes.len();
        self.ticks.push_back(Logged {
            number,
            at,
            bytes: bytes.into(),
        });
        let too_many = |log: &Self| log.bytes > KEPT_BYTES && log.ticks.len() > 1;
        let too_old = |log: &Self| log.ticks.front().is_some_and(|it| at.since(it.at) > KEPT_MS);
        while too_many(self) || too_old(self) {
            if let Some(dropped) = self.ticks.pop_front() {
                self.bytes -= dropped.bytes.len();
                self.before = dropped.number;
            }
        }
    }

    /// The tick before that one, as far as is known.
    pub fn before(&self, number: u64) -> u64 {
        match self.index_after(number.saturating_sub(1)).checked_sub(1) {
            Some(at) => self.ticks.get(at).map_or(self.before, |tick| tick.number),
            None => self.before,
        }
    }

    /// All ticks after `number` that are kept.
    pub fn after(&self, number: u64) -> Vec<Rc<[u8]>> {
        let from = self.index_after(number);
        self.ticks
            .iter()
            .skip(from)
            .map(|tick| Rc::clone(&tick.bytes))
            .collect()
    }

    /// Whether every tick after `number` is kept.
    pub fn reaches(&self, number: u64) -> bool {
        number >= self.before
    }

    /// When the oldest tick after `number` was published.
    pub fn oldest_after(&self, number: u64) -> Option<UnixMillis> {
        self.ticks.get(self.index_after(number)).map(|tick| tick.at)
    }

    /// How many ticks are after `number`.
    pub fn count_after(&self, number: u64) -> usize {
        self.ticks.len() - self.index_after(number)
    }

    fn index_after(&self, number: u64) -> usize {
        self.ticks.partition_point(|tick| tick.number <= number)
    }
}
