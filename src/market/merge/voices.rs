use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::said::Said;
use crate::market::asset::is_credible;
use crate::market::config::MarketConfig;
use crate::model::{Source, Sources, UnixMillis};

/// A stream's price further than this fraction from every polled one is another coin's.
const SAME_COIN: f64 = 0.2;

/// What every provider last said of one coin: one entry each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::market) struct Voices {
    last: Vec<Said>,
    /// Streams that speak of another coin, as far as it is known. Without a polled quote nothing is learned about it.
    strangers: Sources,
    /// Streams that once spoke of this coin for certain: no polled price disowns them any more, neither one that is bad
    /// nor one that a crash has left behind.
    known: Sources,
}

/// What became of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market) enum Heard {
    /// It is the latest of its provider.
    Taken,
    /// Its provider has said something newer.
    Late,
    /// Its provider has a fresh price of a pair that counts more.
    Passed,
    /// It is another coin's, of the same ticker.
    Stranger,
}

impl Voices {
    /// What is known by the first quote.
    pub(in crate::market) fn begin(said: Said) -> Self {
        Self {
            last: vec![said],
            strangers: Sources::default(),
            known: Sources::default(),
        }
    }

    /// Takes in a quote that has just come.
    pub(in crate::market) fn hear(&mut self, said: Said, config: &MarketConfig) -> Heard {
        let (source, now) = (said.source, said.received_at);
        match self.last.iter_mut().find(|known| known.source == source) {
            Some(known) if known.place < said.place && known.is_fresh(now, config) => return Heard::Passed,
            Some(known) if known.place == said.place && said.observed_at < known.observed_at => {
                return Heard::Late;
            }
            Some(known) => *known = said,
            None => self.last.push(said),
        }
        self.tell_strangers(now, config);
        if self.strangers.contains(source) {
            Heard::Stranger
        } else {
            Heard::Taken
        }
    }

    /// Forgets what a stream said that is lost.
    pub(in crate::market) fn lose(&mut self, source: Source) {
        self.last.retain(|said| said.source != source);
    }

    /// A polled provider was asked again and did not answer.
    pub(in crate::market) fn doubt(&mut self, source: Source) {
        let its = self.last.iter_mut().filter(|said| said.source == source);
        its.for_each(|said| said.is_doubtful = true);
    }

    /// The polled quote that speaks for the whole market, if one is fresh.
    pub(in crate::market) fn polled(&self, now: UnixMillis, config: &MarketConfig) -> Option<&Said> {
        let polled = self
            .last
            .iter()
            .filter(|said| !said.source.is_stream() && said.is_fresh(now, config));
        polled.min_by_key(|said| config.figure_rank(said.source))
    }

    /// The price by the rule, after one of `told_of` was told; `None` if nobody fresh gives one. Where the order of
    /// providers decides it may be older than that.
    pub(in crate::market) fn choose(
        &self,
        told_of: UnixMillis,
        now: UnixMillis,
        config: &MarketConfig,
    ) -> Option<Choice<'_>> {
        let candidates = self.last.iter().filter(|said| {
            let speaks = config.rank(said.source).is_some() && !self.strangers.contains(said.source);
            speaks && said.is_fresh(now, config)
        });
        Choice::of(candidates.collect(), told_of, config)
    }

    /// When anybody last said anything.
    pub(in crate::market) fn heard_at(&self) -> UnixMillis {
        let heard = self.last.iter().map(|said| said.received_at);
        heard.max().unwrap_or_default()
    }

    /// Whether it could have come about by itself.
    pub(in crate::market) fn is_sane(&self) -> bool {
        let sources: Sources = self.last.iter().map(|said| said.source).collect();
        sources.len() == self.last.len() && self.last.iter().all(|said| is_credible(said.price))
    }

    /// Compares the streams that are fresh with what is polled; of the others nothing new is known.
    fn tell_strangers(&mut self, now: UnixMillis, config: &MarketConfig) {
        let fresh = self.last.iter().filter(|said| said.is_fresh(now, config));
        let (streams, polled): (Vec<&Said>, Vec<&Said>) = fresh.partition(|said| said.source.is_stream());
        if polled.is_empty() {
            return;
        }
        for stream in streams {
            let same = |polled: &&Said| stream.is_within(SAME_COIN, polled.price.to_f64());
            if polled.iter().any(same) {
                self.known.insert(stream.source);
            }
            self.strangers
                .set(stream.source, !self.known.contains(stream.source));
        }
    }
}
