use super::*;
use crate::feed::providers::{Polled, Quota, Streamed};
use crate::feed::{Endpoint, FeedFault, Parsed, Trigger, binance, bitget, coingecko, coinmarketcap};
use crate::model::{Observation, Pair};

const NOW: UnixMillis = UnixMillis::from_secs(1_764_763_200); // a Wednesday, 12:00 UTC
const SEED: u64 = 7;

fn endpoint() -> Endpoint {
    Endpoint {
        base_url: "https://provider".to_owned(),
        api_key: None,
    }
}

/// CoinGecko, asked every minute; CoinMarketCap believed, but without a key; both exchanges.
fn supply() -> Supply {
    let streamed = |venue| Streamed {
        venue,
        base_url: "wss://exchange".to_owned(),
    };
    Supply {
        price_order: vec![
            Source::CoinMarketCap,
            Source::Binance,
            Source::Bitget,
            Source::CoinGecko,
        ],
        candle_order: vec![Source::Bitget, Source::Binance],
        candle_pairs: vec![Pair::parse("BTC/USDT").unwrap()],
        poll_interval_ms: 60_000,
        polled: vec![polled(Source::CoinGecko, coingecko::plan(&endpoint(), 100))],
        streams: vec![streamed(&binance::VENUE), streamed(&bitget::VENUE)],
        archive: bitget::archive(endpoint()),
    }
}

fn polled(source: Source, questions: Vec<crate::feed::Question>) -> Polled {
    Polled {
        source,
        quota: Quota::Unlimited,
        questions,
    }
}

/// A hub and what befalls it.
struct World {
    supply: Supply,
    providers: Providers,
    schedule: Schedule,
    has_prices: bool,
    database: DatabaseState,
}

impl World {
    /// All that is asked has been answered, and both exchanges tell.
    fn well() -> Self {
        let mut world = Self {
            supply: supply(),
            providers: Providers::default(),
            schedule: Schedule::default(),
            has_prices: true,
            database: DatabaseState::Healthy,
        };
        world.answer(NOW, None);
        world.providers.streams.take_due(&world.supply, &[], NOW);
        for source in [Source::Binance, Source::Bitget] {
            world.providers.streams.opened(source, NOW);
            world.hear(source, NOW);
        }
        world
    }

    /// CoinGecko is asked all that is due, and answers well or fails so.
    fn answer(&mut self, at: UnixMillis, fault: Option<FeedFault>) {
        self.schedule.begin_cycle(at, Trigger::Alarm, 5_000);
        let asks = self.providers.polls.take_due(&self.supply, true, at);
        let outcomes = asks.into_iter().map(|ask| {
            let fine = Parsed {
                observation: Observation::Lost(Source::Simulated),
                refused: Vec::new(),
            };
            (ask.topic, fault.clone().map_or(Ok(fine), Err))
        });
        let outcomes = outcomes.collect();
        self.providers
            .polls
            .answered(Source::CoinGecko, at, outcomes, SEED);
        self.providers.elect(&self.supply, at);
    }

    fn hear(&mut self, source: Source, at: UnixMillis) {
        self.providers.streams.hear(&self.supply, source, "{}", at);
        self.providers.elect(&self.supply, at);
    }

    fn lose(&mut self, source: Source, fault: &FeedFault, at: UnixMillis) {
        self.providers.streams.lost(source, at, fault, SEED);
        self.providers.elect(&self.supply, at);
    }

    fn judged(&self) -> Circumstances<'_> {
        Circumstances {
            supply: Some(&self.supply),
            providers: &self.providers,
            schedule: &self.schedule,
            has_prices: self.has_prices,
            database: self.database,
        }
    }

    fn told(&self, at: UnixMillis) -> (&'static str, Vec<String>) {
        let health = self.judged().health(at);
        assert_eq!(health.status, self.judged().status(at));
        assert_eq!(health.timestamp, at);
        (health.status.as_str(), health.alerts)
    }
}

#[test]
fn all_is_well_and_before_the_first_cycle_nothing_has_gone_wrong() {
    assert_eq!(World::well().told(NOW.plus(1_000)), ("healthy", vec![]));
    let fresh = World {
        schedule: Schedule::default(),
        has_prices: false,
        ..World::well()
    };
    assert_eq!(
        fresh.told(NOW),
        ("degraded", vec![]),
        "no cycle ran: nobody can say that all is well"
    );
}

#[test]
fn a_provider_that_fails_is_named_with_why_and_then_with_since_when_its_word_is_stale() {
    let mut world = World::well();
    let minute = NOW.plus(60_000);
    world.answer(
        minute,
        Some(FeedFault::HttpStatus {
            status: 503,
            retry_after_ms: Some(61_234),
        }),
    );
    let prices = "coingecko does not answer about prices: HTTP status 503.";
    assert_eq!(world.told(minute), ("degraded", vec![prices.to_owned()]));
    // As long as that is so, neither time nor another wait changes a word.
    let next = NOW.plus(150_000);
    world.answer(
        next,
        Some(FeedFault::HttpStatus {
            status: 503,
            retry_after_ms: Some(7_000),
        }),
    );
    assert_eq!(world.told(next).1, [prices]);
    let stale = [
        prices,
        "What coingecko says of prices is of 2025-12-03T12:00:00Z and stale.",
    ];
    for at in [181_000, 300_000] {
        assert_eq!(
            world.told(NOW.plus(at)),
            ("degraded", stale.map(str::to_owned).to_vec())
        );
    }
    world.answer(NOW.plus(600_000), None);
    assert_eq!(world.told(NOW.plus(600_001)), ("healthy", vec![]));
}

#[test]
fn a_stream_that_cannot_be_opened_again_is_named_and_who_stands_in_for_it() {
    let mut world = World::well();
    world.lose(Source::Binance, &FeedFault::Unreachable, NOW);
    assert_eq!(
        world.told(NOW),
        ("healthy", vec![]),
        "a first loss is mended soon"
    );
    let refused = FeedFault::HttpStatus {
        status: 503,
        retry_after_ms: None,
    };
    world.lose(Source::Binance, &refused, NOW.plus(1_500));
    assert_eq!(
        world.told(NOW.plus(1_500)),
        (
            "healthy",
            vec![
                "The stream of binance cannot be opened: HTTP status 503.".to_owned(),
                "Prices come from bitget in place of binance.".to_owned(),
            ]
        ),
        "others stand in; a provider without a key is nobody's first choice"
    );
    for _ in 0..2 {
        world.lose(Source::Bitget, &FeedFault::Timeout, NOW.plus(2_000));
    }
    assert_eq!(
        world.told(NOW.plus(2_000)).1,
        [
            "The stream of binance cannot be opened: HTTP status 503.",
            "The stream of bitget cannot be opened: no whole answer in time.",
            "Prices come from coingecko in place of binance.",
            "Candles come from nobody.",
        ]
    );
}

#[test]
fn streams_that_nobody_needs_are_no_matter() {
    let mut world = World::well();
    world.providers.streams.closed(NOW.plus(1_000));
    world.providers.elect(&world.supply, NOW.plus(1_000));
    assert_eq!(world.providers.leaders.price(), Some(Source::CoinGecko));
    assert_eq!(world.told(NOW.plus(1_000)), ("healthy", vec![]));
}

#[test]
fn nothing_at_all_is_down_and_a_late_cycle_is_told() {
    let mut world = World {
        has_prices: false,
        ..World::well()
    };
    let (status, alerts) = world.told(NOW);
    assert_eq!(
        (status, alerts[0].as_str()),
        ("down", "There are no prices: nobody has told any yet.")
    );
    world.has_prices = true;
    let late = NOW.plus(190_000);
    let (status, alerts) = world.told(late);
    assert_eq!(
        (status, alerts[0].as_str()),
        ("degraded", "The feed is late: its cycle did not run for minutes.")
    );
}

#[test]
fn the_store_is_told_beside_the_rest() {
    for (database, alert) in [
        (DatabaseState::Unknown, None),
        (DatabaseState::Healthy, None),
        (
            DatabaseState::Degraded,
            Some("The database does not take some of the rows: they wait."),
        ),
        (
            DatabaseState::Down,
            Some("The database takes nothing: all rows wait."),
        ),
    ] {
        let world = World {
            database,
            ..World::well()
        };
        let health = world.judged().health(NOW);
        assert_eq!(
            (health.database, health.status),
            (database, HealthStatus::Healthy)
        );
        assert_eq!(
            health.alerts,
            alert.map(str::to_owned).into_iter().collect::<Vec<_>>()
        );
    }
}

#[test]
fn candles_of_the_past_that_cannot_be_had_are_told_and_those_of_a_pair_that_is_not_traded_are_not() {
    let mut world = World::well();
    let pair = world.supply.candle_pairs[0].clone();
    let backfill = &mut world.providers.backfill;
    backfill.miss(&pair, NOW);
    backfill.failed(&pair, NOW, &FeedFault::Timeout, SEED);
    assert_eq!(
        world.told(NOW).1,
        ["bitget does not answer about candles of the past: no whole answer in time."]
    );
    world
        .providers
        .backfill
        .failed(&pair, NOW, &FeedFault::NotListed, SEED);
    assert_eq!(world.told(NOW).1, [""; 0]);
}

#[test]
fn the_simulated_market_needs_nobody() {
    let world = World::well();
    let simulated = Circumstances {
        supply: None,
        ..world.judged()
    };
    let much_later = NOW.plus(179_000);
    assert_eq!(simulated.status(much_later), HealthStatus::Healthy);
    assert_eq!(simulated.health(much_later).alerts, [""; 0]);
}

#[test]
fn a_provider_that_needs_a_key_is_first_once_it_has_one() {
    let mut world = World::well();
    let questions = coinmarketcap::plan(&endpoint(), 100);
    world.supply.polled.push(polled(Source::CoinMarketCap, questions));
    world.answer(NOW, None);
    assert_eq!(
        world.told(NOW).1,
        [
            "coinmarketcap has not answered about prices yet.",
            "coinmarketcap has not answered about the whole market yet."
        ]
    );
}
