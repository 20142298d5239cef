//! How the hub is, by what is known of it: the word of `/ws/stats` and `system_status`, and what `health` tells.

use super::providers::{Providers, Supply};
use super::{Poll, Schedule, Topic};
use crate::model::{DatabaseState, HealthStatus, Source, SystemHealth, UnixMillis};

/// What there is to judge by.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Who is to be asked and believed; `None` for the simulated market, which needs nobody.
    pub supply: Option<&'a Supply>,
    /// How they are doing.
    pub providers: &'a Providers,
    /// When cycles ran.
    pub schedule: &'a Schedule,
    /// Whether any price is known.
    pub has_prices: bool,
    /// How the store is.
    pub database: DatabaseState,
}

impl Circumstances<'_> {
    /// Whether there is data, and whether it is fresh. A stream that is out makes prices slower, not wrong: others
    /// stand in.
    pub fn status(&self, now: UnixMillis) -> HealthStatus {
        let failing = |poll: &Poll| poll.failures() > 0 || poll.is_stale(now);
        let mut vital = self.providers.polls.vital();
        if self.is_empty() {
            HealthStatus::Down
        } else if self.schedule.is_late(now) || (self.supply.is_some() && vital.any(failing)) {
            HealthStatus::Degraded
        } else {
            HealthStatus::Healthy
        }
    }

    /// The same with what is wrong: one sentence for each thing, in a stable order, which does not change as long as
    /// that is wrong.
    pub fn health(&self, now: UnixMillis) -> SystemHealth {
        let mut alerts = Vec::new();
        if self.is_empty() {
            alerts.push("There are no prices: nobody has told any yet.".to_owned());
        }
        if self.schedule.last_cycle().is_some() && self.schedule.is_late(now) {
            alerts.push("The feed is late: its cycle did not run for minutes.".to_owned());
        }
        if let Some(supply) = self.supply {
            self.asked(now, &mut alerts);
            self.heard(supply, &mut alerts);
            self.led(supply, now, &mut alerts);
        }
        match self.database {
            DatabaseState::Unknown | DatabaseState::Healthy => {}
            DatabaseState::Degraded => {
                alerts.push("The database does not take some of the rows: they wait.".to_owned());
            }
            DatabaseState::Down => alerts.push("The database takes nothing: all rows wait.".to_owned()),
        }
        SystemHealth {
            status: self.status(now),
            database: self.database,
            alerts,
            timestamp: now,
        }
    }

    /// Before the first cycle nothing has gone wrong: the first socket or the cron brings data.
    fn is_empty(&self) -> bool {
        !self.has_prices && self.schedule.last_cycle().is_some()
    }

    /// What those say that are asked.
    fn asked(&self, now: UnixMillis, alerts: &mut Vec<String>) {
        for (source, topic, poll) in self.providers.polls.iter() {
            let what = about(topic);
            if let Some(cause) = poll.last_cause() {
                alerts.push(format!("{source} does not answer about {what}: {cause}."));
            }
            match poll.last_success() {
                _ if !topic.is_vital() || !poll.is_stale(now) => {}
                Some(last) => alerts.push(format!("What {source} says of {what} is of {last} and stale.")),
                None if poll.last_cause().is_none() => {
                    alerts.push(format!("{source} has not answered about {what} yet."));
                }
                None => {}
            }
        }
    }

    /// What those say that tell by themselves, and what is had of the past.
    fn heard(&self, supply: &Supply, alerts: &mut Vec<String>) {
        for (source, cause) in self.providers.streams.failing(supply) {
            alerts.push(format!("The stream of {source} cannot be opened: {cause}."));
        }
        if let Some((archive, cause)) = supply.history().zip(self.providers.backfill.failing()) {
            let source = archive.source;
            alerts.push(format!(
                "{source} does not answer about candles of the past: {cause}."
            ));
        }
    }

    /// Who stands in for whom. While the first choice is merely not needed, or about to be opened, nothing is wrong.
    fn led(&self, supply: &Supply, now: UnixMillis, alerts: &mut Vec<String>) {
        let leaders = &self.providers.leaders;
        let seats = [
            ("Prices", &supply.price_order, leaders.price()),
            ("Candles", &supply.candle_order, leaders.candle()),
        ];
        for (what, order, leader) in seats {
            let mut order = order.iter().copied().filter(|source| supply.has(*source));
            let Some(first) = order.next() else {
                continue;
            };
            match leader {
                Some(leader) if leader != first && self.fails(supply, first, now) => {
                    alerts.push(format!("{what} come from {leader} in place of {first}."));
                }
                None if self.fails(supply, first, now) && order.all(|it| self.fails(supply, it, now)) => {
                    alerts.push(format!("{what} come from nobody."));
                }
                _ => {}
            }
        }
    }

    /// Whether that provider has been tried and does not do what it is there for.
    fn fails(&self, supply: &Supply, source: Source, now: UnixMillis) -> bool {
        let Providers { streams, polls, .. } = self.providers;
        let mut prices = polls
            .iter()
            .filter(|(of, topic, _)| *of == source && *topic == Topic::Prices);
        let is_old = |poll: &Poll| poll.last_success().is_some() && poll.is_stale(now);
        streams.failing(supply).any(|(failing, _)| failing == source)
            || prices.any(|(_, _, poll)| poll.failures() > 0 || is_old(poll))
    }
}

const fn about(topic: Topic) -> &'static str {
    match topic {
        Topic::Prices => "prices",
        Topic::Market => "the whole market",
        Topic::Trending => "what people look for",
        Topic::FearGreed => "fear and greed",
    }
}

#[cfg(test)]
mod tests;
