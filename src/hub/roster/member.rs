use serde::{Deserialize, Serialize};

use crate::model::{Batch, MarketEvent, Missed};

/// Signals and closed candles kept for a shard that is behind; of everything else only the newest is.
const MAX_LASTING: usize = 500;

/// What the publisher knows of one shard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Member {
    /// Failures in a row.
    failures: u32,
    /// What it has not acknowledged, oldest first.
    missed: Vec<Missed>,
}

impl Member {
    /// The batch with what this shard has missed before it; `None` if it has missed nothing.
    pub fn catch_up(&self, batch: &Batch) -> Option<Batch> {
        (self.failures > 0).then(|| Batch {
            missed: self.missed.clone(),
            ..batch.clone()
        })
    }

    pub fn caught_up(&mut self) {
        self.failures = 0;
        self.missed.clear();
    }

    /// Keeps a batch's events for later. Gives how often in a row the shard has failed now.
    pub fn missed(&mut self, batch: &Batch) -> u32 {
        self.failures += 1;
        for event in &batch.events {
            self.missed.retain(|missed| !event.replaces(&missed.event));
            self.missed.push(Missed {
                number: batch.number,
                event: event.clone(),
            });
        }
        self.trim();
        self.failures
    }

    /// Drops the oldest of what nothing replaces: signals and closed candles.
    fn trim(&mut self) {
        let lasts = |missed: &Missed| match &missed.event {
            MarketEvent::Signal(_) => true,
            MarketEvent::Candle(update) => update.closed,
            _ => false,
        };
        let mut excess = self
            .missed
            .iter()
            .filter(|it| lasts(it))
            .count()
            .saturating_sub(MAX_LASTING);
        self.missed.retain(|missed| {
            let drop = excess > 0 && lasts(missed);
            excess -= usize::from(drop);
            !drop
        });
    }
}
