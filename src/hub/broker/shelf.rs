use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::rc::Rc;

use crate::model::{Channel, Epoch, Event, Position, UnixMillis};

/// Messages of one channel that are kept for who comes back, at most ...
const KEPT_MESSAGES: usize = 300;
/// ... and for so long, milliseconds.
const KEPT_MS: u64 = 5 * 60_000;

/// What keeping a message costs besides its bytes: its place in a queue that may be half empty, and its allocation.
const OVERHEAD: usize = 64;

/// An event as it is kept. Encoded it takes a third of the memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Encoded {
    bytes: Rc<[u8]>,
    /// When the candle begins, if it is about one.
    candle: Option<UnixMillis>,
}

impl Encoded {
    pub fn new(event: &Event) -> Self {
        Self {
            // None of its types can fail to be written.
            bytes: postcard::to_stdvec(event).unwrap_or_default().into(),
            candle: event.candle().map(|update| update.candle.open_at),
        }
    }

    pub fn event(&self) -> Option<Event> {
        postcard::from_bytes(&self.bytes).ok()
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    fn cost(&self) -> usize {
        self.len() + OVERHEAD
    }
}

/// Channels that share a budget, each with its place, its current value and its recent messages.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shelf {
    lines: BTreeMap<Channel, Line>,
    /// Bytes of memory that recent messages may take, and ...
    budget: usize,
    /// ... do. Of an event on several channels each counts it: rather too much than too little.
    cost: usize,
    /// The length of all names, bytes.
    names: usize,
}

/// What is known of one channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub position: Position,
    pub last_at: UnixMillis,
    /// That of the newest message.
    tick: u64,
    pub latest: Option<Encoded>,
    /// The newest messages, oldest first; the last one is that of `position`.
    recent: VecDeque<Kept>,
    cost: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Kept {
    /// The number of the tick that it came with.
    tick: u64,
    at: UnixMillis,
    event: Encoded,
}

impl Shelf {
    pub const fn new(budget: usize) -> Self {
        Self {
            lines: BTreeMap::new(),
            budget,
            cost: 0,
            names: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The length of all names, bytes.
    pub fn names(&self) -> usize {
        self.names
    }

    pub fn get(&self, channel: &Channel) -> Option<&Line> {
        self.lines.get(channel)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Channel, &Line)> {
        self.lines.iter()
    }

    /// Puts a message at its place, which is the newest one.
    pub fn put(&mut self, channel: Channel, position: Position, event: &Encoded, tick: u64, at: UnixMillis) {
        let has_state = channel.has_state();
        let names = &mut self.names;
        let name = name_length(&channel);
        let line = self.lines.entry(channel).or_insert_with(|| {
            *names += name;
            Line::new(position, at)
        });
        self.cost -= line.cost;
        line.put(position, event, tick, at);
        if has_state {
            // An older candle that late data amended is no value of now.
            let is_past = line
                .latest
                .as_ref()
                .is_some_and(|latest| event.candle < latest.candle);
            if !is_past {
                line.latest = Some(event.clone());
            }
        }
        self.cost += line.cost;
    }

    /// Adds a channel without recent messages, unless something as new is known of it.
    pub fn add(&mut self, channel: Channel, line: Line) {
        let place = |line: &Line| (line.position.epoch, line.position.offset);
        let known = self.lines.get(&channel);
        if known.is_some_and(|known| place(known) >= place(&line)) {
            return;
        }
        self.names += name_length(&channel);
        self.cost += line.cost;
        if let Some(outdated) = self.lines.insert(channel.clone(), line) {
            self.names -= name_length(&channel);
            self.cost -= outdated.cost;
        }
    }

    /// Whether its messages take more than they may.
    pub fn is_crowded(&self) -> bool {
        self.cost > self.budget
    }

    /// Drops the messages that are too old to be kept.
    pub fn drop_old(&mut self, now: UnixMillis) {
        for line in self.lines.values_mut() {
            self.cost -= line.cost;
            while line.recent.front().is_some_and(|it| now.since(it.at) >= KEPT_MS) {
                line.drop_oldest();
            }
            line.shrink();
            self.cost += line.cost;
        }
    }

    /// Drops messages of the heaviest channels, and of those about as heavy the oldest, until a quarter of the budget is free:
    /// whoever publishes much loses of it, and not who publishes little.
    pub fn lighten(&mut self) {
        let enough = self.budget / 4 * 3;
        let mut lines: Vec<&mut Line> = self.lines.values_mut().collect();
        let weights = lines.iter().enumerate();
        let mut heaviest: BinaryHeap<_> = weights
            .filter_map(|(at, line)| Some((line.weight()?, at)))
            .collect();
        while self.cost > enough
            && let Some((_, at)) = heaviest.pop()
            && let Some(line) = lines.get_mut(at)
        {
            self.cost -= line.cost;
            line.drop_oldest();
            self.cost += line.cost;
            heaviest.extend(line.weight().map(|weight| (weight, at)));
        }
        lines.into_iter().for_each(Line::shrink);
    }

    /// Goes on in that epoch on every channel, without what leads there.
    pub fn begin_anew(&mut self, epoch: Epoch) {
        for line in self.lines.values_mut() {
            line.position.epoch = epoch;
            line.recent = VecDeque::new();
            line.cost = 0;
        }
        self.cost = 0;
    }

    /// Forgets the channels that were silent longest, until so many are left, with names of so many bytes.
    pub fn forget_silent(&mut self, channels: usize, names: usize) {
        let by_age = self
            .lines
            .iter()
            .map(|(channel, line)| (line.last_at, channel.clone()));
        let mut silent: Vec<(UnixMillis, Channel)> = by_age.collect();
        silent.sort_unstable();
        for (_, channel) in silent {
            if self.lines.len() <= channels && self.names <= names {
                break;
            }
            if let Some(line) = self.lines.remove(&channel) {
                self.cost -= line.cost;
                self.names -= name_length(&channel);
            }
        }
    }
}

impl Line {
    /// A channel without messages that are kept. A tick has the number of its time, unless several came at once.
    pub const fn new(position: Position, last_at: UnixMillis) -> Self {
        Self {
            position,
            last_at,
            tick: last_at.get(),
            latest: None,
            recent: VecDeque::new(),
            cost: 0,
        }
    }

    /// The messages that are kept, oldest first, each with its offset.
    pub fn recent(&self) -> impl Iterator<Item = (u64, &Encoded)> {
        let first = (self.position.offset + 1).saturating_sub(self.recent.len() as u64);
        (first..).zip(self.recent.iter().map(|kept| &kept.event))
    }

    /// Exactly what came after `since`, oldest first; `None` if that cannot be shown.
    pub fn missed(&self, since: Position) -> Option<Vec<(Position, &Encoded)>> {
        let head = self.position;
        if since.epoch != head.epoch || since.offset > head.offset {
            return None;
        }
        if since == head {
            return Some(Vec::new());
        }
        let recent = self.recent().filter(|(offset, _)| *offset > since.offset);
        let missed: Vec<_> = recent
            .map(|(offset, event)| (Position { offset, ..head }, event))
            .collect();
        match missed.first() {
            Some((first, _)) if *first == since.next() => Some(missed),
            // However old it is, if it is all. The value of a candle's channel may be of an earlier message than its newest.
            _ => {
                let all = self
                    .value()
                    .filter(|(_, event)| since.next() == head && event.candle.is_none());
                all.map(|value| vec![value])
            }
        }
    }

    /// The current value, if the channel has one, at the place of its newest message.
    pub fn value(&self) -> Option<(Position, &Encoded)> {
        Some((self.position, self.latest.as_ref()?))
    }

    /// Those of them that came with later ticks.
    pub fn recent_after(&self, tick: u64) -> impl Iterator<Item = (u64, &Encoded)> {
        let known = self.recent.partition_point(|kept| kept.tick <= tick);
        self.recent().skip(known)
    }

    /// Whether its newest message came with a later tick.
    pub const fn moved_after(&self, tick: u64) -> bool {
        self.tick > tick
    }

    fn put(&mut self, position: Position, event: &Encoded, tick: u64, at: UnixMillis) {
        if self.position.next() != position {
            // Another run, or a place that is lost: what was before does not lead here.
            self.recent.clear();
            self.cost = 0;
        }
        self.position = position;
        self.last_at = at;
        self.tick = tick;
        self.cost += event.cost();
        self.recent.push_back(Kept {
            tick,
            at,
            event: event.clone(),
        });
        if self.recent.len() > KEPT_MESSAGES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.recent.pop_front() {
            self.cost -= oldest.event.cost();
        }
    }

    /// How soon it loses its oldest message, if it has one: weights that are within a power of two are alike.
    fn weight(&self) -> Option<(u32, Reverse<UnixMillis>)> {
        let oldest = self.recent.front()?;
        Some((self.cost.checked_ilog2()?, Reverse(oldest.at)))
    }

    /// A queue that was long keeps its memory otherwise.
    fn shrink(&mut self) {
        if self.recent.capacity() > 4 * self.recent.len() {
            self.recent.shrink_to_fit();
        }
    }
}

/// Of the names that nobody bounds; those of the feed's channels are few.
fn name_length(channel: &Channel) -> usize {
    match channel {
        Channel::Mentions(name) => name.len(),
        other => other.user().map_or(0, str::len),
    }
}

#[cfg(test)]
mod tests;
