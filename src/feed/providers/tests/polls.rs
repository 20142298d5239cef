use std::collections::BTreeSet;

use super::*;

fn names(asks: &[Ask]) -> Vec<(&'static str, &'static str)> {
    let names = asks.iter().map(|ask| (ask.provider.as_str(), ask.call.name));
    names.collect()
}

fn with_keys(per_month: u32) -> Supply {
    let quota = Quota::Monthly(per_month);
    let cmc = Polled {
        source: Source::CoinMarketCap,
        quota,
        questions: coinmarketcap::plan(&endpoint("cmc"), 100),
    };
    Supply {
        polled: vec![gecko(quota, 100), cmc, fear_greed()],
        poll_interval_ms: 5_000,
        ..supply()
    }
}

fn keyless(coins: u32) -> Supply {
    Supply {
        polled: vec![gecko(Quota::Keyless, coins), fear_greed()],
        ..supply()
    }
}

#[test]
fn at_first_everything_is_asked_and_then_each_in_its_time() {
    let (mut polls, supply) = (Polls::default(), supply());
    let first = polls.take_due(&supply, true, NOW);
    assert_eq!(
        names(&first),
        [
            ("coingecko", "global"),
            ("coingecko", "markets"),
            ("coingecko", "trending"),
            ("alternative_me", "fear_greed"),
        ]
    );
    for question in &first {
        let outcomes = vec![(question.topic, fine())];
        polls.answered(question.provider, NOW, outcomes, SEED);
    }
    assert!(polls.take_due(&supply, true, NOW.plus(77_000)).is_empty());
    let mut due_at = |seconds: u64| names(&polls.take_due(&supply, true, NOW.plus(seconds * 1_000)));
    assert_eq!(due_at(80), [("coingecko", "markets")]);
    assert!(due_at(600).contains(&("coingecko", "global")));
    assert!(due_at(1_200).contains(&("coingecko", "trending")));
    assert!(due_at(1_800).contains(&("alternative_me", "fear_greed")));
}

/// Asked as often as the clock allows, every second, from a cold start.
#[test]
fn without_a_key_coingecko_is_asked_once_a_minute_whatever_the_number_of_pages() {
    const HOUR_MS: u64 = 3_600_000;
    for (coins, price_interval_ms) in [(100, 80_000), (250, 80_000), (500, 160_000)] {
        let (mut polls, supply) = (Polls::default(), keyless(coins));
        let mut made: Vec<UnixMillis> = Vec::new();
        let mut topics = BTreeSet::new();
        for second in 0..4 * 3_600 {
            let now = NOW.plus(second * 1_000);
            for ask in polls.take_due(&supply, true, now) {
                if ask.provider == Source::CoinGecko {
                    made.push(now);
                    topics.insert(ask.topic);
                }
                polls.answered(ask.provider, now, vec![(ask.topic, fine())], SEED);
            }
        }
        assert_eq!(topics.len(), 3, "{coins}: nothing starves");
        for began in &made {
            let within = |at: &&UnixMillis| **at >= *began && at.since(*began) < HOUR_MS;
            let calls = made.iter().filter(within).count();
            assert!(calls <= 60, "{coins}: {calls} in the hour from {began}");
        }
        assert!(made.len() > 210, "{coins}: what may be asked is: {}", made.len());
        let interval = polls.interval_ms(Topic::Prices, &supply, true, NOW);
        assert_eq!(interval, price_interval_ms, "{coins}");
    }
}

#[test]
fn a_provider_that_is_asked_no_more_counts_no_more() {
    let mut polls = Polls::default();
    polls.take_due(&with_keys(10_000), true, NOW);
    assert!(polls.iter().any(|(source, ..)| source == Source::CoinMarketCap));
    polls.take_due(&supply(), true, NOW.plus(60_000));
    assert!(polls.iter().all(|(source, ..)| source != Source::CoinMarketCap));
}

#[test]
fn pages_are_one_question_and_one_that_fails_fails_it() {
    let supply = keyless(500);
    let mut polls = Polls::default();
    let questions = polls.take_due(&supply, true, NOW);
    assert_eq!(
        names(&questions)
            .iter()
            .filter(|(_, name)| *name == "markets")
            .count(),
        2
    );
    let outcomes = vec![
        (Topic::Prices, Err(FeedFault::Timeout)),
        (Topic::Prices, Err(FeedFault::Timeout)),
        (Topic::Prices, fine()),
    ];
    let said = polls.answered(Source::CoinGecko, NOW, outcomes, SEED);
    assert_eq!(said[0], Observation::Unanswered(Source::CoinGecko));
    assert_eq!(said.len(), 2, "the page that came counts");
    let (_, _, poll) = polls
        .iter()
        .find(|(_, topic, _)| *topic == Topic::Prices)
        .unwrap();
    assert_eq!(poll.failures(), 1);
    assert!(!polls.is_well(Source::CoinGecko, NOW));
    let due = polls.take_due(&supply, true, NOW.plus(59_000));
    assert!(!names(&due).contains(&("coingecko", "markets")));
}

#[test]
fn a_provider_that_wants_to_be_left_alone_is_asked_nothing_and_the_others_are() {
    let supply = with_keys(u32::MAX);
    let mut polls = Polls::default();
    let questions = polls.take_due(&supply, true, NOW);
    let limited = FeedFault::RateLimited {
        retry_after_ms: Some(600_000),
    };
    for question in &questions {
        let limits = question.call.name == "markets";
        let outcome = if limits { Err(limited.clone()) } else { fine() };
        polls.answered(question.provider, NOW, vec![(question.topic, outcome)], SEED);
    }
    let asked = names(&polls.take_due(&supply, true, NOW.plus(599_000)));
    let providers: BTreeSet<&str> = asked.iter().map(|(provider, _)| *provider).collect();
    assert_eq!(providers, BTreeSet::from(["coinmarketcap"]));
    let after = names(&polls.take_due(&supply, true, NOW.plus(800_000)));
    assert!(after.contains(&("coingecko", "markets")));
}

#[test]
fn without_a_key_coinmarketcap_is_not_asked_and_neither_is_who_is_not_believed() {
    let mut polls = Polls::default();
    let gecko_only = Supply {
        price_order: vec![Source::Binance],
        ..with_keys(u32::MAX)
    };
    let asked = names(&polls.take_due(&gecko_only, true, NOW));
    assert!(!asked.contains(&("coingecko", "markets")) && !asked.contains(&("coinmarketcap", "listings")));
    assert!(
        asked.contains(&("coingecko", "global")),
        "figures of the market are still wanted"
    );
}

/// A demo key: 10,000 calls a month, asked as often as every 5 s while somebody is connected.
#[test]
fn a_key_is_never_overspent_and_prices_get_most_of_it() {
    let supply = with_keys(10_000);
    let mut polls = Polls::default();
    let (mut calls, mut prices, mut now) = (0_u32, 0_u32, NOW);
    while now < NOW.plus(31 * 24 * 3_600_000) {
        let questions = polls.take_due(&supply, true, now);
        for question in &questions {
            if question.provider == Source::CoinGecko {
                calls += 1;
                prices += u32::from(question.call.name == "markets");
            }
            polls.answered(question.provider, now, vec![(question.topic, fine())], SEED);
        }
        // As the alarm does: at the next time that anything may be asked.
        now = polls.next_due(&supply, now).max(now.plus(5_000));
    }
    assert!(calls <= 10_000, "{calls}");
    assert!(calls > 9_900, "the plan is used: {calls}");
    assert!(prices > 8_000, "{prices} of {calls}");
}

#[test]
fn while_nobody_looks_a_key_is_spared() {
    let supply = with_keys(10_000);
    let mut polls = Polls::default();
    for question in polls.take_due(&supply, false, NOW) {
        polls.answered(question.provider, NOW, vec![(question.topic, fine())], SEED);
    }
    assert!(polls.take_due(&supply, false, NOW.plus(590_000)).is_empty());
    assert!(!polls.take_due(&supply, true, NOW.plus(590_000)).is_empty());
    assert_eq!(polls.interval_ms(Topic::Prices, &supply, false, NOW), 600_000);
    assert_eq!(polls.interval_ms(Topic::Prices, &supply, true, NOW), 5_000);
}

#[test]
fn when_the_reserve_is_spent_prices_come_at_the_plan_s_pace() {
    let supply = with_keys(10_000);
    let mut polls = Polls::default();
    let mut now = NOW;
    for _ in 0..2_000 {
        for question in polls.take_due(&supply, true, now) {
            polls.answered(question.provider, now, vec![(question.topic, fine())], SEED);
        }
        now = now.plus(5_000);
    }
    let interval = polls.interval_ms(Topic::Prices, &supply, true, now);
    assert!((290_000..310_000).contains(&interval), "{interval}");
}

#[test]
fn an_eviction_between_asking_and_answering_asks_nothing_twice_and_forgets_no_cost() {
    let supply = with_keys(10_000);
    let mut polls = Polls::default();
    let asked = polls.take_due(&supply, true, NOW);
    assert!(asked.len() >= 5);
    let bytes = postcard::to_stdvec(&polls).unwrap();
    let mut next_life: Polls = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(next_life, polls);
    assert!(next_life.take_due(&supply, true, NOW.plus(4_000)).is_empty());
    let due_at = next_life.next_due(&supply, NOW);
    assert_eq!(due_at, NOW.plus(5_000), "not never");
    assert!(!next_life.take_due(&supply, true, due_at).is_empty());
}

#[test]
fn questions_that_are_never_answered_are_not_asked_beyond_the_plan() {
    let supply = with_keys(10_000);
    let mut polls = Polls::default();
    let (mut calls, mut now) = (0, NOW);
    while now < NOW.plus(31 * 24 * 3_600_000) {
        let asked = polls.take_due(&supply, true, now);
        calls += asked.iter().filter(|it| it.provider == Source::CoinGecko).count();
        // The life that waits for the answers ends, each time.
        polls = postcard::from_bytes(&postcard::to_stdvec(&polls).unwrap()).unwrap();
        now = polls.next_due(&supply, now).max(now.plus(5_000));
    }
    assert!((9_900..=10_000).contains(&calls), "{calls}");
}
