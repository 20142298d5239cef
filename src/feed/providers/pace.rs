//! How often each question is wanted.

use super::supply::{Polled, Quota, Supply};
use crate::feed::{Question, Topic};

const MINUTE_MS: u64 = 60_000;
/// The figures of the whole market are asked for every so many intervals: CoinGecko has new ones every ten minutes ...
const MARKET_INTERVALS: u64 = 10;
/// ... and a new list of what people look for, which changes slowly.
const TRENDING_INTERVALS: u64 = 20;
/// The fear and greed index changes once a day: asked this often, milliseconds.
const FEAR_GREED_MS: u64 = 30 * MINUTE_MS;
/// Where calls are counted, what is not a price is asked at most this often, milliseconds ...
const DESCRIPTIVE_MS: u64 = 60 * MINUTE_MS;
/// ... and while nobody is connected prices are, too, so that the plan is left to those who look.
const IDLE_MS: u64 = 10 * MINUTE_MS;

/// How often `question` is asked where its plan allows it, milliseconds.
pub(super) fn interval_ms(polled: &Polled, question: &Question, supply: &Supply, somebody: bool) -> u64 {
    let poll = supply.poll_interval_ms;
    let own = match question.topic {
        Topic::Prices if polled.quota == Quota::Keyless => keyless_prices_ms(question.cost, poll),
        Topic::Prices => poll,
        Topic::Market => poll.saturating_mul(MARKET_INTERVALS),
        Topic::Trending => poll.saturating_mul(TRENDING_INTERVALS),
        Topic::FearGreed => FEAR_GREED_MS.max(poll),
    };
    let spared = match (polled.quota, question.topic) {
        (Quota::Unlimited | Quota::Keyless, _) => 0,
        (Quota::Monthly(_), Topic::Prices) if somebody => 0,
        (Quota::Monthly(_), Topic::Prices) => IDLE_MS,
        (Quota::Monthly(_), _) => DESCRIPTIVE_MS,
    };
    own.max(spared)
}

/// All questions together are at most one call an interval, the burst of the start among them. Prices, on however many
/// pages, get 3/4; the market and the searches take 1/10 + 1/20.
fn keyless_prices_ms(pages: u64, poll_interval_ms: u64) -> u64 {
    poll_interval_ms.saturating_mul(pages).saturating_mul(4) / 3
}
