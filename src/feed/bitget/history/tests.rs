use proptest::prelude::*;

use super::*;
use crate::model::UnixMillis;

/// Half a minute into the third candle.
const NOW: UnixMillis = UnixMillis::new(1_656_604_950_000);
const HISTORY: &str = r#"{"code":"00000","msg":"success","requestTime":1656604950000,"data":[
  ["1656604800000","37834.5","37849.5","37773.5","37773.50","428.3462","16198849.1079","16198849.1079"],
  ["1656604920000","37770.1","37780","37770","37775","1.5","56662.5"],
  ["1656604860000","37773.5","37773.5","37770.1","37770.1","0.25","9442.9","0.31"]]}"#;

const NOT_LISTED: &str = r#"{"code":"40034","msg":"Parameter NOPEUSDT does not exist","data":null}"#;

fn call(interval: Interval, limit: u32) -> Call<Vec<Kline>> {
    let endpoint = Endpoint {
        base_url: "https://api.bitget.com".to_owned(),
        api_key: None,
    };
    history(&endpoint, &Pair::parse("BTC/USDT").unwrap(), interval, limit).unwrap()
}

fn at(status: u16, body: &[u8]) -> Result<Parsed<Vec<Kline>>, FeedFault> {
    call(Interval::M1, 100).read(&Answer {
        status,
        retry_after: Some("7"),
        body,
        received_at: NOW,
    })
}

fn ok(body: &str) -> Parsed<Vec<Kline>> {
    at(200, body.as_bytes()).unwrap()
}

#[test]
fn a_question_names_pair_granularity_and_limit() {
    let base = "https://api.bitget.com/api/v2/spot/market/candles?symbol=BTCUSDT";
    let url = |interval, limit| call(interval, limit).request.url;
    assert_eq!(
        url(Interval::M1, 5_000),
        format!("{base}&granularity=1min&limit=1000")
    );
    assert_eq!(url(Interval::D1, 0), format!("{base}&granularity=1Dutc&limit=1"));
    let endpoint = Endpoint {
        base_url: "x".to_owned(),
        api_key: None,
    };
    let strange = Pair::parse("BTC/XYZ").unwrap();
    assert!(history(&endpoint, &strange, Interval::M1, 1).is_none());
}

#[test]
fn candles_come_oldest_first_with_their_digits_and_the_last_one_runs() {
    let parsed = ok(HISTORY);
    let klines = parsed.observation;
    let minutes: Vec<_> = klines
        .iter()
        .map(|it| (it.candle.open_at.get() % 1_000_000_000, it.closed))
        .collect();
    assert_eq!(
        minutes,
        [(604_800_000, true), (604_860_000, true), (604_920_000, false)]
    );
    let first = &klines[0].candle;
    let digits = [first.open, first.high, first.low, first.close, first.volume].map(|it| it.to_string());
    assert_eq!(digits, ["37834.5", "37849.5", "37773.5", "37773.50", "428.3462"]);
    let quote_volumes: Vec<_> = klines
        .iter()
        .map(|it| it.candle.quote_volume.map(|it| it.to_string()))
        .collect();
    assert_eq!(
        quote_volumes,
        [Some("16198849.1079".to_owned()), None, Some("56662.5".to_owned())]
    );
}

#[test]
fn every_bad_answer_is_a_fault_of_its_own_name() {
    let wrong = |field| FeedFault::WrongShape { field };
    let implausible = |field| FeedFault::Implausible { field };
    let row = |columns: &str| format!(r#"{{"code":"00000","data":[[{columns}]]}}"#);
    for (body, fault) in [
        ("<html>".to_owned(), FeedFault::NotJson),
        (HISTORY.split_at(150).0.to_owned(), FeedFault::CutOff),
        (String::new(), FeedFault::Empty),
        (r#"{"code":"00000","data":[]}"#.to_owned(), FeedFault::Empty),
        (r#"{"code":"00000"}"#.to_owned(), wrong("data")),
        (r#"{"code":"00000","data":{}}"#.to_owned(), wrong("data")),
        ("{}".to_owned(), wrong("code")),
        (
            r#"{"code":"40725","msg":"service return an error","data":null}"#.to_owned(),
            FeedFault::ProviderError { code: Some(40_725) },
        ),
        (NOT_LISTED.to_owned(), FeedFault::NotListed),
        (
            r#"{"code":429}"#.to_owned(),
            FeedFault::RateLimited {
                retry_after_ms: Some(7_000),
            },
        ),
        (row(r#""60000","1","1","1","1","0""#), wrong("row")),
        (row(r#""60000","1","1","1","1","0","0","0","0""#), wrong("row")),
        (row(r#""x","1","1","1","1","0","0""#), wrong("open_at")),
        (row(r#""60001","1","1","1","1","0","0""#), implausible("open_at")),
        (row(r#""-60000","1","1","1","1","0","0""#), implausible("open_at")),
        (
            row(r#""9999999960000","1","1","1","1","0","0""#),
            implausible("open_at"),
        ),
        (row(r#""60000",1,"1","1","1","0","0""#), wrong("open")),
        (row(r#""60000","-1","1","1","1","0","0""#), implausible("open")),
        (row(r#""60000","1","1","0","1","0","0""#), implausible("low")),
        (row(r#""60000","2","1","1","1","0","0""#), implausible("high")),
        (row(r#""60000","1","1","1","1","-1","0""#), implausible("volume")),
        (
            row(r#""60000","1","1","1","1","1","much""#),
            wrong("quote_volume"),
        ),
    ] {
        assert_eq!(at(200, body.as_bytes()), Err(fault), "{body}");
    }
    let fault = FeedFault::HttpStatus {
        status: 400,
        retry_after_ms: Some(7_000),
    };
    assert_eq!(at(400, HISTORY.as_bytes()), Err(fault));
    assert_eq!(at(400, NOT_LISTED.as_bytes()), Err(FeedFault::NotListed));
}

#[test]
fn a_bad_row_is_left_out_and_counted() {
    let parsed = ok(&HISTORY.replace(r#""37770.1","37780""#, r#""37790.1","37780""#));
    assert_eq!(parsed.observation.len(), 2);
    assert_eq!(parsed.refused, [FeedFault::Implausible { field: "high" }]);
}

proptest! {
    #[test]
    fn a_damaged_answer_never_panics(at_byte in 0_usize..HISTORY.len(), byte: u8) {
        let mut body = HISTORY.as_bytes().to_vec();
        body[at_byte] = byte;
        let _ = at(200, &body);
    }
}
