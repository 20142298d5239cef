use std::fmt;

/// What a client asks for, whatever dialect it asked in.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Says who it is. Also renews a token that expires.
    Auth {
        /// A JWT; not yet verified.
        token: String,
    },
    /// Wants the messages of these channels.
    Subscribe {
        /// As the client spells them; not yet checked.
        channels: Vec<String>,
    },
    /// No longer wants the messages of these channels.
    Unsubscribe {
        /// As the client spells them; not yet checked.
        channels: Vec<String>,
    },
    /// Wants to know that somebody is there.
    Ping,
}

impl fmt::Debug for Command {
    /// Never shows a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { .. } => f.write_str("Auth"),
            Self::Subscribe { channels } => f.debug_tuple("Subscribe").field(channels).finish(),
            Self::Unsubscribe { channels } => f.debug_tuple("Unsubscribe").field(channels).finish(),
            Self::Ping => f.write_str("Ping"),
        }
    }
}

/// A frame that is no command: says what is wrong with it, for the person who wrote the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MessageError(pub String);
