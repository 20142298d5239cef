/// Why a request to Engine.IO is not served. Codes and words are those of engine.io's own server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `transport` is neither `polling` nor `websocket`.
    UnknownTransport,
    /// There is no such session, or no more.
    UnknownSid,
    /// A session begins with a GET.
    BadHandshakeMethod,
    /// The session is at another transport, or what was sent is no payload.
    BadRequest,
    /// A page that is not allowed asks.
    Forbidden,
    /// `EIO` is not 4.
    UnsupportedVersion,
    /// A body above `maxPayload`.
    TooLarge,
    /// More new connections than one address may open.
    TooManyConnections,
    /// Every shard is full.
    Full,
}

impl Refusal {
    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::TooLarge => 413,
            Self::TooManyConnections => 429,
            Self::Full => 503,
            _ => 400,
        }
    }

    /// The body: JSON with a code and a message.
    pub const fn body(self) -> &'static str {
        match self {
            Self::UnknownTransport => r#"{"code":0,"message":"Transport unknown"}"#,
            Self::UnknownSid => r#"{"code":1,"message":"Session ID unknown"}"#,
            Self::BadHandshakeMethod => r#"{"code":2,"message":"Bad handshake method"}"#,
            Self::BadRequest => r#"{"code":3,"message":"Bad request"}"#,
            Self::Forbidden => r#"{"code":4,"message":"Forbidden"}"#,
            Self::UnsupportedVersion => r#"{"code":5,"message":"Unsupported protocol version"}"#,
            // Those that engine.io's server does not have, with codes beyond its own.
            Self::TooLarge => r#"{"code":6,"message":"Payload too large"}"#,
            Self::TooManyConnections => r#"{"code":7,"message":"Too many connections"}"#,
            Self::Full => r#"{"code":8,"message":"Connection limit reached"}"#,
        }
    }
}
