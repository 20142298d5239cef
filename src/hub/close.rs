/// Why the hub closes a socket. Codes of 4000 to 4499, 1012 and 1013 mean: connect again, after what the
/// table in `docs/websocket-api.md` says; 4500 to 4999 would mean: do not.
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
}

impl CloseReason {
    /// The WebSocket close code.
    pub const fn code(self) -> u16 {
        match self {
            Self::Idle => 4000,
            Self::AuthTimeout => 4001,
            Self::TokenExpired => 4002,
            Self::Disconnected => 4003,
            Self::HeartbeatMissed => 4004,
            Self::Full => 1013,
            Self::Restart => 1012,
        }
    }

    /// The words beside the code, under 123 bytes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle timeout",
            Self::AuthTimeout => "authentication timeout",
            Self::TokenExpired => "token expired",
            Self::Disconnected => "disconnected by the operator",
            Self::HeartbeatMissed => "heartbeats missed",
            Self::Full => "server at maximum capacity",
            Self::Restart => "service restart",
        }
    }
}
