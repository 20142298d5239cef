//! Who may read what: asked when a channel is subscribed to, and again of every new token.

use super::names::NAMED_REFUSALS;
use super::{ConnId, Effect, Hub};
use crate::auth::{TokenError, may_read};
use crate::model::{Channel, UnixMillis};
use crate::protocol::{Refusal, Tag};

/// What a client is told of a token that is no good.
pub fn refused_token(error: TokenError) -> Refusal {
    match error {
        TokenError::Expired => Refusal::ExpiredToken,
        TokenError::Invalid(reason) => Refusal::InvalidToken(reason),
    }
}

impl Hub {
    /// Whether the connection may read that channel.
    pub(super) fn may_hold(&self, conn: ConnId, channel: &Channel) -> bool {
        let connection = self.connections.get(conn);
        may_read(connection.and_then(|it| it.identity.as_deref()), channel)
    }

    /// Those of the channels that the connection may read, and the names of the others.
    pub(super) fn readable(
        &self,
        conn: ConnId,
        channels: Vec<(Channel, String)>,
    ) -> (Vec<(Channel, String)>, Vec<String>) {
        let (readable, forbidden): (Vec<_>, Vec<_>) = channels
            .into_iter()
            .partition(|(channel, _)| self.may_hold(conn, channel));
        (readable, forbidden.into_iter().map(|(_, name)| name).collect())
    }

    /// Takes from a connection what its new token does not allow. Not while it is seated.
    pub(super) fn drop_forbidden(&mut self, conn: ConnId) -> Vec<String> {
        let Some(connection) = self.connections.get(conn) else {
            return Vec::new();
        };
        let held = connection
            .subscriptions
            .iter()
            .filter_map(|id| self.index.get(*id));
        let held = held.map(|held| (held.channel.clone(), held.name())).collect();
        let (readable, forbidden) = self.readable(conn, held);
        if !forbidden.is_empty() {
            let kept = |channel: &Channel| readable.iter().any(|(held, _)| held == channel);
            self.drop_channels(conn, |channel| !kept(channel));
        }
        forbidden
    }

    pub(super) fn refuse_forbidden(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        names: Vec<String>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let unnamed = names.len().saturating_sub(NAMED_REFUSALS);
        let connection = self.connections.get(conn);
        let is_known = connection.is_some_and(|it| it.identity.is_some());
        for name in names.into_iter().take(NAMED_REFUSALS) {
            let refusal = match is_known {
                true => Refusal::ForbiddenChannel(name),
                false => Refusal::ChannelNeedsToken(name),
            };
            self.refuse(now, conn, &refusal, tag, out);
        }
        if unnamed > 0 {
            self.refuse(now, conn, &Refusal::MoreForbiddenChannels(unnamed), tag, out);
        }
    }
}
