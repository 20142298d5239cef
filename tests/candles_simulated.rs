//! The simulated market's candles through the market model: what a developer sees under `npm run dev`.

// All of it is a test: to panic is to fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use cryptointel::feed::simulated;
use cryptointel::market::{Market, MarketConfig};
use cryptointel::model::{CandleUpdate, Interval, MarketEvent, Pair, UnixMillis};

const START: u64 = 1_795_200_030_000;
const SEED: u64 = 3;

fn pairs() -> Vec<Pair> {
    ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
        .map(|pair| Pair::parse(pair).unwrap())
        .to_vec()
}

/// What each cycle tells of candles, with an eviction before each.
fn cycles(every_ms: u64, count: u64) -> Vec<Vec<CandleUpdate>> {
    let mut market = Market::new(MarketConfig::default());
    let cycle = |n: u64| {
        let now = UnixMillis::new(START + n * every_ms);
        market = Market::restore(&market.snapshot(), MarketConfig::default()).unwrap();
        let mut events = Vec::new();
        let told = simulated::observe(SEED, now, 100);
        for observation in told.into_iter().chain(simulated::candles(SEED, now, &pairs())) {
            events.extend(market.apply(observation, now));
        }
        events.extend(market.close_minutes(now));
        let updates = events.into_iter().filter_map(|event| match event {
            MarketEvent::Candle(update) => Some(update),
            _ => None,
        });
        updates.collect()
    };
    (0..count).map(cycle).collect()
}

#[test]
fn running_candles_of_every_pair_and_interval_flow_in_every_cycle() {
    for told in cycles(1_000, 130) {
        for pair in pairs() {
            for interval in Interval::ALL {
                let running = told.iter().rfind(|it| it.pair == pair && it.interval == interval);
                assert!(running.is_some_and(|it| !it.closed), "{pair} {interval}");
            }
        }
    }
}

#[test]
fn every_minute_closes_once_whole_and_before_the_next_however_slow_the_cycles_are() {
    for every_ms in [1_000, 5_000, 60_000] {
        let told = cycles(every_ms, 600_000 / every_ms).concat();
        let mut closed: BTreeMap<UnixMillis, CandleUpdate> = BTreeMap::new();
        for update in told
            .iter()
            .filter(|it| it.interval == Interval::M1 && it.pair == pairs()[0])
        {
            let open = update.candle.open_at;
            assert!(closed.keys().all(|known| *known < open), "{open} after it closed");
            if update.closed {
                closed.insert(open, update.clone());
            }
        }
        assert!(closed.len() >= 9, "{every_ms}: {}", closed.len());
        let opens: Vec<u64> = closed.keys().map(|open| open.get() / 60_000).collect();
        assert!(opens.windows(2).all(|two| two[0] + 1 == two[1]), "{every_ms}");
        for (open, update) in closed {
            let whole = simulated::candles(SEED, Interval::M1.end(open), &pairs());
            let cryptointel::model::Observation::Klines { klines, .. } = &whole[0] else {
                panic!("no klines")
            };
            assert_eq!(klines[0].candle, update.candle, "{every_ms}");
        }
    }
}
