use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{
    FearGreed, SentimentLevel, Timeframe, TokenSentiment, Trending, TrendingCoin, TrendingSearch,
};

const COINS: [&str; 4] = ["bitcoin", "ethereum", "solana", "tether"];

/// What comes in, and how long after the one before.
#[derive(Debug, Clone)]
enum Input {
    Quotes(Vec<(usize, f64, f64, u64)>),
    Global(u64, bool),
    FearGreed(u8, u64),
    Trending(Vec<usize>),
    MarkStale,
}

fn input() -> impl Strategy<Value = (u64, Input)> {
    let price = prop_oneof![8 => 99.0..101.0_f64, 1 => 1e-12..1e12_f64];
    let volume = prop_oneof![8 => 0.9e9..1.1e9_f64, 1 => 0.0..1e15_f64];
    let row = (0..COINS.len(), price, volume, 0_u64..20_000);
    let input = prop_oneof![
        8 => proptest::collection::vec(row, 0..6).prop_map(Input::Quotes),
        1 => (1_u64..1_000_000, any::<bool>()).prop_map(|(cap, other)| Input::Global(cap, other)),
        1 => (0_u8..=100, 0_u64..200_000_000).prop_map(|(value, age)| Input::FearGreed(value, age)),
        1 => proptest::collection::vec(0..COINS.len(), 0..5).prop_map(Input::Trending),
        1 => Just(Input::MarkStale),
    ];
    let pause = prop_oneof![8 => Just(STEP), 2 => 0_u64..70_000, 1 => 0_u64..5_000_000];
    (pause, input)
}

/// Runs the inputs; `before_each` may exchange the market before every one of them.
fn run(inputs: &[(u64, Input)], mut before_each: impl FnMut(usize, &mut Market)) -> Vec<MarketEvent> {
    let mut market = market();
    let mut now = T0;
    let mut events = Vec::new();
    for (n, (pause, input)) in inputs.iter().enumerate() {
        before_each(n, &mut market);
        now = now.plus(*pause);
        events.extend(match input {
            Input::Global(cap, other) => {
                let mut stats = global(&cap.to_string(), now);
                if *other {
                    stats.source = Source::CoinMarketCap;
                }
                market.apply(Observation::Global(stats), now)
            }
            Input::FearGreed(value, age) => {
                let observed_at = UnixMillis::new(now.get() - age);
                market.apply(Observation::FearGreed(index(*value, observed_at)), now)
            }
            Input::Trending(coins) => market.apply(Observation::Trending(search(coins)), now),
            Input::MarkStale => market.mark_stale(now),
            Input::Quotes(rows) => {
                let quotes = rows.iter().map(|(coin, price, volume, delay)| {
                    // Of some coins a provider tells an hour and a week, of others nobody does.
                    let told = |change| (*coin < 2).then(|| Decimal::from_f64(change, 6)).flatten();
                    Quote {
                        change_1h: told(price - 100.0),
                        change_24h: Decimal::from_f64(price - 100.0, 6),
                        change_7d: told(volume / 1e8 - 10.0),
                        ..quote(COINS[*coin], *price, *volume, UnixMillis::new(now.get() - delay))
                    }
                });
                apply(&mut market, quotes.collect(), now)
            }
        });
        events.extend(market.assess(now));
    }
    events
}

fn index(value: u8, observed_at: UnixMillis) -> FearGreed {
    FearGreed {
        value,
        classification: None,
        source: Source::AlternativeMe,
        observed_at,
    }
}

fn search(coins: &[usize]) -> TrendingSearch {
    let wanted = coins.iter().map(|coin| TrendingCoin {
        coin: CoinId::new(COINS[*coin]).unwrap(),
        symbol: Symbol::new(COINS[*coin]).unwrap(),
        rank: None,
        score: 0,
        price: None,
        change_24h: None,
        volume: None,
    });
    TrendingSearch {
        coins: wanted.collect(),
        source: Source::CoinGecko,
    }
}

pub(super) fn figures(event: &MarketEvent) -> Vec<f64> {
    match event {
        MarketEvent::Price(_) | MarketEvent::Summary(_) | MarketEvent::Candle(_) => Vec::new(),
        MarketEvent::Signal(s) => vec![s.confidence, s.metadata.price_change, s.metadata.volume_spike],
        MarketEvent::Volume(v) => v.leaders.iter().map(|l| l.share).chain(v.change).collect(),
        MarketEvent::Sentiment(s) => vec![s.score, s.confidence],
        MarketEvent::TokenSentiment(s) => {
            let of = s.sources;
            let known = [of.social, of.news, of.whale, of.technical].into_iter().flatten();
            known.chain([s.score, s.confidence]).collect()
        }
        MarketEvent::Trending(t) => t.coins.iter().map(|row| row.trending_score).collect(),
    }
}

proptest! {
    #[test]
    fn a_replay_gives_the_same_and_so_does_an_eviction_anywhere(
        inputs in proptest::collection::vec(input(), 1..80), evictions: u64,
    ) {
        let once = run(&inputs, |_, _| {});
        prop_assert_eq!(&once, &run(&inputs, |_, _| {}));
        let evicted = run(&inputs, |n, market| {
            if evictions >> (n % 64) & 1 == 1 {
                let restored = Market::restore(&market.snapshot(), MarketConfig::default()).unwrap();
                assert_eq!(&restored, market);
                *market = restored;
            }
        });
        prop_assert_eq!(&once, &evicted);
    }

    #[test]
    fn what_comes_out_keeps_its_promises(inputs in proptest::collection::vec(input(), 1..80)) {
        let mut newest: BTreeMap<String, UnixMillis> = BTreeMap::new();
        let mut last: BTreeMap<String, Price> = BTreeMap::new();
        let mut ids = std::collections::BTreeSet::new();
        let mut moods: BTreeMap<String, TokenSentiment> = BTreeMap::new();
        let mut rankings: BTreeMap<Timeframe, Trending> = BTreeMap::new();
        for event in run(&inputs, |_, _| {}) {
            for figure in figures(&event) {
                prop_assert!(figure.is_finite());
            }
            match event {
                MarketEvent::Price(price) => {
                    let coin = price.coin.to_string();
                    let before = newest.insert(coin.clone(), price.timestamp);
                    prop_assert!(before.is_none_or(|before| before <= price.timestamp), "went back");
                    prop_assert!(last.insert(coin, price.clone()).as_ref() != Some(&price), "nothing new");
                }
                MarketEvent::Signal(signal) => {
                    prop_assert!((0.0..=1.0).contains(&signal.confidence));
                    prop_assert!(ids.insert(signal.id), "an id twice");
                }
                MarketEvent::Sentiment(sentiment) => {
                    prop_assert!((-1.0..=1.0).contains(&sentiment.score));
                    prop_assert!((0.0..=1.0).contains(&sentiment.confidence));
                }
                MarketEvent::TokenSentiment(mood) => {
                    for score in figures(&MarketEvent::TokenSentiment(mood.clone())) {
                        prop_assert!((-1.0..=1.0).contains(&score));
                    }
                    prop_assert!((0.0..=1.0).contains(&mood.confidence));
                    prop_assert_eq!((mood.sources.news, mood.sources.whale), (None, None));
                    prop_assert_eq!(mood.level, SentimentLevel::of(mood.score));
                    if let Some(told) = moods.insert(mood.coin.to_string(), mood.clone()) {
                        let early = mood.timestamp.since(told.timestamp) < 29_000;
                        let step = (mood.score - told.score).abs() > 0.0999 || mood.level != told.level;
                        prop_assert!(!early || step, "told too often");
                        prop_assert!(TokenSentiment { timestamp: told.timestamp, ..mood } != told, "nothing new");
                    }
                }
                MarketEvent::Trending(ranking) => {
                    let scores: Vec<f64> = ranking.coins.iter().map(|row| row.trending_score).collect();
                    prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
                    prop_assert!(scores.is_sorted_by(|a, b| a >= b));
                    prop_assert!(ranking.coins.iter().map(|row| row.rank).eq(1..=ranking.coins.len() as u32));
                    if let Some(told) = rankings.insert(ranking.timeframe, ranking.clone()) {
                        prop_assert!(ranking.timestamp.since(told.timestamp) >= 299_000, "told too often");
                        prop_assert!(ranking.coins != told.coins, "nothing new");
                    }
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_damaged_snapshot_is_refused_or_harmless(at_byte: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut market = market();
        for step in 0..30 {
            apply(&mut market, vec![quote("bitcoin", 100.0, 1e9, at(step))], at(step));
        }
        let mut bytes = market.snapshot();
        let position = at_byte.index(bytes.len());
        bytes[position] = byte;
        let cut_off = &bytes[..cut.index(bytes.len())];
        for bytes in [cut_off, &bytes[..]] {
            if let Ok(mut market) = Market::restore(bytes, MarketConfig::default()) {
                for event in apply(&mut market, vec![quote("bitcoin", 150.0, 1e9, at(40))], at(40)) {
                    prop_assert!(figures(&event).iter().all(|figure| figure.is_finite()));
                }
            }
        }
    }
}

#[test]
fn a_snapshot_of_another_version_is_refused() {
    let mut bytes = market().snapshot();
    bytes[0] = 0;
    assert_eq!(
        Market::restore(&bytes, MarketConfig::default()),
        Err(SnapshotError::Version(Some(0)))
    );
    assert_eq!(
        Market::restore(&[], MarketConfig::default()),
        Err(SnapshotError::Version(None))
    );
}

#[test]
fn a_full_snapshot_is_compact() {
    let mut market = market();
    // Five hours, until all averages and the past of all coins are there.
    for step in 0..60 {
        let price = 1.234_567 + 0.001 * f64::from(u8::try_from(step % 7).unwrap());
        let now = T0.plus(step * 300_000);
        let coins = (0..MAX_ASSETS).map(|n| Quote {
            change_1h: Some(decimal("0.25")),
            change_7d: Some(decimal("-12.5")),
            ..quote(&format!("a-coin-of-usual-length-{n}"), price, 1e9 + price, now)
        });
        apply(&mut market, coins.collect(), now);
    }
    let bytes = market.snapshot().len();
    println!("{} bytes a coin", bytes / MAX_ASSETS);
    assert!(bytes < 1_100 * MAX_ASSETS, "{bytes}");
}
