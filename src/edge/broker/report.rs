use serde_json::{Map, Value, json};

use crate::hub::broker::Broker;
use crate::hub::exchange::Places;
use crate::metrics::HubFigures;
use crate::model::UnixMillis;

/// The broker's part of `GET /ws/stats`.
pub fn report(broker: &Broker, now: UnixMillis) -> Value {
    let totals = broker.totals();
    let counters = totals.newest();
    let gauges = totals.gauges();
    let (in_per_second, out_per_second) = totals.rates();
    let lags: Map<String, Value> = broker
        .lags(now)
        .into_iter()
        .map(|(shard, lag)| (shard, json!({"ticks": lag.ticks, "ms": lag.millis})))
        .collect();
    json!({
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
        "broker": {
            "lag": lags,
            "delivery_faults": broker.delivery_faults(),
            "deliveries_late": broker.deliveries_late(),
            "published": totals.published(),
            "published_repeated": totals.repeated(),
        },
        "wasm_heap_bytes": gauges.wasm_heap_bytes,
    })
}

/// The broker's part of `GET /metrics`.
pub fn metrics(broker: &Broker, now: UnixMillis) -> String {
    let figures = HubFigures {
        totals: broker.totals(),
        lags: &broker.lags(now),
        delivery_faults: broker.delivery_faults(),
        deliveries_late: broker.deliveries_late(),
    };
    figures.text()
}

/// Where every channel stands.
pub fn places(broker: &Broker) -> Places {
    let channels = broker.channels();
    Places {
        channels: channels
            .map(|(channel, place)| (channel.clone(), place))
            .collect(),
        fresh: broker.fresh(),
    }
}
