//! A market without a network, for development: lively, and nothing of it is real.
//!
//! It is a function of a seed and the time and keeps no state, so that an eviction changes nothing
//! and yesterday's prices can be had today. Prices walk as real ones do ([`noise`]), the coins
//! partly together; about every 36 s a [shock](shocks) hits one coin, so that there are signals.

mod crowd;
mod minutes;
mod noise;
mod past;
mod shocks;
mod table;

pub use minutes::candles;
use noise::{value_noise, walk};
pub use past::{Past, past};
use shocks::Shock;
use table::{Base, COINS};

use crate::model::{CoinId, Decimal, GlobalStats, Observation, Quote, Source, Symbol, UnixMillis};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Steps of five seconds in a day: what a day's deviation is divided by the root of.
const STEPS_A_DAY: f64 = 17_280.0;
/// The part of a coin's movement that is the market's own; the squares add up to 1.
const TOGETHER: f64 = 0.55;
const ALONE: f64 = 0.835;
/// Streams of noise other than the coins' own, which are their positions.
const MARKET_STREAM: u64 = 1 << 32;
const VOLUME_STREAM: u64 = 1 << 33;
/// The volume's swings: (period in milliseconds, relative size). Slow ones, and a flicker.
const VOLUME_SWINGS: [(u64, f64); 3] = [(30_000, 0.002), (3_600_000, 0.015), (28_800_000, 0.06)];
/// How much larger the whole market is than the coins of the table.
const REST_OF_MARKET: f64 = 1.06;
/// Coins that trade, as CoinGecko counted them in 2026.
const ACTIVE: u64 = 17_400;
/// Significant digits of prices and of amounts.
const PRICE_DIGITS: u32 = 7;
const AMOUNT_DIGITS: u32 = 15;

/// How many coins there are.
pub const COIN_COUNT: usize = COINS.len();

/// What the market looks like at `now`: the whole market, how its crowd feels and what it looks for, then the
/// first `coins` (at most [`COIN_COUNT`]) by market cap. The same for the same arguments, whenever it is asked.
pub fn observe(seed: u64, now: UnixMillis, coins: usize) -> Vec<Observation> {
    let ago = |millis| Scene::at(seed, UnixMillis::new(now.get().saturating_sub(millis)));
    let scenes = Scenes {
        now: ago(0),
        hour_ago: ago(HOUR_MS),
        day_ago: ago(DAY_MS),
        week_ago: ago(7 * DAY_MS),
    };
    let quotes = COINS.iter().enumerate().take(coins);
    let quotes = quotes.filter_map(|(at, base)| quote(base, &scenes, at, now));
    let mut observations = Vec::new();
    observations.extend(global(&scenes.now, &scenes.day_ago, now).map(Observation::Global));
    observations.push(Observation::FearGreed(crowd::fear_greed(seed, now)));
    observations.push(Observation::Trending(crowd::trending(seed, now, coins)));
    observations.push(Observation::Quotes(quotes.collect()));
    observations
}

/// What a quote compares.
struct Scenes {
    now: Scene,
    hour_ago: Scene,
    day_ago: Scene,
    week_ago: Scene,
}

/// All coins at one instant.
struct Scene {
    coins: Vec<CoinState>,
}

struct CoinState {
    price: f64,
    volume: f64,
    cap: f64,
}

impl Scene {
    fn at(seed: u64, now: UnixMillis) -> Self {
        let market = walk(seed, MARKET_STREAM, now);
        let shocks = shocks::at(seed, now, &COINS.map(|base| usual_move(&base)));
        let coins = (0_u64..).zip(COINS.iter().zip(shocks));
        let coins = coins.map(|(stream, (base, shock))| coin(seed, stream, base, market, shock, now));
        Self {
            coins: coins.collect(),
        }
    }

    fn sum(&self, of: impl Fn(&CoinState) -> f64) -> f64 {
        self.coins.iter().map(of).sum::<f64>() * REST_OF_MARKET
    }
}

/// The standard deviation of five seconds, as a fraction of the price; 0 for a stable coin.
fn usual_move(base: &Base) -> f64 {
    if base.is_stable() {
        0.0
    } else {
        base.daily_vol / 100.0 / STEPS_A_DAY.sqrt()
    }
}

fn coin(seed: u64, stream: u64, base: &Base, market: f64, shock: Shock, now: UnixMillis) -> CoinState {
    let own = walk(seed, stream, now);
    let walked = if base.is_stable() {
        own
    } else {
        TOGETHER * market + ALONE * own
    };
    let price = base.price * (walked * base.daily_vol / 100.0 + shock.price).exp();
    let swing: f64 = VOLUME_SWINGS
        .iter()
        .map(|(period, size)| size * value_noise(noise::hash(seed, VOLUME_STREAM, stream), now, *period))
        .sum();
    let volume = base.volume_m * 1e6 * swing.exp() * (1.0 + shock.volume);
    CoinState {
        price,
        volume,
        cap: price * base.supply_m * 1e6,
    }
}

/// The quote of the coin at a position of the table.
fn quote(base: &Base, scenes: &Scenes, at: usize, now: UnixMillis) -> Option<Quote> {
    let coin = scenes.now.coins.get(at)?;
    let since = |scene: &Scene| per_cent(coin.price, scene.coins.get(at)?.price);
    Some(Quote {
        coin: CoinId::new(base.id)?,
        symbol: Symbol::new(base.ticker)?,
        price: Decimal::from_f64(coin.price, PRICE_DIGITS)?,
        change_1h: since(&scenes.hour_ago),
        change_24h: since(&scenes.day_ago),
        change_7d: since(&scenes.week_ago),
        volume_24h: dollars(coin.volume),
        market_cap: dollars(coin.cap),
        source: Source::Simulated,
        observed_at: now,
    })
}

fn global(today: &Scene, yesterday: &Scene, now: UnixMillis) -> Option<GlobalStats> {
    let cap = today.sum(|coin| coin.cap);
    let bitcoin = today.coins.first().map_or(0.0, |coin| coin.cap);
    Some(GlobalStats {
        total_market_cap: dollars(cap)?,
        total_volume_24h: dollars(today.sum(|coin| coin.volume))?,
        bitcoin_dominance: Decimal::from_f64(bitcoin / cap * 100.0, PRICE_DIGITS)?,
        active_cryptocurrencies: ACTIVE,
        market_cap_change_24h: per_cent(cap, yesterday.sum(|coin| coin.cap)),
        source: Source::Simulated,
        observed_at: now,
    })
}

fn dollars(amount: f64) -> Option<Decimal> {
    Decimal::from_f64(amount.round(), AMOUNT_DIGITS)
}

/// Per cent from `before` to `now`, to five places.
fn per_cent(now: f64, before: f64) -> Option<Decimal> {
    let change = (now / before - 1.0) * 100.0;
    Decimal::from_f64((change * 1e5).round() / 1e5, PRICE_DIGITS)
}

#[cfg(test)]
mod tests;
