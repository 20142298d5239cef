use anyhow::{Result, anyhow};
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, Claims, Header};
use serde::{Deserialize, Serialize};

/// 2100-01-01, in seconds: no token expires during a benchmark.
const NEVER: u64 = 4_102_444_800;

/// A server on this machine, and how its clients speak.
#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Its process.
    pub process: u32,
    /// What its clients speak.
    pub dialect: Dialect,
    /// The HS256 key of its tokens.
    pub secret: String,
    /// Clients ask for many updates in one frame.
    #[serde(default)]
    pub batch: bool,
}

/// A wire protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The hub's own, at `/ws`.
    Json,
    /// Socket.IO 5 over a WebSocket, at `/socket.io/`.
    SocketIo,
}

#[derive(Serialize)]
struct Bearer<'a> {
    sub: &'a str,
    scope: &'a str,
    exp: u64,
}

impl Server {
    /// `127.0.0.1:8787`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A token for `subject` with the words of `scope`.
    pub fn token(&self, subject: &str, scope: &str) -> Result<String> {
        let claims = Claims::new(Bearer {
            sub: subject,
            scope,
            exp: NEVER,
        });
        Hs256
            .token(&Header::empty(), &claims, &Hs256Key::new(&self.secret))
            .map_err(|error| anyhow!("a token: {error}"))
    }
}
