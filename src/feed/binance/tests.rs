use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis::new(1_672_515_782_200);

const TICKER: &str = r#"{"stream":"btcusdt@miniTicker","data":{"e":"24hrMiniTicker","E":1672515782136,
  "s":"BTCUSDT","c":"77671.01000000","o":"78418.33000000","h":"78500.00000000","l":"77000.00000000",
  "v":"10000.12345000","q":"776710100.00000000"}}"#;

const KLINE: &str = r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1672515782136,"s":"BTCUSDT",
  "k":{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"77660.00000000",
  "c":"77671.01000000","h":"77672.00000000","l":"77650.00000000","v":"12.34500000","n":101,"x":false,
  "q":"958786.61845000","V":"5.0","Q":"388355.0","B":"0"}}}"#;

fn klines(text: &str) -> Klines {
    match read(text, NOW) {
        Ok(StreamMessage::Klines(klines)) => klines,
        other => panic!("no klines: {other:?}"),
    }
}

#[test]
fn a_ticker_keeps_its_digits() {
    let Ok(StreamMessage::Ticker(ticker)) = read(TICKER, NOW) else {
        panic!("no ticker")
    };
    assert_eq!(ticker.pair.to_string(), "BTC/USDT");
    assert_eq!(ticker.price.to_string(), "77671.01000000");
    assert_eq!(ticker.open_24h.unwrap().to_string(), "78418.33000000");
    assert_eq!(ticker.base_volume_24h.unwrap().to_string(), "10000.12345000");
    assert_eq!(ticker.quote_volume_24h.unwrap().to_string(), "776710100.00000000");
    assert_eq!(ticker.observed_at, UnixMillis::new(1_672_515_782_136));
    assert_eq!(ticker.source, Source::Binance);
}

#[test]
fn a_clock_that_runs_ahead_is_not_believed() {
    let ahead = TICKER.replace("1672515782136", "1672515799999");
    let Ok(StreamMessage::Ticker(ticker)) = read(&ahead, NOW) else {
        panic!("no ticker")
    };
    assert_eq!(ticker.observed_at, NOW);
}

#[test]
fn a_running_and_a_finished_minute_keep_their_digits() {
    let running = klines(KLINE);
    assert_eq!(
        (running.pair.to_string().as_str(), running.interval),
        ("BTC/USDT", Interval::M1)
    );
    assert_eq!(
        running.trades,
        Some(TradeSpan {
            first: 100,
            last: 200
        })
    );
    let Kline { candle, closed } = &running.klines[0];
    assert!(!closed);
    assert_eq!(candle.open_at, UnixMillis::new(1_672_515_780_000));
    let digits = [candle.open, candle.high, candle.low, candle.close, candle.volume].map(|it| it.to_string());
    assert_eq!(
        digits,
        [
            "77660.00000000",
            "77672.00000000",
            "77650.00000000",
            "77671.01000000",
            "12.34500000"
        ]
    );
    assert_eq!(candle.quote_volume.unwrap().to_string(), "958786.61845000");
    assert!(klines(&KLINE.replace(r#""x":false"#, r#""x":true"#)).klines[0].closed);
}

#[test]
fn a_minute_without_a_trade_has_no_trade_numbers() {
    for (first, last) in [("-1", "-1"), ("200", "100"), ("null", "1")] {
        let text = KLINE.replace(r#""f":100,"L":200"#, &format!(r#""f":{first},"L":{last}"#));
        assert_eq!(klines(&text).trades, None, "{first} {last}");
    }
}

#[test]
fn acknowledgements_and_refusals_carry_what_they_are_about() {
    for (text, message) in [
        (
            r#"{"result":null,"id":1}"#,
            StreamMessage::Subscribed { id: Some(1) },
        ),
        (
            r#"{"error":{"code":2,"msg":"Invalid request: too many"},"id":1}"#,
            StreamMessage::Refused {
                id: Some(1),
                code: 2,
                unlisted: None,
            },
        ),
        (
            r#"{"code":3,"msg":"Invalid JSON: expected value"}"#,
            StreamMessage::Refused {
                id: None,
                code: 3,
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
        "5",
        "null",
        r#"{"result":["btcusdt@miniTicker"],"id":3}"#,
        r#"{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker"}]}"#,
        r#"{"stream":"x","data":{"e":"trade","p":"1"}}"#,
        r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1672515782136}}"#,
        r#"{"stream":"x","data":{"e":7}}"#,
        r#"{"stream":"x","data":"text"}"#,
        &TICKER.replace("BTCUSDT", "BTCXYZ"),
        &KLINE.replace("BTCUSDT", "币安USDT"),
        &KLINE.replace(r#""i":"1m""#, r#""i":"5m""#),
    ] {
        assert_eq!(read(text, NOW), Ok(StreamMessage::Other), "{text}");
    }
}

#[test]
fn every_bad_frame_is_a_fault_of_its_own_name() {
    let wrong = |field| FeedFault::WrongShape { field };
    let implausible = |field| FeedFault::Implausible { field };
    for (good, text, bad, fault) in [
        (TICKER, r#""77671.01000000""#, "77671.01", wrong("c")),
        (TICKER, r#""77671.01000000""#, r#""1_000""#, wrong("c")),
        (TICKER, r#""77671.01000000""#, "null", wrong("c")),
        (TICKER, r#""77671.01000000""#, r#""-1""#, implausible("c")),
        (TICKER, r#""77671.01000000""#, r#""0.00""#, implausible("c")),
        (
            TICKER,
            r#""77671.01000000""#,
            r#""1000000000001""#,
            implausible("c"),
        ),
        (TICKER, "1672515782136", r#""now""#, wrong("E")),
        (TICKER, r#""BTCUSDT""#, "7", wrong("s")),
        (KLINE, r#""77671.01000000""#, r#""x""#, wrong("close")),
        (KLINE, r#""77650.00000000""#, r#""-1""#, implausible("low")),
        (KLINE, r#""77672.00000000""#, r#""77661""#, implausible("high")),
        (KLINE, r#""77650.00000000""#, r#""77665""#, implausible("low")),
        (KLINE, r#""12.34500000""#, r#""-1""#, implausible("volume")),
        (KLINE, r#""958786.61845000""#, "1", wrong("quote_volume")),
        (KLINE, r#""x":false"#, r#""x":"no""#, wrong("closed")),
        (KLINE, "1672515780000", "1672515780001", implausible("open_at")),
        (KLINE, "1672515780000", "1672515900000", implausible("open_at")),
        (KLINE, "1672515780000", "1672515780000000", implausible("open_at")),
        (KLINE, r#""k":{"#, r#""j":{"#, wrong("data")),
    ] {
        let text = good.replacen(text, bad, 1);
        assert_eq!(read(&text, NOW), Err(fault), "{text}");
    }
    assert_eq!(read("<html>", NOW), Err(FeedFault::NotJson));
    assert_eq!(read(TICKER.split_at(80).0, NOW), Err(FeedFault::CutOff));
    assert_eq!(read("", NOW), Err(FeedFault::Empty));
    assert_eq!(
        read(r#"{"code":"why"}"#, NOW),
        Err(FeedFault::WrongShape { field: "code" })
    );
}

proptest! {
    #[test]
    fn a_damaged_frame_never_panics(at in 0_usize..TICKER.len().min(KLINE.len()), byte in 0_u8..128) {
        for text in [TICKER, KLINE] {
            let mut text = text.as_bytes().to_vec();
            text[at] = byte;
            let _ = read(&String::from_utf8(text).unwrap(), NOW);
        }
    }

    #[test]
    fn hostile_frames_never_panic(text in "\\PC{0,200}") {
        let _ = read(&text, NOW);
    }

    #[test]
    fn a_price_is_above_zero_and_bounded_or_refused(number in "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,12})?") {
        if let Ok(StreamMessage::Ticker(ticker)) = read(&TICKER.replace("77671.01000000", &number), NOW) {
            prop_assert!(!ticker.price.is_zero() && !ticker.price.is_negative());
            prop_assert!(ticker.price <= crate::model::Decimal::from(MAX_PRICE));
        }
    }
}
