//! What a chart begins with.

use super::*;

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
fn what_was_completed_meanwhile_is_read_a_minute_later() {
    let mut rig = Rig::new();
    let traded = |volume: u64| {
        let mut bar = bar(0, 1, true);
        bar.candle.volume = volume.into();
        bar
    };
    let volume = |message: &Value| message["bars"][0]["volume"].as_u64().unwrap();
    rig.candle(3, 4, false);
    let first = rig.chart();
    rig.look_at(first, 100);
    rig.found(vec![traded(5)]);
    assert_eq!(volume(&rig.read(first)[0]), 5);
    rig.pass(60_000);
    let second = rig.chart();
    rig.look_at(second, 100);
    rig.found(vec![traded(7)]);
    assert_eq!(volume(&rig.read(second)[0]), 7);
    // What was read before it was published is older.
    rig.pass(60_000);
    let third = rig.chart();
    rig.look_at(third, 100);
    rig.publish(vec![MarketEvent::Candle(traded(9))]);
    rig.found(vec![traded(7)]);
    assert_eq!(volume(&rig.read(third)[0]), 9);
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
