//! What clients call channels.

use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Selection, UnixMillis};
use crate::protocol::{Refusal, Tag};

/// Bad channels of one message that are named one by one; the rest is counted.
pub(super) const NAMED_REFUSALS: usize = 10;

impl Hub {
    /// The channel that a client calls so, if there is one.
    pub(super) fn channel(&self, conn: ConnId, name: &str) -> Option<Channel> {
        let selection = Selection::parse(name, self.user(conn), &self.catalog);
        selection.ok().map(|selection| selection.channel)
    }

    fn user(&self, conn: ConnId) -> Option<&str> {
        let claims = self.connections.get(conn)?.identity.as_deref()?;
        Some(&claims.subject)
    }

    /// The channels among `names`, each with the client's spelling, and the names that mean nothing.
    pub(super) fn resolve(&self, conn: ConnId, names: Vec<String>) -> (Vec<(Channel, String)>, Vec<String>) {
        let user = self.user(conn);
        let mut channels = Vec::new();
        let mut unknown = Vec::new();
        for name in names {
            match Selection::parse(&name, user, &self.catalog) {
                Ok(selection) => channels.push((selection.channel, name)),
                Err(error) => unknown.push(error.name),
            }
        }
        (channels, unknown)
    }

    pub(super) fn refuse_unknown(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        names: Vec<String>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let unnamed = names.len().saturating_sub(NAMED_REFUSALS);
        for name in names.into_iter().take(NAMED_REFUSALS) {
            let dialect = self.connections.get(conn).map(|connection| connection.dialect);
            if let Some(dialect) = dialect {
                let refusal = dialect.unknown_channel(name, &self.catalog);
                self.refuse(now, conn, &refusal, tag, out);
            }
        }
        if unnamed > 0 {
            self.refuse(now, conn, &Refusal::MoreUnknownChannels(unnamed), tag, out);
        }
    }
}
