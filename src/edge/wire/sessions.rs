use crate::socketio::Sid;

/// What stands before every path here.
const PREFIX: &str = "/sessions/";

/// A `Socket` is refused: there is no such session.
pub const UNKNOWN: u16 = 400;
/// A `Socket` is refused: its session has one.
pub const TAKEN: u16 = 409;

/// A shard of Socket.IO: what a client asks of it. A `Socket` answers 101, one of those above, or 503 if the shard is
/// full; all else a [`Said`].
#[derive(Debug, Clone, Copy)]
pub enum Ask {
    /// Begin a session that polls.
    Open,
    /// Wait for packets.
    Poll(Sid),
    /// Take the packets of the body.
    Post(Sid),
    /// Accept a WebSocket: for a new session, or for one that polls.
    Socket(Option<Sid>),
}

/// A status and the body of an answer.
pub type Said = (u16, String);

impl Ask {
    /// It as the path of an internal request.
    pub fn path(&self) -> String {
        match self {
            Self::Open => format!("{PREFIX}open"),
            Self::Poll(sid) => format!("{PREFIX}poll/{sid}"),
            Self::Post(sid) => format!("{PREFIX}post/{sid}"),
            Self::Socket(None) => format!("{PREFIX}socket"),
            Self::Socket(Some(sid)) => format!("{PREFIX}socket/{sid}"),
        }
    }

    /// What a path says; `None` if it is another one.
    pub fn of(path: &str) -> Option<Self> {
        let asked = path.strip_prefix(PREFIX)?;
        match asked.split_once('/') {
            None if asked == "open" => Some(Self::Open),
            None if asked == "socket" => Some(Self::Socket(None)),
            Some(("poll", sid)) => Sid::parse(sid).map(Self::Poll),
            Some(("post", sid)) => Sid::parse(sid).map(Self::Post),
            Some(("socket", sid)) => Sid::parse(sid).map(|sid| Self::Socket(Some(sid))),
            _ => None,
        }
    }
}
