//! The candles that charts begin with: those of a room are read once from where they are kept, and from then on kept up
//! with what is published. Who subscribes meanwhile waits, and what is published meanwhile is part of the answer. Nothing is
//! read before it is known where channels stand: what is published between would be in neither.

mod charts;
mod past;

use std::collections::BTreeMap;

use past::Past;

use super::waiting::{Request, Wants};
use super::{ConnId, Effect, Hub};
use crate::model::{Candle, CandleUpdate, Channel, Event, Interval, Pair, UnixMillis};
use crate::protocol::{Refusal, Reply};

/// Rooms remembered: those of nine pairs, some 8 MB. Beyond that the one is forgotten that was read first, of those that nobody
/// waits for.
const MAX_ROOMS: usize = 63;

/// Candles of one pair and length.
pub(super) type Room = (Pair, Interval);

/// What a shard can tell charts of the past.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: BTreeMap<Room, Past>,
    /// Subscriptions that wait for it, and what their clients asked for after them.
    requests: Vec<Request>,
}

impl Rooms {
    /// A candle was published.
    pub fn keep(&mut self, event: &Event) {
        let Some(update) = event.candle().filter(|_| !self.rooms.is_empty()) else {
            return;
        };
        if let Some(past) = self.rooms.get_mut(&(update.pair.clone(), update.interval)) {
            past.candles.insert(update.candle.open_at, update.clone());
            past.trim();
        }
    }

    /// Something that was published did not come: what is remembered has gaps.
    pub fn clear(&mut self) {
        self.rooms.retain(|_, past| past.asked.is_some());
        for past in self.rooms.values_mut() {
            past.depth = None;
            past.spoilt = true;
            past.candles.clear();
        }
    }

    /// Whether a request of that connection waits: what it asks for next waits behind it.
    pub fn holds(&self, conn: ConnId) -> bool {
        self.requests.iter().any(|request| request.conn == conn)
    }

    /// Whether anybody waits.
    pub fn are_awaited(&self) -> bool {
        !self.requests.is_empty()
    }

    /// A connection is gone; its id may be another's soon. Gives what nobody waits for any more.
    pub fn forget(&mut self, conn: ConnId) -> Vec<Request> {
        let requests = std::mem::take(&mut self.requests);
        let (of_it, of_others) = requests.into_iter().partition(|request| request.conn == conn);
        self.requests = of_others;
        of_it
    }

    /// Makes room for one more.
    fn make_room(&mut self) {
        if self.rooms.len() < MAX_ROOMS {
            return;
        }
        let idle = self.rooms.iter().filter(|(_, past)| past.asked.is_none());
        let idle = idle.min_by_key(|(_, past)| past.read_at);
        if let Some(room) = idle.map(|(room, _)| room.clone()) {
            self.rooms.remove(&room);
        }
    }
}

impl Hub {
    /// Lets a request wait whose chart's past is not known, or whose client has one that waits; gives it back otherwise.
    pub(super) fn wait_for_past(
        &mut self,
        now: UnixMillis,
        request: Request,
        out: &mut Vec<Effect>,
    ) -> Option<Request> {
        let unknown = self.unknown_past(now, &request);
        if unknown.is_none() && !self.rooms.holds(request.conn) {
            return Some(request);
        }
        self.rooms.requests.push(request);
        match unknown {
            Some((room, bars)) if self.heads.are_known() || self.link.has_failed() => {
                self.read_past(room, bars, out);
            }
            _ => self.attach_again(out),
        }
        None
    }

    /// Asks for all pasts that somebody waits for.
    pub(super) fn read_pasts(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let wanted = self.rooms.requests.iter();
        let wanted: Vec<(Room, u16)> = wanted
            .filter_map(|request| self.unknown_past(now, request))
            .collect();
        for (room, bars) in wanted {
            self.read_past(room, bars, out);
        }
    }

    /// The past that a request cannot be answered without.
    fn unknown_past(&self, now: UnixMillis, request: &Request) -> Option<(Room, u16)> {
        let Wants::Subscribe { names, bars, .. } = &request.wants else {
            return None;
        };
        if request.is_without_past {
            return None;
        }
        let bars = bars.filter(|bars| *bars > 0)?;
        let Ok(Channel::Candles(pair, interval)) = Channel::parse(names.first()?, &self.catalog) else {
            return None;
        };
        let room = (pair, interval);
        let known = self.rooms.rooms.get(&room);
        (!known.is_some_and(|past| past.serves(bars, now))).then_some((room, bars))
    }

    fn read_past(&mut self, room: Room, bars: u16, out: &mut Vec<Effect>) {
        if !self.rooms.rooms.contains_key(&room) {
            self.rooms.make_room();
        }
        let past = self.rooms.rooms.entry(room.clone()).or_default();
        if past.asked.is_some() {
            // Who needs more than that asks again when it has come.
            return;
        }
        past.asked = Some(bars);
        let (pair, interval) = room;
        out.push(Effect::ReadCandles { pair, interval, bars });
    }

    /// What was kept of a room, oldest first, or `None` if it cannot be read.
    pub(super) fn past_read(
        &mut self,
        now: UnixMillis,
        room: Room,
        read: Option<Vec<CandleUpdate>>,
        out: &mut Vec<Effect>,
    ) {
        let failed = read.is_none();
        if let Some(past) = self.rooms.rooms.get_mut(&room) {
            let asked = past.asked.take();
            if std::mem::take(&mut past.spoilt) {
                return self.read_past(room, asked.unwrap_or_default(), out);
            }
            match read {
                Some(read) => {
                    past.learn(read);
                    past.depth = past.depth.max(asked);
                    past.read_at = now;
                }
                // Who waits for it is told; the next one asks again.
                None if past.depth.is_none() => {
                    self.rooms.rooms.remove(&room);
                }
                None => {}
            }
        }
        for mut request in std::mem::take(&mut self.rooms.requests) {
            let unknown = self.unknown_past(now, &request);
            request.is_without_past = failed && unknown.is_some_and(|(unknown, _)| unknown == room);
            if let Some(request) = self.wait_for_past(now, request, out) {
                self.take_in_turn(now, request, out);
            }
        }
    }

    /// Sends a chart what it begins with.
    pub(super) fn send_candles(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        (pair, interval): Room,
        bars: u16,
        out: &mut Vec<Effect>,
    ) {
        let Some(dialect) = self.connections.get(conn).map(|connection| connection.dialect) else {
            return;
        };
        let room = (pair, interval);
        let past = self.rooms.rooms.get(&room).filter(|past| past.depth.is_some());
        if past.is_none() && bars > 0 {
            return self.refuse(now, conn, &Refusal::NoHistory, &mut None, out);
        }
        // What was read may be ahead of what was published: that comes as an update.
        let channel = Channel::Candles(room.0.clone(), interval);
        let latest = self.heads.latest(&channel);
        let latest = latest.as_ref().and_then(|(_, event)| event.candle());
        let settled = past.into_iter().flat_map(|past| past.candles.values());
        let settled = settled.map(|update| &update.candle);
        let settled =
            settled.filter(|candle| latest.is_none_or(|latest| candle.open_at < latest.candle.open_at));
        let mut candles: Vec<&Candle> = settled.chain(latest.map(|latest| &latest.candle)).collect();
        let newest = candles.last().map(|candle| candle.open_at);
        let beyond = candles.len().saturating_sub(usize::from(bars));
        candles.drain(..beyond);
        let first = Reply::Candles {
            pair: &room.0,
            interval,
            candles,
        };
        if let Some(answer) = dialect.reply(&first, None, now) {
            self.send(now, conn, answer.text, out);
        }
        if let Some(newest) = newest {
            self.paces.have_candle(&channel, newest);
        }
    }
}
