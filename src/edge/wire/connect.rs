use crate::auth::Claims;
use crate::protocol::Dialect;

/// What stands before a dialect's name in the path of an upgrade.
const PLAIN: &str = "/connect/";
/// The same if the client asked for the subprotocol by name.
const BY_NAME: &str = "/connect-by-name/";

/// A shard: accept a WebSocket. Answers 101, or 503 if it is full.
#[derive(Debug, Clone)]
pub struct Connect {
    /// What the client speaks.
    pub dialect: Dialect,
    /// It named the dialect in `Sec-WebSocket-Protocol` and must get the name back.
    pub by_name: bool,
    /// Who it is, where the dialect says so before the upgrade: from a token that the Worker has verified.
    pub claims: Option<Claims>,
}

impl Connect {
    /// It as the path of an internal request.
    pub fn path(&self) -> String {
        let prefix = if self.by_name { BY_NAME } else { PLAIN };
        let name = self.dialect.name();
        match self
            .claims
            .as_ref()
            .and_then(|claims| serde_json::to_string(claims).ok())
        {
            Some(claims) => {
                let claims: String = form_urlencoded::byte_serialize(claims.as_bytes()).collect();
                format!("{prefix}{name}?{claims}")
            }
            None => format!("{prefix}{name}"),
        }
    }

    /// What a path says; `None` if it is another one, or of another version of this program.
    #[cfg_attr(feature = "echo", allow(dead_code))]
    pub fn of(path: &str) -> Option<Self> {
        let (asked, by_name) = match path.strip_prefix(PLAIN) {
            Some(asked) => (asked, false),
            None => (path.strip_prefix(BY_NAME)?, true),
        };
        let (name, claims) = match asked.split_once('?') {
            Some((name, claims)) => {
                let (claims, _) = form_urlencoded::parse(claims.as_bytes()).next()?;
                (name, Some(serde_json::from_str(&claims).ok()?))
            }
            None => (asked, None),
        };
        Some(Self {
            dialect: Dialect::by_name(name)?,
            by_name,
            claims,
        })
    }
}
