//! One cycle: ask, apply, publish, store.

use futures_util::future::join_all;
use serde_json::json;
use worker::Result;

use super::{Object, publish, report};
use crate::edge::outbound;
use crate::edge::{clock, log};
use crate::feed::{Call, Endpoint, FeedFault, Parsed, Trigger, coingecko, simulated};
use crate::model::{Batch, MarketEvent, Observation, Source, SystemStatus, UnixMillis};
use crate::settings::{FeedSettings, FeedSource, Settings};

/// Providers, shards and D1 have 5 s each; a cycle beyond this was broken off.
const LONGEST_CYCLE: u64 = 30_000;

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
        let next = self.write(|feed| {
            let source_due = feed.ledger.source_due(&settings.feed);
            let somebody = !feed.ledger.roster.is_empty();
            feed.ledger
                .schedule
                .plan(clock::now(), somebody, settings.feed.interval_ms, source_due)
        })?;
        self.save().await;
        match next {
            Some(next) => self.wake_at(next).await,
            None => Ok(()),
        }
    }

    async fn run(&self, settings: &Settings, trigger: Trigger) -> Result<()> {
        let began = clock::now();
        let due = self.write(|feed| {
            feed.ledger
                .schedule
                .begin_cycle(began, trigger, settings.feed.interval_ms)
        })?;
        let events = if due {
            self.observe(settings, began).await?
        } else {
            Vec::new()
        };
        let status = self.status_if_due(settings)?;
        let published_at = clock::now();
        let number = self.write(|feed| feed.ledger.roster.next_number(published_at))?;
        let batch = Batch {
            number,
            published_at,
            events,
            status,
            ..Batch::default()
        };
        let failed = self.publish(&batch).await?;
        if due {
            let stored = self.store().await?;
            self.log_cycle(began, &batch, failed, stored)?;
        }
        if trigger == Trigger::Cron {
            self.expire().await?;
        }
        Ok(())
    }

    /// Asks whoever is due and applies what they say.
    async fn observe(&self, settings: &Settings, now: UnixMillis) -> Result<Vec<MarketEvent>> {
        let feed = &settings.feed;
        let observations = match feed.source {
            FeedSource::Simulated => {
                let coins = feed.tracked_coins as usize;
                let mut told = simulated::observe(feed.simulation_seed, now, coins);
                told.extend(simulated::candles(feed.simulation_seed, now, &feed.candle_pairs));
                told
            }
            FeedSource::Live => self.poll(feed, now).await?,
        };
        let now = clock::now();
        self.write(|feed| {
            let mut events = Vec::new();
            for observation in observations {
                events.extend(feed.market.apply(observation, now));
            }
            events.extend(feed.market.close_minutes(now));
            events.extend(feed.market.mark_stale(now));
            feed.ledger.history.note(&events, now);
            events
        })
    }

    /// Asks the provider what may be asked now. A question that fails holds back no other.
    async fn poll(&self, settings: &FeedSettings, now: UnixMillis) -> Result<Vec<Observation>> {
        let endpoint = Endpoint {
            base_url: settings.coingecko_url.clone(),
            api_key: settings
                .coingecko_api_key
                .as_ref()
                .map(|key| key.expose().to_owned()),
        };
        let mut calls = coingecko::plan(&endpoint, settings.tracked_coins);
        self.write(|feed| calls.retain(|call| feed.ledger.poll(call.name, settings).due(now)))?;
        let answers = join_all(calls.iter().map(outbound::ask)).await;
        let mut observations = Vec::new();
        let mut faults: Vec<(&Call, FeedFault)> = Vec::new();
        for (call, answer) in calls.iter().zip(answers) {
            match answer {
                Ok(Parsed { observation, refused }) => {
                    observations.push(observation);
                    self.write(|feed| {
                        let poll = feed.ledger.poll(call.name, settings);
                        poll.note_refused(&refused);
                        poll.succeeded(now);
                    })?;
                }
                Err(fault) => faults.push((call, fault)),
            }
        }
        // After the successes: several pages of one question have failed if one has.
        for (call, fault) in faults {
            let provider = Source::CoinGecko.as_str();
            log::event(
                "provider_fault",
                json!({"provider": provider, "call": call.name, "fault": fault.to_string()}),
            );
            self.write(|feed| feed.ledger.poll_failed(call.name, now, &fault))?;
        }
        Ok(observations)
    }

    fn status_if_due(&self, settings: &Settings) -> Result<Option<SystemStatus>> {
        let now = clock::now();
        self.write(|feed| {
            let due = !feed.ledger.roster.is_empty() && feed.ledger.schedule.take_status(now);
            due.then(|| report::status(feed, settings, now))
        })
    }

    /// Hands the batch to every shard at once and takes in what they answer. Gives how many did not.
    async fn publish(&self, batch: &Batch) -> Result<usize> {
        if batch.events.is_empty() && batch.status.is_none() {
            return Ok(0);
        }
        let deliveries = self.read(|feed| feed.ledger.roster.deliveries(batch))?;
        let outcomes = publish::publish(&self.env, batch, deliveries).await?;
        let now = clock::now();
        self.write(|feed| {
            let roster = &mut feed.ledger.roster;
            let mut failed = 0;
            for (shard, outcome) in outcomes {
                match outcome {
                    Ok(report) => roster.acknowledged(&shard, report),
                    Err(error) => {
                        log::event(
                            "delivery_failed",
                            json!({"shard": shard, "error": error.to_string()}),
                        );
                        roster.failed(&shard, batch);
                        failed += 1;
                    }
                }
            }
            roster.tick(now);
            failed
        })
    }

    fn log_cycle(&self, began: UnixMillis, batch: &Batch, failed: usize, stored: bool) -> Result<()> {
        let signals = batch
            .events
            .iter()
            .filter(|it| matches!(it, MarketEvent::Signal(_)))
            .count();
        let line = json!({
            "took_ms": clock::now().since(began),
            "events": batch.events.len(),
            "signals": signals,
            "shards_failed": failed,
            "stored": stored,
            "fault": self.read(|feed| feed.ledger.polls.values().find_map(|it| it.last_fault()).map(str::to_owned))?,
        });
        log::event("cycle", line);
        Ok(())
    }
}
