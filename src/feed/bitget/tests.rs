use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis::new(1_695_702_747_900);

const SNAPSHOT: &str = r#"{"action":"snapshot","arg":{"instType":"SPOT","channel":"candle1m","instId":"ETHUSDT"},
  "data":[["1695672840000","2200.1","2201.50","2200","2200.9","1.5","3301.2","3301.2"],
  ["1695672780000","2200.1","2200.1","2200.1","2200.1","0","0","0"],
  ["1695672900000","2200.9","2202","2200.9","2201","0.25","550.3"]],"ts":1695702747821}"#;

fn pairs(names: &[&str]) -> Vec<Pair> {
    names.iter().map(|name| Pair::parse(name).unwrap()).collect()
}

fn klines(text: &str) -> Klines {
    match read(text, NOW) {
        Ok(StreamMessage::Klines(klines)) => klines,
        other => panic!("no klines: {other:?}"),
    }
}

fn row(columns: &str) -> String {
    format!(
        r#"{{"action":"update","arg":{{"instType":"SPOT","channel":"candle1m","instId":"ETHUSDT"}},"data":[[{columns}]]}}"#
    )
}

#[test]
fn all_pairs_are_asked_for_in_one_message() {
    let names = stream_names(&Wanted {
        candle_pairs: &pairs(&["BTC/USDT", "ETH/USDT", "BTC/XYZ"]),
        ticker_pairs: &pairs(&["SOL/USDT"]),
        candles: false,
        prices: true,
    });
    let message: serde_json::Value = serde_json::from_str(&(VENUE.subscribe)(&names, 1)).unwrap();
    let arg = |name| json!({"instType": "SPOT", "channel": "candle1m", "instId": name});
    assert_eq!(
        message,
        json!({"op": "subscribe", "args": [arg("BTCUSDT"), arg("ETHUSDT")]})
    );
    assert!(subscribe(&names, Interval::D1).contains("candle1Dutc"));
    let url = (VENUE.url)("wss://ws.bitget.com/", &[]);
    assert_eq!(url, "wss://ws.bitget.com/v2/ws/public");
}

#[test]
fn a_snapshot_comes_oldest_first_with_its_digits_and_the_newest_runs() {
    let read = klines(SNAPSHOT);
    assert_eq!(
        (read.pair.to_string().as_str(), read.interval, read.source),
        ("ETH/USDT", Interval::M1, Source::Bitget)
    );
    let minutes: Vec<_> = read
        .klines
        .iter()
        .map(|it| (it.candle.open_at.get() % 1_000_000_000, it.closed))
        .collect();
    assert_eq!(
        minutes,
        [(672_780_000, true), (672_840_000, true), (672_900_000, false)]
    );
    let candle = &read.klines[1].candle;
    let digits = [candle.open, candle.high, candle.low, candle.close, candle.volume].map(|it| it.to_string());
    assert_eq!(digits, ["2200.1", "2201.50", "2200", "2200.9", "1.5"]);
    assert_eq!(candle.quote_volume.unwrap().to_string(), "3301.2");
    assert_eq!(
        read.klines[2].candle.quote_volume.unwrap().to_string(),
        "550.3",
        "7 columns"
    );
    assert!(read.refused.is_empty());
}

#[test]
fn a_message_is_of_when_bitget_says_but_not_of_after_it_came() {
    assert_eq!(klines(SNAPSHOT).observed_at, UnixMillis::new(1_695_702_747_821));
    for ts in ["1695702747901", "null", "\"soon\"", "-1"] {
        let text = SNAPSHOT.replace("1695702747821", ts);
        assert_eq!(klines(&text).observed_at, NOW, "{ts}");
    }
}

#[test]
fn an_update_is_a_running_candle_of_its_interval() {
    let update = row(r#""1695672780000","2200.1","2200.1","2200.1","2200.1","1","2200.1","2200.1""#);
    assert!(!klines(&update).klines[0].closed);
    let hour = update
        .replace("candle1m", "candle1H")
        .replace("1695672780000", "1695672000000");
    assert_eq!(klines(&hour).interval, Interval::H1);
}

#[test]
fn a_quote_volume_that_may_be_of_another_currency_is_unknown() {
    let update = row(r#""1695672780000","1","1","1","1","1","0.05","1""#).replace("ETHUSDT", "ETHBTC");
    assert_eq!(klines(&update).klines[0].candle.quote_volume, None);
}

#[test]
fn acknowledgements_refusals_and_pongs_are_told_apart() {
    for (text, message) in [
        ("pong", StreamMessage::Pong),
        (" pong\n", StreamMessage::Pong),
        (
            r#"{"event":"subscribe","arg":{"instType":"SPOT","channel":"candle1m","instId":"ETHUSDT"}}"#,
            StreamMessage::Subscribed { id: None },
        ),
        (
            r#"{"event":"error","arg":{"instType":"SPOT","channel":"candle1m","instId":"NOPEUSDT"},"code":30001,
                "msg":"instType:SPOT,channel:candle1m,instId:NOPEUSDT doesn't exist","op":"subscribe"}"#,
            StreamMessage::Refused {
                id: None,
                code: 30_001,
                unlisted: Pair::parse("NOPE/USDT"),
            },
        ),
        (
            r#"{"event":"error","code":"30007","msg":"request over limit"}"#,
            StreamMessage::Refused {
                id: None,
                code: 30_007,
                unlisted: None,
            },
        ),
    ] {
        assert_eq!(read(text, NOW), Ok(message), "{text}");
    }
}

#[test]
fn what_is_unknown_is_said_to_be_and_ends_nothing() {
    for text in [
        "{}",
        "[]",
        "7",
        "null",
        r#"{"event":"unsubscribe","arg":{}}"#,
        r#"{"event":5}"#,
        r#"{"action":"snapshot","data":[]}"#,
        &SNAPSHOT.replace("candle1m", "ticker"),
        &SNAPSHOT.replace("candle1m", "candle3m"),
        &SNAPSHOT.replace("ETHUSDT", "ETHXYZ"),
        &SNAPSHOT.replace("snapshot", "delete"),
        &SNAPSHOT.replace(r#""arg":{"#, r#""arg":7,"x":{"#),
    ] {
        assert_eq!(read(text, NOW), Ok(StreamMessage::Other), "{text}");
    }
}

#[test]
fn every_bad_message_is_a_fault_of_its_own_name() {
    let wrong = |field| FeedFault::WrongShape { field };
    let implausible = |field| FeedFault::Implausible { field };
    for (text, fault) in [
        ("<html>".to_owned(), FeedFault::NotJson),
        ("ping pong".to_owned(), FeedFault::NotJson),
        (SNAPSHOT.split_at(150).0.to_owned(), FeedFault::CutOff),
        (String::new(), FeedFault::Empty),
        (row("").replace("[[]]", "[]"), FeedFault::Empty),
        (row("").replace("[[]]", "{}"), wrong("data")),
        (row("").replace("[[]]", "[7]"), wrong("row")),
        (row(r#""1695672780000","1","1","1","1","0""#), wrong("row")),
        (
            row(r#""1695672780000","1","1","1","1","0","0","0","0""#),
            wrong("row"),
        ),
        (row(r#""1695672780000",1,"1","1","1","0","0""#), wrong("open")),
        (row(r#""1695672780000","1","1","1",null,"0","0""#), wrong("close")),
        (
            row(r#""1695672780000","-1","1","1","1","0","0""#),
            implausible("open"),
        ),
        (
            row(r#""1695672780000","1","1","1","0","0","0""#),
            implausible("close"),
        ),
        (
            row(r#""1695672780000","1","1e13","1","1","0","0""#),
            implausible("high"),
        ),
        (
            row(r#""1695672780000","1","1","2","1","0","0""#),
            implausible("low"),
        ),
        (
            row(r#""1695672780001","1","1","1","1","0","0""#),
            implausible("open_at"),
        ),
        (
            row(r#""1695702840000","1","1","1","1","0","0""#),
            implausible("open_at"),
        ),
        (r#"{"event":"error","code":"why"}"#.to_owned(), wrong("code")),
    ] {
        assert_eq!(read(&text, NOW), Err(fault), "{text}");
    }
}

#[test]
fn a_bad_row_is_left_out_and_counted() {
    let read = klines(&SNAPSHOT.replace("2201.50", "-1"));
    assert_eq!(read.klines.len(), 2);
    assert_eq!(read.refused, [FeedFault::Implausible { field: "high" }]);
}

proptest! {
    #[test]
    fn a_damaged_message_never_panics(at in 0_usize..SNAPSHOT.len(), byte in 0_u8..128) {
        let mut text = SNAPSHOT.as_bytes().to_vec();
        text[at] = byte;
        let _ = read(&String::from_utf8(text).unwrap(), NOW);
    }

    #[test]
    fn hostile_messages_never_panic(text in "\\PC{0,200}") {
        let _ = read(&text, NOW);
    }
}
