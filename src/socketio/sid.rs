use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Length of the random part as text: 32 hexadecimal digits.
const RANDOM: usize = 32;

/// What names an Engine.IO session: 122 random bits, which nobody guesses, and the number of the shard that has it.
///
/// Displays as `550e8400e29b41d4a71644665544000000a`: the random part, then the shard, in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sid {
    random: Uuid,
    shard: u16,
}

impl Sid {
    /// A session of that shard; `random` is the caller's, from a good source.
    pub const fn new(random: Uuid, shard: u16) -> Self {
        Self { random, shard }
    }

    /// Reads it as it is displayed, and in no other spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let (random, shard) = text.split_at_checked(RANDOM)?;
        let sid = Self {
            random: Uuid::try_parse(random).ok()?,
            shard: u16::from_str_radix(shard, 16).ok()?,
        };
        (sid.to_string() == text).then_some(sid)
    }

    /// The shard that has the session.
    pub const fn shard(self) -> u16 {
        self.shard
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03x}", self.random.as_simple(), self.shard)
    }
}
