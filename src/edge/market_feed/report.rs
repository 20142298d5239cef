//! What `/ws/stats` and `system_status` say.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::FeedState;
use crate::feed::Poll;
use crate::model::{HealthStatus, SystemStatus, UnixMillis};
use crate::settings::{FeedSource, Settings};

/// The hub's condition in five figures.
pub fn status(feed: &FeedState, settings: &Settings, now: UnixMillis) -> SystemStatus {
    let totals = feed.ledger.roster.totals();
    let (_, messages_per_second) = totals.rates();
    SystemStatus {
        status: health(feed, settings, now),
        active_connections: totals.gauges().connections,
        messages_per_second,
        uptime: feed.ledger.schedule.uptime(),
        timestamp: now,
    }
}

fn health(feed: &FeedState, settings: &Settings, now: UnixMillis) -> HealthStatus {
    let failing = |poll: &Poll| poll.failures() > 0 || poll.is_stale(now);
    let live = settings.feed.source == FeedSource::Live;
    // Before the first cycle nothing has gone wrong: the first socket or the cron brings data.
    if feed.market.asset_count() == 0 && feed.ledger.schedule.last_cycle().is_some() {
        HealthStatus::Down
    } else if feed.ledger.schedule.is_late(now) || (live && feed.ledger.polls.values().any(failing)) {
        HealthStatus::Degraded
    } else {
        HealthStatus::Healthy
    }
}

/// Everything: `GET /ws/stats`.
pub fn report(feed: &FeedState, settings: &Settings, now: UnixMillis) -> Value {
    let totals = feed.ledger.roster.totals();
    let counters = totals.counters();
    let gauges = totals.gauges();
    let (in_per_second, out_per_second) = totals.rates();
    json!({
        "status": health(feed, settings, now).as_str(),
        "timestamp": now.to_string(),
        "since": feed.ledger.since.to_string(),
        "uptime": feed.ledger.schedule.uptime(),
        "connections": {
            "active": gauges.connections,
            "authenticated": gauges.authenticated,
            "by_shard": totals.connections_by_shard(),
            "connects": counters.connects,
            "reconnects": counters.reconnects,
            "closes": counters.closes,
        },
        "subscriptions": gauges.subscriptions,
        "messages": {
            "in": counters.messages_in,
            "out": counters.messages_out,
            "in_per_second": in_per_second,
            "out_per_second": out_per_second,
            "bytes_in": counters.bytes_in,
            "bytes_out": counters.bytes_out,
        },
        "latency_ms": {
            "count": counters.latency.count(),
            "mean": counters.latency.mean(),
            "p50": counters.latency.quantile(0.5),
            "p99": counters.latency.quantile(0.99),
        },
        "errors": counters.errors,
        "feed": feed_report(feed, settings, now),
        "wasm_heap_bytes": gauges.wasm_heap_bytes,
    })
}

fn feed_report(feed: &FeedState, settings: &Settings, now: UnixMillis) -> Value {
    let ledger = &feed.ledger;
    let polls = ledger.polls.values();
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    for (fault, count) in polls.clone().flat_map(Poll::faults) {
        *faults.entry(fault).or_default() += count;
    }
    let last_cycle = ledger.schedule.last_cycle();
    let (source, answered) = match settings.feed.source {
        FeedSource::Live => ("live", polls.clone().filter_map(Poll::last_success).max()),
        FeedSource::Simulated => ("simulated", last_cycle),
    };
    json!({
        "source": source,
        "coins": feed.market.asset_count(),
        "age_ms": last_cycle.map(|last| now.since(last)),
        "data_age_ms": answered.map(|at| now.since(at)),
        "failures_in_a_row": polls.clone().map(Poll::failures).max().unwrap_or(0),
        "last_fault": polls.clone().find_map(Poll::last_fault),
        "faults": faults,
        "late_quotes": feed.market.late_count(),
        "late_candles": feed.market.late_candle_count(),
        "refused_candles": feed.market.refused_candle_count(),
        "storage_faults": ledger.history.faults(),
        "rows_waiting": ledger.history.waiting(),
        "rows_dropped": ledger.history.dropped(),
        "delivery_faults": ledger.roster.delivery_faults(),
    })
}
