use super::*;

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

#[test]
fn all_channels_together_keep_sixty_thousand_messages_even_of_one_moment() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    let channels: Vec<Channel> = (0..250)
        .map(|n| Channel::Mentions(n.to_string().into()))
        .collect();
    let kept = |object: &Object| {
        let wanted: Vec<_> = channels.iter().map(|it| (it.clone(), at(epoch, 0))).collect();
        let histories = object.broker.recover(&wanted).histories;
        histories
            .iter()
            .map(|(_, history)| history.messages.len())
            .sum::<usize>()
    };
    for _ in 0..239 {
        object.publish((0..250).map(|n| mention(&n.to_string())).collect());
    }
    assert_eq!(kept(&object), 59_750);
    object.pass(1_000);
    object.publish((0..250).map(|n| mention(&n.to_string())).collect());
    object.publish(vec![mention("0")]);
    // The oldest went, the newest stayed.
    assert_eq!(kept(&object), 251);
    let all = (0..60_251).map(|n| mention(&(n % 250).to_string())).collect();
    let all: Vec<Event> = all;
    object.publish(all);
    assert!(kept(&object) <= 60_000);
}

#[test]
fn big_messages_of_many_channels_do_not_fill_the_memory() {
    let mut object = Object::new();
    let mut entities = Vec::new();
    for n in 0..1_000 {
        object.pass(10);
        let entity = format!("entity-{n}");
        let Event::Mention(mut big) = mention(&entity) else {
            unreachable!()
        };
        big.title = "x".repeat(64 << 10);
        object.publish(vec![Event::Mention(big)]);
        entities.push(Channel::Mentions(entity.as_str().into()));
    }
    for evicted in [false, true] {
        if evicted {
            object.evict();
        }
        let begin = at(object.broker.fresh(), 0);
        let wanted: Vec<_> = entities.iter().map(|it| (it.clone(), begin)).collect();
        let histories = object.broker.recover(&wanted).histories;
        let kept = histories.iter().filter(|(_, it)| !it.messages.is_empty());
        let kept: Vec<_> = kept.map(|(channel, _)| channel).collect();
        assert!(kept.len() <= 24 << 4, "{} of 64 KB each", kept.len());
        assert!(kept.len() > 100, "only {}", kept.len());
        assert!(kept.contains(&entities.last().unwrap()), "the newest stays");
    }
}
