use serde::{Deserialize, Serialize};

use super::owner::Owner;
use super::recovery::Missed;
use super::shelf::{Encoded, Line, Shelf};
use crate::hub::exchange::Head;
use crate::model::{Channel, Epoch, Event, Position, UnixMillis};

/// Memory for the recent messages of the feed's channels, bytes: 300 of each price of 500 coins and each candle of 20 pairs
/// are some 30 MB. An object has 128 MB for everything.
const FEED_BYTES: usize = 32 << 20;
/// ... and for those of all other channels.
const OTHERS_BYTES: usize = 12 << 20;

/// Channels of others that are remembered. Beyond that a quarter is forgotten, those first that were silent longest.
const MAX_OTHERS: usize = 10_000;
/// ... and the length of their names, bytes: every checkpoint has all of them, and every answer to a shard that attaches.
const MAX_NAMES: usize = 800_000;

/// Looking at all channels costs; what is too old may stay so much longer, milliseconds.
const TRIM_MS: u64 = 60_000;

/// Every channel that has had a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lines {
    /// Never forgotten: what is on them is told again only if the whole hub begins anew.
    feed: Shelf,
    others: Shelf,
    /// The epoch of channels that begin now. It is another one once a channel was forgotten, since that channel's
    /// offsets would begin again.
    fresh: Epoch,
    trimmed_at: UnixMillis,
}

/// A [`Line`] as it rests in a checkpoint: without its recent messages, which rest in their ticks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredLine {
    channel: Channel,
    position: Position,
    last_at: UnixMillis,
    latest: Option<Event>,
}

impl StoredLine {
    pub fn channel(&self) -> &Channel {
        &self.channel
    }
}

impl Lines {
    pub fn new(fresh: Epoch) -> Self {
        Self {
            feed: Shelf::new(FEED_BYTES),
            others: Shelf::new(OTHERS_BYTES),
            fresh,
            trimmed_at: UnixMillis::default(),
        }
    }

    pub fn fresh(&self) -> Epoch {
        self.fresh
    }

    /// Gives the event the channel's next place. It is one of the tick of that number.
    pub fn append(&mut self, channel: Channel, event: &Encoded, tick: u64, now: UnixMillis) -> Position {
        let position = self.position(&channel).next();
        self.put(channel, position, event, tick, now);
        position
    }

    /// Puts an event where it was put before, as read from storage, oldest first.
    pub fn put(&mut self, channel: Channel, position: Position, event: &Encoded, tick: u64, at: UnixMillis) {
        self.shelf_mut(&channel).put(channel, position, event, tick, at);
    }

    /// Adds what a checkpoint knows and the stored ticks do not: channels that were silent for long.
    pub fn add_stored(&mut self, fresh: Epoch, stored: Vec<StoredLine>) {
        self.fresh = fresh;
        for stored in stored {
            let mut line = Line::new(stored.position, stored.last_at);
            line.latest = stored.latest.as_ref().map(Encoded::new);
            self.shelf_mut(&stored.channel).add(stored.channel, line);
        }
    }

    pub fn stored(&self) -> Vec<StoredLine> {
        let lines = self.iter().map(|(channel, line)| StoredLine {
            channel: channel.clone(),
            position: line.position,
            last_at: line.last_at,
            latest: line.latest.as_ref().and_then(Encoded::event),
        });
        lines.collect()
    }

    /// Every channel with its place and its current value.
    pub fn heads(&self) -> Vec<(Channel, Head)> {
        let heads = self.iter().map(|(channel, line)| {
            let latest = line.latest.as_ref().and_then(Encoded::event);
            let position = line.position;
            (channel.clone(), Head { position, latest })
        });
        heads.collect()
    }

    pub fn positions(&self) -> impl Iterator<Item = (&Channel, Position)> {
        self.iter().map(|(channel, line)| (channel, line.position))
    }

    #[cfg(test)]
    pub fn latest(&self, channel: &Channel) -> Option<Event> {
        self.line(channel)?.latest.as_ref()?.event()
    }

    /// The messages after `since`, as far as they are kept; `None` if that place is not of this run.
    pub fn since<'a>(&'a self, channel: &'a Channel, since: Position) -> Option<Missed<'a>> {
        let line = self
            .line(channel)
            .filter(|line| line.position.epoch == since.epoch)?;
        let missed = line.recent().filter(|(offset, _)| *offset > since.offset);
        Some(Missed::new(channel, since.epoch, missed))
    }

    /// The messages of later ticks, as far as they are kept; `None` if there were none.
    pub fn after<'a>(&'a self, channel: &'a Channel, tick: u64) -> Option<Missed<'a>> {
        let line = self.line(channel).filter(|line| line.moved_after(tick))?;
        Some(Missed::new(channel, line.position.epoch, line.recent_after(tick)))
    }

    /// Drops the messages that are too old to be kept, and those that are too many; looks at all channels once a minute at
    /// most, or when there is too much.
    pub fn trim(&mut self, now: UnixMillis) {
        let due = now.since(self.trimmed_at) >= TRIM_MS;
        if due {
            self.trimmed_at = now;
        }
        for shelf in [&mut self.feed, &mut self.others] {
            if due || shelf.is_crowded() {
                shelf.drop_old(now);
            }
            if shelf.is_crowded() {
                shelf.lighten();
            }
        }
    }

    /// Forgets channels of others, if they are too many. If so, all that is known is to be stored: which channels were
    /// forgotten no tick tells, and their offsets must not begin again in the epoch that they had.
    pub fn forget_silent(&mut self, now: UnixMillis) -> bool {
        if self.others.len() <= MAX_OTHERS && self.others.names() <= MAX_NAMES {
            return false;
        }
        self.others.forget_silent(MAX_OTHERS / 4 * 3, MAX_NAMES / 4 * 3);
        self.fresh = self.fresh.followed_by(now.get());
        true
    }

    /// Goes on in another epoch on every channel, with its current value and without its history.
    pub fn begin_anew(&mut self, now: UnixMillis) {
        let epochs = self.iter().map(|(_, line)| line.position.epoch);
        let newest = epochs.max().unwrap_or_default().max(self.fresh);
        self.fresh = newest.followed_by(now.get());
        self.feed.begin_anew(self.fresh);
        self.others.begin_anew(self.fresh);
    }

    /// Where a channel stands; before its first message if it has had none, or none that is known.
    pub fn position(&self, channel: &Channel) -> Position {
        let fresh = Position {
            epoch: self.fresh,
            offset: 0,
        };
        self.line(channel).map_or(fresh, |line| line.position)
    }

    pub fn line(&self, channel: &Channel) -> Option<&Line> {
        match Owner::of(channel) {
            Owner::Feed => self.feed.get(channel),
            Owner::Others => self.others.get(channel),
        }
    }

    fn shelf_mut(&mut self, channel: &Channel) -> &mut Shelf {
        match Owner::of(channel) {
            Owner::Feed => &mut self.feed,
            Owner::Others => &mut self.others,
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&Channel, &Line)> {
        self.feed.iter().chain(self.others.iter())
    }
}
