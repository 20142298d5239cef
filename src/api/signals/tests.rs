use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn row(n: u64) -> SignalRow {
    SignalRow {
        id: format!("signal_price_anomaly_bitcoin_{n}"),
        kind: "price_anomaly".into(),
        coin: "bitcoin".into(),
        symbol: "BTC".into(),
        confidence: 0.85,
        description: "Bitcoin rose".into(),
        price_change: 5.2,
        volume_spike: 1.8,
        sources: r#"["coingecko","gone"]"#.into(),
        created_at: 1_764_678_600_000 + n,
    }
}

fn read(query: &[(&str, &str)]) -> Result<Signals, Problem> {
    let pairs = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let known = ["type", "min_confidence", "since", "limit", "cursor"];
    Signals::read(&Parameters::read(pairs, &known)?)
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn without_parameters_the_newest_fifty_of_all() {
    let asked = read(&[]).unwrap();
    let expected = Signals {
        kind: None,
        min_confidence: 0.0,
        since: UnixMillis::default(),
        limit: 50,
        after: None,
    };
    assert_eq!(asked, expected);
    assert_eq!(asked.rows(), 51);
}

#[test]
fn every_parameter_that_is_wrong_is_named() {
    for (name, value) in [
        ("type", "crash"),
        ("min_confidence", "2"),
        ("since", "yesterday"),
        ("limit", "501"),
        ("cursor", "nonsense"),
        ("cursor", "12."),
        ("cursor", "-1.x"),
    ] {
        let Err(Problem::Parameter { name: named, .. }) = read(&[(name, value)]) else {
            panic!("{name}={value}");
        };
        assert_eq!(named, name);
    }
}

#[test]
fn an_item_is_the_frames_data_with_the_coin() {
    let answer = read(&[]).unwrap().answer(&[row(0)]);
    let expected = concat!(
        r#"{"data":[{"coin":"bitcoin","id":"signal_price_anomaly_bitcoin_0","type":"price_anomaly","#,
        r#""symbol":"BTC","confidence":0.85,"description":"Bitcoin rose","timestamp":"2025-12-02T12:30:00Z","#,
        r#""metadata":{"price_change":5.2,"volume_spike":1.8,"sources":["coingecko"]}}],"next":null}"#
    );
    assert_eq!(answer.body, expected);
}

#[test]
fn a_row_that_cannot_be_read_costs_no_other_and_no_page() {
    let broken = [
        SignalRow {
            kind: "new_type".into(),
            ..row(1)
        },
        SignalRow {
            coin: "B C".into(),
            ..row(2)
        },
        SignalRow {
            sources: "{".into(),
            ..row(3)
        },
        SignalRow {
            confidence: f64::NAN,
            ..row(4)
        },
    ];
    let rows: Vec<_> = broken.into_iter().chain([row(5), row(6)]).collect();
    let page = body(&read(&[("limit", "5")]).unwrap().answer(&rows));
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert!(page["next"].is_string());
}

proptest! {
    #[test]
    fn pages_hold_every_signal_once_in_order(times in prop::collection::vec(0..5u64, 0..40), limit in 1..9u16) {
        let mut rows: Vec<SignalRow> = times
            .iter()
            .enumerate()
            .map(|(n, time)| SignalRow { created_at: *time, ..row(n as u64) })
            .collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.created_at), row.id.clone()));
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let limit = limit.to_string();
            let asked = read(&[("limit", limit.as_str()), ("cursor", next.as_str())]).unwrap();
            // What the database does.
            let found: Vec<SignalRow> = rows
                .iter()
                .filter(|row| asked.after.as_ref().is_none_or(|after| {
                    let until = after.created_at.get();
                    row.created_at < until || row.created_at == until && row.id > after.id
                }))
                .take(asked.rows() as usize)
                .cloned()
                .collect();
            let page = body(&asked.answer(&found));
            let data = page["data"].as_array().unwrap();
            prop_assert!(data.len() <= usize::from(asked.limit));
            seen.extend(data.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(cursor) => next = cursor.to_owned(),
                None => break,
            }
        }
        let all: Vec<String> = rows.into_iter().map(|row| row.id).collect();
        prop_assert_eq!(seen, all);
    }

    #[test]
    fn no_cursor_is_a_trap(text in ".{0,300}") {
        if let Some(cursor) = Cursor::parse(&text) {
            prop_assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }
    }
}
