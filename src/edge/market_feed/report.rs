//! What `/ws/stats`, `system_status` and `health` say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::state::FeedState;
use super::supply::supply;
use crate::feed::providers::Providers;
use crate::feed::{Circumstances, Poll, Topic};
use crate::metrics::FeedFigures;
use crate::model::{Source, SystemHealth, SystemStatus, UnixMillis, ordered};
use crate::settings::{FeedSource, Settings};

/// How often something went wrong, by what it was.
type Faults<'a> = BTreeMap<&'a str, u64>;

/// The hub's condition in five figures.
pub fn status(feed: &FeedState, settings: &Settings, now: UnixMillis) -> SystemStatus {
    let audience = feed.ledger.audience;
    SystemStatus {
        status: judged(feed, settings, |it| it.status(now)),
        active_connections: audience.connections,
        messages_per_second: audience.messages_per_second,
        uptime: feed.ledger.schedule.uptime(),
        timestamp: now,
    }
}

/// The same, and what is wrong.
pub fn health(feed: &FeedState, settings: &Settings, now: UnixMillis) -> SystemHealth {
    judged(feed, settings, |it| it.health(now))
}

fn judged<T>(feed: &FeedState, settings: &Settings, judge: impl FnOnce(&Circumstances<'_>) -> T) -> T {
    let live = settings.feed.source == FeedSource::Live;
    let supply = live.then(|| supply(&settings.feed));
    judge(&Circumstances {
        supply: supply.as_ref(),
        providers: &feed.ledger.providers,
        schedule: &feed.ledger.schedule,
        has_prices: feed.market.asset_count() > 0,
        database: feed.ledger.history.database(),
    })
}

/// The feed's part of `GET /ws/stats`.
pub fn report(feed: &FeedState, settings: &Settings, now: UnixMillis) -> Value {
    json!({
        "status": judged(feed, settings, |it| it.status(now)).as_str(),
        "timestamp": now.to_string(),
        "since": feed.ledger.since.to_string(),
        "uptime": feed.ledger.schedule.uptime(),
        "feed": feed_report(feed, settings, now),
    })
}

/// The feed's part of `GET /metrics`.
pub fn metrics(feed: &FeedState, settings: &Settings, now: UnixMillis) -> String {
    let ledger = &feed.ledger;
    let faults = faults_of(&ledger.providers, supply(&settings.feed).archive.source);
    let named = |source: Source, fault: &str| (source.as_str().to_owned(), fault.to_owned());
    let provider_faults = faults.iter().flat_map(|(source, faults)| {
        faults
            .iter()
            .map(move |(fault, count)| (named(*source, fault), *count))
    });
    let figures = FeedFigures {
        age_ms: ledger.schedule.last_cycle().map(|last| now.since(last)),
        data_age_ms: answered_at(feed, settings).map(|at| now.since(at)),
        provider_faults: ordered(provider_faults),
        storage_faults: ledger.history.faults(),
        rows_waiting: ledger.history.waiting() as u64,
        coins: feed.market.asset_count() as u64,
    };
    figures.text()
}

/// The last good answer of a provider to a question that prices and the market's figures hang on.
fn answered_at(feed: &FeedState, settings: &Settings) -> Option<UnixMillis> {
    match settings.feed.source {
        FeedSource::Live => {
            let polls = feed.ledger.providers.polls.vital();
            polls.filter_map(Poll::last_success).max()
        }
        FeedSource::Simulated => feed.ledger.schedule.last_cycle(),
    }
}

fn feed_report(feed: &FeedState, settings: &Settings, now: UnixMillis) -> Value {
    let ledger = &feed.ledger;
    let providers = &ledger.providers;
    let polls: Vec<&Poll> = providers.polls.vital().collect();
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    for (fault, count) in polls.iter().flat_map(|poll| poll.faults()) {
        *faults.entry(fault).or_default() += count;
    }
    let outliers = feed.market.outliers().iter();
    let outliers: BTreeMap<&str, u64> = ordered(outliers.map(|(source, n)| (source.as_str(), *n)));
    let last_cycle = ledger.schedule.last_cycle();
    let source = match settings.feed.source {
        FeedSource::Live => "live",
        FeedSource::Simulated => "simulated",
    };
    json!({
        "source": source,
        "coins": feed.market.asset_count(),
        "age_ms": last_cycle.map(|last| now.since(last)),
        "data_age_ms": answered_at(feed, settings).map(|at| now.since(at)),
        "failures_in_a_row": polls.iter().map(|poll| poll.failures()).max().unwrap_or(0),
        "last_fault": polls.iter().find_map(|poll| poll.last_fault()),
        "faults": faults,
        "price_leader": providers.leaders.price().map(Source::as_str),
        "candle_leader": providers.leaders.candle().map(Source::as_str),
        "switches": providers.leaders.switches(),
        "providers": providers_report(providers, supply(&settings.feed).archive.source, now),
        "backfill": {
            "pending": providers.backfill.pending(),
            "filled": providers.backfill.fills(),
            "faults": providers.backfill.faults(),
        },
        "outliers": feed.market.outlier_count(),
        "outliers_by_provider": outliers,
        "off_peg_tickers": feed.market.off_peg_count(),
        "late_quotes": feed.market.late_count(),
        "late_candles": feed.market.late_candle_count(),
        "refused_candles": feed.market.refused_candle_count(),
        "one_minute_candles": feed.market.minute_count(),
        "storage_faults": ledger.history.faults(),
        "rows_waiting": ledger.history.waiting(),
        "rows_dropped": ledger.history.dropped(),
    })
}

/// How each provider is doing, by name. What the candles of the past failed at is `archive`'s fault, too.
fn providers_report(providers: &Providers, archive: Source, now: UnixMillis) -> Value {
    let mut report = Map::new();
    let faults = faults_of(providers, archive);
    for (source, stream, _) in providers.streams.iter() {
        let state = match (stream.is_live(now), stream.is_connected(), stream.losses()) {
            (true, ..) => "live",
            (_, true, _) => "connecting",
            (.., 0) => "idle",
            _ => "failing",
        };
        let figures = json!({
            "kind": "stream",
            "state": state,
            "last_message_age_ms": stream.last_message().map(|at| now.since(at)),
            "losses_in_a_row": stream.losses(),
            "reconnects": stream.reconnects(),
            "gaps": stream.gaps(),
            "missed_trades": stream.missed(),
            "faults": faults.get(&source).cloned().unwrap_or_default(),
        });
        report.insert(source.as_str().to_owned(), figures);
    }
    let mut polled: BTreeMap<Source, Vec<(Topic, &Poll)>> = BTreeMap::new();
    for (source, topic, poll) in providers.polls.iter() {
        polled.entry(source).or_default().push((topic, poll));
    }
    for (source, polls) in polled {
        report.insert(
            source.as_str().to_owned(),
            polled_report(&polls, &faults.get(&source).cloned().unwrap_or_default(), now),
        );
    }
    Value::Object(report)
}

/// What went wrong with each provider, and how often.
fn faults_of(providers: &Providers, archive: Source) -> BTreeMap<Source, Faults<'_>> {
    let mut all: BTreeMap<Source, Faults<'_>> = BTreeMap::new();
    for (source, _, faults) in providers.streams.iter() {
        let known = faults.iter().map(|(fault, count)| (fault.as_str(), *count));
        all.entry(source).or_default().extend(known);
    }
    for (source, _, poll) in providers.polls.iter() {
        for (fault, count) in poll.faults() {
            *all.entry(source).or_default().entry(fault).or_default() += count;
        }
    }
    for (fault, count) in providers.backfill.faults() {
        *all.entry(archive).or_default().entry(fault).or_default() += count;
    }
    all
}

fn polled_report(polls: &[(Topic, &Poll)], faults: &Faults<'_>, now: UnixMillis) -> Value {
    let failing = polls.iter().any(|(_, poll)| poll.failures() > 0);
    let answered = polls.iter().filter_map(|(_, poll)| poll.last_success()).max();
    let state = match (failing, answered) {
        (true, _) => "failing",
        (false, Some(_)) => "live",
        (false, None) => "idle",
    };
    let failures = polls.iter().filter(|(_, poll)| poll.failures() > 0);
    let failures: Map<String, Value> =
        ordered(failures.map(|(topic, poll)| (topic.to_string(), json!(poll.last_fault()))));
    json!({
        "kind": "polled",
        "state": state,
        "last_success_age_ms": answered.map(|at| now.since(at)),
        "failures_in_a_row": polls.iter().map(|(_, poll)| poll.failures()).max().unwrap_or(0),
        "failing": failures,
        "faults": faults,
    })
}
