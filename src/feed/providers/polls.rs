use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::{self, Budget};
use super::{Polled, Supply};
use crate::feed::{Call, FeedFault, Parsed, Poll, alternative_me, coingecko, coinmarketcap};
use crate::model::{Observation, Source, UnixMillis};

const MINUTE_MS: u64 = 60_000;
/// CoinGecko has new figures of the whole market every ten minutes, and takes few questions without a key: asked
/// every so many intervals.
const MARKET_INTERVALS: u64 = 5;
/// What people look for changes slowly, too.
const TRENDING_INTERVALS: u64 = 10;
/// The index changes once a day: asked this often, milliseconds.
const FEAR_GREED_MS: u64 = 30 * MINUTE_MS;
/// Where calls are counted, what is not a price is asked at most this often, milliseconds ...
const DESCRIPTIVE_MS: u64 = 60 * MINUTE_MS;
/// ... and while nobody is connected prices are, too, so that the plan is left to those who look.
const IDLE_MS: u64 = 10 * MINUTE_MS;
/// With fewer questions left than this a plan is as good as spent.
const FEW: u64 = 10;
/// CoinMarketCap's listings cost a credit for so many coins.
const COINS_A_CREDIT: u32 = 200;

/// The polled providers: what they are asked when, and how each question is going.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Polls {
    polls: BTreeMap<(Source, String), Poll>,
    budgets: BTreeMap<Source, Budget>,
}

/// What is to be asked now.
#[derive(Debug, Clone)]
pub struct Question {
    /// Of whom.
    pub provider: Source,
    /// What; one question may take several calls of one name.
    pub call: Call,
}

/// One thing to know from one provider.
struct Ask {
    provider: Source,
    calls: Vec<Call>,
    /// What it counts for in the provider's plan.
    cost: u64,
    per_month: Option<u32>,
    interval_ms: u64,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Prices,
    Market,
    Descriptive,
}

impl Polls {
    /// The questions that may be asked now; they count as asked, in pace and budget, whether or not an answer ever
    /// comes: keep that before they leave, and an eviction asks none of them twice. While nobody is connected (`somebody` is
    /// false), plans that count calls are spared.
    pub fn take_due(&mut self, supply: &Supply, somebody: bool, now: UnixMillis) -> Vec<Question> {
        let mut questions = Vec::new();
        for ask in asks(supply, somebody) {
            let pace = self.pace_ms(&ask, now);
            let affordable = ask.budget_ready(&self.budgets, now) <= now;
            let poll = self.poll(&ask);
            poll.set_interval(pace);
            if !poll.due(now) || !affordable {
                continue;
            }
            poll.asked(now);
            if let Some(per_month) = ask.per_month {
                let budget = self.budgets.entry(ask.provider).or_default();
                budget.spend(ask.cost, per_month, now);
            }
            let Ask { provider, calls, .. } = ask;
            questions.extend(calls.into_iter().map(|call| Question { provider, call }));
        }
        questions
    }

    /// Takes in how the questions to one provider that were asked at `asked_at` went, and returns what they
    /// say. The jitter of what is asked again comes from `seed`.
    pub fn answered(
        &mut self,
        provider: Source,
        asked_at: UnixMillis,
        outcomes: Vec<(&'static str, Result<Parsed, FeedFault>)>,
        seed: u64,
    ) -> Vec<Observation> {
        let mut observations = Vec::new();
        // Several calls of one question are one: it has failed if one of them has.
        let mut fates: BTreeMap<&'static str, Option<FeedFault>> = BTreeMap::new();
        for (name, outcome) in outcomes {
            let fate = fates.entry(name).or_default();
            match outcome {
                Ok(parsed) => {
                    if let Some(poll) = self.polls.get_mut(&(provider, name.to_owned())) {
                        poll.note_refused(&parsed.refused);
                    }
                    observations.push(parsed.observation);
                }
                Err(fault) => *fate = Some(fault),
            }
        }
        for (name, fate) in fates {
            match (fate, self.polls.get_mut(&(provider, name.to_owned()))) {
                (Some(fault), _) => self.failed(provider, name, asked_at, &fault, seed),
                (None, Some(poll)) => poll.succeeded(asked_at),
                (None, None) => {}
            }
        }
        observations
    }

    /// A question failed. A provider that wants to be left alone is asked nothing else either.
    fn failed(&mut self, provider: Source, name: &str, asked_at: UnixMillis, fault: &FeedFault, seed: u64) {
        let Some(poll) = self.polls.get_mut(&(provider, name.to_owned())) else {
            return;
        };
        poll.failed(asked_at, fault, seed);
        let due_at = poll.due_at();
        if matches!(fault, FeedFault::RateLimited { .. }) {
            let others = self.polls.iter_mut().filter(|((of, _), _)| *of == provider);
            others.for_each(|(_, poll)| poll.hold_back(due_at));
        }
    }

    /// When the next question may be asked.
    pub fn next_due(&self, supply: &Supply, somebody: bool, now: UnixMillis) -> UnixMillis {
        let due = asks(supply, somebody).map(|ask| {
            let poll = self.polls.get(&ask.key());
            let due_at = poll.map_or(now, Poll::due_at);
            due_at.max(ask.budget_ready(&self.budgets, now))
        });
        due.min().unwrap_or(now)
    }

    /// How often prices are really asked for at present, milliseconds: the interval, or what a plan allows.
    pub fn price_interval_ms(&self, supply: &Supply, somebody: bool, now: UnixMillis) -> u64 {
        self.interval_ms(Topic::Prices, supply, somebody, now)
    }

    /// As [`price_interval_ms`](Self::price_interval_ms), for the figures of the whole market.
    pub fn market_interval_ms(&self, supply: &Supply, somebody: bool, now: UnixMillis) -> u64 {
        self.interval_ms(Topic::Market, supply, somebody, now)
    }

    fn interval_ms(&self, topic: Topic, supply: &Supply, somebody: bool, now: UnixMillis) -> u64 {
        let of_topic = asks(supply, somebody).filter(|ask| ask.topic() == topic);
        let intervals = of_topic.map(|ask| self.pace_ms(&ask, now));
        intervals.min().unwrap_or(supply.poll_interval_ms)
    }

    /// How often a question can really be asked: at its interval, or, where the plan has little left, as calls come back.
    fn pace_ms(&self, ask: &Ask, now: UnixMillis) -> u64 {
        let Some(per_month) = ask.per_month else {
            return ask.interval_ms;
        };
        let budget = self.budgets.get(&ask.provider).copied().unwrap_or_default();
        let is_short = budget.ready_at(ask.cost.saturating_mul(FEW), per_month, now) > now;
        let pace = if is_short { budget::pace_ms(per_month) } else { 0 };
        ask.interval_ms.max(pace.saturating_mul(ask.cost))
    }

    /// Whether that provider's prices are being confirmed.
    pub fn is_well(&self, provider: Source, now: UnixMillis) -> bool {
        let mut prices = self
            .polls
            .iter()
            .filter(|((of, name), _)| *of == provider && topic(name) == Topic::Prices);
        prices.any(|(_, poll)| poll.failures() == 0 && !poll.is_stale(now))
    }

    /// The questions that prices and the market's figures hang on, by provider.
    pub fn vital(&self) -> impl Iterator<Item = (Source, &Poll)> {
        let vital = self
            .polls
            .iter()
            .filter(|((_, name), _)| topic(name) != Topic::Descriptive);
        vital.map(|((provider, _), poll)| (*provider, poll))
    }

    /// Every question that was ever asked, by provider and name.
    pub fn iter(&self) -> impl Iterator<Item = (Source, &str, &Poll)> {
        self.polls
            .iter()
            .map(|((provider, name), poll)| (*provider, name.as_str(), poll))
    }

    fn poll(&mut self, ask: &Ask) -> &mut Poll {
        self.polls
            .entry(ask.key())
            .or_insert_with(|| Poll::new(ask.interval_ms))
    }
}

impl Ask {
    fn name(&self) -> &'static str {
        self.calls.first().map_or("", |call| call.name)
    }

    fn key(&self) -> (Source, String) {
        (self.provider, self.name().to_owned())
    }

    fn topic(&self) -> Topic {
        topic(self.name())
    }

    fn budget_ready(&self, budgets: &BTreeMap<Source, Budget>, now: UnixMillis) -> UnixMillis {
        let budget = budgets.get(&self.provider).copied().unwrap_or_default();
        self.per_month
            .map_or(now, |per_month| budget.ready_at(self.cost, per_month, now))
    }
}

fn topic(name: &str) -> Topic {
    match name {
        "markets" | "listings" => Topic::Prices,
        "global" | "global_metrics" => Topic::Market,
        _ => Topic::Descriptive,
    }
}

/// Everything that is to be known, and how often.
fn asks(supply: &Supply, somebody: bool) -> impl Iterator<Item = Ask> {
    let gecko = &supply.coingecko;
    let mut asks = Vec::new();
    for call in coingecko::plan(&gecko.endpoint, supply.coins) {
        push(&mut asks, Source::CoinGecko, call, gecko.per_month);
    }
    push(
        &mut asks,
        Source::CoinGecko,
        coingecko::trending(&gecko.endpoint),
        gecko.per_month,
    );
    if let Some(Polled { endpoint, per_month }) = &supply.coinmarketcap {
        for call in coinmarketcap::plan(endpoint, supply.coins) {
            push(&mut asks, Source::CoinMarketCap, call, *per_month);
        }
    }
    for call in alternative_me::plan(&supply.fear_greed) {
        push(&mut asks, Source::AlternativeMe, call, None);
    }
    let wanted = |ask: &Ask| ask.topic() != Topic::Prices || supply.price_order.contains(&ask.provider);
    let mut asks: Vec<Ask> = asks.into_iter().filter(wanted).collect();
    for ask in &mut asks {
        ask.interval_ms = interval_ms(ask, supply.poll_interval_ms, somebody);
        if ask.name() == "listings" {
            ask.cost = u64::from(supply.coins.div_ceil(COINS_A_CREDIT));
        }
    }
    asks.into_iter()
}

/// Adds a call to the question of its name.
fn push(asks: &mut Vec<Ask>, provider: Source, call: Call, per_month: Option<u32>) {
    let known = asks
        .iter_mut()
        .find(|ask| ask.provider == provider && ask.name() == call.name);
    match known {
        Some(ask) => {
            ask.calls.push(call);
            ask.cost += 1;
        }
        None => asks.push(Ask {
            provider,
            calls: vec![call],
            cost: 1,
            per_month,
            interval_ms: 0,
        }),
    }
}

fn interval_ms(ask: &Ask, poll_interval_ms: u64, somebody: bool) -> u64 {
    let own = match ask.name() {
        "fear_greed" => FEAR_GREED_MS,
        "global" | "global_metrics" => poll_interval_ms.saturating_mul(MARKET_INTERVALS),
        "trending" => poll_interval_ms.saturating_mul(TRENDING_INTERVALS),
        _ => poll_interval_ms,
    };
    let spared = match ask.topic() {
        _ if ask.per_month.is_none() => 0,
        Topic::Prices if somebody => 0,
        Topic::Prices => IDLE_MS,
        Topic::Market | Topic::Descriptive => DESCRIPTIVE_MS,
    };
    own.max(poll_interval_ms).max(spared)
}
