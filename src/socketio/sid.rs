use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Length of the random part as text: 32 hexadecimal digits.
const RANDOM: usize = 32;

/// What names an Engine.IO session: random bits, which may bear a seal, so that nobody guesses or invents it, and the number of
/// the shard that has it.
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

    /// What of it is to be sealed: half of the random part, and the shard.
    pub fn unsealed(self) -> [u8; 10] {
        let mut bytes = [0; 10];
        let (random, _) = self.random.as_u64_pair();
        let parts = random.to_be_bytes().into_iter().chain(self.shard.to_be_bytes());
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    /// The same with a seal, in place of the other half of the random part.
    pub const fn with_seal(self, seal: u64) -> Self {
        let (random, _) = self.random.as_u64_pair();
        Self {
            random: Uuid::from_u64_pair(random, seal),
            shard: self.shard,
        }
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
