//! A broker that is evicted now and then, beside one that never is.

use proptest::prelude::*;

use super::*;

/// Messages are kept for so long, milliseconds.
const KEPT_MS: u64 = 5 * 60_000;

#[derive(Debug, Clone)]
enum Step {
    Price(u64),
    Signal,
    Mention(u8),
    /// Another back end's, of so many bytes.
    Large(u8, usize),
    /// So many channels at once that some are forgotten, sooner or later.
    Flood(u32),
    Again,
    Pass(u64),
    Attach,
    /// A shard has counted so many more.
    Acknowledge(u64),
    /// What was counted is stored by itself.
    Settle,
    Evict,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u64).prop_map(Step::Price),
        4 => Just(Step::Signal),
        6 => (0..4_u8).prop_map(Step::Mention),
        5 => (0..4_u8, 400_000..1_000_000_usize).prop_map(|(n, bytes)| Step::Large(n, bytes)),
        1 => (2_000..6_000_u32).prop_map(Step::Flood),
        2 => Just(Step::Again),
        8 => prop_oneof![9 => 0..20_000_u64, 1 => 0..600_000_u64].prop_map(Step::Pass),
        1 => Just(Step::Attach),
        4 => (0..9_u64).prop_map(Step::Acknowledge),
        1 => Just(Step::Settle),
        5 => Just(Step::Evict),
    ]
}

/// Both, and what was published on the feed's channels: of each the time of every message, by offset.
struct Pair {
    evicted: Object,
    other: Object,
    names: u32,
    feeds: BTreeMap<Channel, Vec<UnixMillis>>,
}

impl Pair {
    fn send(&mut self, items: Vec<Item>) {
        for item in &items {
            if matches!(item.event, Event::Market(_)) {
                for channel in item.event.channels() {
                    self.feeds.entry(channel).or_default().push(self.evicted.now);
                }
            }
        }
        let receipts = self.evicted.send(items.clone(), None);
        let places = |receipts: Vec<Receipt>| receipts.into_iter().map(|it| it.positions).collect::<Vec<_>>();
        assert_eq!(places(receipts), places(self.other.send(items, None)));
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Price(coin) => self.send(vec![Event::from(price(&format!("coin-{coin}"), *coin)).into()]),
            Step::Signal => self.send(vec![Event::from(signal("s", true)).into()]),
            Step::Mention(n) => self.send(vec![mention(&n.to_string()).into()]),
            Step::Large(n, bytes) => {
                let Event::Mention(mut large) = mention(&n.to_string()) else {
                    unreachable!()
                };
                large.title = "x".repeat(*bytes);
                self.send(vec![Event::Mention(large).into()]);
            }
            Step::Flood(count) => {
                let names = self.names..self.names + count;
                self.names = names.end;
                self.send(names.map(|n| mention(&format!("flood-{n}")).into()).collect());
            }
            Step::Again => {
                // At once: later its row may be gone, with the ids in it.
                self.names += 1;
                let item = with_id(mention("again"), &self.names.to_string());
                self.send(vec![item.clone()]);
                self.evicted.evict();
                self.send(vec![item]);
            }
            Step::Pass(millis) => {
                self.evicted.pass(*millis);
                self.other.pass(*millis);
            }
            Step::Attach => {
                self.evicted.attach("json-0", 0);
                self.other.attach("json-0", 0);
            }
            Step::Acknowledge(more) => {
                for object in [&mut self.evicted, &mut self.other] {
                    object.sent += more;
                    object.acknowledge("json-0", object.newest());
                }
            }
            Step::Settle => self.evicted.checkpoint = self.evicted.broker.checkpoint(self.evicted.now),
            Step::Evict => self.evicted.evict(),
        }
    }

    /// What of a feed's channel has to be kept: the last 300 of the last five minutes.
    fn promised(&self, times: &[UnixMillis]) -> Vec<u64> {
        let now = self.evicted.now;
        let from = times.len().saturating_sub(300);
        let offsets = (1..).zip(times).skip(from);
        let young = offsets.filter(|(_, at)| now.since(**at) < KEPT_MS);
        young.map(|(offset, _)| offset).collect()
    }
}

fn state(broker: &Broker) -> impl PartialEq + std::fmt::Debug {
    let places: Vec<_> = broker.channels().map(|(it, at)| (it.clone(), at)).collect();
    let published = broker.totals().published().clone();
    (
        places,
        broker.lines.heads(),
        broker.fresh(),
        broker.shards(),
        broker.born(),
        published,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn change_nothing(steps in prop::collection::vec(step(), 1..120)) {
        let mut pair = Pair {
            evicted: Object::new(),
            other: Object::new(),
            names: 0,
            feeds: BTreeMap::new(),
        };
        // What is stored makes it the same; before that there is nothing to be.
        pair.step(&Step::Attach);
        let mut told = 0;
        for step in &steps {
            pair.step(step);
            let counted = pair.evicted.broker.totals().counters().messages_out;
            prop_assert!((told..=pair.evicted.sent).contains(&counted), "{counted} after {told}");
            told = counted;
            let (broker, other) = (&pair.evicted.broker, &pair.other.broker);
            // Names and places of all channels are many: they are looked at where they may have changed.
            if matches!(step, Step::Evict) {
                prop_assert_eq!(state(broker), state(other));
            }
            prop_assert_eq!(pair.evicted.newest(), pair.other.newest());
        }
        pair.evicted.evict();
        for (channel, times) in &pair.feeds {
            let wanted = [(channel.clone(), Position { offset: 0, ..pair.evicted.position(channel).unwrap() })];
            let recovery = pair.evicted.broker.recover(&wanted);
            let kept: Vec<u64> = recovery.histories[0].1.messages.iter().map(|(offset, _)| *offset).collect();
            prop_assert!(kept.ends_with(&pair.promised(times)), "{channel}: {kept:?}");
        }
    }
}
