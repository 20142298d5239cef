use std::fmt;

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
        /// How many candles it wants to begin with, the running one included; `None` where the dialect has none.
        bars: Option<u16>,
    },
    /// No longer wants the messages of these channels.
    Unsubscribe {
        /// As the client spells them; not yet checked.
        channels: Vec<String>,
        /// All that it holds of this family: `sentiment`.
        family: Option<&'static str>,
    },
    /// Wants the current values of these channels, once.
    Latest {
        /// As the client spells them; not yet checked.
        channels: Vec<String>,
    },
    /// Wants to know that somebody is there.
    Ping,
}

/// Since when a client wants what it has missed on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The last message that it got there.
    Place {
        /// As that message had it; not yet checked.
        epoch: String,
        /// As that message had it; 0 if there was none yet.
        offset: u64,
    },
    /// It cannot say: as far back as messages are kept.
    Kept,
}

impl Since {
    /// Bytes of what the client said.
    pub fn size(&self) -> usize {
        match self {
            Self::Place { epoch, .. } => epoch.len(),
            Self::Kept => 0,
        }
    }
}

impl fmt::Debug for Command {
    /// Never shows a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { .. } => f.write_str("Auth"),
            Self::Subscribe { channels, .. } => f.debug_tuple("Subscribe").field(channels).finish(),
            Self::Unsubscribe { channels, family } => f
                .debug_tuple("Unsubscribe")
                .field(channels)
                .field(family)
                .finish(),
            Self::Latest { channels } => f.debug_tuple("Latest").field(channels).finish(),
            Self::Ping => f.write_str("Ping"),
        }
    }
}
