//! One cycle: ask, apply, publish, store.

use futures_util::future::join_all;
use serde_json::json;
use worker::Result;

use super::Object;
use super::publish;
use super::report;
use crate::edge::{clock, log, outbound, store};
use crate::feed::{Endpoint, FeedFault, Parsed, coingecko, simulated};
use crate::model::{Batch, MarketEvent, Observation, Source, SystemStatus, UnixMillis};
use crate::settings::{FeedSettings, FeedSource, Settings};

/// While nobody is connected the cron runs a cycle a minute.
const IDLE_INTERVAL: u64 = 60_000;
/// `system_status` goes out so often while somebody is connected.
const STATUS_INTERVAL: u64 = 30_000;
/// Prices are stored so often: rows written are billed.
const STORE_INTERVAL: u64 = 60_000;

/// Providers, shards and D1 have their own limits of 5 s each; a cycle beyond this was broken off.
const LONGEST_CYCLE: u64 = 30_000;

/// Who started a cycle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Cron,
    Alarm,
}

impl Object {
    /// Runs what is due, and arms the alarm for what is due next while somebody is connected.
    pub(super) async fn tick(&self, settings: &Settings, trigger: Trigger) -> Result<()> {
        if self.busy_until.get() > clock::now() {
            return Ok(());
        }
        self.busy_until.set(clock::now().plus(LONGEST_CYCLE));
        let outcome = self.run(settings, trigger).await;
        self.busy_until.set(UnixMillis::default());
        if let Err(error) = &outcome {
            log::event("cycle_failed", json!({"error": error.to_string()}));
        }
        let next = self.write(|feed| feed.ledger.plan_next(clock::now(), settings.feed.interval_ms))?;
        self.save().await;
        if let Some(next) = next {
            self.wake_at(next).await?;
        }
        Ok(())
    }

    async fn run(&self, settings: &Settings, trigger: Trigger) -> Result<()> {
        let began = clock::now();
        let due = self.write(|feed| feed.ledger.begin(began, trigger, settings.feed.interval_ms))?;
        let events = if due {
            self.observe(settings, began).await?
        } else {
            Vec::new()
        };
        let status = self.status_if_due(settings)?;
        let batch = Batch {
            published_at: clock::now(),
            events,
            status,
        };
        let published = self.publish(&batch).await?;
        let stored = self.store(&batch.events).await?;
        if due {
            self.log_cycle(began, &batch, &published, stored)?;
        }
        Ok(())
    }

    /// Asks whoever is due and applies what they say.
    async fn observe(&self, settings: &Settings, now: UnixMillis) -> Result<Vec<MarketEvent>> {
        let observations = match settings.feed.source {
            FeedSource::Simulated => {
                let feed = &settings.feed;
                simulated::observe(feed.simulation_seed, now, feed.tracked_coins as usize)
            }
            FeedSource::Live => self.poll(&settings.feed, now).await?,
        };
        let now = clock::now();
        self.write(|feed| {
            let mut events = Vec::new();
            for observation in observations {
                events.extend(feed.market.apply(observation, now));
            }
            events.extend(feed.market.mark_stale(now));
            events
        })
    }

    async fn poll(&self, settings: &FeedSettings, now: UnixMillis) -> Result<Vec<Observation>> {
        if !self.read(|feed| feed.ledger.poll.due(now))? {
            return Ok(Vec::new());
        }
        let endpoint = Endpoint {
            base_url: settings.coingecko_url.clone(),
            api_key: settings
                .coingecko_api_key
                .as_ref()
                .map(|key| key.expose().to_owned()),
        };
        let calls = coingecko::plan(&endpoint, settings.tracked_coins);
        let answers = join_all(calls.iter().map(outbound::ask)).await;
        let mut observations = Vec::new();
        let mut fault = None;
        for (call, answer) in calls.iter().zip(answers) {
            match answer {
                Ok(Parsed { observation, refused }) => {
                    observations.push(observation);
                    self.write(|feed| feed.ledger.poll.note_refused(&refused))?;
                }
                Err(error) => {
                    log::event(
                        "provider_fault",
                        json!({"provider": Source::CoinGecko.as_str(), "call": call.name, "fault": error.to_string()}),
                    );
                    fault = Some(worse(fault, error));
                }
            }
        }
        self.write(|feed| match fault {
            // The seed is what differs from deployment to deployment: when it first ran.
            Some(fault) => feed.ledger.poll.failed(now, &fault, feed.ledger.since.get()),
            None => feed.ledger.poll.succeeded(now),
        })?;
        Ok(observations)
    }

    fn status_if_due(&self, settings: &Settings) -> Result<Option<SystemStatus>> {
        let now = clock::now();
        self.write(|feed| {
            let due = !feed.ledger.shards.is_empty() && now.since(feed.ledger.last_status) >= STATUS_INTERVAL;
            if !due {
                return None;
            }
            feed.ledger.last_status = now;
            Some(report::status(feed, settings, now))
        })
    }

    /// Hands the whole batch to every shard at once and takes in what they answer.
    async fn publish(&self, batch: &Batch) -> Result<publish::Outcome> {
        let shards = self.read(|feed| feed.ledger.shards.clone())?;
        let nothing = batch.events.is_empty() && batch.status.is_none();
        let outcome = publish::publish(
            &self.env,
            batch,
            if nothing { Default::default() } else { shards },
        )
        .await?;
        let now = clock::now();
        self.write(|feed| {
            let ledger = &mut feed.ledger;
            for (shard, (life, report)) in &outcome.acknowledged {
                if report.gauges.connections == 0 {
                    ledger.shards.remove(shard);
                }
                ledger.totals.record(shard, *life, report.clone());
            }
            ledger.delivery_faults += outcome.failed.len() as u64;
            ledger.totals.tick(now);
        })?;
        Ok(outcome)
    }

    /// Stores signals at once and prices once a minute. Gives whether that went well; the feed goes on either way.
    async fn store(&self, events: &[MarketEvent]) -> Result<bool> {
        let now = clock::now();
        let due: Vec<MarketEvent> = self.write(|feed| {
            let mut due: Vec<MarketEvent> = events
                .iter()
                .filter(|it| matches!(it, MarketEvent::Signal(_)))
                .cloned()
                .collect();
            if now.since(feed.ledger.last_prices_stored) >= STORE_INTERVAL {
                due.extend(
                    feed.market
                        .latest()
                        .filter(|it| matches!(it, MarketEvent::Price(_))),
                );
                feed.ledger.last_prices_stored = now;
            }
            due
        })?;
        let outcome = store::save(&self.env, &due).await;
        if let Err(error) = &outcome {
            log::event("storage_fault", json!({"error": error.to_string()}));
            self.write(|feed| feed.ledger.storage_faults += 1)?;
        }
        Ok(outcome.is_ok())
    }

    fn log_cycle(
        &self,
        began: UnixMillis,
        batch: &Batch,
        published: &publish::Outcome,
        stored: bool,
    ) -> Result<()> {
        let signals = batch
            .events
            .iter()
            .filter(|it| matches!(it, MarketEvent::Signal(_)))
            .count();
        let line = json!({
            "took_ms": clock::now().since(began),
            "events": batch.events.len(),
            "signals": signals,
            "shards": published.acknowledged.len(),
            "shards_failed": published.failed.len(),
            "stored": stored,
            "fault": self.read(|feed| feed.ledger.poll.last_fault().map(str::to_owned))?,
        });
        log::event("cycle", line);
        Ok(())
    }
}

impl super::state::Ledger {
    /// Whether a cycle is due now; if so it is noted. The cron always finds one due, unless the alarm runs them.
    fn begin(&mut self, now: UnixMillis, trigger: Trigger, interval: u64) -> bool {
        let due = match (trigger, self.next_cycle) {
            (_, Some(next)) => now >= next,
            (Trigger::Alarm, None) => true,
            (Trigger::Cron, None) => self
                .last_cycle
                .is_none_or(|last| now.since(last) + 5_000 >= IDLE_INTERVAL),
        };
        if due {
            self.punctuality.began(now, self.next_cycle, interval);
            self.last_cycle = Some(now);
        }
        due
    }

    /// When to wake again; `None` while nobody is connected, for then the cron does it.
    fn plan_next(&mut self, now: UnixMillis, interval: u64) -> Option<UnixMillis> {
        if self.shards.is_empty() {
            self.next_cycle = None;
            return None;
        }
        let next_cycle = self.last_cycle.map_or(now, |last| last.plus(interval));
        self.next_cycle = Some(next_cycle);
        Some(next_cycle.min(self.last_status.plus(STATUS_INTERVAL)).max(now))
    }
}

/// Of two faults of one poll, the one that asks for the longer wait.
fn worse(known: Option<FeedFault>, new: FeedFault) -> FeedFault {
    match known {
        Some(known) if known.retry_after_ms() >= new.retry_after_ms() => known,
        _ => new,
    }
}
