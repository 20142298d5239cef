use crate::protocol::Dialect;

/// What stands before the name of a dialect's subprotocol in the path of an upgrade.
const PLAIN: &str = "/connect/";
/// The same if the client asked for the subprotocol by name.
const BY_NAME: &str = "/connect-by-name/";

/// A shard: accept a WebSocket. Answers 101, or 503 if it is full.
#[derive(Debug, Clone, Copy)]
pub struct Connect {
    /// What the client speaks.
    pub dialect: Dialect,
    /// It named the dialect in `Sec-WebSocket-Protocol` and must get the name back.
    pub by_name: bool,
}

impl Connect {
    /// It as the path of an internal request.
    pub fn path(self) -> String {
        let prefix = if self.by_name { BY_NAME } else { PLAIN };
        format!("{prefix}{}", self.dialect.subprotocol())
    }

    /// What a path says; `None` if it is another one, or of another version of this program.
    pub fn of(path: &str) -> Option<Self> {
        let (name, by_name) = match path.strip_prefix(PLAIN) {
            Some(name) => (name, false),
            None => (path.strip_prefix(BY_NAME)?, true),
        };
        let dialect = Dialect::by_subprotocol(name)?;
        Some(Self { dialect, by_name })
    }
}
