//! What a chart is told, and in which order.

use super::*;

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
fn an_amendment_that_overtakes_the_welcome_is_not_the_running_candle() {
    let mut rig = Rig::new();
    rig.candle(0, 1, true);
    rig.candle(1, 2, false);
    let conn = rig.chart();
    let conn = rig.evict()[&conn];
    rig.answers = false;
    rig.look_at(conn, 100);
    let report = rig.hub.stats();
    let (welcome, _) = rig.broker.attach(SHARD, rig.hub.seen(), report);
    rig.candle(0, 9, true);
    rig.pump();
    rig.welcome(welcome);
    rig.found(vec![bar(0, 9, true)]);
    assert_eq!(initial(&rig.read(conn)[0]), [(0, 9), (1, 2)]);
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

#[test]
fn who_holds_a_room_stays_however_long_the_market_is_silent() {
    let mut rig = Rig::new();
    let (looks, rests) = (rig.chart(), rig.chart());
    rig.look_at(looks, 0);
    rig.pass(299_000);
    assert!(rig.closed.is_empty());
    rig.pass(2_000);
    assert_eq!(rig.closed, [(rests, CloseReason::Idle)]);
    let looks = rig.evict()[&looks];
    rig.pass(3_600_000);
    assert_eq!(rig.closed.len(), 1);
    rig.say(
        looks,
        json!({"type": "unsubscribe", "symbol": "BTC/USDT", "interval": "1m"}),
    );
    rig.pass(301_000);
    assert_eq!(rig.closed[1..], [(looks, CloseReason::Idle)]);
}
