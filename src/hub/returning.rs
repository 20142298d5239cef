use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::connection::Return;
use super::waiting::Wants;
use super::{ConnId, Hub};
use crate::model::UnixMillis;
use crate::protocol::Since;

/// A connection of a subject that left within this time counts as a reconnect.
const WINDOW: u64 = 5 * 60_000;

/// Departures remembered at once; beyond that the oldest is forgotten.
const REMEMBERED: usize = 1_024;

/// Tells a reconnect from a new client, if it comes back to the same shard: the subjects whose connections closed lately.
#[derive(Debug, Default)]
pub(super) struct Returning {
    departures: VecDeque<(u64, UnixMillis)>,
}

impl Returning {
    /// A connection of `subject` closed.
    pub fn left(&mut self, subject: &str, now: UnixMillis) {
        if self.departures.len() >= REMEMBERED {
            self.departures.pop_front();
        }
        self.departures.push_back((digest(subject), now));
    }

    /// A connection of `subject` authenticated: whether one of theirs had left lately. Each departure counts once.
    pub fn came_back(&mut self, subject: &str, now: UnixMillis) -> bool {
        let wanted = digest(subject);
        let seen = |(who, when): &(u64, UnixMillis)| *who == wanted && now.since(*when) < WINDOW;
        match self.departures.iter().position(seen) {
            Some(at) => self.departures.remove(at).is_some(),
            None => false,
        }
    }
}

impl Hub {
    /// A connection wants something: whoever says first where it was came back, to whichever shard.
    pub(super) fn note_recovery(&mut self, conn: ConnId, wants: &Wants) {
        let Wants::Subscribe { recover, .. } = wants else {
            return;
        };
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        if connection.returns != Return::Unknown {
            return;
        }
        connection.returns = Return::New;
        if recover.iter().any(|(_, since)| *since != Since::Kept) {
            self.count_return(conn);
        }
    }

    /// A connection authenticated: whoever left this shard lately came back.
    pub(super) fn note_subject(&mut self, conn: ConnId, subject: &str, now: UnixMillis) {
        if self.returning.came_back(subject, now) {
            self.count_return(conn);
        }
    }

    /// Counts a connection that came back, once.
    fn count_return(&mut self, conn: ConnId) {
        if let Some(connection) = self.connections.get_mut(conn)
            && connection.returns != Return::Counted
        {
            connection.returns = Return::Counted;
            self.stats.reconnected();
        }
    }
}

fn digest(subject: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_returns_once_for_each_departure_and_only_soon() {
        let mut returning = Returning::default();
        let now = UnixMillis::from_secs(10);
        assert!(!returning.came_back("alice", now));
        returning.left("alice", now);
        assert!(!returning.came_back("bob", now));
        assert!(returning.came_back("alice", now.plus(1_000)));
        assert!(!returning.came_back("alice", now.plus(1_000)));
        returning.left("alice", now);
        assert!(!returning.came_back("alice", now.plus(WINDOW)));
    }
}
