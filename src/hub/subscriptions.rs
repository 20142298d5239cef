//! What a client asks to hold, or to hold no longer, and what it is told then.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::gap::Messages;
use super::holdings::Held;
use super::rooms::Room;
use super::waiting::{RETRY_S, Request, Round, Wants, place};
use super::{CloseReason, ConnId, Effect, Hub};
use crate::model::{Channel, Event, Position, UnixMillis};
use crate::protocol::{Again, Place, Refusal, Reply, Since, Tag};

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
    /// Its client has come back.
    is_return: bool,
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
        let mut tag = request.tag;
        let is_return = request.is_return;
        if is_return
            && let Some(connection) = self.connections.get_mut(conn)
            && let Some(recoverable) = connection.recoverable.as_deref_mut()
        {
            recoverable.returned = None;
        }
        match (self.may_speak(conn, request.wants.verb()), request.wants) {
            // It has been told that it has come back, and would hold nothing: it begins anew.
            (Err(_), _) if is_return => self.close(now, conn, CloseReason::Restart, out),
            // The token has expired while it waited.
            (Err(refusal), _) => self.refuse(now, conn, &refusal, &mut tag, out),
            (Ok(()), Wants::Subscribe { names, recover, bars }) => {
                let asked = Asked {
                    names,
                    recover,
                    bars,
                    is_return,
                };
                self.subscribe(now, conn, asked, round, &mut tag, out);
            }
            (Ok(()), Wants::Unsubscribe { names, family }) => {
                self.unsubscribe(now, conn, names, family, &mut tag, out);
            }
            (Ok(()), Wants::Latest { names }) => self.tell_latest(now, conn, names, &mut tag, out),
        }
        self.save(conn, out);
    }

    fn subscribe(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        asked: Asked,
        mut round: Option<&mut Round>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let (channels, unknown) = self.resolve(conn, asked.names);
        let (channels, forbidden) = self.readable(conn, channels);
        let recover = self.places_on(conn, asked.recover);
        self.leave(conn);
        let mut taken: Vec<Taken> = Vec::new();
        let mut over: Vec<String> = Vec::new();
        // Names that were used, each with its channel.
        let mut used: Vec<(String, Channel)> = Vec::new();
        let mut room = self.room(conn);
        let again = self.connections.get(conn).map(|it| it.dialect.rules().again);
        for (channel, name) in channels {
            match self.hold(conn, channel.clone(), name.clone(), &mut room) {
                Ok(Held {
                    fresh,
                    name: held_as,
                    was,
                }) => {
                    used.extend(was.into_iter().chain([name]).map(|name| (name, channel.clone())));
                    let name = held_as;
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
        let held: Vec<&str> = held.iter().map(String::as_str).collect();
        let places = taken.iter().map(Taken::place);
        let reply = if asked.is_return {
            let places = places.filter(|place| !place.recovered).collect();
            Reply::Missed { held, places }
        } else {
            let places = places.collect();
            let aliases = used.iter().filter_map(|(name, channel)| {
                let held = taken.iter().find(|taken| taken.channel == *channel)?;
                (held.name != *name).then_some((name.as_str(), held.name.as_str()))
            });
            Reply::Subscribed {
                held,
                places,
                aliases: aliases.collect(),
            }
        };
        self.answer(now, conn, &reply, tag, out);
        self.refuse_over(now, conn, over, tag, out);
        self.refuse_forbidden(now, conn, forbidden, tag, out);
        self.refuse_unknown(now, conn, unknown, tag, out);
        for taken in taken {
            self.send_first(now, conn, taken, round.as_deref_mut(), out);
        }
    }

    /// Where the client was, however it spelled the channels; of one that it names twice the first place counts. Each name
    /// is read once: there may be a thousand of them, and as many channels.
    fn places_on(&self, conn: ConnId, recover: Vec<(String, Since)>) -> BTreeMap<Channel, Since> {
        let mut places = BTreeMap::new();
        for (name, since) in recover {
            if let Some(channel) = self.channel(conn, &name) {
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
            Some(round) => round
                .missed(channel, since, head)
                .or_else(|| self.last_of_all(channel, since, head)),
            None => None,
        });
        match missed {
            Some(missed) => First::Missed(missed),
            None if fresh || since.is_some() => First::Latest,
            None => First::Nothing,
        }
    }

    /// The channel's current value, if that is all that a client has missed, however old it is.
    fn last_of_all(&self, channel: &Channel, since: &Since, head: Position) -> Option<Messages> {
        // The value of a candle's channel may be of an earlier message than its newest.
        let is_newest = channel.has_state() && !matches!(channel, Channel::Candles(..));
        let latest = self.heads.latest(channel).filter(|_| is_newest)?;
        (place(since, head)?.next() == head && latest.0 == head).then(|| vec![latest])
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

    fn unsubscribe(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        names: Vec<String>,
        family: Option<&'static str>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let (channels, unknown) = self.resolve(conn, names);
        self.leave(conn);
        if let Some(family) = family {
            self.drop_channels(conn, |held| held.family() == family);
        }
        for (channel, name) in &channels {
            self.hold_less(conn, channel, name);
        }
        self.join(conn);
        let held = self.held(conn);
        let reply = Reply::Unsubscribed {
            held: held.iter().map(String::as_str).collect(),
            dropped: channels.iter().map(|(_, name)| name.as_str()).collect(),
            family,
        };
        self.answer(now, conn, &reply, tag, out);
        self.refuse_unknown(now, conn, unknown, tag, out);
    }

    /// Tells a client the current values of some channels, whether or not it holds them.
    fn tell_latest(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        mut names: Vec<String>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let mut named = BTreeSet::new();
        names.retain(|name| named.insert(name.clone()));
        if !self.heads.are_known() {
            return self.refuse(now, conn, &Refusal::NoValues(RETRY_S), tag, out);
        }
        let (channels, unknown) = self.resolve(conn, names);
        let (channels, forbidden) = self.readable(conn, channels);
        let values: Vec<(String, Rc<Event>)> = channels
            .into_iter()
            .filter_map(|(channel, name)| Some((name, self.heads.latest(&channel)?.1)))
            .collect();
        let values = values.iter().map(|(name, event)| (name.as_str(), &**event));
        let reply = Reply::Latest {
            values: values.collect(),
        };
        self.answer(now, conn, &reply, tag, out);
        self.refuse_forbidden(now, conn, forbidden, tag, out);
        self.refuse_unknown(now, conn, unknown, tag, out);
    }

    fn refuse_over(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        over: Vec<String>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let limit = self.limits.max_channels;
        let refused = over.len();
        if let Some(first) = over.into_iter().next() {
            let refusal = Refusal::TooManyChannels {
                limit,
                refused,
                first,
            };
            self.refuse(now, conn, &refusal, tag, out);
        }
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
