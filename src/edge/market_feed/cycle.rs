//! One cycle: ask, apply, publish, store. Streams are looked after between cycles, too.

use std::rc::Rc;

use futures_util::future::join;
use serde_json::json;
use worker::Result;

use super::supply::supply;
use super::{Object, report};
use crate::edge::{clock, log};
use crate::feed::providers::{Supply, Switch};
use crate::feed::{Topic, Trigger};
use crate::model::{Source, UnixMillis};
use crate::settings::{FeedSettings, FeedSource, Settings};

/// Providers, shards and D1 have 5 s each; a cycle beyond this was broken off.
const LONGEST_CYCLE: u64 = 30_000;
/// The simulated market's candles run by the second, as a stream's do ...
const SIMULATED_CANDLES_MS: u64 = 1_000;
/// ... unless cycles are further apart than this, milliseconds: then quiet is wanted.
const LIVELY_INTERVAL_MS: u64 = 60_000;

impl Object {
    /// Runs what is due, and arms the alarm for what is due next while somebody is connected.
    pub(super) async fn tick(self: &Rc<Self>, settings: &Settings, trigger: Trigger) -> Result<()> {
        if self.busy_until.get() > clock::now() {
            return Ok(());
        }
        self.busy_until.set(clock::now().plus(LONGEST_CYCLE));
        let supply = Rc::new(supply(&settings.feed));
        let outcome = self.run(settings, &supply, trigger).await;
        self.busy_until.set(UnixMillis::default());
        if let Err(error) = &outcome {
            log::event("cycle_failed", json!({"error": error.to_string()}));
        }
        let next = self.plan(&settings.feed, &supply)?;
        self.save().await;
        match next {
            Some(next) => self.wake_at(next).await,
            None => Ok(()),
        }
    }

    async fn run(self: &Rc<Self>, settings: &Settings, supply: &Rc<Supply>, trigger: Trigger) -> Result<()> {
        let began = clock::now();
        let feed = &settings.feed;
        let due = self.write(|state| {
            state
                .ledger
                .schedule
                .begin_cycle(began, trigger, feed.interval_ms)
        })?;
        match feed.source {
            FeedSource::Simulated => self.simulate(feed, due).await?,
            FeedSource::Live => self.ask_and_listen(supply, due).await?,
        }
        self.write(|state| {
            let now = clock::now();
            state.assess(now);
            state.tell_health(report::health(state, settings, now), now);
            if !state.ledger.audience.is_empty() && state.ledger.schedule.take_status(now) {
                state
                    .ledger
                    .outbox
                    .set_status(report::status(state, settings, now));
            }
        })?;
        self.flush().await?;
        if self.read(|state| state.ledger.audience.is_empty())? {
            // The last acknowledgement may have said so.
            self.close_streams()?;
        }
        if due {
            let stored = self.store().await?;
            self.log_cycle(began, stored)?;
        }
        if trigger == Trigger::Cron {
            self.expire().await?;
        }
        Ok(())
    }

    /// The real market: questions in every cycle; streams as long as somebody is connected.
    async fn ask_and_listen(self: &Rc<Self>, supply: &Rc<Supply>, due: bool) -> Result<()> {
        self.write(|feed| {
            let somebody = !feed.ledger.audience.is_empty();
            let polls = &feed.ledger.providers.polls;
            let now = clock::now();
            let prices = polls.interval_ms(Topic::Prices, supply, somebody, now);
            let market = polls.interval_ms(Topic::Market, supply, somebody, now);
            feed.market.set_confirm_intervals(prices, market);
        })?;
        if due {
            let (polled, filled) = join(self.poll(supply), self.backfill(supply)).await;
            polled.and(filled)?;
        }
        if !self.read(|feed| feed.ledger.audience.is_empty())? {
            self.keep_streams(supply)?;
        }
        self.elect(supply)
    }

    /// Looks who leads, and logs it where that has changed.
    pub(super) fn elect(&self, supply: &Supply) -> Result<()> {
        let switches = self.write(|feed| feed.ledger.providers.elect(supply, clock::now()))?;
        for Switch { of, from, to } in switches {
            if of == "candle" && to.is_some() {
                self.write(|feed| feed.resume_candles(supply, clock::now()))?;
            }
            let name = |source: Option<Source>| source.map(Source::as_str);
            log::event(
                "provider_switch",
                json!({"of": of, "from": name(from), "to": name(to)}),
            );
        }
        Ok(())
    }

    /// When to wake next; `None` while nobody is connected.
    fn plan(&self, settings: &FeedSettings, supply: &Supply) -> Result<Option<UnixMillis>> {
        let now = clock::now();
        self.write(|feed| {
            let somebody = !feed.ledger.audience.is_empty();
            let providers = &feed.ledger.providers;
            let live = settings.source == FeedSource::Live;
            // While a stream tells what is new, a cycle always has something to look after.
            let asking = live && !providers.streams.any_open();
            let source_due = asking.then(|| providers.polls.next_due(supply, now));
            let schedule = &mut feed.ledger.schedule;
            let next = schedule.plan(now, somebody, settings.interval_ms, source_due)?;
            let sooner = match live {
                true => providers.streams.next_due(supply),
                false if settings.interval_ms > LIVELY_INTERVAL_MS => None,
                false => Some(now.plus(SIMULATED_CANDLES_MS)),
            };
            Some(sooner.map_or(next, |sooner| next.min(sooner)).max(now))
        })
    }

    fn log_cycle(&self, began: UnixMillis, stored: bool) -> Result<()> {
        let line = self.write(|feed| {
            let told = std::mem::take(&mut feed.told);
            let mut polls = feed.ledger.providers.polls.iter();
            json!({
                "took_ms": clock::now().since(began),
                "events": told.events,
                "signals": told.signals,
                "stored": stored,
                "fault": polls.find_map(|(_, _, poll)| poll.last_fault()),
            })
        })?;
        log::event("cycle", line);
        Ok(())
    }
}
