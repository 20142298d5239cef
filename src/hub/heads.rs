use std::collections::BTreeMap;
use std::rc::Rc;

use super::exchange::{Head, Welcome};
use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Epoch, Event, Position, UnixMillis};
use crate::protocol::marked;

/// Channels that are remembered: well over what the broker remembers, 10,000 besides the feed's. Beyond that all are
/// forgotten, and the broker is asked again when somebody subscribes.
const MAX_CHANNELS: usize = 20_000;

/// Where every channel stands, as of the newest tick that this shard has seen.
#[derive(Debug, Default)]
pub(super) struct Heads {
    channels: BTreeMap<Channel, Stand>,
    /// The epoch of channels that have had no message; `None` until the broker has told.
    fresh: Option<Epoch>,
}

#[derive(Debug, Clone)]
struct Stand {
    position: Position,
    latest: Option<Rc<Event>>,
}

impl Heads {
    /// Whether the broker has told in this life.
    pub fn are_known(&self) -> bool {
        self.fresh.is_some()
    }

    /// Takes in all that the broker knew; what has come live since is newer, unless it amended an older candle.
    pub fn learn(&mut self, fresh: Epoch, heads: Vec<(Channel, Head)>) {
        self.fresh = Some(fresh);
        for (channel, Head { position, latest }) in heads {
            let latest = latest.map(Rc::new);
            match self.channels.get_mut(&channel) {
                Some(known) if is_before(position, known.position) => {
                    let live = known.latest.as_ref().zip(latest.as_ref());
                    if live.is_some_and(|(live, latest)| live.is_past(latest)) {
                        known.latest = latest;
                    }
                }
                _ => drop(self.channels.insert(channel, Stand { position, latest })),
            }
        }
    }

    /// A channel has a new message.
    pub fn advance(&mut self, channel: &Channel, position: Position, event: &Rc<Event>) {
        let latest = channel.has_state().then(|| Rc::clone(event));
        let stand = Stand { position, latest };
        match self.channels.get_mut(channel) {
            Some(known) => {
                known.position = position;
                // An older candle that late data amended is no value of now.
                let is_past = known.latest.as_ref().is_some_and(|latest| event.is_past(latest));
                if !is_past {
                    known.latest = stand.latest;
                }
            }
            None => {
                if self.channels.len() >= MAX_CHANNELS {
                    *self = Self::default();
                }
                self.channels.insert(channel.clone(), stand);
            }
        }
    }

    /// The place of a channel's newest message, or the one before its first; `None` until the broker has told.
    pub fn position(&self, channel: &Channel) -> Option<Position> {
        let epoch = self.fresh?;
        let known = self.channels.get(channel).map(|stand| stand.position);
        Some(known.unwrap_or(Position { epoch, offset: 0 }))
    }

    /// The place of a channel's newest message, as far as this life has seen one or the broker has told.
    pub fn last(&self, channel: &Channel) -> Option<Position> {
        let known = self.channels.get(channel).map(|stand| stand.position);
        known.or_else(|| self.position(channel))
    }

    /// A channel's current value and its place.
    pub fn latest(&self, channel: &Channel) -> Option<(Position, Rc<Event>)> {
        let stand = self.channels.get(channel)?;
        Some((stand.position, Rc::clone(stand.latest.as_ref()?)))
    }
}

/// Whether a place comes before another one of the same channel; later epochs are greater.
pub(super) fn is_before(place: Position, other: Position) -> bool {
    (place.epoch, place.offset) < (other.epoch, other.offset)
}

impl Hub {
    /// Takes in where the broker says that every channel stands, after what the sockets have missed.
    pub(super) fn take_heads(&mut self, now: UnixMillis, welcome: Welcome, out: &mut Vec<Effect>) {
        let events = welcome.heads.iter().filter_map(|(_, head)| head.latest.as_ref());
        self.learn(events, out);
        self.heads.learn(welcome.fresh, welcome.heads);
        self.link.skip_to(welcome.newest);
        self.recall_rest(now);
    }

    /// Sends a channel's current value to one subscriber, if it has one.
    pub(super) fn send_latest(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        channel: &Channel,
        out: &mut Vec<Effect>,
    ) {
        let Some((position, event)) = self.heads.latest(channel) else {
            return;
        };
        let Some((dialect, id, name)) = self.held_as(conn, channel) else {
            return;
        };
        if let Some(body) = dialect.event(&event, now) {
            let mut text = body.frame(&name, position);
            if dialect.is_marked() {
                let mark = self.marks.note_alone(channel, position, self.names_of(&[conn]));
                self.note_told_alone(&[conn]);
                text = marked(&text, &mark);
            }
            self.send(now, conn, text, out);
            if let Some(pace) = dialect.pace(channel) {
                self.paces.told_alone(id, conn, now, pace);
            }
        }
    }

    /// Sends the current value of everything a connection holds: what it missed while delivery was paused.
    pub(super) fn send_latest_of_all(&mut self, now: UnixMillis, conn: ConnId, out: &mut Vec<Effect>) {
        let ids = self
            .connections
            .get(conn)
            .into_iter()
            .flat_map(|connection| &connection.subscriptions);
        let held = ids
            .filter_map(|id| self.index.get(*id))
            .map(|held| held.channel.clone());
        for channel in held.collect::<Vec<_>>() {
            if self.heads.position(&channel).is_none() || self.lacks(&channel) {
                self.waiting.owe(conn, channel);
            } else {
                self.send_latest(now, conn, &channel, out);
            }
        }
    }
}
