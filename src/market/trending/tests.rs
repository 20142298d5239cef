use proptest::prelude::*;

use super::*;
use crate::market::asset::Arrival;
use crate::model::{Quote, Source, Symbol};

const T0: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn asset(id: &str, volume: Option<f64>, cap: Option<f64>) -> Asset {
    let amount = |value: f64| Decimal::from_f64(value, 12).unwrap();
    let quote = Quote {
        coin: CoinId::new(id).unwrap(),
        symbol: Symbol::new(id).unwrap(),
        price: Decimal::from(1),
        change_1h: None,
        change_24h: None,
        change_7d: None,
        volume_24h: volume.map(amount),
        market_cap: cap.map(amount),
        source: Source::CoinGecko,
        observed_at: T0,
    };
    Asset::new(
        Arrival {
            quote: &quote,
            place: 0,
        },
        T0,
    )
}

fn candidate(asset: &Asset, change: f64, attention: Option<f64>) -> Candidate<'_> {
    Candidate {
        asset,
        change: Decimal::from_f64(change, 12).unwrap(),
        attention,
        sentiment_score: None,
    }
}

fn scores(rows: &[TrendingRow]) -> Vec<(&str, f64)> {
    rows.iter()
        .map(|row| (row.coin.as_str(), row.trending_score))
        .collect()
}

#[test]
fn the_score_is_its_documented_formula() {
    // Medians: a change of 2%, a turnover of 0.1.
    let (a, b, c) = (
        asset("a", Some(10.0), Some(100.0)),
        asset("b", Some(30.0), Some(100.0)),
        asset("c", Some(5.0), Some(100.0)),
    );
    let rows = rank(
        Timeframe::H24,
        vec![
            candidate(&a, 2.0, None),
            candidate(&b, -6.0, None),
            candidate(&c, 1.0, Some(0.5)),
        ],
    )
    .coins;
    // b: m = 3, t = 3: 0.375 + 0.1875. c: m = t = 0.5: 0.16667 + 0.08333 + 0.125. a: 0.25 + 0.125.
    assert_eq!(scores(&rows), [("b", 0.5625), ("a", 0.375), ("c", 0.375)]);
    assert_eq!(rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rows[0].change.to_string(), "-6");
}

#[test]
fn what_is_not_known_adds_nothing() {
    let (known, no_volume, no_cap, zero_cap) = (
        asset("known", Some(10.0), Some(100.0)),
        asset("no-volume", None, Some(100.0)),
        asset("no-cap", Some(10.0), None),
        asset("zero-cap", Some(10.0), Some(0.0)),
    );
    let all = [&known, &no_volume, &no_cap, &zero_cap];
    let rows = rank(
        Timeframe::H24,
        all.map(|asset| candidate(asset, 2.0, None)).into(),
    )
    .coins;
    assert_eq!(
        scores(&rows),
        [
            ("known", 0.375),
            ("no-cap", 0.25),
            ("no-volume", 0.25),
            ("zero-cap", 0.25)
        ]
    );
    assert_eq!(rows[2].volume_24h, None);
    assert_eq!(rank(Timeframe::H24, Vec::new()), Ranking::default());
}

#[test]
fn a_resting_market_makes_no_leaders_of_noise() {
    let (a, b) = (asset("a", None, None), asset("b", None, None));
    let rows = |timeframe| {
        let rows = rank(
            timeframe,
            vec![candidate(&a, 0.0, None), candidate(&b, 0.001, None)],
        )
        .coins;
        rows[0].trending_score
    };
    // 0.001 / 0.1 = 0.01, and 0.01 / 1.01 / 2; over an hour 0.1 / sqrt(24) = 0.020412 is the least.
    assert_eq!(rows(Timeframe::H24), 0.005);
    assert_eq!(rows(Timeframe::H1), 0.0234);
}

#[test]
fn twenty_rows_and_no_more() {
    let assets: Vec<Asset> = (0..30).map(|n| asset(&format!("c{n:02}"), None, None)).collect();
    let candidates = assets
        .iter()
        .enumerate()
        .map(|(n, asset)| candidate(asset, n as f64, None));
    let rows = rank(Timeframe::D7, candidates.collect()).coins;
    assert_eq!((rows.len(), rows[0].coin.as_str()), (20, "c29"));
}

fn row(coin: &str, trending_score: f64) -> TrendingRow {
    TrendingRow {
        coin: CoinId::new(coin).unwrap(),
        symbol: Symbol::new(coin).unwrap(),
        rank: 1,
        sentiment_score: None,
        volume_24h: None,
        change: Decimal::from(1),
        change_24h: None,
        trending_score,
    }
}

fn of(coins: &[TrendingRow], memecoins: &[TrendingRow]) -> Ranking {
    Ranking {
        coins: coins.to_vec(),
        memecoins: memecoins.to_vec(),
    }
}

#[test]
fn memecoins_have_ranks_of_their_own_and_the_scores_that_they_have_among_all() {
    let assets: Vec<Asset> = (0..30)
        .map(|n| asset(&format!("c{n:02}"), Some(10.0), Some(100.0)))
        .chain(["dogecoin", "pepe", "pump-fun", "shiba-inu"].map(|id| asset(id, Some(10.0), Some(100.0))))
        .collect();
    // Pepe leads all; Dogecoin and Shiba Inu are behind the twentieth.
    let changes = (0..30)
        .map(|n| f64::from(n) + 10.0)
        .chain([2.0, 50.0, 49.0, -3.0]);
    let candidates = assets
        .iter()
        .zip(changes)
        .map(|(asset, change)| candidate(asset, change, None));
    let Ranking { coins, memecoins } = rank(Timeframe::H24, candidates.collect());
    assert_eq!((coins.len(), coins[0].coin.as_str()), (20, "pepe"));
    let places: Vec<(&str, u32)> = memecoins
        .iter()
        .map(|row| (row.coin.as_str(), row.rank))
        .collect();
    assert_eq!(places, [("pepe", 1), ("shiba-inu", 2), ("dogecoin", 3)]);
    assert_eq!(memecoins[0].trending_score, coins[0].trending_score);
    assert!(memecoins[1].trending_score < coins[19].trending_score);
}

#[test]
fn a_ranking_is_told_if_only_its_memecoins_changed() {
    let mut rankings = Rankings::default();
    let coins = [row("a", 0.5)];
    let minute = |n: u64| T0.plus(n * 60_000);
    rankings.put(Timeframe::H1, of(&coins, &[row("pepe", 0.4)]), T0);
    let same = of(&coins, &[row("pepe", 0.4)]);
    assert_eq!(rankings.put(Timeframe::H1, same, minute(5)), None);
    let told = rankings.put(Timeframe::H1, of(&coins, &[row("pepe", 0.3)]), minute(10));
    assert_eq!(told.unwrap().memecoins, [row("pepe", 0.3)]);
}

#[test]
fn a_ranking_is_told_every_five_minutes_if_it_changed() {
    let mut rankings = Rankings::default();
    let minute = |n: u64| T0.plus(n * 60_000);
    assert!(rankings.put(Timeframe::H1, Ranking::default(), T0).is_none());
    assert!(rankings.is_due(Timeframe::H1, T0), "no data is no ranking");
    assert!(
        rankings
            .put(Timeframe::H1, of(&[row("a", 0.5)], &[]), T0)
            .is_some()
    );
    assert!(!rankings.is_due(Timeframe::H1, minute(4)));
    assert!(rankings.is_due(Timeframe::H4, minute(4)) && rankings.is_due(Timeframe::H1, minute(5)));
    assert!(
        rankings
            .put(Timeframe::H1, of(&[row("a", 0.5)], &[]), minute(5))
            .is_none()
    );
    assert!(!rankings.is_due(Timeframe::H1, minute(9)));
    let next = rankings
        .put(Timeframe::H1, of(&[row("a", 0.6)], &[]), minute(10))
        .unwrap();
    assert_eq!(next.timestamp, minute(10));
}

#[test]
fn a_place_is_the_one_of_24_hours_until_that_is_two_rounds_old() {
    let mut rankings = Rankings::default();
    let (a, b) = (CoinId::new("a").unwrap(), CoinId::new("b").unwrap());
    rankings.put(Timeframe::H1, of(&[row("a", 0.5)], &[]), T0);
    assert_eq!(rankings.place(&a, T0), None);
    rankings.put(Timeframe::H24, of(&[row("a", 0.5)], &[]), T0);
    assert_eq!((rankings.place(&a, T0), rankings.place(&b, T0)), (Some(1), None));
    assert_eq!(rankings.place(&a, T0.plus(600_000)), Some(1));
    assert_eq!(rankings.place(&a, T0.plus(600_001)), None);
}

proptest! {
    #[test]
    fn any_market_is_ranked_from_most_to_least(
        coins in proptest::collection::vec(
            (-1e6..1e6_f64, proptest::option::of(0.0..1e13_f64), proptest::option::of(0.0..1e13_f64), proptest::option::of(0.0..=1.0_f64)),
            0..60,
        ),
    ) {
        let assets: Vec<Asset> =
            coins.iter().enumerate().map(|(n, (_, volume, cap, _))| asset(&format!("c{n}"), *volume, *cap)).collect();
        let candidates = assets.iter().zip(&coins).map(|(asset, (change, .., attention))| candidate(asset, *change, *attention));
        let rows = rank(Timeframe::H4, candidates.collect()).coins;
        prop_assert_eq!(rows.len(), coins.len().min(20));
        prop_assert!(rows.iter().all(|row| (0.0..=1.0).contains(&row.trending_score)));
        prop_assert!(rows.is_sorted_by(|a, b| a.trending_score >= b.trending_score));
    }
}
