//! A shard that fell out of what the broker keeps of ticks.

use serde_json::json;

use super::recovery::{come_back, told};
use super::*;
use crate::model::Mention;

/// What others publish until no tick from before is kept.
fn flood(rig: &mut Rig) {
    for _ in 0..30 {
        let mention = Mention {
            entity: "flood".into(),
            title: "x".repeat(400 << 10),
            url: String::new(),
            source: String::new(),
            timestamp: START,
        };
        rig.publish_all(vec![Event::Mention(mention)]);
    }
}

/// Two clients who hold these channels and have got one message; the shard lacks what comes now.
fn about_to_be_cut_off(channels: &[&str]) -> (Rig, [ConnId; 2]) {
    let mut rig = Rig::public();
    let conns = [rig.open(), rig.open()];
    for conn in conns {
        rig.subscribe(conn, channels);
    }
    rig.publish(vec![signal("1", true), price("bitcoin", 1)]);
    rig.answers = false;
    for conn in conns {
        rig.read(conn);
    }
    (rig, conns)
}

/// The broker is asked and answers, whatever for.
fn settle(rig: &mut Rig) {
    while rig.attaching || rig.recovering.is_some() {
        if rig.attaching {
            rig.answer_attach();
        }
        if rig.recovering.is_some() {
            rig.answer_recover();
        }
    }
}

/// Channel and offset of each message.
fn places<'a>(messages: &'a [Value]) -> Vec<(&'a str, u64)> {
    let place = |it: &'a Value| Some((it["channel"].as_str()?, it["offset"].as_u64()?));
    messages.iter().filter_map(place).collect()
}

#[test]
fn what_was_left_out_comes_before_what_is_newer_and_to_all() {
    for evicted in [false, true] {
        let (mut rig, conns) = about_to_be_cut_off(&["signals:all", "signals:high", "price:bitcoin"]);
        rig.publish(vec![signal("2", false), signal("3", true)]);
        flood(&mut rig);
        let conns = if evicted {
            let renamed = rig.evict();
            conns.map(|conn| renamed[&conn])
        } else {
            conns
        };
        rig.publish(vec![signal("4", false)]);
        rig.pump();
        for conn in conns {
            assert_eq!(places(&rig.read(conn)), [], "it waits");
        }
        settle(&mut rig);
        rig.publish(vec![signal("5", true), price("bitcoin", 2)]);
        rig.pump();
        for conn in conns {
            let messages = rig.read(conn);
            let of = |channel: &str| {
                let of = events(&messages).into_iter().filter(|(it, _)| it == channel);
                of.map(|(_, id)| id).collect::<Vec<_>>()
            };
            assert_eq!(of("signals:all"), [r#""2""#, r#""3""#, r#""4""#, r#""5""#]);
            assert_eq!(of("signals:high"), [r#""3""#, r#""5""#]);
            assert_eq!(of("price:bitcoin"), ["2"]);
        }
        assert!(rig.hub.gap.is_none());
    }
}

#[test]
fn a_welcome_that_leaves_ticks_out_is_made_up_for_as_well() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all"]);
    rig.publish(vec![signal("2", false)]);
    flood(&mut rig);
    rig.pass(90_001);
    rig.say(conn, json!({"type": "ping"}));
    rig.read(conn);
    settle(&mut rig);
    assert_eq!(ids(&rig.read(conn)), ["2"]);
}

#[test]
fn what_follows_the_last_message_waits_for_nothing() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["price:bitcoin", "signals:all"]);
    rig.publish(vec![signal("2", false)]);
    flood(&mut rig);
    rig.publish(vec![price("bitcoin", 2), signal("3", false), price("bitcoin", 3)]);
    rig.pump();
    let prices = |messages: Vec<Value>| {
        places(&messages)
            .into_iter()
            .map(|(_, at)| at)
            .collect::<Vec<_>>()
    };
    assert_eq!(prices(rig.read(conn)), [2, 3]);
    rig.answer_attach();
    let Some(Question::After(_, asked)) = &rig.recovering else {
        panic!("{:?}", rig.recovering)
    };
    assert_eq!(asked, &[Channel::SignalsAll]);
    settle(&mut rig);
    assert_eq!(ids(&rig.read(conn)), ["2", "3"]);
}

#[test]
fn of_what_is_not_kept_the_value_or_the_place_is_told() {
    for evicted in [false, true] {
        let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all", "price:bitcoin", "signals:high"]);
        rig.publish(vec![signal("2", false), price("bitcoin", 2)]);
        let conn = if evicted { rig.evict()[&conn] } else { conn };
        rig.now = rig.now.plus(400_000);
        rig.publish(vec![price("ethereum", 1)]);
        rig.pump();
        settle(&mut rig);
        let messages = rig.read(conn);
        assert_eq!(kinds(&messages), ["price_update", "subscribed"]);
        assert_eq!(places(&messages), [("price:bitcoin", 2)]);
        let place = json!({"signals:all": {"recovered": false, "epoch": epoch(&rig), "offset": 2}});
        assert_eq!(messages[1]["positions"], place);
        assert_eq!(messages[1]["channels"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn of_more_messages_than_are_kept_those_that_are_kept_come() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all"]);
    for n in 2..=400 {
        rig.publish(vec![signal(&n.to_string(), false)]);
    }
    flood(&mut rig);
    rig.pump();
    settle(&mut rig);
    let offsets = rig
        .read(conn)
        .iter()
        .filter_map(|it| it["offset"].as_u64())
        .collect::<Vec<_>>();
    assert_eq!(offsets, (101..=400).collect::<Vec<_>>());
}

#[test]
fn who_comes_meanwhile_waits_and_gets_nothing_twice() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all"]);
    let late = rig.open();
    come_back(&mut rig, late, "signals:all", 0);
    assert!(rig.recovering.is_some(), "its question is under way");
    let early = rig
        .recovering
        .clone()
        .map(|question| rig.broker.answer(&question))
        .unwrap();
    rig.publish(vec![signal("2", false)]);
    flood(&mut rig);
    rig.pump();
    let later = rig.open();
    rig.subscribe(later, &["signals:all"]);
    rig.answer_attach();
    // What was asked before says nothing of what was left out.
    rig.recovering = None;
    rig.input(Input::Recovered(early));
    settle(&mut rig);
    rig.publish(vec![signal("3", false)]);
    rig.pump();
    assert_eq!(ids(&rig.read(conn)), ["2", "3"]);
    let (place, offsets) = told(&mut rig, late, "signals:all");
    assert_eq!((&place["recovered"], offsets), (&json!(true), vec![1, 2, 3]));
    let (place, offsets) = told(&mut rig, later, "signals:all");
    assert_eq!((&place["offset"], offsets), (&json!(2), vec![3]));
}

#[test]
fn a_broker_that_does_not_answer_holds_nothing_up() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all", "signals:high", "price:bitcoin"]);
    rig.publish(vec![signal("2", true), price("bitcoin", 2)]);
    flood(&mut rig);
    rig.publish(vec![signal("3", false)]);
    rig.pump();
    rig.answer_attach();
    rig.recovering = None;
    rig.input(Input::RecoverFailed);
    let messages = rig.read(conn);
    assert_eq!(places(&messages), [("price:bitcoin", 2), ("signals:all", 3)]);
    let place = json!({"signals:high": {"recovered": false, "epoch": epoch(&rig), "offset": 2}});
    assert_eq!(messages[2]["positions"], place);
    assert!(rig.hub.gap.is_none());
}

#[test]
fn a_broker_that_cannot_be_reached_holds_nothing_up_and_is_asked_later() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all", "signals:high"]);
    rig.publish(vec![signal("2", true)]);
    flood(&mut rig);
    rig.publish(vec![signal("3", false)]);
    rig.pump();
    rig.attaching = false;
    rig.input(Input::AttachFailed);
    assert_eq!(places(&rig.read(conn)), [("signals:all", 3)]);
    rig.publish(vec![signal("4", false)]);
    rig.pump();
    assert_eq!(places(&rig.read(conn)), [("signals:all", 4)]);
    rig.pass(5_000);
    settle(&mut rig);
    assert_eq!(places(&rig.read(conn)), [("signals:high", 2)]);
}

#[test]
fn what_one_answer_has_no_room_for_is_asked_for_again() {
    let (mut rig, [conn, _]) = about_to_be_cut_off(&["signals:all", "signals:high"]);
    rig.publish(vec![signal("2", true)]);
    flood(&mut rig);
    rig.pump();
    rig.answer_attach();
    let question = rig.recovering.take().unwrap();
    let mut answer = rig.broker.answer(&question);
    answer
        .histories
        .retain(|(channel, _)| *channel == Channel::SignalsAll);
    answer.left_out.push(Channel::SignalsHigh);
    rig.input(Input::Recovered(answer));
    rig.publish(vec![signal("3", true)]);
    rig.pump();
    assert_eq!(places(&rig.read(conn)), [("signals:all", 2), ("signals:all", 3)]);
    settle(&mut rig);
    assert_eq!(
        places(&rig.read(conn)),
        [("signals:high", 2), ("signals:high", 3)]
    );
}

#[test]
fn after_everybody_left_nobody_lacks_anything() {
    let (mut rig, conns) = about_to_be_cut_off(&["signals:all"]);
    rig.publish(vec![signal("2", true)]);
    flood(&mut rig);
    rig.pump();
    rig.answer_attach();
    for conn in conns {
        rig.input(Input::Closed { conn });
    }
    let conn = rig.open();
    come_back(&mut rig, conn, "signals:all", 1);
    let void = rig
        .recovering
        .take()
        .map(|question| rig.broker.answer(&question))
        .unwrap();
    rig.input(Input::Recovered(void));
    settle(&mut rig);
    assert_eq!(told(&mut rig, conn, "signals:all").1, [2]);
}
