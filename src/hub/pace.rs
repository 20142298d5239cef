//! Channels that a dialect tells of only every so often: the newest state stands for all that came in between.
//!
//! No timer: what came too early rests, and leaves with the next delivery for which it is time.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::ConnId;
use super::index::SubId;
use crate::model::{CandleUpdate, Channel, Event, Position, UnixMillis};
use crate::protocol::Dialect;

/// Deliveries come some milliseconds early or late, and one that is early by less must not wait for the next. What one
/// is early is added to the time of the next, so that a pace is kept over time.
const EARLY: u64 = 100;

/// A message whose time has come.
#[derive(Debug)]
pub(super) struct Paced {
    pub dialect: Dialect,
    pub channel: Channel,
    pub position: Position,
    pub event: Rc<Event>,
    /// It came with an earlier delivery.
    pub has_rested: bool,
}

/// What is told at its dialect's pace.
#[derive(Debug, Default)]
pub(super) struct Paces {
    beats: BTreeMap<(Dialect, Channel), Beat>,
    /// When the newest candle begins that somebody was told of, or is about to be.
    candles: BTreeMap<Channel, UnixMillis>,
    /// Those of the beats whose newest state has not been told.
    resting: BTreeSet<(Dialect, Channel)>,
    /// When something was told last.
    told_at: UnixMillis,
    /// The same of earlier lives: any channel may have been among it.
    told_before: UnixMillis,
    /// Something rested when the last life ended.
    forgotten: bool,
    /// Until when connections are told nothing of what they were told alone. What is left of those that have gone does
    /// no harm, and goes with its time.
    quiet: BTreeMap<(SubId, ConnId), Quiet>,
}

#[derive(Debug)]
struct Beat {
    /// When it may be told again.
    free_at: UnixMillis,
    told_at: Option<UnixMillis>,
    /// What is to be told then, and when it came.
    rests: Option<(Position, Rc<Event>, UnixMillis)>,
}

/// A subscriber who was told alone when it subscribed.
#[derive(Debug)]
struct Quiet {
    until: UnixMillis,
    /// That long after it was told.
    pace: u64,
    /// Others were told something in the meantime.
    owed: bool,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It goes out at once, whatever went before.
    Now,
    /// It waits for its time.
    Rests,
    /// Nobody has a use for it.
    Never,
}

impl Paces {
    /// Takes a message of a channel that is told at most every `pace` milliseconds.
    pub fn take(
        &mut self,
        (dialect, channel): (Dialect, &Channel),
        pace: u64,
        position: Position,
        event: &Rc<Event>,
        now: UnixMillis,
    ) -> Turn {
        let key = (dialect, channel.clone());
        let told_before = self.told_before;
        let beat = self.beats.entry(key.clone()).or_insert_with(|| Beat {
            free_at: told_before.plus(pace),
            told_at: None,
            rests: None,
        });
        if let Some(CandleUpdate { candle, closed, .. }) = event.candle() {
            let newest = self.candles.entry(key.1.clone()).or_default();
            if candle.open_at < *newest {
                // Late data amended a candle that its clients have behind them: none of theirs goes back.
                if let Some((rests, ..)) = &mut beat.rests {
                    *rests = position;
                }
                return Turn::Never;
            }
            *newest = candle.open_at;
            if *closed {
                beat.rests = None;
                beat.told_at = Some(now);
                self.resting.remove(&key);
                self.told_at = now;
                return Turn::Now;
            }
        }
        beat.rests = Some((position, Rc::clone(event), now));
        self.resting.insert(key);
        Turn::Rests
    }

    /// Somebody was told of a candle that begins then: older ones are behind him.
    pub fn have_candle(&mut self, channel: &Channel, open_at: UnixMillis) {
        let newest = self.candles.entry(channel.clone()).or_default();
        *newest = open_at.max(*newest);
    }

    /// The newest candle of each channel that somebody was told of: what outlives the object.
    pub fn candles(&self) -> Vec<(Channel, UnixMillis)> {
        self.candles
            .iter()
            .map(|(channel, at)| (channel.clone(), *at))
            .collect()
    }

    /// What has come to its time, in the order of channels.
    pub fn due(&mut self, now: UnixMillis) -> Vec<Paced> {
        let mut due = Vec::new();
        let beats = &mut self.beats;
        self.resting.retain(|key| {
            let Some(beat) = beats.get_mut(key) else {
                return false;
            };
            if now.plus(EARLY) < beat.free_at {
                return true;
            }
            let (dialect, channel) = key;
            let pace = dialect.pace(channel).unwrap_or_default();
            beat.free_at = beat.free_at.max(now).plus(pace);
            beat.told_at = Some(now);
            if let Some((position, event, came_at)) = beat.rests.take() {
                let (dialect, channel) = (*dialect, channel.clone());
                let has_rested = came_at < now;
                due.push(Paced {
                    dialect,
                    channel,
                    position,
                    event,
                    has_rested,
                });
            }
            false
        });
        if !due.is_empty() {
            self.told_at = now;
        }
        due
    }

    /// When subscribers were last told of a channel in this life.
    pub fn last_told(&self, dialect: Dialect, channel: &Channel) -> Option<UnixMillis> {
        self.beats.get(&(dialect, channel.clone()))?.told_at
    }

    /// When anything was told last, and whether something rests: what outlives the object.
    pub fn memory(&self) -> (UnixMillis, bool) {
        (self.told_at, self.forgotten || !self.resting.is_empty())
    }

    /// What an earlier life had told last, and whether something rested when it ended.
    pub fn remember(&mut self, told_at: UnixMillis, rests: bool) {
        self.told_at = self.told_at.max(told_at);
        self.told_before = self.told_at;
        self.forgotten |= rests;
    }

    /// Whether something rests of which only the broker still knows.
    pub fn have_forgotten(&self) -> bool {
        self.forgotten
    }

    /// Whether that is so; from now on it is known.
    pub fn recall(&mut self) -> bool {
        std::mem::take(&mut self.forgotten)
    }

    /// A connection was told of a channel alone, and has to wait for the next time as all others do.
    pub fn told_alone(&mut self, id: SubId, conn: ConnId, now: UnixMillis, pace: u64) {
        let until = now.plus(pace);
        let owed = false;
        self.quiet.insert((id, conn), Quiet { until, pace, owed });
        self.told_at = now;
    }

    /// Those of a subscription's holders who are not to be told yet: they are owed it.
    pub fn withhold(&mut self, id: SubId, now: UnixMillis) -> Vec<ConnId> {
        let holders = (id, ConnId(0))..=(id, ConnId(u32::MAX));
        let mut withheld = Vec::new();
        for ((_, conn), quiet) in self.quiet.range_mut(holders) {
            if now.plus(EARLY) < quiet.until {
                quiet.owed = true;
                withheld.push(*conn);
            }
        }
        withheld
    }

    /// Ends the silence of those whose time has come; gives who is owed what. That comes when others are told something, or
    /// they would be told at times of their own for ever; unless nobody is for long.
    pub fn speak_again(&mut self, now: UnixMillis, others_are_told: bool) -> Vec<(SubId, ConnId)> {
        let mut owed = Vec::new();
        self.quiet.retain(|who, quiet| {
            let is_quiet = now.plus(EARLY) < quiet.until;
            if is_quiet || !quiet.owed {
                return is_quiet;
            }
            let is_time = others_are_told || now >= quiet.until.plus(quiet.pace);
            if is_time {
                owed.push(*who);
            }
            !is_time
        });
        owed
    }
}
