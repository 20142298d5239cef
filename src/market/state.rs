use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::asset::Arrival;
use super::assets::{Applied, Assets};
use super::candles::{Candles, Teller};
use super::config::MarketConfig;
use super::statistics::Statistics;
use super::summary::{Verdict, Whole};
use crate::model::{Candle, GlobalStats, Kline, MarketEvent, Observation, Pair, Quote, Source, UnixMillis};

/// A clock that goes back by more than this, milliseconds, was set; by less, it wavers. Until it has caught up, what streams
/// say would be late, and no price would go stale.
const CLOCK_SET_BACK_MS: u64 = 60_000;

/// The market: takes observations in, and says what is new.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    pub(super) config: MarketConfig,
    pub(super) state: State,
}

/// All that the market remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) assets: Assets,
    /// Whether it is the simulated market; `None` before the first observation.
    simulated: Option<bool>,
    /// When the last observation was applied; it does not go back where the clock wavers.
    applied_at: UnixMillis,
    whole: Option<Whole>,
    pub(super) statistics: Statistics,
    pub(super) late: u64,
    /// Quotes that were another coin's or outvoted, by who said them.
    pub(super) outliers: BTreeMap<Source, u64>,
    /// Tickers paid in what should be a dollar and is not.
    pub(super) off_peg: u64,
    pub(super) candles: Candles,
}

impl Market {
    /// An empty market.
    pub fn new(config: MarketConfig) -> Self {
        Self {
            config,
            state: State::default(),
        }
    }

    /// Takes in what a provider said, at `now`, and returns what is new, in order: prices, each
    /// followed by its signals, by the rule of `merge`; for figures of the whole market, the summary; for trades,
    /// klines and tickers, the candles that they changed, by the rules of `candles`. What is not new is not in
    /// it, and the loss of a stream is nothing new. What all of it together amounts to is told by
    /// [`assess`](Self::assess).
    pub fn apply(&mut self, observation: Observation, now: UnixMillis) -> Vec<MarketEvent> {
        match observation {
            Observation::Quotes(quotes) => match quotes.first().map(|quote| quote.source) {
                Some(source) => self.apply_quotes(&quotes, source, now),
                None => Vec::new(),
            },
            Observation::Global(stats) => self.apply_global(&stats, now),
            Observation::Trades { pair, source, trades } => {
                self.begin_anew_if_need_be(source, now);
                self.state.candles.trades(&pair, source, trades, now)
            }
            Observation::Klines {
                pair,
                source,
                klines,
                observed_at,
            } => {
                self.begin_anew_if_need_be(source, now);
                let teller = Teller { source, observed_at };
                self.state.candles.klines(&pair, teller, &klines, now)
            }
            Observation::Tickers(tickers) => match tickers.first().map(|ticker| ticker.source) {
                Some(source) => self.apply_tickers(&tickers, source, now),
                None => Vec::new(),
            },
            Observation::Lost(source) => {
                self.state.assets.lose(source);
                Vec::new()
            }
            Observation::Unanswered(source) => {
                self.state.assets.doubt(source);
                Vec::new()
            }
            Observation::FearGreed(index) => {
                self.begin_anew_if_need_be(index.source, now);
                let late = self.state.statistics.hear_fear_greed(index);
                self.state.late = self.state.late.saturating_add(u64::from(late));
                Vec::new()
            }
            Observation::Trending(search) => {
                self.begin_anew_if_need_be(search.source, now);
                self.state.statistics.hear_trending(search, now);
                Vec::new()
            }
        }
    }

    /// Looks at the market as a whole, at most every 5 s, and returns what is new, in order: volume and
    /// sentiment, rankings, moods. Call it in every cycle, after the cycle's observations.
    pub fn assess(&mut self, now: UnixMillis) -> Vec<MarketEvent> {
        let State {
            assets,
            whole,
            statistics,
            ..
        } = &mut self.state;
        let totals = whole.as_ref().and_then(|whole| whole.totals(now, &self.config));
        statistics.assess(assets, totals, now, &self.config)
    }

    /// Closes the candles that ended [`CLOSE_GRACE_MS`](super::CLOSE_GRACE_MS) before `now` without later
    /// data, and returns their final states. Call it in every cycle, after the cycle's observations.
    pub fn close_minutes(&mut self, now: UnixMillis) -> Vec<MarketEvent> {
        self.state.candles.close(now)
    }

    /// Builds the candles of a pair anew from whole hours and minutes of its past, oldest first, and returns the
    /// newest candles: what was before them is nobody's news. `teller` says who was asked, and when.
    pub fn seed_candles(
        &mut self,
        pair: &Pair,
        teller: Teller,
        hours: &[Candle],
        minutes: &[Kline],
        now: UnixMillis,
    ) -> Vec<MarketEvent> {
        self.begin_anew_if_need_be(teller.source, now);
        self.state.candles.seed(pair, teller, hours, minutes, now)
    }

    /// When the newest minute of that pair begins; `None` while it has no candle.
    pub fn newest_minute(&self, pair: &Pair) -> Option<UnixMillis> {
        self.state.candles.newest(pair)
    }

    /// Prices, and the figures of the whole market, are confirmed this often at present, milliseconds; what is
    /// stale follows it.
    pub fn set_confirm_intervals(&mut self, prices: u64, market: u64) {
        self.config.confirm_interval_ms = prices;
        self.config.market_interval_ms = market;
    }

    /// Forgets the candles of all pairs but these: the settings name others now.
    pub fn retain_pairs(&mut self, keep: &[Pair]) {
        self.state.candles.retain(keep);
    }

    /// Marks what no provider has confirmed for three poll intervals, and returns it, once. Also
    /// call it when a poll fails.
    pub fn mark_stale(&mut self, now: UnixMillis) -> Vec<MarketEvent> {
        let mut events = Vec::new();
        for asset in self.state.assets.iter_mut() {
            if !asset.price.stale && asset.is_unconfirmed(now, &self.config) {
                asset.price.stale = true;
                events.push(MarketEvent::Price(asset.price.clone()));
            }
        }
        if let Some(whole) = &mut self.state.whole
            && whole.mark_stale(now, &self.config)
        {
            events.push(MarketEvent::Summary(whole.summary.clone()));
        }
        events
    }

    /// The latest value of every channel that has one: prices by market cap, then the whole market, rankings
    /// and moods, then the newest candle of each pair and interval.
    /// The order matters to who learns the coins from it: of two with one ticker the larger is the first.
    pub fn latest(&self) -> impl Iterator<Item = MarketEvent> + '_ {
        let State {
            assets,
            whole,
            statistics,
            candles,
            ..
        } = &self.state;
        let prices = assets
            .by_cap()
            .into_iter()
            .map(|asset| MarketEvent::Price(asset.price.clone()));
        prices
            .chain(
                whole
                    .iter()
                    .map(|whole| MarketEvent::Summary(whole.summary.clone())),
            )
            .chain(statistics.latest())
            .chain(candles.latest())
    }

    fn apply_quotes(&mut self, quotes: &[Quote], source: Source, now: UnixMillis) -> Vec<MarketEvent> {
        self.begin_anew_if_need_be(source, now);
        let arrivals = quotes.iter().map(|quote| Arrival { quote, place: 0 });
        let applied = self.take_in(arrivals);
        self.state.statistics.hear_quotes(quotes, now, &self.config);
        applied.events
    }

    /// Takes in quotes of whatever kind, and counts what is wrong with them.
    pub(super) fn take_in<'a>(&mut self, arrivals: impl Iterator<Item = Arrival<'a>>) -> Applied {
        let state = &mut self.state;
        let applied = state.assets.apply(arrivals, state.applied_at, &self.config);
        state.late = state.late.saturating_add(applied.late);
        for source in &applied.outliers {
            let count = state.outliers.entry(*source).or_default();
            *count = count.saturating_add(1);
        }
        applied
    }

    fn apply_global(&mut self, stats: &GlobalStats, now: UnixMillis) -> Vec<MarketEvent> {
        self.begin_anew_if_need_be(stats.source, now);
        let known = self.state.whole.as_ref();
        match known.map_or(Verdict::Taken, |whole| whole.judge(stats, now, &self.config)) {
            Verdict::Taken => {}
            Verdict::Spare => return Vec::new(),
            Verdict::Late => {
                self.state.late = self.state.late.saturating_add(1);
                return Vec::new();
            }
        }
        let mut next = Whole::new(stats, now);
        if let Some(known) = known {
            // Another provider's word may be older than the one before it; what clients see is not.
            next.summary.timestamp = next.summary.timestamp.max(known.summary.timestamp);
        }
        let is_new = known.map(|whole| &whole.summary) != Some(&next.summary);
        let event = is_new.then(|| MarketEvent::Summary(next.summary.clone()));
        self.state.whole = Some(next);
        event.into_iter().collect()
    }

    /// Forgets all where nothing that is known can be compared with what comes: the real market
    /// after the simulated one (its prices would be refused as late, or be taken for a crash), and
    /// after the clock was set back (everything would be late until it has caught up).
    pub(super) fn begin_anew_if_need_be(&mut self, source: Source, now: UnixMillis) {
        let simulated = source == Source::Simulated;
        let other = self.state.simulated.is_some_and(|before| before != simulated);
        if other || self.state.applied_at.since(now) > CLOCK_SET_BACK_MS {
            self.state = State {
                late: self.state.late,
                outliers: std::mem::take(&mut self.state.outliers),
                off_peg: self.state.off_peg,
                candles: self.state.candles.emptied(),
                ..State::default()
            };
        }
        self.state.simulated = Some(simulated);
        // What comes is never received before what was told, however the clock wavers.
        self.state.applied_at = self.state.applied_at.max(now);
    }
}
