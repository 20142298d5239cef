use proptest::prelude::*;
use serde_json::Value;

use super::*;

const MINUTE: u64 = 60_000;
const START: u64 = 1_764_678_600_000;

fn pair() -> Pair {
    Pair::parse("BTC/USDT").unwrap()
}

fn read(query: &[(&str, &str)]) -> Result<Candles, Problem> {
    let pairs = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let known = ["symbol", "interval", "limit", "before"];
    Candles::read(
        &Parameters::read(pairs, &known)?,
        &[pair(), Pair::parse("ETH/USDT").unwrap()],
    )
}

fn asked(limit: u16, before: Option<u64>) -> Candles {
    Candles {
        pair: pair(),
        interval: Interval::M1,
        limit,
        before: before.map(|minute| UnixMillis::new(START + minute * MINUTE)),
    }
}

fn row(minute: u64) -> CandleRow {
    CandleRow {
        open_at: START + minute * MINUTE,
        open: "67234.50".into(),
        high: "67340.00".into(),
        low: "67200.00".into(),
        close: "67310.25".into(),
        volume: "145.23".into(),
        quote_volume: None,
        source: "simulated".into(),
    }
}

/// The rows of these minutes as the database has them, newest first.
fn rows(minutes: impl DoubleEndedIterator<Item = u64>) -> Vec<CandleRow> {
    minutes.rev().map(row).collect()
}

fn live(interval: Interval, minute: u64, close: &str, closed: bool) -> MarketEvent {
    let update = Candles {
        interval,
        ..asked(1, None)
    }
    .to_update(&CandleRow {
        close: close.into(),
        ..row(minute)
    });
    MarketEvent::Candle(CandleUpdate {
        closed,
        ..update.unwrap()
    })
}

fn page(asked: &Candles, rows: &[CandleRow], latest: &[MarketEvent]) -> (Vec<u64>, Value) {
    let answer = asked.answer(rows, latest, UnixMillis::new(START));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let minute =
        |time: &Value| (UnixMillis::parse_rfc3339(time.as_str().unwrap()).unwrap().get() - START) / MINUTE;
    let minutes = body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| minute(&item["time"]));
    (minutes.collect(), body)
}

#[test]
fn pair_and_interval_are_needed_and_known() {
    let expected = Candles {
        limit: 100,
        ..asked(1, None)
    };
    assert_eq!(read(&[("symbol", "btc/usdt"), ("interval", "1m")]), Ok(expected));
    for (query, name) in [
        (vec![("interval", "1m")], "symbol"),
        (vec![("symbol", "BTC/USDT")], "interval"),
        (vec![("symbol", "SOL/USDT"), ("interval", "1m")], "symbol"),
        (vec![("symbol", "BTC/USDT"), ("interval", "1d")], "interval"),
        (
            vec![("symbol", "BTC/USDT"), ("interval", "1m"), ("limit", "1001")],
            "limit",
        ),
        (
            vec![("symbol", "BTC/USDT"), ("interval", "1m"), ("before", "now")],
            "before",
        ),
    ] {
        let Err(Problem::Parameter { name: named, .. }) = read(&query) else {
            panic!("{query:?}");
        };
        assert_eq!(named, name);
    }
}

#[test]
fn digits_come_out_as_they_were_stored() {
    let (_, body) = page(&asked(1, Some(9)), &rows(0..1), &[]);
    assert_eq!(body["data"][0]["closed"], true);
    let answer = asked(1, Some(9)).answer(&rows(0..1), &[], UnixMillis::new(START));
    assert!(
        answer
            .body
            .contains(r#""open":67234.50,"high":67340.00,"low":67200.00,"close":67310.25,"#)
    );
    assert!(answer.body.contains(r#""quote_volume":null"#));
}

#[test]
fn the_running_candle_comes_last_and_is_not_closed() {
    let (minutes, body) = page(
        &asked(10, None),
        &rows(0..3),
        &[live(Interval::M1, 3, "1.5", false)],
    );
    assert_eq!(minutes, [0, 1, 2, 3]);
    assert_eq!(
        (&body["data"][2]["closed"], &body["data"][3]["closed"]),
        (&true.into(), &false.into())
    );
    assert_eq!(body["next"], Value::Null);
}

#[test]
fn of_a_candle_that_both_have_the_feeds_state_counts() {
    let amended = live(Interval::M1, 2, "99.5", true);
    let (minutes, body) = page(&asked(10, None), &rows(0..3), &[amended]);
    assert_eq!(minutes, [0, 1, 2]);
    assert_eq!(body["data"][2]["close"], 99.5);
}

#[test]
fn a_running_state_does_not_replace_the_final_one() {
    let overtaken = live(Interval::M1, 2, "99.5", false);
    let (minutes, body) = page(&asked(10, None), &rows(0..3), &[overtaken]);
    assert_eq!(minutes, [0, 1, 2]);
    assert_eq!(
        (&body["data"][2]["close"], &body["data"][2]["closed"]),
        (&67_310.25.into(), &true.into())
    );
}

#[test]
fn what_the_feed_has_of_others_or_of_long_ago_is_not_in_it() {
    let latest = [
        live(Interval::M5, 4, "1", false),
        live(Interval::M1, 1, "1", false),
    ];
    let (minutes, body) = page(&asked(10, None), &rows(2..4), &latest);
    assert_eq!(minutes, [2, 3]);
    assert_eq!(body["data"][1]["close"], 67_310.25);
}

#[test]
fn before_leaves_the_running_candle_out() {
    let latest = [live(Interval::M1, 3, "1", false)];
    assert_eq!(page(&asked(10, Some(3)), &rows(0..3), &latest).0, [0, 1, 2]);
}

#[test]
fn a_page_has_its_limit_with_the_running_candle() {
    let latest = [live(Interval::M1, 5, "1", false)];
    let (minutes, body) = page(&asked(2, None), &rows(2..5), &latest);
    assert_eq!(minutes, [4, 5]);
    assert_eq!(body["next"], "2025-12-02T12:34:00Z");
}

#[test]
fn old_pages_may_be_kept_longer() {
    let now = UnixMillis::new(START + 70 * MINUTE);
    let age = |before| asked(1, before).answer(&[], &[], now).max_age_s;
    assert_eq!((age(None), age(Some(60)), age(Some(10))), (2, 2, 300));
}

#[test]
fn a_row_that_cannot_be_read_costs_no_other() {
    let mut stored = rows(0..4);
    stored[1].close = "none".into();
    stored[2].source = "gone".into();
    let (minutes, body) = page(&asked(3, Some(9)), &stored, &[]);
    assert_eq!(minutes, [0, 3]);
    assert_eq!(body["next"], "2025-12-02T12:30:00Z");
}

proptest! {
    #[test]
    fn pages_hold_every_candle_once_without_a_gap(closed in 0..60u64, lag in 0..20u64, limit in 1..9u16) {
        let stored = closed.saturating_sub(lag);
        let mut latest = vec![live(Interval::M1, closed, "1", false)];
        // Closed, and not in the database yet.
        latest.extend((stored..closed).map(|minute| live(Interval::M1, minute, "1", true)));
        let mut seen: Vec<u64> = Vec::new();
        let mut before = None;
        loop {
            let asked = asked(limit, before);
            let until = before.unwrap_or(stored).min(stored);
            let found: Vec<_> = rows(0..until).into_iter().take(asked.rows() as usize).collect();
            let (minutes, body) = page(&asked, &found, &latest);
            prop_assert!(minutes.len() <= usize::from(limit));
            before = minutes.first().copied();
            seen.splice(0..0, minutes);
            if body["next"].is_null() {
                break;
            }
        }
        let all: Vec<u64> = (0..=closed).collect();
        prop_assert_eq!(seen, all);
    }
}
