//! Deadlines: pings, silence, and whatever else has its time. No timers: one wake time, the earliest deadline.
//!
//! All are pinged together: who would be asked within half an interval is asked with the first. Whoever was asked
//! together stays together, so that after a while a shard has one rhythm, however its clients came.

use super::packet::Outgoing;
use super::session::{Ping, Transport};
use super::{Data, Engine, LastHeard, SessionId};
use crate::model::UnixMillis;

impl<T: Data> Engine<T> {
    /// The time of a deadline has come.
    pub(super) fn alarm(&mut self, now: UnixMillis, last_heard: LastHeard<'_>) {
        self.due = None;
        self.farewells.retain(|_, farewell| farewell.until > now);
        let all: Vec<SessionId> = self.sessions().collect();
        for &session in &all {
            self.listen(session, last_heard);
            self.sweep(now, session);
        }
        self.ping(now, &all);
        for session in all {
            self.note_deadline(session);
        }
    }

    /// Whether a session's time has come; the alarm may be late.
    pub(super) fn is_over(&self, now: UnixMillis, session: SessionId) -> bool {
        self.get(session).is_some_and(|session| {
            let is_silent = session.pong_due(&self.rules).is_some_and(|due| due <= now);
            is_silent || session.expires_at.is_some_and(|at| at <= now)
        })
    }

    /// Notes the pong that the runtime has seen.
    fn listen(&mut self, session: SessionId, last_heard: LastHeard<'_>) {
        let is_known = self.get(session).is_none_or(|found| found.ping == Ping::Answered);
        if is_known {
            // The runtime is not asked of those of whom nothing is to be known.
            return;
        }
        let heard = self.socket_of(session).and_then(last_heard);
        let interval = self.rules.ping_interval;
        let (Some(heard), Some(found)) = (heard, self.get_mut(session)) else {
            return;
        };
        match found.ping {
            Ping::Asked(at) if heard >= at => found.heard(heard),
            Ping::Unknown if heard > found.heard_at => {
                found.heard(heard);
                found.ping_due = heard.plus(interval);
            }
            _ => {}
        }
    }

    fn sweep(&mut self, now: UnixMillis, session: SessionId) {
        if self.is_over(now, session) {
            return self.abort(session);
        }
        let patience = self.rules.ping_interval + self.rules.ping_timeout;
        let Some(polling) = self.polling(session) else {
            return;
        };
        if polling.buffer.is_empty() || polling.held.is_some() {
            polling.unfetched_since = None;
        } else if now.since(*polling.unfetched_since.get_or_insert(now)) >= patience {
            // Whoever pongs and does not fetch would let things wait for ever.
            return self.abort(session);
        }
        let late = polling.probe.take_if(|probe| probe.until <= now);
        let is_held_long = polling.held_until.is_some_and(|until| until <= now);
        if let Some(probe) = late {
            self.hang_up(probe.socket);
        }
        if is_held_long {
            self.release_held(session, Outgoing::fixed("6"));
        }
    }

    fn ping(&mut self, now: UnixMillis, all: &[SessionId]) {
        let asks = |engine: &Self, session: SessionId, by: UnixMillis| {
            let found = engine.get(session);
            found.is_some_and(|found| !matches!(found.ping, Ping::Asked(_)) && found.ping_due <= by)
        };
        if !all.iter().any(|session| asks(self, *session, now)) {
            return;
        }
        let rules = self.rules;
        let soon = now.plus(rules.ping_interval / 2);
        let together: Vec<SessionId> = all.iter().copied().filter(|s| asks(self, *s, soon)).collect();
        for session in &together {
            if let Some(found) = self.get_mut(*session) {
                found.ping_due = now.plus(rules.ping_interval);
                // Of a session whose last ping is not known, only a pong tells whether its client is there.
                if found.ping == Ping::Answered || matches!(found.transport, Transport::Polling(_)) {
                    found.ping = Ping::Asked(now);
                }
            }
        }
        self.send_all(&together, "2".into());
    }
}
