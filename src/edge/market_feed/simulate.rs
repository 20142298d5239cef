//! The simulated market: nobody has to be asked.

use worker::Result;

use super::Object;
use crate::edge::clock;
use crate::feed::providers::Gap;
use crate::feed::simulated;
use crate::model::{Source, UnixMillis};
use crate::settings::FeedSettings;

impl Object {
    /// Candles at every tick, the coins in every cycle (`due`); and the past, where it is not known.
    pub(super) async fn simulate(&self, settings: &FeedSettings, due: bool) -> Result<()> {
        let now = clock::now();
        self.recall(settings, now).await?;
        let (seed, coins) = (settings.simulation_seed, settings.tracked_coins as usize);
        let mut observations = Vec::new();
        if due {
            observations.extend(simulated::observe(seed, now, coins));
        }
        observations.extend(simulated::candles(seed, now, &settings.candle_pairs));
        self.write(|feed| feed.take_in(observations, now))
    }

    /// Takes in the candles that were missed, all of them at first, as an exchange's archive would tell them.
    async fn recall(&self, settings: &FeedSettings, now: UnixMillis) -> Result<()> {
        let gaps: Vec<Gap> = self.read(|feed| {
            let pairs = settings.candle_pairs.iter();
            let missing = pairs.filter_map(|pair| Gap::since(pair, feed.market.newest_minute(pair), now));
            missing.collect()
        })?;
        if gaps.is_empty() {
            return Ok(());
        }
        let pairs: Vec<_> = gaps.iter().map(|gap| gap.pair.clone()).collect();
        let mut closed = Vec::new();
        for (pair, past) in simulated::past(settings.simulation_seed, now, &pairs) {
            if let Some(gap) = gaps.iter().find(|gap| gap.pair == pair) {
                let filling = gap.fill(Source::Simulated, past, now);
                closed.extend(self.take_filling(&pair, Source::Simulated, now, filling)?);
            }
        }
        self.store_past(&closed).await;
        Ok(())
    }
}
