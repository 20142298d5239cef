use proptest::prelude::*;

use super::*;

const SOURCES: [Source; 3] = [Source::CoinGecko, Source::Binance, Source::CoinMarketCap];

/// What is told: how long after the last, by whom, the move (a fraction), and how far the others are off.
type Tick = (u64, usize, f64, f64);

fn tick() -> impl Strategy<Value = Tick> {
    let pause = prop_oneof![6 => Just(MINUTE), 3 => 0_u64..90_000, 1 => 0_u64..5_000_000];
    let source = prop_oneof![9 => Just(0_usize), 1 => 0..SOURCES.len()];
    let moved = prop_oneof![8 => -0.003..0.003_f64, 1 => -0.05..0.05_f64, 1 => -0.9..9.0_f64];
    let off = prop_oneof![3 => Just(0.0), 1 => 0.0..0.1_f64];
    (pause, source, moved, off)
}

fn run(ticks: &[Tick], mut before_each: impl FnMut(usize, &mut Coin)) -> Vec<Signal> {
    let (mut now, mut price) = (T0, 2_000.0);
    let mut coin = Coin::begin(quote(price, SOURCES[0], now));
    let mut told = Vec::new();
    for (n, (pause, source, moved, off)) in ticks.iter().enumerate() {
        before_each(n, &mut coin);
        now = now.plus(*pause);
        price = (price * (1.0 + moved)).clamp(1e-12, 1e12);
        let rivals = SOURCES.map(|rival| {
            (
                rival,
                if rival == SOURCES[*source] {
                    price
                } else {
                    price * (1.0 + off)
                },
            )
        });
        told.extend(coin.tell_with(quote(price, SOURCES[*source], now), &rivals));
    }
    told
}

proptest! {
    #[test]
    fn a_replay_tells_the_same_and_so_does_an_eviction_anywhere(
        ticks in proptest::collection::vec(tick(), 1..250), evictions: u64,
    ) {
        let once = run(&ticks, |_, _| {});
        prop_assert_eq!(&once, &run(&ticks, |_, _| {}));
        let evicted = run(&ticks, |n, coin| if evictions >> (n % 64) & 1 == 1 { coin.evict() });
        prop_assert_eq!(&once, &evicted);
    }

    #[test]
    fn between_two_of_a_kind_lies_its_cool_down(ticks in proptest::collection::vec(tick(), 1..250)) {
        let mut last = std::collections::BTreeMap::new();
        for signal in run(&ticks, |_, _| {}) {
            let cool_down = match signal.kind {
                SignalType::TrendReversal | SignalType::VolatilityBreakout => 30 * MINUTE,
                _ => 5 * MINUTE,
            };
            if let Some(before) = last.insert(signal.kind, signal.timestamp) {
                prop_assert!(signal.timestamp.since(before) >= cool_down);
            }
        }
    }
}
