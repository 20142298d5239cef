use crate::protocol::Refusal;

/// Why the hub closes a socket. Codes of 4000 to 4499, 1012 and 1013 mean: connect again, after what the
/// table in `docs/websocket-api.md` says; 4500 to 4999 mean: not before something has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseReason {
    /// No frame in either direction for `IDLE_TIMEOUT_S`.
    Idle,
    /// No valid `auth` within `AUTH_TIMEOUT_S`.
    AuthTimeout,
    /// The token expired and no new one came within the grace.
    TokenExpired,
    /// An operator closed it.
    Disconnected,
    /// It had sent heartbeats, and two have not come.
    HeartbeatMissed,
    /// The shard has no room.
    Full,
    /// The program was renewed and cannot take this connection over.
    Restart,
    /// It came without a good token, where one is needed from the beginning.
    TokenRefused,
}

impl CloseReason {
    /// Why a client goes whose token was refused before it was connected.
    pub const fn of_token(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::ExpiredToken => Self::TokenExpired,
            _ => Self::TokenRefused,
        }
    }

    /// The WebSocket close code.
    pub const fn code(self) -> u16 {
        match self {
            Self::Idle => 4000,
            Self::AuthTimeout => 4001,
            Self::TokenExpired => 4002,
            Self::Disconnected => 4003,
            Self::HeartbeatMissed => 4004,
            Self::TokenRefused => 4500,
            Self::Full => 1013,
            Self::Restart => 1012,
        }
    }

    /// Whether its client may come back at once, or a moment later, and be served.
    pub const fn invites_back(self) -> bool {
        !matches!(self, Self::Disconnected | Self::TokenRefused)
    }

    /// The words beside the code, under 123 bytes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle timeout",
            Self::AuthTimeout => "authentication timeout",
            Self::TokenExpired => "token expired",
            Self::Disconnected => "disconnected by the operator",
            Self::HeartbeatMissed => "heartbeats missed",
            Self::TokenRefused => "token refused",
            Self::Full => "server at maximum capacity",
            Self::Restart => "service restart",
        }
    }
}
