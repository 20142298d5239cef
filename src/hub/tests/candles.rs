//! Charts: what they begin with, and that it joins what comes live without a gap or a repetition.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{Candle, CandleUpdate, Interval, Pair};

/// The first minute; the others are counted from it.
const FIRST: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn at(minute: u64) -> UnixMillis {
    FIRST.plus(minute * 60_000)
}

fn bar(minute: u64, close: u64, closed: bool) -> CandleUpdate {
    let number = Decimal::from;
    CandleUpdate {
        pair: Pair::parse("BTC/USDT").unwrap(),
        interval: Interval::M1,
        candle: Candle {
            open_at: at(minute),
            open: number(1),
            high: number(1_000_000),
            low: number(1),
            close: number(close),
            volume: number(1),
            quote_volume: None,
        },
        closed,
        source: Source::Simulated,
    }
}

impl Rig {
    fn chart(&mut self) -> ConnId {
        let conn = self.open_in(Dialect::Candles, None);
        assert_eq!(self.read(conn), [] as [Value; 0]);
        conn
    }

    fn look_at(&mut self, conn: ConnId, bars: u16) {
        self.say(
            conn,
            json!({"type": "subscribe", "symbol": "BTC/USDT", "interval": "1m", "initialBars": bars}),
        );
    }

    fn candle(&mut self, minute: u64, close: u64, closed: bool) {
        self.publish(vec![MarketEvent::Candle(bar(minute, close, closed))]);
    }

    /// The store and the feed answer.
    fn found(&mut self, candles: Vec<CandleUpdate>) {
        let (pair, interval, _) = self.reading.remove(0);
        self.input(Input::Candles {
            pair,
            interval,
            candles: Some(candles),
        });
    }
}

/// The minute and the closing price of a bar.
fn told(bar: &Value) -> (u64, u64) {
    let open_at = UnixMillis::parse_rfc3339(bar["time"].as_str().unwrap()).unwrap();
    (open_at.since(FIRST) / 60_000, bar["close"].as_u64().unwrap())
}

/// The bars of an `initial`.
fn initial(message: &Value) -> Vec<(u64, u64)> {
    assert_eq!(message["type"], "initial");
    message["bars"].as_array().unwrap().iter().map(told).collect()
}

/// The bars of updates.
fn updates(messages: &[Value]) -> Vec<(u64, u64)> {
    let update = |message: &Value| {
        assert_eq!(message["type"], "update");
        told(&message["bar"])
    };
    messages.iter().map(update).collect()
}

#[test]
fn a_chart_begins_with_the_past_and_the_running_candle() {
    let mut rig = Rig::new();
    rig.candle(2, 20, false);
    let conn = rig.chart();
    rig.look_at(conn, 3);
    assert_eq!(rig.reading.len(), 1);
    rig.found(vec![bar(0, 1, true), bar(1, 2, true), bar(2, 20, false)]);
    let first = rig.read(conn);
    assert_eq!(first.len(), 1);
    assert_eq!(
        (&first[0]["symbol"], &first[0]["interval"]),
        (&json!("BTC/USDT"), &json!("1m"))
    );
    assert_eq!(initial(&first[0]), [(0, 1), (1, 2), (2, 20)]);
    rig.pass(1_000);
    rig.candle(2, 21, false);
    assert_eq!(updates(&rig.read(conn)), [(2, 21)]);
}

#[test]
fn the_past_is_read_once_and_kept_up() {
    let mut rig = Rig::new();
    rig.candle(1, 2, false);
    let first = rig.chart();
    rig.look_at(first, 100);
    rig.found(vec![bar(0, 1, true)]);
    rig.candle(1, 3, true);
    rig.candle(2, 4, false);
    let second = rig.chart();
    rig.look_at(second, 2);
    assert_eq!(rig.reading.len(), 0);
    assert_eq!(initial(&rig.read(second)[0]), [(1, 3), (2, 4)]);
    rig.look_at(second, 0);
    assert_eq!(initial(&rig.read(second)[0]), []);
    rig.look_at(second, 101);
    assert_eq!(rig.reading.len(), 1, "nobody knows whether there were more");
    rig.found(vec![bar(0, 1, true)]);
    assert_eq!(initial(&rig.read(second)[0]), [(0, 1), (1, 3), (2, 4)]);
}

#[test]
fn what_was_filled_in_meanwhile_is_read_a_minute_later() {
    let mut rig = Rig::new();
    rig.candle(3, 4, false);
    let first = rig.chart();
    rig.look_at(first, 100);
    rig.found(vec![bar(0, 1, true)]);
    assert_eq!(initial(&rig.read(first)[0]), [(0, 1), (3, 4)]);
    rig.pass(60_000);
    let second = rig.chart();
    rig.look_at(second, 100);
    rig.found(vec![bar(0, 1, true), bar(1, 2, true), bar(2, 3, true)]);
    assert_eq!(initial(&rig.read(second)[0]), [(0, 1), (1, 2), (2, 3), (3, 4)]);
}

#[test]
fn what_is_published_while_the_past_is_read_is_part_of_it() {
    let mut rig = Rig::new();
    rig.candle(1, 10, false);
    let conn = rig.chart();
    rig.look_at(conn, 100);
    rig.candle(1, 11, true);
    rig.candle(2, 12, false);
    rig.say(conn, json!({"type": "ping"}));
    assert_eq!(rig.read(conn), [json!({"type": "pong"})]);
    // It was read before the minute closed.
    rig.found(vec![bar(0, 1, true), bar(1, 10, false)]);
    assert_eq!(initial(&rig.read(conn)[0]), [(0, 1), (1, 11), (2, 12)]);
}

#[test]
fn what_was_read_is_not_ahead_of_what_is_published() {
    let mut rig = Rig::new();
    rig.candle(1, 10, false);
    let conn = rig.chart();
    rig.look_at(conn, 100);
    // The feed had gone on, and what it told is still on its way.
    rig.found(vec![bar(0, 1, true), bar(1, 11, true), bar(2, 12, false)]);
    assert_eq!(initial(&rig.read(conn)[0]), [(0, 1), (1, 10)]);
    rig.candle(1, 11, true);
    rig.candle(2, 12, false);
    rig.pass(1_000);
    rig.candle(2, 13, false);
    let updates = updates(&rig.read(conn));
    assert_eq!(
        (updates.first(), updates.last()),
        (Some(&(1, 11)), Some(&(2, 13)))
    );
}

#[test]
fn a_running_candle_is_told_once_a_second_and_its_end_always() {
    let mut rig = Rig::new();
    let conn = rig.chart();
    rig.look_at(conn, 0);
    rig.read(conn);
    for close in 1..=20 {
        rig.candle(0, close, false);
        rig.pass(100);
    }
    assert_eq!(updates(&rig.read(conn)), [(0, 1), (0, 10), (0, 20)]);
    rig.candle(0, 21, false);
    rig.candle(0, 22, true);
    rig.candle(1, 30, false);
    assert_eq!(updates(&rig.read(conn)), [(0, 22)]);
    rig.pass(1_000);
    rig.candle(1, 31, false);
    assert_eq!(updates(&rig.read(conn)), [(1, 31)]);
}

#[test]
fn late_data_changes_the_past_and_no_chart_goes_back() {
    let mut rig = Rig::new();
    let conn = rig.chart();
    rig.candle(0, 1, true);
    rig.candle(1, 2, false);
    rig.look_at(conn, 100);
    rig.found(vec![bar(0, 1, true)]);
    assert_eq!(initial(&rig.read(conn)[0]), [(0, 1), (1, 2)]);
    rig.pass(1_000);
    rig.candle(1, 3, false);
    rig.candle(0, 9, true);
    assert_eq!(updates(&rig.read(conn)), [(1, 3)]);
    let other = rig.chart();
    rig.look_at(other, 100);
    assert_eq!(initial(&rig.read(other)[0]), [(0, 9), (1, 3)]);
}

#[test]
fn an_amendment_is_the_first_that_a_chart_would_hear() {
    let mut rig = Rig::new();
    rig.candle(0, 1, true);
    rig.candle(1, 2, true);
    rig.candle(2, 3, false);
    let conn = rig.chart();
    rig.look_at(conn, 100);
    rig.found(vec![bar(0, 1, true), bar(1, 2, true)]);
    assert_eq!(initial(&rig.read(conn)[0]).last(), Some(&(2, 3)));
    rig.publish(vec![
        MarketEvent::Candle(bar(0, 9, true)),
        MarketEvent::Candle(bar(2, 4, false)),
    ]);
    assert_eq!(updates(&rig.read(conn)), [(2, 4)]);
    // The same after an eviction.
    let conn = rig.evict()[&conn];
    rig.pass(1_000);
    rig.publish(vec![
        MarketEvent::Candle(bar(1, 9, true)),
        MarketEvent::Candle(bar(2, 5, false)),
    ]);
    assert_eq!(updates(&rig.read(conn)), [(2, 5)]);
    rig.candle(2, 6, true);
    assert_eq!(updates(&rig.read(conn)), [(2, 6)]);
}

#[test]
fn a_past_that_was_thrown_out_while_its_chart_waited_is_read_again() {
    let mut rig = Rig::new();
    rig.candle(0, 1, false);
    let conn = rig.chart();
    rig.look_at(conn, 100);
    rig.found(vec![bar(0, 1, false)]);
    rig.read(conn);
    let other = rig.chart();
    rig.hub.rooms.clear();
    rig.input(Input::Frame {
        conn: other,
        frame: Frame::Text(r#"{"type":"subscribe","symbol":"BTC/USDT","interval":"1m"}"#),
    });
    // And once more, when the answer is under way.
    rig.hub.rooms.clear();
    rig.found(vec![bar(0, 1, false)]);
    rig.found(vec![bar(0, 1, false)]);
    assert_eq!(initial(&rig.read(other)[0]), [(0, 1)]);
}

#[test]
fn what_rested_while_nobody_looked_is_not_told_later() {
    let mut rig = Rig::new();
    let first = rig.chart();
    rig.look_at(first, 0);
    rig.candle(0, 1, false);
    rig.candle(0, 2, false);
    rig.input(Input::Closed { conn: first });
    rig.candle(0, 3, true);
    rig.candle(1, 4, false);
    let second = rig.chart();
    rig.look_at(second, 100);
    rig.found(vec![bar(0, 3, true)]);
    assert_eq!(initial(&rig.read(second)[0]), [(0, 3), (1, 4)]);
    rig.pass(2_000);
    rig.publish(vec![price("bitcoin", 1)]);
    assert_eq!(rig.read(second), [] as [Value; 0]);
}

#[test]
fn nothing_is_read_before_it_is_known_where_the_candles_stand() {
    let mut rig = Rig::new();
    rig.candle(0, 1, false);
    let idle = rig.chart();
    rig.evict();
    rig.answers = false;
    let conn = rig.chart();
    rig.look_at(conn, 100);
    assert_eq!((rig.reading.len(), rig.attaching), (0, true));
    rig.answer_attach();
    assert_eq!(rig.reading.len(), 1);
    rig.found(vec![bar(0, 1, false)]);
    assert_eq!(initial(&rig.read(conn)[0]), [(0, 1)]);
    let _ = idle;
}

#[test]
fn a_past_that_cannot_be_read_is_said_and_asked_for_again() {
    let mut rig = Rig::new();
    rig.candle(0, 1, false);
    let conn = rig.chart();
    rig.look_at(conn, 100);
    let (pair, interval, _) = rig.reading.remove(0);
    rig.input(Input::Candles {
        pair,
        interval,
        candles: None,
    });
    assert_eq!(rig.read(conn)[0]["type"], "error");
    rig.pass(1_000);
    rig.candle(0, 2, false);
    assert_eq!(updates(&rig.read(conn)), [(0, 2)]);
    rig.look_at(conn, 100);
    assert_eq!(rig.reading.len(), 1);
}

#[test]
fn a_client_s_requests_are_answered_in_its_order() {
    let mut rig = Rig::new();
    let conn = rig.chart();
    rig.look_at(conn, 100);
    rig.say(
        conn,
        json!({"type": "unsubscribe", "symbol": "BTC/USDT", "interval": "1m"}),
    );
    let gone = rig.chart();
    rig.look_at(gone, 5);
    rig.input(Input::Closed { conn: gone });
    rig.found(vec![bar(0, 1, true)]);
    assert_eq!(initial(&rig.read(conn)[0]), [(0, 1)]);
    rig.candle(0, 2, true);
    assert_eq!(rig.read(conn), [] as [Value; 0]);
}

#[test]
fn errors_are_the_documented_ones() {
    let mut rig = Rig::new();
    let conn = rig.chart();
    let mut refused = |message: Value| {
        rig.say(conn, message);
        rig.read(conn)[0]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        refused(json!({"type": "subscribe", "symbol": "ETH/USDT", "interval": "1m"})),
        "Invalid symbol: ETH/USDT. Only BTC/USDT is supported."
    );
    assert_eq!(
        refused(json!({"type": "subscribe", "symbol": "BTC/USDT", "interval": "10m"})),
        "Invalid interval: 10m. Valid: 1m, 5m, 15m, 1h, 4h, 1D, 1W"
    );
    assert_eq!(refused(json!({"type": "dance"})), "Invalid message format");
}

#[test]
fn charts_are_counted_by_room() {
    let mut rig = Rig::new();
    let (one, two, idle) = (rig.chart(), rig.chart(), rig.chart());
    for conn in [one, two] {
        rig.look_at(conn, 0);
    }
    rig.say(
        two,
        json!({"type": "subscribe", "symbol": "BTC/USDT", "interval": "1h", "initialBars": 0}),
    );
    rig.candle(0, 1, false);
    let charts = rig.hub.charts();
    assert_eq!((charts.connections, charts.clients), (3, 2));
    let room = charts.rooms["BTC/USDT:1m"];
    assert_eq!(
        (room.clients, room.has_candle, room.last_told),
        (2, true, Some(rig.now))
    );
    let room = charts.rooms["BTC/USDT:1h"];
    assert_eq!((room.clients, room.has_candle, room.last_told), (1, false, None));
    rig.input(Input::Closed { conn: idle });
    assert_eq!(rig.hub.charts().connections, 2);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Trades: the running minute moves, or it ends and the next begins.
    Trade {
        ends: bool,
    },
    Pass(u64),
    /// Somebody looks at the chart.
    Look(u16),
    /// Late data amends the minute before last.
    Amend,
    /// The store answers; what the feed had already and has not published is ahead by so many states.
    Found,
    Evict,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|ends| Step::Trade { ends }),
        2 => (0_u64..3_000).prop_map(Step::Pass),
        2 => (0_u16..6).prop_map(Step::Look),
        2 => Just(Step::Found),
        1 => Just(Step::Amend),
        1 => Just(Step::Evict),
    ]
}

proptest! {
    /// A chart that applies updates as the document's hook does has every minute once, in order, each closed one in its
    /// final state.
    #[test]
    fn every_chart_is_the_truth(steps in proptest::collection::vec(step(), 1..80)) {
        let mut rig = Rig::new();
        let (mut minute, mut close) = (0, 1);
        let mut truth: Vec<(u64, u64)> = Vec::new();
        let mut charts: BTreeMap<ConnId, Option<Vec<(u64, u64)>>> = BTreeMap::new();
        rig.candle(minute, close, false);
        for step in steps {
            match step {
                Step::Trade { ends } => {
                    close += 1;
                    if ends {
                        rig.pass(at(minute + 1).since(rig.now));
                    }
                    rig.candle(minute, close, ends);
                    if ends {
                        truth.push((minute, close));
                        minute += 1;
                        close += 1;
                        rig.candle(minute, close, false);
                    }
                }
                Step::Pass(millis) => rig.pass(millis),
                Step::Amend => {
                    if let Some((amended, close)) = truth.iter().rev().nth(1).copied() {
                        rig.publish(vec![
                            MarketEvent::Candle(bar(amended, close, true)),
                            MarketEvent::Candle(bar(minute, close + 1, false)),
                        ]);
                    }
                }
                Step::Look(bars) => {
                    let conn = rig.chart();
                    rig.look_at(conn, bars);
                    charts.insert(conn, None);
                }
                Step::Found if rig.reading.is_empty() => {}
                Step::Found => {
                    let past = truth.iter().map(|(minute, close)| bar(*minute, *close, true));
                    let past = past.chain([bar(minute, close, false)]).collect();
                    rig.found(past);
                }
                // What is being read when the object dies is read for nobody: its sockets die with it.
                Step::Evict if !rig.reading.is_empty() => {}
                Step::Evict => {
                    let renamed = rig.evict();
                    charts = charts.into_iter().filter_map(|(old, chart)| Some((*renamed.get(&old)?, chart))).collect();
                }
            }
            for (conn, chart) in &mut charts {
                for message in rig.read(*conn) {
                    if message["type"] == "initial" {
                        *chart = Some(initial(&message));
                        continue;
                    }
                    let bars = chart.as_mut().expect("nothing comes before the beginning");
                    let update = told(&message["bar"]);
                    match bars.last_mut() {
                        Some(last) if last.0 == update.0 => *last = update,
                        _ => bars.push(update),
                    }
                }
            }
        }
        for bars in charts.values().flatten() {
            prop_assert!(bars.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "{:?}", bars);
            for (minute, close) in bars.iter().filter(|(it, _)| *it < minute) {
                prop_assert_eq!(truth[*minute as usize].1, *close);
            }
        }
    }
}
