//! Moods about single coins, and rankings, as cycles bring them about.

use super::*;
use crate::model::{SentimentLevel, Timeframe, TokenSentiment, Trending, TrendingCoin, TrendingSearch};

fn search(coins: &[&str]) -> Observation {
    let wanted = |coin: &&str| TrendingCoin {
        coin: CoinId::new(coin).unwrap(),
        symbol: Symbol::new(coin).unwrap(),
        rank: None,
        score: 0,
        price: None,
        change_24h: None,
        volume: None,
    };
    Observation::Trending(TrendingSearch {
        coins: coins.iter().map(wanted).collect(),
        source: Source::CoinGecko,
    })
}

fn moods(events: &[MarketEvent]) -> Vec<&TokenSentiment> {
    let moods = events.iter().filter_map(|event| match event {
        MarketEvent::TokenSentiment(mood) => Some(mood),
        _ => None,
    });
    moods.collect()
}

fn ranking(events: &[MarketEvent], timeframe: Timeframe) -> Option<&Trending> {
    events.iter().find_map(|event| match event {
        MarketEvent::Trending(ranking) if ranking.timeframe == timeframe => Some(ranking),
        _ => None,
    })
}

#[test]
fn a_mood_is_made_of_what_is_known_and_says_so() {
    let mut market = market();
    market.apply(search(&["ethereum"]), T0);
    let quotes = vec![
        told("bitcoin", ["0.816497", "4", "10.583005"], T0),
        told("ethereum", ["", "2", ""], T0),
        told("nothing", ["", "", ""], T0),
    ];
    let events = apply(&mut market, quotes, T0);
    let [bitcoin, ethereum] = moods(&events)[..] else {
        panic!("{events:?}")
    };
    // tanh(1), of 0.8 of the technical part.
    assert_eq!((bitcoin.score, bitcoin.confidence), (0.7616, 0.32));
    assert_eq!(bitcoin.level, SentimentLevel::VeryBullish);
    assert_eq!(
        (bitcoin.sources.technical, bitcoin.sources.social),
        (Some(0.7616), None)
    );
    assert_eq!((ethereum.score, ethereum.confidence), (0.5619, 0.36));
    assert_eq!(ethereum.sources.social, Some(0.7616));
    assert_eq!(ethereum.trending_rank, Some(1));
    assert_eq!(ethereum.change_24h, Some(decimal("2")));
}

#[test]
fn moods_come_every_thirty_seconds_and_at_once_when_they_turn() {
    let mut market = market();
    let mut cycle = |step: u64, change: &str| {
        let events = apply(
            &mut market,
            vec![told("bitcoin", ["", change, ""], at(step))],
            at(step),
        );
        moods(&events).len()
    };
    assert_eq!(cycle(0, "1.00"), 1);
    let small = ["1.01", "1.02", "1.03", "1.04", "1.05"];
    for (step, change) in (1..).zip(small) {
        assert_eq!(cycle(step, change), 0, "{change}");
    }
    assert_eq!(cycle(6, "1.06"), 1);
    assert_eq!(cycle(7, "-5"), 1);
    assert_eq!(cycle(8, "-5"), 0);
    assert_eq!(cycle(80, "-5"), 0);
}

#[test]
fn a_stale_coin_keeps_its_mood_and_loses_confidence() {
    let mut market = market();
    apply(
        &mut market,
        vec![told("bitcoin", ["0.816497", "4", "10.583005"], T0)],
        T0,
    );
    // Of an hour and of a week nobody has said anything for three polls: only the day is left.
    let events = market.assess(after(13));
    let [mood] = moods(&events)[..] else {
        panic!("{events:?}")
    };
    assert_eq!((mood.score, mood.confidence), (0.7616, 0.08));
    assert!(ranking(&events, Timeframe::H24).is_none(), "nothing is fresh");
    assert!(moods(&market.assess(after(24 * 60)))[0].confidence == 0.0);
}

#[test]
fn hours_are_measured_from_our_own_past_where_nobody_says() {
    let mut market = market();
    let mut events = Vec::new();
    for minute in 0..=240 {
        let now = after(minute);
        let price = 100.0 + minute as f64;
        let quotes = vec![
            Quote {
                change_24h: None,
                ..quote("bitcoin", price, 1e6, now)
            },
            Quote {
                change_1h: Some(decimal("7")),
                ..quote("ethereum", price, 1e6, now)
            },
        ];
        events = apply(&mut market, quotes, now);
        let (one, four) = (ranking(&events, Timeframe::H1), ranking(&events, Timeframe::H4));
        assert!(
            four.is_none() || minute >= 230,
            "four hours after {minute} minutes"
        );
        let ours = one
            .into_iter()
            .flat_map(|it| &it.coins)
            .find(|row| row.coin.as_str() == "bitcoin");
        assert!(ours.is_none() || minute >= 50, "an hour after {minute} minutes");
    }
    let change = |timeframe, coin: &str| {
        let row = ranking(&events, timeframe)?
            .coins
            .iter()
            .find(|row| row.coin.as_str() == coin)?;
        Some(row.change.to_string())
    };
    // From 280 an hour ago and from 100 four hours ago to 340.
    assert_eq!(change(Timeframe::H1, "bitcoin").as_deref(), Some("21.4286"));
    assert_eq!(change(Timeframe::H1, "ethereum").as_deref(), Some("7"));
    assert_eq!(change(Timeframe::H4, "ethereum").as_deref(), Some("240"));
    assert_eq!(change(Timeframe::H24, "bitcoin"), None);
    assert_eq!(
        ranking(&events, Timeframe::D7),
        None,
        "nobody says, and it is not measured"
    );
}

#[test]
fn of_several_who_tell_an_hour_the_first_is_believed_while_it_is_fresh() {
    let mut market = market();
    let mut hour = |source, change_1h: &str, minute| {
        let quote = Quote {
            source,
            ..told("bitcoin", [change_1h, "", ""], after(minute))
        };
        let events = apply(&mut market, vec![quote], after(minute));
        ranking(&events, Timeframe::H1).map(|it| it.coins[0].change.to_string())
    };
    assert_eq!(hour(Source::CoinMarketCap, "2", 0).as_deref(), Some("2"));
    assert_eq!(hour(Source::CoinGecko, "1", 5).as_deref(), Some("1"));
    assert_eq!(hour(Source::CoinMarketCap, "3", 6), None);
    assert_eq!(hour(Source::CoinGecko, "1", 9), None);
    assert_eq!(hour(Source::CoinMarketCap, "3", 10), None, "told already");
    assert_eq!(hour(Source::CoinMarketCap, "4", 15).as_deref(), Some("4"));
}

#[test]
fn rankings_are_told_at_once_and_then_every_five_minutes() {
    let mut market = market();
    let mut told_at = Vec::new();
    for step in 0..200 {
        let change = format!("{}.5", step % 50);
        let quotes = vec![
            told("bitcoin", ["", &change, ""], at(step)),
            told("ethereum", ["", "3", ""], at(step)),
        ];
        let events = apply(&mut market, quotes, at(step));
        if ranking(&events, Timeframe::H24).is_some() {
            told_at.push(step);
        }
    }
    assert_eq!(told_at, [0, 60, 120, 180]);
}

#[test]
fn who_gives_way_takes_its_mood_along() {
    let mut market = market();
    let batch = |prefix: &str, now| -> Vec<Quote> {
        (0..MAX_ASSETS)
            .map(|n| told(&format!("{prefix}-{n}"), ["1", "2", "3"], now))
            .collect()
    };
    apply(&mut market, batch("old", T0), T0);
    apply(&mut market, batch("new", at(1)), at(1));
    let latest: Vec<MarketEvent> = market.latest().collect();
    let held = moods(&latest);
    assert_eq!(held.len(), MAX_ASSETS);
    assert!(held.iter().all(|mood| mood.coin.as_str().starts_with("new")));
}
