use uuid::Uuid;

use super::Refusal;
use crate::model::{Candle, Event, Interval, Pair, Position, UnixMillis};

/// What the hub tells one client, whatever the dialect.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply<'a> {
    /// Somebody is there, and takes this connection.
    Connected {
        /// This connection's id, for support and for the operator.
        connection: Uuid,
    },
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
        /// Where the channels stand that were asked for.
        places: Vec<Place<'a>>,
        /// Other names that were used of them, and what each of these is held as.
        aliases: Vec<(&'a str, &'a str)>,
    },
    /// Messages did not come, and cannot be had any more.
    Missed {
        /// All channels held, as the client spelled them, oldest first.
        held: Vec<&'a str>,
        /// Where the channels stand of which they were.
        places: Vec<Place<'a>>,
    },
    /// What is still subscribed now.
    Unsubscribed {
        /// All channels held, as the client spelled them, oldest first.
        held: Vec<&'a str>,
        /// What the client does not want any more, as it spelled it.
        dropped: Vec<&'a str>,
        /// Of this family, it wants nothing any more.
        family: Option<&'static str>,
    },
    /// The current values that were asked for, of those channels that have one.
    Latest {
        /// The channel as the client spelled it, and its newest event.
        values: Vec<(&'a str, &'a Event)>,
    },
    /// What a chart begins with.
    Candles {
        /// What is traded for what.
        pair: &'a Pair,
        /// How long each is.
        interval: Interval,
        /// Oldest first, the running one last.
        candles: Vec<&'a Candle>,
    },
    /// Somebody is there.
    Pong,
    /// The request, or a part of it, was refused.
    Refused(&'a Refusal),
    /// The token was refused.
    AuthRefused(&'a Refusal),
}

/// Where a channel stands whose messages a client gets from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    /// As the client spelled it.
    pub name: &'a str,
    /// Of the channel's newest message; `None` if that is not known.
    pub position: Option<Position>,
    /// Exactly what the client has missed follows, up to `position`.
    pub recovered: bool,
}
