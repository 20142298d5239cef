use super::*;

fn tell(history: &mut History, updates: &[CandleUpdate], now: UnixMillis) {
    let events: Vec<MarketEvent> = updates.iter().cloned().map(MarketEvent::Candle).collect();
    history.note(&events, now);
}

#[test]
fn closed_candles_are_gathered_and_running_ones_are_not_stored() {
    let now = at(NOON);
    let mut history = History::default();
    let running = CandleUpdate {
        closed: false,
        ..candle(Interval::H1, now, 1)
    };
    let closed = candle(Interval::M1, at("2026-03-04T11:59:00Z"), 1);
    tell(&mut history, &[closed.clone(), running], now);
    assert!(due(&mut history, Table::Candles, now.plus(9_999)).is_empty());
    let later = candle(Interval::M5, at("2026-03-04T11:55:00Z"), 1);
    tell(&mut history, std::slice::from_ref(&later), now.plus(9_999));
    let both = due(&mut history, Table::Candles, now.plus(10_000));
    assert_eq!(both, [Rows::Candles(vec![closed, later])]);
}

#[test]
fn many_candles_and_a_hub_that_nobody_looks_at_do_not_wait() {
    let now = at(NOON);
    let mut history = History::default();
    tell(&mut history, &[candle(Interval::M1, now, 1)], now);
    let idle = history.clone().due(now, false, Vec::new);
    assert!(matches!(idle.as_slice(), [Rows::Candles(rows)] if rows.len() == 1));
    let many: Vec<_> = (0..499)
        .map(|n| candle(Interval::M1, now.plus(60_000 * (n + 1)), 1))
        .collect();
    tell(&mut history, &many, now);
    assert!(
        matches!(due(&mut history, Table::Candles, now).as_slice(), [Rows::Candles(rows)] if rows.len() == 500)
    );
}

#[test]
fn a_candle_amended_on_its_way_to_d1_is_offered_again_in_its_newer_state() {
    let now = at(NOON);
    let mut history = History::default();
    tell(&mut history, &[candle(Interval::M1, now, 1)], now);
    let [on_its_way] = due(&mut history, Table::Candles, now.plus(10_000))
        .try_into()
        .unwrap();
    let amended = candle(Interval::M1, now, 2);
    tell(&mut history, std::slice::from_ref(&amended), now.plus(10_001));
    history.stored(&on_its_way, now.plus(10_100));
    let next = due(&mut history, Table::Candles, now.plus(30_000));
    assert_eq!(next, [Rows::Candles(vec![amended])]);
    history.stored(&next[0], now.plus(30_100));
    assert_eq!(history.waiting(), 0);
}

#[test]
fn what_d1_did_not_take_waits_across_an_eviction() {
    let now = at(NOON);
    let mut history = History::default();
    tell(&mut history, &[candle(Interval::M1, now, 1)], now);
    let [rows] = due(&mut history, Table::Candles, now.plus(10_000))
        .try_into()
        .unwrap();
    history.failed(&rows, now.plus(10_000));
    let mut history = evicted(&history);
    assert_eq!(due(&mut history, Table::Candles, now.plus(20_000)), [rows]);
}

#[test]
fn beyond_the_bound_the_candle_that_ended_first_is_given_up_and_counted() {
    let begin = at("2026-02-23T00:00:00Z");
    let mut history = History::default();
    let now = Interval::W1.end(begin);
    let week = candle(Interval::W1, begin, 1);
    tell(&mut history, std::slice::from_ref(&week), now);
    let minutes: Vec<_> = (0..3_000)
        .map(|n| candle(Interval::M1, UnixMillis::new(now.get() - 60_000 * (n + 1)), 1))
        .collect();
    tell(&mut history, &minutes, now);
    assert_eq!((history.waiting(), history.dropped()), (3_000, 1));
    let kept: Vec<_> = due(&mut history, Table::Candles, now)
        .into_iter()
        .flat_map(|rows| match rows {
            Rows::Candles(rows) => rows,
            _ => Vec::new(),
        })
        .collect();
    assert!(kept.contains(&week), "a week is no older than its last minute");
    assert!(!kept.contains(&minutes[2_999]));
}

#[test]
fn what_would_be_deleted_the_next_day_is_not_stored() {
    let now = at(NOON);
    let mut history = History::default();
    let eight_days_ago = at("2026-02-24T12:00:00Z");
    tell(&mut history, &[candle(Interval::M1, eight_days_ago, 1)], now);
    assert_eq!(history.waiting(), 0);
    tell(&mut history, &[candle(Interval::M5, eight_days_ago, 1)], now);
    assert_eq!(history.waiting(), 1);
}
