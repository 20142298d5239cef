use serde::{Deserialize, Serialize};

use super::config::MarketConfig;
use super::merge::{Choice, Heard, Said, Voices};
use super::signals::{Seen, Watch};
use crate::model::{Decimal, Price, Quote, Signal, Source, Symbol, UnixMillis};

/// One coin, as the market holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Asset {
    pub(super) price: Price,
    /// As the polled provider that speaks for the whole market last said it.
    pub(super) market_cap: Option<Decimal>,
    /// When what is told was received, or received again.
    pub(super) confirmed_at: UnixMillis,
    /// When what is told was so, by the provider whose price it is.
    made_at: UnixMillis,
    voices: Voices,
    watch: Watch,
}

/// A quote that has just come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) quote: &'a Quote,
    /// Which pair of its coin it is made from: the lower counts more. 0 for a polled quote.
    pub(super) place: u8,
}

/// What a quote did to an asset.
pub(super) enum Outcome {
    /// Its provider has said something newer.
    Late,
    /// Its provider has a fresh price of a pair that counts more.
    Passed,
    /// It is one of those that count. If the price is new, these are the alerts it gives.
    Heard(Option<Vec<Signal>>),
    /// It is another coin's, or outvoted; without it the price may be new all the same.
    Outlier(Option<Vec<Signal>>),
}

impl Asset {
    /// A coin seen for the first time.
    pub(super) fn new(arrival: Arrival<'_>, now: UnixMillis) -> Self {
        let Arrival { quote, place } = arrival;
        Self {
            price: price(quote),
            market_cap: quote.market_cap,
            confirmed_at: now,
            made_at: quote.observed_at,
            voices: Voices::begin(Said::new(quote, place, now)),
            watch: Watch::begin(quote),
        }
    }

    /// Takes in the next quote of this coin.
    pub(super) fn update(&mut self, arrival: Arrival<'_>, now: UnixMillis, config: &MarketConfig) -> Outcome {
        let Arrival { quote, place } = arrival;
        match self.voices.hear(Said::new(quote, place, now), config) {
            Heard::Late => return Outcome::Late,
            Heard::Passed => return Outcome::Passed,
            Heard::Stranger => return Outcome::Outlier(None),
            Heard::Taken => {}
        }
        let polled = self.voices.polled(now, config);
        let names_it = polled.is_some_and(|polled| polled.source == quote.source);
        if names_it {
            self.market_cap = quote.market_cap;
        }
        // What went stale gives way to whatever is fresh, or a clock that is wrong could hold it for good.
        let told_of = match self.is_unconfirmed(now, config) {
            true => UnixMillis::default(),
            false => self.made_at,
        };
        let Some(choice) = self.voices.choose(told_of, now, config) else {
            return Outcome::Heard(None);
        };
        let outcome = match choice.outliers.contains(quote.source) {
            true => Outcome::Outlier,
            false => Outcome::Heard,
        };
        let made_at = choice.speaker.observed_at;
        if choice.received_at < self.confirmed_at || made_at < told_of {
            return outcome(None);
        }
        (self.confirmed_at, self.made_at) = (choice.received_at, made_at);
        // Providers may write one coin's ticker differently: one of them decides.
        let symbol = if names_it {
            &quote.symbol
        } else {
            &self.price.symbol
        };
        let merged = merged(&self.price, symbol, &choice, polled);
        let next = Price {
            sources: choice.sources,
            ..price(&merged)
        };
        if next == self.price {
            return outcome(None);
        }
        let fresh_again = Price {
            stale: false,
            ..self.price.clone()
        } == next;
        // What is merely confirmed after a pause is no new sample.
        let signals = if fresh_again {
            Vec::new()
        } else {
            let seen = Seen {
                before: &self.price,
                quote: &merged,
                rivals: &choice.rivals,
                now,
            };
            self.watch.see(&seen, config)
        };
        self.price = next;
        outcome(Some(signals))
    }

    /// Forgets what a stream said that is lost. The price stays until somebody says another.
    pub(super) fn lose(&mut self, source: Source) {
        self.voices.lose(source);
    }

    /// A polled provider did not answer: others may speak for it until it does.
    pub(super) fn doubt(&mut self, source: Source) {
        self.voices.doubt(source);
    }

    /// What a polled provider says the coin costs, US dollars, if that is fresh.
    pub(super) fn polled_price(&self, now: UnixMillis, config: &MarketConfig) -> Option<Decimal> {
        self.voices.polled(now, config).map(|said| said.price)
    }

    /// When anybody last said anything of it.
    pub(super) fn heard_at(&self) -> UnixMillis {
        self.voices.heard_at().max(self.confirmed_at)
    }

    /// Whether nobody has confirmed the price for three poll intervals.
    pub(super) fn is_unconfirmed(&self, now: UnixMillis, config: &MarketConfig) -> bool {
        now.since(self.confirmed_at) > config.stale_after_ms()
    }

    /// Whether what was restored can be reckoned with.
    pub(super) fn is_sane(&self) -> bool {
        is_credible(self.price.price) && self.voices.is_sane() && self.watch.is_sane()
    }
}

/// Whether a price can be reckoned with: above zero.
pub(super) fn is_credible(price: Decimal) -> bool {
    !price.is_zero() && !price.is_negative()
}

/// The price of the speaker with the figures of whoever is `polled`; never older than what was told `before`.
fn merged(before: &Price, symbol: &Symbol, choice: &Choice<'_>, polled: Option<&Said>) -> Quote {
    let figures = polled.unwrap_or(choice.speaker).figures;
    Quote {
        coin: before.coin.clone(),
        symbol: symbol.clone(),
        price: choice.speaker.price,
        change_1h: figures.change_1h,
        change_24h: figures.change_24h,
        change_7d: figures.change_7d,
        volume_24h: figures.volume_24h,
        market_cap: figures.market_cap,
        source: choice.speaker.source,
        observed_at: choice.observed_at.max(before.timestamp),
    }
}

/// The price that a quote alone would make.
pub(super) fn price(quote: &Quote) -> Price {
    Price {
        coin: quote.coin.clone(),
        symbol: quote.symbol.clone(),
        price: quote.price,
        change_24h: quote.change_24h,
        volume_24h: quote.volume_24h,
        source: quote.source,
        sources: quote.source.into(),
        timestamp: quote.observed_at,
        stale: false,
    }
}
