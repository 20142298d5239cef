use super::*;
use crate::feed::stream::SILENCE_MS;
use crate::model::{Decimal, Interval};

fn pairs(count: usize) -> Vec<Pair> {
    let names = (0..count).map(|n| format!("C{n}/USDT"));
    names.map(|name| pair(&name)).collect()
}

fn live(streams: &mut Streams, supply: &Supply, source: Source, at: UnixMillis) {
    streams.take_due(supply, &[], at);
    streams.opened(source, at);
    streams.hear(supply, source, "{}", at);
}

fn bitget_frame(minutes: &[u64], close: &str) -> String {
    let rows = minutes.iter().map(|minute| {
        let at = NOW.plus(minute * 60_000).get();
        format!(r#"["{at}","10","20","5","{close}","1","10","10"]"#)
    });
    let rows: Vec<String> = rows.collect();
    format!(
        r#"{{"action":"update","arg":{{"instType":"SPOT","channel":"candle1m","instId":"BTCUSDT"}},
           "data":[{}],"ts":{}}}"#,
        rows.join(","),
        NOW.plus(65_000).get()
    )
}

fn binance_kline(first: u64, last: u64) -> String {
    format!(
        r#"{{"stream":"btcusdt@kline_1m","data":{{"e":"kline","E":1,"s":"BTCUSDT","k":{{"t":{},"i":"1m",
           "f":{first},"L":{last},"o":"10","c":"11","h":"20","l":"5","v":"1","q":"10","x":false}}}}}}"#,
        NOW.get()
    )
}

fn kinds(heard: &Heard) -> Vec<&'static str> {
    let kinds = heard.observations.iter().map(|observation| match observation {
        Observation::Tickers(_) => "ticker",
        Observation::Klines { .. } => "klines",
        other => panic!("{other:?}"),
    });
    kinds.collect()
}

#[test]
fn both_exchanges_are_opened_once_and_told_what_is_wanted() {
    let (mut streams, supply) = (Streams::default(), supply());
    let openings = streams.take_due(&supply, &pairs(3), NOW);
    assert_eq!(openings.len(), 2);
    assert_eq!(openings[0].source, Source::Binance);
    assert_eq!(
        openings[0].url,
        "wss://binance/stream?streams=btcusdt@kline_1m/ethusdt@kline_1m/btcusdt@miniTicker/ethusdt@miniTicker\
         /c0usdt@miniTicker/c1usdt@miniTicker/c2usdt@miniTicker"
    );
    assert!(openings[0].hello.is_empty());
    assert_eq!(openings[1].url, "wss://bitget/v2/ws/public");
    assert!(openings[1].hello[0].contains("candle1m") && openings[1].hello[0].contains("ETHUSDT"));
    assert_eq!(
        streams.take_due(&supply, &pairs(3), NOW),
        [],
        "they are being opened"
    );
    assert_eq!(streams.next_due(&supply), None);
}

#[test]
fn hundreds_of_coins_are_asked_for_in_few_messages_and_within_the_limit() {
    let (mut streams, supply) = (Streams::default(), supply());
    let openings = streams.take_due(&supply, &pairs(2_000), NOW);
    let binance = &openings[0];
    assert_eq!(binance.url.matches('@').count(), 100);
    assert!(binance.hello.len() <= 5, "it reads five messages a second");
    let asked: usize = binance.hello.iter().map(|hello| hello.matches('@').count()).sum();
    assert_eq!(asked + 100, binance::VENUE.limits.streams);
}

#[test]
fn coins_that_come_to_be_known_are_asked_for_later_and_once() {
    let (mut streams, supply) = (Streams::default(), supply());
    streams.take_due(&supply, &[], NOW);
    streams.opened(Source::Binance, NOW);
    let upkeep = streams.upkeep(&supply, &pairs(2), NOW);
    let Upkeep::Say(Source::Binance, text) = &upkeep[0] else {
        panic!("{upkeep:?}");
    };
    assert!(text.contains("SUBSCRIBE") && text.contains("c1usdt@miniTicker"));
    assert_eq!(streams.upkeep(&supply, &pairs(2), NOW), []);
}

#[test]
fn who_is_not_believed_is_not_opened() {
    let mut streams = Streams::default();
    let nobody = Supply {
        price_order: vec![Source::CoinGecko],
        candle_order: Vec::new(),
        ..supply()
    };
    assert_eq!(streams.take_due(&nobody, &[], NOW), []);
    assert_eq!(streams.next_due(&nobody), None);
    let candles_only = Supply {
        candle_order: vec![Source::Bitget],
        ..nobody
    };
    let openings = streams.take_due(&candles_only, &[], NOW);
    assert_eq!(openings.len(), 1);
    assert_eq!(openings[0].source, Source::Bitget);
}

#[test]
fn candles_count_only_from_the_first_in_the_order_that_is_live() {
    let (mut streams, supply) = (Streams::default(), supply());
    streams.take_due(&supply, &[], NOW);
    streams.opened(Source::Binance, NOW);
    let heard = streams.hear(&supply, Source::Binance, &binance_kline(1, 9), NOW);
    assert!(heard.first);
    assert_eq!(kinds(&heard), ["klines"], "it is the only one");

    streams.opened(Source::Bitget, NOW);
    let heard = streams.hear(&supply, Source::Bitget, &bitget_frame(&[0], "11.5"), NOW);
    assert_eq!(kinds(&heard), ["ticker", "klines"]);
    let heard = streams.hear(&supply, Source::Binance, &binance_kline(1, 10), NOW);
    assert_eq!(kinds(&heard), [""; 0], "Bitget is the first in the order");

    streams.lost(Source::Bitget, NOW, &FeedFault::Unreachable, SEED);
    let heard = streams.hear(&supply, Source::Binance, &binance_kline(1, 11), NOW);
    assert_eq!(kinds(&heard), ["klines"]);
}

#[test]
fn candles_come_with_when_their_exchange_told_them_and_never_after_they_were_received() {
    let (mut streams, supply) = (Streams::default(), supply());
    let mut told_at = |source, frame: &str, now| {
        live(&mut streams, &supply, source, now);
        let heard = streams.hear(&supply, source, frame, now);
        match heard.observations.last() {
            Some(Observation::Klines { observed_at, .. }) => *observed_at,
            other => panic!("{other:?}"),
        }
    };
    let said = NOW.plus(65_000);
    let of_binance = binance_kline(1, 9).replace("\"E\":1,", &format!("\"E\":{},", said.get()));
    assert_eq!(told_at(Source::Binance, &of_binance, NOW.plus(65_200)), said);
    let of_bitget = bitget_frame(&[0], "11");
    assert_eq!(told_at(Source::Bitget, &of_bitget, NOW.plus(65_200)), said);
    assert_eq!(
        told_at(Source::Bitget, &of_bitget, NOW.plus(64_000)),
        NOW.plus(64_000)
    );
}

#[test]
fn the_close_of_a_running_candle_is_bitget_s_price_and_that_of_an_old_one_is_not() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Bitget, NOW);
    let heard = streams.hear(
        &supply,
        Source::Bitget,
        &bitget_frame(&[0, 1], "11.50"),
        NOW.plus(70_000),
    );
    let Observation::Tickers(tickers) = &heard.observations[0] else {
        panic!("{heard:?}");
    };
    assert_eq!(tickers[0].price, "11.50".parse::<Decimal>().unwrap());
    assert_eq!(
        (tickers[0].source, tickers[0].observed_at),
        (Source::Bitget, NOW.plus(65_000)),
        "when Bitget says so"
    );
    let later = NOW.plus(Interval::M5.millis());
    assert_eq!(
        kinds(&streams.hear(&supply, Source::Bitget, &bitget_frame(&[0], "11"), later)),
        ["klines"]
    );
}

#[test]
fn a_candle_s_price_is_never_of_before_the_candle() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Bitget, NOW);
    let frame = bitget_frame(&[0, 1], "11.50").replace(&NOW.plus(65_000).get().to_string(), "7");
    let heard = streams.hear(&supply, Source::Bitget, &frame, NOW.plus(70_000));
    let Observation::Tickers(tickers) = &heard.observations[0] else {
        panic!("{heard:?}");
    };
    assert_eq!(tickers[0].observed_at, NOW.plus(60_000));
}

#[test]
fn candles_of_a_pair_that_nobody_asked_for_say_nothing() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Bitget, NOW);
    for minutes in [[0, 1], [7, 8]] {
        let frame = bitget_frame(&minutes, "11").replace("BTCUSDT", "DOGEUSDT");
        let heard = streams.hear(&supply, Source::Bitget, &frame, NOW.plus(600_000));
        assert_eq!((kinds(&heard), heard.gap), (Vec::new(), None));
    }
}

#[test]
fn missing_trades_are_a_gap_of_their_pair() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Binance, NOW);
    assert_eq!(
        streams
            .hear(&supply, Source::Binance, &binance_kline(1, 9), NOW)
            .gap,
        None
    );
    let heard = streams.hear(&supply, Source::Binance, &binance_kline(12, 20), NOW);
    assert_eq!(heard.gap, Some(pair("BTC/USDT")));
    let (_, health, _) = streams
        .iter()
        .find(|(source, ..)| *source == Source::Binance)
        .unwrap();
    assert_eq!((health.gaps(), health.missed()), (1, 2));
}

#[test]
fn missing_minutes_are_a_gap_too_and_late_ones_are_not() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Bitget, NOW);
    let mut gap = |minutes: &[u64]| {
        streams
            .hear(
                &supply,
                Source::Bitget,
                &bitget_frame(minutes, "11"),
                NOW.plus(600_000),
            )
            .gap
    };
    assert_eq!(gap(&[0, 1, 2]), None);
    assert_eq!(gap(&[2]), None);
    assert_eq!(gap(&[3]), None);
    assert_eq!(gap(&[1]), None);
    assert_eq!(gap(&[6]), Some(pair("BTC/USDT")), "also across messages");
    assert_eq!(gap(&[6, 7, 9]), Some(pair("BTC/USDT")), "and within one");
    let (_, health, _) = streams
        .iter()
        .find(|(source, ..)| *source == Source::Bitget)
        .unwrap();
    assert_eq!((health.gaps(), health.missed()), (2, 3));
}

#[test]
fn a_bad_frame_is_counted_and_ends_nothing() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Binance, NOW);
    for bad in [
        "<html>",
        "{\"data\":",
        &ticker_frame("-5"),
        "{\"code\":3,\"msg\":\"Invalid JSON\"}",
    ] {
        let heard = streams.hear(&supply, Source::Binance, bad, NOW);
        assert!(heard.fault.is_some() && heard.observations.is_empty(), "{bad}");
    }
    assert!(streams.is_live(Source::Binance, NOW));
    let (_, _, faults) = streams
        .iter()
        .find(|(source, ..)| *source == Source::Binance)
        .unwrap();
    let counted: Vec<(&str, u64)> = faults.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(
        counted,
        [
            ("cut_off", 1),
            ("implausible", 1),
            ("not_json", 1),
            ("provider_error", 1)
        ]
    );
}

#[test]
fn a_frame_beyond_all_measure_is_counted_and_not_read() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Binance, NOW);
    let padded = |bytes: usize| {
        format!(
            "{}{}",
            ticker_frame("5"),
            " ".repeat(bytes - ticker_frame("5").len())
        )
    };
    let heard = streams.hear(&supply, Source::Binance, &padded(1024 * 1024), NOW);
    assert_eq!(kinds(&heard), ["ticker"]);
    let heard = streams.hear(&supply, Source::Binance, &padded(1024 * 1024 + 1), NOW);
    assert_eq!((kinds(&heard), heard.fault), (vec![], Some(FeedFault::TooLarge)));
    assert!(streams.is_live(Source::Binance, NOW), "the stream goes on");
}

#[test]
fn a_silent_stream_is_hung_up_and_one_that_waits_is_pinged() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Bitget, NOW);
    let ping = Upkeep::Say(Source::Bitget, "ping".to_owned());
    assert_eq!(streams.upkeep(&supply, &[], NOW.plus(15_000)), [ping]);
    assert_eq!(streams.upkeep(&supply, &[], NOW.plus(16_000)), []);
    let silent = NOW.plus(SILENCE_MS + 1);
    assert!(streams.next_due(&supply).unwrap() <= silent);
    assert_eq!(
        streams.upkeep(&supply, &[], silent),
        [Upkeep::HangUp(Source::Bitget)]
    );
    streams.lost(Source::Bitget, silent, &FeedFault::Timeout, SEED);
    assert_eq!(
        streams.take_due(&supply, &[], silent).len(),
        0,
        "it waits a second at least"
    );
    let (losses, at) = streams.reopens_at(Source::Bitget);
    assert_eq!(losses, 1);
    assert_eq!(streams.take_due(&supply, &[], at).len(), 1);
}

#[test]
fn when_nobody_is_connected_streams_are_closed_and_due_as_soon_as_somebody_is() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Binance, NOW);
    assert!(streams.any_open());
    streams.closed(NOW);
    assert!(!streams.any_open() && !streams.is_live(Source::Binance, NOW));
    let openings = streams.take_due(&supply, &[], NOW);
    assert!(openings.iter().any(|opening| opening.source == Source::Binance));
}

#[test]
fn a_pair_that_an_exchange_does_not_trade_is_named() {
    let (mut streams, supply) = (Streams::default(), supply());
    live(&mut streams, &supply, Source::Bitget, NOW);
    let refusal = |code: u32| {
        format!(
            r#"{{"event":"error","arg":{{"instType":"SPOT","channel":"candle1m","instId":"NOPEUSDT"}},"code":{code},
               "msg":"instType:SPOT,channel:candle1m,instId:NOPEUSDT doesn't exist","op":"subscribe"}}"#
        )
    };
    let heard = streams.hear(&supply, Source::Bitget, &refusal(30_001), NOW);
    assert_eq!(heard.unlisted, Some(pair("NOPE/USDT")));
    assert_eq!(heard.fault, Some(FeedFault::ProviderError { code: Some(30_001) }));
    let heard = streams.hear(&supply, Source::Bitget, &refusal(30_006), NOW);
    assert_eq!(heard.unlisted, None, "it may have another reason");
}
