use super::*;
use crate::hub::exchange::{Question, Recovery};
use crate::model::{Candle, CandleUpdate, CoinId, Decimal, Interval, MarketEvent, Pair, Price, Source};

fn signals(object: &mut Object, count: u64) -> Epoch {
    for n in 0..count {
        object.publish(vec![signal(&n.to_string(), false)]);
    }
    object.broker.fresh()
}

#[test]
fn three_hundred_messages_are_kept() {
    let mut object = Object::new();
    let epoch = signals(&mut object, 310);
    let missed = |since| object.missed(at(epoch, since)).unwrap();
    assert_eq!(missed(10), (11..=310).collect::<Vec<_>>());
    assert_eq!(missed(9), (11..=310).collect::<Vec<_>>(), "which is not all");
    assert_eq!(missed(308), [309, 310]);
    assert_eq!(missed(310), [] as [u64; 0]);
    assert_eq!(missed(400), [] as [u64; 0]);
}

#[test]
fn five_minutes_are_kept() {
    let mut object = Object::new();
    let epoch = signals(&mut object, 2);
    object.pass(299_999);
    signals(&mut object, 1);
    assert_eq!(object.missed(at(epoch, 0)), Some(vec![1, 2, 3]));
    // Channels are looked at once a minute.
    object.pass(60_000);
    signals(&mut object, 1);
    assert_eq!(object.missed(at(epoch, 0)), Some(vec![3, 4]));
}

#[test]
fn of_another_epoch_or_an_unknown_channel_nothing_is_said() {
    let mut object = Object::new();
    signals(&mut object, 2);
    assert_eq!(object.missed(at(Epoch::new(1), 1)), None);
    assert_eq!(Object::new().missed(at(object.broker.fresh(), 0)), None);
}

#[test]
fn state_channels_have_a_current_value_for_as_long_as_they_are_known() {
    let mut object = Object::new();
    object.publish(vec![
        Event::from(price("bitcoin", 1)),
        price("bitcoin", 2).into(),
        mention("SEC"),
    ]);
    object.pass(3_600_000);
    object.publish(vec![price("ethereum", 1)]);
    let heads = object.attach("json-0", 0).heads;
    let latest: Vec<_> = heads
        .into_iter()
        .map(|(_, head)| (head.position.offset, head.latest))
        .collect();
    assert_eq!(
        latest,
        [
            (2, Some(price("bitcoin", 2).into())),
            (1, Some(price("ethereum", 1).into())),
            (1, None)
        ]
    );
}

/// How many messages of a channel are kept.
fn kept(object: &Object, channel: &Channel) -> usize {
    let begin = at(object.broker.fresh(), 0);
    let histories = object.broker.recover(&[(channel.clone(), begin)]).histories;
    histories.iter().map(|(_, history)| history.messages.len()).sum()
}

fn titled(entity: &str, bytes: usize) -> Event {
    match mention(entity) {
        Event::Mention(mut mention) => {
            mention.title = "x".repeat(bytes);
            Event::Mention(mention)
        }
        other => other,
    }
}

#[test]
fn of_a_flood_the_channels_that_are_flooded_lose_and_no_others() {
    let mut object = Object::new();
    let bitcoin = Channel::Price(CoinId::new("bitcoin").unwrap());
    let quiet = Channel::Mentions("quiet".into());
    for n in 0..300 {
        object.publish(vec![price("bitcoin", n)]);
    }
    object.publish((0..5).map(|_| mention("quiet")).collect());
    // 60,000 messages of some 500 bytes, in a minute.
    for _ in 0..60 {
        object.pass(1_000);
        object.publish(
            (0..1_000)
                .map(|n| titled(&format!("flood-{}", n % 400), 400))
                .collect(),
        );
    }
    let flooded = (0..400).map(|n| Channel::Mentions(format!("flood-{n}").into()));
    let flooded: Vec<usize> = flooded.map(|it| kept(&object, &it)).collect();
    let all: usize = flooded.iter().sum();
    assert!((15_000..30_000).contains(&all), "{all}");
    assert!(
        flooded.iter().all(|it| (30..80).contains(it)),
        "each its part: {flooded:?}"
    );
    assert_eq!((kept(&object, &bitcoin), kept(&object, &quiet)), (300, 5));
    object.evict();
    assert_eq!(kept(&object, &bitcoin), 300);
}

#[test]
fn big_messages_of_many_channels_do_not_fill_the_memory() {
    let mut object = Object::new();
    let mut entities = Vec::new();
    for n in 0..1_000 {
        object.pass(10);
        let entity = format!("entity-{n}");
        object.publish(vec![titled(&entity, 64 << 10)]);
        entities.push(Channel::Mentions(entity.as_str().into()));
    }
    for evicted in [false, true] {
        if evicted {
            object.evict();
        }
        let kept: Vec<bool> = entities.iter().map(|it| kept(&object, it) > 0).collect();
        let count = kept.iter().filter(|kept| **kept).count();
        assert!(count <= 12 << 4, "{count} of 64 KB each");
        assert!(count > 100, "only {count}");
        assert!(kept.iter().rev().take(count).all(|kept| *kept), "the newest stay");
    }
}

#[test]
fn the_largest_feed_keeps_all_that_is_promised() {
    let mut object = Object::new();
    let coins: Vec<String> = (0..500).map(|n| format!("coin-number-{n}")).collect();
    let pairs = (0..20).map(|n| Pair::parse(&format!("COIN{n}/USDT")).unwrap());
    let candles: Vec<(Pair, Interval)> = pairs
        .flat_map(|pair| Interval::ALL.map(|interval| (pair.clone(), interval)))
        .collect();
    for n in 0..310 {
        object.pass(900);
        let prices = coins.iter().map(|coin| full_price(coin));
        let candles = candles.iter().map(|(pair, interval)| candle(pair, *interval));
        object.publish(prices.chain(candles).collect::<Vec<Event>>());
        object.publish(vec![titled(&format!("flood-{n}"), 64 << 10)]);
    }
    for evicted in [false, true] {
        if evicted {
            object.evict();
        }
        for coin in coins.iter().step_by(20) {
            assert_eq!(kept(&object, &Channel::Price(CoinId::new(coin).unwrap())), 300);
        }
        for (pair, interval) in candles.iter().step_by(5) {
            assert_eq!(kept(&object, &Channel::Candles(pair.clone(), *interval)), 300);
        }
    }
    let bytes: usize = object.rows.values().map(Vec::len).sum();
    assert!(bytes <= 33 << 20, "{bytes}");
}

/// With every figure that a price may have.
fn full_price(coin: &str) -> Event {
    match price(coin, 1) {
        MarketEvent::Price(price) => Event::Market(MarketEvent::Price(Price {
            change_24h: Some(price.price),
            volume_24h: Some(price.price),
            ..price
        })),
        other => other.into(),
    }
}

fn candle(pair: &Pair, interval: Interval) -> Event {
    let one = Decimal::from(1);
    let candle = Candle {
        open_at: START,
        open: one,
        high: one,
        low: one,
        close: one,
        volume: one,
        quote_volume: Some(one),
    };
    Event::Market(MarketEvent::Candle(CandleUpdate {
        pair: pair.clone(),
        interval,
        candle,
        closed: false,
        source: Source::Simulated,
    }))
}

#[test]
fn an_answer_is_bounded_and_holds_the_lightest_channels() {
    let mut object = Object::new();
    let begin = at(object.broker.fresh(), 0);
    let before = object.newest();
    let names = ["light", "a", "b", "c"];
    for (entity, bytes) in [("a", 4), ("b", 2), ("c", 4)] {
        for _ in 0..bytes * 16 {
            object.publish(vec![titled(entity, 64 << 10)]);
        }
    }
    object.publish(vec![mention("light")]);
    let channels = names.map(|name| Channel::Mentions(name.into()));
    let places: Vec<_> = channels.iter().map(|channel| (channel.clone(), begin)).collect();
    let bytes = |answer: &Recovery| postcard::to_stdvec(answer).unwrap().len();
    for question in [
        Question::Since(places),
        Question::After(before, channels.to_vec()),
    ] {
        let answer = object.broker.answer(&question);
        assert!(bytes(&answer) <= (8 << 20) + (1 << 20), "{}", bytes(&answer));
        let held: Vec<_> = answer
            .histories
            .iter()
            .map(|(channel, _)| channel.clone())
            .collect();
        assert_eq!(held.len() + answer.left_out.len(), 4);
        assert_eq!(held[..2], [channels[0].clone(), channels[2].clone()]);
    }
}

#[test]
fn a_channel_that_no_answer_could_hold_is_told_to_have_moved() {
    let mut object = Object::new();
    let before = object.newest();
    for _ in 0..140 {
        object.publish(vec![titled("a", 64 << 10)]);
    }
    let channel = Channel::Mentions("a".into());
    let answer = object
        .broker
        .answer(&Question::After(before, vec![channel.clone()]));
    assert_eq!(answer.left_out, []);
    assert_eq!(
        (&answer.histories[0].0, answer.histories[0].1.messages.len()),
        (&channel, 0)
    );
}
