use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whom an operator disconnects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Every connection whose token has this `sub`.
    User(String),
    /// One connection, by the id that `auth_success` told it.
    Connection(Uuid),
}
