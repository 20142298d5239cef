//! What a connection holds, and what it is told when that changes.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::index::{SubId, Subscription};
use super::rooms::Room;
use super::waiting::{Request, Round, Wants, place};
use super::{ConnId, Effect, Hub, MAX_ATTACHMENT};
use crate::model::{Channel, Event, Position, UnixMillis};
use crate::protocol::{Again, Place, Refusal, Reply, Since};

/// Bad channels of one message that are named one by one; the rest is counted.
pub(super) const NAMED_REFUSALS: usize = 10;

/// What an attachment needs besides its subscriptions, at most: a subject of 128 bytes and a handful of numbers.
const ATTACHMENT_BASE: usize = 256;

/// A channel that was subscribed to, and what its subscriber gets first.
struct Taken {
    channel: Channel,
    name: String,
    /// `None` while the broker has not told.
    position: Option<Position>,
    first: First,
}

enum First {
    /// It holds the channel already.
    Nothing,
    /// The channel's value.
    Latest,
    /// Exactly what it missed, oldest first.
    Missed(Vec<(Position, Rc<Event>)>),
    /// So many candles.
    Past(Room, u16),
}

/// What a client wants to hold from now on.
struct Asked {
    names: Vec<String>,
    recover: Vec<(String, Since)>,
    bars: Option<u16>,
}

impl Hub {
    /// Changes what a connection holds, and answers. `round` is what the broker said of who comes back.
    pub(super) fn carry_out(
        &mut self,
        now: UnixMillis,
        request: Request,
        round: Option<&mut Round>,
        out: &mut Vec<Effect>,
    ) {
        // What it waited for may be gone again.
        let Some(request) = self.wait_for_past(now, request, out) else {
            return;
        };
        let conn = request.conn;
        self.waiting.load.release(&request);
        match (self.may_speak(conn, request.wants.verb()), request.wants) {
            // The token has expired while it waited.
            (Err(refusal), _) => self.refuse(now, conn, &refusal, out),
            (Ok(()), Wants::Subscribe { names, recover, bars }) => {
                let asked = Asked { names, recover, bars };
                self.subscribe(now, conn, asked, round, out);
            }
            (Ok(()), Wants::Unsubscribe { names }) => self.unsubscribe(now, conn, names, out),
        }
        self.save(conn, out);
    }

    fn subscribe(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        asked: Asked,
        mut round: Option<&mut Round>,
        out: &mut Vec<Effect>,
    ) {
        let (channels, unknown) = self.resolve(asked.names);
        let (channels, forbidden) = self.readable(conn, channels);
        let recover = self.places_on(asked.recover);
        self.leave(conn);
        let mut taken: Vec<Taken> = Vec::new();
        let mut over: Vec<String> = Vec::new();
        let mut room = self.room(conn);
        let again = self.connections.get(conn).map(|it| it.dialect.rules().again);
        for (channel, name) in channels {
            match self.hold(conn, channel.clone(), name, &mut room) {
                Ok(Held { fresh, name }) => {
                    // What is kept of a channel that it holds by now it has had.
                    let since = recover.get(&channel);
                    let since = since.filter(|since| fresh || **since != Since::Kept);
                    let is_due = fresh || again == Some(Again::First);
                    let first = match (&channel, asked.bars) {
                        (Channel::Candles(pair, interval), Some(bars)) => {
                            First::Past((pair.clone(), *interval), bars)
                        }
                        _ => self.first(&channel, since, is_due, round.as_deref()),
                    };
                    if let Some(known) = taken.iter_mut().find(|known| known.channel == channel) {
                        // Named twice, it is told of once.
                        known.name = name;
                        continue;
                    }
                    taken.push(Taken {
                        position: self.heads.position(&channel),
                        channel,
                        name,
                        first,
                    });
                }
                Err(name) => over.push(name),
            }
        }
        self.join(conn);
        let held = self.held(conn);
        let reply = Reply::Subscribed {
            held: held.iter().map(String::as_str).collect(),
            places: taken.iter().map(Taken::place).collect(),
        };
        self.answer(now, conn, &reply, out);
        self.refuse_over(now, conn, over, out);
        self.refuse_forbidden(now, conn, forbidden, out);
        self.refuse_unknown(now, conn, unknown, out);
        for taken in taken {
            self.send_first(now, conn, taken, round.as_deref_mut(), out);
        }
    }

    /// Where the client was, however it spelled the channels; of one that it names twice the first place counts. Each name
    /// is read once: there may be a thousand of them, and as many channels.
    fn places_on(&self, recover: Vec<(String, Since)>) -> BTreeMap<Channel, Since> {
        let mut places = BTreeMap::new();
        for (name, since) in recover {
            if let Ok(channel) = Channel::parse(&name, &self.catalog) {
                places.entry(channel).or_insert(since);
            }
        }
        places
    }

    /// What a subscriber gets first, who has been at `since` and for whom the channel is `fresh` or not.
    fn first(&self, channel: &Channel, since: Option<&Since>, fresh: bool, round: Option<&Round>) -> First {
        let head = self.heads.position(channel);
        let missed = since.zip(head).and_then(|(since, head)| match round {
            _ if place(since, head) == Some(head) => Some(Vec::new()),
            Some(round) => round.missed(channel, since, head),
            None => None,
        });
        match missed {
            Some(missed) => First::Missed(missed),
            None if fresh || since.is_some() => First::Latest,
            None => First::Nothing,
        }
    }

    fn send_first(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        taken: Taken,
        round: Option<&mut Round>,
        out: &mut Vec<Effect>,
    ) {
        let channel = taken.channel;
        match (taken.first, round) {
            (First::Missed(missed), Some(round)) => {
                self.owe_missed(conn, channel, missed, &mut round.replay);
            }
            (First::Past(room, bars), _) => self.send_candles(now, conn, room, bars, out),
            (First::Latest, _) if taken.position.is_none() => self.waiting.owe(conn, channel),
            (First::Latest, _) => self.send_latest(now, conn, &channel, out),
            // Without a round nobody has missed anything.
            (First::Missed(_), None) | (First::Nothing, _) => {}
        }
    }

    fn unsubscribe(&mut self, now: UnixMillis, conn: ConnId, names: Vec<String>, out: &mut Vec<Effect>) {
        let (channels, unknown) = self.resolve(names);
        self.leave(conn);
        for (channel, _) in channels {
            self.drop_channels(conn, |held| *held == channel);
        }
        self.join(conn);
        let held = self.held(conn);
        let held = held.iter().map(String::as_str).collect();
        self.answer(now, conn, &Reply::Unsubscribed { held }, out);
        self.refuse_unknown(now, conn, unknown, out);
    }

    fn refuse_over(&mut self, now: UnixMillis, conn: ConnId, over: Vec<String>, out: &mut Vec<Effect>) {
        let limit = self.limits.max_channels;
        let refused = over.len();
        if let Some(first) = over.into_iter().next() {
            let refusal = Refusal::TooManyChannels {
                limit,
                refused,
                first,
            };
            self.refuse(now, conn, &refusal, out);
        }
    }

    /// The channels among `names`, each with the client's spelling, and the names that mean nothing.
    fn resolve(&self, names: Vec<String>) -> (Vec<(Channel, String)>, Vec<String>) {
        let mut channels = Vec::new();
        let mut unknown = Vec::new();
        for name in names {
            match Channel::parse(&name, &self.catalog) {
                Ok(channel) => channels.push((channel, name)),
                Err(error) => unknown.push(error.name),
            }
        }
        (channels, unknown)
    }

    fn refuse_unknown(&mut self, now: UnixMillis, conn: ConnId, names: Vec<String>, out: &mut Vec<Effect>) {
        let unnamed = names.len().saturating_sub(NAMED_REFUSALS);
        for name in names.into_iter().take(NAMED_REFUSALS) {
            let dialect = self.connections.get(conn).map(|connection| connection.dialect);
            if let Some(dialect) = dialect {
                let refusal = dialect.unknown_channel(name, &self.catalog);
                self.refuse(now, conn, &refusal, out);
            }
        }
        if unnamed > 0 {
            self.refuse(now, conn, &Refusal::MoreUnknownChannels(unnamed), out);
        }
    }

    /// What the connection's attachment has left for more channels, in bytes.
    fn room(&self, conn: ConnId) -> usize {
        let held = self.connections.get(conn);
        let held = held.into_iter().flat_map(|connection| &connection.subscriptions);
        let held = held.filter_map(|id| self.index.get(*id));
        let size: usize = held.map(Subscription::max_size).sum();
        MAX_ATTACHMENT.saturating_sub(ATTACHMENT_BASE + size)
    }

    /// Adds a channel to what the connection holds, or gives it the newer spelling, if that fits.
    ///
    /// # Errors
    /// The name: the connection holds as much as it may, or as its attachment takes.
    fn hold(
        &mut self,
        conn: ConnId,
        channel: Channel,
        name: String,
        room: &mut usize,
    ) -> Result<Held, String> {
        let Some(connection) = self.connections.get_mut(conn) else {
            return Ok(Held { fresh: false, name });
        };
        let index = &mut self.index;
        let known = connection.subscriptions.iter_mut().find_map(|slot| {
            let held = index.get(*slot).filter(|held| held.channel == channel)?;
            Some((held.name(), held.max_size(), slot))
        });
        let subscription = Subscription::new(channel, &name);
        let size = subscription.max_size();
        if let Some((known_as, freed, slot)) = known {
            let fresh = false;
            if size > *room + freed {
                return Ok(Held {
                    fresh,
                    name: known_as,
                });
            }
            *room = *room + freed - size;
            let id = index.hold(subscription);
            index.release(std::mem::replace(slot, id));
            return Ok(Held { fresh, name });
        }
        if connection.subscriptions.len() >= self.limits.max_channels || size > *room {
            return Err(name);
        }
        *room -= size;
        connection.subscriptions.push(index.hold(subscription));
        Ok(Held { fresh: true, name })
    }

    /// Takes from a connection what it holds of these channels.
    pub(super) fn drop_channels(&mut self, conn: ConnId, drops: impl Fn(&Channel) -> bool) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let index = &self.index;
        let held = |id: &_| index.get(*id).is_some_and(|held| drops(&held.channel));
        let (dropped, kept) = connection.subscriptions.iter().partition(|id| held(*id));
        connection.subscriptions = kept;
        let dropped: Vec<SubId> = dropped;
        for id in dropped {
            self.index.release(id);
        }
    }

    /// What the connection holds, as the client spelled it, oldest first.
    pub(super) fn held(&self, conn: ConnId) -> Vec<String> {
        let ids = self
            .connections
            .get(conn)
            .into_iter()
            .flat_map(|connection| &connection.subscriptions);
        ids.filter_map(|id| self.index.get(*id))
            .map(Subscription::name)
            .collect()
    }
}

impl Taken {
    fn place(&self) -> Place<'_> {
        Place {
            name: &self.name,
            position: self.position,
            recovered: matches!(self.first, First::Missed(_)),
        }
    }
}

/// A channel that a connection holds now.
struct Held {
    /// It did not before.
    fresh: bool,
    /// As its messages are called: as the client spelled it last, or before if its attachment has no room for that.
    name: String,
}
