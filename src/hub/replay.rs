use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::index::SubId;
use super::marks::Names;
use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Event, Position, Selection, UnixMillis};
use crate::protocol::{Dialect, marked};

/// What clients who came back in one round have missed: a message is written once for all who call its channel alike,
/// however many they are.
#[derive(Debug, Default)]
pub(super) struct Replay {
    lines: BTreeMap<(Channel, Dialect, String), Line>,
    /// Everybody who is to get something.
    receivers: BTreeSet<ConnId>,
}

/// One channel's messages under one name.
#[derive(Debug, Default)]
struct Line {
    /// What those have missed who missed most, oldest first; what others missed is the end of it.
    missed: Vec<(Position, Rc<Event>)>,
    /// From which offset on each of them gets it.
    receivers: Vec<(u64, ConnId)>,
}

impl Replay {
    /// Whether something waits for that connection, which must come before what it is answered next.
    pub fn owes(&self, conn: ConnId) -> bool {
        self.receivers.contains(&conn)
    }
}

impl Line {
    /// Who lacks the message of that offset.
    fn missing(&self, offset: u64) -> Rc<[ConnId]> {
        let missing = self.receivers.iter().filter(|(first, _)| *first <= offset);
        missing.map(|(_, conn)| *conn).collect()
    }
}

impl Hub {
    /// Notes what a connection has missed of a channel, without a gap up to its newest message.
    pub(super) fn owe_missed(
        &self,
        conn: ConnId,
        channel: Channel,
        missed: Vec<(Position, Rc<Event>)>,
        replay: &mut Replay,
    ) {
        let Some((first, _)) = missed.first() else {
            return;
        };
        let Some((dialect, name)) = self.called(conn, &channel) else {
            return;
        };
        let line = replay.lines.entry((channel, dialect, name)).or_default();
        line.receivers.push((first.offset, conn));
        replay.receivers.insert(conn);
        if missed.len() > line.missed.len() {
            line.missed = missed;
        }
    }

    /// Sends it.
    pub(super) fn send_missed(&mut self, now: UnixMillis, replay: Replay, out: &mut Vec<Effect>) {
        for conn in replay.receivers {
            if let Some(connection) = self.connections.get_mut(conn) {
                connection.last_out = now;
            }
        }
        for ((channel, dialect, name), line) in replay.lines {
            let wanted = Selection::filter_of(&name, channel.family());
            let mut to: Rc<[ConnId]> = Rc::default();
            let mut names = Names::default();
            for (position, event) in &line.missed {
                if line.receivers.iter().any(|(first, _)| *first == position.offset) {
                    to = line.missing(position.offset);
                    if dialect.is_marked() {
                        names = self.names_of(&to);
                    }
                }
                let body = dialect.event(event, now).filter(|_| wanted.passes(event));
                let Some(body) = body else { continue };
                let mut text = body.frame(&name, *position);
                if dialect.is_marked() {
                    // It says nothing of where all others are, who had been told.
                    let mark = self.marks.note_alone(&channel, *position, Rc::clone(&names));
                    text = marked(&text, &mark);
                }
                self.stats.sent(to.len(), text.len());
                let to = Rc::clone(&to);
                out.push(Effect::Broadcast { to, text });
            }
            if dialect.is_marked() {
                self.note_told_alone(&to);
            }
        }
    }

    /// What a connection that is served calls a channel that it holds, and in which dialect.
    pub(super) fn called(&self, conn: ConnId, channel: &Channel) -> Option<(Dialect, String)> {
        let (dialect, _, name) = self.held_as(conn, channel)?;
        Some((dialect, name))
    }

    /// The same, and by which subscription it holds it.
    pub(super) fn held_as(&self, conn: ConnId, channel: &Channel) -> Option<(Dialect, SubId, String)> {
        let connection = self.connections.get(conn).filter(|it| it.seat.is_some())?;
        let held = connection.subscriptions.iter();
        let mut held = held.filter_map(|id| Some((*id, self.index.get(*id)?)));
        let (id, held) = held.find(|(_, held)| held.channel == *channel)?;
        Some((connection.dialect, id, held.name()))
    }
}
