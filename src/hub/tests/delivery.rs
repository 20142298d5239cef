use super::*;

#[test]
fn a_signal_goes_to_each_of_its_channels() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(
        conn,
        &[
            "signals:all",
            "signals:high",
            "signals:type:volume_spike",
            "signals:type:price_anomaly",
        ],
    );
    rig.read(conn);
    rig.publish(vec![signal("a", false), signal("b", true)]);
    let channels: Vec<String> = events(&rig.read(conn))
        .into_iter()
        .map(|(channel, id)| channel + &id)
        .collect();
    assert_eq!(
        channels,
        [
            r#"signals:all"a""#,
            r#"signals:type:volume_spike"a""#,
            r#"signals:all"b""#,
            r#"signals:type:volume_spike"b""#,
            r#"signals:high"b""#,
        ]
    );
}

#[test]
fn a_frame_is_encoded_once_for_all_that_spell_the_channel_alike() {
    let mut rig = Rig::new();
    let conns: Vec<ConnId> = (0..10).map(|n| rig.open_as(&format!("user-{n}"))).collect();
    for (n, conn) in conns.iter().enumerate() {
        let extra = if n % 2 == 0 {
            "market:summary"
        } else {
            "signals:all"
        };
        rig.subscribe(*conn, &["price:bitcoin", extra]);
    }
    rig.answers = false;
    rig.publish(vec![price("bitcoin", 1)]);
    let (after, ticks) = rig.next_delivery();
    let effects = rig.hub.handle(rig.now, Input::Delivery { after, ticks });
    let broadcasts: Vec<usize> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Broadcast { to, .. } => Some(to.len()),
            _ => None,
        })
        .collect();
    assert_eq!(broadcasts, [10]);
}

#[test]
fn connections_with_the_same_subscriptions_share_a_group_whatever_the_order() {
    let mut rig = Rig::new();
    let one = rig.open_as("one");
    let two = rig.open_as("two");
    let three = rig.open_as("three");
    rig.subscribe(one, &["price:bitcoin", "signals:all"]);
    rig.subscribe(two, &["signals:all"]);
    rig.subscribe(two, &["price:bitcoin"]);
    rig.subscribe(three, &["price:BTC", "signals:all"]);
    assert_eq!(rig.hub.groups.len(), 2);
    for conn in [one, two, three] {
        rig.input(Input::Closed { conn });
    }
    assert_eq!(
        (rig.hub.groups.len(), rig.hub.index.len(), rig.hub.len()),
        (0, 0, 0)
    );
}

#[test]
fn status_goes_to_everybody_who_may_be_told() {
    let mut rig = Rig::new();
    let known = rig.open_as("alice");
    let unknown = rig.open();
    rig.publish_status();
    assert_eq!(kinds(&rig.read(known)), ["system_status"]);
    assert!(rig.read(unknown).is_empty());
}

#[test]
fn statistics_count_what_happened() {
    let mut rig = Rig::new();
    let conn = rig.open_as("alice");
    rig.subscribe(conn, &["price:bitcoin", "signals:all", "price:nope"]);
    rig.publish(vec![price("bitcoin", 1)]);
    let report = rig.hub.stats();
    assert_eq!(report.gauges.connections, 1);
    assert_eq!(report.gauges.authenticated, 1);
    assert_eq!(
        report.gauges.subscriptions,
        BTreeMap::from([("price".into(), 1), ("signals".into(), 1)])
    );
    // auth_success, subscribed, error, price_update
    assert_eq!(
        (report.counters.messages_in, report.counters.messages_out),
        (2, 4)
    );
    assert_eq!(
        report.counters.errors,
        BTreeMap::from([("INVALID_CHANNEL".into(), 1)])
    );
    assert_eq!(report.counters.latency.count(), 1);
    rig.input(Input::Closed { conn });
    rig.open_as("alice");
    let counters = rig.hub.stats().counters;
    assert_eq!(
        (counters.connects, counters.closes, counters.reconnects),
        (2, 1, 1)
    );
}

#[test]
fn a_delivery_that_was_overtaken_is_dropped() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["price:bitcoin"]);
    rig.answers = false;
    rig.publish(vec![price("bitcoin", 1)]);
    let older = rig.broker.next_delivery(SHARD).unwrap();
    rig.publish(vec![price("bitcoin", 2)]);
    rig.broker.failed(SHARD, rig.now);
    rig.pump();
    rig.read(conn);
    rig.deliver(&older);
    assert_eq!(events(&rig.read(conn)), []);
}

#[test]
fn a_delivery_that_follows_what_the_shard_lacks_is_not_taken() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["signals:all"]);
    rig.answers = false;
    rig.publish(vec![signal("a", false)]);
    rig.broker.next_delivery(SHARD).unwrap();
    // It is lost, though the broker believes that it was taken.
    let seen = rig.hub.seen();
    let report = rig.hub.stats();
    rig.broker.acknowledged(
        SHARD,
        Ack {
            seen: u64::MAX,
            report,
        },
    );
    let report = rig.hub.stats();
    let (welcome, _) = rig.broker.attach(SHARD, rig.now.get() + 1, report);
    assert!(welcome.newest > seen);
    rig.publish(vec![signal("b", false)]);
    let body = rig.broker.next_delivery(SHARD).unwrap();
    rig.deliver(&body);
    assert_eq!((rig.hub.seen(), events(&rig.read(conn))), (seen, vec![]));
    let report = rig.hub.stats();
    rig.broker.acknowledged(SHARD, Ack { seen, report });
    rig.pump();
    assert_eq!(ids(&rig.read(conn)), ["a", "b"]);
}

#[test]
fn what_the_shard_missed_comes_first_and_what_it_had_seen_does_not_come_again() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["signals:all"]);
    rig.answers = false;
    rig.publish(vec![signal("a", false)]);
    let taken = rig.broker.next_delivery(SHARD).unwrap();
    rig.deliver(&taken);
    rig.broker.failed(SHARD, rig.now); // The acknowledgement was lost.
    rig.publish(vec![signal("b", false)]);
    rig.broker.next_delivery(SHARD).unwrap();
    rig.broker.failed(SHARD, rig.now); // This one never arrived.
    rig.publish(vec![signal("c", false)]);
    rig.pump();
    assert_eq!(ids(&rig.read(conn)), ["a", "b", "c"]);
}
