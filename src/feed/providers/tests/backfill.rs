use super::*;
use crate::model::{Candle, Decimal, Interval, Kline};

const HOUR: u64 = 3_600_000;

fn look(backfill: &mut Backfill, newest: Option<UnixMillis>, live: bool, somebody: bool) -> Option<Gap> {
    backfill.look(&supply(), &pair("BTC/USDT"), newest, live, somebody, NOW);
    backfill.take_due(NOW).into_iter().next()
}

fn kline(open_at: UnixMillis, closed: bool) -> Kline {
    let price = Decimal::from(5);
    Kline {
        candle: Candle {
            open_at,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: price,
            quote_volume: None,
        },
        closed,
    }
}

#[test]
fn at_first_everything_is_missing() {
    let mut backfill = Backfill::default();
    let gap = look(&mut backfill, None, true, true).unwrap();
    let calls = gap.calls(&supply().archive, NOW);
    let asked: Vec<&str> = calls.iter().map(|(_, call)| call.request.url.as_str()).collect();
    assert_eq!(asked.len(), 7);
    assert_eq!(
        asked[0],
        "https://bitget-rest/api/v2/spot/market/candles?symbol=BTCUSDT&granularity=1min&limit=1000"
    );
    assert!(asked[6].ends_with("granularity=1Wutc&limit=1000"));
    backfill.filled(&pair("BTC/USDT"), NOW);
    assert_eq!((backfill.take_due(NOW), backfill.fills()), (vec![], 1));
}

#[test]
fn what_was_not_stored_is_asked_for_again_minutes_later_and_is_no_fault_of_the_exchange() {
    let mut backfill = Backfill::default();
    let gap = look(&mut backfill, None, true, true).unwrap();
    backfill.not_stored(&gap.pair, NOW);
    assert_eq!(backfill.take_due(NOW.plus(299_999)), []);
    assert_eq!(backfill.take_due(NOW.plus(300_000)), [gap]);
    assert_eq!((backfill.faults().len(), backfill.pending()), (0, 1));
}

#[test]
fn a_live_stream_tells_what_is_missing_and_without_one_the_clock_does() {
    let minutes_ago = |minutes: u64| Some(UnixMillis::new(NOW.get() - minutes * 60_000));
    for (minutes, live, somebody, missing) in [
        (9, true, true, false),
        (2, false, true, false),
        (3, false, true, true),
        (10, false, false, false),
        (12, false, false, true),
    ] {
        let gap = look(&mut Backfill::default(), minutes_ago(minutes), live, somebody);
        assert_eq!(
            gap.is_some(),
            missing,
            "{minutes} minutes, live {live}, somebody {somebody}"
        );
    }
}

#[test]
fn who_was_away_for_long_or_never_there_lacks_candles() {
    let since = |newest: Option<u64>| {
        let newest = newest.map(|ago| UnixMillis::new(NOW.get() - ago));
        Gap::since(&pair("BTC/USDT"), newest, NOW).map(|gap| NOW.get() - gap.since.get())
    };
    assert_eq!(since(None), Some(NOW.get()));
    assert_eq!(since(Some(HOUR)), Some(HOUR));
    assert_eq!(since(Some(10 * 60_000)), None);
}

#[test]
fn a_short_gap_takes_minutes_and_a_long_one_everything_since() {
    let gap = |ago_ms: u64| Gap {
        pair: pair("BTC/USDT"),
        since: UnixMillis::new(NOW.get() - ago_ms),
    };
    let short = gap(5 * 60_000);
    assert_eq!(short.calls(&supply().archive, NOW).len(), 1);
    let minutes = vec![kline(NOW, false)];
    let filling = short.fill(
        supply().archive.source,
        vec![(Interval::M1, minutes.clone())],
        NOW,
    );
    assert_eq!(filling, Filling::Minutes(minutes));

    let long = gap(2 * HOUR);
    let calls = long.calls(&supply().archive, NOW);
    let limits: Vec<&str> = calls
        .iter()
        .map(|(_, call)| call.request.url.rsplit_once("limit=").unwrap().1)
        .collect();
    assert_eq!(
        limits,
        ["182", "26", "10", "200", "2", "2", "2"],
        "a week of hours, an hour of minutes more"
    );
    let hours: Vec<Kline> = (1..=4)
        .rev()
        .map(|n| kline(UnixMillis::new(NOW.get() - n * HOUR), true))
        .collect();
    let running = kline(NOW, false);
    let answers = vec![
        (Interval::M1, vec![running.clone()]),
        (Interval::H1, [hours.clone(), vec![running.clone()]].concat()),
    ];
    let Filling::History {
        hours: told,
        minutes,
        closed,
    } = long.fill(supply().archive.source, answers, NOW)
    else {
        panic!("a long gap");
    };
    assert_eq!(told.len(), 4, "whole hours only");
    assert_eq!(minutes, [running]);
    let since: Vec<UnixMillis> = closed.iter().map(|update| update.candle.open_at).collect();
    assert_eq!(
        since,
        [
            UnixMillis::new(NOW.get() - 2 * HOUR),
            UnixMillis::new(NOW.get() - HOUR)
        ]
    );
    assert!(
        closed
            .iter()
            .all(|update| update.closed && update.interval == Interval::H1)
    );
}

#[test]
fn what_cannot_be_had_waits_and_holds_up_nobody() {
    let mut backfill = Backfill::default();
    let (none, btc) = (pair("AAA/USDT"), pair("BTC/USDT"));
    let due = |backfill: &mut Backfill, at| -> Vec<String> {
        let gaps = backfill.take_due(at).into_iter();
        gaps.map(|gap| gap.pair.to_string()).collect()
    };
    for pair in [&none, &btc] {
        backfill.miss(pair, UnixMillis::default());
    }
    assert_eq!(due(&mut backfill, NOW), ["AAA/USDT"], "one long gap at a time");
    backfill.failed(&none, NOW, &FeedFault::Timeout, SEED);
    assert_eq!(due(&mut backfill, NOW), ["BTC/USDT"]);
    backfill.failed(&btc, NOW.plus(1_000), &FeedFault::Timeout, SEED);
    assert_eq!(due(&mut backfill, NOW.plus(14_000)), [""; 0]);
    assert_eq!(
        due(&mut backfill, NOW.plus(60_000)),
        ["AAA/USDT"],
        "they take turns"
    );
    backfill.failed(&none, NOW.plus(60_000), &FeedFault::Empty, SEED);
    assert_eq!(due(&mut backfill, NOW.plus(60_000)), ["BTC/USDT"]);
    assert_eq!(backfill.faults(), [("empty", 1), ("timeout", 2)].into());
    backfill.retain(&[]);
    assert_eq!(backfill.pending(), 0);
}

#[test]
fn of_two_gaps_the_longer_counts() {
    let mut backfill = Backfill::default();
    backfill.miss(&pair("BTC/USDT"), NOW);
    backfill.miss(&pair("BTC/USDT"), NOW.plus(60_000));
    backfill.miss(&pair("BTC/USDT"), UnixMillis::new(5));
    assert_eq!(backfill.take_due(NOW)[0].since, UnixMillis::new(5));
}

#[test]
fn short_gaps_are_closed_together_and_a_long_one_alone() {
    let mut backfill = Backfill::default();
    for (name, since) in [("A/USDT", NOW), ("B/USDT", NOW), ("C/USDT", UnixMillis::new(5))] {
        backfill.miss(&pair(name), since);
    }
    let due = |backfill: &mut Backfill| -> Vec<String> {
        let gaps = backfill.take_due(NOW).into_iter();
        gaps.map(|gap| gap.pair.to_string()).collect()
    };
    assert_eq!(due(&mut backfill), ["A/USDT", "B/USDT"]);
    backfill.filled(&pair("A/USDT"), NOW);
    backfill.filled(&pair("B/USDT"), NOW);
    assert_eq!(due(&mut backfill), ["C/USDT"]);
}

#[test]
fn a_stream_that_resumes_leaves_no_minute_half_told() {
    let mut backfill = Backfill::default();
    let btc = pair("BTC/USDT");
    backfill.resume(&btc, Some(NOW), NOW.plus(29_999));
    assert_eq!(backfill.pending(), 0, "nobody was silent for long");
    backfill.resume(&btc, Some(NOW), NOW.plus(60_000));
    assert_eq!(
        backfill.take_due(NOW)[0].since,
        UnixMillis::new(NOW.get() - 60_000)
    );
    backfill.resume(&btc, None, NOW);
    assert_eq!(
        backfill.take_due(NOW.plus(60_000))[0].since,
        UnixMillis::default()
    );
}

#[test]
fn what_is_too_long_ago_to_be_had_is_not_missed() {
    let mut backfill = Backfill::default();
    let btc = pair("BTC/USDT");
    backfill.gap(&supply().archive, &btc, None, NOW);
    backfill.gap(
        &supply().archive,
        &btc,
        Some(UnixMillis::new(NOW.get() - 1_000 * 60_000)),
        NOW,
    );
    assert_eq!(backfill.pending(), 0);
    backfill.gap(
        &supply().archive,
        &btc,
        Some(UnixMillis::new(NOW.get() - 999 * 60_000)),
        NOW,
    );
    assert_eq!(backfill.pending(), 1);
}

#[test]
fn an_eviction_while_the_past_is_asked_for_does_not_ask_twice_and_the_gap_stays() {
    let mut backfill = Backfill::default();
    backfill.miss(&pair("BTC/USDT"), NOW);
    assert_eq!(backfill.take_due(NOW).len(), 1);
    let bytes = postcard::to_stdvec(&backfill).unwrap();
    let mut next_life: Backfill = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(next_life.take_due(NOW.plus(14_000)), []);
    assert_eq!(next_life.take_due(NOW.plus(15_000)).len(), 1);
}

#[test]
fn what_an_exchange_does_not_trade_is_asked_of_it_again_after_a_day_and_the_others_are_not_held_up() {
    let mut backfill = Backfill::default();
    let (none, btc) = (pair("AAA/USDT"), pair("BTC/USDT"));
    backfill.miss(&none, UnixMillis::default());
    backfill.take_due(NOW);
    backfill.failed(&none, NOW, &FeedFault::NotListed, SEED);
    // Again and again it is noticed that they are missing.
    let due = |backfill: &mut Backfill, gap: &Pair, at: UnixMillis| {
        backfill.look(&supply(), gap, None, false, true, at);
        backfill.take_due(at).iter().any(|due| due.pair == *gap)
    };
    assert!((1..24).all(|hour| !due(&mut backfill, &none, NOW.plus(hour * HOUR))));
    assert!(due(&mut backfill, &btc, NOW.plus(23 * HOUR)));
    backfill.filled(&btc, NOW.plus(23 * HOUR));
    assert!(due(&mut backfill, &none, NOW.plus(24 * HOUR)));
    assert_eq!(backfill.faults(), [("not_listed", 1)].into());
}

#[test]
fn a_stream_s_refusal_of_a_pair_spares_the_question() {
    let mut backfill = Backfill::default();
    let none = pair("AAA/USDT");
    backfill.miss(&none, UnixMillis::default());
    backfill.unlisted(&none, NOW);
    assert_eq!(backfill.take_due(NOW.plus(23 * HOUR)), []);
    assert_eq!(backfill.take_due(NOW.plus(24 * HOUR)).len(), 1);
}
