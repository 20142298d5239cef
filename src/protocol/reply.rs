use uuid::Uuid;

use super::Refusal;
use crate::model::UnixMillis;

/// What the hub tells one client, whatever the dialect.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply<'a> {
    /// The token was accepted.
    AuthSuccess {
        /// This connection's id, for support and for the operator.
        connection: Uuid,
        /// The token's `sub`.
        subject: &'a str,
        /// When delivery pauses unless a new token has come.
        expires_at: UnixMillis,
    },
    /// What is subscribed now.
    Subscribed {
        /// All channels held, as the client spelled them, oldest first.
        held: Vec<&'a str>,
    },
    /// What is still subscribed now.
    Unsubscribed {
        /// All channels held, as the client spelled them, oldest first.
        held: Vec<&'a str>,
    },
    /// Somebody is there.
    Pong,
    /// The request, or a part of it, was refused.
    Refused(&'a Refusal),
}
