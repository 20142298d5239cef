use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::hub::stats::{Counters, Gauges, Histogram, ShardReport};

/// Names with their labels, unescaped, to numbers: what a scraper reads.
type Samples = BTreeMap<(String, Vec<(String, String)>), f64>;

/// Reads the text format, and holds it against its own rules.
fn parse(text: &str) -> Samples {
    let mut samples = Samples::new();
    let mut seen = BTreeSet::new();
    let (mut family, mut kind) = (String::new(), String::new());
    let mut helped = String::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').expect("a help text").0.to_owned();
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, what) = typed.split_once(' ').unwrap();
            assert_eq!(name, helped, "HELP stands before TYPE");
            assert!(seen.insert(name.to_owned()), "{name} comes twice");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{name}"
            );
            assert_eq!(name.ends_with("_total"), what == "counter", "{name}");
            (family, kind) = (name.to_owned(), what.to_owned());
        } else {
            let (sample, value) = sample(line);
            let suffix = sample
                .0
                .strip_prefix(&family)
                .unwrap_or_else(|| panic!("{line} is of {family}"));
            let suffixes: &[&str] = if kind == "histogram" {
                &["_bucket", "_sum", "_count"]
            } else {
                &[""]
            };
            assert!(suffixes.contains(&suffix), "{line}");
            assert!(
                value.is_finite() && samples.insert(sample, value).is_none(),
                "{line}"
            );
        }
    }
    samples
}

fn sample(line: &str) -> ((String, Vec<(String, String)>), f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let Some((name, labels)) = series.split_once('{') else {
        return ((series.to_owned(), vec![]), value.parse().unwrap());
    };
    let mut rest = labels.strip_suffix('}').expect(line);
    let mut read = Vec::new();
    while !rest.is_empty() {
        let (name, quoted) = rest.split_once("=\"").expect(line);
        let mut label = String::new();
        let mut chars = quoted.char_indices();
        let end = loop {
            match chars.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => label.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    c @ ('"' | '\\') => c,
                    other => panic!("\\{other}"),
                }),
                (_, c) => label.push(c),
            }
        };
        read.push((name.to_owned(), label));
        rest = quoted.split_at(end + 1).1.trim_start_matches(',');
    }
    ((name.to_owned(), read), value.parse().unwrap())
}

fn hub(totals: &Totals, lags: &[(String, Lag)]) -> Samples {
    let figures = HubFigures {
        totals,
        lags,
        delivery_faults: 4,
        deliveries_late: 6,
    };
    parse(&figures.text())
}

fn get(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let labels = labels
        .iter()
        .map(|(name, label)| ((*name).to_owned(), (*label).to_owned()));
    samples
        .get(&(format!("cryptointel_{name}"), labels.collect()))
        .copied()
}

fn totals(shard: &str, code: &str, latencies: &[(u64, u64)]) -> Totals {
    let mut latency = Histogram::default();
    for (millis, weight) in latencies {
        latency.record(*millis, *weight);
    }
    let counters = Counters {
        connects: 7,
        reconnects: 2,
        closes: 3,
        messages_in: 11,
        messages_out: 13,
        bytes_in: 17,
        bytes_out: 19,
        errors: BTreeMap::from([(code.to_owned(), 5)]),
        latency,
    };
    let gauges = Gauges {
        connections: 4,
        authenticated: 3,
        subscriptions: BTreeMap::from([("price".to_owned(), 6)]),
        wasm_heap_bytes: 1 << 20,
    };
    let mut totals = Totals::default();
    for family in ["price", "signals", "price"] {
        totals.count_published(family);
    }
    totals.count_repeated(4);
    totals.record(
        shard,
        ShardReport {
            life: 1,
            sequence: 1,
            counters,
            gauges,
        },
    );
    totals.store();
    totals
}

#[test]
fn every_figure_of_the_hub_is_there() {
    let totals = totals("json-0", "INVALID_CHANNEL", &[(3, 98), (40, 1), (9_999, 1)]);
    let samples = hub(
        &totals,
        &[(
            "json-0".to_owned(),
            Lag {
                ticks: 2,
                millis: 1_500,
            },
        )],
    );
    for (name, labels, value) in [
        ("connections", &[("shard", "json-0")][..], 4.0),
        ("authenticated_connections", &[], 3.0),
        ("subscriptions", &[("family", "price")], 6.0),
        ("connects_total", &[], 7.0),
        ("reconnects_total", &[], 2.0),
        ("disconnects_total", &[], 3.0),
        ("messages_received_total", &[], 11.0),
        ("messages_sent_total", &[], 13.0),
        ("received_bytes_total", &[], 17.0),
        ("sent_bytes_total", &[], 19.0),
        ("errors_total", &[("code", "INVALID_CHANNEL")], 5.0),
        ("published_total", &[("family", "price")], 2.0),
        ("published_total", &[("family", "signals")], 1.0),
        ("published_repeated_total", &[], 4.0),
        ("broker_lag_ticks", &[("shard", "json-0")], 2.0),
        ("broker_lag_seconds", &[("shard", "json-0")], 1.5),
        ("delivery_faults_total", &[], 4.0),
        ("deliveries_late_total", &[], 6.0),
        ("wasm_heap_bytes", &[], 1_048_576.0),
        ("delivery_latency_seconds_bucket", &[("le", "0.002")], 0.0),
        ("delivery_latency_seconds_bucket", &[("le", "0.005")], 98.0),
        ("delivery_latency_seconds_bucket", &[("le", "0.05")], 99.0),
        ("delivery_latency_seconds_bucket", &[("le", "5")], 99.0),
        ("delivery_latency_seconds_bucket", &[("le", "+Inf")], 100.0),
        ("delivery_latency_seconds_count", &[], 100.0),
        ("delivery_latency_seconds_sum", &[], 10.333),
    ] {
        assert_eq!(get(&samples, name, labels), Some(value), "{name} {labels:?}");
    }
}

#[test]
fn what_the_feed_does_not_know_has_no_sample() {
    let unknown = parse(&FeedFigures::default().text());
    assert_eq!(get(&unknown, "feed_age_seconds", &[]), None);
    assert_eq!(get(&unknown, "coins", &[]), Some(0.0));
    let figures = FeedFigures {
        age_ms: Some(1_250),
        data_age_ms: Some(60_000),
        provider_faults: BTreeMap::from([(("coingecko".to_owned(), "timeout".to_owned()), 3)]),
        storage_faults: 1,
        rows_waiting: 2,
        coins: 100,
    };
    let samples = parse(&figures.text());
    assert_eq!(get(&samples, "feed_age_seconds", &[]), Some(1.25));
    assert_eq!(get(&samples, "feed_data_age_seconds", &[]), Some(60.0));
    let labels = [("provider", "coingecko"), ("code", "timeout")];
    assert_eq!(get(&samples, "provider_faults_total", &labels), Some(3.0));
    assert_eq!(get(&samples, "storage_faults_total", &[]), Some(1.0));
    assert_eq!(get(&samples, "rows_waiting", &[]), Some(2.0));
}

#[test]
fn both_texts_are_one() {
    let totals = Totals::default();
    let figures = HubFigures {
        totals: &totals,
        lags: &[],
        delivery_faults: 0,
        deliveries_late: 0,
    };
    let whole = join(&[
        ("broker", Some(figures.text())),
        ("feed", Some(FeedFigures::default().text())),
    ]);
    let samples = parse(&whole);
    assert!(samples.len() > 20);
    assert_eq!(get(&samples, "up", &[("part", "feed")]), Some(1.0));
    let half = parse(&join(&[("broker", Some(figures.text())), ("feed", None)]));
    assert_eq!(get(&half, "up", &[("part", "feed")]), Some(0.0));
    assert_eq!(get(&half, "coins", &[]), None);
    assert_eq!(get(&half, "connects_total", &[]), Some(0.0));
}

proptest! {
    #[test]
    fn any_label_and_any_latency_comes_back(
        shard in "[^\r]{0,20}",
        code in "[\\\\\"\n{},= a-z]{0,20}",
        latencies in prop::collection::vec((0..20_000u64, 1..100u64), 0..50),
    ) {
        let totals = totals(&shard, &code, &latencies);
        let figures = HubFigures { totals: &totals, lags: &[], delivery_faults: 0, deliveries_late: 0 };
        let samples = parse(&figures.text());
        prop_assert_eq!(get(&samples, "connections", &[("shard", &shard)]), Some(4.0));
        prop_assert_eq!(get(&samples, "errors_total", &[("code", &code)]), Some(5.0));
        let buckets: Vec<(f64, f64)> = samples
            .iter()
            .filter(|((name, _), _)| name.ends_with("_bucket"))
            .map(|((_, labels), count)| (labels[0].1.replace("+Inf", "inf").parse().unwrap(), *count))
            .collect();
        for (bound, count) in buckets {
            let upto: u64 = latencies
                .iter()
                .filter(|(millis, _)| *millis as f64 / 1000.0 <= bound)
                .map(|(_, weight)| weight)
                .sum();
            prop_assert_eq!(count, upto as f64, "le {}", bound);
        }
    }
}
