//! Clients of Socket.IO that are away for a moment, and come back to what they held.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use uuid::Uuid;

use super::connection::Connection;
use super::marks::{Names, Shown};
use super::{ConnId, Hub};
use crate::auth::Claims;
use crate::model::{Channel, Position, UnixMillis};
use crate::protocol::Since;

/// So long a client may be away, milliseconds.
const AWAY: u64 = 120_000;

/// Clients that may be away at once, and what they held together; beyond that the one is forgotten that left first.
const REMEMBERED: usize = 5_000;
const HELD: usize = 100_000;

/// A connection that may be broken off and come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recoverable {
    /// By this name, which only its client knows.
    pub pid: Uuid,
    /// The last mark of the shard when it subscribed to a channel, of those that it has subscribed to in this life.
    pub since: BTreeMap<Channel, u64>,
    /// What was last told to it alone has no later mark.
    pub told_alone: u64,
    /// The mark of the last word that something cannot be shown, or 0.
    pub hole_at: u64,
    /// It has come back to this, and has not got yet what it has missed. Nothing of it is written down until then: after a crash
    /// its client begins anew.
    pub returned: Option<Returned>,
}

impl Recoverable {
    /// One that holds nothing yet, though it may have come back to something.
    pub fn boxed(pid: Uuid, returned: Option<Returned>) -> Box<Self> {
        Box::new(Self {
            pid,
            since: BTreeMap::new(),
            told_alone: 0,
            hole_at: 0,
            returned,
        })
    }
}

/// What a client that came back gets from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Its connection's id, as before.
    pub id: Uuid,
    /// By this name it may come back again.
    pub pid: Uuid,
    /// All that it held, and where it was.
    pub held: Vec<(String, Option<Since>)>,
}

/// Who is away.
#[derive(Debug, Default)]
pub(super) struct Absent {
    clients: BTreeMap<Uuid, Away>,
    /// Who left when, the first first; some have come back.
    left: VecDeque<(UnixMillis, Uuid)>,
    /// What they held, in all.
    held: usize,
}

#[derive(Debug)]
struct Away {
    id: Uuid,
    subject: Option<String>,
    left_at: UnixMillis,
    /// The last mark when it left: what was told since then it was not.
    until: u64,
    told_alone: u64,
    hole_at: u64,
    held: Vec<(String, Place)>,
}

/// Where a client was on a channel that it held.
#[derive(Debug)]
enum Place {
    /// It had come back to this, and had not got what it had missed.
    Still(Option<Since>),
    /// To be told by the last mark that it got.
    ByMark {
        channel: Channel,
        /// Nothing before this mark was for it; `None` if it held the channel in an earlier life of the shard, of which nobody
        /// knows what has arrived.
        since: Option<u64>,
        /// Up to where its followers had been told when the client left.
        head: Option<Position>,
    },
}

impl Absent {
    fn remember(&mut self, pid: Uuid, away: Away) {
        let now = away.left_at;
        while let Some((at, first)) = self.left.front().copied() {
            let is_old = now.since(at) > AWAY;
            let is_crowded = self.clients.len() >= REMEMBERED || self.left.len() >= 4 * REMEMBERED;
            if !is_old && !is_crowded && self.held + away.held.len() <= HELD {
                break;
            }
            self.left.pop_front();
            // It may have come back, and left again.
            if self.clients.get(&first).is_some_and(|away| away.left_at == at) {
                self.take(&first);
            }
        }
        self.left.push_back((now, pid));
        self.take(&pid);
        self.held += away.held.len();
        self.clients.insert(pid, away);
    }

    fn take(&mut self, pid: &Uuid) -> Option<Away> {
        let away = self.clients.remove(pid)?;
        self.held -= away.held.len();
        Some(away)
    }
}

impl Hub {
    /// Remembers a client whose connection broke, if it may come back.
    pub(super) fn note_away(&mut self, now: UnixMillis, conn: ConnId) {
        let Some(connection) = self.connections.get(conn) else {
            return;
        };
        let Some(recoverable) = connection
            .recoverable
            .as_deref()
            .filter(|_| connection.is_served(&self.limits))
        else {
            return;
        };
        if self.waiting.holds_of_its_own(conn) {
            // What it asked for and was not answered would be forgotten, though it is told that it has come back.
            return;
        }
        let held = match &recoverable.returned {
            Some(returned) => {
                let held = returned.held.iter().cloned();
                held.map(|(name, place)| (name, Place::Still(place))).collect()
            }
            // Nobody could say later where it was.
            None if !self.heads.are_known() => return,
            None => self.held_by(connection, recoverable),
        };
        let away = Away {
            id: connection.id,
            subject: connection
                .identity
                .as_deref()
                .map(|claims| claims.subject.clone()),
            left_at: now,
            until: self.marks.last(),
            told_alone: recoverable.told_alone,
            hole_at: recoverable.hole_at,
            held,
        };
        self.absent.remember(recoverable.pid, away);
    }

    fn held_by(&self, connection: &Connection, recoverable: &Recoverable) -> Vec<(String, Place)> {
        let held = connection.subscriptions.iter();
        let held = held.filter_map(|id| self.index.get(*id));
        let held = held.map(|held| {
            let place = Place::ByMark {
                channel: held.channel.clone(),
                since: recoverable.since.get(&held.channel).copied(),
                head: self.told_up_to(&held.channel),
            };
            (held.name(), place)
        });
        held.collect()
    }

    /// What a client comes back to that was told to come back by the name `pid`, and got that mark last, if any; `None` if it has to
    /// begin anew. It comes back once.
    pub(super) fn take_back(
        &mut self,
        now: UnixMillis,
        pid: &str,
        mark: Option<&str>,
        claims: Option<&Claims>,
    ) -> Option<Returned> {
        let pid = Uuid::try_parse(pid).ok()?;
        let away = self.absent.clients.get(&pid)?;
        let is_it = away.subject.as_deref() == claims.map(|claims| claims.subject.as_str());
        if !is_it || now.since(away.left_at) > AWAY {
            return None;
        }
        let mark = match mark.map(|mark| self.marks.read(mark)) {
            Some(None) => return None,
            Some(Some(Shown::Ours(mark))) => Some(mark),
            // The stock client shows the last one that it ever got. Of this connection it has got none.
            None | Some(Some(Shown::Foreign)) => None,
        };
        if away.hole_at > mark.unwrap_or(0) {
            return None;
        }
        let held = away.held.iter().map(|(name, place)| {
            let place = match place {
                Place::Still(place) => place.clone(),
                Place::ByMark { channel, since, head } => {
                    let after = mark.max(*since)?;
                    if !self.marks.remember(after, away.told_alone) {
                        return None;
                    }
                    let told = self.marks.place_at((after, away.until), channel, pid);
                    told.or(*head).map(since_then)
                }
            };
            Some((name.clone(), place))
        });
        let held = held.collect::<Option<_>>()?;
        let away = self.absent.take(&pid)?;
        Some(Returned {
            id: away.id,
            pid,
            held,
        })
    }

    /// A client is back, by that name, before anybody noticed that its connection broke, if it is the same: that one is over.
    pub(super) fn notice_break(
        &mut self,
        now: UnixMillis,
        pid: &str,
        claims: Option<&Claims>,
    ) -> Option<ConnId> {
        let pid = Uuid::try_parse(pid).ok()?;
        let is_it = |it: &Connection| {
            let recoverable = it.recoverable.as_deref();
            let subject = it.identity.as_deref().map(|claims| &claims.subject);
            recoverable.is_some_and(|it| it.pid == pid) && subject == claims.map(|claims| &claims.subject)
        };
        let found = self.connections.iter().find(|(_, connection)| is_it(connection));
        let (conn, _) = found?;
        self.note_away(now, conn);
        self.forget(now, conn);
        Some(conn)
    }

    /// The names of those connections that have one.
    pub(super) fn names_of(&self, conns: &[ConnId]) -> Names {
        let found = conns.iter().filter_map(|conn| self.connections.get(*conn));
        let names = found.filter_map(|it| Some(it.recoverable.as_deref()?.pid));
        names.collect::<BTreeSet<Uuid>>().into_iter().collect()
    }

    /// Notes that these have been told something alone.
    pub(super) fn note_told_alone(&mut self, conns: &[ConnId]) {
        let last = self.marks.last();
        for &conn in conns {
            let connection = self.connections.get_mut(conn);
            if let Some(recoverable) = connection.and_then(|it| it.recoverable.as_deref_mut()) {
                recoverable.told_alone = last;
            }
        }
    }

    /// A client is about to be told that something cannot be shown: until it shows a later mark nobody knows whether it was.
    pub(super) fn note_hole(&mut self, conn: ConnId) {
        let connection = self.connections.get_mut(conn);
        if let Some(recoverable) = connection.and_then(|it| it.recoverable.as_deref_mut()) {
            recoverable.hole_at = self.marks.take();
        }
    }
}

fn since_then(position: Position) -> Since {
    Since::Place {
        epoch: position.epoch.to_string(),
        offset: position.offset,
    }
}
