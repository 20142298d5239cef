use super::connection::Connection;
use super::{CloseReason, ConnId, Effect, Hub};
use crate::model::{Alarm, UnixMillis};
use crate::protocol::{Entry, Heartbeat, Refusal};

/// Later than any alarm.
const NEVER: UnixMillis = UnixMillis::new(u64::MAX);

/// What is due, and the alarm that rings for it.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// No deadline of any connection is earlier.
    earliest: Option<UnixMillis>,
    alarm: Alarm,
    /// When it was last looked who sends heartbeats, or when this life began ...
    looked_at: UnixMillis,
    /// ... for what an earlier life saw it may not have written down.
    has_looked: bool,
}

impl Deadlines {
    /// Nothing is due.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            earliest: None,
            alarm: Alarm::default(),
            looked_at: now,
            has_looked: false,
        }
    }

    /// Something is due at `at`.
    pub fn want(&mut self, at: UnixMillis) {
        self.earliest = self.earliest.map_or(at, |earliest| earliest.min(at)).into();
    }

    /// Nothing is due before.
    pub fn earliest(&self) -> Option<UnixMillis> {
        self.earliest
    }

    /// What the alarm is to be armed for, if for another time.
    pub fn arm(&mut self, now: UnixMillis) -> Option<UnixMillis> {
        self.alarm.arm(now, self.earliest)
    }

    /// What the alarm was found to be.
    pub fn found(&mut self, alarm: Alarm) {
        self.alarm = alarm;
    }

    /// Whether something is due that the alarm has not come for.
    pub fn overdue(&self, now: UnixMillis) -> bool {
        self.earliest.is_some_and(|earliest| earliest <= now)
    }

    fn rang(&mut self) {
        self.earliest = None;
        self.alarm.rang();
    }
}

/// What is due for a connection, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: UnixMillis,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    AuthTimeout,
    Expiry,
    GraceOver,
    /// Its heartbeats have ended.
    Heartbeat,
    Idle,
}

impl Hub {
    /// Sees to it that the alarm rings for a connection.
    pub(super) fn arm(&mut self, conn: ConnId) {
        if let Some(at) = self.connections.get(conn).map(|it| self.rings_at(it)) {
            self.deadlines.want(at);
        }
    }

    /// When the alarm is to ring for a connection: something is due, or it may have begun to send heartbeats.
    fn rings_at(&self, connection: &Connection) -> UnixMillis {
        let due = self.due(connection).at;
        if may_begin(connection) {
            let from = self.deadlines.looked_at.max(connection.opened_at);
            due.min(from.plus(self.patience()))
        } else {
            due
        }
    }

    /// Two heartbeats and half a one, milliseconds.
    fn patience(&self) -> u64 {
        self.limits.heartbeat_interval * 5 / 2
    }

    fn due(&self, connection: &Connection) -> Due {
        let last_out = self.last_out(connection);
        let slack = if last_out > connection.last_out {
            0
        } else {
            connection.slack
        };
        let active = connection.last_in.max(last_out.plus(slack));
        let rules = connection.dialect.rules();
        let stays = rules.listeners_stay && !connection.subscriptions.is_empty();
        let idle = Due {
            at: match rules.heartbeat {
                Heartbeat::Welcome | Heartbeat::OfTransport if !stays => {
                    active.plus(self.limits.idle_timeout)
                }
                Heartbeat::Welcome | Heartbeat::OfTransport | Heartbeat::Needed(_) => NEVER,
            },
            what: What::Idle,
        };
        let other = match connection.identity.as_deref() {
            Some(claims) => match connection.paused_at {
                Some(told_at) => Due {
                    at: told_at.plus(self.limits.expiry_grace),
                    what: What::GraceOver,
                },
                None => Due {
                    at: claims.expires_at,
                    what: What::Expiry,
                },
            },
            None if connection.is_open(&self.limits) => idle,
            None => Due {
                at: connection.opened_at.plus(self.limits.auth_timeout),
                what: What::AuthTimeout,
            },
        };
        let due = idle.min(other);
        match self.heartbeat_due(connection) {
            Some(at) => due.min(Due {
                at,
                what: What::Heartbeat,
            }),
            None => due,
        }
    }

    /// When a connection has missed two heartbeats, if it sends any.
    fn heartbeat_due(&self, connection: &Connection) -> Option<UnixMillis> {
        if let Heartbeat::Needed(within) = connection.dialect.rules().heartbeat {
            return Some(connection.last_in.plus(within));
        }
        if !connection.pings {
            return None;
        }
        // Rounded up, so that thousands of connections are looked at together.
        let at = connection.last_in.plus(self.patience()).get();
        let together = (self.limits.heartbeat_interval / 6).max(1);
        Some(UnixMillis::new(at.next_multiple_of(together)))
    }

    /// Does all that is due, and arms the alarm for what is due next.
    pub(super) fn alarm(
        &mut self,
        now: UnixMillis,
        last_heard: &dyn Fn(ConnId) -> Option<UnixMillis>,
        out: &mut Vec<Effect>,
    ) {
        self.deadlines.rang();
        self.look_for_heartbeats(now, last_heard);
        let due: Vec<ConnId> = self
            .connections
            .iter()
            .filter(|(_, it)| self.due(it).at <= now)
            .map(|(id, _)| id)
            .collect();
        for conn in due {
            self.settle(now, conn, last_heard, out);
        }
        let next = self.connections.iter().map(|(_, it)| self.rings_at(it)).min();
        if let Some(next) = next {
            self.deadlines.want(next);
        }
        self.attach_if_due(now, out);
    }

    /// Looks who sends heartbeats, and when the last one came: who has begun since is seen in time, for nobody is closed any
    /// sooner after the last one than it is looked again. Of all connections together, if one of them is due: if each was
    /// looked at by itself, the alarm would ring all the time, and arming it is billed.
    fn look_for_heartbeats(&mut self, now: UnixMillis, last_heard: &dyn Fn(ConnId) -> Option<UnixMillis>) {
        let is_time = !self.deadlines.has_looked || now.since(self.deadlines.looked_at) >= self.patience();
        let is_due = |it: &Connection| it.pings && self.heartbeat_due(it).is_some_and(|at| at <= now);
        if !is_time && !self.connections.iter().any(|(_, it)| is_due(it)) {
            return;
        }
        self.deadlines.has_looked = true;
        self.deadlines.looked_at = now;
        for (conn, connection) in self.connections.iter_mut() {
            if connection.dialect.rules().heartbeat == Heartbeat::Welcome {
                connection.note_heard(last_heard(conn));
            }
        }
    }

    fn settle(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        last_heard: &dyn Fn(ConnId) -> Option<UnixMillis>,
        out: &mut Vec<Effect>,
    ) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        // The runtime answers pings without waking the hub, so what it heard is asked for only now.
        connection.note_heard(last_heard(conn));
        let Some(due) = self.connections.get(conn).map(|connection| self.due(connection)) else {
            return;
        };
        if due.at > now {
            return;
        }
        match due.what {
            What::Heartbeat => self.close(now, conn, CloseReason::HeartbeatMissed, out),
            What::Idle => self.close(now, conn, CloseReason::Idle, out),
            What::GraceOver => self.close(now, conn, CloseReason::TokenExpired, out),
            What::AuthTimeout => {
                self.refuse(
                    now,
                    conn,
                    &Refusal::AuthTimeout(self.limits.auth_timeout / 1000),
                    &mut None,
                    out,
                );
                self.close(now, conn, CloseReason::AuthTimeout, out);
            }
            What::Expiry => {
                self.expire(now, conn, out);
                self.save(conn, out);
            }
        }
    }

    /// Pauses delivery to every expired token that a late alarm has not seen to.
    pub(super) fn expire_overdue(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        if !self.deadlines.overdue(now) {
            return;
        }
        let conns: Vec<ConnId> = self.connections.iter().map(|(conn, _)| conn).collect();
        for conn in conns {
            if self.expire_if_due(now, conn, out) {
                self.save(conn, out);
            }
        }
    }

    /// Pauses delivery if the token has expired and the alarm is late; whether it did.
    pub(super) fn expire_if_due(&mut self, now: UnixMillis, conn: ConnId, out: &mut Vec<Effect>) -> bool {
        let Some(connection) = self.connections.get(conn) else {
            return false;
        };
        let expired = connection
            .identity
            .as_deref()
            .is_some_and(|claims| claims.expires_at <= now);
        if expired && connection.paused_at.is_none() {
            self.expire(now, conn, out);
            return true;
        }
        false
    }

    fn expire(&mut self, now: UnixMillis, conn: ConnId, out: &mut Vec<Effect>) {
        self.leave(conn);
        if let Some(connection) = self.connections.get_mut(conn) {
            connection.paused_at = Some(now);
        }
        self.refuse(now, conn, &Refusal::ExpiredToken, &mut None, out);
        let entry = self.connections.get(conn).map(|it| it.dialect.rules().entry);
        match entry {
            // No other token can come.
            Some(Entry::WithToken) => self.close(now, conn, CloseReason::TokenExpired, out),
            _ => self.arm(conn),
        }
    }
}

/// Whether a connection may send heartbeats, and has not yet, as far as is known.
fn may_begin(connection: &Connection) -> bool {
    !connection.pings && connection.dialect.rules().heartbeat == Heartbeat::Welcome
}
