//! All providers together: who is asked what and when, which streams are open, and who is believed.
//!
//! ```text
//! Supply (settings) ─┬▶ Polls    questions that are due, within interval and budget ─▶ edge asks
//!                    ├▶ Streams  which to open, what to say to them, what they say  ─▶ edge holds sockets
//!                    ├▶ Backfill minutes that are missing, to be asked of the past  ─▶ edge asks
//!                    └▶ Leaders  who leads: the first in the order that is well; a switch is news
//! ```

mod backfill;
mod budget;
mod connection;
mod leaders;
mod pace;
mod polls;
mod streams;
mod supply;

use serde::{Deserialize, Serialize};

pub use backfill::{Backfill, Filling, Gap};
pub use leaders::{Leaders, Switch};
pub use polls::{Ask, Polls};
pub use streams::{Heard, Opening, Streams, Upkeep};
pub use supply::{Polled, Quota, Streamed, Supply};

use crate::model::UnixMillis;

/// How all providers are doing. Rests in the feed's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Providers {
    /// Those that are asked.
    pub polls: Polls,
    /// Those that tell.
    pub streams: Streams,
    /// What of the past is missing.
    pub backfill: Backfill,
    /// Who is believed.
    pub leaders: Leaders,
}

impl Providers {
    /// Looks who leads now, and returns what has changed.
    pub fn elect(&mut self, supply: &Supply, now: UnixMillis) -> Vec<Switch> {
        let Self {
            polls,
            streams,
            leaders,
            ..
        } = self;
        let is_well = |source| streams.is_live(source, now) || polls.is_well(source, now);
        leaders.elect(supply, is_well)
    }
}

#[cfg(test)]
mod tests;
