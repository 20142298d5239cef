use crate::feed::stream::{Venue, Wanted};
use crate::feed::{Archive, Question, Topic};
use crate::model::{Pair, Source};

/// What is wanted of the providers, where they are, and in which order they are believed.
#[derive(Debug, Clone)]
pub struct Supply {
    /// Whose prices are believed, the first that is well before the next.
    pub price_order: Vec<Source>,
    /// Whose candles are believed; streams only.
    pub candle_order: Vec<Source>,
    /// Which pairs have candles.
    pub candle_pairs: Vec<Pair>,
    /// A question is asked at most this often, milliseconds.
    pub poll_interval_ms: u64,
    /// Those that are asked.
    pub polled: Vec<Polled>,
    /// Those that tell.
    pub streams: Vec<Streamed>,
    /// Candles of the past.
    pub archive: Archive,
}

/// A provider that is asked.
#[derive(Debug, Clone)]
pub struct Polled {
    /// Who it is.
    pub source: Source,
    /// How much it may be asked.
    pub quota: Quota,
    /// What it is asked.
    pub questions: Vec<Question>,
}

/// How many calls (or credits) a provider allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// As many as the paces of its questions take.
    Unlimited,
    /// Without a key: one in an interval, all questions together.
    Keyless,
    /// So many in a month.
    Monthly(u32),
}

/// A provider that tells.
#[derive(Debug, Clone)]
pub struct Streamed {
    /// How it is listened to.
    pub venue: &'static Venue,
    /// Scheme and host.
    pub base_url: String,
}

impl Supply {
    /// Whose candles of the past may be asked for: only those of an exchange whose candles are believed.
    pub fn history(&self) -> Option<&Archive> {
        let believed = self.candle_order.contains(&self.archive.source);
        believed.then_some(&self.archive)
    }

    /// Whether that provider can be asked or listened to: who needs a key may have none.
    pub(in crate::feed) fn has(&self, source: Source) -> bool {
        let tells = self.streams.iter().any(|it| it.venue.source == source);
        tells || self.polled.iter().any(|it| it.source == source)
    }

    /// What is to be known, and of whom.
    pub(super) fn questions(&self) -> impl Iterator<Item = (&Polled, &Question)> {
        let asked = |polled| move |question| (polled, question);
        let all = self
            .polled
            .iter()
            .flat_map(move |polled| polled.questions.iter().map(asked(polled)));
        all.filter(|(polled, question)| {
            question.topic != Topic::Prices || self.price_order.contains(&polled.source)
        })
    }

    /// Whether that provider is asked that.
    pub(super) fn asks(&self, (source, topic): (Source, Topic)) -> bool {
        let mut questions = self.questions();
        questions.any(|(polled, question)| polled.source == source && question.topic == topic)
    }

    /// The streams that somebody is to be believed on.
    pub(super) fn streams(&self) -> impl Iterator<Item = &Streamed> {
        let believed = |source| self.price_order.contains(source) || self.candle_order.contains(source);
        self.streams
            .iter()
            .filter(move |streamed| believed(&streamed.venue.source))
    }

    /// How `source` is listened to; `None` if it is no stream.
    pub(super) fn venue(&self, source: Source) -> Option<&'static Venue> {
        let streamed = self
            .streams
            .iter()
            .find(|streamed| streamed.venue.source == source);
        streamed.map(|streamed| streamed.venue)
    }

    /// What is wanted of `source`, where these pairs price the coins that are known.
    pub(super) fn wanted<'a>(&'a self, source: Source, ticker_pairs: &'a [Pair]) -> Wanted<'a> {
        Wanted {
            candle_pairs: &self.candle_pairs,
            ticker_pairs,
            candles: self.candle_order.contains(&source),
            prices: self.price_order.contains(&source),
        }
    }
}
