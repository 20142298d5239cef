use crate::hub::ConnId;
use crate::protocol::{Refusal, Since, Tag};

/// A message may name so many times the channels that a connection may hold.
const NAMES: usize = 20;

/// A request that changes what a connection holds.
#[derive(Debug)]
pub struct Request {
    pub conn: ConnId,
    pub wants: Wants,
    /// What its answers are to bear.
    pub tag: Option<Tag>,
    /// Nobody has asked: its client has come back to what it held, and is told only what it has missed.
    pub is_return: bool,
    /// What it wants to begin with cannot be read: it is answered without.
    pub is_without_past: bool,
}

#[derive(Debug)]
pub enum Wants {
    /// Names as the client spells them, and where it was on some of them.
    Subscribe {
        names: Vec<String>,
        recover: Vec<(String, Since)>,
        /// Candles that it begins with, where a dialect has them.
        bars: Option<u16>,
    },
    Unsubscribe {
        names: Vec<String>,
        /// All of this family.
        family: Option<&'static str>,
    },
    /// Current values, once.
    Latest { names: Vec<String> },
}

impl Wants {
    /// # Errors
    /// It names far more channels than a connection may hold.
    pub fn check(&self, max_channels: usize) -> Result<(), Refusal> {
        let most = match self {
            // Each is an answer.
            Self::Latest { .. } => max_channels,
            Self::Subscribe { .. } | Self::Unsubscribe { .. } => NAMES * max_channels,
        };
        let (names, places) = match self {
            Self::Subscribe { names, recover, .. } => (names.len(), recover.len()),
            Self::Unsubscribe { names, .. } | Self::Latest { names } => (names.len(), 0),
        };
        for (field, count) in [("channels", names), ("recover", places)] {
            if count > most {
                return Err(Refusal::TooManyNames { field, most, count });
            }
        }
        Ok(())
    }

    /// What a client calls it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::Latest { .. } => "latest",
        }
    }
}

impl Request {
    pub fn new(conn: ConnId, wants: Wants) -> Self {
        let is_without_past = false;
        Self {
            conn,
            wants,
            tag: None,
            is_return: false,
            is_without_past,
        }
    }

    /// Whether its client wants what is kept of a channel.
    pub fn wants_kept(&self) -> bool {
        self.kept().next().is_some()
    }

    /// The channels of which its client wants what is kept.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        let recover = match &self.wants {
            Wants::Subscribe { recover, .. } => recover.as_slice(),
            Wants::Unsubscribe { .. } | Wants::Latest { .. } => &[],
        };
        let kept = recover.iter().filter(|(_, since)| *since == Since::Kept);
        kept.map(|(name, _)| name.as_str())
    }
}
