//! Whatever several providers say, in whatever order, and whichever streams are lost.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::replay::figures;
use super::several::{polled, ticker};
use super::*;
use crate::model::{Candle, Interval, Pair, Sources};
use crate::model::{Kline, Ticker};

const POLLED: [Source; 2] = [Source::CoinGecko, Source::CoinMarketCap];
const STREAMS: [Source; 2] = [Source::Binance, Source::Bitget];
const COINS: [(&str, &str); 3] = [("bitcoin", "BTC"), ("ethereum", "ETH"), ("tether", "USDT")];
const PAIRS: [&str; 6] = [
    "BTC/USDT",
    "BTC/USDC",
    "ETH/USDT",
    "ETH/BTC",
    "USDT/USD",
    "NONE/USDT",
];

/// What comes in: rows of coin or pair, price, and milliseconds since it was so.
#[derive(Debug, Clone)]
enum Input {
    Quotes(usize, Vec<(usize, f64, u64)>),
    Tickers(usize, Vec<(usize, f64, u64)>),
    Kline(f64, bool),
    Lost(usize),
    Unanswered(usize),
    MarkStale,
    Close,
}

fn input(price: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = (u64, Input)> {
    let row = |names: usize| {
        let delay = prop_oneof![4 => Just(0_u64), 1 => 0_u64..20_000];
        proptest::collection::vec((0..names, price.clone(), delay), 1..5)
    };
    let input = prop_oneof![
        4 => (0..POLLED.len(), row(COINS.len())).prop_map(|(of, rows)| Input::Quotes(of, rows)),
        8 => (0..STREAMS.len(), row(PAIRS.len())).prop_map(|(of, rows)| Input::Tickers(of, rows)),
        1 => (price, any::<bool>()).prop_map(|(price, closed)| Input::Kline(price, closed)),
        1 => (0..STREAMS.len()).prop_map(Input::Lost),
        1 => (0..POLLED.len()).prop_map(Input::Unanswered),
        1 => Just(Input::MarkStale),
        1 => Just(Input::Close),
    ];
    let pause = prop_oneof![8 => 0_u64..3_000, 2 => 0_u64..40_000, 1 => 0_u64..400_000];
    (pause, input)
}

/// Prices that are mostly near each other, and sometimes another coin's.
fn any_price() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![8 => 99.0..101.0_f64, 2 => 70.0..130.0_f64, 1 => 1e-9..1e9_f64]
}

fn config() -> MarketConfig {
    MarketConfig {
        candle_pairs: vec![Pair::parse("BTC/USDT").unwrap()],
        ..MarketConfig::default()
    }
}

fn quotes(of: usize, rows: &[(usize, f64, u64)], now: UnixMillis) -> Vec<Quote> {
    let quotes = rows.iter().map(|(coin, price, delay)| {
        let (id, symbol) = COINS[*coin];
        // The dollar stays one, mostly.
        let price = if id == "tether" { price / 100.0 } else { *price };
        Quote {
            coin: CoinId::new(id).unwrap(),
            symbol: Symbol::new(symbol).unwrap(),
            price: Decimal::from_f64(price, 9).unwrap(),
            ..polled(POLLED[of], "1", UnixMillis::new(now.get() - delay))
        }
    });
    quotes.collect()
}

fn tickers(of: usize, rows: &[(usize, f64, u64)], now: UnixMillis) -> Vec<Ticker> {
    let tickers = rows.iter().map(|(pair, price, delay)| Ticker {
        price: Decimal::from_f64(*price, 9).unwrap(),
        open_24h: Decimal::from_f64(*price / 3.0, 5),
        ..ticker(STREAMS[of], PAIRS[*pair], "1", UnixMillis::new(now.get() - delay))
    });
    tickers.collect()
}

fn kline(price: f64, closed: bool, now: UnixMillis) -> Observation {
    let price = Decimal::from_f64(price, 9).unwrap();
    let candle = Candle {
        open_at: Interval::M1.floor(now),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: price,
        quote_volume: None,
    };
    Observation::Klines {
        pair: Pair::parse("BTC/USDT").unwrap(),
        source: Source::Binance,
        klines: vec![Kline { candle, closed }],
        observed_at: now,
    }
}

fn apply_one(market: &mut Market, input: &Input, now: UnixMillis) -> Vec<MarketEvent> {
    let observation = match input {
        Input::Quotes(of, rows) => Observation::Quotes(quotes(*of, rows, now)),
        Input::Tickers(of, rows) => Observation::Tickers(tickers(*of, rows, now)),
        Input::Kline(price, closed) => kline(*price, *closed, now),
        Input::Lost(of) => Observation::Lost(STREAMS[*of]),
        Input::Unanswered(of) => Observation::Unanswered(POLLED[*of]),
        Input::MarkStale => return market.mark_stale(now),
        Input::Close => return market.close_minutes(now),
    };
    market.apply(observation, now)
}

/// Runs the inputs, and shows each with what came of it; `before_each` may exchange the market.
fn run(
    inputs: &[(u64, Input)],
    mut before_each: impl FnMut(usize, &mut Market),
) -> (Market, Vec<Vec<MarketEvent>>) {
    let mut market = Market::new(config());
    let (mut now, mut told) = (T0, Vec::new());
    for (n, (pause, input)) in inputs.iter().enumerate() {
        before_each(n, &mut market);
        now = now.plus(*pause);
        told.push(apply_one(&mut market, input, now));
    }
    (market, told)
}

/// What everybody last said of bitcoin, and when it came: the rule anew, by its words.
#[derive(Default)]
struct Ledger(BTreeMap<Source, (String, f64, u64, u64)>);

impl Ledger {
    fn hear(&mut self, source: Source, price: Decimal, observed_at: UnixMillis, now: UnixMillis) {
        let known = self.0.get(&source);
        if known.is_none_or(|known| known.2 <= observed_at.get()) {
            let said = (price.to_string(), price.to_f64(), observed_at.get(), now.get());
            self.0.insert(source, said);
        }
    }

    /// Those who agree, with their prices, if they are three.
    fn agreed(&self, now: UnixMillis) -> Option<BTreeMap<Source, String>> {
        let lasts = |source: &Source| if source.is_stream() { 30_000 } else { 180_000 };
        let fresh: Vec<_> = self
            .0
            .iter()
            .filter(|(source, said)| now.get() - said.3 <= lasts(source))
            .collect();
        let newest = fresh.iter().map(|(_, said)| said.3).max()?;
        let near: Vec<_> = fresh
            .into_iter()
            .filter(|(_, said)| newest - said.3 <= 10_000)
            .collect();
        let mut prices: Vec<f64> = near.iter().map(|(_, said)| said.1).collect();
        prices.sort_by(f64::total_cmp);
        let half = prices.len() / 2;
        let median = match prices.len() {
            0 => return None,
            odd if odd % 2 == 1 => prices[half],
            _ => (prices[half - 1] + prices[half]) / 2.0,
        };
        let agreed: BTreeMap<Source, String> = near
            .into_iter()
            .filter(|(_, said)| (said.1 - median).abs() <= 0.01 * median)
            .map(|(source, said)| (*source, said.0.clone()))
            .collect();
        (agreed.len() >= 3).then_some(agreed)
    }
}

proptest! {
    #[test]
    fn a_replay_gives_the_same_and_so_does_an_eviction_anywhere(
        inputs in proptest::collection::vec(input(any_price()), 1..80), evictions: u64,
    ) {
        let once = run(&inputs, |_, _| {});
        prop_assert_eq!(&once, &run(&inputs, |_, _| {}));
        let evicted = run(&inputs, |n, market| {
            if evictions >> (n % 64) & 1 == 1 {
                let restored = Market::restore(&market.snapshot(), config()).unwrap();
                assert_eq!(&restored, market);
                *market = restored;
            }
        });
        prop_assert_eq!(&once, &evicted);
    }

    #[test]
    fn a_price_is_one_that_was_said_and_never_older_nor_the_same_as_the_last(
        inputs in proptest::collection::vec(input(any_price()), 1..80),
    ) {
        let (mut said, mut now) = (BTreeSet::new(), T0);
        let mut last: BTreeMap<CoinId, Price> = BTreeMap::new();
        let (_, told) = run(&inputs, |_, _| {});
        for ((pause, input), events) in inputs.iter().zip(&told) {
            now = now.plus(*pause);
            match input {
                Input::Quotes(of, rows) => said.extend(
                    quotes(*of, rows, now).into_iter().map(|it| (it.source, it.symbol, it.price.to_string())),
                ),
                Input::Tickers(of, rows) => said.extend(
                    tickers(*of, rows, now)
                        .into_iter()
                        .map(|it| (it.source, it.pair.base().clone(), it.price.to_string())),
                ),
                Input::Lost(_) | Input::Unanswered(_) => prop_assert_eq!(events, &[]),
                _ => {}
            }
            for price in prices(events) {
                let word = (price.source, price.symbol.clone(), price.price.to_string());
                prop_assert!(said.contains(&word), "nobody said {word:?}");
                prop_assert!(price.sources.contains(price.source));
                let before = last.insert(price.coin.clone(), price.clone());
                prop_assert!(before.as_ref() != Some(price), "nothing new");
                prop_assert!(before.is_none_or(|before| before.timestamp <= price.timestamp), "went back");
                prop_assert!(price.timestamp <= now);
                if matches!(input, Input::MarkStale) {
                    prop_assert!(price.stale);
                } else {
                    prop_assert!(!price.stale);
                }
            }
            prop_assert!(events.iter().flat_map(figures).all(f64::is_finite));
        }
    }

    #[test]
    fn a_market_that_rises_is_never_told_to_fall(
        inputs in proptest::collection::vec(input(Just(0.0)), 1..80),
    ) {
        let (mut market, mut now, mut last) = (Market::new(config()), T0.plus(1_000_000), Decimal::from(0));
        let btc = Pair::parse("BTC/USDC").unwrap();
        for (pause, input) in &inputs {
            now = now.plus(pause % 20_000);
            // What the whole world's price was: the hundredth part of the milliseconds since the start, and much more.
            let price = |at: UnixMillis| Decimal::from(1_000_000_000 + at.since(T0) / 100);
            let observation = match input {
                Input::Quotes(of, rows) => {
                    let at = UnixMillis::new(now.get() - rows[0].2);
                    Observation::Quotes(vec![polled(POLLED[*of], &price(at).to_string(), at)])
                }
                Input::Tickers(of, rows) => {
                    let at = UnixMillis::new(now.get() - rows[0].2);
                    Observation::Tickers(vec![Ticker { pair: btc.clone(), ..ticker(STREAMS[*of], "BTC/USDT", &price(at).to_string(), at) }])
                }
                Input::Lost(of) => Observation::Lost(STREAMS[*of]),
                Input::Unanswered(of) => Observation::Unanswered(POLLED[*of]),
                _ => continue,
            };
            let events = market.apply(observation, now);
            for told in prices(&events) {
                prop_assert!(last <= told.price, "{} after {last}", told.price);
                last = told.price;
            }
        }
    }

    #[test]
    fn while_three_agree_it_is_a_price_of_theirs(
        inputs in proptest::collection::vec(input(prop_oneof![6 => 99.0..101.0_f64, 1 => 95.0..105.0_f64]), 1..80),
    ) {
        let (mut market, mut ledger, mut now) = (Market::new(config()), Ledger::default(), T0);
        for (pause, input) in &inputs {
            now = now.plus(*pause);
            // One coin, one row at a time, one pair: what is said last is known for certain.
            let observation = match input {
                Input::Quotes(of, rows) => {
                    let quote = Quote { coin: CoinId::new("bitcoin").unwrap(), ..quotes(*of, &rows[..1], now).remove(0) };
                    let price = Decimal::from_f64(rows[0].1, 9).unwrap();
                    ledger.hear(quote.source, price, quote.observed_at, now);
                    Observation::Quotes(vec![Quote { symbol: Symbol::new("BTC").unwrap(), price, ..quote }])
                }
                Input::Tickers(of, rows) => {
                    let ticker = Ticker { pair: Pair::parse("BTC/USDC").unwrap(), ..tickers(*of, &rows[..1], now).remove(0) };
                    ledger.hear(ticker.source, ticker.price, ticker.observed_at, now);
                    Observation::Tickers(vec![ticker])
                }
                Input::Lost(of) => {
                    ledger.0.remove(&STREAMS[*of]);
                    Observation::Lost(STREAMS[*of])
                }
                Input::Unanswered(of) => Observation::Unanswered(POLLED[*of]),
                _ => continue,
            };
            let events = market.apply(observation, now);
            let Some(agreed) = ledger.agreed(now) else { continue };
            for price in prices(&events) {
                prop_assert_eq!(agreed.get(&price.source), Some(&price.price.to_string()));
                prop_assert_eq!(price.sources, agreed.keys().copied().collect::<Sources>());
            }
        }
    }

    #[test]
    fn a_damaged_snapshot_is_refused_or_harmless(
        inputs in proptest::collection::vec(input(any_price()), 20..40), at_byte: prop::sample::Index, byte: u8,
    ) {
        let (market, _) = run(&inputs, |_, _| {});
        let mut bytes = market.snapshot();
        let position = at_byte.index(bytes.len());
        bytes[position] = byte;
        if let Ok(mut market) = Market::restore(&bytes, config()) {
            let now = T0.plus(100_000_000);
            for (_, input) in &inputs {
                for price in prices(&apply_one(&mut market, input, now)) {
                    prop_assert!(!price.price.is_zero() && !price.price.is_negative());
                }
            }
        }
    }
}

#[test]
fn however_long_it_goes_on_memory_is_bounded() {
    let mut market = Market::new(config());
    let mut first = 0;
    for round in 0..200 {
        let now = T0.plus(round * 61_000);
        for source in POLLED {
            let coins = (0..MAX_ASSETS).map(|n| Quote {
                source,
                symbol: Symbol::new(&format!("C{n}")).unwrap(),
                change_1h: Some(decimal("1.25")),
                change_7d: Some(decimal("-3.75")),
                ..quote(&format!("a-coin-of-usual-length-{n}"), 1.0, 1e9, now)
            });
            apply(
                &mut market,
                coins.take(if round == 0 { MAX_ASSETS } else { 20 }).collect(),
                now,
            );
        }
        for source in STREAMS {
            let pairs = (0..MAX_ASSETS + 100).map(|n| ticker(source, &format!("C{n}/USDT"), "1.01", now));
            market.apply(Observation::Tickers(pairs.collect()), now);
        }
        if round == 120 {
            first = market.snapshot().len();
        }
    }
    assert_eq!(market.asset_count(), MAX_ASSETS);
    let last = market.snapshot().len();
    assert!(
        first < 600_000 && last < first + MAX_ASSETS * 40,
        "{first}, then {last}"
    );
}
