//! Clients that come back, and say where they were.

use serde_json::json;

use super::*;

/// Says where it was on a channel, and subscribes to it.
pub(super) fn come_back(rig: &mut Rig, conn: ConnId, channel: &str, offset: u64) {
    come_back_to(rig, conn, channel, &epoch(rig), offset);
}

fn come_back_to(rig: &mut Rig, conn: ConnId, channel: &str, epoch: &str, offset: u64) {
    let recover = json!({channel: {"epoch": epoch, "offset": offset}});
    rig.say(
        conn,
        json!({"type": "subscribe", "channels": [channel], "recover": recover}),
    );
}

/// What the answer says of a channel, and the offsets of what follows.
pub(super) fn told(rig: &mut Rig, conn: ConnId, channel: &str) -> (Value, Vec<u64>) {
    let messages = rig.read(conn);
    let answer = messages.iter().find(|it| it["type"] == "subscribed");
    let place = answer.expect("an answer")["positions"][channel].clone();
    (place, offsets(&messages))
}

fn offsets(messages: &[Value]) -> Vec<u64> {
    messages.iter().filter_map(|it| it["offset"].as_u64()).collect()
}

pub(super) fn place(rig: &Rig, recovered: bool, offset: u64) -> Value {
    json!({"recovered": recovered, "epoch": epoch(rig), "offset": offset})
}

/// A shard with a client, of a broker that has published so many signals.
pub(super) fn after(signals: u64) -> (Rig, ConnId) {
    let mut rig = Rig::public();
    let conn = rig.open();
    for n in 1..=signals {
        rig.publish(vec![signal(&n.to_string(), false)]);
    }
    (rig, conn)
}

#[test]
fn exactly_what_was_missed_comes_in_order_and_then_what_is_live() {
    let (mut rig, conn) = after(5);
    come_back(&mut rig, conn, "signals:all", 2);
    rig.publish(vec![signal("6", false)]);
    let messages = rig.read(conn);
    assert_eq!(kinds(&messages)[0], "subscribed");
    assert_eq!(
        messages[0]["positions"],
        json!({"signals:all": place(&rig, true, 5)})
    );
    assert_eq!(offsets(&messages), [3, 4, 5, 6]);
    assert_eq!(ids(&messages), ["3", "4", "5", "6"]);
}

#[test]
fn who_missed_nothing_is_told_so_without_a_question() {
    let (mut rig, conn) = after(5);
    rig.answers = false;
    come_back(&mut rig, conn, "signals:all", 5);
    assert!(rig.recovering.is_none());
    assert_eq!(
        told(&mut rig, conn, "signals:all"),
        (place(&rig, true, 5), vec![])
    );
    // A channel that has never had a message is a place, too.
    come_back(&mut rig, conn, "signals:high", 0);
    assert_eq!(
        told(&mut rig, conn, "signals:high"),
        (place(&rig, true, 0), vec![])
    );
}

#[test]
fn of_another_run_or_of_the_future_only_the_current_value_is_sent() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1), price("bitcoin", 2)]);
    for (run, offset) in [
        ("1", 1),
        ("1", 2),
        ("x", 1),
        ("", 0),
        (&*epoch(&rig), 3),
        (&*epoch(&rig), u64::MAX),
    ] {
        come_back_to(&mut rig, conn, "price:bitcoin", run, offset);
        assert_eq!(
            told(&mut rig, conn, "price:bitcoin"),
            (place(&rig, false, 2), vec![2]),
            "{run} {offset}"
        );
    }
}

#[test]
fn what_is_no_longer_kept_is_not_recovered_in_part() {
    let (mut rig, conn) = after(302);
    come_back(&mut rig, conn, "signals:all", 2);
    let (place_of_2, offsets) = told(&mut rig, conn, "signals:all");
    assert_eq!((place_of_2, offsets.len()), (place(&rig, true, 302), 300));
    come_back(&mut rig, conn, "signals:all", 1);
    assert_eq!(
        told(&mut rig, conn, "signals:all"),
        (place(&rig, false, 302), vec![])
    );
}

#[test]
fn a_channel_beyond_the_limit_is_not_recovered() {
    let mut rig = Rig::with(|limits| {
        limits.public_read = true;
        limits.max_channels = 1;
    });
    let conn = rig.open();
    rig.publish(vec![signal("1", true)]);
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.read(conn);
    come_back(&mut rig, conn, "signals:all", 0);
    let messages = rig.read(conn);
    assert_eq!(codes(&messages), ["RATE_LIMITED"]);
    assert_eq!(messages[0]["positions"], json!({}));
    assert_eq!(ids(&messages), Vec::<&str>::new());
}

#[test]
fn a_place_may_be_named_by_another_spelling_than_the_channel() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.publish(vec![price("bitcoin", 1), price("bitcoin", 2)]);
    let recover = json!({"price:bitcoin": {"epoch": epoch(&rig), "offset": 1}});
    let channels = ["price:BTC", "price:btc"];
    rig.say(
        conn,
        json!({"type": "subscribe", "channels": channels, "recover": recover}),
    );
    assert_eq!(told(&mut rig, conn, "price:btc"), (place(&rig, true, 2), vec![2]));
}

/// Clients of one round, each with the place that it comes back to; the first one's question goes before.
fn coming_back(rig: &mut Rig, offsets: &[u64]) -> Vec<ConnId> {
    rig.answers = false;
    let first = rig.open();
    come_back(rig, first, "signals:all", 1);
    let conns = offsets.iter().map(|offset| {
        let conn = rig.open();
        come_back(rig, conn, "signals:all", *offset);
        conn
    });
    let conns = conns.collect();
    rig.answer_recover();
    conns
}

#[test]
fn what_many_have_missed_is_written_once() {
    let (mut rig, _) = after(5);
    coming_back(&mut rig, &[4, 2, 3, 2, 4]);
    let wanted = rig.recovering.take().unwrap();
    let answer = rig.broker.answer(&wanted);
    let effects = rig.hub.handle(rig.now, Input::Recovered(answer));
    let receivers = effects.iter().filter_map(|effect| match effect {
        Effect::Broadcast { to, .. } => Some(to.len()),
        _ => None,
    });
    assert_eq!(
        receivers.collect::<Vec<_>>(),
        [2, 3, 5],
        "of the third, fourth and fifth"
    );
}

#[test]
fn each_of_many_gets_what_it_has_missed() {
    let (mut rig, _) = after(5);
    let since = [4, 2, 3, 1, 2];
    let conns = coming_back(&mut rig, &since);
    rig.answer_recover();
    for (conn, since) in conns.into_iter().zip(since) {
        let (position, offsets) = told(&mut rig, conn, "signals:all");
        assert_eq!(position, place(&rig, true, 5));
        assert_eq!(offsets, (since + 1..=5).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_missed_comes_before_the_answer_to_the_next_request() {
    let (mut rig, _) = after(3);
    let conns = coming_back(&mut rig, &[1, 2]);
    rig.unsubscribe(conns[0], &["signals:all"]);
    rig.answer_recover();
    let messages = rig.read(conns[0]);
    assert_eq!(
        kinds(&messages),
        ["subscribed", "signal_alert", "signal_alert", "unsubscribed"]
    );
    assert_eq!(told(&mut rig, conns[1], "signals:all").1, [3]);
}

#[test]
fn who_says_where_it_was_came_back_and_counts_once() {
    let reconnects = |rig: &mut Rig| rig.hub.stats().counters.reconnects;
    let mut rig = Rig::new();
    let alice = rig.open_as("alice");
    rig.publish(vec![signal("1", false), signal("2", false)]);
    // Of another shard, where she was before, nothing is known here.
    come_back(&mut rig, alice, "signals:all", 1);
    come_back(&mut rig, alice, "signals:all", 1);
    assert_eq!(reconnects(&mut rig), 1);
    rig.input(Input::Closed { conn: alice });
    let again = rig.open_as("alice");
    assert_eq!(reconnects(&mut rig), 2);
    come_back(&mut rig, again, "signals:all", 2);
    assert_eq!(reconnects(&mut rig), 2, "by its token already");
    let bob = rig.open_as("bob");
    rig.subscribe(bob, &["signals:all"]);
    come_back(&mut rig, bob, "signals:all", 1);
    assert_eq!(reconnects(&mut rig), 2, "it only asks again");

    let mut rig = Rig::public();
    let nobody = rig.open();
    rig.publish(vec![signal("1", false)]);
    let nobody = rig.evict()[&nobody];
    come_back(&mut rig, nobody, "signals:all", 0);
    assert_eq!(reconnects(&mut rig), 1, "without a token");
    let renamed = rig.evict();
    come_back(&mut rig, renamed[&nobody], "signals:all", 0);
    assert_eq!(reconnects(&mut rig), 0, "not again in the next life");
}

#[test]
fn only_what_a_request_wants_and_may_hold_is_asked_for() {
    let mut rig = Rig::with(|limits| limits.max_channels = 2);
    let conn = rig.open_as("alice");
    rig.publish(vec![signal("1", true), price("bitcoin", 1), price("ethereum", 1)]);
    rig.answers = false;
    let channels = [
        "signals:all",
        "signals:high",
        "user:bob",
        "price:bitcoin",
        "price:ethereum",
    ];
    let recover: BTreeMap<_, _> = channels
        .map(|channel| {
            let offset = u64::from(channel == "user:bob");
            (channel, json!({"epoch": epoch(&rig), "offset": offset}))
        })
        .into();
    let mut ask = |channels: &[&str]| {
        rig.recovering = None;
        let request = json!({"type": "subscribe", "channels": channels, "recover": recover});
        rig.say(conn, request);
        let question = rig.recovering.clone();
        if question.is_some() {
            rig.answer_recover();
        }
        rig.read(conn);
        question
    };
    let since = |channels: &[Channel]| {
        let place = |channel: &Channel| {
            (
                channel.clone(),
                Position {
                    epoch: crate::model::Epoch::new(START.get()),
                    offset: 0,
                },
            )
        };
        Some(Question::Since(channels.iter().map(place).collect()))
    };
    assert_eq!(ask(&[]), None);
    assert_eq!(ask(&["user:bob"]), None);
    assert_eq!(ask(&["user:bob", "signals:high"]), since(&[Channel::SignalsHigh]));
    let all = ask(&channels);
    assert_eq!(
        all,
        since(&[Channel::SignalsAll, Channel::SignalsHigh]),
        "two fit"
    );
}
