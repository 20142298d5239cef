//! What `/ws/stats` and `system_status` say.

use serde_json::{Value, json};

use super::state::FeedState;
use crate::model::{HealthStatus, SystemStatus, UnixMillis};
use crate::settings::{FeedSource, Settings};

/// The hub's condition in five figures.
pub fn status(feed: &FeedState, settings: &Settings, now: UnixMillis) -> SystemStatus {
    let (_, messages_per_second) = feed.ledger.totals.rates();
    SystemStatus {
        status: health(feed, settings, now),
        active_connections: feed.ledger.totals.gauges().connections,
        messages_per_second,
        uptime: feed.ledger.punctuality.per_cent(),
        timestamp: now,
    }
}

fn health(feed: &FeedState, settings: &Settings, now: UnixMillis) -> HealthStatus {
    let ledger = &feed.ledger;
    let live = settings.feed.source == FeedSource::Live;
    if feed.market.latest().next().is_none() && ledger.last_cycle.is_some() {
        HealthStatus::Down
    } else if live && (ledger.poll.failures() > 0 || ledger.poll.is_stale(now)) && ledger.last_cycle.is_some()
    {
        HealthStatus::Degraded
    } else {
        HealthStatus::Healthy
    }
}

/// Everything: `GET /ws/stats`.
pub fn report(feed: &FeedState, settings: &Settings, now: UnixMillis) -> Value {
    let ledger = &feed.ledger;
    let counters = ledger.totals.counters();
    let gauges = ledger.totals.gauges();
    let (in_per_second, out_per_second) = ledger.totals.rates();
    json!({
        "status": match health(feed, settings, now) {
            HealthStatus::Healthy => "healthy",
            HealthStatus::Degraded => "degraded",
            HealthStatus::Down => "down",
        },
        "timestamp": now.to_string(),
        "since": ledger.since.to_string(),
        "uptime": ledger.punctuality.per_cent(),
        "connections": {
            "active": gauges.connections,
            "authenticated": gauges.authenticated,
            "by_shard": ledger.totals.connections_by_shard(),
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
        "feed": {
            "source": match settings.feed.source {
                FeedSource::Live => "live",
                FeedSource::Simulated => "simulated",
            },
            "age_ms": ledger.last_cycle.map(|last| now.since(last)),
            "data_age_ms": data_age(feed, settings, now),
            "failures_in_a_row": ledger.poll.failures(),
            "last_fault": ledger.poll.last_fault(),
            "faults": ledger.poll.faults(),
            "storage_faults": ledger.storage_faults,
            "delivery_faults": ledger.delivery_faults,
        },
        "wasm_heap_bytes": gauges.wasm_heap_bytes,
    })
}

/// How long ago a provider last answered; the simulated market answers in every cycle.
fn data_age(feed: &FeedState, settings: &Settings, now: UnixMillis) -> Option<u64> {
    let answered = match settings.feed.source {
        FeedSource::Live => feed.ledger.poll.last_success(),
        FeedSource::Simulated => feed.ledger.last_cycle,
    };
    answered.map(|at| now.since(at))
}
