//! Moods, rankings and the market's figures, as cycles bring them about.

use super::*;
use crate::model::{
    FearGreed, MarketSentiment, MarketVolume, SentimentLevel, Timeframe, TokenSentiment, Trending,
    TrendingCoin, TrendingSearch,
};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn after(minutes: u64) -> UnixMillis {
    T0.plus(minutes * MINUTE)
}

/// A quote that tells changes of an hour, a day and a week; empty: it does not.
fn told(coin: &str, changes: [&str; 3], now: UnixMillis) -> Quote {
    let change = |text: &str| (!text.is_empty()).then(|| decimal(text));
    let [change_1h, change_24h, change_7d] = changes.map(change);
    Quote {
        change_1h,
        change_24h,
        change_7d,
        ..quote(coin, 100.0, 1e6, now)
    }
}

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

fn index(value: u8, observed_at: UnixMillis) -> Observation {
    Observation::FearGreed(FearGreed {
        value,
        classification: None,
        source: Source::AlternativeMe,
        observed_at,
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

fn sentiment(events: &[MarketEvent]) -> Option<&MarketSentiment> {
    events.iter().find_map(|event| match event {
        MarketEvent::Sentiment(sentiment) => Some(sentiment),
        _ => None,
    })
}

fn volume(events: &[MarketEvent]) -> Option<&MarketVolume> {
    events.iter().find_map(|event| match event {
        MarketEvent::Volume(volume) => Some(volume),
        _ => None,
    })
}

#[test]
fn however_often_prices_come_the_market_is_looked_at_every_five_seconds() {
    let mut market = market();
    let mut told = Vec::new();
    for tick in 0..100 {
        let now = T0.plus(tick * 200);
        let quote = Quote {
            change_24h: Decimal::from_f64(1.0 + tick as f64 / 10.0, 6),
            ..quote("bitcoin", 100.0, 1e9 + tick as f64, now)
        };
        let events = apply(&mut market, vec![quote], now);
        assert_eq!(prices(&events).len(), 1);
        if let Some(sentiment) = sentiment(&events) {
            assert!(volume(&events).is_some());
            told.push(sentiment.timestamp.since(T0));
        }
    }
    assert!((4..=5).contains(&told.len()), "{told:?}");
    assert!(told.windows(2).all(|pair| pair[1] - pair[0] >= 4_000), "{told:?}");
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
fn the_fear_and_greed_index_is_a_quarter_of_the_mood_for_48_hours() {
    let mut market = market();
    market.apply(index(80, T0), T0);
    let mut cycle = |hours: u64| {
        let now = T0.plus(hours * HOUR);
        market.apply(Observation::Global(global("1e8", now)), now);
        let quote = Quote {
            market_cap: Some(decimal("4e7")),
            ..told("bitcoin", ["", &format!("-5.000{hours}"), ""], now)
        };
        sentiment(&apply(&mut market, vec![quote], now)).cloned().unwrap()
    };
    // Prices: (-1 - tanh(1.00002)) / 2 = -0.8808; the index: 0.6. Coverage 0.4.
    let fresh = cycle(48);
    assert_eq!((fresh.score, fresh.confidence), (-0.5106, 0.55));
    assert_eq!(fresh.level, SentimentLevel::Bearish);
    assert_eq!(fresh.fear_greed.as_ref().map(|index| index.value), Some(80));
    let stale = cycle(49);
    assert_eq!(
        (stale.score, stale.confidence, stale.fear_greed),
        (-0.8808, 0.4, None)
    );
}

#[test]
fn an_index_of_an_earlier_day_does_not_replace_a_later_one() {
    let mut market = market();
    market.apply(index(10, after(60)), after(60));
    market.apply(index(90, after(0)), after(61));
    let events = apply(
        &mut market,
        vec![told("bitcoin", ["", "1", ""], after(61))],
        after(61),
    );
    let told = sentiment(&events).and_then(|it| it.fear_greed.as_ref());
    assert_eq!(told.map(|index| index.value), Some(10));
    assert_eq!(market.late_count(), 1);
    // Without coins there is no mood, whatever the index.
    let mut empty = super::market();
    empty.apply(index(10, T0), T0);
    assert_eq!(empty.assess(T0), []);
}

#[test]
fn the_summary_does_not_flicker_between_two_providers() {
    let mut market = market();
    let mut hear = |source, cap: &str, minute| {
        let stats = GlobalStats {
            source,
            ..global(cap, after(minute))
        };
        let events = market.apply(Observation::Global(stats), after(minute));
        match &events[..] {
            [MarketEvent::Summary(summary)] => Some((summary.source, summary.total_market_cap.to_string())),
            _ => None,
        }
    };
    let of = |source, cap: &str| Some((source, cap.to_owned()));
    use Source::{CoinGecko, CoinMarketCap};
    // Who comes first is told until a provider that comes before it speaks.
    assert_eq!(hear(CoinMarketCap, "90", 0), of(CoinMarketCap, "90"));
    assert_eq!(hear(CoinGecko, "100", 1), of(CoinGecko, "100"));
    for minute in 2..6 {
        assert_eq!(hear(CoinMarketCap, "91", minute), None);
        let cap = (100 + minute).to_string();
        assert_eq!(hear(CoinGecko, &cap, minute), of(CoinGecko, &cap));
    }
    // Silent for three polls, it gives way; back again, it is told, even with older figures.
    assert_eq!(hear(CoinMarketCap, "92", 8), None);
    assert_eq!(hear(CoinMarketCap, "93", 9), of(CoinMarketCap, "93"));
    assert_eq!(hear(CoinGecko, "107", 9), of(CoinGecko, "107"));
    assert_eq!(market.late_count(), 0);
}

#[test]
fn the_volume_trend_compares_a_provider_with_itself() {
    let mut market = market();
    let mut cycle = |source, volume_24h: &str, minute| {
        let now = after(minute);
        let stats = GlobalStats {
            source,
            total_volume_24h: decimal(volume_24h),
            ..global("100", now)
        };
        market.apply(Observation::Global(stats), now);
        let price = 1.0 + minute as f64;
        volume(&apply(&mut market, vec![quote("bitcoin", price, 10.0, now)], now)).cloned()
    };
    for minute in 0..20 {
        cycle(Source::CoinMarketCap, "1000", minute);
    }
    let other = cycle(Source::CoinGecko, "2000", 20).unwrap();
    assert_eq!((other.change, other.source), (None, Source::CoinGecko));
    for minute in 21..40 {
        cycle(Source::CoinGecko, "2000", minute);
    }
    assert_eq!(cycle(Source::CoinGecko, "2100", 40).unwrap().change, Some(5.0));
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
