//! The simulated market's trades, told as minutes: one trade a second, at the price of that second.
//!
//! What a minute is does not depend on when it is looked at: a running minute is the begin of the whole one.

use super::noise::{hash, uniform};
use super::table::{Base, COINS};
use super::{CoinState, MARKET_STREAM, PRICE_DIGITS, coin, shocks, usual_move, walk};
use crate::model::{Candle, Decimal, Interval, Kline, Observation, Pair, Source, UnixMillis};

/// From trade to trade, milliseconds.
const TRADE_EVERY_MS: u64 = 1_000;
/// Of what is traded of a coin, the part that one pair has.
const PAIR_SHARE: f64 = 0.04;
/// Significant digits of the amount of a trade.
const TRADE_DIGITS: u32 = 6;
/// The stream of noise for the sizes of trades; each coin adds its position.
const SIZE_STREAM: u64 = 1 << 34;
const SECONDS_A_DAY: f64 = 86_400.0;

/// The last whole minute and the running one, of each of `pairs` whose two sides are coins of the table (or,
/// on the right, `USD`). The same for the same arguments, whenever it is asked.
pub fn candles(seed: u64, now: UnixMillis, pairs: &[Pair]) -> Vec<Observation> {
    let (markets, sides): (Vec<&Pair>, Vec<Sides>) = Sides::of_all(pairs);
    let tape = Tape::new(seed);
    let running = Interval::M1.floor(now);
    let last = running
        .get()
        .checked_sub(Interval::M1.millis())
        .map(UnixMillis::new);
    let mut klines: Vec<Vec<Kline>> = vec![Vec::new(); markets.len()];
    for open in last.into_iter().chain([running]) {
        let closed = open != running;
        for (told, candle) in klines.iter_mut().zip(minute(&tape, open, now, &sides)) {
            told.extend(candle.map(|candle| Kline { candle, closed }));
        }
    }
    let told = markets.into_iter().zip(klines);
    told.map(|(pair, klines)| Observation::Klines {
        pair: pair.clone(),
        source: Source::Simulated,
        klines,
        observed_at: now,
    })
    .collect()
}

/// Where the two sides of a pair stand in the table; a stable coin on the right is as good as the dollar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    base: usize,
    quote: Option<usize>,
}

impl Sides {
    /// Those of the pairs that have both.
    pub fn of_all(pairs: &[Pair]) -> (Vec<&Pair>, Vec<Self>) {
        let known = pairs.iter();
        known.filter_map(|pair| Some((pair, Self::of(pair)?))).unzip()
    }

    fn of(pair: &Pair) -> Option<Self> {
        let find = |ticker: &str| COINS.iter().position(|base| base.ticker == ticker);
        let base = find(pair.base().as_str())?;
        let ticker = pair.quote().as_str();
        let quote = find(ticker);
        let is_dollar = quote.and_then(|at| COINS.get(at)).is_some_and(Base::is_stable) || ticker == "USD";
        if is_dollar {
            return Some(Self { base, quote: None });
        }
        quote.map(|at| Self {
            base,
            quote: Some(at),
        })
    }
}

/// What `now` is known of the minute that begins at `open`, for each of the markets.
fn minute(tape: &Tape, open: UnixMillis, now: UnixMillis, sides: &[Sides]) -> Vec<Option<Candle>> {
    let mut candles: Vec<Option<Candle>> = vec![None; sides.len()];
    for n in 0..Interval::M1.millis() / TRADE_EVERY_MS {
        let at = open.plus(n * TRADE_EVERY_MS);
        if at > now {
            break;
        }
        for (trade, candle) in tape.trades(at, sides).into_iter().zip(&mut candles) {
            if let Some(trade) = trade {
                *candle = Some(add(candle.take(), open, trade));
            }
        }
    }
    candles
}

/// One trade.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traded {
    pub price: Decimal,
    pub amount: Decimal,
}

/// All trades that there ever were or will be.
pub(super) struct Tape {
    seed: u64,
    sigmas: [f64; COINS.len()],
}

impl Tape {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            sigmas: COINS.map(|base| usual_move(&base)),
        }
    }

    /// The trades of one second, of each of the markets.
    pub fn trades(&self, at: UnixMillis, markets: &[Sides]) -> Vec<Option<Traded>> {
        let market = walk(self.seed, MARKET_STREAM, at);
        let shocks = shocks::at(self.seed, at, &self.sigmas);
        let state = |position: usize| -> Option<CoinState> {
            let (base, shock) = (COINS.get(position)?, shocks.get(position)?);
            Some(coin(self.seed, position as u64, base, market, *shock, at))
        };
        let markets = markets.iter();
        markets.map(|sides| trade(self.seed, at, *sides, state)).collect()
    }
}

/// The trade of one second: its price and its amount.
fn trade(
    seed: u64,
    at: UnixMillis,
    sides: Sides,
    state: impl Fn(usize) -> Option<CoinState>,
) -> Option<Traded> {
    let base = state(sides.base)?;
    let quote = match sides.quote {
        Some(position) => state(position)?.price,
        None => 1.0,
    };
    let price = Decimal::from_f64(base.price / quote, PRICE_DIGITS)?;
    // Mean 1, and mostly small: three times the square of an even distribution.
    let size = uniform(hash(seed, SIZE_STREAM + sides.base as u64, at.secs())).powi(2) * 3.0;
    let dollars = base.volume * PAIR_SHARE / SECONDS_A_DAY * size;
    let amount = Decimal::from_f64(dollars / base.price, TRADE_DIGITS)?;
    (!price.is_zero() && !amount.is_zero()).then_some(Traded { price, amount })
}

/// The candle that begins at `open_at`, with one more trade.
pub(super) fn add(candle: Option<Candle>, open_at: UnixMillis, trade: Traded) -> Candle {
    let Traded { price, amount } = trade;
    let paid = price.checked_mul(amount);
    let Some(known) = candle else {
        return Candle {
            open_at,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: amount,
            quote_volume: paid,
        };
    };
    Candle {
        high: known.high.max(price),
        low: known.low.min(price),
        close: price,
        volume: known.volume.saturating_add(amount),
        quote_volume: known
            .quote_volume
            .zip(paid)
            .and_then(|(sum, paid)| sum.checked_add(paid)),
        ..known
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::observe;
    use super::*;

    const NOON: UnixMillis = UnixMillis::from_secs(1_795_176_000);

    fn pair(text: &str) -> Pair {
        Pair::parse(text).unwrap()
    }

    fn klines(seed: u64, now: UnixMillis, of: &str) -> Vec<Kline> {
        match candles(seed, now, &[pair(of)]).pop() {
            Some(Observation::Klines { klines, .. }) => klines,
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_candle_closes_at_the_price_that_the_coin_has_in_that_second() {
        for (of, coin) in [
            ("BTC/USDT", "bitcoin"),
            ("ETH/USDT", "ethereum"),
            ("SOL/USD", "solana"),
        ] {
            let now = NOON.plus(17_000);
            let observations = observe(5, now, 100);
            let price = observations.iter().find_map(|observation| match observation {
                Observation::Quotes(quotes) => quotes.iter().find(|quote| quote.coin.as_str() == coin),
                _ => None,
            });
            let running = klines(5, now, of).pop().unwrap();
            assert_eq!(running.candle.close, price.unwrap().price, "{of}");
            assert!(!running.closed);
        }
    }

    #[test]
    fn a_running_minute_grows_into_the_closed_one_every_second() {
        let mut before: Option<Candle> = None;
        for second in 0..60 {
            let running = klines(5, NOON.plus(second * 1_000 + 999), "BTC/USDT")
                .pop()
                .unwrap()
                .candle;
            assert_eq!(running.open_at, NOON);
            if let Some(before) = before {
                assert!(running.volume > before.volume && running.high >= before.high);
                assert!(running.low <= before.low && running.open == before.open);
            }
            before = Some(running);
        }
        let next = klines(5, NOON.plus(60_000), "BTC/USDT");
        assert_eq!((Some(next[0].candle.clone()), next[0].closed), (before, true));
        assert_eq!((next.len(), next[1].closed), (2, false));
    }

    #[test]
    fn a_day_of_bitcoin_is_traded_for_about_a_billion_dollars() {
        let minutes = (0..200).map(|n| klines(5, NOON.plus(n * 7 * 60_000), "BTC/USDT").remove(0).candle);
        let dollars: f64 = minutes.map(|minute| minute.quote_volume.unwrap().to_f64()).sum();
        let a_day = dollars / 200.0 * 1_440.0;
        assert!((0.5e9..3e9).contains(&a_day), "{a_day}");
    }

    #[test]
    fn a_pair_of_two_coins_has_their_ratio_and_an_unknown_one_has_no_candles() {
        let close = |of: &str| klines(5, NOON, of).pop().unwrap().candle.close.to_f64();
        let ratio = close("ETH/USDT") / close("BTC/USDT");
        assert!((close("ETH/BTC") / ratio - 1.0).abs() < 1e-5);
        assert_eq!(candles(5, NOON, &[pair("NONE/USDT"), pair("BTC/NONE")]), []);
    }

    proptest! {
        #[test]
        fn any_seed_at_any_time_gives_the_same_candles_again(seed: u64, now: u64) {
            let pairs = [pair("BTC/USDT"), pair("SHIB/USDT")];
            let now = UnixMillis::new(now);
            let told = candles(seed, now, &pairs);
            prop_assert_eq!(told.len(), 2);
            prop_assert_eq!(&told, &candles(seed, now, &pairs));
        }
    }
}
