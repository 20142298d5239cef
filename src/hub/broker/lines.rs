use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use postcard::experimental::serialized_size;
use serde::{Deserialize, Serialize};

use crate::hub::exchange::{Head, History};
use crate::model::{Channel, Epoch, Event, Position, UnixMillis};

/// Messages of one channel that are kept for who comes back, at most ...
const KEPT_MESSAGES: usize = 300;
/// ... and for so long, milliseconds.
const KEPT_MS: u64 = 5 * 60_000;
/// Messages of all channels together that are kept; beyond that the oldest go, whatever their channel.
const KEPT_IN_ALL: usize = 60_000;
/// ... and so many bytes of them, as they are encoded: an object has 128 MB for everything.
const KEPT_BYTES: usize = 24 << 20;

/// Channels that are remembered. Beyond that a quarter is forgotten, those first that were silent longest.
const MAX_CHANNELS: usize = 10_000;

/// Looking at all channels costs; what is too old may stay so much longer, milliseconds.
const TRIM_MS: u64 = 60_000;

/// Every channel that has had a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lines {
    lines: BTreeMap<Channel, Line>,
    /// The epoch of channels that begin now. It is another one once a channel was forgotten, since that channel's
    /// offsets would begin again.
    fresh: Epoch,
    kept: usize,
    kept_bytes: usize,
    trimmed_at: UnixMillis,
}

#[derive(Debug, Clone, PartialEq)]
struct Line {
    position: Position,
    last_at: UnixMillis,
    latest: Option<Rc<Event>>,
    /// The newest messages, oldest first; the last one is that of `position`.
    recent: VecDeque<Kept>,
}

#[derive(Debug, Clone, PartialEq)]
struct Kept {
    at: UnixMillis,
    event: Rc<Event>,
    /// Its size, encoded.
    bytes: usize,
}

/// A [`Line`] as it rests in a checkpoint: without its recent messages, which rest in their ticks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredLine {
    channel: Channel,
    position: Position,
    last_at: UnixMillis,
    latest: Option<Event>,
}

impl Lines {
    pub fn new(fresh: Epoch) -> Self {
        Self {
            lines: BTreeMap::new(),
            fresh,
            kept: 0,
            kept_bytes: 0,
            trimmed_at: UnixMillis::default(),
        }
    }

    pub fn fresh(&self) -> Epoch {
        self.fresh
    }

    /// Gives the event the channel's next place.
    pub fn append(&mut self, channel: Channel, event: &Rc<Event>, now: UnixMillis) -> Position {
        let fresh = Position {
            epoch: self.fresh,
            offset: 0,
        };
        let position = self
            .lines
            .get(&channel)
            .map_or(fresh, |line| line.position)
            .next();
        self.put(channel, position, event, now);
        position
    }

    /// Puts an event where it was put before, as read from storage, oldest first.
    pub fn put(&mut self, channel: Channel, position: Position, event: &Rc<Event>, at: UnixMillis) {
        let has_state = channel.has_state();
        // Of an event on several channels each counts it: rather too much than too little.
        let bytes = serialized_size(&**event).unwrap_or_default();
        let line = self
            .lines
            .entry(channel)
            .or_insert_with(|| Line::new(position, at));
        if line.position.next() != position {
            // Another run, or a place that is lost: what was before does not lead here.
            let outdated = std::mem::take(&mut line.recent);
            self.kept -= outdated.len();
            self.kept_bytes -= size(&outdated);
        }
        line.position = position;
        line.last_at = at;
        if has_state {
            line.latest = Some(Rc::clone(event));
        }
        line.recent.push_back(Kept {
            at,
            event: Rc::clone(event),
            bytes,
        });
        self.kept += 1;
        self.kept_bytes += bytes;
        if line.recent.len() > KEPT_MESSAGES
            && let Some(oldest) = line.recent.pop_front()
        {
            self.kept -= 1;
            self.kept_bytes -= oldest.bytes;
        }
    }

    /// Adds what a checkpoint knows and the stored ticks do not: channels that were silent for long.
    pub fn add_stored(&mut self, fresh: Epoch, stored: Vec<StoredLine>) {
        self.fresh = fresh;
        for StoredLine {
            channel,
            position,
            last_at,
            latest,
        } in stored
        {
            let newer = |line: &Line| {
                (line.position.epoch, line.position.offset) >= (position.epoch, position.offset)
            };
            if self.lines.get(&channel).is_some_and(newer) {
                continue;
            }
            let mut line = Line::new(position, last_at);
            line.latest = latest.map(Rc::new);
            if let Some(outdated) = self.lines.insert(channel, line) {
                self.kept -= outdated.recent.len();
                self.kept_bytes -= size(&outdated.recent);
            }
        }
    }

    pub fn stored(&self) -> Vec<StoredLine> {
        let lines = self.lines.iter().map(|(channel, line)| StoredLine {
            channel: channel.clone(),
            position: line.position,
            last_at: line.last_at,
            latest: line.latest.as_deref().cloned(),
        });
        lines.collect()
    }

    /// Every channel with its place and its current value.
    pub fn heads(&self) -> Vec<(Channel, Head)> {
        let heads = self.lines.iter().map(|(channel, line)| {
            let latest = line.latest.as_deref().cloned();
            let position = line.position;
            (channel.clone(), Head { position, latest })
        });
        heads.collect()
    }

    pub fn positions(&self) -> impl Iterator<Item = (&Channel, Position)> {
        self.lines.iter().map(|(channel, line)| (channel, line.position))
    }

    #[cfg(test)]
    pub fn latest(&self, channel: &Channel) -> Option<&Event> {
        self.lines.get(channel)?.latest.as_deref()
    }

    /// The messages after `since`, as far as they are kept; `None` if that place is not of this run.
    pub fn history(&self, channel: &Channel, since: Position) -> Option<History> {
        let line = self
            .lines
            .get(channel)
            .filter(|line| line.position.epoch == since.epoch)?;
        let first = (line.position.offset + 1).saturating_sub(line.recent.len() as u64);
        let numbered = (first..).zip(&line.recent);
        let missed = numbered.filter(|(offset, _)| *offset > since.offset);
        Some(History {
            epoch: since.epoch,
            messages: missed
                .map(|(offset, kept)| (offset, Event::clone(&kept.event)))
                .collect(),
        })
    }

    /// Drops what is too old to be kept, and what is too much; looks at all channels once a minute at most.
    pub fn trim(&mut self, now: UnixMillis) {
        if now.since(self.trimmed_at) < TRIM_MS && !self.is_crowded() && self.lines.len() <= MAX_CHANNELS {
            return;
        }
        self.trimmed_at = now;
        let mut age = KEPT_MS;
        self.drop_older_than(now, age);
        while self.is_crowded() {
            age /= 2;
            self.drop_older_than(now, age);
        }
        self.forget_silent(now);
    }

    fn is_crowded(&self) -> bool {
        self.kept > KEPT_IN_ALL || self.kept_bytes > KEPT_BYTES
    }

    /// At an age of 0 nothing is young enough.
    fn drop_older_than(&mut self, now: UnixMillis, age: u64) {
        for line in self.lines.values_mut() {
            let old = line.recent.iter().take_while(|kept| now.since(kept.at) >= age);
            for old in line.recent.drain(..old.count()) {
                self.kept -= 1;
                self.kept_bytes -= old.bytes;
            }
        }
    }

    fn forget_silent(&mut self, now: UnixMillis) {
        if self.lines.len() <= MAX_CHANNELS {
            return;
        }
        let mut silent: Vec<(UnixMillis, Channel)> = self
            .lines
            .iter()
            .map(|(channel, line)| (line.last_at, channel.clone()))
            .collect();
        silent.sort_unstable();
        let excess = self.lines.len() - MAX_CHANNELS * 3 / 4;
        for (_, channel) in silent.into_iter().take(excess) {
            if let Some(line) = self.lines.remove(&channel) {
                self.kept -= line.recent.len();
                self.kept_bytes -= size(&line.recent);
            }
        }
        self.fresh = self.fresh.followed_by(now.get());
    }
}

impl Line {
    fn new(position: Position, at: UnixMillis) -> Self {
        Self {
            position,
            last_at: at,
            latest: None,
            recent: VecDeque::new(),
        }
    }
}

fn size(kept: &VecDeque<Kept>) -> usize {
    kept.iter().map(|kept| kept.bytes).sum()
}
