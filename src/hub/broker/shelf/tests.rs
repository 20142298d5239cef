use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{Epoch, Mention};

const BUDGET: usize = 100_000;
const START: UnixMillis = UnixMillis::from_secs(1_764_678_600);

#[derive(Debug, Clone)]
enum Step {
    /// A message of so many bytes on the nth channel; perhaps after one that is lost.
    Put(usize, usize, bool),
    Pass(u64),
    DropOld,
    Lighten,
    Forget(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..8_usize, 0..5_000_usize, prop::bool::weighted(0.02)).prop_map(|(n, size, lost)| Step::Put(n, size, lost)),
        4 => (0..60_000_u64).prop_map(Step::Pass),
        1 => Just(Step::DropOld),
        2 => Just(Step::Lighten),
        1 => (0..8_usize).prop_map(Step::Forget),
    ]
}

fn channel(n: usize) -> Channel {
    Channel::User("x".repeat(n + 1).into())
}

fn message(bytes: usize) -> Encoded {
    Encoded::new(&Event::Mention(Mention {
        entity: String::new(),
        title: "x".repeat(bytes),
        url: String::new(),
        source: String::new(),
        timestamp: START,
    }))
}

fn recount(line: &Line) -> usize {
    line.recent.iter().map(|it| it.event.cost()).sum()
}

/// Of each channel: what it costs, and what each of its messages does, by offset.
fn weights(shelf: &Shelf) -> BTreeMap<Channel, (usize, BTreeMap<u64, usize>)> {
    let lines = shelf.lines.iter().map(|(channel, line)| {
        let messages = line.recent().map(|(offset, event)| (offset, event.cost()));
        (channel.clone(), (line.cost, messages.collect()))
    });
    lines.collect()
}

/// Whoever lost a message was, before, about as heavy as the heaviest that is left.
fn heaviest_lost_first(before: &Shelf, after: &Shelf) {
    let after = weights(after);
    let heaviest = after
        .values()
        .map(|(cost, _)| cost.max(&1).ilog2())
        .max()
        .unwrap_or(0);
    for (channel, (_, had)) in weights(before) {
        let (cost, has) = &after[&channel];
        let lost = had.keys().filter(|offset| !has.contains_key(offset)).max();
        if let Some(last) = lost {
            assert!((cost + had[last]).ilog2() >= heaviest, "{channel} was light");
            assert!(has.keys().all(|kept| kept > last), "the oldest go");
        }
    }
}

proptest! {
    #[test]
    fn costs_add_up_and_the_heaviest_lose(steps in prop::collection::vec(step(), 1..200)) {
        let mut shelf = Shelf::new(BUDGET);
        let mut now = START;
        let epoch = Epoch::new(1);
        for step in steps {
            match step {
                Step::Put(n, bytes, lost) => {
                    let known = shelf.get(&channel(n)).map_or(0, |line| line.position.offset);
                    let offset = known + 1 + u64::from(lost);
                    shelf.put(channel(n), Position { epoch, offset }, &message(bytes), 0, now);
                    prop_assert_eq!(shelf.get(&channel(n)).unwrap().recent().last().unwrap().0, offset);
                }
                Step::Pass(millis) => now = now.plus(millis),
                Step::DropOld => {
                    shelf.drop_old(now);
                    let kept = shelf.lines.values().flat_map(|line| &line.recent);
                    prop_assert!(kept.into_iter().all(|it| now.since(it.at) < KEPT_MS));
                }
                Step::Lighten => {
                    let before = shelf.clone();
                    shelf.lighten();
                    prop_assert!(shelf.cost <= BUDGET / 4 * 3);
                    prop_assert_eq!(shelf.len(), before.len());
                    heaviest_lost_first(&before, &shelf);
                }
                Step::Forget(channels) => {
                    shelf.forget_silent(channels, 20);
                    prop_assert!(shelf.len() <= channels && shelf.names() <= 20);
                }
            }
            prop_assert_eq!(shelf.cost, shelf.lines.values().map(recount).sum::<usize>());
            prop_assert!(shelf.lines.values().all(|line| line.cost == recount(line)));
            prop_assert!(shelf.lines.values().all(|line| line.recent.len() <= KEPT_MESSAGES));
            prop_assert_eq!(shelf.names(), shelf.lines.keys().map(name_length).sum::<usize>());
        }
    }
}

#[test]
fn a_queue_that_was_long_gives_its_memory_back() {
    let mut shelf = Shelf::new(BUDGET);
    let epoch = Epoch::new(1);
    for offset in 1..=300 {
        shelf.put(channel(0), Position { epoch, offset }, &message(400), 0, START);
    }
    let capacity = |shelf: &Shelf| shelf.lines[&channel(0)].recent.capacity();
    assert!(capacity(&shelf) >= 300);
    shelf.drop_old(START.plus(KEPT_MS));
    assert_eq!((capacity(&shelf), shelf.cost), (0, 0));
}

#[test]
fn what_was_encoded_comes_back() {
    let event = Event::Mention(Mention {
        entity: "Ä".to_owned(),
        title: "t".to_owned(),
        url: "u".to_owned(),
        source: "s".to_owned(),
        timestamp: START,
    });
    assert_eq!(Encoded::new(&event).event(), Some(event));
}
