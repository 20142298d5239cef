//! Questions to polled providers, and to an exchange's candles of the past.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::join_all;
use serde_json::json;
use worker::Result;

use super::Object;
use crate::edge::{clock, log, outbound};
use crate::feed::providers::{Ask, Filling, Gap, Supply};
use crate::feed::{Archive, FeedFault, Parsed};
use crate::market::Teller;
use crate::model::{CandleUpdate, Interval, Kline, Observation, Pair, Source, UnixMillis};

impl Object {
    /// Asks whoever is due. What a provider says goes out when all that it was asked is answered: a slow
    /// provider holds up no other.
    pub(super) async fn poll(self: &Rc<Self>, supply: &Supply) -> Result<()> {
        let now = clock::now();
        let due = self.write(|feed| {
            let somebody = !feed.ledger.audience.is_empty();
            feed.ledger.providers.polls.take_due(supply, somebody, now)
        })?;
        if due.is_empty() {
            return Ok(());
        }
        // Before they leave: a life that ends now has asked them, and has spent what they cost.
        self.save().await;
        let mut by_provider: BTreeMap<Source, Vec<Ask>> = BTreeMap::new();
        for ask in due {
            by_provider.entry(ask.provider).or_default().push(ask);
        }
        let asked = by_provider
            .into_iter()
            .map(|(provider, asks)| self.ask(provider, asks));
        join_all(asked).await.into_iter().collect()
    }

    async fn ask(self: &Rc<Self>, provider: Source, asks: Vec<Ask>) -> Result<()> {
        let asked_at = clock::now();
        let asked = asks.iter().map(async |Ask { topic, call, .. }| {
            let outcome = outbound::ask(call).await;
            if let Err(fault) = &outcome {
                log_fault(provider, call.name, fault);
            }
            (*topic, outcome)
        });
        let outcomes = join_all(asked).await;
        self.write(|feed| {
            let seed = feed.ledger.since.get();
            let polls = &mut feed.ledger.providers.polls;
            let observations = polls.answered(provider, asked_at, outcomes, seed);
            feed.take_in(observations, clock::now());
        })?;
        self.flush().await
    }

    /// Asks for candles that are missing.
    pub(super) async fn backfill(self: &Rc<Self>, supply: &Supply) -> Result<()> {
        let Some(archive) = supply.history() else {
            return Ok(());
        };
        let now = clock::now();
        let due = self.write(|feed| {
            feed.look_for_gaps(supply, now);
            feed.ledger.providers.backfill.take_due(now)
        })?;
        if due.is_empty() {
            return Ok(());
        }
        self.save().await;
        let asked = due.iter().map(|gap| self.ask_history(archive, gap));
        join_all(asked).await.into_iter().collect()
    }

    async fn ask_history(self: &Rc<Self>, archive: &Archive, gap: &Gap) -> Result<()> {
        let asked_at = clock::now();
        let calls = gap.calls(archive, asked_at);
        let asked = calls
            .iter()
            .map(async |(interval, call)| (*interval, outbound::ask(call).await));
        let mut answers = Vec::new();
        let mut fault = None;
        for (interval, answer) in join_all(asked).await {
            match answer {
                Ok(parsed) => answers.push((interval, parsed)),
                Err(why) => {
                    log_fault(archive.source, "history", &why);
                    fault = Some(why);
                }
            }
        }
        // Candles are built from minutes and hours; of the others, what came is kept.
        let has = |wanted| answers.iter().any(|(interval, _)| *interval == wanted);
        let enough = has(Interval::M1) && (calls.len() == 1 || has(Interval::H1));
        if enough {
            self.fill(archive, gap, asked_at, answers).await?;
        } else {
            // Without a question: a pair that the exchange cannot have.
            self.fill_failed(gap, &fault.unwrap_or(FeedFault::NotListed))?;
        }
        self.flush().await
    }

    async fn fill(
        &self,
        archive: &Archive,
        gap: &Gap,
        asked_at: UnixMillis,
        answers: Vec<(Interval, Parsed<Vec<Kline>>)>,
    ) -> Result<()> {
        let now = clock::now();
        let candles = answers
            .into_iter()
            .map(|(interval, parsed)| (interval, parsed.observation));
        let filling = gap.fill(archive.source, candles.collect(), now);
        let past = self.take_filling(&gap.pair, archive.source, asked_at, filling)?;
        let is_stored = self.store_past(&past).await;
        self.write(|feed| {
            let backfill = &mut feed.ledger.providers.backfill;
            match is_stored {
                true => backfill.filled(&gap.pair, now),
                false => backfill.not_stored(&gap.pair, now),
            }
        })
    }

    /// Takes in what `source` says of a pair's past, and gives what of it is to be stored.
    pub(super) fn take_filling(
        &self,
        pair: &Pair,
        source: Source,
        asked_at: UnixMillis,
        filling: Filling,
    ) -> Result<Vec<CandleUpdate>> {
        let now = clock::now();
        self.write(|feed| match filling {
            Filling::Minutes(klines) => {
                let minutes = Observation::Klines {
                    pair: pair.clone(),
                    source,
                    klines,
                    observed_at: asked_at,
                };
                feed.take_in(vec![minutes], now);
                Vec::new()
            }
            Filling::History {
                hours,
                minutes,
                closed,
            } => {
                let teller = Teller {
                    source,
                    observed_at: asked_at,
                };
                let news = feed.market.seed_candles(pair, teller, &hours, &minutes, now);
                feed.tell(news, now);
                closed
            }
        })
    }

    fn fill_failed(&self, gap: &Gap, fault: &FeedFault) -> Result<()> {
        self.write(|feed| {
            let seed = feed.ledger.since.get();
            let backfill = &mut feed.ledger.providers.backfill;
            backfill.failed(&gap.pair, clock::now(), fault, seed);
        })
    }
}

fn log_fault(provider: Source, call: &str, fault: &FeedFault) {
    log::event(
        "provider_fault",
        json!({"provider": provider.as_str(), "call": call, "fault": fault.to_string()}),
    );
}
