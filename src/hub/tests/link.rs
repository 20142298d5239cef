//! Whether the broker knows the shard.

use serde_json::json;

use super::*;

#[test]
fn the_broker_is_told_of_the_first_socket_and_again_after_everybody_left() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1)]);
    rig.answers = false;
    rig.open();
    assert!(!rig.attaching);
    rig.input(Input::Closed { conn });
    rig.input(Input::Closed { conn: ConnId(1) });
    rig.publish(vec![price("bitcoin", 9)]);
    let conn = rig.open();
    assert!(rig.attaching);
    // What was latest then is not sent as latest now.
    rig.subscribe(conn, &["price:bitcoin"]);
    assert_eq!(events(&rig.read(conn)), []);
    rig.answer_attach();
    assert_eq!(events(&rig.read(conn)), [("price:bitcoin".into(), "9".into())]);
}

#[test]
fn a_broker_that_could_not_be_reached_is_tried_again() {
    let mut rig = Rig::public();
    rig.answers = false;
    rig.open();
    rig.attaching = false;
    rig.input(Input::AttachFailed);
    rig.pass(4_999);
    assert!(!rig.attaching);
    rig.pass(1);
    assert!(rig.attaching);
}

#[test]
fn neither_frames_nor_new_sockets_make_a_shard_ask_sooner_and_nobody_waits_for_it() {
    let mut rig = Rig::public();
    rig.answers = false;
    let mut conn = rig.open();
    for wait in [5_000, 10_000, 20_000, 40_000, 60_000, 60_000] {
        assert!(std::mem::take(&mut rig.attaching));
        rig.input(Input::AttachFailed);
        rig.say(conn, json!({"type": "ping"}));
        rig.input(Input::Closed { conn });
        rig.pass(wait - 1); // nobody is there, and no alarm for nobody
        conn = rig.open();
        rig.subscribe(conn, &["price:bitcoin"]);
        assert_eq!(kinds(&rig.read(conn)), ["subscribed"]);
        assert!(!rig.attaching, "{wait}");
        rig.pass(1);
    }
}

#[test]
fn a_welcome_that_ticks_have_overtaken_is_asked_for_again() {
    let mut rig = Rig::public();
    rig.answers = false;
    let conn = rig.open();
    rig.subscribe(conn, &["signals:all"]);
    rig.attaching = false;
    rig.input(Input::AttachFailed); // It holds the channel now, and knows of nothing.
    rig.publish(vec![signal("a", false)]);
    let report = rig.hub.stats();
    let (welcome, _) = rig.broker.attach(SHARD, 0, report);
    // A delivery of before the question, which takes long.
    let early = Tick {
        number: welcome.newest - 1,
        ..Tick::default()
    };
    rig.input(Input::Delivery {
        after: 0,
        ticks: vec![early],
    });
    rig.welcome(welcome);
    assert!(rig.attaching);
    rig.answer_attach();
    assert_eq!(ids(&rig.read(conn)), ["a"]);
}

#[test]
fn a_shard_that_the_broker_has_forgotten_attaches_again() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.answers = false;
    rig.now = rig.now.plus(90_001);
    rig.say(conn, json!({"type": "ping"}));
    assert!(rig.attaching);
}

#[test]
fn listeners_are_enough_to_notice_that_the_broker_is_silent() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["signals:all"]);
    rig.pass(60_000);
    rig.publish_status();
    rig.read(conn);
    rig.answers = false;
    rig.pass(90_000);
    assert!(!rig.attaching);
    rig.publish(vec![signal("missed", false)]);
    rig.pass(1);
    rig.answer_attach();
    assert_eq!(ids(&rig.read(conn)), ["missed"]);
}
