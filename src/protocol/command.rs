use std::fmt;

use serde::Deserialize;

use crate::model::{Epoch, Position};

/// What a client asks for, whatever dialect it asked in.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Says who it is. Also renews a token that expires.
    Auth {
        /// A JWT; not yet verified.
        token: String,
        /// Whether it wants one frame a tick with all that is for it; `None` leaves that as it is.
        batch: Option<bool>,
    },
    /// Wants the messages of these channels.
    Subscribe {
        /// As the client spells them; not yet checked.
        channels: Vec<String>,
        /// Where it was on some of them, before it lost its last connection.
        recover: Vec<(String, Since)>,
    },
    /// No longer wants the messages of these channels.
    Unsubscribe {
        /// As the client spells them; not yet checked.
        channels: Vec<String>,
    },
    /// Wants to know that somebody is there.
    Ping,
}

/// The last message that a client got on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Since {
    /// As that message had it; not yet checked.
    pub epoch: String,
    /// As that message had it; 0 if there was none yet.
    pub offset: u64,
}

impl Since {
    /// The place; `None` if no message ever had such an epoch.
    pub fn position(&self) -> Option<Position> {
        let epoch = Epoch::parse(&self.epoch)?;
        let offset = self.offset;
        Some(Position { epoch, offset })
    }
}

impl fmt::Debug for Command {
    /// Never shows a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { .. } => f.write_str("Auth"),
            Self::Subscribe { channels, .. } => f.debug_tuple("Subscribe").field(channels).finish(),
            Self::Unsubscribe { channels } => f.debug_tuple("Unsubscribe").field(channels).finish(),
            Self::Ping => f.write_str("Ping"),
        }
    }
}

/// A frame that is no command: says what is wrong with it, for the person who wrote the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MessageError(pub String);
