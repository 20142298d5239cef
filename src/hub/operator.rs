//! What an operator sees of a shard, and does to it.

use super::{CloseReason, ConnId, Effect, Hub};
use crate::model::{Channel, Listing, Presence, Target, UnixMillis};

impl Hub {
    /// Closes the connections that are meant.
    pub(super) fn disconnect(&mut self, now: UnixMillis, target: &Target, out: &mut Vec<Effect>) {
        for conn in self.meant(target) {
            self.close(now, conn, CloseReason::Disconnected, out);
        }
    }

    fn meant(&self, target: &Target) -> Vec<ConnId> {
        let meant = self.connections.iter().filter(|(_, connection)| match target {
            Target::Connection(id) => connection.id == *id,
            Target::User(user) => {
                let claims = connection.identity.as_deref();
                claims.is_some_and(|claims| claims.subject == *user)
            }
        });
        meant.map(|(conn, _)| conn).collect()
    }

    /// Who of this shard holds a channel, under whatever name.
    pub fn presence(&self, channel: &Channel) -> Presence {
        let mut presence = Presence::default();
        for (_, connection) in self.connections.iter() {
            let mut held = connection
                .subscriptions
                .iter()
                .filter_map(|id| self.index.get(*id));
            if held.any(|held| held.channel == *channel) {
                let claims = connection.identity.as_deref();
                presence.note(claims.map(|claims| claims.subject.as_str()));
            }
        }
        presence
    }

    /// The channels that somebody of this shard holds, and how many do.
    pub fn channels(&self) -> Listing<u64> {
        let mut listing = Listing::default();
        for (channel, holders) in self.index.channels() {
            if let Some(count) = listing.entry(channel.to_string()) {
                *count = holders;
            }
        }
        listing
    }
}
