use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// Longest name of what is mentioned, in bytes.
pub const MAX_ENTITY: usize = 64;

/// Somebody wrote about something that clients follow: `mention_alert`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// What is mentioned, as in `mentions:{entity}`: 1 to [`MAX_ENTITY`] bytes.
    pub entity: String,
    /// The headline.
    pub title: String,
    /// Where to read it, as the publisher wrote it.
    pub url: String,
    /// Who wrote it.
    pub source: String,
    /// When it was written.
    pub timestamp: UnixMillis,
}
