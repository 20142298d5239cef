//! What happens while the broker is asked where channels stand, or what a client has missed.

use serde_json::json;

use super::recovery::{after, come_back, place, told};
use super::*;

#[test]
fn what_is_published_during_the_question_waits_behind_the_answer() {
    let (mut rig, conn) = after(2);
    rig.answers = false;
    come_back(&mut rig, conn, "signals:all", 1);
    rig.publish(vec![signal("3", false)]);
    rig.pump();
    let wanted = rig.recovering.clone().unwrap();
    let early = rig.broker.answer(&wanted);
    rig.publish(vec![signal("4", false)]);
    rig.pump();
    assert_eq!(rig.read(conn), Vec::<Value>::new());
    rig.recovering = None;
    rig.input(Input::Recovered(early));
    rig.publish(vec![signal("5", false)]);
    rig.pump();
    assert_eq!(
        told(&mut rig, conn, "signals:all"),
        (place(&rig, true, 4), vec![2, 3, 4, 5])
    );
}

#[test]
fn an_answer_that_is_ahead_of_the_shard_waits_for_the_ticks_between() {
    let (mut rig, conn) = after(2);
    rig.answers = false;
    come_back(&mut rig, conn, "signals:all", 1);
    rig.publish(vec![signal("3", false)]);
    rig.answer_recover();
    assert_eq!(rig.read(conn), Vec::<Value>::new());
    rig.pump();
    assert_eq!(
        told(&mut rig, conn, "signals:all"),
        (place(&rig, true, 3), vec![2, 3])
    );
}

#[test]
fn a_channel_without_a_gap_stays_without_one_while_another_is_asked_for() {
    let (mut rig, conn) = after(2);
    rig.answers = false;
    let all = json!({"epoch": epoch(&rig), "offset": 1});
    let high = json!({"epoch": epoch(&rig), "offset": 0});
    let recover = json!({"signals:all": all, "signals:high": high});
    let channels = ["signals:all", "signals:high"];
    rig.say(
        conn,
        json!({"type": "subscribe", "channels": channels, "recover": recover}),
    );
    rig.publish(vec![signal("3", true)]);
    rig.pump();
    rig.answer_recover();
    let messages = rig.read(conn);
    assert_eq!(messages[0]["positions"]["signals:high"], place(&rig, true, 1));
    assert_eq!(ids(&messages), ["2", "3", "3"]);
}

#[test]
fn a_client_that_was_ahead_of_this_shard_gets_nothing_twice() {
    let (mut rig, conn) = after(2);
    rig.answers = false;
    rig.publish(vec![signal("3", false)]);
    come_back(&mut rig, conn, "signals:all", 3);
    rig.answer_recover();
    rig.pump();
    assert_eq!(
        told(&mut rig, conn, "signals:all"),
        (place(&rig, true, 3), vec![])
    );
}

#[test]
fn clients_of_different_places_share_a_question() {
    let (mut rig, one) = after(5);
    let two = rig.open();
    rig.answers = false;
    come_back(&mut rig, one, "signals:all", 4);
    rig.answers = true;
    come_back(&mut rig, two, "signals:all", 1);
    assert_eq!(told(&mut rig, one, "signals:all").1, [5]);
    assert_eq!(told(&mut rig, two, "signals:all").1, [2, 3, 4, 5]);
}

#[test]
fn of_those_that_wait_for_a_welcome_the_earliest_place_serves_all() {
    let (mut rig, one) = after(5);
    let two = rig.open();
    let renamed = rig.evict();
    rig.answers = false;
    for (conn, offset) in [(one, 4), (two, 1)] {
        come_back(&mut rig, renamed[&conn], "signals:all", offset);
    }
    rig.answer_attach();
    let earliest = Position {
        epoch: rig.broker.fresh(),
        offset: 1,
    };
    let question = Question::Since(vec![(Channel::SignalsAll, earliest)]);
    assert_eq!(rig.recovering, Some(question));
    rig.answer_recover();
    assert_eq!(told(&mut rig, renamed[&one], "signals:all").1, [5]);
    assert_eq!(told(&mut rig, renamed[&two], "signals:all").1, [2, 3, 4, 5]);
}

#[test]
fn requests_during_the_question_are_answered_after_it() {
    let (mut rig, conn) = after(3);
    rig.answers = false;
    come_back(&mut rig, conn, "signals:all", 1);
    rig.unsubscribe(conn, &["signals:all"]);
    rig.subscribe(conn, &["signals:high"]);
    assert_eq!(rig.read(conn), Vec::<Value>::new());
    rig.answer_recover();
    rig.publish(vec![signal("4", false)]);
    rig.pump();
    let messages = rig.read(conn);
    assert_eq!(
        kinds(&messages),
        [
            "subscribed",
            "signal_alert",
            "signal_alert",
            "unsubscribed",
            "subscribed"
        ]
    );
    assert_eq!(messages[4]["channels"], json!(["signals:high"]));
}

#[test]
fn who_leaves_during_the_question_is_forgotten_and_the_next_of_that_id_gets_no_answer_of_his() {
    let (mut rig, stays) = after(3);
    let leaves = rig.open();
    rig.answers = false;
    come_back(&mut rig, leaves, "signals:all", 1);
    rig.input(Input::Closed { conn: leaves });
    rig.next = leaves.0;
    let next = rig.open();
    assert_eq!(next, leaves);
    rig.answer_recover();
    come_back(&mut rig, stays, "signals:all", 2);
    rig.answer_recover();
    assert_eq!(rig.read(next), Vec::<Value>::new());
    assert_eq!(told(&mut rig, stays, "signals:all").1, [3]);
}

#[test]
fn a_broker_that_does_not_answer_costs_the_history_and_not_the_subscription() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![
        price("bitcoin", 1),
        price("bitcoin", 2),
        price("bitcoin", 3),
    ]);
    rig.answers = false;
    come_back(&mut rig, conn, "price:bitcoin", 1);
    rig.recovering = None;
    rig.input(Input::RecoverFailed);
    rig.publish(vec![price("bitcoin", 4)]);
    rig.pump();
    assert_eq!(
        told(&mut rig, conn, "price:bitcoin"),
        (place(&rig, false, 3), vec![3, 4])
    );
}

#[test]
fn who_missed_nothing_but_the_current_value_has_a_gap_by_no_broker() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1), price("bitcoin", 2)]);
    rig.answers = false;
    come_back(&mut rig, conn, "price:bitcoin", 1);
    rig.recovering = None;
    rig.input(Input::RecoverFailed);
    assert_eq!(
        told(&mut rig, conn, "price:bitcoin"),
        (place(&rig, true, 2), vec![2])
    );
}

#[test]
fn a_subscription_waits_until_the_shard_knows_where_channels_stand() {
    let mut rig = Rig::public();
    rig.answers = false;
    let conn = rig.open();
    rig.subscribe(conn, &["price:bitcoin", "price:ethereum"]);
    assert_eq!(rig.read(conn), Vec::<Value>::new());
    rig.publish(vec![price("ethereum", 19), price("bitcoin", 1)]);
    rig.publish(vec![price("ethereum", 20)]);
    rig.answer_attach();
    let messages = rig.read(conn);
    assert_eq!(kinds(&messages), ["subscribed", "price_update", "price_update"]);
    assert_eq!(
        messages[0]["positions"]["price:ethereum"],
        json!({"recovered": false, "epoch": epoch(&rig), "offset": 2})
    );
    assert_eq!(
        events(&messages),
        [
            ("price:bitcoin".into(), "1".into()),
            ("price:ethereum".into(), "20".into())
        ]
    );
}

#[test]
fn requests_that_wait_are_answered_in_their_order() {
    let mut rig = Rig::public();
    rig.answers = false;
    let gone = rig.open();
    rig.subscribe(gone, &["price:bitcoin"]);
    let stays = rig.open();
    rig.subscribe(stays, &["price:bitcoin"]);
    rig.unsubscribe(stays, &["price:bitcoin"]);
    rig.input(Input::Closed { conn: gone });
    rig.publish(vec![price("bitcoin", 1)]);
    rig.answer_attach();
    assert_eq!(
        kinds(&rig.read(stays)),
        ["subscribed", "price_update", "unsubscribed"]
    );
    assert_eq!(rig.read(gone), Vec::<Value>::new());
}

#[test]
fn a_token_that_expires_while_its_request_waits_gets_no_answer_but_that() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.open();
    rig.say(conn, json!({"type": "auth", "token": rig.token("alice", 60)}));
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.pass(60_000);
    rig.read(conn);
    rig.answer_attach();
    assert_eq!(codes(&rig.read(conn)), ["EXPIRED_TOKEN"]);
}

#[test]
fn who_was_told_blindly_gets_the_value_once_it_is_known_unless_a_newer_one_came() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1), price("ethereum", 1)]);
    let conn = rig.evict()[&conn];
    rig.answers = false;
    rig.subscribe(conn, &["price:bitcoin", "price:ethereum"]);
    rig.attaching = false;
    rig.input(Input::AttachFailed);
    let told = rig.read(conn);
    assert_eq!(kinds(&told), ["subscribed"]);
    assert_eq!(told[0]["positions"]["price:bitcoin"], json!({"recovered": false}));
    rig.publish(vec![price("ethereum", 2)]);
    rig.pump();
    rig.pass(5_000);
    rig.answer_attach();
    assert_eq!(
        events(&rig.read(conn)),
        [
            ("price:ethereum".into(), "2".into()),
            ("price:bitcoin".into(), "1".into())
        ]
    );
}

#[test]
fn who_comes_back_during_a_round_is_looked_at_once_however_many_ticks_pass() {
    let (mut rig, first) = after(3);
    rig.answers = false;
    come_back(&mut rig, first, "signals:all", 1);
    let others: Vec<ConnId> = (0..2_000).map(|_| rig.open()).collect();
    for conn in &others {
        come_back(&mut rig, *conn, "signals:all", 2);
    }
    rig.answer_recover();
    assert_eq!(
        told(&mut rig, first, "signals:all"),
        (place(&rig, true, 3), vec![2, 3])
    );
    rig.publish(vec![signal("4", false)]);
    rig.pump();
    rig.answer_recover();
    let place = place(&rig, true, 4);
    for conn in others {
        assert_eq!(told(&mut rig, conn, "signals:all"), (place.clone(), vec![3, 4]));
    }
}
