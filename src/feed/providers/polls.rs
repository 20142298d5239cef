use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::{self, Budget};
use super::pace;
use super::supply::{Polled, Quota, Supply};
use crate::feed::{Call, FeedFault, Parsed, Poll, Question, Topic};
use crate::model::{Observation, Source, UnixMillis};

/// With fewer questions left than this a plan is as good as spent.
const FEW: u64 = 10;

/// The polled providers: what they are asked when, and how each question is going.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Polls {
    polls: BTreeMap<(Source, Topic), Poll>,
    budgets: BTreeMap<Source, Budget>,
}

/// A call to make now.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Of whom.
    pub provider: Source,
    /// What it is about; one question may take several calls.
    pub topic: Topic,
    /// What to send.
    pub call: Call,
}

impl Polls {
    /// The calls to make now. They count as asked, in pace and budget, whether or not an answer ever comes: keep
    /// that before they leave, and an eviction asks none of them twice. While nobody is connected (`somebody` is
    /// false), plans that count calls are spared.
    pub fn take_due(&mut self, supply: &Supply, somebody: bool, now: UnixMillis) -> Vec<Ask> {
        self.polls.retain(|key, _| supply.asks(*key));
        let mut asks = Vec::new();
        for (polled, question) in supply.questions() {
            let pace = self.pace_ms(polled, question, supply, somebody, now);
            let affordable = self.affordable_at(polled, question, now) <= now;
            let key = (polled.source, question.topic);
            let poll = self.polls.entry(key).or_insert_with(|| Poll::new(pace));
            poll.set_interval(pace);
            if !poll.due(now) || !affordable {
                continue;
            }
            poll.asked(now);
            if let Quota::Monthly(per_month) = polled.quota {
                let budget = self.budgets.entry(polled.source).or_default();
                budget.spend(question.cost, per_month, now);
            }
            asks.extend(question.calls.iter().map(|call| Ask {
                provider: polled.source,
                topic: question.topic,
                call: call.clone(),
            }));
        }
        asks
    }

    /// Takes in how the calls to one provider that were made at `asked_at` went, and returns what they
    /// say. The jitter of what is asked again comes from `seed`.
    pub fn answered(
        &mut self,
        provider: Source,
        asked_at: UnixMillis,
        outcomes: Vec<(Topic, Result<Parsed, FeedFault>)>,
        seed: u64,
    ) -> Vec<Observation> {
        let mut observations = Vec::new();
        // Several calls of one question are one: it has failed if one of them has.
        let mut fates: BTreeMap<Topic, Option<FeedFault>> = BTreeMap::new();
        for (topic, outcome) in outcomes {
            let fate = fates.entry(topic).or_default();
            match outcome {
                Ok(parsed) => {
                    if let Some(poll) = self.polls.get_mut(&(provider, topic)) {
                        poll.note_refused(&parsed.refused);
                    }
                    observations.push(parsed.observation);
                }
                Err(fault) => *fate = Some(fault),
            }
        }
        for (topic, fate) in fates {
            match (fate, self.polls.get_mut(&(provider, topic))) {
                (Some(fault), _) => {
                    if topic == Topic::Prices {
                        // First: of several pages, what did come counts.
                        observations.insert(0, Observation::Unanswered(provider));
                    }
                    self.failed(provider, topic, asked_at, &fault, seed);
                }
                (None, Some(poll)) => poll.succeeded(asked_at),
                (None, None) => {}
            }
        }
        observations
    }

    /// A question failed. A provider that wants to be left alone is asked nothing else either.
    fn failed(&mut self, provider: Source, topic: Topic, asked_at: UnixMillis, fault: &FeedFault, seed: u64) {
        let Some(poll) = self.polls.get_mut(&(provider, topic)) else {
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
    pub fn next_due(&self, supply: &Supply, now: UnixMillis) -> UnixMillis {
        let due = supply.questions().map(|(polled, question)| {
            let poll = self.polls.get(&(polled.source, question.topic));
            let due_at = poll.map_or(now, Poll::due_at);
            due_at.max(self.affordable_at(polled, question, now))
        });
        due.min().unwrap_or(now)
    }

    /// How often `topic` is really asked for at present, milliseconds: at its own pace, or as a plan allows.
    pub fn interval_ms(&self, topic: Topic, supply: &Supply, somebody: bool, now: UnixMillis) -> u64 {
        let of_topic = supply.questions().filter(|(_, question)| question.topic == topic);
        let intervals =
            of_topic.map(|(polled, question)| self.pace_ms(polled, question, supply, somebody, now));
        intervals.min().unwrap_or(supply.poll_interval_ms)
    }

    /// How often a question can really be asked: at its interval, or, where the plan has little left, as calls come back.
    fn pace_ms(
        &self,
        polled: &Polled,
        question: &Question,
        supply: &Supply,
        somebody: bool,
        now: UnixMillis,
    ) -> u64 {
        let interval_ms = pace::interval_ms(polled, question, supply, somebody);
        let Quota::Monthly(per_month) = polled.quota else {
            return interval_ms;
        };
        let few = question.cost.saturating_mul(FEW);
        if self.budget(polled.source).ready_at(few, per_month, now) <= now {
            return interval_ms;
        }
        interval_ms.max(budget::pace_ms(per_month).saturating_mul(question.cost))
    }

    /// When the plan has enough left for `question`.
    fn affordable_at(&self, polled: &Polled, question: &Question, now: UnixMillis) -> UnixMillis {
        match polled.quota {
            Quota::Monthly(per_month) => self.budget(polled.source).ready_at(question.cost, per_month, now),
            Quota::Keyless | Quota::Unlimited => now,
        }
    }

    fn budget(&self, provider: Source) -> Budget {
        self.budgets.get(&provider).copied().unwrap_or_default()
    }

    /// Whether that provider's prices are being confirmed.
    pub fn is_well(&self, provider: Source, now: UnixMillis) -> bool {
        let prices = self.polls.get(&(provider, Topic::Prices));
        prices.is_some_and(|poll| poll.failures() == 0 && !poll.is_stale(now))
    }

    /// The questions that prices and the market's figures hang on.
    pub fn vital(&self) -> impl Iterator<Item = &Poll> {
        let vital = self.polls.iter().filter(|((_, topic), _)| topic.is_vital());
        vital.map(|(_, poll)| poll)
    }

    /// Every question, by provider and topic.
    pub fn iter(&self) -> impl Iterator<Item = (Source, Topic, &Poll)> {
        self.polls
            .iter()
            .map(|((provider, topic), poll)| (*provider, *topic, poll))
    }
}
