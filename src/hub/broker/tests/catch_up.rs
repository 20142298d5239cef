use super::*;
use crate::model::{Catalog, CaughtUp};
use proptest::prelude::*;

impl Object {
    fn catch_up(&self, channel: &Channel, since: Option<Position>) -> CaughtUp {
        let mut answers = self.broker.catch_up(&[(channel.clone(), since)]);
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }
}

fn offsets(answer: &CaughtUp) -> Vec<u64> {
    answer.messages.iter().map(|(place, _)| place.offset).collect()
}

fn bitcoin() -> Channel {
    Channel::parse("price:bitcoin", &Catalog::embedded()).unwrap()
}

fn sec() -> Channel {
    Channel::Mentions("SEC".into())
}

#[test]
fn who_is_at_no_place_gets_the_current_value_and_where_the_channel_stands() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    let nothing = object.catch_up(&bitcoin(), None);
    assert_eq!((nothing.position, nothing.recovered), (at(epoch, 0), false));
    assert_eq!(nothing.messages, []);
    object.publish(vec![
        Event::from(price("bitcoin", 1)),
        price("bitcoin", 2).into(),
        mention("SEC"),
    ]);
    let value = object.catch_up(&bitcoin(), None);
    assert_eq!((value.position, value.recovered), (at(epoch, 2), false));
    assert_eq!(value.messages, [(at(epoch, 2), price("bitcoin", 2).into())]);
    let stateless = object.catch_up(&sec(), None);
    assert_eq!((stateless.position, offsets(&stateless)), (at(epoch, 1), vec![]));
}

#[test]
fn who_is_at_a_place_gets_exactly_what_followed() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    for _ in 0..5 {
        object.publish(vec![mention("SEC")]);
    }
    for since in 0..=5 {
        let answer = object.catch_up(&sec(), Some(at(epoch, since)));
        assert!(answer.recovered);
        assert_eq!(offsets(&answer), (since + 1..=5).collect::<Vec<_>>());
        assert_eq!(answer.position, at(epoch, 5));
    }
    let silent = object.catch_up(&Channel::Whale, Some(at(epoch, 0)));
    assert_eq!((silent.position, silent.recovered), (at(epoch, 0), true));
}

#[test]
fn who_is_at_a_place_that_is_gone_begins_anew() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    for n in 0..302 {
        object.publish(vec![Event::from(price("bitcoin", n)), mention("SEC")]);
    }
    let strange = [at(Epoch::new(1), 1), at(epoch, 303), at(epoch, 0), at(epoch, 1)];
    for since in strange {
        let answer = object.catch_up(&bitcoin(), Some(since));
        assert_eq!(
            (answer.position, answer.recovered),
            (at(epoch, 302), false),
            "{since:?}"
        );
        assert_eq!(offsets(&answer), [302], "the value");
        let answer = object.catch_up(&sec(), Some(since));
        assert_eq!(
            (answer.position, answer.recovered),
            (at(epoch, 302), false),
            "{since:?}"
        );
        assert_eq!(offsets(&answer), [] as [u64; 0]);
    }
    assert!(object.catch_up(&sec(), Some(at(epoch, 2))).recovered);
    let unknown = object.catch_up(&Channel::Whale, Some(at(epoch, 1)));
    assert_eq!((unknown.position, unknown.recovered), (at(epoch, 0), false));
}

#[test]
fn a_value_is_recovered_however_old_if_it_is_all_that_was_missed() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    object.publish(vec![price("bitcoin", 1)]);
    object.pass(3_600_000);
    object.publish(vec![mention("SEC")]);
    let answer = object.catch_up(&bitcoin(), Some(at(epoch, 0)));
    assert!(answer.recovered);
    assert_eq!(offsets(&answer), [1]);
}

#[test]
fn another_life_of_the_broker_goes_on_where_the_last_one_was() {
    let mut object = Object::new();
    object.attach("json-0", 0);
    let epoch = object.broker.fresh();
    object.publish(vec![mention("SEC"), mention("SEC"), mention("SEC")]);
    object.evict();
    let answer = object.catch_up(&sec(), Some(at(epoch, 1)));
    assert_eq!((answer.recovered, offsets(&answer)), (true, vec![2, 3]));
}

#[test]
fn a_heavy_channel_takes_nothing_from_a_light_one_and_comes_in_parts() {
    let mut object = Object::new();
    let epoch = object.broker.fresh();
    for _ in 0..100 {
        let mut heavy = mention("heavy");
        if let Event::Mention(mention) = &mut heavy {
            mention.title = "x".repeat(5_000);
        }
        object.publish(vec![heavy, mention("SEC")]);
    }
    let heavy = Channel::Mentions("heavy".into());
    let begin = Some(at(epoch, 0));
    let mut answers = object.broker.catch_up(&[(heavy.clone(), begin), (sec(), begin)]);
    assert_eq!(offsets(&answers.pop().unwrap()).len(), 100);
    let mut told = Vec::new();
    let mut answer = answers.pop().unwrap();
    assert!(offsets(&answer).len() < 100);
    for _ in 0..5 {
        assert!(answer.recovered);
        told.extend(offsets(&answer));
        answer = object.catch_up(&heavy, Some(answer.position));
    }
    assert_eq!(told, (1..=100).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is published, however large, between whatever questions, in whatever lives: who asks from where it was told that it is
    /// gets each message once and in order, or is told that it could not be.
    #[test]
    fn who_asks_again_and_again_misses_nothing(
        steps in prop::collection::vec((0_usize..40, 0_usize..9_000, 0_u64..120_000, any::<bool>()), 1..30),
    ) {
        let mut object = Object::new();
        object.attach("json-0", 0);
        let mut place = object.catch_up(&sec(), None).position;
        let mut told = 0;
        let mut published = 0;
        for (count, size, pause, evicted) in steps {
            for _ in 0..count {
                let mut event = mention("SEC");
                if let Event::Mention(mention) = &mut event {
                    mention.title = "x".repeat(size);
                }
                object.publish(vec![event]);
                published += 1;
            }
            object.pass(pause);
            if evicted {
                object.evict();
            }
            let answer = object.catch_up(&sec(), Some(place));
            if answer.recovered {
                let expected: Vec<u64> = (told + 1..=answer.position.offset).collect();
                prop_assert_eq!(offsets(&answer), expected);
                prop_assert!(answer.position.offset > told || published == told);
            } else {
                prop_assert_eq!(answer.position.offset, published);
            }
            told = answer.position.offset;
            place = answer.position;
        }
    }
}
