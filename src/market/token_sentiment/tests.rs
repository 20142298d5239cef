use proptest::prelude::*;

use super::*;
use crate::model::{Symbol, UnixMillis};

const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn facts(hour: f64, four: f64, day: f64, week: f64) -> Facts {
    let known = |change: f64| change.is_finite().then_some(change);
    Facts {
        changes: [known(hour), known(four), known(day), known(week)],
        ..Facts::default()
    }
}

const UNKNOWN: f64 = f64::NAN;

#[test]
fn a_usual_rise_over_every_timeframe_is_the_tangent_of_one() {
    let reading = read(&facts(0.816_497, 1.632_993, 4.0, 10.583_005)).unwrap();
    assert_eq!(reading.sources.technical, Some(0.7616));
    assert_eq!((reading.score, reading.confidence), (0.7616, 0.4));
}

#[test]
fn timeframes_weigh_as_documented_and_the_unknown_ones_nothing() {
    // tanh(1) = 0.76159: (0.4 * -0.76159 + 0.2 * 0.76159) / 0.6.
    let reading = read(&facts(UNKNOWN, UNKNOWN, -4.0, 10.583_005)).unwrap();
    assert_eq!((reading.score, reading.confidence), (-0.2539, 0.24));
    let reading = read(&facts(0.816_497, UNKNOWN, UNKNOWN, UNKNOWN)).unwrap();
    assert_eq!((reading.score, reading.confidence), (0.7616, 0.08));
    assert_eq!(
        read(&facts(0.0, 0.0, 0.01, 0.0)).unwrap().score,
        0.001,
        "a stable coin"
    );
}

#[test]
fn attention_takes_the_side_of_the_day_and_is_a_source_of_its_own() {
    // technical tanh(0.5) = 0.46212, social tanh(2 * 2 / 4) = 0.76159.
    let wanted = |attention, day| Facts {
        attention: Some(attention),
        ..facts(UNKNOWN, UNKNOWN, day, UNKNOWN)
    };
    let reading = read(&wanted(1.0, 2.0)).unwrap();
    assert_eq!(reading.sources.social, Some(0.7616));
    assert_eq!((reading.score, reading.confidence), (0.5619, 0.36));
    let falling = read(&wanted(0.5, -4.0)).unwrap();
    assert_eq!(falling.sources.social, Some(-0.9051));
    assert_eq!(read(&wanted(1.0, 0.0)).unwrap().score, 0.0);
}

#[test]
fn nothing_is_invented() {
    assert_eq!(read(&Facts::default()), None);
    let unwanted = read(&facts(1.0, 1.0, 1.0, 1.0)).unwrap().sources;
    assert_eq!(
        (unwanted.social, unwanted.news, unwanted.whale),
        (None, None, None)
    );
    // How many look says nothing where the day's move is not known.
    let unknown = Facts {
        attention: Some(1.0),
        ..facts(1.0, UNKNOWN, UNKNOWN, UNKNOWN)
    };
    assert_eq!(read(&unknown).unwrap().sources.social, None);
}

#[test]
fn confidence_in_a_stale_price_halves_every_ten_minutes() {
    let stale = |stale_for_ms| Facts {
        stale_for_ms,
        ..facts(1.0, 1.0, 1.0, 1.0)
    };
    let confidence = |millis| read(&stale(millis)).unwrap().confidence;
    assert_eq!([0, 600_000, 1_200_000].map(confidence), [0.4, 0.2, 0.1]);
    assert_eq!(confidence(u64::MAX), 0.0);
    assert_eq!(
        read(&stale(0)).unwrap().score,
        read(&stale(600_000)).unwrap().score
    );
}

fn mood(score: f64, after_ms: u64) -> TokenSentiment {
    TokenSentiment {
        coin: CoinId::new("bitcoin").unwrap(),
        symbol: Symbol::new("BTC").unwrap(),
        level: SentimentLevel::of(score),
        score,
        confidence: 0.4,
        sources: SentimentSources::default(),
        trending_rank: None,
        change_24h: None,
        timestamp: T0.plus(after_ms),
    }
}

fn told(first: f64, then: &[(f64, u64)]) -> Vec<bool> {
    let mut moods = Moods::default();
    assert!(moods.put(mood(first, 0)).is_some());
    then.iter()
        .map(|(score, after_ms)| moods.put(mood(*score, *after_ms)).is_some())
        .collect()
}

#[test]
fn a_small_change_waits_for_thirty_seconds_and_no_change_is_never_told() {
    assert_eq!(
        told(
            0.3,
            &[(0.31, 5_000), (0.32, 25_000), (0.33, 30_000), (0.34, 35_000)]
        ),
        [false, false, true, false]
    );
    assert_eq!(told(0.3, &[(0.3, 30_000), (0.3, 900_000)]), [false, false]);
}

#[test]
fn another_level_or_a_step_is_told_at_once() {
    assert_eq!(told(0.19, &[(0.2, 5_000), (0.19, 10_000)]), [true, true]);
    assert_eq!(told(0.3, &[(0.4, 5_000)]), [true]);
    assert_eq!(told(0.3, &[(0.3999, 5_000)]), [false]);
    // Steps count from what was told, so that a slow climb is not missed.
    assert_eq!(
        told(0.3, &[(0.35, 5_000), (0.39, 10_000), (0.41, 15_000)]),
        [false, false, true]
    );
}

#[test]
fn a_rank_that_changed_is_told_with_the_next_mood() {
    let mut moods = Moods::default();
    moods.put(mood(0.3, 0));
    let ranked = |after_ms| TokenSentiment {
        trending_rank: Some(1),
        ..mood(0.3, after_ms)
    };
    assert!(moods.put(ranked(5_000)).is_none() && moods.put(ranked(30_000)).is_some());
}

proptest! {
    #[test]
    fn whatever_the_facts_no_figure_leaves_its_range(
        changes in proptest::array::uniform4(proptest::option::of(-1e9..1e9_f64)),
        attention in proptest::option::of(0.0..=1.0_f64),
        stale_for_ms: u64,
    ) {
        let known = changes.iter().any(Option::is_some);
        let reading = read(&Facts { changes, attention, stale_for_ms });
        prop_assert_eq!(reading.is_some(), known);
        if let Some(reading) = reading {
            let of = reading.sources;
            for score in [of.technical, of.social].into_iter().flatten().chain([reading.score]) {
                prop_assert!((-1.0..=1.0).contains(&score));
            }
            prop_assert!((0.0..=0.6).contains(&reading.confidence));
        }
    }

    #[test]
    fn more_attention_never_turns_a_rising_coin_gloomier(day in 0.0..50.0_f64, less in 0.0..1.0_f64, more in 0.0..1.0_f64) {
        let of = |attention| read(&Facts { attention, ..facts(UNKNOWN, UNKNOWN, day, UNKNOWN) }).unwrap().score;
        let (less, more) = (less.min(more), less.max(more));
        prop_assert!(of(None) <= of(Some(less)) && of(Some(less)) <= of(Some(more)));
    }
}
