//! What the market as a whole amounts to: a look every 5 s, whatever streams say in between.

use serde::{Deserialize, Serialize};

use super::asset::Asset;
use super::assets::{Assets, MAX_ASSETS};
use super::attention::Attention;
use super::changes::Changes;
use super::config::MarketConfig;
use super::pace::is_due;
use super::sentiment::sentiment;
use super::summary::Totals;
use super::token_sentiment::{self, Facts, Moods, Reading};
use super::trending::{self, Candidate, Rankings};
use super::volume::{VolumeAverage, VolumeInput, volume};
use crate::model::{
    Decimal, FearGreed, MarketEvent, MarketSentiment, MarketVolume, Quote, SentimentLevel, Timeframe,
    TokenSentiment, TrendingSearch, UnixMillis,
};

/// From look to look, milliseconds.
const LOOK_EVERY_MS: u64 = 5_000;

/// What is remembered for volume, sentiment, rankings and moods, and what was last told of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Statistics {
    looked_at: UnixMillis,
    average: VolumeAverage,
    volume: Option<MarketVolume>,
    fear_greed: Option<FearGreed>,
    sentiment: Option<MarketSentiment>,
    changes: Changes,
    attention: Attention,
    rankings: Rankings,
    moods: Moods,
}

/// What one look is about.
struct View<'a> {
    assets: &'a Assets,
    totals: Option<Totals>,
    now: UnixMillis,
    config: &'a MarketConfig,
}

/// One coin, and what there is to say of it.
struct Judged<'a> {
    asset: &'a Asset,
    /// In the order of [`Timeframe::ALL`].
    changes: [Option<Decimal>; 4],
    attention: Option<f64>,
    /// `None` if nothing is known.
    reading: Option<Reading>,
}

impl Statistics {
    /// Takes in what providers say of an hour and a week; the rest of a quote is the assets'.
    pub(super) fn hear_quotes(&mut self, quotes: &[Quote], now: UnixMillis, config: &MarketConfig) {
        self.changes.hear(quotes, now, config);
    }

    /// Takes in the fear and greed index; `true` if it is older than what is known, and dropped.
    pub(super) fn hear_fear_greed(&mut self, index: FearGreed) -> bool {
        let known = self.fear_greed.as_ref();
        let late = known.is_some_and(|known| index.observed_at < known.observed_at);
        if !late {
            self.fear_greed = Some(index);
        }
        late
    }

    /// Takes in what most people look for.
    pub(super) fn hear_trending(&mut self, search: TrendingSearch, now: UnixMillis) {
        self.attention = Attention::new(search, now);
    }

    /// Looks at the coins, if a look is due, and returns what is new. `totals` are the whole market's, if
    /// known.
    pub(super) fn assess(
        &mut self,
        assets: &Assets,
        totals: Option<Totals>,
        now: UnixMillis,
        config: &MarketConfig,
    ) -> Vec<MarketEvent> {
        if assets.len() == 0 || !is_due(self.looked_at, LOOK_EVERY_MS, now) {
            return Vec::new();
        }
        self.looked_at = now;
        let view = View {
            assets,
            totals,
            now,
            config,
        };
        self.changes.look(assets, now, config);
        self.moods.retain(|coin| assets.get(coin).is_some());
        let judged: Vec<Judged<'_>> = assets.iter().map(|asset| self.judge(asset, &view)).collect();
        let mut events = Vec::new();
        events.extend(self.new_volume(&view).map(MarketEvent::Volume));
        events.extend(self.new_sentiment(&view).map(MarketEvent::Sentiment));
        self.rank(&judged, &view, &mut events);
        self.feel(&judged, now, &mut events);
        events
    }

    /// What was last told: volume, sentiment, rankings, moods.
    pub(super) fn latest(&self) -> impl Iterator<Item = MarketEvent> + '_ {
        let volume = self.volume.iter().cloned().map(MarketEvent::Volume);
        let sentiment = self.sentiment.iter().cloned().map(MarketEvent::Sentiment);
        let rankings = self.rankings.iter().cloned().map(MarketEvent::Trending);
        let moods = self.moods.iter().cloned().map(MarketEvent::TokenSentiment);
        volume.chain(sentiment).chain(rankings).chain(moods)
    }

    /// Whether it could have come about by itself.
    pub(super) fn is_sane(&self) -> bool {
        let whole = self.average.is_sane() && self.changes.is_sane() && self.attention.is_sane();
        let coins = self.rankings.is_sane() && self.moods.is_sane();
        whole && coins && self.moods.iter().count() <= MAX_ASSETS
    }

    fn judge<'a>(&self, asset: &'a Asset, view: &View<'_>) -> Judged<'a> {
        let (now, config) = (view.now, view.config);
        let changes = Timeframe::ALL.map(|timeframe| self.changes.of(asset, timeframe, now, config));
        let attention = self.attention.of(&asset.price.coin, now);
        let facts = Facts {
            changes: changes.map(|change| change.map(Decimal::to_f64)),
            attention,
            stale_for_ms: now
                .since(asset.confirmed_at)
                .saturating_sub(config.stale_after_ms()),
        };
        Judged {
            asset,
            changes,
            attention,
            reading: token_sentiment::read(&facts),
        }
    }

    /// The volume figures, if more than their time is new.
    fn new_volume(&mut self, view: &View<'_>) -> Option<MarketVolume> {
        let newest = view.fresh().map(|asset| asset.price.timestamp).max()?;
        let known = self.volume.as_ref();
        let input = VolumeInput {
            total: view.totals.map(|totals| totals.volume),
            at: known.map_or(newest, |known| known.timestamp.max(newest)),
            half_life_ms: view.config.half_life_ms(),
        };
        let next = volume(view.fresh(), &mut self.average, &input)?;
        let same = known.is_some_and(|known| {
            MarketVolume {
                timestamp: next.timestamp,
                ..known.clone()
            } == next
        });
        (!same).then(|| self.volume.insert(next).clone())
    }

    /// The mood of the market, if more than its time is new.
    fn new_sentiment(&mut self, view: &View<'_>) -> Option<MarketSentiment> {
        let total = view.totals.map(|totals| totals.market_cap.to_f64());
        let next = sentiment(view.fresh(), total, self.fear_greed.as_ref(), view.now)?;
        let same = self.sentiment.as_ref().is_some_and(|known| {
            MarketSentiment {
                timestamp: next.timestamp,
                ..known.clone()
            } == next
        });
        (!same).then(|| self.sentiment.insert(next).clone())
    }

    /// The rankings that are due and new.
    fn rank(&mut self, judged: &[Judged<'_>], view: &View<'_>, events: &mut Vec<MarketEvent>) {
        for (position, timeframe) in Timeframe::ALL.into_iter().enumerate() {
            if !self.rankings.is_due(timeframe, view.now) {
                continue;
            }
            let fresh = judged.iter().filter(|coin| view.is_fresh(coin.asset));
            let candidates = fresh.filter_map(|coin| {
                Some(Candidate {
                    asset: coin.asset,
                    change: coin.changes.get(position).copied().flatten()?,
                    attention: coin.attention,
                    sentiment_score: coin.reading.map(|reading| reading.score),
                })
            });
            let ranking = trending::rank(timeframe, candidates.collect());
            let ranking = self.rankings.put(timeframe, ranking, view.now);
            events.extend(ranking.map(MarketEvent::Trending));
        }
    }

    /// The moods that are to be told.
    fn feel(&mut self, judged: &[Judged<'_>], now: UnixMillis, events: &mut Vec<MarketEvent>) {
        for coin in judged {
            let Some(reading) = coin.reading else {
                continue;
            };
            let price = &coin.asset.price;
            let mood = TokenSentiment {
                coin: price.coin.clone(),
                symbol: price.symbol.clone(),
                level: SentimentLevel::of(reading.score),
                score: reading.score,
                confidence: reading.confidence,
                sources: reading.sources,
                trending_rank: self.rankings.place(&price.coin, now),
                change_24h: price.change_24h,
                timestamp: now,
            };
            events.extend(self.moods.put(mood).map(MarketEvent::TokenSentiment));
        }
    }
}

impl View<'_> {
    /// The coins whose price somebody has confirmed of late.
    fn fresh(&self) -> impl Iterator<Item = &Asset> {
        self.assets.iter().filter(|asset| self.is_fresh(asset))
    }

    fn is_fresh(&self, asset: &Asset) -> bool {
        !asset.is_unconfirmed(self.now, self.config)
    }
}
